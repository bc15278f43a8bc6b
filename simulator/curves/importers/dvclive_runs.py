"""DVCLive's runs: one tab-separated file for each metric, below plots/metrics."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from simulator.core.errors import InputError
from simulator.curves.importers import clocks, frames, sidecars
from simulator.curves.importers.source import Found, Options, Trial, choose, wrong

USES = frozenset({"max_gap", "step_column", "time_column", "seconds"})
PLOTS = ("plots", "metrics")
CONFIGS = ("params.yaml", "dvc.yaml")


def read(path: Path, options: Options) -> Found:
    """Read one metric of every run below `path`; a run is a folder with plots/metrics, with a file per metric."""
    if not path.is_dir():
        raise wrong(path, "is a file; DVCLive's runs are folders with plots/metrics")
    runs = {folder: dict(_metrics(folder)) for folder in _runs(path)}
    if not runs:
        raise wrong(path, "holds no run of DVCLive, which has a folder plots/metrics")
    found = Found("", None, [], Counter())
    names = sorted({name for metrics in runs.values() for name in metrics})
    found.metric = choose(path, "metric", options.metric, names, "--metric")
    step = options.step_column or "step"
    files = [file for metrics in runs.values() for file in metrics.values()]
    found.origin = int(any(_from_zero(file, step) for file in files))  # (this metric may be measured only later)
    for folder, metrics in runs.items():
        if found.metric not in metrics:
            found.skipped[f"does not report {found.metric}"] += 1
            continue
        try:
            found.trials.append(_trial(path, folder, metrics[found.metric], options, found))
        except InputError as error:
            if len(runs) == 1:
                raise
            found.skipped[f"can't be read ({error.problems[0].message})"] += 1
            found.notes.append(str(error.problems[0]))
    return found


def _runs(path: Path) -> Iterator[Path]:
    for folder, below, _ in os.walk(path):
        below.sort()
        if (Path(folder) / "plots" / "metrics").is_dir():
            yield Path(folder)


def _metrics(folder: Path) -> Iterator[tuple[str, Path]]:
    top = folder / "plots" / "metrics"
    for inside, below, names in os.walk(top):
        below.sort()
        for name in sorted(names):
            file = Path(inside) / name
            if name.endswith(".tsv") and file.is_file():
                yield str(file.relative_to(top)).removesuffix(".tsv"), file


def _from_zero(file: Path, step: str) -> bool:
    try:
        return frames.read_log_table(file).from_zero(step)
    except InputError:
        return False


def _trial(path: Path, folder: Path, file: Path, options: Options, found: Found) -> Trial:
    table = frames.read_log_table(file)
    own = file.name.removesuffix(".tsv")
    column = own if own in table.columns else table.columns[-1]
    measured = table.only(~table.missing(table.frame[column]))
    steps = measured.steps(measured.column(options.step_column or "step", "--step-column"), options)
    elapsed, span = None, None
    timed = options.time_column or ("timestamp" if "timestamp" in measured.columns else None)
    if timed is not None:
        times = clocks.times(measured, measured.column(timed, "--time-column"), options.seconds)
        elapsed = times.seconds
        if times.kind == "clock":
            found.times = f"{times.what}, {clocks.FIRST}"
            (elapsed,) = clocks.since_first([steps], [times.seconds], found.origin or 0)
            span = (float(times.seconds[0] - elapsed[0]), float(times.seconds.max())) if len(steps) else None
    name = str(folder.relative_to(path)) if folder != path else folder.resolve().name
    return Trial.of(
        name, (steps, measured.numbers(measured.frame[column]), elapsed), span=span, config=_config(folder)
    )


def _config(folder: Path) -> dict[str, object]:
    for name in ("params.yaml", "../params.yaml"):
        place = folder / name
        try:
            if place.is_file():
                return sidecars.flat(sidecars.loaded(place))
        except (InputError, OSError):
            continue
    return {}
