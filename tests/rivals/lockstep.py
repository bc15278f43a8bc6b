"""Decisions of the libraries' real classes beside ours: `python -m tests.rivals.lockstep ray|optuna|syne_tune|sklearn`.

Our searcher says which trial trains how far; jobs end in random order; the real class is told every report and must
stop the same trials at the same reports. Losses have ties. Runs in an environment that has the library and numpy, and
nothing else of the project's; `make rivals` makes one for each.
"""

from __future__ import annotations

import logging
import random
import sys
from collections import Counter
from itertools import product
from math import inf, isnan, nan

from simulator.searchers.dialects import optuna as our_optuna
from simulator.searchers.dialects import ray as our_ray
from simulator.searchers.dialects import ray_hyperband as our_hyperband
from simulator.searchers.dialects import sklearn as our_sklearn
from simulator.searchers.dialects import syne_tune as our_syne_tune
from simulator.searchers.protocol import Job


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


def scattered(judges, milestones, real, *, last, trials, rng, nans, walk):
    """Trials report at odd times, some late, some NaN: `walk` says by our judges who goes on, `real` by its class.

    Some miss a report altogether, so that a rung is passed over or decided at a later one.
    """
    compared = differed = 0
    units = dict.fromkeys(range(trials), 0)
    while units:
        trial = rng.choice(list(units))
        units[trial] += rng.choice([1, 1, 1, 2, 5, 11])
        if units[trial] >= last:
            del units[trial]
            continue
        loss = nan if nans and rng.random() < 0.03 else float(rng.randrange(60))
        ours = walk(judges, milestones, trial, units[trial], loss)
        compared += 1
        differed += ours is not real(trial, units[trial], loss)
        if not ours:
            del units[trial]
    return compared, differed


def highest(judges, milestones, trial, units, loss):
    """The highest rung that is reached and undecided decides; who stops is recorded once more, on the next."""
    open_ = [rung for rung in range(len(judges)) if milestones[rung] <= units and trial not in judges[rung]]
    if not open_:
        return True
    stays = judges[open_[-1]].goes_on(trial, loss)
    if not stays and len(open_) > 1:
        judges[open_[-2]].goes_on(trial, loss)
    return stays


def in_turn(judges, milestones, trial, units, loss):
    """All rungs that are reached and undecided decide, lowest first, up to one where the trial stops."""
    for judge, milestone in zip(judges, milestones, strict=True):
        if milestone <= units and trial not in judge and not judge.goes_on(trial, loss):
            return False
    return True


def exact(judges, milestones, trial, units, loss):
    """Only a report at the very rung decides; a rung that is jumped over is left out."""
    return units not in milestones or judges[milestones.index(units)].goes_on(trial, loss)


def total(results):
    results = list(results)
    return sum(compared for compared, _ in results), sum(differed for _, differed in results)


SHAPES = [(81, 1, 3), (81, 1, 4), (64, 2, 2), (50, 2, 2.5), (243, 1, 3), (30, 1, 1.3)]


class _Trial:
    def __init__(self, number):
        self.trial_id = str(number)


class _Cluster:
    """As much of Ray Tune's controller as its HyperBandScheduler asks for: it adds trials and stops them."""

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

    def odd(shape, seed):
        max_t, grace, factor = shape
        bracket = _Bracket(grace, max_t, factor, 0)
        trials = [_Trial(number) for number in range(150)]

        def reported(number, units, loss):
            stays = bracket.on_result(trials[number], units, -loss) == "CONTINUE"
            if not stays:
                bracket.on_result(trials[number], units, -loss)
            return stays

        stand = our_ray.milestones(max_t, grace, factor, 0)
        judges = [our_ray.PercentileJudge(factor) for _ in stand]
        return scattered(
            judges, stand, reported, last=max_t, trials=150, rng=random.Random(seed), nans=True, walk=highest
        )

    yield (
        "ray_asha",
        total(run(*case, seed) for seed, case in enumerate(product(SHAPES, (1, 2, 5), (1, 4, 16), (1, 3)))),
    )
    yield "ray_asha, late, skipped, NaN", total(odd(shape, seed) for shape in SHAPES for seed in range(12))
    yield (
        "ray_hyperband",
        total(
            ray_hyperband(*case, seed, deaths=0.01 * (seed % 2))
            for seed, case in enumerate(product(
                [(81, 1, 3), (100, 1, 4), (64, 1, 2), (30, 1, 2.5)], (1, 2), (1, 4, 16), (20, 143, 300)
            ))
        ),
    )  # fmt: skip
    yield "ray_asha brackets, drawn", frequencies()


