"""Steps that start again, reports that are repeated, and what both mean for the time trained."""

from __future__ import annotations

from simulator.trace.trace import Trace
from tests.support.logs import csv, timed
from tests.support.sources import seconds_of


def spans(trace: Trace) -> list[tuple[int, int, float]]:
    return [
        (int(low), int(high), float(end - start) / 1e6)
        for low, high, start, end in zip(trace.from_resource, trace.to_resource, trace.start, trace.end, strict=True)
    ]


def test_a_restart_from_a_checkpoint_is_one_segment(tmp_path):
    steps, clock = (1, 2, 3, 4, 2, 3, 4, 5), (2, 4, 6, 8, 3602, 3604, 3606, 3608)
    rows = ((0, at, 1 / at, 1.7e9 + when) for at, when in zip(steps, clock, strict=True))
    made = csv(tmp_path, timed(*rows))
    assert seconds_of(made) == [[2.0, 4, 6, 8, 10]]
    assert sorted(spans(made.trace)) == [(0, 4, 8.0), (1, 5, 8.0)]


def test_a_restart_repeats_the_step_that_it_had_reached(tmp_path):
    steps, clock = (100, 200, 300, 300, 400), (60, 120, 180, 2400, 2460)
    made = csv(tmp_path, timed(*((0, at, 1 / at, when) for at, when in zip(steps, clock, strict=True))))
    assert seconds_of(made) == [[60.0, 120, 180, 240]]


def test_a_report_that_is_repeated_soon_is_no_pause(tmp_path):
    steps, clock = (1, 2, 3, 3), (10, 20, 30, 35)
    made = csv(tmp_path, timed(*((0, at, 1 / at, when) for at, when in zip(steps, clock, strict=True))))
    assert seconds_of(made) == [[10.0, 20, 35]]
    assert not any("pauses" in note for note in made.report.notes)
