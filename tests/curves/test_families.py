"""Shapes fall from 1 at the first unit towards 0, and follow LCDB's formulas."""

import numpy as np
import pytest

from simulator.core.vocabulary import FAMILIES
from simulator.curves.families import left

RATE, SCALE = np.array([0.7, 2.0]), np.array([5.0, 12.0])


@pytest.mark.parametrize("family", FAMILIES)
def test_from_1_downwards(family):
    shares = np.array([left(family, r, RATE, SCALE) for r in (1, 2, 3, 10, 100, 10_000)])

    assert shares[0].tolist() == pytest.approx([1, 1])
    assert (np.diff(shares, axis=0) < 0).all()
    assert (shares[-1] < 0.3).all()
    assert np.isfinite(shares).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_no_parameters_overflow(family):
    extreme = np.array([1e-9, 1e-3, 1.0, 20.0, 1e9])
    rates, scales = (grid.ravel() for grid in np.meshgrid(extreme, extreme))
    for resource in (1, 2, 1000, 10**6):
        shares = left(family, resource, rates, scales)
        assert ((shares >= 0) & (shares <= 1 + 1e-9)).all()


@pytest.mark.parametrize(
    ("family", "formula"),
    [
        ("pow3", lambda x, c, s: x**-c),
        ("pow4", lambda x, c, s: (x + s) ** -c),
        ("exp3", lambda x, c, s: np.exp(-c * x)),
        ("exp4", lambda x, c, s: np.exp(-((x / s) ** c))),
        ("logpower3", lambda x, c, s: 1 / (1 + (x / s) ** c)),
        ("mmf4", lambda x, c, s: s / (s + x**c)),
        ("vap3", lambda x, c, s: np.exp(s / x - c * np.log(x))),
        ("ilog2", lambda x, c, s: 1 / np.log(x + 1) ** c),
    ],
)
def test_the_formulas(family, formula):
    for x in (1, 4, 27):
        expected = formula(x, RATE, SCALE) / formula(1, RATE, SCALE)
        assert left(family, x, RATE, SCALE).tolist() == pytest.approx(expected.tolist())
