"""Other projects on the same workload, where they are installed (group `bench`). Neither does all that we do.

mfhpo-simulator is a simulator that takes a searcher: it gets ours, which starts trials for ever, since this simulator
can't wait. Optuna has the decisions but no simulator: its pruner, which stops trials and never promotes them, gets a
heap as its clock.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from heapq import heappop, heappush
from importlib.metadata import version
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from simulator.core.ticks import to_seconds
from simulator.curves.synthetic import Synthetic
from simulator.searchers.halving import asha
from simulator.searchers.protocol import Job
from tests.benchmarks.measure import cpu, exponent, table
from tests.benchmarks.workload import LAW, MAX_LENGTH, RUNGS, draw, run

WORKERS = 25


class Peer(NamedTuple):
    """A `module` of the package `name`, and how it runs `trials` trials or about `jobs` jobs; returns its jobs."""

    name: str
    module: str
    how: str
    run: Callable[[Synthetic, int, int], int]


def mfhpo(curves: Synthetic, trials: int, jobs: int) -> int:
    """As many evaluations as our run has jobs, in the mode that runs in one process."""
    from benchmark_simulator import AbstractAskTellOptimizer, ObjectiveFuncWrapper

    class Ours(AbstractAskTellOptimizer):
        def __init__(self) -> None:
            self.searcher = asha(max_length=MAX_LENGTH)
            self.jobs: dict[int, Job] = {}

        def ask(self) -> tuple[dict[str, Any], dict[str, int | float] | None, int | None]:
            job = self.searcher.next_job()
            assert isinstance(job, Job)
            self.jobs[job.trial] = job
            return {"trial": job.trial}, {"epoch": job.to_resource}, job.trial

        def tell(self, eval_config, results, *, fidels=None, config_id=None):  # type: ignore[no-untyped-def]
            self.searcher.report(self.jobs.pop(eval_config["trial"]), results["loss"])

    def objective(eval_config: dict[str, Any], fidels: dict[str, Any], seed: int) -> dict[str, float]:
        spent, loss, _ = curves.train(eval_config["trial"], 0, fidels["epoch"])
        return {"loss": loss, "runtime": to_seconds(spent)}

    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ObjectiveFuncWrapper(
            objective, ask_and_tell=True, n_workers=WORKERS, n_evals=jobs, n_actual_evals_in_opt=jobs + WORKERS,
            fidel_keys=["epoch"], obj_keys=["loss"], continual_max_fidel=MAX_LENGTH, config_tracking=False,
            tmp_dir=folder, seed=0,
        ).simulate(Ours())  # fmt: skip
    return jobs


def optuna(curves: Synthetic, trials: int, jobs: int) -> int:
    """`trials` trials through ask and tell, each going on to its next rung at once or never."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=4)
    study = optuna.create_study(pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=0))
    heap: list[tuple[int, int, int, Any]] = []
    done = 0

    def start(now: int, rung: int, trial: optuna.Trial) -> None:
        begin = RUNGS[rung - 1] if rung else 0
        heappush(heap, (now + curves.train(trial.number, begin, RUNGS[rung])[0], trial.number, rung, trial))

    for _ in range(min(WORKERS, trials)):
        start(0, 0, study.ask())
    while heap:
        now, number, rung, trial = heappop(heap)
        done += 1
        loss = curves.train(number, 0, RUNGS[rung])[1]
        trial.report(loss, RUNGS[rung])
        if rung + 1 < len(RUNGS) and not trial.should_prune():
            start(now, rung + 1, trial)
            continue
        state = optuna.trial.TrialState.COMPLETE if rung + 1 == len(RUNGS) else optuna.trial.TrialState.PRUNED
        study.tell(trial, loss if rung + 1 == len(RUNGS) else None, state)
        if len(study.get_trials(deepcopy=False)) < trials:
            start(now, 0, study.ask())
    return done


PEERS = (
    Peer("mfhpo-simulator", "benchmark_simulator", "its engine, our searcher", mfhpo),
    Peer("optuna", "optuna", "its pruner, a heap for a clock", optuna),
)


def compare(sizes: tuple[int, ...]) -> str:
    """A table of jobs per CPU second on 25 workers, ours first."""
    rows = []
    ours: dict[int, float] = {}
    for peer in (None, *PEERS):
        if peer and find_spec(peer.module) is None:
            rows.append([peer.name, "not installed", "", *[""] * len(sizes), ""])
            continue
        rates, spent, done = [], [], []
        for trials in sizes:
            curves = Synthetic(LAW, 0)
            draw(curves, 2 * trials)  # a search without end may start more
            jobs = len(run("asha", trials, WORKERS, curves))
            counts: list[int] = []

            def task(peer=peer, trials=trials, curves=curves, jobs=jobs, counts=counts):  # type: ignore[no-untyped-def]
                counts.append(peer.run(curves, trials, jobs) if peer else len(run("asha", trials, WORKERS, curves)))

            seconds = min(cpu(task) for _ in range(3))
            done.append(counts[0])
            spent.append(seconds)
            rate = counts[0] / seconds
            ours.setdefault(trials, rate)
            rates.append(f"{rate:,.0f} ({ours[trials] / rate:,.0f}x)" if peer else f"{rate:,.0f}")
        name, how = (f"{peer.name} {version(peer.name)}", peer.how) if peer else ("asha-simulator", "asha")
        rows.append([name, how, *rates, f"{exponent(done, spent):.2f}"])
    return table(["", "", *(f"{trials:,} trials" for trials in sizes), "exponent"], rows)
