"""The time and memory of a run with very many trials are noted before it begins."""

from __future__ import annotations

import pytest

from simulator.core.errors import InputError
from simulator.experiment.experiment import Experiment
from simulator.experiment.sharing import SharedExperiment
from simulator.planning.sharing.planner import check_shared
from simulator.scenario.effort import MOST, WORTH_A_WORD, effort
from tests.support.plans import HEAD, loaded

STOP = "stop: {time: 1 h}\n"


def many(trials):
    return HEAD.replace("ASHA: {name: asha, max_trials: 16", f"ASHA: {{name: asha, max_trials: {trials}")


@pytest.mark.parametrize(
    ("trials", "told"),
    [
        (5_000_000, "5,000,000 trials would take some 50 seconds and 2.2 GB"),
        (20_000_000, "20,000,000 trials would take some 3 minutes and 9 GB"),
        (1_000_000_000, "1,000,000,000 trials would take some 3 hours and 450 GB"),
        (10**11, "100,000,000,000 trials would take some 12 days and 45 TB"),
    ],
)
def test_time_and_memory(trials, told):
    assert effort(trials) == f"{told}, as a million take some 10 s and 0.45 GB"


def test_more_than_can_end_is_refused_before_it_begins(tmp_path):
    with pytest.raises(
        InputError, match=r"s.yaml:3:\d+: searchers.ASHA: 1,000,000,000 trials would take some 3 hours and 450 GB"
    ):
        Experiment(loaded(tmp_path, many(10**9)))


def test_with_a_stop_a_very_long_search_is_accepted(tmp_path):
    found = loaded(tmp_path, many(10**9) + STOP)

    assert not found.notes
    assert Experiment(found).run("ASHA").makespan > 0


def test_what_takes_long_is_noted(tmp_path):
    assert not loaded(tmp_path, many(WORTH_A_WORD - 1)).notes
    [note] = loaded(tmp_path, many(MOST)).notes

    assert "20,000,000 trials would take some 3 minutes and 9 GB" in str(note)
    assert "a stop may end it before" in str(note)


SHARED = """\
searches:
  mine:
    searcher: {name: asha, max_trials: 27, max_length: 27, divisor: 3}
    arrivals: {kind: every, gap: 1 h}
    count: 8
  theirs:
    searcher: {name: asha, max_trials: 27, max_length: 27, divisor: 3}
    arrivals: {kind: poisson, mean_gap: 1 h}
    until: 8 h
curves: {kind: synthetic, unit_time: 1 h}
cluster: {groups: {g: {count: 2}}}
plan: {vary: {cluster.groups.g.count: [1, 2]}, target: {stay: 9 h}, replicates: 2}
"""
THOUSAND = SHARED.replace("27, max_l", "1000000000, max_l", 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (THOUSAND, r"searches.mine: 8,000,000,216 trials would take some 22 hours"),
        (SHARED.replace("count: 8", "count: 1000000"), "searches.mine: 27,000,216 trials would take some 5 minutes and 12 GB"),
        (SHARED.replace("mean_gap: 1 h", "mean_gap: 0.000001 s"), "searches.theirs: 777,600,000,216 trials would take some 90 days"),
        (SHARED.replace("gap: 1 h", "gap: 0.000001 s", 1).replace("count: 8", "until: 300 d"), "searches.mine: 699,840,000,000,216 trials"),
    ],
)  # fmt: skip
def test_more_on_a_shared_cluster_than_can_end_is_refused_before_it_begins(text, said, tmp_path):
    found = loaded(tmp_path, text)
    for begun in (SharedExperiment, check_shared):
        with pytest.raises(InputError, match=said):
            begun(found)


def test_on_a_shared_cluster_a_stop_may_end_what_is_very_long(tmp_path):
    assert SharedExperiment(loaded(tmp_path, THOUSAND + STOP)).run().trace.makespan > 0
    assert check_shared(loaded(tmp_path, SHARED))


def test_a_searcher_that_hears_every_report_takes_longer():
    """Measured: a million trials of ray_hyperband at max_t 81 take 50 s, and those of ASHA 5 to 10 s."""
    assert effort(6_000_000, stepwise=True) == (
        "6,000,000 trials would take some 60 seconds or more and 2.7 GB or more, as a million take some 10 s and 0.45 "
        "GB with a searcher that does not hear every report; this one does"
    )
