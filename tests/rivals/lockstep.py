"""Compares decisions of the libraries' real classes with ours: `python -m tests.rivals.lockstep ray optuna syne_tune sklearn`.

Our searcher decides which trial trains how far, and jobs end in random order. The real class gets every report, and
must stop the same trials at the same reports. Losses have ties. It runs in an environment that has only the library
and numpy; `make rivals` makes one for each. With a last argument `FILE`, a few worlds with odd reports are written
down in the form of tests/data/dialect_decisions.json.gz.
"""

from __future__ import annotations

import gzip
import json
import logging
import random
import sys
from collections import Counter
from itertools import product
from math import inf, nan
from pathlib import Path
from typing import ClassVar

from simulator.searchers.dialects import optuna as our_optuna
from simulator.searchers.dialects import ray as our_ray
from simulator.searchers.dialects import sklearn as our_sklearn
from simulator.searchers.dialects import syne_tune as our_syne_tune
from simulator.searchers.protocol import Idle, Job
from tests.rivals import odd
from tests.rivals.odd import scattered


def reports(job, every, last):
    """Units at which a job's trial reports."""
    return [
        units for units in range(job.from_resource + 1, job.to_resource + 1) if units % every == 0 or units == last
    ]


def lockstep(searcher, real, *, every, last, workers, rng):
    """Run both; returns how many decisions were compared, and how many differed."""
    running, compared, differed = [], 0, 0
    while True:
        while len(running) < workers and isinstance(job := searcher.next_job(), Job):
            running.append(job)
        if not running:
            return compared, differed
        job = running.pop(rng.randrange(len(running)))
        for units in reports(job, every, last):
            loss = float(rng.randrange(60))
            stays = real(job.trial, units, loss)
            if units == job.to_resource:
                searcher.report(job, loss)
                going_on = searcher.next_job() if units < last else None
                ours = isinstance(going_on, Job) and going_on.trial == job.trial
                if isinstance(going_on, Job):
                    running.append(going_on)
            else:
                ours = True
            if units < last:
                compared += 1
                differed += ours is not stays


def total(results):
    results = list(results)
    return sum(compared for compared, _ in results), sum(differed for _, differed in results)


SHAPES = [(81, 1, 3), (81, 1, 4), (64, 2, 2), (50, 2, 2.5), (243, 1, 3), (30, 1, 1.3)]


class _Trial:
    def __init__(self, number):
        self.trial_id = str(number)


class _Cluster:
    """The part of Ray Tune's controller that its HyperBandScheduler uses: it adds trials and stops them."""

    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.trials = []

    def add_up_to(self, pending, count):
        """Add trials, so that up to `pending` of `count` have not started."""
        while len(self.trials) < count and sum(trial.status == "PENDING" for trial in self.trials) < pending:
            trial = _Trial(len(self.trials))
            trial.status, trial.is_saving = "PENDING", False
            self.trials.append(trial)
            self.scheduler.on_trial_add(self, trial)

    def stop_trial(self, trial):
        """Stop a trial that is paused."""
        trial.status = "TERMINATED"
        self.scheduler.on_trial_remove(self, trial)


