"""From a YAML file to a Scenario, or to a list of problems with file, line and column."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulator.core.errors import InputError, Problem
from simulator.core.escaping import of_name
from simulator.scenario import curves, effort, model, remedies, shared, yaml_text
from simulator.scenario.cluster import GroupSection, IdleReleaseSection
from simulator.scenario.error_paths import entry, homes, tags
from simulator.scenario.searchers import AsyncHyperbandSection, Searcher
from simulator.scenario.values import shown
from simulator.scenario.yaml_text import Document, Path_
from simulator.trace.reading import is_trace

#: Greatest number of jobs that may wait in the queue at once.
MOST_QUEUED = 1_000_000
#: Words of pydantic's messages, and plain words for them.
PLAIN = {
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid string": "text",
    "a valid boolean": "true or false",
    "a valid list": "a list",
    "should be True": "should be true",
}


@dataclass(frozen=True)
class Loaded:
    """A scenario and the file that it came from, so that later problems can name their line, too."""

    scenario: model.Scenario
    document: Document

    @property
    def title(self) -> str:
        """The scenario's title, or its file's name."""
        return self.scenario.title or of_name(self.document.path.stem)

    @property
    def folder(self) -> Path:
        """The folder that relative paths start from."""
        return self.document.path.parent

    @property
    def digest(self) -> str:
        """SHA-256 of the scenario file."""
        return sha256(self.document.raw).hexdigest()

    @property
    def notes(self) -> list[Problem]:
        """Notes on valid entries that may be meant otherwise: how they were read, and how to write the other."""
        return [
            *self.document.notes,
            *_bare_times(self),
            *_one_bracket(self),
            *_of_searchers(self),
            *_of_resuming(self),
            *_of_retries(self),
            *_of_prices(self),
            *_immense(self),
        ]

    @property
    def settings(self) -> dict[str, Any]:
        """Keys that were set from outside the file, with their values; None for a key that was left out."""
        return {change.key: change.value for change in self.document.changes}

    def problem(self, where: Path_, message: str) -> Problem:
        """A problem with the entry `where`."""
        return self.document.problem(_as_written(where, self.document.values), message)

    @contextmanager
    def blaming(self, *where: str | int) -> Iterator[None]:
        """Inside the block, let an InputError about a whole file name the entry `where`, which names that file.

        A problem at a line of the file keeps its place.
        """
        try:
            yield
        except InputError as error:
            raise InputError(
                problem if problem.line else self.problem(where, str(problem)) for problem in error.problems
            ) from None


def load(path: Path) -> Loaded:
    """Read and check a scenario file; raises InputError naming every problem."""
    return check_document(yaml_text.read_document(path))


def check_document(document: Document) -> Loaded:
    """Check a scenario that has been read; raises InputError naming every problem."""
    if not isinstance(document.values, dict):
        message = "should be keys and values, such as `searchers:`, `curves:`, `cluster:`"
        if is_trace(document.path):
            message += "; a run's trace is taken by `asha-sim plot` and `asha-sim animate`"
        raise InputError(document.problem((), message))
    try:
        loaded = Loaded(model.Scenario.model_validate(document.values), document)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise InputError(_problem(document, details) for details in found[:20]) from None
    problems = list(_contradictions(loaded))
    if problems:
        raise InputError(problems)
    return loaded


def _contradictions(loaded: Loaded) -> list[Problem]:
    """Problems that concern several entries together."""
    scenario, problems = loaded.scenario, list(shared.contradictions(loaded))
    if problems:
        return problems
    folders: dict[str, str] = {}
    for where, searcher in scenario.blocks.items():
        label = where[1]
        if searcher.endless and scenario.stop is None:
            problems.append(loaded.problem(where, "never ends: give it max_trials, or add `stop: {time: …}`"))
        trials = _trials(searcher)
        many = trials > MOST_QUEUED and not getattr(searcher, "max_concurrent_trials", None)
        if many and scenario.cluster.assignment == "queued":
            message = f"would queue {trials:,} jobs at once; give it max_concurrent_trials, or on_demand"
            problems.append(loaded.problem(where, message))
        if _never_waits(searcher) and scenario.cluster.assignment == "queued":
            message = "would queue jobs without end: give it max_concurrent_trials, or `assignment: on_demand`"
            problems.append(loaded.problem(where, message))
        if searcher.in_place and scenario.cluster.assignment == "queued":
            message = "goes on with a trial on its own worker, where no job queues; use `assignment: on_demand`"
            problems.append(loaded.problem(where, message))
        if label.casefold() in folders:
            problems.append(loaded.problem(where, f"differs from {folders[label.casefold()]} in case alone"))
        folders[label.casefold()] = label
    if scenario.stop is not None and scenario.stop.cost is not None and not scenario.cluster.priced:
        problems.append(
            loaded.problem(("stop", "cost"), "no group has a price, so this never comes; give groups a price")
        )
    return [*problems, *_stop_and_release(loaded), *_directions(loaded)]


def _stop_and_release(loaded: Loaded) -> Iterator[Problem]:
    """Problems of a stop by cost, which counts seconds of machines that are kept, and of a stop before a release."""
    stop, cluster = loaded.scenario.stop, loaded.scenario.cluster
    if stop is None:
        return
    for group in (cluster.groups or {"workers": GroupSection(count=1)}).values():
        release, billing = group.release or cluster.release, group.billing or cluster.billing
        idle = release.idle if isinstance(release, IdleReleaseSection) else 0
        if stop.time is not None and idle >= stop.time:
            message = "comes before a machine has been without work for as long as its `release` says; give a "
            yield loaded.problem(("stop", "time"), f"{message}shorter span there, or `end`")
            return
        if stop.cost is not None and (release != "end" or billing != "second"):
            other = f"billing is by the {billing}" if release == "end" else "`release` lets some go"
            message = f"counts seconds of machines that are kept, and {other}; give a stop by time or a plan's budget"
            yield loaded.problem(("stop", "cost"), message)
            return


def _bare_times(loaded: Loaded) -> Iterator[Problem]:
    """Notes on times without a unit, which are seconds even if times are shown in hours."""
    unit = loaded.scenario.time_unit
    for section, key in (("plan", "deadline"), ("stop", "time")):
        there = loaded.document.values.get(section)
        given = there.get(key) if isinstance(there, dict) else None
        if unit != "s" and isinstance(given, (int, float)):
            message = (
                f"{given} was read as {given} s, while times are shown in {unit}; write {given} {unit} if meant so"
            )
            yield loaded.problem((section, key), message)


def _of_searchers(loaded: Loaded) -> Iterator[Problem]:
    """Notes on arguments of other libraries that have no effect here, or may be meant otherwise."""
    for where, searcher in loaded.scenario.blocks.items():
        if searcher.unused:
            keys = ", ".join(searcher.unused)
            yield loaded.problem(where, f"{keys}: accepted, and without effect here")
        for doubt in searcher.doubts:
            yield loaded.problem(where, doubt)


def _of_resuming(loaded: Loaded) -> Iterator[Problem]:
    """Notes on `resume: false` beside searches whose trials never begin again."""
    if loaded.scenario.cluster.resume:
        return
    for where, block in loaded.scenario.blocks.items():
        if block.in_place:
            message = "its trials always go on from their last result; `resume: false` has no effect on them"
            yield loaded.problem(where, message)


def _of_retries(loaded: Loaded) -> Iterator[Problem]:
    """Notes on lost trials that are tried again at another time than by the searcher's library, or never."""
    cluster = loaded.scenario.cluster
    if not cluster.tries_again:
        return
    for where, block in loaded.scenario.blocks.items():
        if cluster.recovery.retry == "last" and _never_waits(block):
            message = "it always has new trials, so with `recovery: {retry: last}` a lost trial is never tried again"
            yield loaded.problem(where, message)
        if block.retries_last and "retry" not in cluster.recovery.model_fields_set:
            message = (
                "lost trials are tried again before all others here, and after all others by this library; "
                "`recovery: {retry: last}` does as the library does"
            )
            yield loaded.problem(where, message)


