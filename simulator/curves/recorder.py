"""Record real learning curves: train small networks on the handwritten digits that scikit-learn ships.

Needs the optional extra `record`. The losses are the same for the same seed, package versions and processor; the
times are measured, so they differ every time.
"""

from __future__ import annotations

import errno
import gzip
import json
import os
import platform
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from simulator.core import ticks
from simulator.core.errors import InputError, Problem
from simulator.core.streams import Stream, generator
from simulator.io.writing import hold, replacing, together, unwritable, write_text

Value = str | int | float
Curve = list[str]  # A curve as it is written: a text "loss,elapsed_s" for each epoch.

ABOUT = {
    "data": "sklearn.datasets.load_digits (UCI Optical Recognition of Handwritten Digits, CC BY 4.0): "
    "1797 images of 8 x 8 pixels, 10 classes; pixels divided by 16",
    "split": "train_test_split(test_size=0.25, stratify=digits, random_state=0): 1347 train, 450 held out",
    "model": "sklearn.neural_network.MLPClassifier; one epoch is one partial_fit; momentum is beta_1 of adam",
    "loss": "cross-entropy on the held-out images, nats, not clipped; empty where infinite or not a number",
    "elapsed_s": "cumulative processor seconds (time.process_time) on one thread, validation included",
    "not_reproducible": "the times; the losses too with other package versions or another processor, "
    "because rounding differs",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the listed values, all equally likely."""

    values: tuple[Value, ...]

    def draw(self, rng: np.random.Generator) -> Value:
        """Draw one value."""
        return self.values[int(rng.integers(len(self.values)))]

    def __str__(self) -> str:
        return "one of " + ", ".join(str(value) for value in self.values)


@dataclass(frozen=True, slots=True)
class Choices:
    """A number from `low` to `high` with four digits, or a whole one; it or its logarithm is uniform."""

    low: float
    high: float
    log: bool = True
    whole: bool = False

    def draw(self, rng: np.random.Generator) -> Value:
        """Draw one number, rounded before use: the number on file is the number trained with."""
        low, high = np.log((self.low, self.high)) if self.log else (self.low, self.high)
        drawn = rng.uniform(low, high)
        drawn = float(np.exp(drawn)) if self.log else drawn
        return round(drawn) if self.whole else float(f"{drawn:.4g}")

    def __str__(self) -> str:
        scale = "log-uniform" if self.log else "uniform"
        return f"{scale} from {self.low:g} to {self.high:g}{', rounded to whole' if self.whole else ''}"


#: The search space. It is wide on purpose: some networks diverge at once, some never start to learn, and an epoch
#: costs up to 50 times as much as another.
SPACE: dict[str, Choice | Choices] = {
    "solver": Choice(("sgd", "adam")),
    "activation": Choice(("relu", "tanh", "logistic")),
    "layers": Choice((1, 2, 3)),
    "width": Choices(16, 384, whole=True),
    "batch_size": Choices(8, 256, whole=True),
    "alpha": Choices(1e-6, 1.0),
    "momentum": Choices(0.0, 0.99, log=False),
}
#: The learning rate, drawn last: a good one for one solver is about thirty times a good one for the other.
RATES: dict[str, Choices] = {"sgd": Choices(2e-3, 10.0), "adam": Choices(1e-4, 0.3)}


def draw(seed: int, trial: int) -> tuple[dict[str, Value], int]:
    """Return configuration `trial` (0-based) of `seed`, and the seed of its network's weights and batches."""
    rng = generator(seed, Stream.RECORD, trial)
    model_seed = int(rng.integers(2**31))
    configuration = {name: distribution.draw(rng) for name, distribution in SPACE.items()}
    configuration["learning_rate"] = RATES[str(configuration["solver"])].draw(rng)
    return configuration, model_seed


def record(
    path: Path,
    *,
    configurations: int,
    epochs: int,
    seed: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> None:
    """Train `configurations` networks for `epochs` epochs each and write their curves to `path`.

    `path` ends in .csv or .csv.gz; its columns are trial (0-based), resource (epochs, 1-based), loss (validation
    cross-entropy in nats; empty, and the trial's last row, where it is not finite) and elapsed_s (cumulative seconds
    of processor time). NAME.configs.csv and NAME.json (how it was made) are written beside it. Finished curves are
    kept in `path` + ".partial" until the end, and a later call goes on from there. `on_progress(done,
    configurations)` is called before each configuration and at the end. Raises InputError without scikit-learn, for
    bad arguments, for a partial file of other settings or in use, and for a path that can't be written, MachineError
    where the machine failed.
    """
    _check(path, configurations, epochs, seed)
    study = _Study()
    settings = _settings(seed, epochs)
    partial = path.with_name(f"{path.name}.partial")
    with _Log(partial, settings) as log:
        curves = log.curves[:configurations]
        for trial in range(len(curves), configurations):
            if on_progress:
                on_progress(trial, configurations)
            curves.append(study.curve(*draw(seed, trial), epochs))
            log.append(json.dumps(curves[-1]))
        _write(path, curves, settings)
        partial.unlink(missing_ok=True)
    if on_progress:
        on_progress(configurations, configurations)


class _Study:
    """The data in its fixed split, and the training of a configuration on it."""

    def __init__(self) -> None:
        try:
            load_digits = import_module("sklearn.datasets").load_digits
            split = import_module("sklearn.model_selection").train_test_split
            self.network = import_module("sklearn.neural_network").MLPClassifier
            self.limit_threads = import_module("threadpoolctl").threadpool_limits
        except ImportError:
            hint = 'is needed to train models: pip install "asha-simulator[record]"'
            raise InputError(Problem("scikit-learn", hint)) from None
        pixels, digits = load_digits(return_X_y=True)
        self.train_x, self.held_x, self.train_y, self.held_y = split(
            pixels / 16.0, digits, test_size=0.25, stratify=digits, random_state=0
        )
        # The first training in a process loads libraries, which must not count as the first configuration's time.
        self.curve(*draw(0, 0), epochs=1)

    def curve(self, configuration: dict[str, Value], model_seed: int, epochs: int) -> Curve:
        """Train one configuration up to `epochs` epochs, or until it diverges."""
        rest = dict(configuration)
        hidden = (rest.pop("width"),) * int(rest.pop("layers"))
        rates = {"learning_rate_init": rest.pop("learning_rate"), "beta_1": rest["momentum"]}
        model = self.network(hidden_layer_sizes=hidden, random_state=model_seed, **rates, **rest)
        points: Curve = []
        # One thread: sums are then added in one order, and processor time is the time of one core. Overflow is how a
        # network diverges, and the loss shows it.
        with self.limit_threads(1), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            start, elapsed, loss = time.process_time(), 0, 0.0
            while len(points) < epochs and np.isfinite(loss):
                loss = self._epoch(model)
                # Some systems' clocks are coarse, so an epoch takes at least one tick.
                elapsed = max(elapsed + 1, ticks.from_seconds(time.process_time() - start))
                shown = f"{loss:.6g}" if np.isfinite(loss) else ""
                points.append(f"{shown},{ticks.to_seconds(elapsed):.6f}")
        return points

    def _epoch(self, model: Any) -> float:
        """Train one epoch; return the validation loss, which is not finite if the network has diverged."""
        with warnings.catch_warnings():
            # scikit-learn turns Ctrl-C into this warning and returns as if the epoch were done.
            warnings.filterwarnings("error", "Training interrupted by user", UserWarning)
            try:
                model.partial_fit(self.train_x, self.train_y, classes=np.arange(10))
            except UserWarning:
                raise KeyboardInterrupt from None
            except ValueError:  # for messages about weights that are not finite, and others
                weights = getattr(model, "coefs_", []) + getattr(model, "intercepts_", [])
                if all(np.isfinite(layer).all() for layer in weights):
                    raise
                return np.inf
        # Not sklearn's log_loss, which clips: a true class given probability zero costs infinity.
        given = model.predict_proba(self.held_x)[np.arange(len(self.held_y)), self.held_y]
        return float(-np.log(given).mean())


class _Log:
    """The partial file of a recording: a line of settings, then one line for each finished curve.

    This process locks it until the end. Raises InputError if its settings differ, or if another process has locked
    it.
    """

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self._path = path
        if not path.exists():
            write_text(path, json.dumps(settings) + "\n")
        try:
            self._file = path.open("a+b", buffering=0)
        except OSError as error:
            raise unwritable(path, error) from None
        try:
            if not hold(self._file):
                raise InputError(
                    Problem(str(path), "another process is recording here; wait, or choose another --out")
                )
            self.curves = self._begin(settings)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> _Log:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _begin(self, settings: dict[str, Any]) -> list[Curve]:
        """Read the finished curves, and drop a last line that was only half written."""
        self._file.seek(0)
        *lines, torn = self._file.read().split(b"\n")
        try:
            header, *curves = (json.loads(line) for line in lines)
        except ValueError:
            header = None
        if header != json.loads(json.dumps(settings)):
            what = "is not an unfinished recording with this seed, epochs, space, package versions and processor: "
            advice = "use the settings in its first line, or delete it to start anew"
            raise InputError(Problem(str(self._path), what + advice))
        self._file.truncate(self._file.tell() - len(torn))
        return curves

    def append(self, line: str) -> None:
        """Add a line; if it is only half written, the next run that continues the recording drops it."""
        try:
            if not os.fstat(self._file.fileno()).st_nlink:
                raise FileNotFoundError(errno.ENOENT, "it was removed meanwhile")
            left = f"{line}\n".encode()
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            raise unwritable(self._path, error) from None


def _write(path: Path, curves: list[Curve], settings: dict[str, Any]) -> None:
    rows = [f"{trial},{i},{point}" for trial, curve in enumerate(curves) for i, point in enumerate(curve, start=1)]
    content = "\n".join(["trial,resource,loss,elapsed_s", *rows, ""]).encode()
    drawn = [draw(settings["seed"], trial)[0] for trial in range(len(curves))]
    table = [",".join(map(str, (trial, *values.values()))) for trial, values in enumerate(drawn)]
    options = f"--configurations {len(curves)} --epochs {settings['epochs']} --seed {settings['seed']}"
    again = f"asha-sim curves record -o {path.name} {options}"
    about = ABOUT | {"configurations": len(curves)} | settings | {"again": again}
    stem = path.name.removesuffix(".gz").removesuffix(".csv")
    with together(path.parent):
        write_text(path.with_name(f"{stem}.configs.csv"), "\n".join([",".join(["trial", *drawn[0]]), *table, ""]))
        write_text(path.with_name(f"{stem}.json"), json.dumps(about, indent=2) + "\n")
        with replacing(path) as scratch, scratch.open("wb") as out:
            if path.suffix == ".gz":
                # The gzip header has neither name nor date, so the same rows give the same bytes.
                with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed:
                    packed.write(content)
            else:
                out.write(content)


def _settings(seed: int, epochs: int) -> dict[str, Any]:
    """The settings that a configuration's curve depends on."""
    rates = {f"learning_rate ({solver})": rate for solver, rate in RATES.items()}
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if os.access(info, os.R_OK) else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "seed": seed,
        "epochs": epochs,
        "space": {name: str(distribution) for name, distribution in (SPACE | rates).items()},
        "versions": {name: version(name) for name in ("numpy", "scipy", "scikit-learn")},
        "cpu": names[0] if names else platform.processor() or platform.machine(),
    }


def _check(path: Path, configurations: int, epochs: int, seed: int) -> None:
    if not path.name.endswith((".csv", ".csv.gz")):
        raise InputError(Problem(str(path), "must end in .csv or .csv.gz"))
    if configurations < 1 or epochs < 1 or seed < 0:
        message = "needs at least one configuration, at least one epoch, and a seed of at least 0"
        raise InputError(Problem(str(path), message))
