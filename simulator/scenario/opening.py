"""Makes a scenario from a file and its settings: `--set`, and the workers and unit time of an experiment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from simulator.core.errors import InputError
from simulator.scenario import settings, yaml_text
from simulator.scenario.experiment_file import finished, is_experiment_to_run, scenario_of
from simulator.scenario.loading import Loaded, check_document
from simulator.scenario.yaml_text import Change, Document

#: The keys that an experiment file lacks, and the option that gives each.
_LACKING = {
    "cluster": "a Determined experiment file does not say how many workers there are: give --workers, such as 16",
    "curves": "a Determined experiment file does not say how long training takes: give --unit-time, such as 2min",
}


def open_scenario(
    path: Path,
    sets: Iterable[str] = (),
    *,
    workers: int | None = None,
    unit_time: str | None = None,
    changes: Iterable[Change] = (),
) -> Loaded:
    """Read and check a scenario, or a Determined experiment file, with the keys that were set on the command line.

    `workers` and `unit_time` complete an experiment; in a scenario they set `cluster.workers` and
    `curves.unit_time`. `changes` are what other options set. Raises InputError with every problem: in the file by
    line and column, in an option by key.
    """
    document = settings.changed(yaml_text.read_document(path), changes)
    return complete(document, sets, workers=workers, unit_time=unit_time)


def complete(
    document: Document,
    sets: Iterable[str] | Mapping[str, object] = (),
    *,
    workers: int | None = None,
    unit_time: str | None = None,
) -> Loaded:
    """Check a document that was read, with settings; `sets` are texts KEY=VALUE, or keys with plain values."""
    if not is_experiment_to_run(document.values):
        return check_document(with_changes(document, sets, workers=workers, unit_time=unit_time))
    try:
        made = with_changes(scenario_of(document, workers, unit_time), sets)
        return check_document(finished(made, document))
    except InputError as error:
        given = {"cluster": workers is not None, "curves": unit_time is not None}
        raise InputError(
            replace(problem, message=_LACKING[problem.key]) if not given.get(problem.key, True) else problem
            for problem in error.problems
        ) from None


def with_changes(
    document: Document,
    sets: Iterable[str] | Mapping[str, object] = (),
    *,
    workers: int | None = None,
    unit_time: str | None = None,
) -> Document:
    """A document with settings applied; raises InputError for texts and keys that don't fit it."""
    changes = []
    if workers is not None:
        changes.append(Change(("cluster", "workers"), workers, "--workers"))
    if unit_time is not None:
        changes.append(Change(("curves", "unit_time"), unit_time, "--unit-time"))
    if isinstance(sets, Mapping):
        changes += settings.changes_of(sets, document.values, "changes")
    else:
        changes += settings.parse(sets, document.values)
    return settings.changed(document, changes)
