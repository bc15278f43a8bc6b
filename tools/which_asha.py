"""Every rule of docs/which-asha.md on the same trials: `python -m tools.which_asha run` runs them, `… page` writes the page.

Each rule has rungs at 1, 3, 9, 27 and 81 units and a factor of 3, as far as these can be chosen. The trials of a seed are the
same for all of them. Results go to outputs/gallery/rules/rules.json, from which `page` writes the tables and sentences
between the marks of docs/which-asha.md and draws the figures, light and dark; tests/docs/test_which_asha_study.py
runs a part again. The whole takes two minutes of one processor.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import textwrap
from collections.abc import Mapping, Sequence
from math import floor
from pathlib import Path

import numpy as np

from simulator.core.formatting import listed
from simulator.experiment.experiment import Experiment
from simulator.experiment.replicates import replicates
from simulator.planning import statistics
from simulator.planning.statistics import Interval
from simulator.results import LEVEL
from simulator.scenario.loading import Loaded, load
from simulator.searchers.geometry import fitting_rungs
from simulator.trace import metrics

ROOT = Path(__file__).parents[1]
PAGE, RESULTS = ROOT / "docs" / "which-asha.md", ROOT / "outputs" / "gallery" / "rules" / "rules.json"
TRIALS, WORKERS, SEEDS = (10, 50, 200, 1000), (1, 4, 16, 64), 16
LENGTH, FACTOR = 81, 3
#: Number of workers of the table by trials, and number of trials of the table by workers.
POOL, SEARCH = 16, 200
CURVES = "{kind: synthetic, preset: easy}"
PAPER = "ASHA (paper)"


def blocks(trials: int) -> dict[str, dict[str, object]]:
    """The searcher of each rule with `trials` trials: first rules with one bracket, then rules with several."""
    paper = {"max_trials": trials, "max_length": LENGTH, "divisor": FACTOR}
    determined = paper | {"max_concurrent_trials": max(WORKERS), "stop_once": True}
    ray = {"num_samples": trials, "max_t": LENGTH, "reduction_factor": FACTOR}
    optuna = {"n_trials": trials, "max_resource": LENGTH, "reduction_factor": FACTOR}
    syne_tune = {"max_num_trials_started": trials, "max_t": LENGTH, "reduction_factor": FACTOR}
    rungs = min(fitting_rungs(LENGTH, FACTOR), floor(np.log(trials + 0.5) / np.log(FACTOR)) + 1)
    return {
        "SHA": {"name": "sha", **paper, "num_rungs": rungs},
        "scikit-learn": {
            "name": "sklearn_halving",
            "n_candidates": trials,
            "max_resources": LENGTH,
            "factor": FACTOR,
        },
        PAPER: {"name": "asha", **paper},
        "D-ASHA": {"name": "asha", **paper, "delayed": True},
        "Syne Tune 0.13 (promotion)": {"name": "syne_tune_promotion", **syne_tune},
        "Determined (stopping)": {"name": "async_halving", **determined, "num_rungs": 5},
        "Optuna": {"name": "optuna_successive_halving", **optuna, "min_resource": 1},
        "Optuna (auto)": {"name": "optuna_successive_halving", **optuna},
        "Ray": {"name": "ray_asha", **ray},
        "Syne Tune 0.13 (stopping)": {"name": "syne_tune_stopping", **syne_tune, "version": "0.13"},
        "Syne Tune 0.16": {"name": "syne_tune_stopping", **syne_tune, "version": "0.16"},
        "Hyperband (asynchronous)": {"name": "async_hyperband", **paper},
        "Determined (adaptive)": {"name": "adaptive_asha", **determined},
        "Ray (3 brackets)": {"name": "ray_asha", **ray, "brackets": 3},
        "Ray HyperBand": {"name": "ray_hyperband", **ray},
        "Optuna Hyperband": {"name": "optuna_hyperband", **optuna, "study_name": "study"},
    }


def scenario(trials: int, workers: int, curves: str = CURVES) -> str:
    """A scenario of all rules."""
    searchers = json.dumps(blocks(trials))
    return f"seed: 1\ntime_unit: min\nsearchers: {searchers}\ncurves: {curves}\ncluster: {{workers: {workers}}}\n"


#: The measures of a run; times are in minutes. Regret is the winner's loss when fully trained minus the least such loss of all trials.
MEASURES = ("units", "makespan", "full", "first_full", "regret")
Values = np.ndarray  # shape (rules, seeds, measures); NaN if a run has no such measure


def measured(loads: Mapping[int, Loaded], trials: int, seeds: int) -> dict[int, Values]:
    """All measures by the number of workers, on the same trials."""
    rules = list(blocks(trials))
    found = {workers: np.full((len(rules), seeds, len(MEASURES)), np.nan) for workers in loads}
    base = Experiment(next(iter(loads.values())))
    for number, seed, curves in replicates(base.loaded, seeds):
        least = base.under_seed(seed, curves).best_loss(trials)
        for workers, loaded in loads.items():
            experiment = base.on_cluster_of(loaded).under_seed(seed, curves)
            for place, label in enumerate(rules):
                run = metrics.summarize(experiment.run(label), least, experiment.in_full)
                first = np.nan if run.first_full_length_s is None else run.first_full_length_s / 60
                found[workers][place, number] = (
                    run.resource_units, run.makespan_s / 60, run.full_length_trials, first, run.simple_regret,
                )  # fmt: skip
    return found


def ratio(values: Values, base: Values) -> Interval:
    """Sum of `values` divided by the sum of `base` over the same seeds, minus 1, with the interval of a ratio estimator."""
    share = values.sum() / base.sum()
    rest = statistics.mean(values - share * base, LEVEL)
    return Interval(*(float(share - 1 + bound / base.mean()) for bound in (0, rest.low, rest.high)))


def cell(values: Values) -> dict[str, list[float]]:
    """For each measure its mean, its interval, and the number of seeds that have it."""
    found = {}
    for place, name in enumerate(MEASURES):
        known = values[:, place][np.isfinite(values[:, place])]
        mean = statistics.mean(known, LEVEL) if len(known) else Interval(*[float("nan")] * 3)
        found[name] = [None if np.isnan(number) else float(f"{number:.5g}") for number in mean] + [len(known)]
    return found


#: The comparisons of the advice: measure, rule, other rule, trials, workers.
PAIRS = [
    *(("units", "Ray", "Optuna", trials, POOL) for trials in TRIALS),
    *(("makespan", "Ray", "Optuna", trials, POOL) for trials in TRIALS),
    *(("units", rule, "Optuna", 50, POOL) for rule in ("Syne Tune 0.13 (stopping)", "Syne Tune 0.16", PAPER)),
    ("units", "Optuna (auto)", "Optuna", SEARCH, 4),
    ("units", "Optuna (auto)", "Optuna", SEARCH, 64),
    ("units", "Ray HyperBand", "Ray", SEARCH, POOL),
    ("makespan", "Ray HyperBand", "Ray", SEARCH, POOL),
    ("makespan", "SHA", PAPER, SEARCH, 64),
    *(("regret", rule, PAPER, SEARCH, POOL) for rule in blocks(SEARCH) if rule != PAPER),
]


def study(folder: Path, seeds: int, sizes: Sequence[int] = TRIALS, pools: Sequence[int] = WORKERS) -> dict:
    """Compute the cells, and the comparisons between them. Scenarios are written to `folder`."""
    cells, pairs = [], []
    for trials in sizes:
        loads = {}
        for workers in pools:
            path = folder / f"{workers}.yaml"
            path.write_text(scenario(trials, workers))
            loads[workers] = load(path)
        rules = list(blocks(trials))
        for workers, values in measured(loads, trials, seeds).items():
            cells += [
                {"trials": trials, "workers": workers, "rule": rule, **cell(of)}
                for rule, of in zip(rules, values, strict=True)
            ]
            for measure, rule, other, *place in PAIRS:
                if place == [trials, workers]:
                    one, base = (values[rules.index(name), :, MEASURES.index(measure)] for name in (rule, other))
                    said = statistics.difference(one, base, LEVEL)[0] if measure == "regret" else ratio(one, base)
                    pairs.append([measure, rule, other, *place, *(float(f"{bound:.4g}") for bound in said)])
    return {"seeds": seeds, "cells": cells, "pairs": pairs}


class Found:
    """Access to the results of the study."""

    def __init__(self, results: dict) -> None:
        self.seeds: int = results["seeds"]
        self._cells = {(one["trials"], one["workers"], one["rule"]): one for one in results["cells"]}
        self._pairs = {tuple(pair[:5]): Interval(*pair[5:]) for pair in results["pairs"]}

    def mean(self, measure: str, rule: str, trials: int = SEARCH, workers: int = POOL) -> float:
        """The mean over the seeds that have the measure; NaN if none has."""
        value = self._cells[trials, workers, rule][measure][0]
        return float("nan") if value is None else value

    def interval(self, measure: str, rule: str, trials: int, workers: int) -> tuple[float, float]:
        """Ends of the interval of the mean."""
        _, low, high, _ = self._cells[trials, workers, rule][measure]
        return (float("nan"),) * 2 if low is None else (low, high)

    def known(self, measure: str, rule: str, trials: int, workers: int = POOL) -> int:
        """The number of seeds that have the measure."""
        return self._cells[trials, workers, rule][measure][3]

    def pair(self, *key: object) -> Interval:
        """The comparison of a rule with another."""
        return self._pairs[key]

    def alike_in_regret(self) -> list[str]:
        """Rules whose regret does not differ from that of the paper's ASHA by more than chance."""
        pairs = [(key[1], pair) for key, pair in self._pairs.items() if key[0] == "regret"]
        return [rule for rule, pair in pairs if pair.low <= 0 <= pair.high]

    def other_in_regret(self, sign: int) -> list[str]:
        """Rules whose regret is shown to be greater (1) or less (-1)."""
        pairs = [(key[1], pair) for key, pair in self._pairs.items() if key[0] == "regret"]
        return [rule for rule, pair in pairs if sign * min(sign * pair.low, sign * pair.high) * sign > 0]


