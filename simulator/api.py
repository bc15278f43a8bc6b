"""The simulator in a notebook: load a scenario, run it, compare, plan, draw. `import simulator` has these names.

>>> import simulator
>>> scenario = simulator.load_scenario("scenarios/docs.yaml")
>>> results = simulator.simulate(scenario)
>>> round(results["SHA"].utilization, 3), results["ASHA"].utilization
(0.257, 1.0)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.experiment.experiment import Experiment
from simulator.experiment.replicates import replicates
from simulator.planning import planner
from simulator.planning.backend import Pool
from simulator.render import draw_all, play
from simulator.render.animation.animate import Style
from simulator.results import Comparison, Picture, Planned, Results
from simulator.scenario import yaml_text
from simulator.scenario.loading import Loaded, check
from simulator.trace import metrics

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from simulator.render import Format, Player
    from simulator.render.plots.files import Kind
    from simulator.render.style import ThemeName
    from simulator.trace.trace import Trace

__all__ = ["animate", "chart", "compare", "load_scenario", "plan", "player", "plot", "simulate"]


def load_scenario(source: Path | str, changes: Mapping[str, object] | None = None) -> Loaded:
    r"""Read and check a scenario: a YAML file, or its text, which has several lines.

    `changes` are keys with dots and what to put there, None to leave the key out. Paths in a text start at the
    working folder. Raises InputError with every problem, by line and column.

    >>> load_scenario("scenarios/digits.yaml", {"cluster.workers": 40}).scenario.cluster.workers
    40
    >>> load_scenario("title: nothing\n")
    Traceback (most recent call last):
    ...
    simulator.core.errors.InputError: scenario:1:1: searchers: is missing
    scenario:1:1: curves: is missing
    scenario:1:1: cluster: is missing
    """
    if isinstance(source, str) and "\n" in source:
        document = yaml_text.parse(source.encode(), Path("scenario"))
    else:
        document = yaml_text.read(Path(source))
    return check(_changed(document, changes) if changes else document)


def simulate(scenario: Loaded | Path | str, seed: int | None = None) -> Results:
    """Run every searcher of a scenario on the same trials; `seed` overrides the scenario's.

    Raises InputError where searchers and curves don't fit, RunError where a run fails.

    >>> simulate("scenarios/equal-times.yaml")["ASHA"].makespan_s / 60
    30.0
    """
    experiment = Experiment(_loaded(scenario), seed)
    traces = experiment.run_all()
    best = experiment.best_loss(max(metrics.trials_started(trace) for trace in traces.values()))
    summaries = {label: metrics.summarize(trace, best) for label, trace in traces.items()}
    return Results(experiment.loaded, experiment.seed, traces, summaries)


def compare(scenario: Loaded | Path | str, seeds: int = 20, seed: int | None = None) -> Comparison:
    """Run a scenario under so many seeds drawn from `seed`, which overrides the scenario's.

    Each seed brings trials of its own: synthetic ones are drawn anew, recorded ones met in another order. All
    searchers meet the same. Raises InputError and RunError as `simulate` does, ValueError for no seed at all.

    >>> compare("scenarios/equal-times.yaml", seeds=3).difference("makespan_s", "ASHA", "SHA").estimate / 60
    1.0
    """
    if seeds < 1:
        raise ValueError(f"seeds should be 1 or more, not {seeds}")
    experiment = Experiment(_loaded(scenario), seed)
    found: dict[str, list[metrics.Summary]] = {label: [] for label in experiment.labels}
    for _, drawn, curves in replicates(experiment.loaded, seeds, experiment.seed):
        for label, trace in experiment.under(drawn, curves).run_all().items():
            found[label].append(metrics.summarize(trace))
    return Comparison(experiment.loaded, experiment.seed, found)


def plan(scenario: Loaded | Path | str, seed: int | None = None, *, jobs: int = 0) -> Planned:
    """Answer the `plan` of a scenario: how many workers, at what price, how sure.

    `jobs` processes share the runs, 0 for one each processor; the answer is the same. Raises InputError for what
    is wrong with the plan, RunError where a run fails.
    """
    return Planned(planner.answer(_loaded(scenario), seed=seed, pool=Pool(jobs=jobs)))


def plot(results: Results, kind: Kind = "gantt", *, theme: ThemeName = "light") -> Picture:
    """Draw what the workers did: utilization, gantt, rungs, split, curves, curves-in-time, incumbent or regret.

    Raises ValueError for another kind.
    """
    from simulator.render.plots import files  # noqa: PLC0415  (matplotlib comes last)

    if kind not in files.KINDS:
        raise ValueError(f"{kind!r} is none of {', '.join(files.KINDS)}")
    runs = {label: [trace] for label, trace in results.traces.items()}
    return Picture(
        files.draw(kind, runs, theme=theme, title=results.title, time_unit=results.time_unit), results.title
    )


def chart(
    x: ArrayLike,
    lines: Mapping[str, ArrayLike],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    log: str = "",
    theme: ThemeName = "light",
) -> Picture:
    """Draw lines over `x`, each of its length; `log` names the logarithmic axes: "x", "y" or "xy".

    Raises ValueError where a line is longer or shorter than `x`.
    """
    from simulator.render.plots.chart import draw  # noqa: PLC0415  (matplotlib comes last)

    return Picture(draw(x, lines, title=title, xlabel=xlabel, ylabel=ylabel, log=log, theme=theme), title)


def player(*results: Results) -> Player:
    """Make a page that plays runs on one clock; a notebook shows it inline, `.write(path)` keeps it.

    Several results get a switch between them. Raises InputError where there are none.
    """
    scenes: dict[str, list[Trace]] = {}
    for run in results:
        alike = sum(other.title == run.title for other in results[: results.index(run)])
        scenes[f"{run.title} ({alike + 1})" if alike else run.title] = list(run.traces.values())
    title, time_unit = (results[0].title, results[0].time_unit) if results else ("", "s")
    return play(scenes, title=title, time_unit=time_unit)


def animate(
    results: Results,
    out: Path | str,
    *,
    formats: Sequence[Format] = ("gif",),
    styles: Sequence[Style] = ("timeline",),
) -> list[Path]:
    """Write animations, in light and dark, into the folder `out`; return what was written.

    `formats` are gif, webp, mp4, html and perfetto, `styles` docs and timeline. Raises InputError where a
    timeline has too many searchers to show, and where MP4 can't be written.
    """
    return draw_all(
        list(results.traces.values()), Path(out), formats=formats, styles=styles, title=results.title,
        time_unit=results.time_unit,
    )  # fmt: skip


def _loaded(scenario: Loaded | Path | str) -> Loaded:
    return scenario if isinstance(scenario, Loaded) else load_scenario(scenario)


def _changed(document: yaml_text.Document, changes: Mapping[str, object]) -> yaml_text.Document:
    """The document as it would be with `changes`, which are part of its digest."""
    values: Any = deepcopy(document.values) if isinstance(document.values, dict) else {}
    for key, value in changes.items():
        *way, last = key.split(".")
        place = values
        for part in way:
            if not isinstance(place.get(part), dict):
                place[part] = {}
            place = place[part]
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
    raw = document.raw + json.dumps(dict(changes), sort_keys=True).encode()
    return replace(document, raw=raw, values=values)
