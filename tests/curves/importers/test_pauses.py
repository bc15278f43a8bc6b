"""Steps that start again, reports that are repeated, and what both mean for the time trained."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize("time", [1.7976931348623178e293, 1.7976931348623179e292, 1e308])
def test_times_that_overflow_are_a_reason_to_drop_the_trial(tmp_path, time):
    rows = ((0, -999_999_999_999_999, 0, 0), (0, 0, 0, 0), (0, 1, 0, time), (1, 1, 0.5, 1), (1, 2, 0.4, 2))
    made = csv(tmp_path, timed(*rows), censored="hold")

    assert made.report.dropped == {"has times beyond 285 years": 1}


def test_a_run_that_was_closed_long_after_its_last_report_trained_until_that_report(tmp_path):
    rows = [(0, at, 1 / at, 10 * at, 1.7e9, 1.7e9 + 8 * 3600) for at in range(1, 5)]
    text = timed(*rows, head="trial,resource,loss,elapsed_s,from,to")
    made = csv(tmp_path, text, start_column="from", end_column="to")

    assert made.report.trained_s == 40
    assert "1 trials ended long after their last report: these 28,760 s are not training" in made.report.notes
    assert csv(tmp_path, text, start_column="from", end_column="to", max_gap=1e5).report.trained_s == 28_800


def test_a_run_that_was_closed_soon_after_its_last_report_trained_to_its_end(tmp_path):
    rows = [(0, at, 1 / at, 10 * at, 1.7e9, 1.7e9 + 75) for at in range(1, 5)]
    made = csv(
        tmp_path, timed(*rows, head="trial,resource,loss,elapsed_s,from,to"), start_column="from", end_column="to"
    )

    assert made.report.trained_s == 75


def test_a_trial_that_went_back_from_a_resource_beyond_all_traces_has_no_row(tmp_path):
    rows = [
        (0, 10**12, 0, 0, 0, 1),
        (0, 1, 0, 1, 0, 2),
        (0, 0, 0, 0, 0, 1),
        (1, 0, 0.5, 1, 0, 2),
        (1, 1, 0.5, 2, 0, 2),
    ]
    made = csv(
        tmp_path, timed(*rows, head="trial,resource,loss,elapsed_s,start,end"), start_column="start",
        end_column="end", censored="hold",
    )  # fmt: skip

    assert int(made.trace.to_resource.max()) <= 10**12
