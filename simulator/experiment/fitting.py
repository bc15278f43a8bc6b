"""Judges a fitted law: how similar its trials are to the recorded ones, and how similar searches on them are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any, NamedTuple

import numpy as np

from simulator.cluster.engine import Cluster, simulate
from simulator.core.errors import InputError, Problem
from simulator.core.escaping import printable
from simulator.core.streams import Stream, integers
from simulator.core.ticks import to_seconds
from simulator.core.vocabulary import Family
from simulator.curves.describe import Description, LossGrid, describe, grid_of, number
from simulator.curves.fit import RATES, Other, drawn, fit_law, refitted
from simulator.curves.protocol import Curves
from simulator.curves.recorded import Recorded, Resampled
from simulator.curves.synthetic import Law, Synthetic
from simulator.curves.table import Table
from simulator.scenario.curves import section
from simulator.searchers.halving import asha, sha
from simulator.trace import metrics

#: Number of trials that are drawn from the law to describe it, and greatest number of trials of the searches.
DRAWN, SEARCHED = 1000, 243
#: Quantiles at the ends of the intervals.
INTERVAL = (0.025, 0.975)
DIVISOR = 3
#: Number of rounds of the fit, for the progress.
ROUNDS = RATES[2]

Progress = Callable[[int, int], None]


class Figure(NamedTuple):
    """A figure of the recorded curves with its bootstrap interval, and the same figure of the fitted curves."""

    name: str
    recorded: float | None
    low: float | None
    high: float | None
    fitted: float | None

    @property
    def inside(self) -> bool | None:
        """Whether the fitted figure lies in the interval; None if either is missing."""
        if self.fitted is None or self.low is None or self.high is None:
            return None
        return self.low <= self.fitted <= self.high


@dataclass(frozen=True, eq=False)
class Fitted:
    """A law, the comparison of its trials (`figures`), and that of searches on them (`searches`)."""

    source: str
    trials: int
    law: Law
    figures: list[Figure]
    searches: list[Figure]
    note: str = ""
    others: tuple[Other, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The comparison as plain values for JSON."""
        rows = {"figures": self.figures, "searches": self.searches}
        return {
            "source": self.source,
            "trials": self.trials,
            "curves": section(self.law) | ({"others": [_other(one) for one in self.others]} if self.others else {}),
            **{name: [{**row._asdict(), "inside": row.inside} for row in table] for name, table in rows.items()},
            "note": self.note,
        }

    def lines(self) -> Iterator[str]:
        """The comparison as people read it."""
        yield f"{self.source}: {self.trials:,} recorded trials, and {DRAWN:,} trials drawn from the fit"
        yield f"  {'':<36} {'recorded':>10} {'95 % interval':>23} {'fitted':>10}"
        for row in (*self.figures, *self.searches):
            interval = "–" if row.low is None else f"{number(row.low)} … {number(row.high)}"
            yield (
                f"  {row.name:<36} {number(row.recorded):>10} {interval:>23} {number(row.fitted):>10}{_verdict(row)}"
            )
        told = [row.inside for row in self.searches if row.inside is not None]
        if told:
            yield (
                f"searches: {sum(told)} of {len(told)} figures on fitted trials lie in the interval of those on "
                "recorded trials"
            )
        if self.others:
            others = f"{len(self.others):,} laws that were fitted to other sets of these trials"
            yield f"{others} are kept beside it, for plans"
        if self.note:
            yield self.note


def _other(law: Other) -> dict[str, Any]:
    """A law of other pilots as a scenario has it."""
    rows = [[trial, float(f"{spread:.4g}")] for trial, spread in law.trials]
    return {"diverged": float(f"{law.diverged:.4g}"), "trials": rows}


def yaml_of(law: Law, name: str, others: Sequence[Other] = ()) -> str:
    """A scenario's `curves:` section with trials of `law`, which was fitted to the file `name`.

    `others` are the laws of other sets of the same pilots.
    """
    lines = [f"# Trials like those of {printable(' '.join(name.split()))}: asha-sim curves fit", "curves:"]
    for key, value in section(law).items():
        if key == "trials":
            lines += ["  trials:  # asymptote, gain, rate, scale, seconds a unit, noise, spread"]
            lines += [f"    - [{', '.join(f'{number:.9g}' for number in row)}]" for row in value]
            continue
        text = f"[{', '.join(map(_plain, value))}]" if isinstance(value, list) else _plain(value)
        lines.append(f"  {key}: {text}")
    if others:
        lines.append("  others:  # laws of other sets of these trials: numbers of those above, from 0, and spreads")
    for other in map(_other, others):
        rows = ", ".join(f"[{trial}, {spread:g}]" for trial, spread in other["trials"])
        lines.append(f"    - {{diverged: {other['diverged']:g}, trials: [{rows}]}}")
    return "\n".join([*lines, ""])


