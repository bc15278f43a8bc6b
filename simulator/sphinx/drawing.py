"""Draws the pictures of a directive once, into a folder that is named by the digest of everything behind them."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors import EnvironmentCollector

from simulator.core.errors import InputError, Problem
from simulator.core.vocabulary import VIDEOS, Motion, PictureFormat, Style, ThemeChoice, ThemeName
from simulator.experiment.experiment import Experiment
from simulator.experiment.sharing import SharedExperiment
from simulator.io import inputs
from simulator.render import kept, snippet
from simulator.render.animation.animate import DARK, slugs
from simulator.render.kept import Kept
from simulator.render.options import read_options
from simulator.render.pictures import Pictures, draw_scenario, draw_shared_scenario
from simulator.render.player.player import BASE, RUN
from simulator.scenario.loading import Loaded
from simulator.scenario.opening import open_scenario

PLAYER = "player.html"
#: Number of characters in the name of a folder of pictures in the pages.
MARK = 16


@dataclass(frozen=True)
class Asked:
    """The request of one directive."""

    scenario: Path
    sets: tuple[str, ...] = ()
    searchers: tuple[str, ...] = ()  # labels; empty for all
    style: Style = "timeline"
    theme: ThemeChoice = "both"
    width: int | None = None
    speed: float | None = None
    player: bool = False
    video: bool = False

    @property
    def motions(self) -> tuple[Motion, ...]:
        """The formats of the animations."""
        return VIDEOS if self.video else ("gif",)

    @property
    def formats(self) -> tuple[PictureFormat, ...]:
        """All formats to draw."""
        return (*self.motions, "html") if self.player else self.motions


@dataclass(frozen=True)
class Picture:
    """An animation that was drawn: `folder` has name.gif and its last frame name.png, and both for the dark theme.

    With `videos`, there are videos in place of the GIF.
    """

    folder: str
    mark: str  # a digest of the folder's content, which is the same on any machine
    name: str
    alt: str
    width: int
    height: int
    themes: tuple[ThemeName, ...]
    videos: tuple[Motion, ...] = ()
    player: str = ""  # a page beside it, which HTML shows instead
    tall: int = 0  # height of that page until it reports its own

    def stem(self, theme: ThemeName) -> str:
        """The name of its files in a theme, without a suffix."""
        return self.name + (DARK if theme == "dark" else "")


@dataclass(frozen=True)
class Made:
    """The result: the pictures, their folder, and the files that they depend on."""

    pictures: Sequence[Picture]
    folder: Path
    files: Sequence[Path]


def drawn(asked: Asked, folder: Path, store: Path) -> Made:
    """Draw into a new folder inside `folder`, from `store` if it has the pictures; raises InputError and RunError."""
    options = read_options(width=asked.width, speed=asked.speed, theme=asked.theme)
    with inputs.noted():
        loaded = open_scenario(asked.scenario, asked.sets)
        pictures = Pictures(asked.formats, (asked.style,), options=options)
        draw = _draw_searchers if loaded.scenario.searches is None else _draw_shared
        files, names = draw(asked, loaded, pictures, folder, Kept(store))
        rests_on = [Path(path) for path in inputs.read_so_far()]
    mark = sha256(b"".join(path.name.encode() + path.read_bytes() for path in sorted(files))).hexdigest()[:MARK]
    page, tall = (PLAYER, BASE + RUN * len(names)) if asked.player else ("", 0)
    out = files[0].parent
    made = [
        Picture(
            str(out),
            mark,
            one.name,
            one.alt,
            one.width,
            one.height,
            options.themes,
            videos=VIDEOS if asked.video else (),
            player=page,
            tall=tall,
        )
        for one in snippet.pictures(files)
        if asked.style != "docs" or one.name in names
    ]
    return Made(made, out, rests_on)


def _draw_searchers(
    asked: Asked, loaded: Loaded, pictures: Pictures, folder: Path, store: Kept
) -> tuple[Sequence[Path], Sequence[str]]:
    """Draw the requested searchers; return the files, and the names of the searchers' own pictures."""
    chosen = _chosen(asked, loaded)
    if asked.style != "docs":  # docs draws all searchers on the same scales
        searchers = {label: loaded.scenario.searchers[label] for label in chosen}
        loaded = replace(loaded, scenario=loaded.scenario.model_copy(update={"searchers": searchers}))
    experiment = Experiment(loaded)
    out = folder / kept.digest([experiment], pictures.described())
    files = draw_scenario(experiment, out, pictures, store=store).files
    names = dict(zip(experiment.labels, slugs(experiment.labels), strict=True))
    return files, [names[label] for label in chosen]


def _draw_shared(
    asked: Asked, loaded: Loaded, pictures: Pictures, folder: Path, store: Kept
) -> tuple[Sequence[Path], Sequence[str]]:
    """Draw searches that share a cluster; return the files, and the name of their picture."""
    if asked.searchers:
        message = "can't be chosen where searches share a cluster; the timeline shows all of them"
        raise InputError(Problem("searchers", message))
    experiment = SharedExperiment(loaded)
    out = folder / kept.digest([experiment], pictures.described())
    return draw_shared_scenario(experiment, out, pictures, store=store).files, ["timeline"]


def _chosen(asked: Asked, loaded: Loaded) -> tuple[str, ...]:
    """The labels of the requested searchers, in the scenario's order."""
    there = tuple(loaded.scenario.searchers)
    for label in asked.searchers:
        if label not in there:
            message = f"the scenario has no searcher {label!r}; it has {', '.join(there)}"
            raise InputError(Problem("searchers", message))
    return tuple(label for label in there if not asked.searchers or label in asked.searchers)


class KeptCollector(EnvironmentCollector):
    """Notes the folders of kept pictures that each page needs; a page without its pictures is read again."""

    FORM = 2  # of the data that an environment keeps

    @staticmethod
    def folders(env: BuildEnvironment) -> tuple[Path, Path]:
        """The folder of the pages' pictures, and that of kept ones, which is beside it or `asha_sim_kept`."""
        folder = Path(env.doctreedir, "asha-sim")
        said = env.config.asha_sim_kept
        return folder, Path(env.srcdir, said) if said else folder / "kept"

    @staticmethod
    def note(env: BuildEnvironment, made: Made) -> None:
        """Note that the current page depends on these folders."""
        _needs(env).setdefault(env.docname, set()).add(str(made.folder))
        for path in made.files:
            env.note_dependency(str(path))

    def clear_doc(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        """Forget a page."""
        _needs(env).pop(docname, None)

    def merge_other(
        self, app: Sphinx, env: BuildEnvironment, docnames: AbstractSet[str], other: BuildEnvironment
    ) -> None:
        """Merge the notes of another process."""
        _needs(env).update({name: needed for name, needed in _needs(other).items() if name in docnames})

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Do nothing, since directives note their folders."""

    def get_outdated_docs(
        self, app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
    ) -> list[str]:
        """The pages whose pictures are gone."""
        return [name for name, needed in _needs(env).items() if not all(Path(path).is_dir() for path in needed)]


def _needs(env: BuildEnvironment) -> dict[str, set[str]]:
    needs: dict[str, set[str]] = vars(env).setdefault("asha_sim", {})
    return needs
