"""Tables with a row for each trial and step, and any names of columns: a file, or a folder with a file per run."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.core.errors import InputError
from simulator.curves.files.columns import OPTIONAL, REQUIRED
from simulator.curves.importers import clocks, frames, json_rows, roles, sidecars, table_times
from simulator.curves.importers.frames import LogTable
from simulator.curves.importers.source import End, Found, Options, listed, wrong
from simulator.curves.importers.table_times import Part
from simulator.curves.protocol import Exit

USES = frozenset({
    "trial_column", "step_column", "time_column", "start_column", "end_column", "worker_column", "seconds", "time_is",
    "max_gap",
})  # fmt: skip
#: Names of columns by which the tables of other programs identify trials, and of columns that count units trained.
TRIALS = ("trial_id", "run_id", "run", "run_name", "config_id", "config", "experiment", "name", "id")
STEPS = ("epoch", "epochs", "step", "steps", "global_step", "iteration", "iterations", "training_iteration", "iter")
#: Words in a metric's name that say that it was measured on data held out of training.
VALIDATION = frozenset({"val", "valid", "validation", "eval", "test", "dev"})
#: Prefixes of the columns that hold a trial's configuration.
CONFIG = (*json_rows.CONFIG, "tag")


def read(path: Path, options: Options) -> Found:
    """Read a table with a row per point: `trial`, `resource`, `loss` and maybe `elapsed_s`, or columns by option.

    `exit` may say that a trial died, as in our own files. Start, end (the same in all rows of a trial) and worker are
    read if the options name their columns. A folder has a file for each run, whose name is the trial's name.
    """
    if path.is_dir():
        return _folder(path, options)
    found = Found(options.metric or "loss", None, [], Counter())
    table = frames.read_log_table(path)
    found.notes += table.notes
    add(found, [TableRun(path, "", table, {})], options)
    return found


class TableRun(NamedTuple):
    """A file, its trial's name ("" if its rows name trials), and the configuration that stands beside the file."""

    path: Path
    name: str
    table: LogTable
    config: dict[str, object]


def _folder(path: Path, options: Options) -> Found:
    """Read the files below a folder, one for each run.

    A trial has its file's name, or its folder's name if all files have the same name.
    """
    every = list(_files(path))
    files = [file for file in every if _is_log(file)] or every
    if not files:
        raise wrong(path, f"holds no table; {frames.MEANT}")
    found = Found(options.metric or "loss", None, [], Counter())
    if len(files) < len(every):
        found.others["files in .json or .txt, which more often are settings and notes than tables"] += len(
            every
        ) - len(files)
    names = _named(path, files)
    runs = []
    for file in files:
        inside = file.relative_to(path)
        name = names[file]
        try:
            table = frames.read_log_table(file)
        except InputError as error:
            found.skipped[f"can't be read ({error.problems[0].message})"] += 1
            found.notes.append(str(error.problems[0]))
            continue
        found.notes += [f"{inside}: {note}" for note in table.notes]
        runs.append(TableRun(file, name, table, sidecars.beside(file)))
    if not runs:
        raise wrong(path, f"holds no table that can be read: {found.notes[0] if found.notes else frames.MEANT}")
    add(found, runs, options)
    return found


def _named(path: Path, files: list[Path]) -> dict[Path, str]:
    """A unique name for each file: that of its folder, its own without the ending, or its whole path."""
    same = Counter(file.name for file in files)
    inside = {file: file.relative_to(path) for file in files}
    folders = Counter(inside[file].parent for file in files)
    short = {
        file: str(at.parent)
        if (same[file.name] > 1 or len(files) == 1) and at.parent != Path() and folders[at.parent] == 1
        else str(at.with_name(at.name.partition(".")[0]))
        for file, at in inside.items()
    }
    taken = Counter(short.values())
    return {file: short[file] if taken[short[file]] == 1 else str(inside[file]) for file in files}


def _files(path: Path) -> Iterator[Path]:
    """The files below a folder that may be tables."""
    for folder, below, names in os.walk(path):
        below.sort()
        for name in sorted(set(names) - sidecars.ours(names)):
            sidecar = name in sidecars.NAMES or name.startswith(".")
            if name.endswith(frames.SUFFIXES) and not sidecar and (Path(folder) / name).is_file():
                yield Path(folder) / name


