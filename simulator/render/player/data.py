"""The data of the player: traces as columns of small numbers, and the texts of each run."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.core import ticks
from simulator.core.escaping import plain
from simulator.render import style
from simulator.render.phrases import ending, first_promotion_note, in_log, rungs
from simulator.trace import metrics
from simulator.trace.levels import levels
from simulator.trace.promotions import promotions
from simulator.trace.trace import Trace

#: Number of steps of every scene's clock; a step is less than a pixel, and its number is short.
CLOCK = 1_000_000
#: Times have enough decimals to show this share of the clock.
VISIBLE = 1000


class Whose(NamedTuple):
    """A colouring of jobs by something other than the rung: names in order of the ramp, and each row's index."""

    names: tuple[str, ...]
    rows: NDArray[np.int64]


def page(
    scenes: Mapping[str, Sequence[Trace]], unit: str, whose: Mapping[str, Whose] | None = None
) -> dict[str, object]:
    """All data of the player as plain values for JSON; a scene of one trace may have a colouring `whose`."""
    return {"scenes": [scene(traces, unit, (whose or {}).get(name)) for name, traces in scenes.items()]}


def scene(traces: Sequence[Trace], unit: str, whose: Whose | None = None) -> dict[str, object]:
    """The data of a scene: runs on one clock."""
    span = max((trace.makespan for trace in traces), default=0) or 1
    ladder = levels(traces)
    names = rungs(ladder) if whose is None else whose.names
    of_rows = [ladder.index_of(trace.to_resource) for trace in traces] if whose is None else [whose.rows]
    amount = span / ticks.UNITS[unit]
    losses = np.concatenate([trace.loss for trace in traces]) if traces else np.zeros(0)
    return {
        "span": amount,
        "unit": unit,
        "digits": max(0, math.ceil(math.log10(VISIBLE / amount) - 1)),
        "names": names,
        "slots": [style.slot(level, len(names)) for level in range(len(names))],
        "most": max((metrics.trials_started(trace) for trace in traces), default=0),
        "losses": [_short(value) for value in _quantiles(losses)],
        "runs": [_run(trace, level, span, unit) for trace, level in zip(traces, of_rows, strict=True)],
    }


def _run(trace: Trace, level: NDArray[np.int64], span: int, unit: str) -> dict[str, object]:
    def clock(at: NDArray[np.int64]) -> NDArray[np.int64]:
        rounded: NDArray[np.int64] = np.rint(at * (CLOCK / span)).astype(np.int64)
        return rounded

    begin, keep = metrics.useful(trace)
    start, end = clock(trace.start), clock(trace.end)
    way = promotions(trace)
    stations = np.stack([trace.bracket, trace.rung, trace.from_resource, trace.to_resource, level], axis=1)
    jobs, job = np.unique(stations, axis=0, return_inverse=True)
    columns = {
        "worker": trace.worker,
        "trial": trace.trial,
        "job": job.reshape(-1),
        "wait": np.diff(start, prepend=0),
        "took": end - start,
        "overhead": clock(begin) - start,
        "lost": end - clock(keep),
        "outcome": trace.outcome,
        "up": way.up + 1,
        "rank": way.rank,
        "among": way.results,
    }
    losses = [_short(value) for value in trace.loss.tolist()]
    note = first_promotion_note(trace, unit)
    spells = trace.spells
    about: dict[str, object] = {
        "label": trace.label,
        "workers": trace.workers,
        "end": int(clock(np.array([trace.makespan]))[0]),
        "ending": ending(trace, unit),
        "max_length": trace.max_length,
        "advance": trace.meta.get("advance", ""),
        "jobs": jobs.tolist(),
        "brackets": len(np.unique(trace.bracket)),
        "tops": {
            str(bracket): int(trace.rung[trace.bracket == bracket].max()) for bracket in np.unique(trace.bracket)
        },
        "best": metrics.incumbent_rows(trace).tolist(),
        "note": note and {"since": _at(note.since, span), "until": _at(note.until, span), "text": note.text},
        "spells": {
            "worker": spells.worker.tolist(),
            "start": clock(spells.start).tolist(),
            "end": clock(spells.end).tolist(),
            "kind": spells.kind.tolist(),
        },
        "decisions": _decisions(trace, losses),
        # A column with only zeros is left out.
        "columns": {name: column.tolist() for name, column in columns.items() if column.any() or name == "trial"}
        | {"loss": losses},
    }
    if trace.names:  # names of the trials in their logs
        about["log"] = {str(trial): plain(in_log(trace, trial)) for trial in np.unique(trace.trial).tolist()}
    return about


def _decisions(trace: Trace, losses: Sequence[float | None]) -> dict[str, object] | None:
    """The decisions of a run, in order, as far as the trace's columns don't show them; None if they were not kept.

    Jobs are handed out in the order of their first attempts, so only their number is given. The player ranks the
    losses as they are shown; a rank is given only where the true losses have another rank.
    """
    if not trace.decisions:
        return None
    told = trace.decisions
    handed = [row for decision in told for row in decision.handed_out]
    places = zip(trace.trial.tolist(), trace.bracket.tolist(), trace.rung.tolist(), strict=True)
    firsts = sorted({place: row for row, place in reversed(list(enumerate(places)))}.values())
    found: dict[str, object] = {
        "row": [decision.row for decision in told],
        "verdict": [int(decision.verdict) for decision in told],
        "handed": [len(decision.handed_out) for decision in told],
        "first": len(firsts) - len(handed),
    }
    if handed != firsts[len(firsts) - len(handed) :]:
        found["rows"] = handed
    ranks: dict[int, list[int]] = {}
    known: dict[tuple[int, int], list[float]] = {}
    stands: dict[tuple[int, int], tuple[int, int]] = {}
    places_, opens_ = [], []
    for at, decision in enumerate(told):
        here = int(trace.bracket[decision.row]), int(trace.rung[decision.row])
        loss, others = losses[decision.row], known.setdefault(here, [])
        shown = math.inf if loss is None else loss
        rank = bisect_right(others, shown) + 1
        others.insert(rank - 1, shown)
        if (rank, len(others)) != (decision.rank, decision.results):
            ranks[at] = [decision.rank, decision.results]
        before = stands.get(here, (0, 0))
        places_.append(decision.places - before[0])
        opens_.append(decision.opens - before[1])
        stands[here] = decision.places, decision.opens
    return found | {"places": places_, "opens": opens_, "ranks": ranks}


def _at(tick: int, span: int) -> int:
    return round(tick * CLOCK / span)


def _quantiles(losses: NDArray[np.float64]) -> list[float]:
    """The finite losses, or an even sample that has the same range."""
    known = np.sort(losses[np.isfinite(losses)])
    if len(known) > VISIBLE:
        known = known[np.linspace(0, len(known) - 1, VISIBLE).round().astype(int)]
    return [float(value) for value in known]


def _short(value: float) -> float | None:
    """A loss as it is shown, with four digits; None if it is not finite."""
    return float(f"{value:.4g}") if math.isfinite(value) else None
