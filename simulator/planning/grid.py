"""The grid: every combination of what a plan varies, each a scenario of its own that is checked like any other."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from simulator.core.errors import InputError
from simulator.scenario.changes import path_of, put
from simulator.scenario.cluster import GroupSection
from simulator.scenario.loading import Loaded, check_document
from simulator.scenario.model import Scenario
from simulator.scenario.plan import PlanSection
from simulator.scenario.yaml_text import Document, Path_, Place

#: Keys that can't be varied: the question, and the seed that all cells share.
FIXED = ("plan", "seed", "title", "time_unit")
#: Number of cells between two reports of progress.
STEP = 100
#: Number of characters up to which a value is shown whole.
LONG = 32


@dataclass(frozen=True)
class Axis:
    """A varied key, or several that change together: its values, their names and their places in the file."""

    text: str
    keys: tuple[Path_, ...]
    names: tuple[str, ...]
    values: tuple[Any, ...]
    places: tuple[Path_, ...]
    named: bool

    @property
    def counts(self) -> bool:
        """Whether the axis is a number of workers."""
        whole = all(isinstance(value, int) and not isinstance(value, bool) for value in self.values)
        return whole and any(_is_count(key) for key in self.keys)

    @property
    def clusters(self) -> bool:
        """Whether the axis changes only the cluster."""
        return all(key[:1] == ("cluster",) for key in self.keys)

    def label(self, place: int) -> str:
        """The name of the value at index `place` in reports: its own, or the last part of the key and the value."""
        return self.names[place] if self.named else f"{self.keys[0][-1]} {self.names[place]}"


@dataclass(frozen=True)
class Cell:
    """A point of the grid: `count` workers in a `setting`, which is empty if only the count is varied."""

    index: int
    choice: Mapping[str, str]  # axis -> name of its value
    setting: str
    count: int
    loaded: Loaded

    @property
    def name(self) -> str:
        """The cell's name in reports."""
        workers = f"{self.count:,} worker{'' if self.count == 1 else 's'}"
        return f"{workers}, {self.setting}" if self.setting else workers


class Grid:
    """All cells of a scenario's plan, in the order of its values, the last axis fastest.

    Raises InputError where there is no plan, or an axis has no place in the scenario.
    """

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        if loaded.scenario.plan is None:
            raise InputError(loaded.problem(("plan",), "is missing; say what to vary: `plan: {vary: {…: […]}}`"))
        self.plan: PlanSection = loaded.scenario.plan
        self.axes = _axes(loaded, self.plan)
        counting = [axis for axis in self.axes if axis.counts]
        self._values = {key: value for key, value in loaded.document.values.items() if key != "plan"}
        self._keys = {path: place for path, place in loaded.document.keys.items() if path[:1] != ("plan",)}
        self._moved = _moved(loaded.document, self.axes)
        self._count_axis = max(counting, key=lambda axis: len(axis.values), default=None)

    @property
    def counting(self) -> Axis | None:
        """The axis of numbers of workers; None if there is none."""
        return self._count_axis

    def __len__(self) -> int:
        return prod(len(axis.values) for axis in self.axes)

    def cells(self, on_progress: Callable[[int, int], None] | None = None) -> list[Cell]:
        """Make every cell; raises InputError with what is wrong in them, each problem once.

        `on_progress` is called with the steps done and their total, two for each cell: it is made here and checked
        later.
        """
        cells, problems = [], {}
        for index in range(len(self)):
            if on_progress and index % STEP == 0:
                on_progress(index, 2 * len(self))
            try:
                cells.append(self.cell(index))
            except InputError as error:
                problems.update({str(problem): problem for problem in error.problems})
        if problems:
            raise InputError(list(problems.values())[:20])
        return cells

    def cell(self, index: int) -> Cell:
        """Make the cell with a number; raises InputError for what is wrong in it."""
        places = _digits(index, [len(axis.values) for axis in self.axes])
        chosen = list(zip(self.axes, places, strict=True))
        loaded = _priced(check_document(self._document(chosen)), self.plan.price)
        setting = ", ".join(axis.label(place) for axis, place in chosen if axis is not self._count_axis)
        return Cell(
            index, {axis.text: axis.names[place] for axis, place in chosen}, setting, workers(loaded.scenario), loaded
        )

    def kind(self, index: int) -> tuple[int, ...]:
        """The values that a cell varies outside its cluster; cells of one kind differ only in their clusters."""
        places = _digits(index, [len(axis.values) for axis in self.axes])
        return tuple(place for axis, place in zip(self.axes, places, strict=True) if not axis.clusters)

    def _document(self, chosen: list[tuple[Axis, int]]) -> Document:
        """The scenario's document with these values; an error about a value names its place in the plan."""
        document = self.loaded.document
        values = dict(self._values)  # nested values are shared by all cells, and copied when changed
        keys: list[dict[Path_, Place]] = [self._keys]
        named: dict[Path_, Place] = {}
        changes = [(key, axis, place) for axis, place in chosen for key in axis.keys]
        for key, axis, place in sorted(changes, key=lambda change: len(change[0])):  # outer keys first
            put(values, key, axis.values[place])
            keys.insert(0, self._moved[key, axis.places[place]])
            at = document.nearest(("plan", "vary", axis.text))  # a plan made in Python has no places
            named[key] = at
            made = {key[:length]: at for length in range(1, len(key)) if key[:length] not in self._keys}
            named |= made  # a key that the plan creates has no other place
            keys.append(made)
        return replace(document, values=values, keys=ChainMap(*keys), named=named)


