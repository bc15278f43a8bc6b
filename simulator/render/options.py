"""Options on how pictures look, the same for animations, plots, the command line, Python and Sphinx.

Without options, animations have 960 pixels, English texts and both themes, and loop for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from itertools import pairwise
from math import ceil, isfinite
from pathlib import Path
from typing import NamedTuple, get_args

from simulator.core.errors import InputError, Problem
from simulator.core.vocabulary import ThemeChoice, ThemeName
from simulator.render import fonts, palette, style, words, words_file
from simulator.render.words import ENGLISH, Words

#: Ranges of widths, heights and seconds that may be requested.
NARROWEST, WIDEST = 360, 3840
LOWEST, HIGHEST = 160, 4000
LONGEST_S = 600
SLOWEST, FASTEST = 0.01, 100
#: Range of frames per second; browsers show each frame for at least 20 ms.
FEWEST_FPS, MOST_FPS = 0.1, 50
MOST_LOOPS = 65_535
#: Greatest number of frames of an animation.
MOST_FRAMES = 3000
#: Least size in pixels of the smallest letters when the picture is shown; and the width of the column in which wider
#: pictures are shown, scaled down.
LEGIBLE, COLUMN = 11, 740
#: Width of pictures if none is requested, and their smallest letters, in pixels.
USUAL_WIDTH, USUAL_LETTER = 960, 12
#: Shortest time of an image in ms; browsers show one of 10 ms or less for 100 ms.
SHORTEST_MS = 20
#: Time in ms for which the last frame is held; and the share of a requested time that it takes at most.
HOLD_MS, HOLD_SHARE = 3000, 0.2


class Sizes(NamedTuple):
    """Width of a picture and height of its smallest letters, in pixels; all other sizes follow from these."""

    width: int = USUAL_WIDTH
    letter: int = USUAL_LETTER

    def px(self, usual: float) -> int:
        """Pixels of a distance that takes `usual` pixels in a picture with letters of 12 pixels."""
        return round(usual * self.letter / USUAL_LETTER)

    @property
    def room(self) -> float:
        """The width that the picture would have, in pixels, if its smallest letters had 12 pixels."""
        return self.width * USUAL_LETTER / self.letter


class Pace(NamedTuple):
    """Times in ms (multiples of 10) for which frames are shown: each but the last, and the last one (`hold_ms`)."""

    frame_ms: tuple[int, ...]
    hold_ms: int

    @property
    def frames(self) -> int:
        """The number of frames."""
        return len(self.frame_ms) + 1

    def frame_time(self, frame: int, last: int) -> int:
        """Time in ms of frame `frame` (from 0); its picture's `last` frame is held until all pictures end."""
        return self.frame_ms[frame] if frame < last else sum(self.frame_ms[frame:]) + self.hold_ms


