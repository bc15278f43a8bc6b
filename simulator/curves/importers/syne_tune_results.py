"""Syne Tune's results: results.csv.zip and metadata.json of an experiment. Syne Tune itself is not needed."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.core.errors import InputError
from simulator.curves.importers import frames, json_rows, segments
from simulator.curves.importers.source import End, Found, Options, Trial, choose, listed, wrong
from simulator.io import reading

USES = frozenset({"step_column"})
TRIAL, TIME, STAMP, COUNT = "trial_id", "st_worker_time", "st_worker_timestamp", "st_worker_iter"
DECISION, STATUS = "st_decision", "st_status"
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MEANT = "Syne Tune's is a file that names the metric"
RESOURCES = ("epoch", "epochs", "step", "steps", "iteration")
#: Names in a trial's configuration for the resource that it trains to.
MAXIMA = ("epochs", "max_epochs", "max_resource", "max_resource_level", "max_t", "steps", "max_steps")
#: A trial may still have been training at the log's end if its last report came at most this many of its intervals
#: before.
LATELY = 3.0


class _Rows(NamedTuple):
    """The columns of the results."""

    steps: NDArray[np.int64]
    losses: NDArray[np.float64]
    clock: NDArray[np.float64] | None
    stamps: NDArray[np.float64] | None
    counts: NDArray[np.float64] | None
    decisions: list[str]
    statuses: list[str]
    most: NDArray[np.float64]  # the resource that the configuration trains to; -inf if unknown


def read(path: Path, options: Options) -> Found:
    """Read the trials of an experiment's folder; the resource is a column such as `epoch`, or the number of reports.

    A trial that was paused goes on with a clock that starts again: its segments are added up.
    """
    folder = path if path.is_dir() else path.parent
    file = next((folder / name for name in ("results.csv.zip", "results.csv") if (folder / name).exists()), None)
    if file is None:
        below = sorted(place.parent.name for place in folder.glob("*/results.csv*"))
        hint = f"; import one of the experiments in it: {listed(below)}" if below else ""
        raise wrong(path, f"holds no results.csv.zip of Syne Tune{hint}")
    table = frames.parse(file, _unzipped(file), "csv")
    metric, maximise = _metric(path, folder, options)
    step = options.step_column or next((name for name in RESOURCES if name in table.columns), COUNT)
    found = Found(metric, maximise, [], Counter(), notes=[*table.notes, f"the resource is {step}"])
    found.times = "as logged: the workers' seconds since each start or resume, added up"
    series = table.column(metric, "--metric")
    measured = ~table.missing(series)
    found.origin = int(table.from_zero(step))
    if not measured.all():
        found.others[f"rows in which {metric} was not measured"] += int((~measured).sum())
        table = table.only(measured)
    trial = frames.texts(table.column(TRIAL, "--trial-column"))
    rows = _columns(table, metric, step, options)
    grouped = frames.groups(trial) if trial else []
    configs = [name for name in table.columns if name.startswith("config_")]
    ends = _ends([group for _, group in grouped], rows, found)
    told = table.configs([group[-1:] for _, group in grouped], configs)
    for (name, group), end, config in zip(grouped, ends, told, strict=True):
        found.trials.append(
            _trial(name, group, rows, end, {key.removeprefix("config_"): value for key, value in config.items()})
        )
    return found


def _columns(table: frames.LogTable, metric: str, step: str, options: Options) -> _Rows:
    def numbers(name: str) -> NDArray[np.float64] | None:
        return table.numbers(table.frame[name]) if name in table.columns else None

    most = np.full(len(table.frame), -np.inf)
    for name in MAXIMA:
        if f"config_{name}" in table.columns:
            most = np.fmax(most, table.numbers(table.frame[f"config_{name}"]))
    return _Rows(
        table.steps(table.column(step, "--step-column"), options),
        table.numbers(table.column(metric, "--metric")),
        numbers(TIME),
        numbers(STAMP),
        numbers(COUNT),
        frames.texts(table.frame[DECISION]) if DECISION in table.columns else [""] * len(table.frame),
        frames.texts(table.frame[STATUS]) if STATUS in table.columns else [""] * len(table.frame),
        most,
    )


def _ends(groups: list[NDArray[np.intp]], rows: _Rows, found: Found) -> list[End | None]:
    """How each trial ended; a trial whose reports end before its maximum has crashed, unless the log ends there."""
    longest = max(int(rows.steps.max(initial=0)), float(rows.most.max(initial=-np.inf)))
    ends: list[End | None] = []
    silent = []
    for group in groups:
        last = group[-1]
        status, decision = rows.statuses[last].lower(), rows.decisions[last].upper()
        if status == "failed":
            ends.append(End.FAILED)
        elif decision in {"STOP", "PAUSE"} or status in {"stopped", "paused", "stopping"}:
            ends.append(End.STOPPED)
        elif status == "completed" or rows.steps[last] >= longest or not decision:
            ends.append(End.FINISHED)
        else:
            silent.append(len(ends))
            ends.append(None)
    if not silent:
        return ends
    over = float(np.nanmax(rows.stamps)) if rows.stamps is not None and np.isfinite(rows.stamps).any() else np.inf
    crashed = []
    for at in silent:
        group = groups[at]
        stamps = rows.stamps[group] if rows.stamps is not None else np.full(len(group), -np.inf)
        interval = float(np.max(np.diff(stamps, prepend=np.nan)[1:], initial=0.0))
        if rows.clock is not None:
            interval = max(interval, float(rows.clock[group[0]]))
        crashed.append(not over - stamps[-1] <= LATELY * interval)
    for at, surely in zip(silent, crashed, strict=True):
        ends[at] = End.FAILED if surely or any(crashed) else End.RUNNING
    what = "crashed" if any(crashed) else "were training when the log ended"
    found.notes.append(
        f"{len(silent):,} trials fell silent short of their last step (InProgress): taken to have {what}"
        if any(crashed)
        else f"{len(silent):,} trials {what}"
    )
    return ends


def _trial(name: str, group: NDArray[np.intp], rows: _Rows, end: End | None, config: dict[str, object]) -> Trial:
    end = end or End.FINISHED
    if rows.clock is None or not np.isfinite(rows.clock[group]).all():
        return Trial(name, rows.steps[group], rows.losses[group], None, end, (), config)
    clock = rows.clock[group]
    again = np.append(True, np.diff(clock) < 0)
    if rows.counts is not None:
        counts = rows.counts[group]
        again |= np.append(False, np.diff(counts) <= 0)
    begins = np.flatnonzero(again).tolist()
    made = []
    for low, high in zip(begins, [*begins[1:], len(group)], strict=True):
        part = group[low:high]
        how = end if high == len(group) else _how(rows, int(part[-1]))
        start = None
        if rows.stamps is not None and np.isfinite(rows.stamps[part]).all():
            start = float(rows.stamps[part[0]] - rows.clock[part[0]])
        made.append(segments.Segment(rows.steps[part], rows.losses[part], rows.clock[part], how, start))
    return segments.joined(name, made, end, config)


def _how(rows: _Rows, last: int) -> End:
    return End.PAUSED if rows.decisions[last].upper() in {"PAUSE", "STOP", ""} else End.RETRIED


def _unzipped(file: Path) -> bytes:
    raw = frames.read_bytes(file)
    if file.suffix != ".zip":
        return raw
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            entry = packed.infolist()[0]
            if entry.compress_type not in METHODS:  # with another compression, the unpacked size can't be checked
                raise wrong(file, "is not compressed by deflate, as Syne Tune does")
            with packed.open(entry) as inside:
                content = inside.read(frames.MAX_BYTES + 1)
    except InputError:
        raise
    except (zipfile.BadZipFile, zlib.error, IndexError, RuntimeError, ValueError, EOFError, OSError) as error:
        raise wrong(file, f"is not a sound zip file: {error}") from None
    if len(content) > frames.MAX_BYTES:
        raise wrong(file, f"unpacks to more than {frames.MAX_BYTES:,} bytes")
    return content


def _metric(path: Path, folder: Path, options: Options) -> tuple[str, bool | None]:
    """The metric and whether it is maximised, as the experiment's metadata say."""
    about: Any = {}
    source = folder / "metadata.json"
    if source.exists():
        try:
            about = json_rows.loads(reading.read_at_most(source, frames.MAX_BYTES, MEANT))
        except InputError:
            raise
        except (ValueError, RecursionError) as error:
            raise wrong(source, f"is not sound JSON: {error}") from None
    names = about.get("metric_names") if isinstance(about, dict) else None
    names = [str(name) for name in names] if isinstance(names, list) else []
    metric = choose(path, "metric", options.metric, names, "--metric") if names else options.metric
    if metric is None:
        raise wrong(path, "has no metadata.json that names the metric; add --metric and --mode")
    modes = about.get("metric_mode") if isinstance(about, dict) else None
    if isinstance(modes, list):
        modes = modes[names.index(metric)] if len(modes) == len(names) else None
    if modes is None and isinstance(about, dict):
        less = about.get("metric_do_minimize", about.get("do_minimize"))
        modes = "min" if less is True else "max" if less is False else None
    return metric, {"min": False, "max": True}.get(str(modes))
