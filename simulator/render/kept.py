"""Pictures that are made once: a folder keeps them by the digest of everything they come from.

That is the scenario, the files that it reads, the seed, the options and this program. A repeated request gets the
same bytes, and nothing is drawn. Several processes may share a folder: an entry appears whole or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from simulator.core.escaping import json_text
from simulator.io import inputs, writing

if TYPE_CHECKING:
    from simulator.experiment.experiment import Experiment
    from simulator.experiment.sharing import SharedExperiment

#: Environment variable with the command line's folder for kept pictures; "off" keeps none.
VARIABLE = "ASHA_SIM_KEPT"
#: Most sets of pictures in a folder; the ones unused for longest are removed first.
MOST = 200
#: Name of an entry's list of files.
LIST = "files.json"
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
        entry = self._folder / digest
        try:
            listed: dict[str, str] = json.loads((entry / LIST).read_text(encoding="utf-8"))
            contents = {name: (entry / name).read_bytes() for name in listed}
        except (OSError, ValueError):
            return None
        if any(sha256(contents[name]).hexdigest() != said for name, said in listed.items()):
            return None
        with suppress(OSError):
            os.utime(entry)
        with writing.together(out):
            for name, content in contents.items():
                if not _same(out / name, content):
                    with writing.replacing(out / name) as scratch:
                        scratch.write_bytes(content)
        return [out / name for name in contents]

    def put(self, digest: str, files: Sequence[Path]) -> None:
        """Keep `files`, which lie in one folder, under `digest`. Files that can't be kept are silently not kept."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            aside = Path(mkdtemp(prefix="making-", dir=self._folder))
            try:
                listed = {path.name: sha256(path.read_bytes()).hexdigest() for path in files}
                for path in files:
                    shutil.copyfile(path, aside / path.name)
                (aside / LIST).write_text(json.dumps(listed), encoding="utf-8")
                aside.rename(self._folder / digest)  # fails if another process was faster
            finally:
                shutil.rmtree(aside, ignore_errors=True)
            self._forget()

    def _forget(self) -> None:
        """Remove the entries that were unused for longest."""
        entries = sorted(self._folder.iterdir(), key=lambda entry: entry.stat().st_mtime)
        for entry in entries[:-MOST]:
            shutil.rmtree(entry, ignore_errors=True)


def usual() -> Kept | None:
    """The command line's folder of kept pictures: in this user's caches, or as ASHA_SIM_KEPT says."""
    said = os.environ.get(VARIABLE, "")
    if said == "off":
        return None
    if said:
        return Kept(Path(said))
    caches = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        return Kept(Path(caches or Path.home() / ".cache") / "asha-simulator" / "pictures")
    except RuntimeError:  # this user has no known home folder
        return None


def digest(experiments: Iterable[Experiment | SharedExperiment], asked: Mapping[str, object]) -> str:
    """The digest of the scenarios read in this block, their files, their seeds, and the request `asked`.

    `asked` are plain values. Call it inside `inputs.noted()`, in which the scenarios were read.
    """
    about = {
        "scenarios": [(one.loaded.title, one.seed, repr(one.loaded.scenario)) for one in experiments],
        "files": sorted(_file(path) for path in inputs.read_so_far()),
        "asked": dict(asked),
        "program": _program(),
    }
    return sha256(json_text(about, indent=None).encode()).hexdigest()


def _file(path: str) -> str:
    try:
        return sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return "gone"


@lru_cache(maxsize=1)
def _program() -> str:
    """The drawing program: this package's files, and the versions of the libraries that it draws with."""
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
    """Whether a file exists with this content."""
    try:
        return not path.is_symlink() and path.stat().st_size == len(content) and path.read_bytes() == content
    except (OSError, ValueError):
        return False