@dataclass(frozen=True)
class PictureOptions:
    """The options on how pictures look; `read_options` makes them from a user's values."""

    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    speed: float | None = None
    fps: float | None = None
    themes: tuple[ThemeName, ...] = get_args(ThemeName)
    colours: Mapping[ThemeName, style.Theme] | None = None
    font: Path | None = None
    words: Words = field(default_factory=lambda: ENGLISH)
    title: str | None = None
    loop: int = 0

    def sizes(self) -> Sizes:
        """Width and letters: at least 11 pixels high, also if a picture wider than 740 pixels is shown at 740."""
        if self.width is None:
            return Sizes()
        return Sizes(self.width, max(LEGIBLE, ceil(LEGIBLE * self.width / COLUMN)))

    def theme(self, name: ThemeName) -> style.Theme:
        """The colours of a theme: those of the requested palette if it has the theme."""
        return {**style.THEMES, **(self.colours or {})}[name]

    def titled(self, title: str) -> str:
        """The requested title, or else `title`."""
        return title if self.title is None else self.title

    def pace(self, frames: int, frame_ms: int) -> Pace:
        """The times of frames; by default `frames` frames have `frame_ms` each, and the last is held for 3 s.

        `seconds` is the time of the whole animation with its last frame. `fps` decides how many frames it has.
        """
        if self.seconds is None and self.speed is None and self.fps is None:
            return Pace((frame_ms,) * (frames - 1), HOLD_MS)
        whole, hold = (frames - 1) * frame_ms / (self.speed or 1), HOLD_MS
        if self.seconds is not None:
            hold = round(min(HOLD_MS, self.seconds * 1000 * HOLD_SHARE) / 10) * 10
            whole = self.seconds * 1000 - hold
        gaps = frames - 1 if self.fps is None else round(whole * self.fps / 1000)
        gaps = max(1, min(gaps, MOST_FRAMES, int(whole // SHORTEST_MS)))
        ends = [round(whole * number / gaps / 10) * 10 for number in range(gaps + 1)]
        return Pace(tuple(end - begin for begin, end in pairwise(ends)), hold)

    def described(self) -> dict[str, object]:
        """All options as plain values for a digest; a font is given by its file's content."""
        font = None if self.font is None else sha256(self.font.read_bytes()).hexdigest()
        colours = None if self.colours is None else {name: asdict(theme) for name, theme in self.colours.items()}
        plain = {
            name: getattr(self, name) for name in ("width", "height", "seconds", "speed", "fps", "title", "loop")
        }
        return {**plain, "themes": self.themes, "colours": colours, "font": font, "words": dict(self.words)}


USUAL = PictureOptions()
_current: ContextVar[PictureOptions] = ContextVar("_current", default=USUAL)


def current() -> PictureOptions:
    """The current options, with which pictures are drawn."""
    return _current.get()


@contextmanager
def drawn_with(options: PictureOptions) -> Iterator[None]:
    """Draw with `options` inside the block."""
    token = _current.set(options)
    try:
        with words.use_words(options.words), fonts.use_font(options.font):
            yield
    finally:
        _current.reset(token)


def read_options(
    *,
    width: int | None = None,
    height: int | None = None,
    seconds: float | None = None,
    speed: float | None = None,
    fps: float | None = None,
    theme: ThemeChoice = "both",
    palette: Path | str | None = None,
    font: Path | str | None = None,
    texts: Path | str | None = None,
    title: str | None = None,
    loop: int = 0,
) -> PictureOptions:
    """Check what a user asks for, and read the files.

    `width` and `height` are in pixels. `seconds` is the length of an animation including its last frame, `speed` says
    how many times as fast as usual it is, `fps` is its frames per second, and `loop` is how often it plays (0 for
    ever). `palette`, `font` and `texts` are files: colours (YAML), a TrueType or OpenType font, words (YAML). Raises
    InputError with a line for each thing that is wrong, named by its option or by file and line.
    """
    problems = [
        problem
        for name, value, low, high, what in (
            ("width", width, NARROWEST, WIDEST, "pixels"),
            ("height", height, LOWEST, HIGHEST, "pixels"),
            ("seconds", seconds, 1, LONGEST_S, "seconds"),
            ("speed", speed, SLOWEST, FASTEST, "times as fast as usual"),
            ("fps", fps, FEWEST_FPS, MOST_FPS, "frames a second"),
            ("loop", loop, 0, MOST_LOOPS, "times, 0 for without end"),
        )
        for problem in _outside(name, value, low, high, what)
    ]
    if seconds is not None and speed is not None:
        problems.append(Problem("speed", "says how long an animation lasts, and so does seconds; give one of them"))
    choices = get_args(ThemeChoice)
    if theme not in choices:
        problems.append(Problem("theme", f"{str(theme)[:40]!r} is not one of {', '.join(choices)}"))
    themes = get_args(ThemeName) if theme == "both" else (theme,)
    colours = said = None
    try:
        colours = None if palette is None else _colours(Path(palette), themes)
    except InputError as error:
        problems += error.problems
    try:
        said = None if texts is None else words_file.read(Path(texts))
    except InputError as error:
        problems += error.problems
    if font is not None and (wrong := fonts.unusable(Path(font))):
        problems.append(Problem(str(font), wrong))
    if problems:
        raise InputError(problems)
    return PictureOptions(
        width, height, seconds, speed, fps, themes, colours, None if font is None else Path(font), said or ENGLISH,
        title, loop,
    )  # fmt: skip


def _outside(name: str, value: float | None, low: float, high: float, what: str) -> Iterator[Problem]:
    if value is not None and not (isfinite(value) and low <= value <= high):
        yield Problem(name, f"should be {low:,} to {high:,} {what}, not {value}")


def _colours(path: Path, themes: tuple[ThemeName, ...]) -> dict[ThemeName, style.Theme]:
    found = palette.read(path)
    lacking = [name for name in themes if name not in found]
    if lacking:
        there = next(iter(found))
        message = f"has no theme {lacking[0]}; add it, or ask for the theme {there} alone"
        raise InputError(Problem(str(path), message, 1))
    return found
