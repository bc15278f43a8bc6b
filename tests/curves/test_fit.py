"""Fits: a law from curves that a law drew, in few rounds, and what follows from the figures alone."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.curves.describe import describe
from simulator.curves.fit import Knob, Targets, cost, drawn, fit_law, level, logarithmic, rounded, search
from simulator.curves.synthetic import Law

LAW = Law(family="pow4", waves=0.02, noise=0.01, diverged=0.04, unit_s=30.0, unit_sigma=0.6, unit_quality=0.3)
UNITS = list(range(1, 28))


@pytest.fixture(scope="module")
def recorded():
    return drawn(LAW, 3, 300, UNITS)


def test_a_law_s_own_trials(recorded):
    about = describe(recorded)
    law = fit_law(recorded, about, rounds=4)
    like = describe(drawn(law, 1, 1000, UNITS))

    assert (law.family, law.logarithmic) == ("pow4", False)
    assert [like.early[at] for at in (1, 3, 9)] == pytest.approx([about.early[at] for at in (1, 3, 9)], abs=0.15)
    for quantile in ("0.05", "0.5", "0.95"):
        assert like.final[quantile] == pytest.approx(about.final[quantile], abs=0.08)
    assert like.unit_sigma == pytest.approx(about.unit_sigma, rel=0.1)
    assert like.unit_s == pytest.approx(about.unit_s, rel=0.1)
    assert law == fit_law(recorded, about, rounds=4)


def test_long_tails_are_fitted_in_logarithms(recorded):
    tailed = replace(recorded, loss=np.exp(6 * recorded.loss))
    assert logarithmic(tailed)
    assert not logarithmic(recorded)
    assert not logarithmic(replace(recorded, loss=-tailed.loss))
    assert fit_law(tailed, describe(tailed), rounds=1).logarithmic


def test_levels_give_the_final_losses_their_quantiles():
    wanted = np.linspace(2, 3, 21) ** 3
    law = level(replace(LAW, gain=2.0, gain_sigma=1.0), wanted, 27)
    final = drawn(replace(law, diverged=0.0), 0, 700, [27]).loss[:, 0]

    assert np.quantile(final, np.linspace(0, 1, 21)[1:-1]) == pytest.approx(wanted[1:-1], rel=0.05)
    assert list(law.levels) == sorted(law.levels)


def test_a_search_turns_its_knobs_to_the_targets():
    about = describe(drawn(replace(LAW, gain=3.0), 0, 700, UNITS))
    targets = Targets(tuple(UNITS), about.early, about.early_top, about.crossing, about.crossing_late)
    heard = []
    found = search(LAW, [Knob("gain", 0.1, 10, log=True)], targets, rounds=8, on_step=heard.append)

    assert found.gain == pytest.approx(3.0, rel=0.15)
    assert cost(found, targets) < cost(LAW, targets)
    assert heard == list(range(1, 9))


def test_too_few_trials(recorded):
    few = replace(recorded, loss=recorded.loss[:8], unit_s=recorded.unit_s[:8], errored=recorded.errored[:8])
    with pytest.raises(ValueError, match="and a fit takes ten"):
        fit_law(few, describe(few))


def test_numbers_are_rounded_as_they_are_written():
    law = rounded(replace(LAW, gain=1 / 3, levels=(1 / 7, 2 / 7)))
    assert (law.gain, law.levels, law.family) == (0.3333, (0.1429, 0.2857), "pow4")
