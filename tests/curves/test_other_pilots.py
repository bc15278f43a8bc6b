"""Other sets of pilots: which paces their pilots take."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.curves.other_pilots import SLOWEST, factors, tail, whole_set
from simulator.curves.recorded import Recorded, Resampled


def test_a_pilot_takes_the_pace_of_any_other():
    """Ten pilots are fast and ten are four times as slow, in no order: for every pilot, half of the paces are slow."""
    times = np.array([1.0, 4.0] * 10)
    places = [0] * 4000
    made = times[0] * np.array(factors(times, places, 7, 1))

    assert (made > 2).mean() == pytest.approx(0.5, abs=0.05)


def test_worse_pilots_stay_slower_if_they_are():
    times = np.geomspace(1, 16, 40) * np.tile([0.9, 1.1], 20)
    paces = [times[place] * np.array(factors(times, [place] * 500, 7, 1)) for place in (0, 20, 39)]

    assert np.median(paces[0]) == pytest.approx(1.0, rel=0.15)
    assert np.median(paces[1]) == pytest.approx(4.1, rel=0.15)
    assert np.median(paces[2]) == pytest.approx(16.0, rel=0.15)


def test_some_trials_are_slower_than_any_pilot_as_the_tail_says():
    shares = (np.arange(500) + 0.5) / 500
    times = np.random.default_rng(1).permutation(shares ** (-1 / 2.5))
    made = times[0] * np.array(factors(times, [0] * 20_000, 7, 1))

    assert tail(np.log(times)).weight == pytest.approx(0.4, abs=0.02)
    assert np.quantile(made, 0.99) == pytest.approx(0.01 ** (-1 / 2.5), rel=0.1)
    assert times.max() < made.max() <= SLOWEST * times.max()


def test_a_set_belongs_to_its_seed_and_number():
    times = [1.0, 3.0, 2.0, 5.0, 1.5, 4.0, 1.2, 2.5, 3.5, 1.1, 6.0, 2.2]
    one = factors(times, range(12), 7, 1)

    assert one == factors(times, range(12), 7, 1)
    assert one not in (factors(times, range(12), 7, 2), factors(times, range(12), 8, 1))
    assert one[:6] == factors(times, range(6), 7, 1)


@pytest.mark.parametrize("times", [[2.0] * 12, [1.0, 2.0, 0.0, 3.0, 1.0, 2.0], [5.0]])
def test_equal_times_and_times_of_zero_stay_as_they_are(times):
    assert factors(times, range(len(times)), 7, 1) == pytest.approx([1.0] * len(times))


def test_the_whole_set_has_every_pilot_equally_often():
    assert np.bincount(whole_set(12)).tolist() == [83] * 12
    assert whole_set(1500) == list(range(1500))


def test_a_trial_of_another_set_takes_so_many_times_as_long(tmp_path):
    rows = [f"{trial},{unit},{trial + 1 / unit},{unit * (trial + 1)}" for trial in range(5) for unit in (1, 4, 16)]
    (tmp_path / "p.csv").write_text("trial,resource,loss,elapsed_s\n" + "\n".join(rows) + "\n")
    recorded = Recorded.read(tmp_path / "p.csv")
    plain, paced = Resampled(recorded, 3, [4, 1]), Resampled(recorded, 3, [4, 1], [1.5, 0.5])
    for trial in range(20):
        factor = {4: 1.5, 1: 0.5}[plain._drawn_as(trial)]
        spent, loss, end = plain.train(trial, 1, 16)
        assert paced.train(trial, 1, 16) == (round(factor * spent), loss, end)
        assert paced._drawn_as(trial) == plain._drawn_as(trial)
