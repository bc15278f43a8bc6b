"""The results folder: every finished block is on disk before the next one, so a killed sweep can go on.

`manifest.json` describes the sweep, `blocks/` holds a Parquet file for each block, `lock` is locked by the process at
work. The name of a block ends with the digest of its bytes, and the file says what it belongs to: scenario, seed,
tables, versions and bounds. A damaged block is refused before polars reads it, since a damaged file can abort polars.
A block of another sweep is refused, and the error names the difference.
"""

from __future__ import annotations

import errno
import io
import json
import os
import re
import stat
from hashlib import sha256
from importlib.metadata import version
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field, ValidationError

from simulator.core import escaping
from simulator.core.errors import InputError, Problem, RunError
from simulator.core.streams import DRAWS_VERSION
from simulator.io import inputs, reading, scratch, writing
from simulator.planning.grid import differences, short
from simulator.planning.identity import NAMED, bare, label_of, unlike, versions
from simulator.planning.ignorance import OF_SET
from simulator.planning.runs import BILLS, KEPT, PAID, Runs, with_hours
from simulator.planning.sweep import SETS, Block, Shape, Work
from simulator.scenario.base import Section

if TYPE_CHECKING:
    import polars as pl

MANIFEST = "manifest.json"
#: Files of a results folder in addition to its blocks.
REPORTS = ("plan.json", "table.csv", "plan.md", "plan.html", "plan.pdf")
FILES = (MANIFEST, "lock", *REPORTS)
#: Sizes in bytes of the largest manifest and of the largest block; both are far more than needed.
MOST_OF_MANIFEST, MOST_OF_BLOCK = 1 << 26, 1 << 28
#: Number of characters that are read from a lock at most; the number of a process is shorter.
LOCK = 20
#: The column of a block that says what it belongs to, and the prefix of the columns of paid hours.
LABEL, HOURS = "of", "paid_h_"
#: Version of the format of a block, and of the way in which sets of pilots are made. Every change raises it, so that
#: old folders are recognised.
BLOCKS_VERSION = 3

_Whole = Annotated[int, Field(ge=1, le=10**6)]


class Manifest(Section):
    """The content of `manifest.json`."""

    asha_simulator: str
    draws: int = 1  # folders of the first version lack the key
    blocks: int = 1
    seed: int
    scenario: dict[str, Any]
    tables: dict[str, str]
    block: Annotated[list[_Whole], Field(min_length=2, max_length=2)]


