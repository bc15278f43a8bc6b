# /// script
# requires-python = "==3.11.*"
# dependencies = ["ray[tune]==2.60.0", "pandas"]
# ///
"""Ray Tune's result folders: retries, pauses, population based training, nested metrics, NaN, a restored run."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import ray
import truth
from case import Case
from diary import Diary, learned
from ray import tune
from ray.tune import schedulers

#: Pickled values, in hexadecimal digits. They can't be checked for names of the machine, and nobody needs them.
PICKLED = re.compile(r"\b(80)0[0-9a-f]{6,}")
#: Seconds of a step, and of a step that ends with a checkpoint. Ray's own work between two steps is below 3 % of them.
STEP, SAVED = 2.0, 6.0
WORKERS = 2
PROGRAM = "ray"
HALF = 16  # steps of all trials, after which a run is interrupted


class Stepping(tune.Trainable):
    """A class trainable, which can be paused and continued by another process."""

    def setup(self, config: dict[str, Any]) -> None:  # noqa: ARG002  (as Ray calls it)
        """Begin a diary at the first step, since a checkpoint may be restored before that."""
        self.done, self.diary = 0, None

    def step(self) -> dict[str, float]:
        """Train one step."""
        if self.diary is None:
            self.diary = Diary(self.trial_id, self.config, self.done)
        self.done += 1
        loss = learned(self.config, self.done)
        self.diary.step(self.done, STEP, loss)
        return {"loss": loss}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Save the step."""
        (Path(checkpoint_dir) / "step").write_text(str(self.done))

    def load_checkpoint(self, checkpoint_dir: str) -> None:
        """Go on after the saved step, in a new segment of the diary."""
        self.done, self.diary = int((Path(checkpoint_dir) / "step").read_text()), None

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take another trial in the same process, from its beginning unless it is restored next."""
        self.config, self.diary, self.done = new_config, None, 0
        return True


def function(config: dict[str, Any], plans: dict[float, dict[str, Any]], longest: int, saves: bool = True) -> None:
    """A function trainable, with checkpoints if it `saves`.

    `plans` says for some learning rates after which step the trial `fails` and how many `times`, after which it
    `diverges`, or that it `never` begins.
    """
    plan = plans.get(config["lr"], {})
    entered, start = time.time(), 0
    kept = tune.get_checkpoint()
    if kept is not None:
        with kept.as_directory() as folder:
            start = int((Path(folder) / "step").read_text())
    if plan.get("never"):
        raise RuntimeError("no data for this trial")
    name = tune.get_context().get_trial_id()
    page = Diary(name, config, start, entered)
    for step in range(start + 1, longest + 1):
        loss = learned(config, step)
        if step > plan.get("diverges", step):
            loss = float("nan")
        value = np.float32(loss) if plan.get("single") else loss
        page.step(step, SAVED if saves else STEP, float(value))
        result = {"val": {"loss": value}, "lr": config["lr"]} if plan.get("nested") else {"loss": value}
        if not saves:
            tune.report(result)
            continue
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "step").write_text(str(step))
            tune.report(result, checkpoint=tune.Checkpoint.from_directory(folder))
        if step >= plan.get("fails", step + 1):
            crashed = Path(os.environ["TRAINING_DIARY"]) / f"{name}.crashes"
            times = int(crashed.read_text()) if crashed.exists() else 0
            if times < plan["times"]:
                crashed.write_text(str(times + 1))
                page.note("crashes")
                raise RuntimeError("the training crashed")


def episodes(config: dict[str, Any]) -> None:
    """What RLlib reports: nested metrics, of which the return is maximised."""
    page = Diary(tune.get_context().get_trial_id(), config)
    for step in range(1, 5):
        value = round(10 * step - config["lr"], 6)
        page.step(step, STEP, value)
        tune.report({"env_runners": {"episode_return_mean": value, "episode_len_mean": 8.5}, "info": {"learner": {}}})


def run(folder: Path, trainable: Any, space: dict[str, Any], settings: dict[str, Any], failures: int = 0) -> None:
    """One experiment on two workers, in a folder below `folder` that has the same name."""
    ray.init(num_cpus=WORKERS, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    keep = tune.CheckpointConfig(checkpoint_at_end=False)
    config = tune.RunConfig(
        name=folder.name,
        storage_path=str(folder),
        failure_config=tune.FailureConfig(max_failures=failures),
        checkpoint_config=keep,
        stop=settings.pop("stop", None),
        verbose=0,
    )
    tune.Tuner(trainable, param_space=space, tune_config=tune.TuneConfig(**settings), run_config=config).fit()
    ray.shutdown()


def keep(case: Case, full: int, *, metric: str = "loss", mode: str = "min") -> None:
    """Keep results and states; Ray's own record says how each trial ended."""
    log = case.folder / case.name
    ended, folders = {}, {}
    for path in sorted(log.glob("experiment_state-*.json")):
        for first, _ in json.loads(path.read_text())["trial_data"]:
            trial = json.loads(first)
            ended[trial["trial_id"]] = trial["status"]
            folders[trial["trial_id"]] = trial["relative_logdir"]
        path.write_text(PICKLED.sub(r"\1", path.read_text()))
    segments = case.segments
    statuses = {}
    for name, status in ended.items():
        steps = [step for segment in segments if segment["trial"] == name for step in segment["steps"]]
        last = steps[-1] if steps else {"step": 0, "loss": 0.0}
        statuses[name] = {"ERROR": "failed", "PAUSED": "paused", "RUNNING": "running"}.get(status) or (
            "diverged" if np.isnan(last["loss"]) else "complete" if last["step"] >= full else "stopped"
        )
    about = truth.of(
        segments, statuses, program=f"ray {ray.__version__}", metric=metric, mode=mode, step="training_iteration",
        time="time_total_s", workers=WORKERS, longest=full,
    )  # fmt: skip
    about["trials"] = {Path(folders[name]).name: {"id": name, **trial} for name, trial in about["trials"].items()}
    wanted = {"result.json", "progress.csv", "params.json", "error.txt"}
    case.keep(log, about, lambda path: path.name in wanted or path.name.startswith("experiment_state"))


