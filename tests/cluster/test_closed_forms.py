"""The simulator against what can be worked out by hand.

Figures: Li et al., arXiv 1810.05934 v3 (sections 3.2, 3.3, appendix A.1), and forms derived from the rules: a
bracket of n_k jobs of length r_k on W workers takes the sum of ceil(n_k / W) * r_k, and so on.
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil, exp, pi, sqrt

import numpy as np
import pytest

from simulator.cluster.engine import Cluster, simulate
from simulator.curves.ordered import Ordered
from simulator.searchers.halving import asha, random, sha
from simulator.searchers.rules import Asynchronous, Delayed
from simulator.trace import metrics
from tests.support.worlds import UNIT, World, makespan, shuffled

#: The rung of each resource of the paper's bracket.
RUNG_AT = {1: 0, 4: 1, 16: 2, 64: 3, 256: 4}


def paper(**options):
    """Appendix A.1's bracket: divisor 4, one unit at the base, 256 at the top."""
    return {"max_trials": 256, "max_length": 256, "divisor": 4} | options


@pytest.mark.parametrize(
    ("trials", "divisor", "length", "workers", "scratch", "resumed"),
    [
        (9, 3, 9, 1, 27, 21), (9, 3, 9, 3, 15, 11), (9, 3, 9, 9, 13, 9),
        (81, 3, 81, 1, 405, 297), (81, 3, 81, 9, 135, 93), (81, 3, 81, 25, 127, 86), (81, 3, 81, 81, 121, 81),
        (256, 4, 256, 1, 1280, 1024), (256, 4, 256, 9, 413, 317), (256, 4, 256, 10, 406, 311),
        (256, 4, 256, 25, 359, 272), (256, 4, 256, 256, 341, 256),
    ],
)  # fmt: skip
def test_a_synchronous_bracket_takes_the_sum_of_its_waves(trials, divisor, length, workers, scratch, resumed):
    for resume, expected in ((False, scratch), (True, resumed)):
        searcher = sha(max_trials=trials, max_length=length, divisor=divisor)
        trace = simulate(searcher, World(shuffled), Cluster(workers, resume=resume))
        lengths = [high - low * resume for low, high in pairwise((0, *searcher.resources))]
        jobs = [trials // divisor**rung for rung in range(len(lengths))]
        work = sum(n * units for n, units in zip(jobs, lengths, strict=True))

        assert trace.makespan == expected * UNIT
        assert expected == sum(ceil(n / workers) * units for n, units in zip(jobs, lengths, strict=True))
        assert metrics.summarize(trace).utilization == pytest.approx(work / (workers * expected), abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("divisor", "length", "expected"), [(3, 9, 13), (3, 81, 121), (4, 256, 341)])
def test_asha_returns_a_full_trial_in_the_sum_of_its_rungs(divisor, length, expected):
    """With divisor**K workers and training from scratch, it takes 13/9, 121/81 and 341/256 of the time to train one trial."""
    for loss in (shuffled, lambda trial, _: trial, lambda trial, _: -trial):
        searcher = asha(max_length=length, divisor=divisor)
        trace = simulate(searcher, World(loss), Cluster(length, resume=False), stop=2 * length * UNIT)
        assert metrics.summarize(trace).first_full_length_s == expected

        searcher = asha(max_length=length, divisor=divisor)
        trace = simulate(searcher, World(loss), Cluster(length), stop=2 * length * UNIT)
        assert metrics.summarize(trace).first_full_length_s == length


def test_on_one_worker_sha_and_d_asha_do_the_same_work():
    assert makespan(sha(**paper()), 1, resume=False) == 1280
    assert makespan(asha(**paper(delayed=True)), 1, resume=False) == 1280


def test_equal_times_and_equal_trials_leave_no_difference():
    """27 trials, rungs at 1, 3, 9 and 27, 10 workers; Determined's own code gives the same."""
    options = {"max_trials": 27, "max_length": 27, "divisor": 3}

    assert makespan(sha(**options), 10) == 29
    assert makespan(asha(**options), 10) == 29
    assert makespan(asha(**options), 10, loss=lambda trial, _: trial) == 30


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workers", "literal", "delayed", "backfilled", "exact"),
    [(10, (392, 395), 421, 406, 406), (25, (355.3, 355.3), 366, 360, 359), (64, (344.1, 344.1), 348, 346, 344)],
)
def test_time_to_the_first_full_trial(workers, literal, delayed, backfilled, exact):
    """Means over orders of losses, from scratch, without stragglers (400 runs of an independent simulator)."""
    runs, horizon = 1000 // workers, 480

    def mean(make):
        first = []
        for run in range(runs):
            order = np.random.default_rng(run).random(20_000)
            world = World(lambda trial, _, order=order: order[trial])
            trace = simulate(make(), world, Cluster(workers, resume=False), stop=horizon * UNIT)
            first.append(metrics.summarize(trace).first_full_length_s)
        return np.mean(first)

    unlimited = {"max_length": 256, "divisor": 4}
    assert literal[0] - 3 <= mean(lambda: asha(**unlimited)) <= literal[1] + 3
    assert mean(lambda: asha(**unlimited, delayed=True)) == pytest.approx(delayed, abs=3)
    assert mean(lambda: sha(**paper(backfill=True))) == pytest.approx(backfilled, abs=1)
    assert mean(lambda: sha(**paper())) == exact


