"""What a run of very many trials takes is said before it begins."""

from __future__ import annotations

import pytest

from simulator.core.errors import InputError
from simulator.experiment.experiment import Experiment
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