class Store:
    """A results folder, held by this process until it is closed.

    `columns` are the columns of a run; by default they are those of a sweep, with hours in place of money, so that
    the runs can be used again with other prices.

    Raises InputError if the folder holds results already and `resume` is false, if they are of another scenario, seed
    or version, or if another process is at work there. The scenario may ask another question about the same runs.
    """

    def __init__(
        self,
        folder: Path,
        work: Work,
        tables: dict[str, str],
        *,
        resume: bool,
        columns: np.dtype[np.void] | None = None,
    ) -> None:
        self._folder, self._columns = folder, columns
        inputs.check_kept(folder / name for name in FILES)
        writing.check_files(folder / name for name in REPORTS)  # else they are refused after all runs are done
        _check_no_link(folder / "blocks")
        writing.make_folder(folder / "blocks")
        self._lock = _locked(folder / "lock")
        try:
            scratch.clear([folder, folder / "blocks"])  # left by a killed process
            self._about = {
                "asha_simulator": version("asha-simulator"),
                "draws": DRAWS_VERSION,
                "blocks": BLOCKS_VERSION,
                "seed": work.seed,
                "scenario": json.loads(json.dumps(work.loaded.document.values, default=str)),  # as if read back
                "tables": tables,
            }
            self.shape: Shape | None = None
            self._label = label_of(self._about)
            self._paths: dict[str, list[Path]] = {}
            for path in sorted((folder / "blocks").iterdir()):
                self._paths.setdefault(path.name.rsplit(".", 2)[0], []).append(path)
            known = self._read_manifest()
            if known is None and self._paths:
                message = "holds blocks of results, and no manifest.json says of what; choose another folder"
                raise InputError(Problem(str(folder), message))
            if known is not None:
                if not resume:
                    message = "holds results already; go on with --resume, or choose another folder"
                    raise InputError(Problem(str(folder), message))
                self._compare(known)
                self.shape = Shape(*known.block)
                if known.scenario != self._about["scenario"]:
                    self.begin(self.shape)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Unlock the folder."""
        self._lock.close()

    def begin(self, shape: Shape) -> None:
        """Write the manifest of the blocks to come; raises MachineError if the folder is gone."""
        self.shape = shape
        about = {**self._about, "block": list(shape)}
        text = escaping.json_text(about) + "\n"
        self._write(self._folder / MANIFEST, text.encode())

    def load(self, block: Block) -> Runs | None:
        """The runs of a block, None if it is not done yet.

        Raises InputError if a file of that name was changed, or belongs to another sweep.
        """
        found: list[tuple[Path, Runs]] = []
        for path in self._paths.get(block.file, ()):
            runs = self._runs(path, block)
            if runs is None:
                continue
            if found and found[0][1].tobytes() != runs.tobytes():
                message = f"and {found[0][0].name} hold the same runs and differ; delete one of them, or both"
                raise InputError(Problem(str(path), message))
            found.append((path, runs))
        return found[0][1] if found else None

    def _runs(self, path: Path, block: Block) -> Runs | None:
        import polars as pl

        packed = reading.read_own(path, MOST_OF_BLOCK, "a block is a file; choose another folder")
        if packed is None:  # it was removed after the folder was listed
            return None
        damaged = InputError(Problem(str(path), "is damaged; delete it and go on with --resume"))
        if path.name != _name(block, packed):
            raise damaged
        try:
            frame = pl.read_parquet(io.BytesIO(packed))
            [label] = frame[LABEL].unique().to_list()
            told = json.loads(label)
            runs = _by_hours(frame) if self._columns is None else _by_columns(frame, self._columns)
        except (pl.exceptions.PolarsError, ValueError, TypeError, RecursionError):
            raise damaged from None
        differs = list(unlike(told, {**self._label, "block": block.file}))
        if differs:
            message = f"is {'; '.join(differs)}: it was copied here; delete it and go on with --resume"
            raise InputError(Problem(str(path), message))
        if not _is_of(runs, block):
            raise damaged
        return runs

    def save(self, block: Block, runs: Runs) -> None:
        """Write a finished block aside and rename it; raises MachineError if the folder is gone."""
        import polars as pl

        label = json.dumps({**self._label, "block": block.file}, sort_keys=True)
        columns = {name: runs[name] for name in runs.dtype.names or () if name != PAID}
        if PAID in (runs.dtype.names or ()):
            paid = runs[PAID].reshape(len(runs), -1).T
            columns |= {f"{HOURS}{place}": hours for place, hours in enumerate(paid)}
        table = io.BytesIO()
        pl.DataFrame(columns).with_columns(pl.lit(label).alias(LABEL)).write_parquet(table)
        packed = table.getvalue()
        self._write(self._folder / "blocks" / _name(block, packed), packed)

    def _write(self, path: Path, content: bytes) -> None:
        try:
            with writing.replacing(path) as aside:
                self._check_there()  # after writing, since `replacing` makes a missing folder and removes it
                aside.write_bytes(content)
        except (InputError, RunError):
            self._check_there()  # the folder may be removed at any moment, and the error should say so
            raise

    def _check_there(self) -> None:
        path = Path(self._lock.name)
        try:
            there = os.path.samestat(os.fstat(self._lock.fileno()), path.stat())
        except OSError:
            there = False
        if not there:
            raise writing.unwritable(
                self._folder, FileNotFoundError(errno.ENOENT, "it was removed or renamed meanwhile")
            )

    def _read_manifest(self) -> Manifest | None:
        path = self._folder / MANIFEST
        text = reading.read_own(path, MOST_OF_MANIFEST, "it should be what a plan wrote; choose another folder")
        if text is None:
            return None
        try:
            return Manifest.model_validate(json.loads(text))
        except (ValidationError, ValueError, RecursionError):  # not UTF-8, not JSON, nested too deeply, wrong types
            message = "does not say what the results here are of; choose another folder"
            raise InputError(Problem(str(path), message)) from None

    def _compare(self, known: Manifest) -> None:
        wrong = [f"of {text}" for text in unlike(versions(known.model_dump()), versions(self._about))]
        found = list(differences(bare(known.scenario), bare(self._about["scenario"])))
        changes = [
            f"{'.'.join(map(str, path)) or 'scenario'} is {short(there)} there and {short(here)} here"
            for path, there, here in found[:NAMED]
        ]
        if changes:
            more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
            wrong.append(f"of another scenario ({'; '.join(changes)}{more})")
        if wrong:
            raise InputError(Problem(str(self._folder), f"holds results {', '.join(wrong)}; choose another folder"))


def _by_columns(frame: pl.DataFrame, columns: np.dtype[np.void]) -> Runs:
    """Make runs from a frame with one column for each of their fields."""
    runs = np.zeros(frame.height, columns)
    for name in columns.names or ():
        runs[name] = _column(frame, name, columns[name])
    return runs


def _by_hours(frame: pl.DataFrame) -> Runs:
    """Make runs from a frame with one column for the hours of each bill and group."""
    hours = [name for name in frame.columns if name.startswith(HOURS)]
    runs = np.zeros(frame.height, with_hours(len(hours) // len(BILLS)))
    for name in KEPT:
        runs[name] = _column(frame, name, runs.dtype[name])
    paid = np.stack([frame[name].to_numpy() for name in hours], axis=1)
    runs[PAID] = paid.reshape(runs[PAID].shape)
    return runs


def _column(frame: pl.DataFrame, name: str, kind: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """A column of numbers; raises ValueError for numbers of another type, and for missing entries."""
    values = frame[name].to_numpy()
    if values.dtype != kind:
        raise ValueError(f"{name} holds {values.dtype}, not {kind}")
    return values


def _is_of(runs: Runs, block: Block) -> bool:
    """Whether runs are exactly those of a block: each of its cells with each searcher, in each replicate."""
    numbers = [number if number < SETS else (number - SETS) % OF_SET for number in range(*block.replicates)]
    width = len(runs) // len(numbers)
    if not width or len(runs) != width * len(numbers):
        return False
    cells, searchers, replicates = (runs[name].reshape(-1, width) for name in ("cell", "searcher", "replicate"))
    found: dict[int, list[int]] = {}
    for cell, searcher in zip(cells[0].tolist(), searchers[0].tolist(), strict=True):
        found.setdefault(cell, []).append(searcher)
    if list(found) != list(range(*block.cells)):
        return False
    meant = (list(range(len(there))) if block.searcher is None else [block.searcher] for there in found.values())
    return list(found.values()) == list(meant) and all(
        np.array_equal(these, np.broadcast_to(those, these.shape))
        for these, those in ((cells, cells[0]), (searchers, searchers[0]), (replicates.T, numbers))
    )


def _check_no_link(path: Path) -> None:
    if path.is_symlink():
        raise InputError(
            Problem(str(path), "is a link, and its target may belong to someone else; choose another folder")
        )


def _name(block: Block, packed: bytes) -> str:
    return f"{block.file}.{sha256(packed).hexdigest()[:16]}.parquet"


def _locked(path: Path) -> FileIO:
    """Open and lock a file; the system unlocks it when the process ends, for whatever reason.

    Raises InputError if a plan did not write the file, which then stays as it is.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    _check_no_link(path)
    try:
        lock = FileIO(path, "r+", opener=lambda name, _: os.open(name, flags, 0o666))
    except OSError as error:
        raise writing.unwritable(path, error) from None
    try:
        about = os.fstat(lock.fileno())
        holder = lock.read(LOCK).decode(errors="replace") if stat.S_ISREG(about.st_mode) else ""
        if not stat.S_ISREG(about.st_mode) or about.st_nlink > 1 or not re.fullmatch(r"(\d+\n)?", holder):
            message = "is not the lock of a plan, which has a process's number in it; choose another folder"
            raise InputError(Problem(str(path), message))
        if not writing.hold(lock):
            text = f" ({holder.strip()})" if holder else ""
            raise InputError(Problem(str(path.parent), f"another process{text} is at work in this folder"))
        lock.truncate(0)
        lock.seek(0)
        lock.write(b"%d\n" % os.getpid())
    except OSError as error:
        lock.close()
        raise writing.unwritable(path, error) from None
    except BaseException:
        lock.close()
        raise
    return lock