def _is_log(file: Path) -> bool:
    """Whether a file counts as a table even if other files are beside it; .json and .txt files are rarely tables."""
    return not file.name.endswith((".txt", ".json", ".json.gz")) or file.name.endswith(("log.json", "metrics.json"))


def add(found: Found, runs: list[TableRun], options: Options) -> None:
    """Add the trials of all runs to what was found."""
    _choose_metric(runs, options)
    parts: list[Part] = []
    kinds: set[tuple[str, str]] = set()
    for run in runs:
        try:
            parts += _parts(run, found, options, kinds)
        except InputError:
            if len(runs) == 1:
                raise
            if run.table.has(found.metric) is not None or not any(r.table.has(found.metric) for r in runs):
                raise
            found.skipped[f"does not report {found.metric}"] += 1
    if options.trial_column is None:
        roles.check_names(runs[0].path.parent, [p.name for p in parts if options.takes(p.name)], found.metric)
    check_repeats(runs[0].path, [(part.steps, part.losses) for part in parts])
    if {what for _, what in kinds} & clocks.SPELT:
        parts = table_times.spelt(runs[0].path, parts, options)
    table_times.with_times(runs[0].path, found, parts, {kind for kind, _ in kinds}, options)
    if kinds:
        said = ", ".join(sorted({what for _, what in kinds}))
        found.times = {"per-step": f"{said}, added up", "clock": f"{said}, {found.times}"}.get(
            options.time_is or next(iter(kinds))[0], said
        )


def _choose_metric(runs: list[TableRun], options: Options) -> None:
    """Raise InputError if no option names the metric and `loss` may be that of the training data."""
    if options.metric is not None:
        return
    known = {name for run in runs for name in run.table.columns}
    held_out = sorted(
        name for name in known if name != "loss" and set(re.split(r"[/_.\-]", name.lower())) & VALIDATION
    )
    if "loss" in known and held_out and not known <= {*REQUIRED, *OPTIONAL, *held_out}:
        raise wrong(
            runs[0].path,
            f"has loss, which may be of the training data, and {listed(held_out)}; choose one by --metric",
        )


def _parts(run: TableRun, found: Found, options: Options, kinds: set[tuple[str, str]]) -> list[Part]:
    table = run.table
    if options.worker_column is not None:
        table.column(options.worker_column, "--worker-column")
    trial_columns = _trial_columns(run, options)
    step_column = _step_column(run, options, found)
    steps_at = table.column(step_column, "--step-column")
    if found.origin is None and table.from_zero(step_column):
        found.origin = 1  # even if the metric was not measured at step 0
    series = table.column(found.metric, "--metric")
    measured = ~table.missing(series)
    if _own(table, options) and _dead_ends(table, trial_columns, measured):
        measured[:] = True  # in our own files a missing loss means that a trial diverged
    left = int((~measured).sum())
    if left:
        found.others[f"rows in which {found.metric} was not measured"] += left
        table = table.only(measured)
        steps_at, series = table.frame[steps_at.name], table.frame[series.name]
    if not _own(table, options):
        roles.check_rows(table, found.metric, step_column, trial_columns)
    losses = table.numbers(series)
    steps = table.steps(steps_at, options)
    elapsed = table_times.of_rows(table, options, kinds)
    spans = {
        kind: clocks.times(table, table.column(name, f"--{kind}-column"), options.seconds).seconds
        for kind, name in (("start", options.start_column), ("end", options.end_column)) if name is not None
    }  # fmt: skip
    exits = frames.texts(table.frame["exit"]) if "exit" in table.columns else None
    workers = frames.texts(table.column(options.worker_column, "--worker-column")) if options.worker_column else None
    names = (
        _names(table, trial_columns) if trial_columns else [run.name or run.path.name.partition(".")[0]] * len(losses)
    )
    grouped = frames.groups(names) if names else []
    used = {step_column, found.metric, *trial_columns, options.time_column}
    configs = [name for name in table.columns if name not in used and name.lower().startswith(CONFIG)]
    told = table.configs([rows for _, rows in grouped], configs)
    made = []
    for (name, rows), config in zip(grouped, told, strict=True):
        if not name:
            found.skipped["has rows without a trial's name"] += 1
            continue
        span = None
        if "start" in spans and "end" in spans:
            start, end = spans["start"][rows], spans["end"][rows]
            span = (float(np.min(start)), float(np.max(end)))
            span = span if np.isfinite(span).all() else None
        died = exits is not None and exits[rows[-1]] in {Exit.ERRORED.value, Exit.INVALID.value}
        when = None if elapsed is None else elapsed[rows]
        if when is not None and "start" in spans and (options.time_is or next(iter(kinds))[0]) == "clock":
            when = when - np.min(spans["start"][rows])
        made.append(
            Part(
                f"{run.name}/{name}" if run.name and trial_columns else name, steps[rows], losses[rows], when,
                End.FAILED if died else End.FINISHED, span, workers[rows[0]] if workers else None,
                {**run.config, **config},
            )
        )  # fmt: skip
    return made


