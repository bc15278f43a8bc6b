"""Traces as Chrome trace events, which https://ui.perfetto.dev and other viewers open.

Each searcher is a process, and each worker is a thread. Times are whole microseconds, which are our ticks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from simulator.core import escaping
from simulator.core.escaping import plain
from simulator.io import writing
from simulator.render.phrases import in_log
from simulator.render.words import say
from simulator.trace import metrics
from simulator.trace.levels import Levels, levels
from simulator.trace.promotions import promotions
from simulator.trace.trace import Outcome, Spell, Trace

Event = dict[str, Any]

#: First thread id: a thread with the id of its process would be shown as the main thread, and first.
FIRST_THREAD = 1000
ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def write(path: Path, traces: Sequence[Trace], *, title: str) -> None:
    """Replace the file `path` by the events of `traces` as JSON."""
    ladder = levels(traces)
    events = [event for number, trace in enumerate(traces, 1) for event in _events(trace, ladder, number)]
    other = {"title": plain(title)} | {
        f"{plain(trace.label)}: {key}": plain(str(value)) for trace in traces for key, value in trace.meta.items()
    }
    document = {"traceEvents": events, "displayTimeUnit": "ms", "otherData": other}
    writing.write_text(path, escaping.json_text(document, indent=None) + "\n")


def rung_name(level: int) -> str:
    """Name a level "rung I", "rung II" and so on, since viewers ignore digits when they colour slices by name."""
    number, text = level + 1, ""
    for value, letters in ROMAN:
        while number >= value:
            number, text = number - value, text + letters
    return say("rung", rung=text)


def _events(trace: Trace, ladder: Levels, pid: int) -> Iterator[Event]:
    yield from _names(trace, pid)
    yield from _slices(trace, ladder, pid)
    yield from _arrows(trace, pid)
    yield from _counters(trace, pid)


def _names(trace: Trace, pid: int) -> Iterator[Event]:
    def about(what: str, tid: int, args: Event) -> Event:
        return {"name": what, "ph": "M", "pid": pid, "tid": tid, "args": args}

    yield about("process_name", 0, {"name": plain(trace.label)})
    yield about("process_sort_index", 0, {"sort_index": pid})
    for worker in range(trace.workers):
        yield about("thread_name", FIRST_THREAD + worker, {"name": f"{say('worker')} {worker}"})
        yield about("thread_sort_index", FIRST_THREAD + worker, {"sort_index": worker})


def _slices(trace: Trace, ladder: Levels, pid: int) -> Iterator[Event]:
    """Slices: one for each attempt, with its overhead and lost time inside, and one for each time without work."""

    def piece(name: str, category: str, worker: int, since: int, until: int, **args: object) -> Event:
        place = {"pid": pid, "tid": FIRST_THREAD + worker, "ts": since, "dur": until - since}
        return {"name": name, "cat": category, "ph": "X", **place, "args": args}

    begin, keep = metrics.useful(trace)
    level = ladder.index_of(trace.to_resource).tolist()
    for row, (worker, start, end) in enumerate(
        zip(trace.worker.tolist(), trace.start.tolist(), trace.end.tolist(), strict=True)
    ):
        loss = float(trace.loss[row])
        yield piece(
            rung_name(level[row]), "job", worker, start, end,
            trial=int(trace.trial[row]), bracket=int(trace.bracket[row]), rung=int(trace.rung[row]),
            from_resource=int(trace.from_resource[row]), to_resource=int(trace.to_resource[row]),
            outcome=Outcome(int(trace.outcome[row])).name.lower(), loss=loss if math.isfinite(loss) else None,
            **_in_log(trace, int(trace.trial[row])),
        )  # fmt: skip
        if begin[row] > start:
            yield piece(say("overhead"), "overhead", worker, start, int(begin[row]))
        if keep[row] < end:
            yield piece(say("lost"), "lost", worker, int(keep[row]), end)
    spells = trace.spells
    for worker, start, end, kind in zip(
        spells.worker.tolist(), spells.start.tolist(), spells.end.tolist(), spells.kind.tolist(), strict=True
    ):
        yield piece(say("starting up" if kind == Spell.BOOT else "down"), "worker", worker, start, end)


def _in_log(trace: Trace, trial: int) -> dict[str, str]:
    told = in_log(trace, trial)
    return {"log": plain(told)} if told else {}


def _arrows(trace: Trace, pid: int) -> Iterator[Event]:
    """Arrows from the end of each job that led to a promotion to the start of the job on the next rung."""
    number = 0
    for row, up in enumerate(promotions(trace).up.tolist()):
        if up < 0 or trace.end[row] <= trace.start[row] or trace.end[up] <= trace.start[up]:
            continue  # the arrow would begin in no slice
        number += 1
        flow = {"name": say("promotion"), "cat": "promotion", "id": pid * 10_000_000 + number, "pid": pid}
        leaves = int(trace.end[row]) - 1  # still inside the slice
        yield {**flow, "ph": "s", "tid": FIRST_THREAD + int(trace.worker[row]), "ts": leaves}
        arrives = int(trace.start[up])
        yield {**flow, "ph": "f", "bp": "e", "tid": FIRST_THREAD + int(trace.worker[up]), "ts": arrives}


def _counters(trace: Trace, pid: int) -> Iterator[Event]:
    """Counters of busy workers over time, and an instant event for each new best loss."""
    for time, value in zip(*(column.tolist() for column in metrics.busy_workers(trace)), strict=True):
        yield {"name": say("busy workers"), "ph": "C", "pid": pid, "tid": 0, "ts": time, "args": {"busy": int(value)}}
    for row in metrics.incumbent_rows(trace).tolist():
        about = {"trial": int(trace.trial[row]), "loss": float(trace.loss[row])}
        place = {"pid": pid, "tid": FIRST_THREAD + int(trace.worker[row]), "ts": int(trace.end[row])}
        yield {"name": say("new best"), "cat": "result", "ph": "i", "s": "p", **place, "args": about}