def share(value: float) -> str:
    """A share as whole per cent."""
    return f"{100 * abs(value):.0f}"


def more(pair: Interval, noun: str = "units") -> str:
    """A text on how much more or less there is, or that no difference is seen."""
    if pair.low <= 0 <= pair.high:
        return f"about as many {noun} (no difference seen)"
    low, high = sorted(abs(bound) for bound in (pair.low, pair.high))
    return (
        f"{share(pair.estimate)} % {'more' if pair.estimate > 0 else 'fewer'} {noun} ({share(low)}–{share(high)} %)"
    )


def number(value: float) -> str:
    """A number as the tables show it."""
    if np.isnan(value):
        return "—"
    return f"{value:,.0f}" if value >= 20 else f"{value:.1f}"


def table(found: Found, measures: Sequence[str], cells: Sequence[tuple[int, int]], head: Sequence[str]) -> str:
    """A table with a row for each rule, and a column for each cell (trials, workers) and measure."""
    rows = [
        "| "
        + " | ".join([rule, *(number(found.mean(measure, rule, *cell)) for measure in measures for cell in cells)])
        + " |"
        for rule in blocks(SEARCH)
    ]
    return "\n".join([f"| rule | {' | '.join(head)} |", "| --- " + "| --: " * len(head) + "|", *rows])


