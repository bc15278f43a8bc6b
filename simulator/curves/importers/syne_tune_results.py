"""Syne Tune's results: results.csv.zip and metadata.json of an experiment. Syne Tune itself is not needed."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from simulator.core.errors import InputError
from simulator.curves.importers import frames
from simulator.curves.importers.source import End, Found, Options, Trial, choose, wrong
from simulator.io import reading

TRIAL, TIME, STAMP, COUNT = "trial_id", "st_worker_time", "st_worker_timestamp", "st_worker_iter"
DECISION, STATUS = "st_decision", "st_status"
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MEANT = "Syne Tune's is a file that names the metric"
RESOURCES = ("epoch", "epochs", "step", "steps", "iteration")


def read(path: Path, options: Options) -> Found:
    """The trials of an experiment's folder; the resource is `epoch` or the like, or the count of reports."""
    folder = path if path.is_dir() else path.parent
    file = next((folder / name for name in ("results.csv.zip", "results.csv") if (folder / name).exists()), None)
    if file is None:
        raise wrong(path, "holds no results.csv.zip of Syne Tune")
    frame = frames.parse(file, _unzipped(file), "csv")
    metric, maximise = _metric(path, folder, options)
    trial = frames.texts(frames.column(file, frame, TRIAL, "--trial-column"))
    losses = frames.column(file, frame, metric, "--metric")
    step = options.step_column or next((name for name in RESOURCES if name in frame.columns), COUNT)
    steps = frames.whole(file, frames.column(file, frame, step, "--step-column"))
    values = frames.numbers(file, losses)
    elapsed = frames.numbers(file, frame[TIME]) if TIME in frame.columns else None
    stamps = frames.numbers(file, frame[STAMP]) if STAMP in frame.columns else None
    decisions = frames.texts(frame[DECISION]) if DECISION in frame.columns else None
    statuses = frames.texts(frame[STATUS]) if STATUS in frame.columns else None
    found = Found(metric, maximise, [], Counter(), notes=[f"the resource is {step}"])
    for name, rows in frames.groups(trial) if trial else []:
        last = rows[-1]
        end = End.FINISHED
        if statuses and statuses[last].lower() == "failed":
            end = End.FAILED
        elif decisions and decisions[last].upper() in {"STOP", "PAUSE"}:
            end = End.STOPPED
        span = None
        if stamps is not None and elapsed is not None and np.isfinite([stamps[rows], elapsed[rows]]).all():
            span = float(stamps[rows[0]] - elapsed[rows[0]]), float(stamps[last])
        seconds = None if elapsed is None else elapsed[rows]
        found.trials.append(Trial(name, steps[rows], values[rows], seconds, end, span))
    return found


def _unzipped(file: Path) -> bytes:
    raw = frames.read_bytes(file)
    if file.suffix != ".zip":
        return raw
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            entry = packed.infolist()[0]
            if entry.compress_type not in METHODS:  # the others unpack at any size before anybody can look
                raise wrong(file, "is packed in another way than Syne Tune does, which is deflate")
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
            about = json.loads(reading.read_at_most(source, frames.MAX_BYTES, MEANT))
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
    return metric, {"min": False, "max": True}.get(str(modes))
