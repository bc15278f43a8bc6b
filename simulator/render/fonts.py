"""Fonts: the one bundled with matplotlib, and an installed one for characters that it lacks.

All characters of the bundled font are drawn in it, so that pictures have the same bytes everywhere. Installed fonts
are only searched for other characters, such as Chinese ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from simulator.core.errors import InputError
from simulator.io import reading

if TYPE_CHECKING:
    from matplotlib.font_manager import FontEntry
    from matplotlib.ft2font import FT2Font

#: Characters that the bundled font has: those below this code, with accented Latin letters, and these others, which
#: our own texts use.
LATIN_ENDS, OWN = 0x250, frozenset("–—‘’“”…×·→\ufffd")


#: Size in bytes of the largest font that is read; the largest fonts, with Chinese letters, have some 20 million.
MOST = 1 << 28
#: Sizes of letters in pixels at which a font is tried out.
SIZES = (11, 12, 24)
#: The font that a user requested, which comes before the bundled one.
_asked: ContextVar[Path | None] = ContextVar("_asked", default=None)


class Face(NamedTuple):
    """An installed font: its family and its file."""

    family: str
    path: str


@lru_cache(maxsize=1)
def bundled() -> Path:
    """The folder of matplotlib's fonts; importing matplotlib would take longer than drawing a whole animation."""
    found = find_spec("matplotlib")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("matplotlib, whose fonts letter the animations, is not installed")
    return Path(found.submodule_search_locations[0], "mpl-data", "fonts", "ttf")


@lru_cache(maxsize=4096)
def face_for(character: str) -> Face | None:
    """The installed font for a character that the bundled font lacks; None if that has it, or if no font has it."""
    return (
        None if _bundled_has(character) else next((face for face in _installed() if _has(face.path, character)), None)
    )


@contextmanager
def use_font(path: Path | None) -> Iterator[None]:
    """Draw with the font of a file inside the block, for the characters that it has."""
    token = _asked.set(path)
    try:
        yield
    finally:
        _asked.reset(token)


def requested() -> Face | None:
    """The requested font, which comes first; None for the bundled one."""
    path = _asked.get()
    return None if path is None else _face(str(path))


def unusable(path: Path) -> str:
    """Why a file can't be used as a font; empty if it can."""
    from PIL import ImageFont

    try:
        reading.read_at_most(path, MOST, "a font is a TrueType or OpenType file")
    except InputError as error:
        return error.problems[0].message
    found = _opened(str(path))
    if found is None:
        return "is not a font of outlines; give a TrueType or OpenType file (.ttf, .otf, .ttc)"
    letters = "".join(chr(code) for code in range(LATIN_ENDS) if found.get_char_index(code))
    try:  # draw the letters as animations do, and as plots do
        for size in SIZES:
            ImageFont.truetype(str(path), size).getmask(letters)
        for letter in letters:
            found.load_char(ord(letter))
    except (OSError, RuntimeError, ValueError):
        return "is a damaged font, whose letters can't be drawn; copy or install it again"
    return ""


def lacking_in(path: Path, texts: Iterable[str]) -> str:
    """The characters, each once, that the font of a file lacks; other fonts are used for these."""
    there = dict.fromkeys("".join(texts))
    return "".join(one for one in there if not one.isspace() and not _has(str(path), one))


def lacking(texts: Iterable[str]) -> str:
    """The characters, each once, that no font has; pictures show a box for each."""
    there = dict.fromkeys("".join(texts))
    return "".join(one for one in there if _own_face(one, requested()) is None and not _bundled_has(one))


def pieces(text: str) -> tuple[tuple[Face | None, str], ...]:
    """Pieces of `text`, each with its font; None is the bundled font."""
    return _pieces(text, requested())


def _own_face(character: str, own: Face | None) -> Face | None:
    """The font of a character; None for the bundled font, or if no font has the character."""
    return own if own is not None and _has(own.path, character) else face_for(character)


@lru_cache(maxsize=64)
def _face(path: str) -> Face | None:
    found = _opened(path)
    return None if found is None else Face(found.family_name, path)


@lru_cache(maxsize=4096)
def _pieces(text: str, own: Face | None) -> tuple[tuple[Face | None, str], ...]:
    pieces: list[tuple[Face | None, str]] = []
    for character in text:
        face = _own_face(character, own)
        if pieces and pieces[-1][0] == face:
            pieces[-1] = face, pieces[-1][1] + character
        else:
            pieces.append((face, character))
    return tuple(pieces)


@lru_cache(maxsize=4096)
def _bundled_has(character: str) -> bool:
    return ord(character) < LATIN_ENDS or character in OWN or _has(str(bundled() / "DejaVuSans.ttf"), character)


def _has(path: str, character: str) -> bool:
    found = _opened(path)
    return found is not None and bool(found.get_char_index(ord(character)))


@lru_cache(maxsize=1024)
def _opened(path: str) -> FT2Font | None:
    """The font of a file; None if it can't be read, or has pictures instead of outlines, as emoji fonts do."""
    from matplotlib.ft2font import FT2Font

    try:
        found = FT2Font(path)
    except (OSError, RuntimeError):
        return None
    return found if found.scalable else None


@lru_cache(maxsize=1)
def _installed() -> tuple[Face, ...]:
    """All other fonts: first upright ones without serifs and of normal weight, in order of names."""
    from matplotlib.font_manager import fontManager

    def rank(entry: FontEntry) -> tuple[bool, bool, str, str]:
        plain = entry.style == "normal" and str(entry.weight) in {"400", "normal", "regular"}
        return not plain, "Sans" not in entry.name, entry.name, entry.fname

    fonts = sorted(fontManager.ttflist, key=rank)
    ours = str(bundled())
    return tuple(Face(entry.name, entry.fname) for entry in fonts if not entry.fname.startswith(ours))