def fit_and_compare(
    table: Table,
    *,
    family: Family = "pow4",
    workers: int = 16,
    replicates: int = 40,
    laws: int = 0,
    on_progress: Progress | None = None,
    on_law: Callable[[Law, Sequence[Other]], None] | None = None,
) -> Fitted:
    """Fit a law to recorded curves and compare the two, by `replicates` bootstrap samples of the trials.

    SHA and ASHA (divisor 3) search up to 243 trials on `workers` workers; if they can't, the note says why.
    `on_progress` is called with the number of steps done and their total. `on_law` is called with the law as soon as
    it is fitted and before it is judged, and with `laws` laws of other sets of the same pilots. Raises InputError,
    before any work, for fewer than three trials that reached the end.
    """
    tell = on_progress or _silent
    grid = grid_of(table)
    problem = _unsearchable(table)
    about = describe(grid, points=len(table.trial))
    total = ROUNDS + 2 * replicates
    try:
        law = fit_law(grid, about, family=family, on_step=lambda done: tell(done, total))
    except ValueError as error:
        raise InputError(Problem(table.source, str(error))) from None
    others = tuple(refitted(grid, law, laws)) if laws else ()
    if on_law is not None:
        on_law(law, others)
    figures = _figures(grid, about, law, replicates, lambda done: tell(ROUNDS + done, total))
    if problem is not None:
        return Fitted(table.source, table.trials, law, figures, [], f"no search was compared: {problem}", others)
    searches = _searches(table, law, workers, replicates, lambda done: tell(ROUNDS + replicates + done, total))
    return Fitted(table.source, table.trials, law, figures, searches, others=others)


def _figures(
    grid: LossGrid, about: Description, law: Law, replicates: int, on_step: Callable[[int], None]
) -> list[Figure]:
    """The figures of `describe` side by side; for the intervals, recorded trials are drawn with replacement."""
    samples = []
    for replicate in range(replicates):
        rows = integers(replicate, Stream.FIT, below=len(grid.loss), n=len(grid.loss))
        unit = None if grid.unit_s is None else grid.unit_s[rows]
        sample = replace(grid, loss=grid.loss[rows], unit_s=unit, errored=grid.errored[rows])
        if sample.finished.any():
            samples.append(describe(sample).figures())
        on_step(replicate + 1)
    # Two copies of a trial never cross, so the share of crossings in a sample is too low by the share of such pairs.
    alone = 1 - 1 / max(about.finished, 2)
    mine = describe(_like(grid, law)).figures()
    rows_made = []
    for name, value in about.figures().items():
        found = [sample[name] for sample in samples if sample.get(name) is not None]
        bounds: tuple[float | None, float | None] = (None, None)
        if value is not None and len(found) > 1:
            scale = 1 / alone if name.startswith("pairs") else 1.0
            low, high = np.quantile(np.array(found, float) * scale, INTERVAL)
            bounds = float(low), float(high)
        rows_made.append(Figure(name, value, *bounds, mine.get(name)))
    return rows_made


def _like(grid: LossGrid, law: Law) -> LossGrid:
    """The curves of trials of the law, at the resources of the recorded curves."""
    made = drawn(law, 1, DRAWN, grid.resources.tolist())
    return made if grid.unit_s is not None else replace(made, unit_s=None)


def _unsearchable(table: Table) -> str | None:
    """Why SHA can't search these trials: too few for its rungs, or no rows at a rung; None if it can."""
    trials, length = _size(table)
    try:
        searcher = sha(max_trials=trials, max_length=length, divisor=DIVISOR)
    except ValueError as error:
        return str(error)
    return Recorded(table, interpolate=True).reach(searcher.resources)


def _size(table: Table) -> tuple[int, int]:
    """The number of trials in a search on the recorded curves, and the units of the longest trials."""
    return min(table.trials, SEARCHED), int(table.resource.max())


def _searches(table: Table, law: Law, workers: int, replicates: int, on_step: Callable[[int], None]) -> list[Figure]:
    """Makespan and regret of SHA and ASHA on resampled recorded trials and on drawn ones."""
    trials, length = _size(table)
    recorded = Recorded(table, interpolate=True)
    found: dict[str, list[list[float]]] = {}
    for seed in range(replicates):
        both: tuple[Curves, ...] = (Resampled(recorded, seed), Synthetic(law, seed))
        for place, curves in enumerate(both):
            for name, value in _search(curves, trials, length, workers, timed=table.timed).items():
                found.setdefault(name, [[], []])[place].append(value)
        on_step(seed + 1)
    rows = []
    for name, (real, made) in found.items():
        if real and made:
            low, middle, high = (float(q) for q in np.quantile(real, [INTERVAL[0], 0.5, INTERVAL[1]]))
            rows.append(Figure(name, middle, low, high, float(np.median(made))))
    return rows


def _search(curves: Curves, trials: int, length: int, workers: int, *, timed: bool) -> Mapping[str, float]:
    best = min(curves.train(trial, 0, length)[1] for trial in range(trials))
    numbers = {}
    for label, make in (("SHA", sha), ("ASHA", asha)):
        trace = simulate(make(max_trials=trials, max_length=length, divisor=DIVISOR), curves, Cluster(workers))
        if timed:
            numbers[f"{label} makespan, s"] = to_seconds(trace.makespan)
        final = trace.loss[metrics.full_length(trace)]
        if best < inf and np.isfinite(final).any():  # only final losses, since early ones may be low by noise
            numbers[f"{label} regret"] = float(final.min()) - best
    return numbers


def _silent(done: int, total: int) -> None:
    """Ignore the progress."""


def _verdict(row: Figure) -> str:
    """How far a figure lies outside its interval; empty if it lies inside."""
    if row.inside is not False or row.fitted is None or row.low is None or row.high is None:
        return ""
    off = row.fitted - (row.high if row.fitted > row.high else row.low)
    return f"  off by {off:+.3g}"


def _plain(value: object) -> str:
    return (
        f"{value:.6g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)
    )
