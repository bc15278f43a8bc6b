"""The page with sliders as a widget of a notebook, whose kernel simulates the requested worlds."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from simulator.exploring.answers import LIMITS, Answers, problem, reply
from simulator.exploring.worlds import Guard
from simulator.render.player.player import asset, play


class Explorable(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]  # where it is not installed
    """A widget with sliders; a page that can't show widgets shows the player of the scenario's own world.

    Raises InputError and RunError for what is wrong in that world.
    """

    _esm = asset("widget.js")
    html = traitlets.Unicode().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int().tag(sync=True)

    def __init__(self, answers: Answers, *, title: str, time_unit: str) -> None:
        first = answers.first()
        page = answers.widget_page(first)
        super().__init__(html=page.html, height=page.height, title=f"{title}, with sliders")
        self._answers = answers
        self._still = play({title: list(first.values())}, title=title, time_unit=time_unit)
        self._under_way: dict[str, Guard] = {}
        self.on_msg(self._hear)

    def write(self, path: Path) -> None:
        """Replace the file `path` by the player of the scenario's own world, a page without sliders."""
        self._still.write(path)

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**options)
        if bundle is None:
            return None
        data, about = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/html": self._still._repr_html_()}, about

    def _hear(self, _: object, said: object, __: object) -> None:
        """Answer a request of the page, or cancel one that the page no longer waits for; ignore all else."""
        match said:
            case {"kind": "cancel", "id": str(number)} if number in self._under_way:
                self._under_way[number].cancelled = True
            case {"kind": "ask", "id": str(number), "what": str(what), "names": dict(names)} if (
                what in self._answers.all and all(isinstance(name, str) for name in names.values())
            ):
                guard = self._under_way[number] = Guard(LIMITS)
                # The run is in a thread, so that the kernel can receive a cancellation.
                threading.Thread(target=self._answer, args=(number, what, names, guard), daemon=True).start()

    def _answer(self, number: str, what: str, names: Mapping[str, str], guard: Guard) -> None:
        ok, (kind, content) = False, problem("the kernel failed; its log says how")
        try:
            status, (kind, content) = reply(partial(self._answers.all[what], names), guard)
            ok = status == HTTPStatus.OK
        finally:
            del self._under_way[number]
            if not guard.cancelled:
                told = {"id": number, "ok": ok, "type": kind, "name": what if "." in what else ""}
                self.send(told, buffers=[content])