def by_trials(found: Found) -> str:
    """Units and trials in full by the number of trials."""
    cells = [(trials, POOL) for trials in TRIALS]
    head = [f"units, {trials:,}" if not place else f"{trials:,}" for place, trials in enumerate(TRIALS)]
    return table(found, ("units", "full"), cells, [*head, *(one.replace("units", "in full") for one in head)])


def by_workers(found: Found) -> str:
    """Makespan and first trial in full by the number of workers."""
    cells = [(SEARCH, workers) for workers in WORKERS]
    head = [f"makespan, {workers}" if not place else f"{workers}" for place, workers in enumerate(WORKERS)]
    return table(
        found, ("makespan", "first_full"), cells, [*head, *(one.replace("makespan", "first in full") for one in head)]
    )


def advice(found: Found) -> list[str]:
    """The advice, in a sentence or two for each case; every figure is from the study."""
    ray = {trials: found.pair("units", "Ray", "Optuna", trials, POOL) for trials in TRIALS}
    syne_tune = found.pair("units", "Syne Tune 0.16", "Optuna", 50, POOL)
    early, slow = (
        [found.mean("first_full", rule, SEARCH, workers) for workers in (POOL, 64)] for rule in ("Ray", PAPER)
    )
    none = found.seeds - found.known("first_full", PAPER, 10)
    some = found.known("first_full", PAPER, 50)
    gained = {
        rule: 1 - found.mean("makespan", rule, SEARCH, 64) / found.mean("makespan", rule, SEARCH, POOL)
        for rule in blocks(SEARCH)
    }
    most = max(gained, key=gained.__getitem__)
    auto = {workers: found.pair("units", "Optuna (auto)", "Optuna", SEARCH, workers) for workers in (4, 64)}
    bands = found.pair("units", "Ray HyperBand", "Ray", SEARCH, POOL)
    worse, better = found.other_in_regret(1), found.other_in_regret(-1)
    others = len(blocks(SEARCH)) - 1
    return [
        f"**Give a plan the rule that you run.** With 50 trials Ray's rule trains {more(ray[50])} than Optuna's. "
        "The reason is that the first results of every rung always go on, and that a trial is compared only with the "
        f"trials before it. With {TRIALS[-1]:,} trials Ray's rule trains {more(ray[TRIALS[-1]])}. The rule of Syne Tune "
        f"0.16 trains {more(syne_tune)} than Optuna's with 50 trials.",
        "**With few trials choose a rule that stops trials, not one that pauses them.** With 10 trials the paper's ASHA "
        f"trained no trial in full in {none} of {found.seeds} searches, because no trial leaves a rung before the rung has "
        f"three results. With 50 trials it trained one in full in {some} of them. A rule that stops trials lets the first "
        "trial of every rung go on.",
        f"**Choose such a rule for an early result in full, too.** With {SEARCH} trials on {POOL} workers the first trial "
        f"is trained in full after {early[0]:.1f} min with Ray's rule and after {slow[0]:.1f} min with the paper's ASHA. On 64 workers "
        f"it is {early[1]:.1f} min and {slow[1]:.1f} min.",
        "**Give `min_resource` a number in Optuna.** With `auto` nothing is pruned before a trial is complete, and every "
        f"worker goes on training until then. With {SEARCH} trials on 64 workers that is {more(auto[64])}, and on 4 "
        f"workers {more(auto[4])}.",
        f"**For {SEARCH} trials more than {POOL} workers gain little with most rules.** From {POOL} to 64 workers the makespan falls by "
        f"{share(gained['SHA'])} % with SHA, {share(gained[PAPER])} % with the paper's ASHA and {share(gained['Ray'])} % "
        "with Ray's: the last fully trained trials take the same time on any number of workers. With "
        f"{most} it falls most, by {share(gained[most])} %.",
        f"**Hyperband trains more units.** Ray's HyperBand trains {more(bands)} than its ASHA with {SEARCH} trials, "
        "because its brackets begin with a full training.",
        f"**The loss is hardly a reason to prefer one.** With {SEARCH} trials on {POOL} workers no "
        f"difference in regret is seen between {len(found.alike_in_regret())} of the other {others} rules and the paper's "
        f"ASHA, over {found.seeds} searches."
        + (f" More regret is seen with {listed(worse, 'and')}." if worse else "")
        + (f" Less is seen with {listed(better, 'and')}." if better else "")
        + f" Among {others} comparisons, about one shows a difference by chance.",
    ]


