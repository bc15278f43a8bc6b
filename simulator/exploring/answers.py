"""Answers to the requests of a page with sliders: pictures, results over several seeds, files to keep."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from simulator.core.errors import InputError, RunError
from simulator.exploring import spread
from simulator.exploring.held import sliders
from simulator.exploring.worlds import Cancelled, Guard, Limits, Worlds
from simulator.render.player.explorable import Source, explorable, frame
from simulator.render.player.player import Player
from simulator.trace.trace import Trace

#: Limits of the run for one picture, since others may use the machine too.
LIMITS = Limits(workers=1000, trials=2000, results=30_000, seconds=20)
#: Limits of the runs over several seeds.
OVER_SEEDS = Limits(seconds=20)
#: Files that a world can be saved as: their titles on the page, by their addresses.
FILES = {
    "scenario.yaml": "Scenario (YAML)",
    "picture.png": "PNG",
    "animation.gif": "GIF",
    "trace.zip": "Trace (CSV)",
}
HOLDS = "Each world is simulated on this machine when you ask for it."
IN_KERNEL = "Each world is simulated by this notebook's kernel when you ask for it."

#: The status of an answer that no page waits for. HTTP does not define one; nginx uses this one.
NO_LONGER_WAITED_FOR = 499

#: An answer: its media type and its bytes.
Answer = tuple[str, bytes]


class Answers:
    """Answers the requests of a page.

    Each method takes the names of values by the keys of controls, and a guard.
    """

    def __init__(self, worlds: Worlds, seeds: int) -> None:
        self._worlds, self._seeds = worlds, seeds
        self._drawing = Lock()  # matplotlib draws one picture at a time
        self.all: Mapping[str, Callable[[Mapping[str, str], Guard], Answer]] = {
            "world": self.world,
            "spread": self.spread,
            "scenario.yaml": self.scenario,
            "picture.png": self.picture,
            "animation.gif": self.animation,
            "trace.zip": self.trace,
        }

    def page(self) -> Player:
        """The page of a server of this machine, with the scenario's own world; raises InputError and RunError."""
        return self._page(
            Source(HOLDS, address="/", deeds={f"/{address}": name for address, name in FILES.items()}),
            self.first(),
        )

    def widget_page(self, first: Mapping[str, Trace]) -> Player:
        """The page of a notebook's widget; it begins with `first`, the scenario's own world, and asks the kernel."""
        return self._page(Source(IN_KERNEL, kernel=True, deeds=FILES), first)

    def first(self) -> dict[str, Trace]:
        """The scenario's own world; raises InputError and RunError."""
        return self._traces({}, Guard(LIMITS))

    def _page(self, source: Source, first: Mapping[str, Trace]) -> Player:
        worlds = self._worlds
        return explorable(
            sliders(worlds), list(first.values()), source, title=worlds.title, time_unit=worlds.time_unit
        )

    def world(self, names: Mapping[str, str], guard: Guard) -> Answer:
        """The data of a world for the player."""
        traces = self._traces(names, guard)
        return _json(frame(list(traces.values()), self._worlds.time_unit))

    def spread(self, names: Mapping[str, str], guard: Guard) -> Answer:
        """Sentences that say, over several seeds, whether each other searcher ends later than the first."""
        loaded = self._worlds.loaded(names)
        if len(loaded.scenario.searchers) == 1 or self._seeds == 1:
            return _json({"said": []})
        guard.limits = OVER_SEEDS
        return _json({"said": spread.sentences(self._worlds.compared(loaded, self._seeds, guard))})

    def scenario(self, names: Mapping[str, str], _: Guard) -> Answer:
        """A world as a scenario file."""
        return "application/yaml; charset=utf-8", self._worlds.yaml(names).encode()

    def picture(self, names: Mapping[str, str], guard: Guard) -> Answer:
        """A static picture of the work of a world's workers."""
        from simulator.render.plots import figure, files

        runs = {label: [trace] for label, trace in self._traces(names, guard).items()}
        with self._drawing, TemporaryDirectory() as folder:
            path = Path(folder) / "picture.png"
            title, unit = self._worlds.title_of(names), self._worlds.time_unit
            figure.write(files.draw("gantt", runs, theme="light", title=title, time_unit=unit), path)
            return "image/png", path.read_bytes()

    def animation(self, names: Mapping[str, str], guard: Guard) -> Answer:
        """A world as an animation."""
        from simulator.render.animation.animate import animate

        traces = list(self._traces(names, guard).values())
        loaded = self._worlds.loaded(names)
        with self._drawing, TemporaryDirectory() as folder:
            written = animate(
                traces, Path(folder), style="timeline", theme="light", title=self._worlds.title_of(names),
                time_unit=loaded.scenario.time_unit, on_progress=lambda _, __: guard.check(),
            )  # fmt: skip
            return "image/gif", next(path for path in written if path.suffix == ".gif").read_bytes()

    def trace(self, names: Mapping[str, str], guard: Guard) -> Answer:
        """The traces of a world, a CSV for each searcher."""
        packed = io.BytesIO()
        with TemporaryDirectory() as folder, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for label, trace in self._traces(names, guard).items():
                path = Path(folder) / "trace.csv"
                trace.write_csv(path)
                archive.writestr(zipfile.ZipInfo(f"{label}/trace.csv"), path.read_bytes(), zipfile.ZIP_DEFLATED)
        return "application/zip", packed.getvalue()

    def _traces(self, names: Mapping[str, str], guard: Guard) -> dict[str, Trace]:
        return self._worlds.traces(self._worlds.loaded(names), guard)


def _json(told: Mapping[str, object]) -> Answer:
    return "application/json", json.dumps(told, separators=(",", ":"), allow_nan=False).encode()


def reply(answer: Callable[[Guard], Answer], guard: Guard) -> tuple[int, Answer]:
    """Compute an answer; returns its HTTP status, and the answer or a text of what is wrong."""
    try:
        guard.check()
        return HTTPStatus.OK, answer(guard)
    except InputError as error:
        return HTTPStatus.BAD_REQUEST, problem("; ".join(map(str, error.problems)))
    except RunError as error:
        return HTTPStatus.UNPROCESSABLE_ENTITY, problem(str(error))
    except MemoryError:
        return HTTPStatus.UNPROCESSABLE_ENTITY, problem("it takes more memory than there is")
    except Cancelled:
        return NO_LONGER_WAITED_FOR, problem("it was ended, because no page waited for it")


def problem(said: str) -> Answer:
    """An answer that says what is wrong."""
    return _json({"problem": said})
