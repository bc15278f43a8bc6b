# /// script
# requires-python = "==3.11.*"
# dependencies = ["ray[tune]==2.60.0", "pandas"]
# ///
"""Runs of kind (c): Ray Tune's ASHA and HyperBand on eight processes that sleep as curves say.

python tools/reality/ray_runs.py FOLDER [NAME …]        (in an environment that has what the head names)

Some actors are killed in some runs. There, trials are saved at each unit, and Ray restores them in new actors.
"""

from __future__ import annotations

import math
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
os.environ["PYTHONPATH"] = str(Path(__file__).parent)

import ray
import record
from curves import Slowed
from ray import tune
from ray.tune import schedulers
from trouble import Diary, Trouble, killing, putin

WORKERS, LONGEST, SCALE = 8, 27, 10.0
TRIALS = {"asha": 40, "hyperband": 49}
NAMES = {f"c-{kind}-{place}": (kind, 60 * place, Trouble()) for place in range(5) for kind in TRIALS}
for number in range(2, 10):
    for kind in TRIALS:
        slow = Trouble(number + 1, stragglers={"kind": "half_normal", "std": 0.6})
        NAMES[f"c-{kind}-stragglers-{number}"] = kind, 60 * (number % 5), slow
#: Not of HyperBand: Ray 2.60 waits for ever if a lost trial was the last that its bracket waited for.
for number in range(1, 10):
    NAMES[f"c-asha-killed-{number}"] = "asha", 60 * (number % 5), Trouble(number + 1, mtbf=30.0)


class Sleeping(tune.Trainable):
    """A trial that sleeps for a unit at each step, and writes down when it did."""

    def setup(self, config: dict[str, Any], curves: Slowed, diary: str, trouble: Trouble) -> None:
        """Keep the curves."""
        self.curves, self.diary, self.trouble = curves, Diary(diary), trouble
        self.reset_config(config)

    def step(self) -> dict[str, float]:
        """Train a unit."""
        trial = self.config["trial"]
        if self.factor is None:
            self.factor = self.trouble.factor(trial, self.done, 0)
        seconds, loss = self.curves.job(trial, self.done, self.done + 1)
        self.done += 1
        self.diary.train(seconds[-1] * self.factor, trial=trial, unit=self.done, loss=loss)
        return {"loss": loss}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Save the step."""
        (Path(checkpoint_dir) / "step").write_text(str(self.done))

    def load_checkpoint(self, checkpoint_dir: str) -> None:
        """Go on from there."""
        self.done, self.factor = int((Path(checkpoint_dir) / "step").read_text()), None

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Begin another trial in the same process."""
        self.config, self.done, self.factor = new_config, 0, None
        return True


@ray.remote(num_cpus=1)
def warm() -> None:
    """Import what a trial needs, so that the processes are there before the run begins."""
    import ray.tune  # noqa: F401

    time.sleep(5)


def run(name: str, folder: Path) -> None:
    """One run."""
    kind, first, trouble = NAMES[name]
    count = TRIALS[kind]
    curves = Slowed(first, count, LONGEST, SCALE, sound=True)
    file = f"digits-sound-{first}-{count}-{LONGEST}-x{SCALE:g}.csv"
    curves.write(folder / "curves" / file, list(range(1, LONGEST + 1)))
    ray.init(num_cpus=WORKERS, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    ray.get([warm.remote() for _ in range(WORKERS)])
    if kind == "asha":
        scheduler: Any = schedulers.ASHAScheduler(
            time_attr="training_iteration", max_t=LONGEST, grace_period=1, reduction_factor=3
        )
        searcher = f"{{name: ray_asha, num_samples: {count}, max_t: {LONGEST}, grace_period: 1, reduction_factor: 3}}"
    else:
        scheduler = schedulers.HyperBandScheduler(time_attr="training_iteration", max_t=LONGEST, reduction_factor=3)
        searcher = f"{{name: ray_hyperband, num_samples: {count}, max_t: {LONGEST}, reduction_factor: 3}}"
    storage, diary = tempfile.mkdtemp(), tempfile.mkdtemp()
    settings = tune.TuneConfig(metric="loss", mode="min", scheduler=scheduler, reuse_actors=True)
    made = tune.with_parameters(Sleeping, curves=curves, diary=diary, trouble=trouble)
    safe = {}
    if math.isfinite(trouble.mtbf):
        safe = {
            "checkpoint_config": tune.CheckpointConfig(checkpoint_frequency=1),
            "failure_config": tune.FailureConfig(max_failures=-1),
        }
    stop = {"training_iteration": LONGEST}
    begun = time.time()
    with killing(Diary(diary), trouble):
        tune.Tuner(
            made,
            param_space={"trial": tune.grid_search(list(range(count)))},
            tune_config=settings,
            run_config=tune.RunConfig(name=name, storage_path=storage, verbose=0, stop=stop, **safe),
        ).fit()
    took = time.time() - begun
    ray.shutdown()
    steps = Diary(diary).steps()
    scenario = (
        f"searchers:\n  {kind}: {searcher}\ncurves: {{kind: recorded, file: ../curves/{file}}}\n"
        f"cluster: {{workers: {WORKERS}}}\n"
    )
    record.write(
        folder / name, record.stretches(steps), scenario, kind="c", workers=WORKERS, searcher=f"ray {kind}",
        program=f"ray {ray.__version__}", trials=count, scale=SCALE, took_s=round(took, 3), **putin(trouble),
    )  # fmt: skip
    kept = os.environ.get("KEEP_RAY")
    if kept:
        shutil.copytree(Path(storage) / name, Path(kept) / name)
    shutil.rmtree(storage)
    shutil.rmtree(diary)


if __name__ == "__main__":
    for chosen in sys.argv[2:] or NAMES:
        if not (Path(sys.argv[1]) / chosen / "run.json").exists():
            run(chosen, Path(sys.argv[1]))
