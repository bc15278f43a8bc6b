"""The results folder: every finished block is on disk before the next, so a killed sweep goes on where it was.

`manifest.json` says what the blocks are of, `blocks/` holds a Parquet file for each, `lock` is held by whoever works.
The name of a block ends with the digest of its bytes: one that a disk has changed is refused before polars, which a
damaged file can abort, is given it, and never counted.
"""

from __future__ import annotations

import errno
import io
import json
import os
from hashlib import sha256
from importlib.metadata import version
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np

from simulator.core.errors import InputError, Problem, RunError, unreadable
from simulator.io import writing
from simulator.planning.grid import differences, short
from simulator.planning.runs import RUN
from simulator.planning.sweep import Block, Runs, Shape, Work

MANIFEST = "manifest.json"
#: Differences of scenarios that are named.
NAMED = 3
#: What no run depends on: it may be another when the results are gone on with.
FREE = ("title", "time_unit")
FREE_IN_PLAN = ("deadline", "budget", "confidence", "replicates", "limit", "pilots")


class Store:
    """A results folder, held by this process until it is closed.

    Raises InputError where the folder holds results already and `resume` does not say to go on, where they are of
    another scenario, seed or version, and where another process is at work there. A scenario may put another
    question to the same runs.
    """

    def __init__(self, folder: Path, work: Work, tables: dict[str, str], *, resume: bool) -> None:
        self._folder = folder
        writing.make_folder(folder / "blocks")
        self._lock = _locked(folder / "lock")
        try:
            for left in (*folder.glob(f".{MANIFEST}.*"), *(folder / "blocks").glob(".*.parquet")):
                left.unlink()  # what a killed process was writing
            self._about = {
                "asha_simulator": version("asha-simulator"),
                "seed": work.seed,
                "scenario": json.loads(json.dumps(work.loaded.document.values, default=str)),  # as it is read again
                "tables": tables,
            }
            self.shape: Shape | None = None
            self._paths = {path.name.rsplit(".", 2)[0]: path for path in (folder / "blocks").iterdir()}
            known = self._read_manifest()
            if known is None and self._paths:
                message = "holds blocks of results, and no manifest.json says of what; choose another folder"
                raise InputError(Problem(str(folder), message))
            if known is not None:
                if not resume:
                    message = "holds results already; go on with --resume, or choose another folder"
                    raise InputError(Problem(str(folder), message))
                self._compare(known)
                self.shape = Shape(*known["block"])
                if known["scenario"] != self._about["scenario"]:
                    self.begin(self.shape)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let others work here."""
        self._lock.close()

    def begin(self, shape: Shape) -> None:
        """Say what the blocks to come are of; raises MachineError where the folder is not here any more."""
        self.shape = shape
        about = {**self._about, "block": list(shape)}
        text = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
        self._write(self._folder / MANIFEST, text.encode())

    def load(self, block: Block) -> Runs | None:
        """The runs of a block, None where it is not done yet; raises InputError where it is not what was written."""
        import polars as pl

        path = self._paths.get(block.file)
        if path is None:
            return None
        try:
            packed = path.read_bytes()
        except OSError as error:
            raise unreadable(path, error) from None
        if path.name != _name(block, packed):
            message = "is damaged, it is not what was written here; delete it and go on with --resume"
            raise InputError(Problem(str(path), message))
        frame = pl.read_parquet(io.BytesIO(packed))
        runs = np.zeros(frame.height, RUN)
        for name in RUN.names or ():
            runs[name] = frame[name].to_numpy()
        return runs

    def save(self, block: Block, runs: Runs) -> None:
        """Write a finished block aside and rename it; raises MachineError where the folder is not here any more."""
        import polars as pl

        table = io.BytesIO()
        pl.DataFrame({name: runs[name] for name in RUN.names or ()}).write_parquet(table)
        packed = table.getvalue()
        self._write(self._folder / "blocks" / _name(block, packed), packed)

    def _write(self, path: Path, content: bytes) -> None:
        try:
            with writing.replacing(path) as scratch:
                self._check_there()  # not before: what `replacing` made for a folder that is gone, it takes away
                scratch.write_bytes(content)
        except (InputError, RunError):
            self._check_there()  # it may go at any moment, and that is what to say then
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

    def _read_manifest(self) -> dict[str, Any] | None:
        path = self._folder / MANIFEST
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unreadable(path, error) from None
        except UnicodeDecodeError:
            text = ""
        try:
            known = json.loads(text)
            Shape(*map(int, known["block"]))
        except (ValueError, TypeError, KeyError):
            message = "does not say what the results here are of; choose another folder"
            raise InputError(Problem(str(path), message)) from None
        return dict(known)

    def _compare(self, known: dict[str, Any]) -> None:
        told = {"asha_simulator": "version", "seed": "seed"}
        wrong = []
        for key, meaning in told.items():
            if known.get(key) != self._about[key]:
                there, here = (f"{short(side)}" for side in (known.get(key), self._about[key]))
                wrong.append(f"of another {meaning} ({there} there, {here} here)")
        changed = [path[0] for path, _, _ in differences(known.get("tables"), self._about["tables"]) if path]
        if changed:
            wrong.append(f"of other curves ({', '.join(map(str, changed))} has changed)")
        found = list(differences(_bare(known.get("scenario")), _bare(self._about["scenario"])))
        changes = [
            f"{'.'.join(map(str, path)) or 'scenario'} is {short(there)} there and {short(here)} here"
            for path, there, here in found[:NAMED]
        ]
        if changes:
            more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
            wrong.append(f"of another scenario ({'; '.join(changes)}{more})")
        if wrong:
            raise InputError(Problem(str(self._folder), f"holds results {', '.join(wrong)}; choose another folder"))


def _bare(scenario: Any) -> Any:
    """A scenario without what no run depends on."""
    if not isinstance(scenario, dict):
        return scenario
    bare = {key: value for key, value in scenario.items() if key not in FREE}
    if isinstance(scenario.get("plan"), dict):
        bare["plan"] = {key: value for key, value in scenario["plan"].items() if key not in FREE_IN_PLAN}
    return bare


def _name(block: Block, packed: bytes) -> str:
    return f"{block.file}.{sha256(packed).hexdigest()[:16]}.parquet"


def _locked(path: Path) -> FileIO:
    """Open a file that only one process holds, and that falls free when the process ends, however it does."""
    try:
        lock = path.open("a+b", buffering=0)
        if writing.hold(lock):
            lock.truncate(0)
            lock.write(b"%d\n" % os.getpid())
            return lock
    except OSError as error:
        raise writing.unwritable(path, error) from None
    lock.seek(0)
    holder = lock.read(20).decode(errors="replace").strip()
    lock.close()
    message = f"another process{f' ({holder})' if holder else ''} is at work in this folder"
    raise InputError(Problem(str(path.parent), message))