def rates(count: int) -> Any:
    """Learning rates on a grid, so that trials do not depend on random draws."""
    return tune.grid_search([round(0.05 + 0.07 * (number * 5 % count), 4) for number in range(count)])


def asha() -> None:
    """ASHA with checkpoints: two trials are retried and end well, one fails twice for good, one never begins."""
    case = Case(PROGRAM, "asha-retried")
    space = [0.5, 0.2, 0.7, 0.3, 0.1, 0.6, 0.15, 0.4, 0.8, 0.25]
    plans = {
        space[4]: {"fails": 2, "times": 1},
        space[6]: {"fails": 2, "times": 9},
        space[7]: {"never": True},
        space[9]: {"fails": 1, "times": 1},
    }
    scheduler = schedulers.ASHAScheduler(time_attr="training_iteration", max_t=9, grace_period=1, reduction_factor=3)
    settings = {"scheduler": scheduler, "metric": "loss", "mode": "min", "max_concurrent_trials": WORKERS}
    run(case.folder, planned(9, plans), {"lr": tune.grid_search(space)}, settings, failures=1)
    keep(case, 9)


def planned(longest: int, plans: dict[float, dict[str, Any]] | None = None, *, saves: bool = True) -> Any:
    """The function trainable with its plans."""
    return tune.with_parameters(function, plans=plans or {}, longest=longest, saves=saves)


def hyperband() -> None:
    """HyperBand, which pauses every trial of a bracket until the bracket is filled."""
    case = Case(PROGRAM, "hyperband-pauses")
    scheduler = schedulers.HyperBandScheduler(time_attr="training_iteration", max_t=9, reduction_factor=3)
    settings = {"scheduler": scheduler, "metric": "loss", "mode": "min", "reuse_actors": True}
    run(case.folder, Stepping, {"lr": rates(9)}, settings | {"stop": {"training_iteration": 9}})
    keep(case, 9)


def population() -> None:
    """Population based training: four trials take turns on two workers and copy each other."""
    case = Case(PROGRAM, "population")
    scheduler = schedulers.PopulationBasedTraining(
        time_attr="training_iteration",
        perturbation_interval=2,
        hyperparam_mutations={"lr": [0.05, 0.1, 0.2]},
        synch=False,
    )
    settings = {"scheduler": scheduler, "metric": "loss", "mode": "min"}
    run(case.folder, Stepping, {"lr": rates(4)}, settings | {"stop": {"training_iteration": 6}})
    keep(case, 6)


def nested() -> None:
    """A metric that is nested in another."""
    case = Case(PROGRAM, "nested-metric")
    space = [0.1, 0.2, 0.3, 0.4]
    plans = {rate: {"nested": True} for rate in space}
    run(
        case.folder,
        planned(4, plans, saves=False),
        {"lr": tune.grid_search(space)},
        {"metric": "val/loss", "mode": "min"},
    )
    keep(case, 4, metric="val/loss")


def returns() -> None:
    """Metrics as RLlib reports them."""
    case = Case(PROGRAM, "rllib-like")
    metric = "env_runners/episode_return_mean"
    run(case.folder, episodes, {"lr": rates(3)}, {"metric": metric, "mode": "max"})
    keep(case, 4, metric=metric, mode="max")


def diverging() -> None:
    """Trials with losses in NumPy's single precision, one of which becomes NaN; and two trials with doubles."""
    case = Case(PROGRAM, "float32-nan")
    plans: dict[float, dict[str, Any]] = {
        0.1: {"single": True},
        0.2: {"single": True, "diverges": 2},
        0.3: {"diverges": 3},
        0.4: {},
    }
    space = {"lr": tune.grid_search(list(plans))}
    run(case.folder, planned(5, plans, saves=False), space, {"metric": "loss", "mode": "min"})
    keep(case, 5)


def restored() -> None:
    """A run that is interrupted by Ctrl-C, and restored after some seconds."""
    case = Case(PROGRAM, "restored")
    first = subprocess.Popen([sys.executable, __file__, case.folder])
    while sum(len(segment["steps"]) for segment in case.segments) < HALF:
        time.sleep(0.2)
    first.send_signal(signal.SIGINT)
    first.wait(60)
    time.sleep(60)
    ray.init(num_cpus=WORKERS, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    log = str(case.folder / case.name)
    tune.Tuner.restore(log, planned(6), resume_unfinished=True, restart_errored=True).fit()
    ray.shutdown()
    keep(case, 6)


def interrupted(folder: Path) -> None:
    """The run that `restored` starts and interrupts."""
    run(folder, planned(6), {"lr": rates(6)}, {"metric": "loss", "mode": "min"})


if __name__ == "__main__":
    if Path(sys.argv[1]).name == "restored":
        interrupted(Path(sys.argv[1]))
        sys.exit()
    wanted = os.environ.get("CASES", "").split()
    for make in (asha, hyperband, population, nested, returns, diverging, restored):
        if not wanted or make.__name__ in wanted:
            make()