def test_graham_bounds_hold_on_every_rung():
    rng = np.random.default_rng(0)
    for _ in range(200):
        workers, jobs = int(rng.integers(1, 30)), int(rng.integers(1, 80))
        lengths = rng.integers(1, 1000, jobs)
        trace = simulate(
            random(max_trials=jobs, max_length=1),
            World(ticks=lambda trial, *_, lengths=lengths: int(lengths[trial])),
            Cluster(workers),
        )
        work, longest = int(lengths.sum()), int(lengths.max())
        assert max(work / workers, longest) <= trace.makespan <= work / workers + (1 - 1 / workers) * longest + 1e-9


def test_grahams_worst_case():
    """W (W - 1) jobs of one unit and then one job of W units take 2 W - 1 units, although W would be possible."""
    workers = 25
    jobs = workers * (workers - 1) + 1
    lengths = lambda trial, *_: UNIT * (workers if trial == jobs - 1 else 1)  # noqa: E731

    assert makespan(random(max_trials=jobs, max_length=1), workers, ticks=lengths) == 49


def mean_makespan(jobs, workers, draw, runs=3000):
    """Mean and standard error over runs, in units, of one rung whose job lengths are drawn."""
    rng = np.random.default_rng(1)
    spans = []
    for _ in range(runs):
        lengths = np.rint(draw(rng, jobs) * UNIT).astype(int).tolist()
        spans.append(
            makespan(random(max_trials=jobs, max_length=1), workers, ticks=lambda trial, *_, x=lengths: x[trial])
        )
    return np.mean(spans), np.std(spans) / sqrt(runs)


def harmonic(n):
    return sum(1 / k for k in range(1, n + 1))


@pytest.mark.slow
@pytest.mark.parametrize(("jobs", "workers", "runs"), [(4, 4, 4000), (9, 9, 4000), (25, 25, 2000), (64, 25, 1000)])
def test_exponential_job_times(jobs, workers, runs):
    """E = (n - W) / W + H_W: with n = W the share of time that workers idle is 1 - 1 / H_W."""
    mean, error = mean_makespan(jobs, workers, lambda rng, n: rng.exponential(1, n), runs)

    assert mean == pytest.approx((jobs - workers) / workers + harmonic(workers), abs=4 * error)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sigma", "expected", "runs"), [(0.25, 1.5973, 1000), (0.5, 2.4388, 1500), (1.0, 4.9913, 4000)]
)
def test_log_normal_job_times(sigma, expected, runs):
    """Mean of the longest of 25 log-normal times of mean 1."""
    mean, error = mean_makespan(25, 25, lambda rng, n: np.exp(rng.normal(-(sigma**2) / 2, sigma, n)), runs)

    assert mean == pytest.approx(expected, abs=4 * error)