def ray():
    import numpy as np
    from ray.tune.schedulers import ASHAScheduler
    from ray.tune.schedulers.async_hyperband import _Bracket

    def run(shape, every, workers, brackets, seed):
        max_t, grace, factor = shape
        real = ASHAScheduler(
            metric="loss", mode="min", max_t=max_t, grace_period=grace, reduction_factor=factor, brackets=brackets
        )
        np.random.seed(seed)  # noqa: NPY002  (Ray's own generator)
        trials = {}

        def bracket_of(number):
            if number not in trials:
                trials[number] = _Trial(number)
                real.on_trial_add(None, trials[number])
            return real._brackets.index(real._trial_info[str(number)])

        drawn = {}

        def remembered(number):
            if number not in drawn:
                drawn[number] = bracket_of(number)
            return drawn[number]

        def reported(number, units, loss):
            remembered(number)
            result = {"training_iteration": units, "loss": loss}
            stays = real.on_trial_result(None, trials[number], result) == "CONTINUE"
            if not stays:
                real.on_trial_complete(None, trials[number], result)
            return stays

        searcher = our_ray.ray_asha(
            num_samples=60, max_t=max_t, grace_period=grace, reduction_factor=factor, brackets=brackets,
            report_every=every, bracket_of=remembered,
        )  # fmt: skip
        return lockstep(searcher, reported, every=every, last=max_t, workers=workers, rng=random.Random(seed))

    def late(shape, seed):
        max_t, grace, factor = shape
        bracket = _Bracket(grace, max_t, factor, 0)
        trials = [_Trial(number) for number in range(150)]

        def reported(number, units, loss):
            stays = bracket.on_result(trials[number], units, -loss) == "CONTINUE"
            if not stays:
                bracket.on_result(trials[number], units, -loss)
            return stays

        return scattered(odd.ray_asha(*shape), reported, last=max_t, trials=150, rng=random.Random(seed))

    yield (
        "ray_asha",
        total(run(*case, seed) for seed, case in enumerate(product(SHAPES, (1, 2, 5), (1, 4, 16), (1, 3)))),
    )
    yield "ray_asha, late, skipped, NaN", total(late(shape, seed) for shape in SHAPES for seed in range(12))
    yield (
        "ray_hyperband",
        total(
            ray_hyperband(*case, 40, seed, deaths=0.01 * (seed % 2))
            for seed, case in enumerate(product(
                [(81, 1, 3), (100, 1, 4), (64, 1, 2), (30, 1, 2.5)], (1, 2), (1, 4, 16), (20, 143, 300)
            ))
        ),
    )  # fmt: skip
    yield (
        "ray_hyperband, late, skipped, NaN",
        total(
            ray_hyperband(*case, seed, odd_times=True)
            for seed, case in enumerate(product(
                [(81, 1, 3), (100, 1, 4), (64, 1, 2), (30, 1, 2.5)], (1,), (1, 4, 16), (20, 143, 300), (20, 200)
            ))
        ),
    )  # fmt: skip
    yield "ray_asha brackets, drawn", frequencies()


def ray_hyperband(shape, every, workers, count, pending, seed, deaths=0.0, odd_times=False):
    """Every trial that is chosen to run, and what follows each of its reports.

    With `odd_times` trials report late and jump over milestones, and some losses are NaN.
    """
    from ray.tune.experiment import Trial
    from ray.tune.schedulers import HyperBandScheduler

    max_t, _, factor = shape
    real = HyperBandScheduler(metric="loss", mode="min", max_t=max_t, reduction_factor=factor)
    cluster = _Cluster(real)
    arguments = max_t, factor, every, count, pending
    searcher = odd.bands(*arguments)
    rows = odd.recorded("bands", arguments) if odd_times else []
    rng, running, compared, differed = random.Random(seed), [], 0, 0
    while True:
        while len(running) < workers:
            cluster.add_up_to(pending, count)
            chosen = real.choose_trial_to_run(cluster)
            job = searcher.next_job()
            theirs = chosen and int(chosen.trial_id)
            rows.append([theirs])
            compared += 1
            differed += theirs != (job.trial if isinstance(job, Job) else None)
            if differed or not isinstance(job, Job):
                break
            chosen.status = Trial.RUNNING
            running.append(job)
        if differed or not running:
            return compared, differed
        job = running.pop(rng.randrange(len(running)))
        trial = cluster.trials[job.trial]
        if rng.random() < deaths and not real._trial_info[trial][0].is_being_processed:
            searcher.report(job, inf)
            trial.status = Trial.ERROR
            real.on_trial_error(cluster, trial)
            continue
        loss = float(rng.randrange(60))
        if odd_times:
            job = job._replace(to_resource=job.from_resource + rng.choice([1, 1, 1, 2, 5, 11]))
            loss = nan if rng.random() < 0.03 else loss
        searcher.report(job, loss)
        rows.append([job.trial, job.to_resource, loss])
        action = real.on_trial_result(cluster, trial, {"training_iteration": job.to_resource, "loss": loss})
        compared += 1
        if action == "CONTINUE":
            cluster.add_up_to(pending, count)
            job = searcher.next_job()
            rows.append([int(trial.trial_id)])
            differed += not isinstance(job, Job) or job.trial != int(trial.trial_id)
            running.append(job)
        else:
            trial.status = Trial.PAUSED if action == "PAUSE" else Trial.TERMINATED


