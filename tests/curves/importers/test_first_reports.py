"""What the clocks say at first reports: of a start-up, of nothing before, or of an origin that all trials share."""

from __future__ import annotations

import pytest

from tests.support.logs import csv, said, timed
from tests.support.sources import seconds_of


def test_a_clock_that_the_first_report_started_is_counted_from_the_start(tmp_path):
    text = timed(*((trial, at, 1 / at, 10 * (at - 1)) for trial in "ab" for at in range(1, 5)))
    made = csv(tmp_path, text)
    assert seconds_of(made) == [[10.0, 20, 30, 40]] * 2
    assert any("say 0 at the first report" in note for note in made.report.notes)


def test_a_clock_that_is_zero_before_the_training_stays_as_it_is(tmp_path):
    text = timed(*((trial, at, 1 / (at + 1), 10 * at) for trial in "ab" for at in range(4)))
    assert seconds_of(csv(tmp_path, text, offset=0)) == [[10.0, 20, 30]] * 2


def test_one_stopwatch_for_all_trials_is_asked_for(tmp_path):
    rows = [(trial, at, 1 / at + trial, 50 * trial + 10 * at) for trial in range(6) for at in range(1, 6)]
    assert "count from one origin for all trials" in said(tmp_path, timed(*rows))
    assert seconds_of(csv(tmp_path, timed(*rows), time_is="clock")) == [[10.0, 20, 30, 40, 50]] * 6
    assert seconds_of(csv(tmp_path, timed(*rows), time_is="elapsed"))[5][0] == 260


def test_one_stopwatch_for_two_workers(tmp_path):
    begins = (0, 0, 50, 30, 70, 60)
    lengths = (5, 3, 2, 3, 4, 4)
    rows = [
        (trial, at, 1 / at + trial, begin + 10 * at)
        for trial, (begin, length) in enumerate(zip(begins, lengths, strict=True)) for at in range(1, length + 1)
    ]  # fmt: skip
    assert "count from one origin for all trials" in said(tmp_path, timed(*rows), censored="hold")


def test_a_clock_of_the_machine_is_asked_for(tmp_path):
    rows = [(trial, at, 1 / at, 123456.7 + 10 * at) for trial in range(3) for at in range(1, 6)]
    assert "--time-is clock" in said(tmp_path, timed(*rows))


def test_a_start_up_counts_and_is_told(tmp_path):
    made = csv(tmp_path, timed(*((trial, at, 1 / at, 60 + at) for trial in "abc" for at in range(1, 6))))
    assert seconds_of(made) == [[61.0, 62, 63, 64, 65]] * 3
    assert any("3 trials first report more than 10 times later" in note for note in made.report.notes)


def test_the_newest_report_first(tmp_path):
    made = csv(tmp_path, timed(*((0, at, 1 / at, 1.7e9 + 60 * at) for at in range(5, 0, -1))))
    assert seconds_of(made) == [[60.0, 120, 180, 240, 300]]


@pytest.mark.parametrize(
    ("name", "factor"),
    [("elapsed_ms", 1e3), ("time (min)", 1 / 60), ("runtime_hours", 1 / 3600), ("elapsed_us", 1e6), ("wall[s]", 1)],
)
def test_a_columns_name_says_the_unit(tmp_path, name, factor):
    rows = ((0, at, 1 / at, 6000 * at * factor) for at in range(1, 4))
    made = csv(tmp_path, timed(*rows, head=f"trial,resource,loss,{name}"), time_column=name)
    assert seconds_of(made) == [pytest.approx([6000.0, 12000, 18000])]
    assert ("as the column's name says" in made.report.times) == (factor != 1)


def test_a_unit_that_the_user_says_comes_before_the_columns_name(tmp_path):
    rows = ((0, at, 1 / at, at) for at in range(1, 4))
    made = csv(tmp_path, timed(*rows, head="trial,resource,loss,t_ms"), time_column="t_ms", seconds=60.0)
    assert seconds_of(made) == [[60.0, 120, 180]]


def test_one_time_that_is_no_unix_time_is_named(tmp_path):
    rows = [(0, 1, 1, 0), *((0, at, 1 / at, 1700000000 + 60 * at) for at in range(2, 5))]
    assert "log.csv:2: elapsed_s: '0' should be a Unix time" in said(tmp_path, timed(*rows))


def test_one_stopwatch_for_trials_that_never_ran_at_once(tmp_path):
    text = timed(*((trial, at, 1 / at, 100 * trial + 10 * at) for trial in range(5) for at in range(1, 5)))
    assert "seem to count from one origin for all trials: 4 of 5 trials begin late" in said(tmp_path, text)
    assert seconds_of(csv(tmp_path, text, time_is="clock")) == [[10.0, 20, 30, 40]] * 5


def test_start_ups_of_different_lengths_are_no_stopwatch(tmp_path):
    text = timed(*((trial, at, 1 / at, 60 + 10 * trial + 10 * at) for trial in range(5) for at in range(1, 5)))
    assert [seconds[-1] for seconds in seconds_of(csv(tmp_path, text))] == [100, 110, 120, 130, 140]
