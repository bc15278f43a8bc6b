"""The directive `asha-sim`: its options, and the figure that it becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, get_args

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from simulator.core.errors import InputError, RunError
from simulator.core.vocabulary import STYLES, ThemeChoice
from simulator.scenario.settings import OPTION
from simulator.sphinx.drawing import Asked, KeptCollector, Picture, drawn
from simulator.sphinx.pages import Drawing

logger = logging.getLogger(__name__)


def _one_of(*words: str) -> Callable[[str], str]:
    return lambda text: directives.choice(text, words)


def _parts(mark: str) -> Callable[[str], tuple[str, ...]]:
    """The parts of a text between marks, without blanks around them."""
    return lambda text: tuple(
        filter(None, (part.strip() for part in directives.unchanged_required(text).split(mark)))
    )


class _Options(dict[str, Callable[[str], Any]]):
    """Converters by option; an unknown option is accepted here, and reported by the directive."""

    def __missing__(self, name: str) -> Callable[[str], Any]:
        return lambda text: text


class AshaSim(SphinxDirective):
    """A figure of a scenario's searchers: animations or videos that follow the page's theme, or the player."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Callable[[str], Any]] | None] = _Options(
        style=_one_of(*STYLES),
        searchers=_parts(","),
        width=int,
        speed=float,
        theme=_one_of(*get_args(ThemeChoice)),
        alt=directives.unchanged_required,
        caption=directives.unchanged_required,
        player=directives.flag,
        video=directives.flag,
        set=_parts("\n"),
        name=directives.unchanged,
        align=_one_of("left", "center", "right"),
        **{"class": directives.class_option},
    )

    def run(self) -> list[nodes.Node]:
        """Draw the requested pictures, unless they are kept; an error becomes a warning, without a figure."""
        options = self._known_options()
        relative, absolute = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(relative)  # after a correction, the file is read again
        asked = Asked(
            Path(absolute),
            sets=options.get("set", ()),
            searchers=options.get("searchers", ()),
            style="timeline" if "player" in options else options.get("style", "timeline"),
            theme=options.get("theme", "both"),
            width=options.get("width"),
            speed=options.get("speed"),
            player="player" in options,
            video="video" in options,
        )
        try:
            made = drawn(asked, *KeptCollector.folders(self.env))
        except InputError as error:
            for problem in error.problems:
                self._warn(str(replace(problem, source="set") if problem.source == OPTION else problem))
            return []
        except RunError as error:
            self._warn(str(error))
            return []
        KeptCollector.note(self.env, made)
        return [self._figure(made.pictures, options)]

    def _known_options(self) -> dict[str, Any]:
        """The known options; a warning about any other option lists them."""
        known = self.option_spec or {}
        for name in self.options.keys() - known.keys():
            self._warn(f"asha-sim has no option {name!r}; it has {', '.join(sorted(known))}")
        if "player" in self.options and "video" in self.options:
            self._warn("video is for an animation, and player stands in its place; the player is shown")
            del self.options["video"]
        return {name: value for name, value in self.options.items() if name in known}

    def _figure(self, pictures: Sequence[Picture], options: dict[str, Any]) -> nodes.Node:
        alt = options.get("alt")
        if alt and len(pictures) > 1:
            self._warn(f"alt is for one picture, and these are {len(pictures)}; choose one with :searchers:")
            alt = None
        figure = nodes.figure(classes=["asha-sim", *options.get("class", ())], align=options.get("align", "default"))
        for picture in pictures:
            figure += Drawing(picture=picture, alt=alt or picture.alt)
        if "caption" in options:
            parsed, messages = self.parse_inline(options["caption"], lineno=self.lineno)
            figure += [nodes.caption(options["caption"], "", *parsed), *messages]
        self.set_source_info(figure)
        self.add_name(figure)
        return figure

    def _warn(self, message: str) -> None:
        logger.warning(message, location=self.get_location(), type="asha-sim")