def frequencies():
    """Compare the brackets of 10,000 trials of the real class with our weights: chi-square is below its 99.9 % point."""
    import numpy as np
    from ray.tune.schedulers import ASHAScheduler

    differed = 0
    for max_t, grace, factor, brackets in [(81, 1, 3, 3), (100, 1, 4, 2), (64, 2, 2, 4)]:
        real = ASHAScheduler(
            metric="loss", mode="min", max_t=max_t, grace_period=grace, reduction_factor=factor, brackets=brackets
        )
        np.random.seed(brackets)  # noqa: NPY002
        counts = Counter()
        for number in range(10_000):
            real.on_trial_add(None, _Trial(number))
            counts[real._brackets.index(real._trial_info[str(number)])] += 1
        weights = our_ray.bracket_weights(max_t, grace, factor, brackets)
        square = sum(
            (counts[bracket] - 10_000 * weight) ** 2 / (10_000 * weight) for bracket, weight in enumerate(weights)
        )
        differed += square > {2: 10.83, 3: 13.82, 4: 16.27}[brackets]
    return 30_000, differed


def optuna():
    import optuna as real_optuna

    real_optuna.logging.set_verbosity(real_optuna.logging.ERROR)

    def run(make, pruner, name, every, last, workers, seed, nans=False):
        study = real_optuna.create_study(
            study_name=name, pruner=pruner, sampler=real_optuna.samplers.RandomSampler(seed=seed)
        )
        trials = {}

        def reported(number, units, loss):
            while number not in trials:
                trials[len(trials)] = study.ask()
            trials[number].report(loss, units)
            if trials[number].should_prune():
                study.tell(trials[number], state=real_optuna.trial.TrialState.PRUNED)
                return False
            if units == last:
                study.tell(trials[number], loss)
            return True

        return lockstep(make, reported, every=every, last=last, workers=workers, rng=random.Random(seed))

    def halving(case, seed):
        (least, factor, rate, bootstrap), every, workers, _ = case
        numbers = {
            "min_resource": least, "reduction_factor": factor, "min_early_stopping_rate": rate,
            "bootstrap_count": bootstrap,
        }  # fmt: skip
        return run(
            our_optuna.optuna_successive_halving(n_trials=60, max_resource=81, report_every=every, **numbers),
            real_optuna.pruners.SuccessiveHalvingPruner(**numbers), f"s{seed}", every, 81, workers, seed,
        )  # fmt: skip

    def hyperband(case, seed):
        (least, most, factor), every, workers, _ = case
        numbers = {"min_resource": least, "max_resource": most, "reduction_factor": factor}
        return run(
            our_optuna.optuna_hyperband(n_trials=60, study_name=f"s{seed}", report_every=every, **numbers),
            real_optuna.pruners.HyperbandPruner(**numbers), f"s{seed}", every, most, workers, seed,
        )  # fmt: skip

    def late(case, seed):
        least, factor, bootstrap = case
        study = real_optuna.create_study(
            study_name=f"o{seed}",
            pruner=real_optuna.pruners.SuccessiveHalvingPruner(
                min_resource=least, reduction_factor=factor, bootstrap_count=bootstrap
            ),
            sampler=real_optuna.samplers.RandomSampler(seed=seed),
        )
        trials = [study.ask() for _ in range(60)]

        def reported(number, units, loss):
            trials[number].report(loss, units)
            return not trials[number].should_prune()

        ours = odd.optuna_successive_halving(least, 81, factor, bootstrap)
        return scattered(ours, reported, last=81, trials=60, rng=random.Random(seed))

    def late_hyperband(shape, seed):
        least, most, factor = shape
        study = real_optuna.create_study(
            study_name=f"h{seed}",
            pruner=real_optuna.pruners.HyperbandPruner(
                min_resource=least, max_resource=most, reduction_factor=factor
            ),
            sampler=real_optuna.samplers.RandomSampler(seed=seed),
        )
        trials = [study.ask() for _ in range(100)]

        def reported(number, units, loss):
            trials[number].report(loss, units)
            return not trials[number].should_prune()

        ours = odd.optuna_hyperband(least, most, factor, f"h{seed}")
        return scattered(ours, reported, last=most, trials=100, rng=random.Random(seed))

    shapes = [(1, 3, 0, 0), (1, 4, 1, 0), (2, 2, 0, 0), ("auto", 4, 0, 0), ("auto", 2, 1, 0), (1, 3, 0, 3)]
    yield (
        "optuna_successive_halving",
        total(halving(case, seed) for seed, case in enumerate(product(shapes, (1, 2, 5), (1, 4, 16), range(2)))),
    )
    yield (
        "optuna_successive_halving, late, skipped, NaN",
        total(late(case, seed) for seed, case in enumerate(product([1, 2, 5], [2, 3, 4], [0] * 9 + [3]))),
    )
    yield (
        "optuna_hyperband",
        total(
            hyperband(case, seed)
            for seed, case in enumerate(product([(1, 81, 3), (1, 64, 4), (2, 50, 2)], (1, 5), (1, 4, 16), range(3)))
        ),
    )
    yield (
        "optuna_hyperband, late, skipped, NaN",
        total(late_hyperband(shape, seed) for shape in [(1, 81, 3), (1, 64, 4), (2, 50, 2)] for seed in range(8)),
    )


