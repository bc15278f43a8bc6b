"""Studies of the assumptions of plans: `python -m tools.planning_studies STUDY [RUNS]`.

The studies are bills, waves, spells, targets, orders, choice and seeds. Each prints a table of docs/validation.md. All but
`targets` and `orders` are variations of scenarios/plan_spot_or_on_demand.yaml; their small versions are tests in
tests/planning/test_studies.py.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from math import floor
from pathlib import Path

import numpy as np

from simulator import api
from simulator.cluster.engine import Cluster, simulate
from simulator.cluster.spec import Stop
from simulator.curves.presets import PRESETS
from simulator.curves.synthetic import Synthetic
from simulator.planning import planner, statistics, sweep
from simulator.planning.advice import Advice, advise, settled
from simulator.planning.backend import WorkerPool
from simulator.planning.grid import Cell, Grid
from simulator.planning.options import Option, options
from simulator.planning.runs import at_prices
from simulator.planning.sweep import Block, Runs, Work
from simulator.results import LEVEL
from simulator.scenario.loading import load
from simulator.scenario.plan import PlanSection
from simulator.searchers.geometry import exact
from simulator.searchers.halving import asha, sha
from simulator.trace import comparison, metrics

SCENARIOS = Path(__file__).parents[1] / "scenarios"
EXAMPLE = SCENARIOS / "plan_spot_or_on_demand.yaml"
#: The scenario's line about spot machines, and the line that it had before machines went together.
PREEMPTION = (
    "{up: {median: 30 min, mean: 2.5 h}, down: {median: 23 min, mean: 2.5 h}, notice: 2 min, together: group}"
)
ALONE = "{up: {median: 30 min, mean: 2.5 h}, down: {median: 23 min, mean: 1 h}, notice: 2 min, together: %s}"
STRAGGLERS = "stragglers: {kind: log_normal, sigma: 0.15}"
#: Three ways to be four times as slow for 5 % of the time, in place of the example's own stragglers.
SLOW = {
    "none": "",
    "per job": "stragglers: {kind: two_point, probability: 0.05, factor: 4}",
    "spells of 30 min": "slow_spells: {every: 9.5 h, length: 30 min, factor: 4}",
    "spells of 4 h": "slow_spells: {every: 76 h, length: 4 h, factor: 4}",
}
DEADLINE_S = 16 * 3600


def runs_of(text: str, wanted: list[str], runs: int) -> dict[tuple[str, str], Runs]:
    """The runs of a scenario's cells with these names, by cell and searcher."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.yaml"
        path.write_text(text)
        loaded = load(path)
        grid, work = Grid(loaded), Work(loaded, loaded.scenario.seed)
        found, cells = {}, list(grid.cells())
        for cell in cells:
            if cell.name in wanted:
                kept = sweep.checked(sweep.run_block(work, Block((cell.index, cell.index + 1), (0, runs))))
                rows = at_prices(kept, cells)
                for place, label in enumerate(loaded.scenario.searchers):
                    found[cell.name, label] = rows[rows["searcher"] == place]
    return found


def bills(runs: int = 200) -> Iterator[tuple[str, str, float, float]]:
    """(cell, searcher, mean cost if machines are kept to the end, mean cost if they are let go after their last work)."""
    cells = ["12 workers, on demand", "32 workers, on demand", "16 workers, spot", "32 workers, spot"]
    for (name, label), found in runs_of(EXAMPLE.read_text(), cells, runs).items():
        yield name, label, float(found["cost_kept"].mean()), float(found["cost_drained"].mean())


def waves(runs: int = 400) -> Iterator[tuple[str, float]]:
    """(machines that go together, share of ASHA's runs on 16 spot machines that are in time)."""
    for together in ("machine", "rack of 4", "group"):
        text = EXAMPLE.read_text().replace(PREEMPTION, ALONE % together)
        found = runs_of(text.replace("[4, 8, 12, 16, 24, 32]", "[16]"), ["16 workers, spot"], runs)
        yield together, float((found["16 workers, spot", "ASHA"]["time_s"] <= DEADLINE_S).mean())