def _never_waits(searcher: Searcher) -> bool:
    """Whether a searcher has a new trial whenever it is asked."""
    return searcher.endless and not getattr(searcher, "max_concurrent_trials", None)


def _of_prices(loaded: Loaded) -> Iterator[Problem]:
    """Notes on prices that have no effect here."""
    for name, group in (loaded.scenario.cluster.groups or {}).items():
        if group.purchase_price is not None and loaded.scenario.searches is None:
            message = "counts in plans of `searches` alone; here a machine costs its price an hour"
            yield loaded.problem(("cluster", "groups", name, "purchase_price"), message)


def _one_bracket(loaded: Loaded) -> Iterator[Problem]:
    """Notes on searches whose first bracket would get more trials than its share.

    Brackets take turns by the units of the jobs that are requested, and a queue requests all trials at once, before
    any is promoted. So each turn is of new trials alone, as many as reach the bracket's units.
    """
    if loaded.scenario.cluster.assignment != "queued":
        return
    for where, block in loaded.scenario.blocks.items():
        if not isinstance(block, AsyncHyperbandSection) or block.max_concurrent_trials or not block.max_trials:
            continue
        turns = block.trials_a_turn_if_none_is_promoted()
        if len(turns) > 1:
            rounds, rest = divmod(block.max_trials, sum(turns))
            first = rounds * turns[0] + min(rest, turns[0])
            message = (
                f"a queue asks for all its trials at once, and {first:,} of the {block.max_trials:,} fall to its "
                "first bracket; give it max_concurrent_trials, such as the number of workers, or "
                "`assignment: on_demand`"
            )
            yield loaded.problem(where, message)