@pytest.mark.slow
def test_exponential_bracket():
    """256 trials, divisor 4, 25 workers, exponential times with mean r_k: 477.98 units."""
    runs, spans = 400, []
    for run in range(runs):
        rng = np.random.default_rng(run)
        factors = rng.exponential(1, (256, 5))
        lengths = lambda trial, _, end, f=factors: round(end * f[trial, RUNG_AT[end]] * UNIT)  # noqa: E731
        spans.append(makespan(sha(**paper()), 25, resume=False, ticks=lengths))

    assert np.mean(spans) == pytest.approx(477.98, abs=4 * np.std(spans) / sqrt(runs))


@pytest.mark.slow
def test_long_run_throughput():
    """Busy workers complete W / ((K + 1) R) full trials a unit of time, for D-ASHA and for backfilled SHA."""
    horizon, workers = 10_000, 25
    expected = horizon * workers / (5 * 256)
    order = np.random.default_rng(0).random(200_000)
    for searcher in (sha(**paper(backfill=True)), asha(max_length=256, divisor=4, delayed=True)):
        trace = simulate(
            searcher, World(lambda trial, _: order[trial]), Cluster(workers, resume=False), stop=horizon * UNIT
        )
        numbers = metrics.summarize(trace)

        assert numbers.full_length_trials == pytest.approx(expected - 6, abs=5)  # some 6 are lost at the start
        assert numbers.utilization == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("divisor", "n", "expected"), [(4, 64, 2.562), (4, 256, 6.72), (3, 243, 7.4), (2, 256, 7.79)]
)
def test_mispromotions_grow_with_the_root(divisor, n, expected):
    """About sqrt(pi q (1 - q) n / 2) less 2, q = 1 / divisor; figures by Monte Carlo of an independent program."""
    runs, extra, delayed = 1500, [], []
    rng = np.random.default_rng(0)
    for _ in range(runs):
        losses = rng.random(n).tolist()
        for rule, counts in ((Asynchronous(divisor), extra), (Delayed(divisor), delayed)):
            rung, promoted = rule.rung(0), 0
            for trial, loss in enumerate(losses):
                rung.record(trial, loss)
                while rung.promote():
                    promoted += 1
            counts.append(promoted - n // divisor)

    assert np.mean(extra) == pytest.approx(expected, abs=4 * np.std(extra) / sqrt(runs) + 0.1)
    assert np.mean(extra) < sqrt(pi / divisor * (1 - 1 / divisor) * n / 2)
    assert max(delayed) <= 0


def test_rank_preserving_curves_give_the_true_best():
    for make in (sha, asha):
        trace = simulate(
            make(max_trials=81, max_length=81, divisor=3),
            World(lambda trial, resource: shuffled(trial) + exp(-resource)),
            Cluster(9),
        )
        full = trace.trial[metrics.full_length(trace)]

        assert min(range(81), key=shuffled) in full


def test_three_tenths_meet_three_of_a_tenth():
    """In seconds 0.1 + 0.1 + 0.1 is 0.30000000000000004; in ticks both workers are free at the same moment."""
    trace = simulate(
        random(max_trials=4, max_length=1),
        World(ticks=lambda trial, *_: 300_000 if trial == 0 else 100_000),
        Cluster(2),
    )

    assert trace.end.tolist() == [300_000, 100_000, 200_000, 300_000]


def test_ordered_curves_are_in_order():
    assert Ordered(UNIT).train(3, 1, 3) == (2 * UNIT, 3.0, None)
    assert Ordered(UNIT, improving=True).train(3, 0, 3) == (3 * UNIT, -3.0, None)