def spells(runs: int = 300) -> Iterator[tuple[str, float, float, float, float]]:
    """(how machines are slow, SHA's mean hours on 16 machines, share in time, additional hours, their error).

    The additional hours are compared with machines that are never slow, run by run. Their error is half the 95 %
    interval.
    """
    never = None
    for name, slow in SLOW.items():
        text = EXAMPLE.read_text().replace(STRAGGLERS, slow).replace("[4, 8, 12, 16, 24, 32]", "[16]")
        hours = runs_of(text, ["16 workers, on demand"], runs)["16 workers, on demand", "SHA"]["time_s"] / 3600
        never = hours if never is None else never
        more = statistics.mean(hours - never, LEVEL)
        yield name, float(hours.mean()), float((hours <= DEADLINE_S / 3600).mean()), more.estimate, more.width / 2


def targets(runs: int = 40, quantile: float = 0.05) -> Iterator[tuple[str, float, float]]:
    """(preset, two shares of runs whose trial misses the target when fully trained: runs that reached it at any length, and at full length)."""
    for name, law in PRESETS.items():
        missed = {"any": [], "full": []}
        for seed in range(runs):
            curves = Synthetic(law, seed)
            full = np.array([curves.train(trial, 0, 27)[1] for trial in range(81)])
            loss = float(np.sort(full)[max(floor(exact(quantile) * 81), 1) - 1])
            for make in (sha, asha):
                for kind, stop in (("any", Stop(loss=loss)), ("full", Stop(full_loss=loss))):
                    trace = simulate(make(max_trials=81, max_length=27, divisor=3), curves, Cluster(8), stop=stop)
                    results = trace.loss <= loss
                    if kind == "full":
                        results &= metrics.full_length(trace)
                    if results.any():
                        missed[kind].append(full[trace.trial[np.flatnonzero(results)[0]]] > loss)
        yield name, float(np.mean(missed["any"])), float(np.mean(missed["full"]))


def orders(runs: int = 200, each: int = 20, groups: int = 300) -> Iterator[tuple[str, str, float, float, float]]:
    """(scenario, finding, true difference, shares of groups of orders, and of single orders, with the opposite sign).

    `compare` is about a group of orders, and `run` about a single one, which it says. Two scenarios are left out:
    they stop at a time, so makespans say nothing.
    """
    rng = np.random.default_rng(1)
    for path in sorted(SCENARIOS.glob("*.yaml")):
        loaded = load(path)
        if len(loaded.scenario.searchers) < 2 or path.stem in {"paper-appendix", "backfill"}:
            continue
        compared = api.compare(loaded, runs)
        first, *others = compared.summaries
        for field in ("makespan_s", "first_full_length_s"):
            for label in others:
                ours, theirs = compared.values(field, label), compared.values(field, first)
                truth, wrong = float(np.nanmean(ours - theirs)), 0
                for _ in range(groups):
                    some = rng.permutation(runs)[:each]
                    said = statistics.difference(ours[some], theirs[some], LEVEL)[0]
                    wrong += (said.low > 0 > truth) or (said.high < 0 < truth)
                single = [
                    (one - other) * truth < 0 and not comparison.alike(*sorted((one, other)))
                    for one, other in zip(ours.tolist(), theirs.tolist(), strict=True)
                ]
                yield path.stem, f"{label} to {first}, {field}", truth, wrong / groups, float(np.mean(single))


def pooled(runs: int) -> tuple[list[Cell], PlanSection, Runs]:
    """Many replicates of the example's on-demand options, and its question; options on spot machines are far from an answer."""
    loaded = load(EXAMPLE)
    grid, work = Grid(loaded), Work(loaded, 12345)
    cells = grid.cells()
    blocks = [Block((cell.index, cell.index + 1), (0, runs)) for cell in cells if "on demand" in cell.name]
    parts = [sweep.checked(sweep.run_block(work, block)) for block in blocks]
    return cells, grid.plan, at_prices(sweep.joined(parts), cells)


def drawn_plan(cells: list[Cell], plan: PlanSection, table: Runs, drawn: np.ndarray) -> tuple[Advice, int]:
    """The advice of a plan whose replicates are these columns of a table of runs, and how many runs it added.

    It has the least number of replicates of each option, and up to `settle` of those that may be the answer.
    """
    least, most = plan.replicates.min, plan.replicates.settle or plan.replicates.min
    made = np.full(len(table), least)
    places = {(int(rows["cell"][0]), int(rows["searcher"][0])): at for at, rows in enumerate(table)}

    def advised() -> Advice:
        rows = [table[at, drawn[:count]] for at, count in enumerate(made)]
        return advise(options(cells, np.concatenate(rows), plan), plan)

    def more(these: Sequence[Option], replicates: int) -> Advice:
        for one in these:
            made[places[one.cell.index, list(one.cell.loaded.scenario.searchers).index(one.label)]] = replicates
        return advised()

    return settled(advised(), least, most, more)[0], int((made - least).sum())


