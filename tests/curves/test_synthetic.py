"""Synthetic curves: the law, its spread, and draws that belong to the trial."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from simulator.curves.protocol import Exit
from simulator.curves.synthetic import BLOCK, Law, Synthetic

LAW = Law(best=0.1, worst=1.0, gain=1.0, gain_sigma=0.5, rate=0.7, rate_sigma=0.3, unit_s=60.0, unit_sigma=0.5)
FLAT = Law(best=0.5, worst=0.5, gain=1.0, gain_sigma=0, rate=1.0, rate_sigma=0, unit_s=2.0, unit_sigma=0)


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
        whole = curves.train(trial, 0, 81)[0]
        assert sum(curves.train(trial, low, high)[0] for low, high in ((0, 1), (1, 9), (9, 81))) == whole


def test_unit_times_are_log_normal_around_their_median():
    curves = Synthetic(LAW, seed=0)
    log_times = np.log([curves.train(trial, 0, 1)[0] / 60e6 for trial in range(4 * BLOCK)])

    assert np.mean(log_times) == pytest.approx(0, abs=4 * 0.5 / 64)
    assert np.std(log_times) == pytest.approx(0.5, abs=0.02)


def test_early_losses_tell_about_final_ones_as_in_real_sets():
    """Spearman's correlation with the loss at 81 units lies between those of the 'hard' and 'easy' public sets (.7-.98)."""
    curves = Synthetic(LAW, seed=0)

    def ranks(resource):
        return np.argsort(np.argsort([curves.train(trial, 0, resource)[1] for trial in range(BLOCK)]))

    correlations = [float(np.corrcoef(ranks(resource), ranks(81))[0, 1]) for resource in (1, 3, 9, 27)]

    assert correlations == sorted(correlations)
    assert 0.2 < correlations[0] < 0.9
    assert 0.9 < correlations[3] < 1


def drawn(seed=0, resource=10, trials=4 * BLOCK, **knobs):
    losses, units = Synthetic(replace(LAW, **knobs), seed).sample(trials, [1, resource])
    return losses, units


def test_a_sample_is_what_training_gives():
    curves = Synthetic(replace(LAW, noise=0.1, waves=0.1, diverged=0.2), seed=5)
    losses, units = curves.sample(BLOCK + 3, [1, 9])

    for trial in (0, 7, BLOCK + 2):
        for place, resource in enumerate((1, 9)):
            got = curves.train(trial, 0, resource)
            assert got[1] == losses[trial, place]
            assert got[2] is (Exit.DIVERGED if got[1] == inf else None)
    assert units[3] == pytest.approx(curves.train(3, 0, 1)[0] / 1e6, abs=1e-6)


def test_a_parameter_changes_no_other_draw():
    losses, units = drawn()
    noisy, same_units = drawn(noise=0.05)

    assert (units == same_units).all()
    assert np.std(noisy - losses) == pytest.approx(0.05, rel=0.05)
    assert np.corrcoef((noisy - losses).T)[0, 1] == pytest.approx(0, abs=0.05)


def test_waves_are_slow():
    waves = [drawn(resource=r, waves=0.1)[0][:, 1] - drawn(resource=r)[0][:, 1] for r in (27, 28, 81)]

    assert np.std(waves[0]) == pytest.approx(0.1, rel=0.05)
    assert np.corrcoef(waves[0], waves[1])[0, 1] > 0.99
    assert np.corrcoef(waves[0], waves[2])[0, 1] == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize(("crossings", "expected"), [(0.8, -0.8), (0.0, 0.0), (-0.8, 0.8)])
def test_crossings_tie_a_good_end_to_a_bad_start(crossings, expected):
    losses, _ = drawn(resource=10**6, crossings=crossings, rate=2.0, rate_sigma=0)
    end = losses[:, 1]
    assert np.corrcoef(end, np.log(losses[:, 0] - end))[0, 1] == pytest.approx(expected, abs=0.04)


def test_slow_trials_may_be_bad_ones():
    losses, units = drawn(resource=10**6, unit_quality=0.6, rate=2.0, rate_sigma=0)
    assert np.corrcoef(losses[:, 1], np.log(units))[0, 1] == pytest.approx(0.6, abs=0.04)


def test_diverged_trials_die_once_and_for_all():
    curves = Synthetic(replace(LAW, diverged=0.25), seed=2)
    losses, _ = curves.sample(4 * BLOCK, [1, 5, 50])

    assert np.isinf(losses).mean(axis=0) == pytest.approx(
        [0.25 * (1 - np.exp(-0.2)), 0.25 * (1 - np.exp(-1)), 0.25], abs=0.02
    )
    trial = int(np.flatnonzero(np.isinf(losses[:, 2]) & np.isfinite(losses[:, 1]))[0])
    whole, part = curves.train(trial, 0, 50), curves.train(trial, 0, 5)
    assert whole[2] is Exit.DIVERGED
    assert part[2] is None
    assert curves.train(trial, 5, 50)[0] == whole[0] - part[0]
    assert curves.train(trial, 0, 500)[0] == whole[0]


def test_asymptotes_and_times_by_their_quantiles():
    levels, times = (0.1, 0.2, 0.9), (1.0, 10.0, 1000.0)
    losses, units = drawn(resource=10**6, levels=levels, unit_times=times, rate=2.0, rate_sigma=0)

    assert np.quantile(losses[:, 1], [0, 0.25, 0.5, 0.75, 1]) == pytest.approx([0.1, 0.15, 0.2, 0.55, 0.9], abs=0.03)
    assert np.quantile(np.log10(units), [0, 0.25, 0.5, 0.75, 1]) == pytest.approx([0, 0.5, 1, 2, 3], abs=0.01)


def test_skew_puts_good_trials_closer_together():
    even, skewed = (drawn(resource=10**6, skew=skew, rate=2.0, rate_sigma=0)[0][:, 1] for skew in (1, 3))
    assert np.median(even) == pytest.approx(0.55, abs=0.03)
    assert np.median(skewed) == pytest.approx(0.1 + 0.9 / 8, abs=0.02)


def test_logarithmic_losses():
    plain, _ = drawn()
    logs, _ = drawn(logarithmic=True)
    assert logs == pytest.approx(np.exp(plain), rel=1e-8)
    assert np.isfinite(drawn(logarithmic=True, worst=1e6)[0]).all()