def ray_hyperband(shape, every, workers, count, seed, deaths):
    """Every trial that is chosen to run, and what follows each of its reports."""
    from ray.tune.experiment import Trial
    from ray.tune.schedulers import HyperBandScheduler

    max_t, _, factor = shape
    real = HyperBandScheduler(metric="loss", mode="min", max_t=max_t, reduction_factor=factor)
    cluster = _Cluster(real)
    pending = 40
    searcher = our_hyperband.ray_hyperband(
        num_samples=count, max_t=max_t, reduction_factor=factor, report_every=every, pending=pending
    )
    rng, running, compared, differed = random.Random(seed), [], 0, 0
    while True:
        while len(running) < workers:
            cluster.add_up_to(pending, count)
            chosen = real.choose_trial_to_run(cluster)
            job = searcher.next_job()
            compared += 1
            differed += (chosen and int(chosen.trial_id)) != (job.trial if isinstance(job, Job) else None)
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
        searcher.report(job, loss)
        action = real.on_trial_result(cluster, trial, {"training_iteration": job.to_resource, "loss": loss})
        compared += 1
        if action == "CONTINUE":
            cluster.add_up_to(pending, count)
            job = searcher.next_job()
            differed += not isinstance(job, Job) or job.trial != int(trial.trial_id)
            running.append(job)
        else:
            trial.status = Trial.PAUSED if action == "PAUSE" else Trial.TERMINATED


def frequencies():
    """Brackets of 10,000 trials of the real class against our weights: chi-square's 99.9 % point is not reached."""
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

    def odd(case, seed):
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

        stand = our_optuna.steps(least, 81, factor, 0)
        judges = [our_optuna.RankJudge(factor, bootstrap) for _ in stand]
        return scattered(
            judges, stand, reported, last=81, trials=60, rng=random.Random(seed), nans=True, walk=in_turn
        )

    shapes = [(1, 3, 0, 0), (1, 4, 1, 0), (2, 2, 0, 0), ("auto", 4, 0, 0), ("auto", 2, 1, 0), (1, 3, 0, 3)]
    yield (
        "optuna_successive_halving",
        total(halving(case, seed) for seed, case in enumerate(product(shapes, (1, 2, 5), (1, 4, 16), range(2)))),
    )
    yield (
        "optuna_successive_halving, late, skipped, NaN",
        total(odd(case, seed) for seed, case in enumerate(product([1, 2, 5], [2, 3, 4], [0] * 9 + [3]))),
    )
    yield (
        "optuna_hyperband",
        total(
            hyperband(case, seed)
            for seed, case in enumerate(product([(1, 81, 3), (1, 64, 4), (2, 50, 2)], (1, 5), (1, 4, 16), range(3)))
        ),
    )


def syne_tune():
    try:
        from syne_tune.optimizer.schedulers.hyperband_stopping import StoppingRungSystem  # noqa: F401
    except ImportError:
        yield from _syne_tune_0_16()
    else:
        yield from _syne_tune_0_13()


