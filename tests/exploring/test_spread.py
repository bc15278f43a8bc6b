"""The sentence that follows a move."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.exploring import spread
from simulator.results import Comparison
from simulator.trace import metrics
from tests.exploring.test_worlds import scenario
from tests.support.scenes import tiny


def compared(one, other, **changes):
    """A comparison of two searchers whose runs differ only in the seconds at which they end."""
    base = replace(metrics.summarize(tiny([(0, 0, 0, 9, 0, 30)])), **changes)
    runs = {
        label: [replace(base, makespan_s=float(end), first_full_length_s=float(end) / 2) for end in ends]
        for label, ends in (("SHA", one), ("ASHA", other))
    }
    return Comparison(scenario(), 0, runs)


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ([112, 110, 114, 112], [100, 100, 100, 100], "SHA ends 12 % later than ASHA (9–15 % over 4 seeds)."),
        ([100, 100, 100, 100], [112, 110, 114, 112], "ASHA ends 12 % later than SHA (9–15 % over 4 seeds)."),
        ([100, 100], [120, 120], "ASHA ends 20 % later than SHA (over 2 seeds, each time)."),
        ([100, 100], [100, 100], "SHA and ASHA end at the same time (over 2 seeds, each time)."),
        ([100, 90, 110], [100, 100, 100], "No difference is seen in when SHA and ASHA end (-23 to +28 % over 3 seeds)."),
    ],
)  # fmt: skip
def test_it_tells_the_ratio_with_its_interval(one, other, said):
    assert spread.sentences(compared(one, other)) == [said]


def test_where_the_work_differs_it_tells_of_the_first_trial_in_full():
    (said,) = spread.sentences(compared([100, 100], [120, 120], stopped=True))
    assert said == "ASHA trains its first trial in full 20 % later than SHA (over 2 seeds, each time)."


def test_where_nothing_compares_it_says_so():
    base = compared([100, 100], [120, 120], stopped=True)
    none = {label: [replace(run, first_full_length_s=None) for run in runs] for label, runs in base.summaries.items()}
    assert spread.sentences(Comparison(base.scenario, 0, none)) == [
        "SHA and ASHA do not do the same work, so their ends can't be compared."
    ]