def parts(found: Found) -> dict[str, str]:
    """The text between each pair of marks in the page."""
    return {
        "advice": "\n".join(textwrap.fill(f"- {said}", 125, subsequent_indent="  ") for said in advice(found)),
        "by trials": by_trials(found),
        "by workers": by_workers(found),
    }


#: The numbers of a decade that have labels, on an axis with few decades and with many.
TICKS = ((1, 3), (1,))
#: The panels of a figure: measure, heading, whether its axis is logarithmic.
PANELS = (
    ("units", "units trained", True),
    ("makespan", "makespan, min", True),
    ("first_full", "first trial in full, min", True),
    ("regret", "regret", False),
)
ALT = (
    "A row a rule, four panels: units trained, makespan, first trial in full and regret, with 95 % intervals, for 10, 50, 200 and "
    "1,000 trials on 16 workers. Rules of one bracket lie close together from 200 trials on; Hyperband's train two to three times as "
    "many units. The rules that stop have a first trial in full after about the same time whatever the number of trials; SHA has it "
    "only at its end. Regrets overlap."
)


def figure(found: Found, theme: str, path: Path) -> None:
    """Draw a dot with its interval for each rule and number of trials."""
    from matplotlib.figure import Figure

    from simulator.render.plots.figure import look, rung_colours, write
    from simulator.render.style import THEMES

    colours, rules = THEMES[theme], list(blocks(SEARCH))
    ramp = rung_colours(colours, len(TRIALS))
    with look():
        sheet = Figure(figsize=(9.6, 6.4), facecolor=colours.page, layout="constrained")
        sheet.suptitle(
            f"Every rule on the same trials, {POOL} workers: means of {found.seeds} searches, 95 % intervals",
            x=0.01, ha="left", color=colours.ink, fontweight="bold", fontsize=12,
        )  # fmt: skip
        for axes, (measure, title, log) in zip(sheet.subplots(1, len(PANELS), sharey=True), PANELS, strict=True):
            axes.set_facecolor(colours.panel)
            for place, trials in enumerate(TRIALS):
                for row, rule in enumerate(rules):
                    if found.known(measure, rule, trials) < found.seeds / 2:
                        continue
                    y, low_high = row + 0.18 * (place - 1.5), found.interval(measure, rule, trials, POOL)
                    axes.plot(low_high, (y, y), color=ramp[place], lw=1.2, solid_capstyle="butt")
                    axes.plot(found.mean(measure, rule, trials), y, "o", ms=3.6, color=ramp[place])
                axes.plot([], [], "o", color=ramp[place], label=f"{trials:,} trials")
            axes.set_yticks(range(len(rules)), rules)
            axes.set_ylim(len(rules) - 0.4, -0.6)
            if log:
                axes.set_xscale("log")
                low, high = axes.get_xlim()
                places = [base * 10**power for power in range(5) for base in TICKS[int(high > 100 * low)]]
                axes.set_xticks(known := [at for at in places if low <= at <= high], [f"{at:,}" for at in known])
                axes.set_xticks([], minor=True)
            axes.set_title(title, loc="left", color=colours.ink, fontsize=11)
            axes.tick_params(colors=colours.muted, length=0, labelsize=9)
            axes.grid(axis="x", color=colours.grid, lw=0.6)
            axes.axhline(10.5, color=colours.muted, lw=0.6)
            for spine in axes.spines.values():
                spine.set_visible(False)
        handles, labels = axes.get_legend_handles_labels()
        sheet.legend(
            handles, labels, loc="outside lower right", ncols=len(TRIALS), frameon=False, labelcolor=colours.ink
        )
    write(sheet, path)


def written(page: str, found: Found) -> str:
    """The page with new texts between its marks."""
    for name, text in parts(found).items():
        page, times = re.subn(
            rf"(<!-- {name} -->\n).*?(\n<!-- end -->)",
            lambda mark, text=text: mark[1] + text + mark[2],
            page,
            flags=re.DOTALL,
        )
        if times != 1:
            raise ValueError(f"the page has the mark {name} {times} times")
    return page


def main(what: str) -> None:
    """Run the study, or write the page and draw the figure."""
    if what == "run":
        with tempfile.TemporaryDirectory() as folder:
            RESULTS.write_text(json.dumps(study(Path(folder), SEEDS), indent=None) + "\n")
        return
    found = Found(json.loads(RESULTS.read_text()))
    PAGE.write_text(written(PAGE.read_text(), found))
    for theme, name in (("light", "rules"), ("dark", "rules-dark")):
        figure(found, theme, RESULTS.with_name(f"{name}.png"))
    RESULTS.with_name("rules.txt").write_text(ALT + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
