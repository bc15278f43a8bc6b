"""Synthetic curves: the law, its spread, and draws that belong to the trial."""

import numpy as np
import pytest

from simulator.curves.synthetic import BLOCK, PowerLaw, Synthetic

LAW = PowerLaw(best=0.1, worst=1.0, gain=1.0, gain_sigma=0.5, rate=0.7, rate_sigma=0.3, unit_s=60.0, unit_sigma=0.5)
FLAT = PowerLaw(best=0.5, worst=0.5, gain=1.0, gain_sigma=0, rate=1.0, rate_sigma=0, unit_s=2.0, unit_sigma=0)


def test_a_power_law():
    curves = Synthetic(FLAT, seed=0)

    assert curves.train(7, 0, 4) == (8_000_000, 0.75, None)
    assert curves.train(7, 1, 4) == (6_000_000, 0.75, None)


def test_a_trial_is_the_same_whatever_ran_before():
    trials = [0, 5, BLOCK, 3 * BLOCK + 7]
    forwards, backwards = Synthetic(LAW, seed=3), Synthetic(LAW, seed=3)
    drawn = {trial: forwards.train(trial, 0, 9) for trial in trials}

    assert {trial: backwards.train(trial, 0, 9) for trial in reversed(trials)} == drawn
    assert Synthetic(LAW, seed=4).train(0, 0, 9) != drawn[0]


def test_times_add_up():
    curves = Synthetic(LAW, seed=0)

    for trial in range(50):
        whole = curves.train(trial, 0, 81).ticks
        assert sum(curves.train(trial, low, high).ticks for low, high in ((0, 1), (1, 9), (9, 81))) == whole


def test_unit_times_are_log_normal_around_their_median():
    curves = Synthetic(LAW, seed=0)
    log_times = np.log([curves.train(trial, 0, 1).ticks / 60e6 for trial in range(4 * BLOCK)])

    assert np.mean(log_times) == pytest.approx(0, abs=4 * 0.5 / 64)
    assert np.std(log_times) == pytest.approx(0.5, abs=0.02)


def test_early_losses_tell_about_final_ones_as_in_real_sets():
    """Spearman with the loss at 81 units, between the 'hard' and the 'easy' public sets (.7-.98)."""
    curves = Synthetic(LAW, seed=0)

    def ranks(resource):
        return np.argsort(np.argsort([curves.train(trial, 0, resource).loss for trial in range(BLOCK)]))

    correlations = [float(np.corrcoef(ranks(resource), ranks(81))[0, 1]) for resource in (1, 3, 9, 27)]

    assert correlations == sorted(correlations)
    assert 0.2 < correlations[0] < 0.9
    assert 0.9 < correlations[3] < 1
