"""A Determined experiment file: a `searcher:` block among keys that the search does not depend on.

It can be previewed as it is. A number of workers and the time of a unit make it a scenario.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pydantic_core import PydanticCustomError

from simulator.core import ticks
from simulator.core.errors import InputError, Problem
from simulator.scenario import settings
from simulator.scenario.determined import DeterminedSection
from simulator.scenario.loading import Loaded, check_document
from simulator.scenario.searchers import SEARCHERS
from simulator.scenario.values import duration
from simulator.scenario.yaml_text import Change, Document, Path_

#: Determined's searchers from versions 0.12.10 to 0.38 that are simulated. A file that has only a `searcher:` block
#: may also name any other searcher of a scenario.
SUPPORTED = tuple(name for name, model in SEARCHERS.items() if issubclass(model, DeterminedSection))

#: Determined's searchers that are not simulated, and why.
_UNSUPPORTED = {
    "custom": "a custom searcher decides in code of its own",
    "pbt": "population-based training copies trials and changes them on the way",
}

#: Keys of versions up to 0.12 whose lengths are in steps of some batches, and the keys that replaced them.
_STEPS = {"max_steps": "max_length", "target_trial_steps": "max_length", "step_budget": "budget"}

#: Greatest number of points of a grid; a larger grid is refused.
MOST_POINTS = 10**9

#: Values for the other sections of a scenario, so that the block can be checked as that of a scenario; they are not
#: used.
_REST = {"curves": {"kind": "recorded", "file": "none"}, "cluster": {"workers": 1}, "stop": {"time": 1}}


def is_experiment(values: Any) -> bool:
    """Whether a file's content is an experiment, correct or not, rather than a scenario."""
    return isinstance(values, dict) and not values.keys() & {"searchers", "curves", "cluster"}


def check_experiment(document: Document) -> Loaded:
    """Check the search of an experiment file; in the result, only the searcher comes from the file.

    Raises InputError naming every problem. The grid's points are those of the file's hyperparameters.
    """
    block = _block(document)
    if block["name"] == "grid" and "points" not in block:
        block = {**block, "points": grid_points(document)}
    loaded = check_document(replace(document, values={"searcher": block, **_REST}))
    for label, spec in loaded.scenario.searchers.items():
        if spec.endless:
            raise InputError(loaded.problem(("searchers", label), "never ends: give it max_trials"))
    return loaded


#: Keys of a scenario that is made from an experiment, and where the experiment has their values.
_TAKEN_OVER: dict[Path_, Path_] = {("name",): ("title",), ("reproducibility", "experiment_seed"): ("seed",)}
#: Multiples of the given number of workers that a plan tries if the file does not name numbers.
_TRIED = (0.25, 0.5, 1, 2)


#: Keys that only a scenario can have.
_OF_SCENARIOS = {"title", "seed", "time_unit", "stop", "plan", "searches", "scheduler"}


def is_experiment_to_run(values: Any) -> bool:
    """Whether a file's content is an experiment with a search, and not a scenario with a missing section."""
    if not is_experiment(values) or "searcher" not in values or values.keys() & _OF_SCENARIOS:
        return False
    return not any(difflib.get_close_matches(str(key), ("curves", "cluster"), cutoff=0.8) for key in values)


def scenario_of(document: Document, workers: int | None, unit_time: str | None) -> Document:
    """Make a scenario of an experiment: its search on `workers` workers, with made-up trials of `unit_time` per unit.

    An argument that is None is left out, so that changes can give it. Jobs queue, as Determined's do. `finished`
    completes it when all changes are made. Raises InputError for a block that is not simulated.
    """
    block = _block(document)
    if block["name"] == "grid" and "points" not in block:
        block = {**block, "points": grid_points(document)}
    cluster: dict[str, Any] = {"assignment": "queued"}
    values: dict[str, Any] = {"searcher": block, "cluster": cluster}
    keys = {path: place for path, place in document.keys.items() if path[:1] == ("searcher",)}
    for there, here in _TAKEN_OVER.items():
        found = _at(document.values, there)
        if (isinstance(found, str) and len(found) <= _LONGEST_TITLE) if here == ("title",) else _is_seed(found):
            values[str(here[0])], keys[here] = found, document.keys.get(there, (1, 1))
    if isinstance(restarts := document.values.get("max_restarts"), int) and not isinstance(restarts, bool):
        cluster["recovery"] = {"max_restarts": restarts}
        keys["cluster", "recovery", "max_restarts"] = document.keys["max_restarts",]
    if unit_time is not None:
        values["curves"] = {"kind": "synthetic"}
        if shown := _shown_in(block, unit_time):
            values["time_unit"] = shown
    if workers is not None:
        tried = sorted({max(round(share * workers), 1) for share in _TRIED})
        values["plan"] = {"vary": {"cluster.workers": tried}}
    given = [(("cluster", "workers"), workers, "--workers"), (("curves", "unit_time"), unit_time, "--unit-time")]
    changes = tuple(Change(path, value, option) for path, value, option in given if value is not None)
    return settings.changed(replace(document, values=values, keys=keys), changes)


