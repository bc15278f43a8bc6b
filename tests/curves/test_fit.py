"""Fits: the parameters of drawn curves are found, and the trials of a fitted law are like the recorded ones."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.curves.describe import describe
from simulator.curves.families import left
from simulator.curves.fit import MOST, RATES, drawn, fit_law, logarithmic, rounded, shaped
from simulator.curves.synthetic import Law, Like, Synthetic

LAW = Law(family="pow4", waves=0.02, noise=0.01, diverged=0.04, unit_s=30.0, unit_sigma=0.6, unit_quality=0.3)
UNITS = list(range(1, 28))


@pytest.fixture(scope="module")
def recorded():
    return drawn(LAW, 3, 300, UNITS)


@pytest.mark.slow
def test_a_law_s_own_trials(recorded):
    about = describe(recorded)
    heard = []
    law = fit_law(recorded, about, on_step=heard.append)
    like = describe(drawn(law, 1, 3000, UNITS))

    assert (law.family, law.logarithmic, law.noise_units) == ("pow4", False, 1)
    assert [like.early[at] for at in (1, 3, 9)] == pytest.approx([about.early[at] for at in (1, 3, 9)], abs=0.05)
    for quantile in ("0.05", "0.5", "0.95"):
        assert like.final[quantile] == pytest.approx(about.final[quantile], abs=0.03)
    assert like.unit_sigma == pytest.approx(about.unit_sigma, rel=0.05)
    assert like.unit_s == pytest.approx(about.unit_s, rel=0.05)
    assert like.unit_quality == pytest.approx(about.unit_quality, abs=0.08)
    assert like.noise == pytest.approx(about.noise, rel=0.25)
    assert like.diverged == pytest.approx(about.diverged, abs=0.02)
    assert heard == list(range(1, RATES[2] + 1))
    assert law == fit_law(recorded, about)


def test_the_best_trials_keep_their_own_times(recorded):
    """All trials are equally fast except the best 3 %, which are ten times as slow; a correlation over all would not show it."""
    order = np.argsort(recorded.loss[:, -1])
    unit = np.ones(300)
    unit[order[:9]] = 10.0
    law = fit_law(replace(recorded, unit_s=unit), describe(replace(recorded, unit_s=unit)))
    like = drawn(law, 1, 3000, UNITS)
    best = np.argsort(like.loss[:, -1])

    assert np.median(like.unit_s[best[:60]]) == pytest.approx(10.0, rel=0.1)
    assert np.median(like.unit_s[best[200:]]) == pytest.approx(1.0, rel=0.1)
    assert like.unit_s.max() < 12


def test_shapes_are_found_by_least_squares():
    rate, scale = np.geomspace(*RATES)[13], np.geomspace(0.05, 3 * 27, 14)[7]
    shape = np.concatenate([left("pow4", at, np.array([rate]), np.array([scale])) for at in map(float, UNITS)])
    losses = np.stack([0.3 + 2 * shape, 5.0 + 0 * shape])
    found, curves = shaped(np.array(UNITS), losses, "pow4")

    assert found[0] == pytest.approx([0.3, 2, rate, scale])
    assert found[1, :2] == pytest.approx([5, 0], abs=1e-9)
    assert curves == pytest.approx(losses)


@pytest.mark.parametrize("lasting", [1, 4])
def test_errors_last_as_long_as_the_recorded_ones(lasting):
    pilots = drawn(Law(noise=0.02, noise_units=lasting, rate_sigma=0.0, gain_sigma=0.0), 5, 200, range(1, 61))
    law = fit_law(pilots, describe(pilots), family="pow3")

    assert law.noise_units == pytest.approx(lasting, abs=1 if lasting > 1 else 0)
    assert np.median([row.noise for row in law.trials]) == pytest.approx(0.02, rel=0.25)


def test_errors_drawn_every_few_units_keep_their_variance_and_run_into_each_other():
    law = Law(noise=1.0, noise_units=4, gain=0.0, gain_sigma=0.0, best=0.0, worst=0.0)
    losses, _ = Synthetic(law, 1).sample(4000, range(1, 13))

    assert losses.std(axis=0) == pytest.approx(np.ones(12), rel=0.05)
    assert np.corrcoef(losses[:, 4], losses[:, 5])[0, 1] == pytest.approx(np.cos(np.pi / 8), abs=0.02)
    assert np.corrcoef(losses[:, 3], losses[:, 7])[0, 1] == pytest.approx(0, abs=0.05)
    plain, _ = Synthetic(replace(law, noise_units=1), 1).sample(100, range(1, 13))
    assert plain.std() > 0.9


def test_trials_die_when_the_recorded_ones_did(recorded):
    loss = recorded.loss.copy()
    for trial, at in ((3, 5), (9, 5), (40, 19)):
        loss[trial, at - 1 :] = np.inf
    alive = np.isfinite(recorded.loss[:, -1])
    kept = np.union1d(np.flatnonzero(alive), [3, 9, 40])
    cut = replace(recorded, loss=loss[kept], unit_s=recorded.unit_s[kept], errored=recorded.errored[kept])
    law = fit_law(cut, describe(cut))

    assert (law.death_times[0], law.death_times[-1]) == (5, 19)
    gone = np.isinf(drawn(replace(law, diverged=1.0), 1, 500, UNITS).loss).argmax(axis=1) + 1
    assert (gone.min(), gone.max()) == (5, 19)


def test_long_tails_are_fitted_in_logarithms(recorded):
    tailed = replace(recorded, loss=np.exp(6 * recorded.loss))
    assert logarithmic(tailed)
    assert not logarithmic(recorded)
    assert not logarithmic(replace(recorded, loss=-tailed.loss))
    assert fit_law(tailed, describe(tailed)).logarithmic


def test_no_two_drawn_trials_are_the_same(recorded):
    law = fit_law(recorded, describe(recorded))
    like = drawn(replace(law, diverged=0.0), 2, 3000, [27])

    assert len(np.unique(like.loss)) == len(np.unique(like.unit_s)) == 3000


def test_a_law_of_many_trials_holds_some_of_them():
    pilots = drawn(LAW, 3, 2000, [1, 3, 9, 27])
    law = fit_law(pilots, describe(pilots))

    assert len(law.trials) == MOST
    assert np.quantile(drawn(law, 1, 3000, [27]).loss[:, 0], 0.5) == pytest.approx(
        np.quantile(pilots.loss[:, -1], 0.5), abs=0.03
    )


def test_too_few_trials(recorded):
    few = replace(recorded, loss=recorded.loss[:2], unit_s=recorded.unit_s[:2], errored=recorded.errored[:2])
    with pytest.raises(ValueError, match="and a fit takes 3 or more"):
        fit_law(few, describe(few))


def test_numbers_are_rounded_as_they_are_written():
    law = rounded(replace(LAW, gain=1 / 3, levels=(1 / 7, 2 / 7), trials=(Like(*[1 / 3] * 7),)))
    assert (law.gain, law.levels, law.family) == (0.3333, (0.1429, 0.2857), "pow4")
    assert law.trials[0] == Like(0.3333333, 0.3333333, 0.3333, 0.3333, 0.3333, 0.3333, 0.3333)
