"""TensorBoard's event files: each folder with some is a trial."""

from __future__ import annotations

import logging
import math
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simulator.curves.importers.source import Found, Options, Trial, choose, need, wrong

PREFIX = "events.out.tfevents."
#: What TensorBoard takes for an event file, whatever else is in its name.
TAKEN = "tfevents"


def read(path: Path, options: Options) -> Found:
    """One tag of every run below `path`; times since the run's first event."""
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    except ImportError:
        raise need(path, "tensorboard") from None
    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    found = Found("", None, [], Counter())
    runs: dict[str, Any] = {}
    for name, folder in _runs(path):
        if folder.is_dir() and any(TAKEN in file.name and not file.is_file() for file in folder.iterdir()):
            found.skipped["has an event file that is no file"] += 1  # a pipe would keep us waiting
            continue
        # Its default keeps 10,000 points of a tag, at random; 0 keeps them all.
        place = str(folder) if folder.is_file() else f"{folder}{os.sep}"  # a folder's own name may have TAKEN in it
        events = EventAccumulator(place, size_guidance={"scalars": 0, "tensors": 0})
        try:
            events.Reload()
            runs[name] = (events, events.FirstEventTimestamp())
        except ValueError:
            found.skipped["has an event file without events"] += 1
        except Exception as error:  # (whatever the parser of a damaged file comes up with)
            found.skipped[f"has a damaged event file ({type(error).__name__})"] += 1
    tags = Counter(tag for events, _ in runs.values() for tag in _tags(events))
    if not tags:
        why = "; ".join(f"{count:,} {reason}" for reason, count in found.skipped.items())
        raise wrong(path, f"holds no scalars{': ' + why if why else ''}")
    found.metric = choose(path, "tag", options.metric, sorted(tags), "--metric")
    for name, (events, start) in runs.items():
        try:
            points = list(_points(events, found.metric)) if found.metric in _tags(events) else []
        except Exception:  # (whatever is made of a tensor that is no number)
            found.skipped["reports what is no single number"] += 1
            continue
        if not points:  # of such a tag, or since a restart took them back
            found.skipped[f"does not report {found.metric}"] += 1
            continue
        steps, losses, when = zip(*points, strict=True)
        elapsed = [time - start for time in when]
        found.trials.append(Trial.of(name, (steps, losses, elapsed), span=(start, max(when))))
    return found


def _runs(path: Path) -> Iterator[tuple[str, Path]]:
    """Folders with event files, by their path below `path`; a single event file is a run too."""
    if path.is_file():
        if TAKEN not in path.name:
            raise wrong(path, f"is no event file; their names begin with {PREFIX}")
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


def _points(events: Any, tag: str) -> Iterator[tuple[int, float, float]]:
    from tensorboard.util.tensor_util import make_ndarray

    if tag in events.Tags()["scalars"]:
        for event in events.Scalars(tag):
            yield event.step, event.value, event.wall_time
    else:
        for event in events.Tensors(tag):
            if math.prod(dim.size for dim in event.tensor_proto.tensor_shape.dim) != 1:
                raise ValueError  # before it is filled with one value at any size
            yield event.step, float(make_ndarray(event.tensor_proto).item()), event.wall_time
