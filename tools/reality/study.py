"""Predicted against real, a row a run of tests/data/reality: on the plain cluster, and held out on a calibrated one.

python tools/reality/study.py [--held-out [RUNS [GROUP …]] | --one-run | --sixteen] [--page]

`--page` writes the tables into docs/reality.md. The held-out study takes a few minutes of one core.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from simulator.experiment import backtest
from simulator.experiment.backtest import Case
from simulator.experiment.experiment import Experiment
from simulator.scenario.loading import load
from simulator.trace.reading import read_trace

ROOT = Path(__file__).resolve().parents[2]
RUNS = ROOT / "tests" / "data" / "reality"
PAGE = ROOT / "docs" / "reality.md"
#: The error of a makespan that is aimed at for runs of Ray and Optuna.
WITHIN = 0.05


def kind(name: str) -> str:
    """Runs that are calibrated together: of one program, of one size, with the same put in."""
    size = "8" if name.startswith("b") else None  # other one-digit numbers tell runs apart
    parts = [part for part in name.split("-") if part == size or not (part.isdigit() and len(part) == 1)]
    return "-".join(part for part in parts if part not in {"sha", "asha"} or name.startswith("c"))


def names() -> list[str]:
    """All runs, in order."""
    return sorted(about.parent.name for about in RUNS.glob("*/run.json"))


def digest() -> str:
    """A digest of all runs and curves: a table of other runs than those that are there has another one."""
    files = sorted(path for path in RUNS.rglob("*") if path.is_file())
    packed = b"".join(str(path.relative_to(RUNS)).encode() + path.read_bytes() for path in files)
    return sha256(packed).hexdigest()[:16]


def case(name: str) -> Case:
    """A run and its scenario."""
    loaded = load(RUNS / name / "scenario.yaml")
    trace = read_trace(RUNS / name / "trace.csv", workers=loaded.scenario.cluster.workers, label=name)
    return backtest.case(trace, loaded)


def plain() -> Iterator[str]:
    """Each run on as many equal workers as there were, nothing calibrated; then the middle error of each kind."""
    errors = defaultdict(list)
    yield "| run | real, s | predicted, s | error | load |"
    yield "|---|---|---|---|---|"
    for name in names():
        experiment = Experiment(load(RUNS / name / "scenario.yaml"))
        real = read_trace(RUNS / name / "trace.csv").makespan / 1e6
        made = experiment.run(experiment.labels[0]).makespan / 1e6
        load_then = json.loads((RUNS / name / "run.json").read_text())["load_after"]
        errors[kind(name)].append(made / real - 1)
        yield f"| {name} | {real:.2f} | {made:.2f} | {_percent(made / real - 1)} | {load_then:.0f} |"
    yield ""
    yield from summary(errors)


def held_out(runs: int, groups: Sequence[str] = ()) -> Iterator[str]:
    """Every other run of a kind calibrates and the others are tested, and then the other way round."""
    cases = defaultdict(list)
    for name in names():
        if not groups or kind(name) in groups:
            cases[kind(name)].append(case(name))
    errors, inside, chance = defaultdict(list), defaultdict(list), {}
    yield f"<!-- of the runs with the digest {digest()} -->"
    yield ""
    yield "| run | calibrated on | real, s | middle, s | interval, s | error | inside |"
    yield "|---|---|---|---|---|---|---|"
    for name, all_of_them in cases.items():
        chance[name] = by_chance(all_of_them, runs)
        for half in (0, 1):
            learned, tested = all_of_them[half::2], all_of_them[1 - half :: 2]
            found = backtest.calibrated(learned)
            drift = backtest.drift(learned, found, runs=20) if len(learned) > 1 else None
            for one in tested:
                row = backtest.backtest(one, found, runs=runs, drift=drift)["makespan_s"]
                errors[name].append(row.error or 0.0)
                inside[name].append(bool(row.inside))
                yield (
                    f"| {one.trace.label} | {len(learned)} | {row.real:.2f} | {row.middle:.2f} "
                    f"| {row.low:.2f} to {row.high:.2f} | {_percent(row.error or 0.0)} "
                    f"| {'yes' if row.inside else 'no'} |"
                )
    yield ""
    yield from summary(errors, inside, chance)


def by_chance(cases: Sequence[Case], runs: int) -> float:
    """The error of the makespan that a forecast still makes if it knows the cluster: the median over all cases.

    Here each case is simulated on the cluster that all of them calibrate, and the middle of these simulated runs is
    the forecast of each single one.
    """
    found = backtest.calibrated(cases)
    errors = []
    for one in cases:
        known = replace(one, loaded=backtest.on_calibrated(one.loaded, found))
        made = backtest.backtest(known, None, runs=runs).makespans
        errors.append(np.median(np.abs(np.median(made) / made - 1)))
    return float(np.median(errors))


def one_run(runs: int = 40) -> Iterator[str]:
    """Each run of a program calibrates alone, and all its other runs are foreseen."""
    yield f"<!-- of the runs with the digest {digest()} -->"
    yield ""
    yield "| program | forecasts | median of the absolute error | within 5 % |"
    yield "|---|---|---|---|"
    for name in ("c-asha", "c-hyperband", "d-optuna"):
        cases = [case(one) for one in names() if kind(one) == name]
        errors = []
        for place, learned in enumerate(cases):
            found = backtest.calibrated([learned])
            others = cases[:place] + cases[place + 1 :]
            errors += [abs(backtest.backtest(one, found, runs=runs)["makespan_s"].error or 0.0) for one in others]
        yield f"| {name} | {len(errors)} | {_share(np.median(errors))} | {sum(error <= WITHIN for error in errors)} |"


def sixteen() -> Iterator[str]:
    """What 16 workers would have done, by a run on 8, and what they did."""
    yield "| searcher | 8 workers, s | 16 foreseen, s | interval, s | 16 real, s | error | inside |"
    yield "|---|---|---|---|---|---|---|"
    for searcher in ("sha", "asha"):
        eight, real = case(f"b-{searcher}-8"), case(f"b-{searcher}-16-0")
        found = backtest.calibrated([eight])
        found.workers = 16
        found.groups = dict.fromkeys(found.groups, 16)
        row = backtest.backtest(real, found, runs=100)["makespan_s"]
        yield (
            f"| {searcher.upper()} | {eight.trace.makespan / 1e6:.2f} | {row.middle:.2f} | {row.low:.2f} to "
            f"{row.high:.2f} | {row.real:.2f} | {_percent(row.error or 0.0)} | {'yes' if row.inside else 'no'} |"
        )


def summary(
    errors: dict[str, list[float]],
    inside: dict[str, list[bool]] | None = None,
    chance: dict[str, float] | None = None,
) -> Iterator[str]:
    """A row a kind: the middle of the absolute errors, that by chance alone, and how many runs lie in their interval."""
    yield "| kind | runs | median of the absolute error |" + (" by chance alone | inside |" if inside else "")
    yield "|---|---|---|" + ("---|---|" if inside else "")
    for name, found in errors.items():
        more = f" {_share(chance[name])} | {sum(inside[name])} |" if inside and chance else ""
        yield f"| {name} | {len(found)} | {_share(np.median(np.abs(found)))} |{more}"
    if inside:
        every = [one for found in inside.values() for one in found]
        middle = _share(np.median(np.abs([one for found in errors.values() for one in found])))
        yield f"| all | {len(every)} | {middle} | | {sum(every)} ({sum(every) / len(every):.0%}) |".replace(
            "%)", " %)"
        )


def into_page(name: str, lines: Sequence[str]) -> None:
    """Put a table between its marks in docs/reality.md."""
    text = PAGE.read_text()
    marked = re.compile(rf"(<!-- {name}: .*?-->\n).*?(<!-- end -->)", re.DOTALL)
    assert marked.search(text), f"{PAGE} has no place for {name}"
    PAGE.write_text(marked.sub(lambda found: found[1] + "\n".join(["", *lines, "", ""]) + found[2], text))


def table(name: str) -> list[str]:
    """The table that docs/reality.md has, line by line."""
    found = re.search(rf"<!-- {name}: .*?-->\n(.*?)<!-- end -->", PAGE.read_text(), re.DOTALL)
    assert found, f"{PAGE} has no table {name}"
    return found[1].strip().splitlines()


def _share(value: float | np.floating) -> str:
    return f"{value:.1%}".replace("%", " %")


def _percent(value: float) -> str:
    return f"{value:+.1%}".replace("%", " %")


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--page"]
    if words[:1] == ["--held-out"]:
        what, rows = "held out", held_out(int(words[1]) if len(words) > 1 else 100, words[2:])
    elif words[:1] == ["--one-run"]:
        what, rows = "one run", one_run()
    elif words[:1] == ["--sixteen"]:
        what, rows = "sixteen", sixteen()
    else:
        what, rows = "plain", plain()
    made = []
    for line in rows:
        print(line, flush=True)
        made.append(line)
    if "--page" in sys.argv:
        into_page(what, made)
