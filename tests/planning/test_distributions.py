"""Our Student's quantiles and binomial probabilities beside SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import bdtr, stdtrit

from simulator.planning.distributions import binomial_at_most, student_quantile


@pytest.mark.parametrize("freedom", [1, 2, 2.1, 2.5, 3.7, 7, 19, 58, 100, 1e4, 1e9])
def test_students_quantiles(freedom):
    for share in (0.55, 0.75, 0.9, 0.95, 0.975, 0.995):
        assert student_quantile(share, freedom) == pytest.approx(stdtrit(freedom, share), rel=1e-9)
    assert student_quantile(0.5, freedom) == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("count", [1, 2, 40, 10_000])
@pytest.mark.parametrize("chance", [0.001, 0.1, 0.5, 0.95, 0.999])
def test_binomial_probabilities(count, chance):
    np.testing.assert_allclose(
        binomial_at_most(count, chance), bdtr(np.arange(count + 1.0), count, chance), rtol=1e-9, atol=1e-12
    )