def _immense(loaded: Loaded) -> Iterator[Problem]:
    """Notes on runs that take minutes and gigabytes, and have no stop."""
    for label, block in loaded.scenario.searchers.items():
        trials = _trials(block)
        if loaded.scenario.stop is None and trials >= effort.WORTH_A_WORD:
            yield loaded.problem(
                ("searchers", label), f"{effort.effort(trials, stepwise=block.stepwise)}; a stop may end it before"
            )


def _trials(searcher: Searcher) -> int:
    """The number of trials that a searcher starts; 0 if it is endless, or if its rungs don't fit (an error later)."""
    try:
        return searcher.trials or 0
    except ValueError:
        return 0


def _directions(loaded: Loaded) -> list[Problem]:
    """Problems if searchers and curves disagree on `smaller_is_better`, since all have the same losses."""
    scenario = loaded.scenario
    said: dict[Path_, bool] = {
        (*where, key): smaller
        for where, block in scenario.blocks.items()
        if (direction := block.said_direction) is not None
        for key, smaller in [direction]
    }
    if "smaller_is_better" in scenario.curves.model_fields_set:
        said["curves", "smaller_is_better"] = vars(scenario.curves)["smaller_is_better"]
    if len(set(said.values())) > 1:
        first = next(iter(said.values()))
        where = next(where for where, value in said.items() if value != first)
        message = f"is {str(not first).lower()} here and {str(first).lower()} elsewhere; searchers share the curves"
        if where[-1] != "smaller_is_better":
            message = (
                f"wants {_sense(not first)} losses, and elsewhere {_sense(first)} ones; searchers share the curves"
            )
        return [loaded.problem(where, message)]
    if not all(said.values()) and not isinstance(scenario.curves, curves.RecordedSection):
        where = next(where for where, smaller in said.items() if not smaller)
        given = "false" if where[-1] in {"smaller_is_better", "do_minimize"} else "to maximise"
        message = f"{given} is for recorded curves; {scenario.curves.kind} losses are to be minimised"
        return [loaded.problem(where, message)]
    return []


def _sense(smaller_is_better: bool) -> str:
    return "smaller" if smaller_is_better else "greater"


def _problem(document: Document, details: Any) -> Problem:
    """Turn one of pydantic's errors into a problem at its place in the file."""
    where, owner, there = entry(details["loc"], model.Scenario)
    kind, given = details["type"], details.get("input")
    if kind == "extra_forbidden":
        message = f"unknown key; {remedies.key(str(where[-1]), owner.model_fields, homes(model.Scenario))}"
    elif kind == "missing":
        remedy = remedies.missing(str(where[-1]), owner.model_fields)
        message = "is missing" + (f"; {remedy}" if remedy else "")
    elif kind in {"union_tag_invalid", "union_tag_not_found"}:
        tag = details["ctx"]["discriminator"].strip("'")
        choices = tags(there)
        wrong = given.get(tag) if isinstance(given, dict) else None
        if (
            where[:1] == ("searchers",)
            and where in document.named
            and document.named[where] == document.keys.get(where)
        ):
            return document.problem(where, "a plan varies it, and the file has no such searcher", with_key=True)
        hint = remedies.near(wrong, choices) or f"should be one of {', '.join(choices)}"
        where = (*where, tag) if isinstance(given, dict) and tag in given else where
        message = f"{shown(wrong)} is unknown; {hint}" if wrong is not None else f"`{tag}` is missing; {hint}"
    elif kind in {"duration", "moment", "length", "label", "best_worst", "determined", "together"}:
        message = details["msg"]
    elif kind in {"model_type", "model_attributes_type", "dict_type"}:
        remedy = remedies.section(where, given)
        message = f"{shown(given)} should be keys and values" + (f"; {remedy}" if remedy else "")
    else:
        said = details["msg"].removeprefix("Input ").removeprefix("Value error, ").split(" after validation")[0]
        for technical, plain in PLAIN.items():
            said = said.replace(technical, plain)
        message = f"{shown(given)} {said[said.index('should') :] if 'should' in said else said}"
        remedy = remedies.number(given) if kind in {"float_type", "int_type"} else None
        message += f"; {remedy}" if remedy else ""
    return document.problem(_as_written(where, document.values), message, with_key=kind == "extra_forbidden")


def _as_written(where: Path_, values: Any) -> Path_:
    """The path in the form that the file has.

    `searchers.LABEL` is `searcher` in a file with one searcher, and a bare value such as `mtbf: 5 h` has no keys.
    """
    if where[:1] == ("searchers",) and "searchers" not in values and "searcher" in values:
        where = ("searcher", *where[2:])
    for depth, part in enumerate(where):
        if isinstance(values, dict):
            values = values.get(part)
        elif isinstance(values, list) and isinstance(part, int):
            values = values[part]
        else:
            return where[:depth]
        if values is None:
            break
    return where
