"""The figures of docs/which-asha.md, and its statements about ties and first results, follow from the rules."""

from __future__ import annotations

import random
import re
from bisect import bisect_left, insort
from functools import cache
from math import log
from pathlib import Path
from statistics import mean

import pytest

from simulator.searchers.determined import float_share
from simulator.searchers.geometry import fitting_rungs
from simulator.searchers.rules import Asynchronous, Delayed, Stopping
from simulator.searchers.rung import Rung

PAGE = Path(__file__).parents[2] / "docs" / "which-asha.md"
ETA = 3
#: Number of orders of arrival to draw, by the number of results.
ORDERS = {27: 4000, 243: 400}


def goes_on(rung):
    """A rule as a function from losses in order of arrival to the arrivals that go on."""

    def chosen(losses):
        fresh, out = rung(), []
        for trial, loss in enumerate(losses):
            fresh.record(trial, loss)
            while entry := fresh.promote():
                out.append(entry[2])
        return out

    return chosen


def quantile(ordered, share):
    """As numpy.quantile's default: linear between the two nearest."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def syne_tune_stopping(losses):
    ordered, out = [], []
    for trial, loss in enumerate(losses):
        insort(ordered, loss)
        if len(ordered) < 2 or loss <= quantile(ordered, 1 / ETA):
            out.append(trial)
    return out


def syne_tune_promotion(losses):
    ordered, waiting, out = [], [], []
    for trial, loss in enumerate(losses):
        insort(ordered, loss)
        insort(waiting, (loss, trial))
        while len(ordered) > 1 and waiting and waiting[0][0] <= quantile(ordered, 1 / ETA):
            out.append(waiting.pop(0)[1])
    return out


def ray(losses):
    ordered, out = [], []
    for trial, loss in enumerate(losses):
        if not ordered or loss <= quantile(ordered, 1 / ETA):
            out.append(trial)
        insort(ordered, loss)
    return out


def syne_tune_0_16(losses):
    ordered, out = [], []
    for trial, loss in enumerate(losses):
        insort(ordered, loss)
        if bisect_left(ordered, loss) * ETA <= len(ordered):
            out.append(trial)
    return out


def optuna(losses):
    ordered, out = [], []
    for trial, loss in enumerate(losses):
        insort(ordered, loss)
        if loss <= ordered[max(len(ordered) // ETA - 1, 0)]:
            out.append(trial)
    return out


def neps(losses):
    waiting, out = [], []
    for trial, loss in enumerate(losses):
        insort(waiting, (loss, trial))
        while len(waiting) // ETA:
            out.append(waiting.pop(0)[1])
    return out


RULES = {
    "paper: `asha`": goes_on(lambda: Asynchronous(ETA).rung(0)),
    "D-ASHA: `asha` with `delayed: true`": goes_on(lambda: Delayed(ETA).rung(0)),
    "Determined, promotion: `async_halving`": goes_on(lambda: Asynchronous(ETA, float_share, reopens=False).rung(0)),
    "Determined, stopping: `stop_once: true`": goes_on(lambda: Stopping(ETA, float_share).rung(0)),
    "Syne Tune, promotion": syne_tune_promotion,
    "Syne Tune, stopping": syne_tune_stopping,
    "Ray": ray,
    "Syne Tune since 0.16": syne_tune_0_16,
    "Optuna": optuna,
    "NePS since August 2025": neps,
}


@cache
def orders(n):
    rng = random.Random(0)
    return [[rng.random() for _ in range(n)] for _ in range(ORDERS[n])]


def row(name):
    few, many = (mean(len(RULES[name](losses)) for losses in orders(n)) for n in (27, 243))
    return f"| {name} | {few:.1f} | {many:.0f} |"


def passes():
    return "\n".join(["| rule | of 27 | of 243 |", "| --- | --: | --: |", *map(row, RULES), "| n/η | 9 | 81 |"])


def test_how_many_go_on():
    told = re.search(r"<!-- passes -->\n(.*?)\n<!-- end -->", PAGE.read_text(), re.DOTALL)[1]

    assert told == passes()


def test_the_same_promotions_in_the_paper_and_in_determined():
    for losses in orders(27)[:50]:
        assert RULES["paper: `asha`"](losses) == RULES["Determined, promotion: `async_halving`"](losses)


@pytest.mark.parametrize("n", range(2, 60))
def test_an_interpolated_quantile_rounds_up(n):
    ordered = list(range(n))

    assert sum(loss <= quantile(ordered, 1 / ETA) + 1e-9 for loss in ordered) == -(-n // ETA)
    assert len(goes_on(lambda: Rung(lambda k: (k - 1) * ETA + 1))(ordered)) == -(-n // ETA)


#: For each rule: which of nine equal losses go on, and which is the first to go on if losses get better and better.
@pytest.mark.parametrize(
    ("name", "equal", "first"),
    [
        ("paper: `asha`", [0, 1, 2], 3),
        ("D-ASHA: `asha` with `delayed: true`", [0, 1, 2], 3),
        ("Determined, promotion: `async_halving`", [0, 1, 2], 3),
        ("Determined, stopping: `stop_once: true`", list(range(9)), 1),
        ("Syne Tune, promotion", list(range(9)), 2),
        ("Syne Tune, stopping", list(range(9)), 1),
        ("Ray", list(range(9)), 1),
        ("Syne Tune since 0.16", list(range(9)), 1),
        ("Optuna", list(range(9)), 1),
        ("NePS since August 2025", [0, 1, 2, 3, 4, 5, 6], 3),
    ],
)
def test_equal_losses_and_first_results(name, equal, first):
    rule = RULES[name]

    assert rule([1.0] * 9) == equal
    assert next(n for n in range(1, 9) if rule([-float(loss) for loss in range(n)])) == first


def test_optuna_decides_as_determined_s_stopping_rule():
    stopping = RULES["Determined, stopping: `stop_once: true`"]

    assert all(optuna(losses) == stopping(losses) for losses in orders(27)[:400])
    assert optuna([1.0, 2.0, 1.0, 1.0, 3.0, 2.0]) == stopping([1.0, 2.0, 1.0, 1.0, 3.0, 2.0])


@pytest.mark.parametrize("n", range(1, 60))
def test_syne_tune_since_0_16_lets_one_more_pass(n):
    """A new result with n - 1 known ones goes on if it is among the best n // eta + 1; this is not Ray's rule."""
    known = [2.0 * place for place in range(n - 1)]
    passing = [place for place in range(n) if syne_tune_0_16([*known, 2.0 * place - 1])[-1:] == [n - 1]]

    assert passing == list(range(min(n // ETA + 1, n)))
    assert any(syne_tune_0_16(losses) != ray(losses) for losses in orders(27)[:5])


def test_a_floating_point_logarithm_loses_a_rung():
    """Ray's rungs are counted upwards from the lowest, so the one that is missing is the last, at the end of training."""
    rays = [3**rung for rung in range(int(log(243) / log(3)) + 1)]
    assert rays == [1, 3, 9, 27, 81]
    assert int(log(243) / log(3)) + 1 == 5
    assert fitting_rungs(243, 3) == 6


def test_every_scenario_spelling_of_the_page_exists():
    from simulator.scenario import determined, searchers

    named = re.findall(r"`(asha|sha|hyperband|async_halving|adaptive_asha)`", PAGE.read_text())

    assert set(named) == {"asha", "sha", "hyperband", "async_halving", "adaptive_asha"}
    assert "delayed" in searchers.AshaSection.model_fields
    assert (
        "stop_once"
        in determined.AsyncHalvingSection.model_fields.keys() & determined.AdaptiveAshaSection.model_fields.keys()
    )
