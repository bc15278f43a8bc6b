"""Previews of the searches of a file: a scenario, or a whole Determined experiment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from simulator.core.errors import InputError
from simulator.previewing.search import Preview, preview
from simulator.scenario import yaml_text
from simulator.scenario.cluster import ClusterSection
from simulator.scenario.experiment_file import check_experiment, is_experiment
from simulator.scenario.loading import check_document
from simulator.scenario.yaml_text import Document


def preview_file(path: Path, on_searcher: Callable[[str], None] | None = None) -> dict[str, Preview]:
    """Preview every searcher of a file by its label; raises InputError for what is wrong in it.

    An experiment has no cluster: its jobs queue, as Determined's do. `on_searcher` hears each label beforehand.
    """
    return preview_document(yaml_text.read_document(path), on_searcher)


def preview_document(document: Document, on_searcher: Callable[[str], None] | None = None) -> dict[str, Preview]:
    """The same for what was read from a file."""
    experiment = is_experiment(document.values)
    loaded = check_experiment(document) if experiment else check_document(document)
    cluster = loaded.scenario.cluster
    previews, problems = {}, []
    for label, spec in loaded.scenario.searchers.items():
        if on_searcher:
            on_searcher(label)
        try:
            previews[label] = preview(
                spec.build,
                endless=spec.endless,
                workers=None if experiment else workers(cluster),
                queued=not spec.in_place and (experiment or cluster.assignment == "queued"),
                resume=cluster.resume and spec.resumes,
            )
        except ValueError as error:
            problems.append(loaded.problem(("searchers", label), str(error)))
    if problems:
        raise InputError(problems)
    return previews


def workers(cluster: ClusterSection) -> int:
    """How many jobs a scenario's cluster can do at once when all its machines are there."""
    if cluster.groups is None:
        return cluster.workers or 1
    return sum(group.count * (group.slots // cluster.slots_per_trial) for group in cluster.groups.values())
