"""Weights & Biases' offline runs: run-*.wandb, a log of records in LevelDB's framing, read with wandb's own messages.

Source of the framing: LevelDB's log format (blocks of 32 KiB; records of CRC, length and type), after a header of
seven bytes that begins with `:W&B`.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from simulator.core.errors import InputError
from simulator.curves.importers import json_rows
from simulator.curves.importers.frames import MAX_BYTES
from simulator.curves.importers.source import missing_extra, wrong
from simulator.io.reading import read_at_most

SUFFIX = ".wandb"
HEADER = b":W&B"
HEAD = 7  # bytes before the first record, and bytes of each record's own header
BLOCK = 1 << 15
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4


@dataclass
class OfflineRun:
    """An offline run: its history, when it began, and its exit status, None if it never ended."""

    name: str
    identity: str = ""
    start: float | None = None
    host: str | None = None
    exit_code: int | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)


def files(path: Path) -> list[Path]:
    """The files of offline runs at or below a path, the oldest first; the folders' names have the dates."""
    if not path.is_dir():
        return [path] if path.suffix == SUFFIX else []
    found = [
        Path(folder) / name
        for folder, _, names in os.walk(path)
        for name in names
        if name.endswith(SUFFIX) and (Path(folder) / name).is_file() and not Path(folder).is_symlink()
    ]
    return sorted(found, key=lambda file: (file.parent.name, file.name))


def read_offline_run(file: Path) -> OfflineRun:
    """Read one run; raises InputError if the file is not a run, or if wandb is not installed."""
    try:
        messages = import_module("wandb.proto.wandb_internal_pb2")
    except ImportError:
        raise missing_extra(file, "wandb") from None
    raw = read_at_most(file, MAX_BYTES, "an offline run is a file")
    if not raw.startswith(HEADER):
        raise wrong(file, "is not a run of W&B: it should begin with :W&B")
    run = OfflineRun(file.stem.removeprefix("run-"))
    for record in _records(raw):
        message = messages.Record()
        try:
            message.ParseFromString(record)
        except Exception:
            raise wrong(file, "holds a damaged record") from None
        match message.WhichOneof("record_type"):
            case "run":
                _begin(run, message.run)
            case "config":
                _configure(run, message.config)
            case "history":
                run.rows.append(_row(message.history.item))
            case "exit":
                run.exit_code = message.exit.exit_code
    return run


def _records(raw: bytes) -> Iterator[bytes]:
    """The records, up to the last that was written whole."""
    at, parts = HEAD, b""
    while at + HEAD <= len(raw):
        left = BLOCK - at % BLOCK
        if left < HEAD:
            at += left
            continue
        _, length, kind = struct.unpack("<IHB", raw[at : at + HEAD])
        data = raw[at + HEAD : at + HEAD + length]
        at += HEAD + length
        if len(data) < length or kind not in {FULL, FIRST, MIDDLE, LAST}:
            return  # a record that was cut off, or the end of the file
        if kind == FULL:
            yield data
        else:
            parts = data if kind == FIRST else parts + data
            if kind == LAST:
                yield parts


def _begin(run: OfflineRun, about: Any) -> None:
    run.identity = about.run_id or run.name
    run.name = about.display_name or about.run_id or run.name
    run.start = about.start_time.seconds + about.start_time.nanos / 1e9 if about.HasField("start_time") else None
    run.host = about.host or None
    _configure(run, about.config)


def _configure(run: OfflineRun, config: Any) -> None:
    for item in config.update:
        key = "/".join(item.nested_key) or item.key
        if not key.startswith("_wandb"):
            run.config.update(json_rows.flattened({key: _value(item.value_json)}))


def _row(items: Any) -> dict[str, Any]:
    """A row of the history; keys of nested metrics are joined by points, as W&B shows them."""
    row: dict[str, Any] = {}
    for item in items:
        key = ".".join(item.nested_key) or item.key
        value = _value(item.value_json)
        if isinstance(value, dict):
            row.update(
                {f"{key}.{name.replace('/', '.')}": inner for name, inner in json_rows.flattened(value).items()}
            )
        else:
            row[key] = value
    return row


def _value(text: str) -> Any:
    try:
        return json_rows.loads(text)
    except (ValueError, InputError):
        return text
