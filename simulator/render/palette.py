"""A user's own colours from a file, with checks that all readers can distinguish them.

Contrast is defined as in WCAG 2. The view of people with a colour-vision deficiency is simulated as in Machado,
Oliveira & Fernandes 2009 at full severity, on linear RGB; the distance of two colours is that in CIELAB (D65).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from simulator.core.errors import InputError, Problem
from simulator.core.vocabulary import ThemeName
from simulator.render import style
from simulator.render.style import Theme
from simulator.render.words_file import document_of

if TYPE_CHECKING:
    from simulator.scenario.yaml_text import Document

Colour = NDArray[np.float64]
#: Least contrast with the page: of text, of graphics, and of colours that always have a word beside them, such as
#: that of a start-up.
TEXT, GRAPHICS, WORDED = 4.5, 3.0, 2.2
#: Least contrast of a bar with the idle time around it.
AROUND = 1.9
#: Least distance of two colours with different meanings, for any deficiency; and of idle time from the others.
APART, IDLE_APART = 15.0, 17.0
DEFICIENCIES: Mapping[str, Any] = {
    "none": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
_TO_XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
#: Number of colours of a ramp in a file.
ANCHORS = 4
_RAMPS = ("rungs", "pale")


def contrast(one: Colour, other: Colour) -> float:
    """Contrast of two colours of 0 to 255, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def lab(colour: Colour, deficiency: str) -> Colour:
    """CIELAB of a colour of 0 to 255 as a person with `deficiency` sees it."""
    linear = np.clip(np.array(DEFICIENCIES[deficiency]) @ _linear(colour), 0, 1)
    ratio = np.array(_TO_XYZ) @ linear / [0.95047, 1, 1.08883]
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def read(path: Path) -> dict[ThemeName, Theme]:
    """The themes of a YAML file: `light`, `dark` or both, with every colour of `Theme`, as "#4A9BD9".

    Raises InputError with file and line for missing or wrong colours, and, with the numbers, for colours that can't
    be distinguished.
    """
    document = document_of(path, "a palette is a small YAML file")
    names: tuple[ThemeName, ...] = get_args(ThemeName)
    given = document.values
    if not isinstance(given, dict) or not any(name in given for name in names):
        shown = f"{len(given)} colours" if isinstance(given, list) else "no theme"
        message = f"has {shown}; a palette has `light:`, `dark:` or both, each with {_listed()}"
        raise InputError(Problem(str(path), message, 1))
    problems = [
        document.problem((name,), "is not a theme; the themes are light and dark", with_key=True)
        for name in given
        if name not in names
    ]
    themes = {}
    for name in names:
        if name in given:
            wrong = list(_malformed(document, name))
            problems += wrong
            if not wrong:
                colours: dict[str, Any] = {
                    key: tuple(map(_full, value)) if isinstance(value, list) else _full(value)
                    for key, value in given[name].items()
                }
                themes[name] = Theme(**colours)
                problems += [document.problem((name, *key), said) for key, said in indistinct(themes[name])]
    if problems:
        raise InputError(problems[:20])
    return themes


def indistinct(theme: Theme) -> Iterator[tuple[tuple[str, ...], str]]:
    """Colours that can't be seen or distinguished: the entry of the theme, and what is wrong, with the numbers."""
    page, idle = _rgb(theme.page), _rgb(theme.idle)
    rungs = [_rgb(colour) for colour in theme.rungs]
    least = [
        *(((name,), getattr(theme, name), "page", page, TEXT) for name in ("ink", "muted", "accent")),
        (("ink",), theme.ink, "idle", idle, TEXT),
        *(((name,), getattr(theme, name), "page", page, GRAPHICS) for name in ("overhead", "lost", "down")),
        (("boot",), theme.boot, "page", page, WORDED),
        (("busy",), theme.busy, "panel", _rgb(theme.panel), GRAPHICS),
        *((("rungs",), colour, "page", page, GRAPHICS) for colour in theme.rungs),
        *((("rungs",), colour, "idle", idle, AROUND) for colour in theme.rungs),
    ]
    for key, colour, against, ground, wanted in least:
        found = contrast(_rgb(colour), ground)
        if found < wanted:
            other = getattr(theme, against)
            yield key, f"{colour} has a contrast of {found:.1f} to {against} {other}; it needs {wanted} or more"
    strengths = [contrast(colour, page) for colour in rungs]
    if any(low >= high for low, high in pairwise(strengths)):
        shown = ", ".join(f"{strength:.1f}" for strength in strengths)
        yield ("rungs",), f"should stand out more from rung to rung; their contrasts to the page are {shown}"
    yield from _too_near(theme)


def _too_near(theme: Theme) -> Iterator[tuple[tuple[str, ...], str]]:
    colours = [("rungs", colour) for colour in theme.rungs]
    colours += [(name, getattr(theme, name)) for name in ("idle", "busy", "overhead", "lost", "down", "boot")]
    for (one, first), (other, second) in combinations(colours, 2):
        seen = {
            name: float(np.linalg.norm(lab(_rgb(first), name) - lab(_rgb(second), name))) for name in DEFICIENCIES
        }
        name = min(seen, key=seen.__getitem__)
        wanted = IDLE_APART if "idle" in {one, other} else APART
        if seen[name] < wanted:
            who = "everybody" if name == "none" else f"people with {name} vision"
            message = f"{first} and {second} ({other}) are {seen[name]:.1f} apart for {who}; they need {wanted:g}"
            yield (one,), message


def _malformed(document: Document, name: ThemeName) -> Iterator[Problem]:
    """Problems of a theme's form."""
    theme = document.values[name]
    if not isinstance(theme, dict):
        count = len(theme) if isinstance(theme, list) else 1
        yield document.problem((name,), f"has {count} colours without names; it should have {_listed()}")
        return
    known = [field.name for field in fields(Theme)]
    lacking = [key for key in known if key not in theme]
    if lacking:
        message = f"has {len(theme)} of {len(known)} colours; it lacks {', '.join(lacking)}"
        yield document.problem((name,), message, with_key=True)
    for key, value in theme.items():
        where = (name, key)
        if key not in known:
            yield document.problem(
                where, f"is not a colour of a picture; the colours are {', '.join(known)}", with_key=True
            )
        elif key in _RAMPS:
            if not isinstance(value, list) or len(value) != ANCHORS or not all(map(_is_colour, value)):
                count = len(value) if isinstance(value, list) else 1
                message = f'should be {ANCHORS} colours, such as "#4A9BD9", from the lowest rung up, not {count}'
                if isinstance(value, list) and count == ANCHORS:
                    wrong = next(colour for colour in value if not _is_colour(colour))
                    message = f'{str(wrong)[:40]!r} is not a colour such as "#4A9BD9"'
                yield document.problem(where, message)
        elif not _is_colour(value):
            yield document.problem(where, f'{str(value)[:40]!r} is not a colour such as "#4A9BD9", in quotes')


def _listed() -> str:
    return ", ".join(field.name for field in fields(Theme))


def _is_colour(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})", value) is not None


def _full(colour: str) -> str:
    """A colour in six digits: "#FA0" is "#FFAA00"."""
    digits = colour[1:]
    return "#" + ("".join(digit * 2 for digit in digits) if len(digits) < 6 else digits).upper()  # noqa: PLR2004


def _rgb(colour: str) -> Colour:
    return np.array(style.rgb(colour), float)


def _linear(colour: Colour) -> Colour:
    channels = colour / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004


def _luminance(colour: Colour) -> float:
    return float(_linear(colour) @ [0.2126, 0.7152, 0.0722])
