"""TensorBoard's event files: each folder that holds some is a trial."""

from __future__ import annotations

import logging
import math
import os
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from simulator.curves.importers import roles, segments
from simulator.curves.importers.source import BEYOND, End, Found, Options, Trial, choose, missing_extra, wrong

PREFIX = "events.out.tfevents."
#: The text in a file's name by which TensorBoard recognises an event file.
TAKEN = "tfevents"


USES = frozenset({"step_column", "max_gap"})


def read(path: Path, options: Options) -> Found:  # noqa: C901
    """Read one tag of every run below `path`; times count from a file's first event, and add up in resumed runs."""
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    except ImportError:
        raise missing_extra(path, "tensorboard") from None
    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    found = Found("", None, [], Counter())
    runs: dict[str, list[_File]] = {}
    for name, folder in _runs(path):
        if folder.is_dir() and any(TAKEN in file.name and not file.is_file() for file in folder.iterdir()):
            found.skipped["has an event file that is not a regular file"] += 1  # reading a pipe would block
            continue
        # By default TensorBoard keeps 10,000 random points of a tag; 0 keeps them all.
        places = [folder] if folder.is_file() else sorted(file for file in folder.iterdir() if TAKEN in file.name)
        logged: list[_File] = []
        for file in places:
            events = EventAccumulator(str(file), size_guidance={"scalars": 0, "tensors": 0})
            try:
                events.Reload()
                logged.append(_File(events, events.FirstEventTimestamp()))
            except ValueError:
                if len(places) == 1:
                    found.skipped["has an event file without events"] += 1
                else:
                    found.others["event files without events"] += 1
            except Exception as error:  # (the parser may raise anything for a damaged file)
                found.skipped[f"has a damaged event file ({type(error).__name__})"] += 1
        if logged:
            runs[name] = sorted(logged, key=lambda file: file.start)
    tags = Counter(tag for files in runs.values() for file in files for tag in _tags(file.events))
    if not tags:
        why = "; ".join(f"{count:,} {reason}" for reason, count in found.skipped.items())
        raise wrong(path, f"holds no scalars{': ' + why if why else ''}")
    found.metric = choose(path, "tag", options.metric, sorted(tags), "--metric")
    if options.step_column is not None and options.step_column not in tags:
        choose(path, "tag", options.step_column, sorted(tags), "--step-column")
    reporting = {name for name, files in runs.items() if any(found.metric in _tags(file.events) for file in files)}
    roles.check_names(path, sorted(name for name in reporting if options.takes(name)), found.metric)
    for name, files in runs.items():
        _add(found, name, files, options)
    return found


class _File(NamedTuple):
    """An event file: its content, and the time at which it was begun."""

    events: Any
    start: float


def _add(found: Found, name: str, files: list[_File], options: Options) -> None:  # noqa: C901
    """Add a run's trial; files that begin again at the first step are runs of their own."""
    parts = []
    for file in files:
        if found.metric not in _tags(file.events):
            continue
        try:
            points = list(_points(file.events, found.metric))
            if options.step_column is not None:
                points = _at(points, _counts(file, files, options.step_column))
        except Exception:  # (a tensor that is not a number may raise anything)
            found.skipped["reports something other than a single number"] += 1
            return
        if points:
            parts.append((file, points))
    if not parts:  # the tag has no points, or a restart took them back
        found.skipped[f"does not report {found.metric}"] += 1
        return
    runs: list[list[tuple[_File, list[Point]]]] = []
    for part in parts:
        if not runs or min(part[1])[0] <= min(runs[-1][0][1])[0]:
            runs.append([])
        runs[-1].append(part)
    if len(runs) > 1:
        found.notes.append(f"{name}: holds {len(runs)} runs that each begin at the first step; each is a trial")
    for number, run in enumerate(runs, start=1):
        made = _trial(name if len(runs) == 1 else f"{name} ({number})", run, options)
        if isinstance(made, str):
            found.skipped[made] += 1
        else:
            found.trials.append(made)


def _counts(file: _File, files: list[_File], tag: str) -> list[Point]:
    """The values of the tag that counts steps, from the same file, or else from the run's other files."""
    among = [file] if tag in _tags(file.events) else files
    return [point for one in among if tag in _tags(one.events) for point in _points(one.events, tag)]


#: A point: step, value, time of day.
Point = tuple[float, float, float]


def _at(points: list[Point], steps: list[Point]) -> list[Point]:
    """The points, with the latest value of another tag as their steps; points before its first value are left out."""
    known = sorted((step, value) for step, value, _ in steps)
    places = [step for step, _ in known]
    made = []
    for step, value, when in points:
        at = bisect_right(places, step)
        if at:
            made.append((known[at - 1][1], value, when))
    return made


def _trial(name: str, run: list[tuple[_File, list[Point]]], options: Options) -> Trial | str:
    made = []
    for place, (file, points) in enumerate(run):
        steps, losses, when = (np.array(column, np.float64) for column in zip(*points, strict=True))
        scaled = options.resources(steps)
        if not (np.isfinite(scaled) & (np.abs(scaled) < 2**63)).all():
            return BEYOND
        whole = (
            np.array([int(options.resource(int(step))) for step, _, _ in points], object)
            if (steps == np.rint(steps)).all()
            else np.rint(scaled)
        )
        if (scaled != np.rint(scaled)).any():
            return "has steps that are not whole numbers; --step-scale FACTOR turns them into such"
        whole = np.array(whole, np.int64)
        if not np.isfinite([*when, file.start]).all():
            return "has a time that is not a number"
        last = place == len(run) - 1
        if len(run) == 1:
            return Trial.of(name, (whole, losses, when - file.start), span=(file.start, float(when.max())))
        how = End.FINISHED if last else End.PAUSED
        made.append(segments.Segment(whole, losses, when - file.start, how, file.start))
    return segments.joined(name, made, End.FINISHED)


def _runs(path: Path) -> Iterator[tuple[str, Path]]:
    """Folders with event files, by their path below `path`; a single event file is a run too."""
    if path.is_file():
        if TAKEN not in path.name:
            raise wrong(path, f"is not an event file; the names of event files begin with {PREFIX}")
        yield path.name, path
        return
    any_found = False
    for folder, below, files in os.walk(path):
        below.sort()
        if any(PREFIX in name for name in files):
            any_found = True
            yield str(Path(folder).relative_to(path)), Path(folder)
    if not any_found:
        raise wrong(path, f"holds no event files; their names begin with {PREFIX}")


def _tags(events: Any) -> set[str]:
    """Scalar tags; TensorFlow 2 writes scalars as tensors."""
    tags = set(events.Tags()["scalars"])
    for tag in events.Tags()["tensors"]:
        about = events.summary_metadata.get(tag)
        if about is not None and about.plugin_data.plugin_name == "scalars":
            tags.add(tag)
    return tags


def _points(events: Any, tag: str) -> Iterator[Point]:
    from tensorboard.util.tensor_util import make_ndarray

    if tag in events.Tags()["scalars"]:
        for event in events.Scalars(tag):
            yield event.step, event.value, event.wall_time
    else:
        for event in events.Tensors(tag):
            if math.prod(dim.size for dim in event.tensor_proto.tensor_shape.dim) != 1:
                raise ValueError  # checked before it is expanded from one value to any size
            yield event.step, float(make_ndarray(event.tensor_proto).item()), event.wall_time