def _moved(document: Document, axes: tuple[Axis, ...]) -> dict[tuple[Path_, Path_], dict[Path_, Place]]:
    """For each varied key and each of its values, the places of the value's entries by their paths below the key."""
    below: dict[Path_, dict[Path_, Place]] = {place: {} for axis in axes for place in axis.places}
    for path, where in document.keys.items():
        source = path[: len(("plan", "vary", "KEY", "VALUE"))]
        if source in below:
            below[source][path[len(source) :]] = where
    return {
        (key, source): {(*key, *rest): where for rest, where in below[source].items()}
        for axis in axes
        for key in axis.keys
        for source in axis.places
    }


def _priced(loaded: Loaded, price: float | None) -> Loaded:
    """A scenario whose plain workers have a price, as one named group, which `build_cluster` accepts."""
    cluster = loaded.scenario.cluster
    if price is None or cluster.workers is None:
        return loaded
    groups = {"workers": GroupSection(count=cluster.workers, price=price)}
    cluster = cluster.model_copy(update={"workers": None, "groups": groups})
    return replace(loaded, scenario=loaded.scenario.model_copy(update={"cluster": cluster}))


def workers(scenario: Scenario) -> int:
    """The number of machines of a scenario's cluster."""
    cluster = scenario.cluster
    return cluster.workers or sum(group.count for group in (cluster.groups or {}).values())


def differences(one: Any, other: Any, where: Path_ = ()) -> Iterator[tuple[Path_, Any, Any]]:
    """The differing entries of two plain trees, as (path, here, there); None stands for a missing entry."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from differences(one.get(key), other.get(key), (*where, key))
    elif one != other:
        yield where, one, other


def short(value: Any) -> str:
    """A text of a few characters for a plain value."""
    if isinstance(value, dict):
        text = f"{{{', '.join(f'{key}: {short(item)}' for key, item in value.items())}}}"
    else:
        text = {None: "none", True: "true", False: "false"}.get(value, str(value)) if _is_word(value) else str(value)
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def _axes(loaded: Loaded, plan: PlanSection) -> tuple[Axis, ...]:
    axes, problems = [], []
    for text, given in plan.vary.items():
        where = ("plan", "vary", text)
        if not all(part.strip() for joined in text.split(" & ") for part in joined.split(".")):
            problems.append(loaded.problem(where, "is not a dotted key, such as cluster.workers"))
            continue
        keys = tuple(path_of(loaded.document.values, part.strip()) for part in text.split(" & "))
        fixed = next((key[0] for key in keys if key[0] in FIXED), None)
        if fixed is not None:
            problems.append(loaded.problem(where, f"{fixed} can't be varied; all cells share it"))
        named = isinstance(given, dict)
        values = tuple(given.values() if named else given)
        names = tuple(str(name) for name in given) if named else tuple(map(short, values))
        twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
        if twice is not None:
            problems.append(loaded.problem(where, f"{twice} stands there twice"))
        places = tuple((*where, name) for name in (given if named else range(len(values))))
        axes.append(Axis(text, keys, names, values, places, named))
    if problems:
        raise InputError(problems)
    return tuple(axes)


def _is_count(key: Path_) -> bool:
    return key == ("cluster", "workers") or (key[:2] == ("cluster", "groups") and key[3:] == ("count",))


def _digits(number: int, bases: list[int]) -> list[int]:
    """The digits of `number` in mixed bases; the last digit changes fastest."""
    digits = []
    for base in reversed(bases):
        number, digit = divmod(number, base)
        digits.append(digit)
    return digits[::-1]
