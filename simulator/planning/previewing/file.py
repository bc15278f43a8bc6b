"""Previews of the searches of a file: a scenario, or a whole Determined experiment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from simulator.core.errors import InputError
from simulator.planning.previewing.search import Preview, preview
from simulator.scenario import yaml_text
from simulator.scenario.cluster import ClusterSection
from simulator.scenario.experiment_file import check_experiment, is_experiment, is_experiment_to_run
from simulator.scenario.loading import Loaded, check_document
from simulator.scenario.opening import complete, with_changes
from simulator.scenario.yaml_text import Document

#: The time of a unit if a file has none; it has no effect, since a preview counts units.
ANY_TIME = "1 min"


def preview_file(
    path: Path,
    on_searcher: Callable[[str], None] | None = None,
    *,
    sets: Iterable[str] = (),
    workers: int | None = None,
    unit_time: str | None = None,
) -> dict[str, Preview]:
    """Preview every searcher of a file by its label; raises InputError for what is wrong in it.

    An experiment has no cluster: its jobs queue, as Determined's do. `on_searcher` is called with each label before
    its preview; `sets` (texts KEY=VALUE), `workers` and `unit_time` are settings from outside the file.
    """
    document, sets = yaml_text.read_document(path), list(sets)
    if is_experiment(document.values) and workers is None and unit_time is None:
        made = with_changes(document, sets)
        if is_experiment(made.values):
            return preview_document(made, on_searcher)
    if is_experiment_to_run(document.values):
        loaded = complete(document, sets, workers=workers, unit_time=unit_time or ANY_TIME)
        return _previews(loaded, on_searcher, experiment=False)
    return preview_document(with_changes(document, sets, workers=workers, unit_time=unit_time), on_searcher)


def preview_document(document: Document, on_searcher: Callable[[str], None] | None = None) -> dict[str, Preview]:
    """Preview every searcher of a document that was read already."""
    experiment = is_experiment(document.values)
    loaded = check_experiment(document) if experiment else check_document(document)
    return _previews(loaded, on_searcher, experiment=experiment)


def _previews(loaded: Loaded, on_searcher: Callable[[str], None] | None, *, experiment: bool) -> dict[str, Preview]:
    cluster = loaded.scenario.cluster
    previews, problems = {}, []
    for (_, label, *_), spec in loaded.scenario.blocks.items():
        if on_searcher:
            on_searcher(label)
        try:
            previews[label] = preview(
                spec.build,
                endless=spec.endless,
                max_concurrent=getattr(spec, "max_concurrent_trials", None),
                workers=None if experiment else workers(cluster),
                queued=not spec.in_place and (experiment or cluster.assignment == "queued"),
                resume=spec.goes_on_from_its_last_result(resume=cluster.resume),
            )
        except ValueError as error:
            problems.append(loaded.problem(("searchers", label), str(error)))
    if problems:
        raise InputError(problems)
    return previews


def workers(cluster: ClusterSection) -> int:
    """The number of jobs that a scenario's cluster can run at once when all its machines are there."""
    if cluster.groups is None:
        return cluster.workers or 1
    return sum(group.count * (group.slots // cluster.slots_per_trial) for group in cluster.groups.values())
