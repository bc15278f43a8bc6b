# /// script
# requires-python = "==3.11.*"
# dependencies = ["ray[tune]==2.60.0", "pandas"]
# ///
"""Runs of kind (c): Ray Tune's ASHA and HyperBand on eight processes that sleep as curves say.

python tools/reality/ray_runs.py FOLDER [NAME …]        (in an environment that has what the head names)
"""

from __future__ import annotations

import json
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
import ray_folder
import record
from curves import Slowed
from ray import tune
from ray.tune import schedulers

WORKERS, LONGEST, SCALE = 8, 27, 10.0
NAMES = {f"c-{kind}-{place}": (kind, 60 * place) for place in range(5) for kind in ("asha", "hyperband")}
TRIALS = {"asha": 40, "hyperband": 49}


class Sleeping(tune.Trainable):
    """A trial that sleeps for a unit at each step, and writes down when it did."""

    def setup(self, config: dict[str, Any], curves: Slowed, diary: str) -> None:
        """Keep the curves."""
        self.curves, self.diary, self.done = curves, diary, 0
        self.reset_config(config)

    def step(self) -> dict[str, float]:
        """Train a unit."""
        begin = time.time()
        seconds, loss = self.curves.job(self.config["trial"], self.done, self.done + 1)
        time.sleep(seconds[-1])
        self.done += 1
        entry = {
            "process": os.getpid(), "trial": self.config["trial"], "unit": self.done, "begin": begin,
            "end": time.time(), "loss": loss,
        }  # fmt: skip
        with (Path(self.diary) / f"{os.getpid()}.jsonl").open("a") as out:
            out.write(json.dumps(entry) + "\n")
        return {"loss": loss}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Save the step."""
        (Path(checkpoint_dir) / "step").write_text(str(self.done))

    def load_checkpoint(self, checkpoint_dir: str) -> None:
        """Go on from there."""
        self.done = int((Path(checkpoint_dir) / "step").read_text())

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Begin another trial in the same process."""
        self.config, self.done = new_config, 0
        return True


@ray.remote(num_cpus=1)
def warm() -> None:
    """Import what a trial needs, so that the processes are there before the run begins."""
    import ray.tune  # noqa: F401

    time.sleep(5)


def run(name: str, folder: Path) -> None:
    """One run."""
    kind, first = NAMES[name]
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
    made = tune.with_parameters(Sleeping, curves=curves, diary=diary)
    stop = {"training_iteration": LONGEST}
    begun = time.time()
    tune.Tuner(
        made,
        param_space={"trial": tune.grid_search(list(range(count)))},
        tune_config=settings,
        run_config=tune.RunConfig(name=name, storage_path=storage, verbose=0, stop=stop),
    ).fit()
    took = time.time() - begun
    ray.shutdown()
    steps = [json.loads(line) for path in Path(diary).glob("*.jsonl") for line in path.read_text().splitlines()]
    scenario = (
        f"searchers:\n  {kind}: {searcher}\ncurves: {{kind: recorded, file: ../curves/{file}}}\n"
        f"cluster: {{workers: {WORKERS}}}\n"
    )
    record.write(
        folder / name, record.stretches(steps), scenario, kind="c", workers=WORKERS, searcher=f"ray {kind}",
        program=f"ray {ray.__version__}", trials=count, scale=SCALE, took_s=round(took, 3),
    )  # fmt: skip
    kept = os.environ.get("KEEP_RAY")
    if kept:
        ray_folder.copy(Path(storage) / name, Path(kept) / name)
    shutil.rmtree(storage)
    shutil.rmtree(diary)


if __name__ == "__main__":
    for chosen in sys.argv[2:] or NAMES:
        if not (Path(sys.argv[1]) / chosen / "run.json").exists():
            run(chosen, Path(sys.argv[1]))
