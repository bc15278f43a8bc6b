"""A small version of the study in tools/shared_studies.py has the same findings, within its error."""

from __future__ import annotations

import pytest

from tools import shared_studies as studies

pytestmark = pytest.mark.slow


def test_searches_that_do_not_wait_for_the_slowest_stay_shorter_and_only_asha_trains_more():
    """On 16 workers at a load of 0.3 the study has D-ASHA 10 % and ASHA 8 % below SHA, ASHA with 14 % more units."""
    sha, asha, delayed = studies.compared(16, 0.3, "fifo", runs=3, searches=24)

    assert sha.stay_h == pytest.approx(18, rel=0.15)
    assert delayed.stay.estimate == pytest.approx(-0.1, abs=0.06)
    assert asha.stay.estimate == pytest.approx(-0.08, abs=0.08)
    assert delayed.units.estimate == pytest.approx(0, abs=0.005)
    assert asha.units.estimate == pytest.approx(0.14, abs=0.04)