def syne_tune():
    try:
        from syne_tune.optimizer.schedulers.hyperband_stopping import StoppingRungSystem  # noqa: F401
    except ImportError:
        yield from _syne_tune_0_16()
    else:
        yield from _syne_tune_0_13()


class _NoSearcher:
    """A stand-in for what suggests configurations, which does not decide which trials go on."""

    def on_trial_result(self, *_, **__):
        """Take a result."""


class _Config:
    def __init__(self, number):
        self.trial_id, self.config = number, {}


def _syne_tune_0_16():
    import numpy as np
    from syne_tune.optimizer.schedulers.asha import AsynchronousSuccessiveHalving

    def scheduler(shape, brackets):
        max_t, grace, factor = shape
        return AsynchronousSuccessiveHalving(
            {}, "loss", searcher=_NoSearcher(), max_t=max_t, grace_period=grace, reduction_factor=factor,
            brackets=brackets,
        )  # fmt: skip

    def run(shape, every, workers, brackets, seed):
        max_t, grace, factor = shape
        real = scheduler(shape, brackets)
        np.random.seed(seed)  # noqa: NPY002  (Syne Tune's own generator)
        trials, drawn = {}, {}

        def bracket_of(number):
            if number not in trials:
                trials[number] = _Config(number)
                real.on_trial_add(trials[number])
                drawn[number] = real.brackets.index(real.trial_info[number])
            return drawn[number]

        def reported(number, units, loss):
            bracket_of(number)
            result = {"training_iteration": units, "loss": loss}
            stays = real.on_trial_result(trials[number], result) == "CONTINUE"
            if not stays:
                real.on_trial_complete(trials[number], result)
            return stays

        searcher = our_syne_tune.syne_tune_stopping(
            max_num_trials_started=60, version="0.16", max_t=max_t, grace_period=grace, reduction_factor=factor,
            brackets=brackets, report_every=every, bracket_of=bracket_of,
        )  # fmt: skip
        return lockstep(searcher, reported, every=every, last=max_t, workers=workers, rng=random.Random(seed))

    def late(shape, nans, seed):
        real = scheduler(shape, 1)
        trials = [_Config(number) for number in range(150)]
        for trial in trials:
            real.on_trial_add(trial)

        def reported(number, units, loss):
            result = {"training_iteration": units, "loss": loss}
            stays = real.on_trial_result(trials[number], result) == "CONTINUE"
            if not stays:
                real.on_trial_complete(trials[number], result)
            return stays

        ours = odd.syne_tune_0_16(*shape)
        return scattered(ours, reported, last=shape[0], trials=150, rng=random.Random(seed), nans=nans)

    yield (
        "syne_tune_stopping 0.16",
        total(run(*case, seed) for seed, case in enumerate(product(SHAPES, (1, 2, 5), (1, 4, 16, 40), (1, 3)))),
    )
    for name, nans in [("late, skipped", 0.0), ("late, skipped, NaN", 0.03)]:
        yield (
            f"syne_tune_stopping 0.16, {name}",
            total(late(shape, nans, seed) for shape in SHAPES for seed in range(12)),
        )


