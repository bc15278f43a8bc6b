"""A scenario's pictures, drawn once: what the command line, Python and Sphinx call.

    asked = Pictures(styles=("docs",), options=read_options(width=740))
    with inputs.noted():
        drawn = draw_scenario(Experiment(load(Path("docs.yaml"))), out, asked, store=Kept(folder))

`drawn.files` are the pictures in `out`, `drawn.anew` says whether anything was drawn, and `drawn.digest` is the
digest of everything that they come from. It is safe to call it from several processes at once, with one folder of
kept pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from simulator.core.errors import InputError, Problem
from simulator.core.vocabulary import USUAL_STYLES, PictureFormat, SnippetKind, Style, TimeUnit
from simulator.io import writing
from simulator.render import draw_all, kept, snippet
from simulator.render.kept import Kept
from simulator.render.options import USUAL, PictureOptions

if TYPE_CHECKING:
    from simulator.experiment.experiment import Experiment
    from simulator.experiment.sharing import SharedExperiment
    from simulator.trace.trace import Trace


@dataclass(frozen=True)
class Pictures:
    """The requested pictures and their options; with a `snippet` also the text to paste into a page."""

    formats: tuple[PictureFormat, ...] = ("gif",)
    styles: tuple[Style, ...] = USUAL_STYLES
    utilization: bool = False
    snippet: SnippetKind | None = None
    options: PictureOptions = USUAL

    def described(self) -> dict[str, object]:
        """The request as plain values for a digest."""
        return {
            "formats": sorted(self.formats), "styles": sorted(self.styles), "utilization": self.utilization,
            "snippet": self.snippet, "options": self.options.described(),
        }  # fmt: skip


class Drawn(NamedTuple):
    """The result: files of pictures, whether they were drawn now, and the digest under which they are kept."""

    files: list[Path]
    anew: bool
    digest: str


def draw_once(store: Kept | None, digest: str, out: Path, draw: Callable[[], list[Path]]) -> Drawn:
    """Write the pictures that are kept under `digest` into `out`; if there are none, draw and keep them."""
    if store is not None and (found := store.take(digest, out)) is not None:
        return Drawn(found, anew=False, digest=digest)
    files = draw()
    if store is not None:
        store.put(digest, files)
    return Drawn(files, anew=True, digest=digest)


def draw_scenario(
    experiment: Experiment,
    out: Path,
    asked: Pictures,
    *,
    others: Mapping[str, Experiment] | None = None,
    store: Kept | None = None,
    on_searcher: Callable[[str], None] | None = None,
    on_frame: Callable[[str, int, int], None] | None = None,
) -> Drawn:
    """Write the pictures of a scenario into the folder `out`, from `store` if that has them.

    `others` are scenarios that a player can switch to, by name. Raises InputError as `draw_all` does, RunError if a
    run fails. Call it inside `inputs.noted()`, in which the scenarios were read.
    """
    others = others or {}
    digest = kept.digest([experiment, *others.values()], {**asked.described(), "others": list(others)})

    def run(one: Experiment) -> list[Trace]:
        return list(one.run_all(on_searcher, with_decisions="html" in asked.formats).values())

    def draw() -> list[Path]:
        loaded = experiment.loaded
        return _draw(
            run(experiment), out, asked, title=loaded.title, unit=loaded.scenario.time_unit,
            others={title: run(other) for title, other in others.items()}, on_frame=on_frame,
        )  # fmt: skip

    return draw_once(store, digest, out, draw)


def draw_shared_scenario(
    experiment: SharedExperiment,
    out: Path,
    asked: Pictures,
    *,
    store: Kept | None = None,
    on_frame: Callable[[int, int], None] | None = None,
) -> Drawn:
    """Write the pictures of searches that share a cluster; raises InputError for styles other than timeline."""
    from simulator.render.sharing import draw_shared

    if set(asked.styles) != {"timeline"}:
        message = "docs and side draw single searches; searches that share a cluster have a timeline"
        raise InputError(Problem("style", message))
    loaded = experiment.loaded

    def draw() -> list[Path]:
        workload = experiment.run()
        found = experiment.figures(workload, slowdown=False)
        with writing.together(out):
            files = draw_shared(
                workload, found, out, formats=asked.formats, title=loaded.title,
                time_unit=loaded.scenario.time_unit, options=asked.options, on_frame=on_frame,
            )  # fmt: skip
        return _with_snippet(files, out, asked, loaded.title)

    return draw_once(store, kept.digest([experiment], {**asked.described(), "shared": True}), out, draw)


def draw_trace(
    path: Path,
    out: Path,
    asked: Pictures,
    *,
    store: Kept | None = None,
    on_texts: Callable[[Sequence[str]], None] | None = None,
) -> Drawn:
    """Write the pictures of a saved trace; `on_texts` is called with the texts in them, the title first."""
    from simulator.trace.reading import read_trace, unit_of

    trace = read_trace(path)
    if on_texts:
        on_texts([trace.label, trace.label])
    digest = kept.digest([], {**asked.described(), "trace": trace.label})
    writing.check_folder(out)
    return draw_once(store, digest, out, lambda: _draw([trace], out, asked, title=trace.label, unit=unit_of(trace)))


def _draw(
    traces: Sequence[Trace],
    out: Path,
    asked: Pictures,
    *,
    title: str,
    unit: TimeUnit,
    others: Mapping[str, Sequence[Trace]] | None = None,
    on_frame: Callable[[str, int, int], None] | None = None,
) -> list[Path]:
    with writing.together(out):
        files = draw_all(
            traces, out, formats=asked.formats, styles=asked.styles, title=title, time_unit=unit, others=others,
            options=asked.options, utilization=asked.utilization, on_frame=on_frame,
        )  # fmt: skip
    return _with_snippet(files, out, asked, title)


def _with_snippet(files: list[Path], out: Path, asked: Pictures, title: str) -> list[Path]:
    """The files, and a snippet about them if one was asked for."""
    if asked.snippet is not None:
        title = asked.options.titled(title)
        pictures = snippet.pictures(files)
        page = next((path for path in files if path.name == "player.html"), None)
        files.append(out / f"snippet.{asked.snippet}")
        writing.write_text(files[-1], snippet.text(asked.snippet, pictures, title=title, player=page is not None))
    return files


def unlike(title: str, taken: set[str]) -> str:
    """The title, with a number if another picture has the same title."""
    numbered = (title if number == 1 else f"{title} ({number})" for number in count(1))
    return next(name for name in numbered if name not in taken)