def _trial_columns(run: TableRun, options: Options) -> list[str]:
    """The columns whose values together name a trial; empty if each file is one trial."""
    table = run.table
    if options.trial_column is not None:
        if table.has(options.trial_column) is not None:
            return [options.trial_column]
        columns = options.trial_column.split(",")
        for name in columns:
            table.column(name, "--trial-column")
        return columns
    if "trial" in table.columns:
        return ["trial"]
    if run.name:
        return []
    if any(table.has(name) is not None for name in TRIALS):
        table.column("trial", "--trial-column")
    return []


def _step_column(run: TableRun, options: Options, found: Found) -> str:
    table = run.table
    if options.step_column is not None:
        return options.step_column
    if "resource" in table.columns:
        return "resource"
    if run.name or "trial" not in table.columns:
        known = next((name for name in STEPS if name in table.columns), None)
        if known is not None:
            note = f"the resource is {known}; --step-column takes another"
            if note not in found.notes:
                found.notes.append(note)
            return known
    if "#" not in table.columns:
        return "resource"
    note = "no column counts units: the entries of its lists are numbered 1, 2, 3, …; --step-column takes another"
    if note not in found.notes:
        found.notes.append(note)
    return "#"


def _names(table: LogTable, columns: list[str]) -> list[str]:
    cells = [frames.texts(table.column(name, "--trial-column")) for name in columns]
    if len(cells) == 1:
        return [cell.strip() for cell in cells[0]] if any(" " in cell for cell in cells[0][:1000]) else cells[0]
    return ["/".join(row) for row in zip(*cells, strict=True)]


def _own(table: LogTable, options: Options) -> bool:
    """Whether the table has the form of our own files."""
    named = options.trial_column or options.step_column or options.metric
    return not named and set(REQUIRED) <= set(table.columns) <= {*REQUIRED, *OPTIONAL, "metric"}


def _dead_ends(table: LogTable, trial_columns: list[str], measured: NDArray[np.bool_]) -> bool:
    """Whether losses are missing only in the last rows of some trials."""
    if measured.all():
        return True
    trial = np.array(frames.texts(table.column(trial_columns[0], "--trial-column")))
    resource = table.numbers(table.frame["resource"])
    order = np.lexsort((resource, trial))
    last = np.append(trial[order][1:] != trial[order][:-1], True)
    return bool((last | measured[order]).all()) and bool(measured[order][last].any())


def check_repeats(path: Path, trials: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]]) -> None:
    """Raise InputError if trials report every step several times with different losses, and so are several runs."""
    told = [trial for trial in trials if len(trial[0]) > 1]
    twice = 0
    for at, losses in told:
        if (at[1:] > at[:-1]).all():
            continue
        steps, counts = np.unique(at, return_counts=True)
        different = len(np.unique(np.stack([at.astype(float), losses]), axis=1).T)
        twice += bool((counts > 1).all() and different > len(steps))
    if twice and 2 * twice >= len(told):
        message = (
            f"reports every step of {twice:,} trials more than once, with other losses: these are several runs; "
            "name the columns that tell them apart together, as in --trial-column config,seed"
        )
        raise wrong(path, message)
