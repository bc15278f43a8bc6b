"""A page with sliders whose worlds were simulated beforehand, for a documentation or a class without Python."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod

from simulator.core.errors import InputError, Problem, RunError
from simulator.core.formatting import counted
from simulator.exploring import spread
from simulator.exploring.controls import link
from simulator.exploring.worlds import Guard, Worlds, named
from simulator.render.player.explorable import Slider, Source, explorable, frame, pack
from simulator.render.player.player import Player
from simulator.trace.trace import Trace

#: Greatest number of worlds in one page; with more, the page loads too slowly.
MOST_WORLDS = 1000


def sliders(worlds: Worlds) -> list[Slider]:
    """The controls in the form in which the page has them."""
    return [
        Slider(control.key, control.title, control.names, control.at, control.numbers) for control in worlds.controls
    ]


def check_size(worlds: Worlds) -> int:
    """The number of worlds; raises InputError for too many, or if nothing is varied."""
    size = prod(len(control.names) for control in worlds.controls)
    if not worlds.controls:
        raise InputError(Problem("--vary", "is missing; say what to move, such as --vary cluster.workers=4,8,16"))
    if size > MOST_WORLDS:
        counts = " x ".join(str(len(control.names)) for control in worlds.controls)
        raise InputError(
            Problem("--vary", f"makes {size:,} worlds ({counts}); the most in one page is {MOST_WORLDS:,}")
        )
    return size


def held(worlds: Worlds, seeds: int = 1, on_progress: Callable[[int, int], None] | None = None) -> Player:
    """Simulate every world, once or under `seeds` seeds, and make the page that holds them.

    `on_progress` is called with the number of runs done and their total. Raises InputError with what is wrong in a
    world, by its values.
    """
    size = check_size(worlds)
    places = list(product(*(range(len(control.names)) for control in worlds.controls)))
    names = [named(worlds.controls, place) for place in places]
    loaded = []
    for one in names:  # before the first run, so that errors are reported at once
        try:
            loaded.append(worlds.loaded(one))
        except InputError as error:
            where = f"--vary {link(worlds.controls, list(one.values()))}"
            raise InputError(Problem(where, str(error.problems[0]))) from None
    start = tuple(control.at for control in worlds.controls)
    packed: list[str] = []
    first: dict[str, Trace] = {}
    first_said: list[str] = []
    results = 0
    for number, (place, scenario) in enumerate(zip(places, loaded, strict=True)):
        try:
            traces = worlds.traces(scenario, Guard())
            several = len(traces) > 1 and seeds > 1
            sentences = spread.sentences(worlds.compared(scenario, seeds, Guard())) if several else []
        except RunError as error:
            raise RunError(f"{link(worlds.controls, list(names[number].values()))}: {error}") from None
        results += sum(len(trace) for trace in traces.values())
        packed.append(pack(frame(list(traces.values()), worlds.time_unit, sentences)))
        if place == start:
            first, first_said = traces, sentences
        if on_progress is not None:
            on_progress(number + 1, size)
    over = f", and what {seeds:,} seeds say of each" if seeds > 1 else ""
    holds = f"This page holds {counted(size, 'world')} with {counted(results, 'job')}, simulated beforehand{over}."
    return explorable(
        sliders(worlds),
        list(first.values()),
        Source(holds, worlds=packed),
        title=worlds.title,
        time_unit=worlds.time_unit,
        said=first_said,
    )
