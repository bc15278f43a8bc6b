"""docs/determined-claims.md has the figures that its script gives; a small part of the script is run here."""

from __future__ import annotations

import re

import pytest

from tools import claims
from tools.claims import run


def told(name):
    """The rows of a table of the page."""
    _, _, *rows = claims.between(name).search(claims.PAGE.read_text())[0].strip().splitlines()
    return rows


def test_the_page_has_every_row():
    for name, (_, _, keys) in claims.TABLES.items():
        assert len(told(name)) == len(keys)
    assert claims.SEEDS >= 30


@pytest.mark.parametrize(("name", "key"), [("scaling", 16), ("brackets", 0), ("growing", 1), ("trials", 16)])
def test_a_row_of_each_table(name, key):
    place = list(claims.TABLES[name][2]).index(key)

    assert told(name)[place] == claims.row(name, key)


def test_an_interval_is_around_its_mean():
    mean, low, high = claims.interval([1.0, 2.0, 3.0, 4.0])

    assert low < mean == 2.5 < high
    assert claims.interval([2.0] * 30) == (2, 2, 2)


def test_figures_of_the_text_are_those_of_the_tables():
    scaling = {row.split(" | ")[0].strip("| "): row for row in told("scaling")}
    trials = {row.split(" | ")[0].strip("| "): row for row in told("trials")}

    assert re.match(r"\| 16 \| 9\.3 .*", scaling["16"])  # "9 times as fast"
    assert re.match(r"\| 512 \| 13\.7 ", scaling["512"])  # "14 times as fast"
    later = [
        run("adaptive", 16, seed).first_full_length / run("adaptive_asha", 16, seed).first_full_length
        for seed in range(claims.SEEDS)
    ]
    assert f"`adaptive` {claims.shown(later)} times as long" in claims.PAGE.read_text()
    assert re.search(r"\| 14\.5 \([^|]*\| 24\.2 ", trials["500"])  # "one 15th of its time", "one 24th of its units"