def finished(made: Document, document: Document) -> Document:
    """The scenario `made` of the experiment `document`, with notes that say what was made up after all changes.

    Made-up losses are minimised, so a block that would have them maximised loses that key.
    """
    values, notes = made.values, []
    if _at(values, ("cluster", "assignment")) == "queued":
        notes.append("as in Determined, jobs queue as soon as the searcher has them")
    block = values.get("searcher")
    if _at(values, ("curves", "kind")) == "synthetic":
        where = ("curves", "unit_time")
        takes, unit = _at(values, where), unit_of(block) if isinstance(block, dict) else "a unit"
        source = next((one.source for one in reversed(made.changes) if one.path == where[: len(one.path)]), "")
        how = "" if takes is None else f": {unit} takes {takes} in the median ({source})"
        notes.append(f"the trials are made up{how}")
        if isinstance(block, dict) and block.get("smaller_is_better") is False:
            kept = {key: value for key, value in block.items() if key != "smaller_is_better"}
            values = {**values, "searcher": kept}
            notes.append("made-up losses are minimised, whatever smaller_is_better says")
    slots = _at(document.values, ("resources", "slots_per_trial"))
    if _at(values, ("cluster", "workers")) is not None and isinstance(slots, int) and slots > 1:
        notes.append(f"a worker trains one trial, which takes {slots} slots in the file")
    return replace(made, values=values, notes=(Problem(str(document.path), "; ".join(notes)),) if notes else ())


#: Number of characters of a title at most.
_LONGEST_TITLE = 200
#: Units that lengths may count, with their singular forms.
_UNITS = {"records": "a record", "batches": "a batch", "epochs": "an epoch"}


def unit_of(block: dict[str, Any]) -> str:
    """The unit of the lengths in a searcher's block, such as "an epoch"."""
    length = block.get("max_length")
    unit = next(iter(length), None) if isinstance(length, dict) else block.get("time_metric")
    return _UNITS.get(str(unit), "a unit")


def _shown_in(block: dict[str, Any], unit_time: str) -> str | None:
    """The unit in which to show times: the longest that a fully trained trial lasts.

    If the block has no length, it is the longest that a unit lasts. None for a text that is not a time.
    """
    given = block.get("max_length", block.get("max_time"))
    units = next(iter(given.values()), None) if isinstance(given, dict) else given
    try:
        lasts = duration(unit_time) * (units if isinstance(units, int) else 1)
    except PydanticCustomError:
        return None
    return max((unit for unit in ticks.UNITS if ticks.UNITS[unit] <= lasts), key=ticks.UNITS.__getitem__, default="s")


def _is_seed(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _at(values: Any, path: Path_) -> Any:
    for key in path:
        values = values.get(key) if isinstance(values, dict) else None
    return values


def _block(document: Document) -> dict[str, Any]:
    """The searcher block of an experiment; raises an error if its searcher is not simulated."""
    supported = f"supported: {', '.join(SUPPORTED)}"
    block = document.values.get("searcher")
    if block is None:
        raise InputError(document.problem(("searcher",), f"is missing: a preview is of a search; {supported}"))
    if not isinstance(block, dict):
        raise InputError(document.problem(("searcher",), "should be keys and values, such as `name: adaptive_asha`"))
    name = block.get("name")
    if not isinstance(name, str):
        raise InputError(document.problem(("searcher", "name"), f"is missing; {supported}"))
    problems = [
        document.problem(("searcher", key), f"counts steps, as before 0.13; give {now}, such as {{batches: 100}}")
        for key, now in _STEPS.items()
        if key in block
    ]
    if name in _UNSUPPORTED:
        problems = [document.problem(("searcher", "name"), f"{name}: {_UNSUPPORTED[name]}; {supported}")]
    elif name not in SEARCHERS:
        near = difflib.get_close_matches(name, SUPPORTED, n=1, cutoff=0.85)
        why = f"did you mean {near[0]}?" if near else f"a searcher of another version, or none; {supported}"
        problems = [document.problem(("searcher", "name"), f"{name[:40]!r} is not supported: {why}")]
    if problems:
        raise InputError(problems)
    return block


def grid_points(document: Document) -> int:
    """The number of points of the grid over an experiment's hyperparameters, up to a billion.

    It is the product of the hyperparameters' counts.
    """
    parameters = document.values.get("hyperparameters")
    if not isinstance(parameters, dict) or not parameters:
        message = "are missing: their counts make the grid; or give the searcher `points`"
        raise InputError(document.problem(("hyperparameters",), message))
    counts = list(_counts(document, ("hyperparameters",), parameters))
    problems = [count for count in counts if isinstance(count, Problem)]
    if problems:
        raise InputError(problems)
    points = 1
    for count in counts:
        points = min(points * count, MOST_POINTS) if isinstance(count, int) else points
    return points


def _counts(document: Document, where: Path_, parameters: dict[str, Any]) -> Iterator[int | Problem]:
    """The number of values of each hyperparameter on the grid, or what is wrong with it; groups may be nested."""
    for name, parameter in parameters.items():
        here = (*where, name)
        if not isinstance(parameter, dict):  # a bare value is a constant
            yield 1
        elif "type" not in parameter:
            yield from _counts(document, here, parameter)
        else:
            count = _count(parameter)
            yield document.problem(here, count) if isinstance(count, str) else count


def _count(parameter: dict[str, Any]) -> int | str:
    """The number of values of one hyperparameter on the grid, or what is wrong with it."""
    match parameter["type"]:
        case "const":
            return 1
        case "categorical":
            values = parameter.get("vals")
            return len(values) if isinstance(values, list) and values else "needs `vals`, a list of values"
        case "int" | "double" | "log":
            return _numeric_count(parameter)
        case other:
            return (
                f"{other!r:.60} is not a type of hyperparameter; the types are int, double, log, categorical or const"
            )


def _numeric_count(parameter: dict[str, Any]) -> int | str:
    if "count" not in parameter:
        return "must specify count for grid search"
    count = parameter["count"]
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        return "count should be a whole number above 0"
    if parameter["type"] != "int":
        return count
    low, high = parameter.get("minval"), parameter.get("maxval")
    if not isinstance(low, int) or not isinstance(high, int) or low > high:
        return "needs minval and maxval, whole numbers in this order"
    return min(count, high - low + 1)  # the range has no more integers
