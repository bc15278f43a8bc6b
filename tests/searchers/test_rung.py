"""A rung's heaps against re-sorting, and the rules in words."""

import random
from bisect import bisect_left, insort
from math import inf

import pytest

from simulator.searchers.rules import Asynchronous, Barrier, Certain, Delayed, Stopping
from simulator.searchers.rung import Rung


def promotions(rung):
    """Trials that may leave now, in order."""
    gone = []
    while entry := rung.promote():
        gone.append(entry[2])
    return gone


def opens(quota):
    """The numbers of results that open the places of a quota, found by trying."""
    return lambda k: next((n for n in range(k, 1000) if quota(n) >= k), inf)


class SortedRung:
    """The oracle: all results in one sorted list, which is searched every time."""

    def __init__(self, quota, capped):
        self.quota, self.capped, self.results, self.left, self.arrivals = quota, capped, [], set(), 0

    def record(self, trial, loss):
        self.arrivals += 1
        insort(self.results, (loss, self.arrivals, trial))

    def promote(self):
        best = self.results[: self.quota(len(self.results))]
        first = next((result for result in best if result[2] not in self.left), None)
        if first is None or (self.capped and len(self.left) >= len(best)):
            return None
        self.left.add(first[2])
        return first

    def withdraw(self, trial):
        self.results = [result for result in self.results if result[2] != trial]
        self.left.discard(trial)