def _syne_tune_0_13():
    from syne_tune.optimizer.schedulers.hyperband_stopping import StoppingRungSystem

    def stopping(shape, every, workers, maximised, seed):
        max_t, grace, factor = shape
        real = rung_system(StoppingRungSystem, shape, "max" if maximised else "min")

        def reported(number, units, loss):
            result = {"epoch": units, "loss": -loss if maximised else loss}
            return real.on_task_report(str(number), result, 0)["task_continues"]

        searcher = our_syne_tune.syne_tune_stopping(
            max_num_trials_started=60, version="0.13", max_t=max_t, grace_period=grace, reduction_factor=factor,
            report_every=every, maximised=maximised,
        )  # fmt: skip
        return lockstep(searcher, reported, every=every, last=max_t, workers=workers, rng=random.Random(seed))

    def late(shape, maximised, nans, seed):
        max_t, grace, factor = shape
        real = rung_system(StoppingRungSystem, shape, "max" if maximised else "min")

        def reported(number, units, loss):
            result = {"epoch": units, "loss": -loss if maximised else loss}
            return real.on_task_report(str(number), result, 0)["task_continues"]

        ours = odd.syne_tune_0_13(max_t, grace, factor, maximised)
        return scattered(ours, reported, last=max_t, trials=150, rng=random.Random(seed), nans=nans)

    shapes = [shape for shape in SHAPES if shape[2] >= 2]
    yield (
        "syne_tune_stopping 0.13",
        total(
            stopping(*case, seed) for seed, case in enumerate(product(shapes, (1, 2, 5), (1, 4, 16), (False, True)))
        ),
    )
    for name, nans in [("late, skipped", 0.0), ("late, skipped, NaN", 0.03)]:
        yield (
            f"syne_tune_stopping 0.13, {name}",
            total(late(shape, seed % 2 == 1, nans, seed) for shape in shapes for seed in range(12)),
        )
    for name, nans in [("syne_tune_promotion 0.13", 0.0), ("syne_tune_promotion 0.13, NaN", 0.02)]:
        yield (
            name,
            total(
                promotion(*case, nans, seed)
                for seed, case in enumerate(product(shapes, (1, 4, 8, 16, 40), (False, True)))
            ),
        )


def rung_system(kind, shape, mode):
    from syne_tune.optimizer.schedulers.utils.successive_halving import (
        successive_halving_rung_levels,
    )

    max_t, grace, factor = shape
    levels = successive_halving_rung_levels(None, grace, factor, None, max_t)
    shares = [low / high for low, high in zip(levels, [*levels[1:], max_t], strict=True)]
    return kind(levels, shares, "loss", mode, "epoch", max_t)


def promotion(shape, workers, maximised, nans, seed):
    """Compare every answer of next_job with on_task_schedule."""
    from syne_tune.optimizer.schedulers.hyperband_promotion import PromotionRungSystem

    max_t, grace, factor = shape
    real = rung_system(PromotionRungSystem, shape, "max" if maximised else "min")
    arguments = max_t, grace, factor, 300, maximised
    searcher = odd.syne_tune_promotion(*arguments)
    rows = odd.recorded("syne_tune_promotion", arguments) if nans else []
    rng, running, compared, differed = random.Random(seed), [], 0, 0
    while True:
        while len(running) < workers:
            promoted = real.on_task_schedule("new")
            job = searcher.next_job()
            ours = (str(job.trial), job.from_resource, job.to_resource) if isinstance(job, Job) else None
            compared += 1
            if "trial_id" in promoted:
                differed += ours != (promoted["trial_id"], promoted["resume_from"], promoted["milestone"])
                real.on_task_add(promoted["trial_id"], 0, new_config=False, **promoted_numbers(promoted))
            else:
                differed += ours is not None and ours[1] != 0
                if ours is not None:
                    real.on_task_add(ours[0], 0, new_config=True)
            rows.append([int(promoted["trial_id"]) if "trial_id" in promoted else job.trial if ours else None])
            if not isinstance(job, Job):
                break
            running.append(job)
        if not running or differed:
            return compared, differed
        job = running.pop(rng.randrange(len(running)))
        loss = nan if rng.random() < nans else float(rng.randrange(60))
        if job.to_resource < max_t:
            result = {"epoch": job.to_resource, "loss": -loss if maximised else loss}
            real.on_task_report(str(job.trial), result, 0)
        searcher.report(job, loss)
        rows.append([job.trial, job.to_resource, loss])