def choice(cells: list[Cell], plan: PlanSection, pool: Runs, plans: int = 400) -> dict[str, float | str]:
    """How often the recommended option is truly below what was asked for, and the stated figures beside the true ones.

    The runs of a plan, and fresh ones, are drawn from a pool of runs; the truth is that of the whole pool.
    """
    rng, most = np.random.default_rng(2), plan.replicates.settle or plan.replicates.min
    truth = {(one.cell.index, one.label): one for one in options(cells, pool, plan)}
    count = int(pool["replicate"].max()) + 1
    table = pool.reshape(len(truth), count)
    does = [one for one in truth.values() if one.met.estimate >= plan.confidence]
    best = min(does, key=lambda one: one.mean_cost.estimate).name
    costs = {one.name: one.mean_cost.estimate for one in truth.values()}
    found: dict[str, list[tuple[float, float, float]]] = {rule: [] for rule in ("lower_bound", "estimate")}
    sets, taken, added = Counter[tuple[str, ...]](), Counter[str](), []
    for _ in range(plans):
        drawn = rng.permutation(count)
        seen, fresh = np.split(drawn[: most + plan.replicates.min], [most])
        for rule, rows in found.items():
            advice, more = drawn_plan(cells, plan.model_copy(update={"choose_by": rule}), table, seen)
            if rule == "lower_bound":
                named = {one.name for one in (advice.chosen, *advice.tied) if one is not None}
                sets[tuple(sorted(named, key=costs.__getitem__))] += 1
                taken[advice.chosen.name if advice.chosen else "none"] += 1
                added.append(more)
            if advice.chosen is None:
                continue
            at = list(truth).index((advice.chosen.cell.index, advice.chosen.label))
            again = float((table[at, fresh]["time_s"] <= DEADLINE_S).mean())
            true = truth[advice.chosen.cell.index, advice.chosen.label].met.estimate
            rows.append((true, advice.chosen.met.estimate, again))
    told: dict[str, float | str] = {}
    for rule, rows in found.items():
        true, said, again = np.array(rows).T
        told |= {
            f"{rule}: recommended": len(rows) / plans,
            f"{rule}: truly below": float((true < plan.confidence).mean()),
            f"{rule}: true": float(true.mean()),
            f"{rule}: said of the same runs": float(said.mean()),
            f"{rule}: said of fresh runs": float(again.mean()),
        }
    [(usual, often)], [(answer, so_often)] = sets.most_common(1), taken.most_common(1)
    dearest = [costs[named[-1]] / costs[named[0]] for named in sets.elements() if named]
    return told | {
        "the best option of all is recommended or named as tied": sum(sets[one] for one in sets if best in one)
        / plans,
        "options recommended or named as tied": sum(len(one) * sets[one] for one in sets) / plans,
        "true cost of the dearest of them, over that of the cheapest": float(np.mean(dearest)),
        "the most common set": "; ".join(usual),
        "it is named": often / plans,
        "the option recommended most often": answer,
        "it is recommended": so_often / plans,
        "runs added to settle the choice": float(np.mean(added)),
    }


def seeds(runs: int = 40) -> Iterator[tuple[str, str, str, float]]:
    """(seed, option recommended, options recommended or named as tied, most replicates of an option) of real plans."""
    loaded = load(EXAMPLE)
    for seed in range(1, runs + 1):
        found = planner.answer(loaded, seed=seed, pool=WorkerPool(jobs=1)).advice
        named = [one.name for one in (found.chosen, *found.tied) if one is not None]
        most = max(one.replicates for one in found.options)
        yield str(seed), found.chosen.name if found.chosen else "none", "; ".join(sorted(named)), most


def main() -> None:
    """Print a table."""
    name, *more = sys.argv[1:] or ["bills"]
    number = {"runs": int(more[0])} if more else {}
    if name == "choice":
        for what, value in choice(*pooled(number.get("runs", 4000))).items():
            print(f"| {what} | {value if isinstance(value, str) else f'{value:.3f}'} |", flush=True)
        return
    study = {
        "bills": bills, "waves": waves, "spells": spells, "targets": targets, "orders": orders, "seeds": seeds,
    }[name]  # fmt: skip
    for row in study(**number):
        print(f"| {' | '.join(one if isinstance(one, str) else f'{one:.4g}' for one in row)} |", flush=True)


if __name__ == "__main__":
    main()