@pytest.mark.parametrize("seed", range(300))
def test_heaps_agree_with_sorting(seed):
    rng = random.Random(seed)
    divisor, size = rng.choice([2, 3, 4, 2.5]), rng.randint(1, 60)
    survivors, capped = rng.randint(0, size), rng.random() < 0.3
    quota = rng.choice(
        [lambda n: int(n // divisor), lambda n: survivors if n >= size else 0, lambda n: max(0, n + survivors - size)]
    )
    rung, oracle = Rung(opens(quota), capped=capped), SortedRung(quota, capped)
    values = rng.choice([[0.0, 1.0, 2.0], [rng.random() for _ in range(200)], [1.0], [1.0, inf]])

    for trial in range(rng.randint(1, 120)):
        loss = rng.choice(values)
        rung.record(trial, loss)
        oracle.record(trial, loss)
        if rng.random() < 0.1:
            victim = rng.randint(0, trial)
            rung.withdraw(victim)
            oracle.withdraw(victim)
        for _ in range(rng.choice([0, 1, 1, 5])):
            assert rung.promote() == oracle.promote()
    assert len(rung) == len(oracle.results)
    while (entry := oracle.promote()) is not None:
        assert rung.promote() == entry
    assert rung.promote() is None


MANY = 1500
RULES = {
    "asynchronous, 4": (Asynchronous(4), lambda n: n // 4),
    "asynchronous, 1.1": (Asynchronous(1.1), lambda n: n * 10 // 11),
    "delayed, 2": (Delayed(2), lambda n: n // 2),
    "barrier": (Barrier((MANY, 600)), lambda n: 600 if n >= MANY else 0),
    "certain": (Certain((MANY, 600)), lambda n: max(0, n - MANY + 600)),
}
LOSSES = {
    "any": lambda rng, n: rng.random(),
    "few, some dead": lambda rng, n: rng.choice([0.0, 1.0, 2.0, inf]),
    "equal": lambda rng, n: 1.0,
    "better and better": lambda rng, n: -float(n),
    "worse and worse": lambda rng, n: float(n),
    "down and up": lambda rng, n: abs(n - 700) + rng.randint(0, 50) / 10,
}


@pytest.mark.parametrize("withdrawn", [0, 0.004])
@pytest.mark.parametrize("losses", LOSSES)
@pytest.mark.parametrize("rule", RULES)
def test_what_lies_far_from_the_border_comes_back_in_order(rule, losses, withdrawn):
    """The same comparison with so many results that the reserves and their piles are used."""
    rng = random.Random(f"{rule} {losses} {withdrawn}")
    made, quota = RULES[rule]
    rung, oracle = made.rung(0), SortedRung(quota, capped=rule.startswith("delayed"))
    patience = rng.choice([1, 1, 0.3])
    for trial in range(MANY):
        loss = LOSSES[losses](rng, trial)
        rung.record(trial, loss)
        oracle.record(trial, loss)
        if rng.random() < withdrawn:
            victim = rng.randint(0, trial)
            rung.withdraw(victim)
            oracle.withdraw(victim)
        if rng.random() < patience:
            assert rung.promote() == oracle.promote()
    assert len(rung) == len(oracle.results)
    while (entry := oracle.promote()) is not None:
        assert rung.promote() == entry
    assert rung.promote() is None


@pytest.mark.parametrize("losses", LOSSES)
@pytest.mark.parametrize("divisor", [4, 1.1])
def test_stopping_looks_at_all_results_however_many(losses, divisor):
    rng = random.Random(f"{losses} {divisor}")
    rung, results = Stopping(divisor).rung(0), []
    for trial in range(MANY):
        loss = LOSSES[losses](rng, trial)
        rung.record(trial, loss)
        better = bisect_left(results, loss)
        insort(results, loss)
        goes_on = better < max(int(len(results) * 10 // round(10 * divisor)), 1) and loss < inf

        entry = rung.promote()
        assert (entry is not None) == goes_on
        assert entry is None or entry[2] == trial


def test_barrier_lets_no_trial_leave_early_and_then_the_best():
    rung = Barrier((5, 2)).rung(0)
    for trial, loss in enumerate([3.0, 1.0, 2.0, 1.0]):
        rung.record(trial, loss)
        assert promotions(rung) == []
    rung.record(4, 9.0)

    assert promotions(rung) == [1, 3]


def test_asynchronous_lets_a_trial_leave_as_soon_as_it_is_in_the_best_third():
    rung = Asynchronous(3).rung(0)
    left = []
    for trial, loss in enumerate([5.0, 6.0, 7.0, 1.0, 2.0, 3.0]):
        rung.record(trial, loss)
        left.append(promotions(rung))

    assert left == [[], [], [0], [3], [], [4]]


def test_asynchronous_may_promote_more_than_a_third_in_all():
    rung = Asynchronous(3).rung(0)
    gone = []
    for trial in range(9):
        rung.record(trial, -trial)
        gone += promotions(rung)

    assert len(gone) == 7 > 9 // 3


def test_delayed_never_promotes_more_than_a_third_in_all():
    rung = Delayed(3).rung(0)
    gone = []
    for trial in range(9):
        rung.record(trial, -trial)
        gone += promotions(rung)

    assert gone == [2, 5, 8]


def test_of_equal_losses_the_earlier_leaves():
    rung = Asynchronous(2).rung(0)
    for trial in (7, 3, 5, 1):
        rung.record(trial, 1.0)

    assert promotions(rung) == [7, 3]


def test_a_withdrawn_result_no_longer_counts():
    rung = Asynchronous(2).rung(0)
    for trial in range(4):
        rung.record(trial, float(trial))
    assert rung.withdraw(0)
    assert not rung.withdraw(0)

    assert len(rung) == 3
    assert promotions(rung) == [1]


def test_certain_lets_a_trial_leave_once_no_result_to_come_can_displace_it():
    """With nine results and three places, the seventh result makes one place certain, and so on (Determined's sync_halving)."""
    rung = Certain((9, 3)).rung(0)
    left = []
    for trial, loss in enumerate([4.0, 9.0, 2.0, 7.0, 3.0, 8.0, 6.0, 1.0, 5.0]):
        rung.record(trial, loss)
        left.append(promotions(rung))

    assert left == [[], [], [], [], [], [], [2], [7], [4]]


def test_stopping_decides_once_and_the_first_always_goes_on():
    rung = Stopping(3).rung(0)
    left = []
    for trial, loss in enumerate([5.0, 6.0, 4.0, 4.0, 9.0, 4.5]):
        rung.record(trial, loss)
        left.append(promotions(rung))

    assert left == [[0], [], [2], [3], [], []]


def test_under_the_stopping_rule_trials_that_died_never_go_on():
    rung = Stopping(2).rung(0)
    rung.record(0, inf)
    rung.record(1, 1.0)

    assert promotions(rung) == [1]


def test_where_only_results_promote_a_withdrawal_promotes_no_trial():
    """Determined checks the place that a new result opens, and never again a place that was open before."""
    for reopens, expected in ((True, [1]), (False, [])):
        rung = Asynchronous(3, reopens=reopens).rung(0)
        for trial in range(4):
            rung.record(trial, float(trial))
        assert promotions(rung) == [0]
        rung.withdraw(0)

        assert promotions(rung) == expected
