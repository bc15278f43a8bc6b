"""One case of a program: a folder to run in, a diary, and the place where the log is kept at the end."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diary
import scrub
import truth


class Case:
    """A case named `name` of `program`; `run` fills `folder`."""

    def __init__(self, program: str, name: str) -> None:
        self.name = name
        self.folder = Path(os.environ["EXPERIMENT"]) / program / name
        self.folder.mkdir(parents=True)
        self.diaries = Path(os.environ["EXPERIMENT"]) / "diaries" / program / name
        self.diaries.mkdir(parents=True)
        os.environ[diary.VARIABLE] = str(self.diaries)
        self.target = Path(sys.argv[1]) / program / name

    @property
    def segments(self) -> truth.Segments:
        """What the training functions have written down so far."""
        return truth.diaries(self.diaries)

    def keep(self, log: Path, about: dict[str, Any], wanted: Callable[[Path], bool] = lambda _: True) -> None:
        """Keep the files of `log` that are `wanted` as the case's fixture, with its truth."""
        shutil.rmtree(self.target, ignore_errors=True)
        kept = self.folder.with_name(self.name + "-kept")
        for source in sorted(log.rglob("*")):
            if source.is_file() and wanted(source.relative_to(log)):
                place = kept / source.relative_to(log)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, place)
        scrub.scrub(kept)
        self.target.mkdir(parents=True)
        shutil.copytree(kept, self.target / "log")
        truth.write(about, self.target)
        size = sum(path.stat().st_size for path in self.target.rglob("*") if path.is_file())
        print(
            f"{self.target.parent.name}/{self.name}: {size:,} bytes, {about['trained_s']:.2f} s trained", flush=True
        )