def _syne_tune_0_16():
    from syne_tune.optimizer.schedulers.asha import Bracket

    def run(shape, every, workers, seed):
        max_t, grace, factor = shape
        bracket = Bracket(grace, max_t, factor, 0)

        def reported(number, units, loss):
            if units >= max_t:
                return False
            stays = bracket.on_result(number, units, {"loss": loss}) == "CONTINUE"
            if not stays:
                bracket.on_result(number, units, {"loss": loss})
            return stays

        searcher = our_syne_tune.syne_tune_stopping(
            max_num_trials_started=60, version="0.16", max_t=max_t, grace_period=grace, reduction_factor=factor,
            report_every=every,
        )  # fmt: skip
        return lockstep(searcher, reported, every=every, last=max_t, workers=workers, rng=random.Random(seed))

    def odd(shape, seed):
        max_t, grace, factor = shape
        bracket = Bracket(grace, max_t, factor, 0)

        def reported(number, units, loss):
            stays = bracket.on_result(number, units, {"loss": loss}) == "CONTINUE"
            if not stays:
                bracket.on_result(number, units, {"loss": loss})
            return stays

        stand = our_ray.milestones(max_t, grace, factor, 0)
        judges = [our_syne_tune.ShareJudge(factor) for _ in stand]
        return scattered(
            judges, stand, reported, last=max_t, trials=150, rng=random.Random(seed), nans=False, walk=highest
        )

    yield (
        "syne_tune_stopping 0.16",
        total(run(*case, seed) for seed, case in enumerate(product(SHAPES, (1, 2, 5), (1, 4, 16, 40)))),
    )
    yield (
        "syne_tune_stopping 0.16, late, skipped",
        total(odd(shape, seed) for shape in SHAPES for seed in range(12)),
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

    def odd(shape, maximised, seed):
        max_t, grace, factor = shape
        real = rung_system(StoppingRungSystem, shape, "max" if maximised else "min")

        def reported(number, units, loss):
            result = {"epoch": units, "loss": -loss if maximised else loss}
            return real.on_task_report(str(number), result, 0)["task_continues"]

        levels = our_syne_tune.level_quantiles(max_t, grace, factor)
        judges = [our_syne_tune.QuantileJudge(quantile, maximised=maximised) for _, quantile in levels]
        stand = [level for level, _ in levels]
        return scattered(
            judges, stand, reported, last=max_t, trials=150, rng=random.Random(seed), nans=False, walk=exact
        )

    shapes = [shape for shape in SHAPES if shape[2] >= 2]
    yield (
        "syne_tune_stopping 0.13",
        total(
            stopping(*case, seed) for seed, case in enumerate(product(shapes, (1, 2, 5), (1, 4, 16), (False, True)))
        ),
    )
    yield (
        "syne_tune_stopping 0.13, late, skipped",
        total(odd(shape, seed % 2 == 1, seed) for shape in shapes for seed in range(12)),
    )
    yield (
        "syne_tune_promotion 0.13",
        total(promotion(*case, seed) for seed, case in enumerate(product(shapes, (1, 4, 8, 16, 40), (False, True)))),
    )


def rung_system(kind, shape, mode):
    from syne_tune.optimizer.schedulers.utils.successive_halving import (
        successive_halving_rung_levels,
    )

    max_t, grace, factor = shape
    levels = successive_halving_rung_levels(None, grace, factor, None, max_t)
    shares = [low / high for low, high in zip(levels, [*levels[1:], max_t], strict=True)]
    return kind(levels, shares, "loss", mode, "epoch", max_t)


def promotion(shape, workers, maximised, seed):
    """Every answer of next_job against on_task_schedule."""
    from syne_tune.optimizer.schedulers.hyperband_promotion import PromotionRungSystem

    max_t, grace, factor = shape
    real = rung_system(PromotionRungSystem, shape, "max" if maximised else "min")
    searcher = our_syne_tune.syne_tune_promotion(
        max_num_trials_started=300, max_t=max_t, grace_period=grace, reduction_factor=factor, maximised=maximised
    )
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
            if not isinstance(job, Job):
                break
            running.append(job)
        if not running or differed:
            return compared, differed
        job = running.pop(rng.randrange(len(running)))
        loss = float(rng.randrange(60))
        if job.to_resource < max_t:
            result = {"epoch": job.to_resource, "loss": -loss if maximised else loss}
            real.on_task_report(str(job.trial), result, 0)
        searcher.report(job, loss)


def promoted_numbers(promoted):
    return {"milestone": promoted["milestone"], "resume_from": promoted["resume_from"]}


def sklearn():
    """Who is kept of a round, and in which order, for scores without ties: those it orders as numpy's sort happens to."""
    import numpy as np
    from sklearn.model_selection._search_successive_halving import _top_k

    compared = differed = 0
    for seed in range(500):
        rng = random.Random(seed)
        size, factor = rng.randrange(2, 100), rng.choice([2, 2.5, 3, 4])
        keep = -int(-size // factor)
        losses = [nan if rng.random() < 0.01 else rng.random() for _ in range(size)]
        rung = our_sklearn.RoundRung(size, keep)
        for trial, loss in enumerate(losses):
            rung.record(trial, loss)
        ours = [entry[2] for entry in iter(rung.promote, None)]
        results = {
            "iter": [0] * size, "mean_test_score": [-loss for loss in losses], "params": np.arange(size),
        }  # fmt: skip
        real = [int(trial) for trial in _top_k(results, keep, 0)]
        compared += size
        lost = [trial for trial in real if isnan(losses[trial])]
        differed += [trial for trial in ours if trial not in lost] != [trial for trial in real if trial not in lost]
    yield "sklearn_halving", (compared, differed)


LIBRARIES = {"ray": ray, "optuna": optuna, "syne_tune": syne_tune, "sklearn": sklearn}


def main():
    logging.disable(logging.WARNING)  # of levels that were jumped over, which is meant
    wrong = 0
    for library in sys.argv[1:]:
        for rule, (compared, differed) in LIBRARIES[library]():
            print(f"{rule}: {differed} of {compared:,} decisions differ", flush=True)
            wrong += differed
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
