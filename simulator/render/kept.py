"""Pictures that are made once: a folder keeps them by the digest of everything that they come from.

That is the scenario, the files that it reads, the seed, the options and this program. If pictures are requested
again, the kept files are copied and nothing is drawn. Several processes may share a folder: an entry appears whole or
not at all.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from simulator.core.errors import InputError
from simulator.core.escaping import json_text
from simulator.io import inputs, reading, writing

if TYPE_CHECKING:
    from simulator.experiment.experiment import Experiment
    from simulator.experiment.sharing import SharedExperiment

#: Environment variable with the command line's folder for kept pictures; with "off" no pictures are kept.
VARIABLE = "ASHA_SIM_KEPT"
#: Greatest number of sets of pictures in a folder; the sets that were unused for longest are removed first.
MOST = 200
#: Name of an entry's list of files.
LIST = "files.json"
#: Sizes in bytes of the largest list of files and of the largest picture that are read; both are more than needed.
MOST_OF_LIST, MOST_OF_PICTURE = 1 << 20, 1 << 30
#: Names of entries, and of folders in which an entry is being made; the user may keep other things beside these.
ENTRY, MAKING = re.compile("[0-9a-f]{64}"), "making-"
#: Seconds after which such a folder counts as left behind by a killed process.
ABANDONED = 86_400
#: Libraries whose versions pictures depend on.
LIBRARIES = ("numpy", "pillow", "imageio", "matplotlib", "imageio-ffmpeg", "simpy")


class Kept:
    """A folder of pictures by digest; it is made when something is put into it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, digest: str, out: Path) -> list[Path] | None:
        """Copy the pictures kept under `digest` into the folder `out` and return the files; None if there are none.

        Existing files with the same bytes are left alone. A damaged entry counts as missing. Raises InputError and
        MachineError as writing files does.
        """
        contents = self._contents(digest)
        if contents is None:
            return None
        with suppress(OSError):
            os.utime(self._folder / digest)
        with writing.together(out):
            for name, content in contents.items():
                if not _same(out / name, content):
                    with writing.replacing(out / name) as scratch:
                        scratch.write_bytes(content)
        return [out / name for name in contents]

    def _contents(self, digest: str) -> dict[str, bytes] | None:
        """The files of an entry by name, with their bytes; None if it is missing or damaged."""
        entry = self._folder / digest
        packed = _bytes_of(entry / LIST, MOST_OF_LIST)
        try:
            listed = json.loads(packed or b"")
        except (ValueError, RecursionError):
            return None
        if not isinstance(listed, dict) or not listed or not all(map(_is_plain, listed)):
            return None
        contents = {}
        for name, said in listed.items():
            content = _bytes_of(entry / name, MOST_OF_PICTURE)
            if content is None or sha256(content).hexdigest() != said:
                return None
            contents[name] = content
        return contents

    def put(self, digest: str, files: Sequence[Path]) -> None:
        """Keep `files`, which lie in one folder, under `digest`; an error while keeping them is ignored."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            aside = Path(mkdtemp(prefix=MAKING, dir=self._folder))
            try:
                listed = {path.name: sha256(path.read_bytes()).hexdigest() for path in files}
                for path in files:
                    shutil.copyfile(path, aside / path.name)
                (aside / LIST).write_text(json.dumps(listed), encoding="utf-8")
                entry = self._folder / digest
                # In this order, since an entry that another process makes in between is whole.
                if entry.is_dir() and not entry.is_symlink() and self._contents(digest) is None:
                    shutil.rmtree(entry, ignore_errors=True)  # else a damaged entry would stay for ever
                aside.rename(entry)  # it fails if another process was faster
            finally:
                shutil.rmtree(aside, ignore_errors=True)
            self._forget()

    def _forget(self) -> None:
        """Remove the entries that were unused for longest, and leftovers of killed processes; other folders stay."""
        with os.scandir(self._folder) as there:
            folders = [entry for entry in there if entry.is_dir(follow_symlinks=False)]
        used = {entry.path: entry.stat(follow_symlinks=False).st_mtime for entry in folders}
        entries = sorted((entry.path for entry in folders if ENTRY.fullmatch(entry.name)), key=used.__getitem__)
        left = [entry.path for entry in folders if entry.name.startswith(MAKING)]
        abandoned = [path for path in left if used[path] < time.time() - ABANDONED]
        for path in (*entries[:-MOST], *abandoned):
            shutil.rmtree(path, ignore_errors=True)


def user_store() -> Kept | None:
    """The command line's folder of kept pictures: in the user's caches, or what ASHA_SIM_KEPT says."""
    said = os.environ.get(VARIABLE, "")
    if said == "off":
        return None
    if said:
        return Kept(Path(said))
    caches = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        return Kept(Path(caches or Path.home() / ".cache") / "asha-simulator" / "pictures")
    except RuntimeError:  # the user's home folder is not known
        return None


def digest(experiments: Iterable[Experiment | SharedExperiment], asked: Mapping[str, object]) -> str:
    """The digest of the scenarios that were read in this block, their files, seeds, and the request `asked`.

    `asked` are plain values. Call it inside `inputs.noted()`, in which the scenarios were read.
    """
    about = {
        "scenarios": [(one.loaded.title, one.seed, repr(one.loaded.scenario)) for one in experiments],
        "files": sorted(inputs.digests_so_far()),
        "asked": dict(asked),
        "program": _program(),
    }
    return sha256(json_text(about, indent=None).encode()).hexdigest()


@lru_cache(maxsize=1)
def _program() -> str:
    """What identifies this program: the files of this package, and the versions of the libraries for drawing."""
    found = sha256(sys.version.encode())
    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            found.update(f"{name} {version(name)}\n".encode())
    package = Path(__file__).parents[1]
    for path in sorted(package.rglob("*")):
        if path.suffix in {".py", ".js", ".css"}:
            found.update(str(path.relative_to(package)).encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def _same(path: Path, content: bytes) -> bool:
    """Whether a file with this content exists; a link to one does not count."""
    return _bytes_of(path, len(content)) == content


def _bytes_of(path: Path, limit: int) -> bytes | None:
    """The bytes of a file of up to `limit` bytes; None for anything else, such as a link, a pipe or a folder."""
    try:
        return reading.read_own(path, limit, "a picture is a file")
    except InputError:
        return None


def _is_plain(name: str) -> bool:
    """Whether a name is that of a file in the folder itself, and does not lead to another folder."""
    return Path(name).name == name and name != ".." and "\0" not in name