def promoted_numbers(promoted):
    return {"milestone": promoted["milestone"], "resume_from": promoted["resume_from"]}


def sklearn():
    """Whole searches of the real class over a table of losses; some candidates are twins with equal losses.

    Numpy may sort equal scores differently on each machine, so the losses of the kept candidates are compared.
    """
    import warnings

    import numpy as np
    from sklearn.base import BaseEstimator
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    from sklearn.model_selection import HalvingGridSearchCV

    class Table(BaseEstimator):
        losses: ClassVar[dict] = {}

        def __init__(self, trial=0, units=0):
            self.trial, self.units = trial, units

        def fit(self, _):
            return self

        def score(self, _):
            return -self.losses[self.trial][self.units]

    def run(size, most, least, factor, aggressive, nans, seed):
        rng = random.Random(seed)
        twin = [0 if rng.random() < nans else rng.randrange(1, size) for _ in range(size)]  # most have one
        loss = _Losses(rng)
        Table.losses = {trial: _Row(loss, twin[trial]) for trial in range(size)}
        real = HalvingGridSearchCV(
            Table(), {"trial": list(range(size))}, resource="units", max_resources=most, min_resources=least,
            factor=factor, aggressive_elimination=aggressive, cv=[([0], [0])], refit=False,
        ).fit(np.zeros((2, 1)))  # fmt: skip
        searcher = our_sklearn.sklearn_halving(
            n_candidates=size, max_resources=most, min_resources=least, factor=factor,
            aggressive_elimination=aggressive,
        )  # fmt: skip
        found, compared, differed = real.cv_results_, 0, 0
        for number, (units, count) in enumerate(zip(real.n_resources_, real.n_candidates_, strict=True)):
            jobs = list(iter(searcher.next_job, Idle.WAIT))
            differed += [job.to_resource for job in jobs] != [units] * count
            theirs = [twin[one["trial"]] for one in np.array(found["params"])[found["iter"] == number]]
            differed += theirs != [twin[job.trial] for job in jobs]
            compared += count
            for job in jobs:
                searcher.report(job, Table.losses[job.trial][units])
        return compared, differed + (searcher.next_job() is not Idle.DONE)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warnings about NaN scores, which are intended
        yield (
            "sklearn_halving, ties, NaN",
            total(
                run(*case, seed)
                for seed, case in enumerate(product(
                    (7, 40, 120), (64, 81), (1, 4, "exhaust", "smallest"), (2, 3, 2.5), (False, True), (0, 0.1)
                ))
            ),
        )  # fmt: skip


class _Losses(dict):
    """Losses by twin and units; half of twin 0's are NaN."""

    def __init__(self, rng):
        self.rng = rng

    def __missing__(self, key):
        self[key] = nan if key[0] == 0 and self.rng.random() < 0.5 else self.rng.random()
        return self[key]


class _Row:
    """A candidate's losses by units, the same for its twins."""

    def __init__(self, losses, twin):
        self.losses, self.twin = losses, twin

    def __getitem__(self, units):
        return self.losses[self.twin, units]


LIBRARIES = {"ray": ray, "optuna": optuna, "syne_tune": syne_tune, "sklearn": sklearn}


def main():
    logging.disable(logging.WARNING)  # warnings about levels that were jumped over, which are intended
    libraries = [name for name in sys.argv[1:] if name in LIBRARIES]
    file = Path(sys.argv[-1]) if sys.argv[-1] not in LIBRARIES else None
    odd.RECORDED = json.loads(gzip.decompress(file.read_bytes())) if file and file.exists() else {}
    wrong = 0
    for library in libraries:
        for rule, (compared, differed) in LIBRARIES[library]():
            print(f"{rule}: {differed} of {compared:,} decisions differ", flush=True)
            wrong += differed
    for worlds in odd.RECORDED.values():
        for world in worlds:
            del world["rows"][odd.MOST_ROWS :]
    if file and not wrong:
        file.write_bytes(gzip.compress(json.dumps(odd.RECORDED, separators=(",", ":")).encode(), mtime=0))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
