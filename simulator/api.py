"""The simulator in a notebook: load a scenario, run it, compare, plan, draw. `import simulator` has these names.

>>> import simulator
>>> scenario = simulator.load_scenario("scenarios/docs.yaml")
>>> results = simulator.simulate(scenario)
>>> round(results["SHA"].utilization, 3), results["ASHA"].utilization
(0.257, 1.0)
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, overload

from simulator.cluster import engine
from simulator.cluster.spec import Cluster, Stop
from simulator.core.errors import InputError, Problem
from simulator.core.escaping import of_name
from simulator.core.vocabulary import PLOT_KINDS, SHARED_PLOT_KINDS, BackendName, Style, TimeUnit
from simulator.curves.protocol import Curves
from simulator.curves.recorded import Recorded
from simulator.curves.synthetic import Law, Synthetic
from simulator.experiment import loads
from simulator.experiment.experiment import Experiment
from simulator.experiment.replicates import replicates
from simulator.experiment.sharing import SharedExperiment
from simulator.exploring.answers import LIMITS, Answers
from simulator.exploring.controls import given
from simulator.exploring.held import held
from simulator.exploring.offered import all_controls, few
from simulator.exploring.worlds import Worlds
from simulator.planning import planner
from simulator.planning.backend import WorkerPool
from simulator.planning.previewing.file import preview_document
from simulator.planning.sharing.planner import answer_shared
from simulator.render import draw_all, play
from simulator.render.options import PictureOptions, drawn_with, read_options
from simulator.render.sharing import draw_shared, play_shared
from simulator.results import Comparison, Picture, Planned, PlannedShared, Previewed, Results, Shared
from simulator.scenario import yaml_text
from simulator.scenario.examples import examples
from simulator.scenario.loading import Loaded
from simulator.scenario.opening import complete
from simulator.searchers.diary import Diary
from simulator.searchers.halving import asha, sha
from simulator.searchers.protocol import Searcher
from simulator.trace import metrics
from simulator.trace.decisions import decisions

if TYPE_CHECKING:
    from simulator.core.vocabulary import PictureFormat, PlotKind, SharedPlotKind, ThemeChoice, ThemeName
    from simulator.exploring.widget import Explorable
    from simulator.render import Player
    from simulator.trace.trace import Trace

#: Number of seeds over which a widget says which searcher ends later. `asha-sim explore` uses as many.
SEEDS = 20

__all__ = [
    "Cluster", "Law", "Recorded", "Stop", "Synthetic", "animate", "asha", "compare",
    "examples", "explore", "load_scenario", "plan", "player", "plot", "preview", "sha", "share", "simulate",
]  # fmt: skip


def load_scenario(
    source: Path | str,
    changes: Mapping[str, object] | None = None,
    *,
    workers: int | None = None,
    unit_time: str | None = None,
) -> Loaded:
    r"""Read and check a scenario: a YAML file, or a text of several lines.

    `changes` maps dotted keys to values; None leaves the key out. `workers` and `unit_time`, such as "2 min", make a
    scenario of a whole Determined experiment file. Paths in a text start at the working folder. Raises InputError
    with every problem, by line and column.

    >>> load_scenario("scenarios/digits.yaml", {"cluster.workers": 40}).scenario.cluster.workers
    40
    >>> load_scenario("title: nothing\n")
    Traceback (most recent call last):
    ...
    simulator.core.errors.InputError: scenario:1:1: searchers: is missing
    scenario:1:1: curves: is missing
    scenario:1:1: cluster: is missing
    """
    return complete(_document(source), changes or {}, workers=workers, unit_time=unit_time)


@overload
def simulate(scenario: Loaded | Path | str, *, seed: int | None = None) -> Results: ...


@overload
def simulate(
    scenario: Searcher | Mapping[str, Searcher],
    curves: Curves,
    cluster: Cluster,
    *,
    stop: Stop | None = None,
    seed: int | None = None,
    title: str = "",
    time_unit: TimeUnit = "s",
) -> Results: ...


def simulate(
    scenario: Loaded | Path | str | Searcher | Mapping[str, Searcher],
    curves: Curves | None = None,
    cluster: Cluster | None = None,
    *,
    stop: Stop | None = None,
    seed: int | None = None,
    title: str = "",
    time_unit: TimeUnit = "s",
) -> Results:
    """Run every searcher of a scenario on the same trials; `seed` overrides the scenario's.

    Instead of a scenario, it also runs one searcher, or several by label, on the trials `curves` and on a `cluster`,
    until they are done or until `stop`. Then `seed` is the seed of stragglers and failures, which is 0 by default,
    and each searcher object can run only once. Raises InputError if searchers and curves don't fit, RunError if a run
    fails.

    >>> simulate("scenarios/equal-times.yaml")["ASHA"].makespan_s / 60
    30.0
    >>> searchers = {"SHA": sha(max_trials=16, max_length=16), "ASHA": asha(max_trials=16, max_length=16)}
    >>> runs = simulate(searchers, Synthetic(Law(unit_s=60)), Cluster(4))
    >>> runs["SHA"].trials, runs["SHA"].full_length_trials
    (16, 1)
    """
    if isinstance(scenario, (Loaded, Path, str)):
        return _run_scenario(scenario, seed)
    if cluster is None or curves is None:
        raise TypeError("a searcher needs curves and a cluster: simulate(searcher, curves, cluster)")
    searchers = scenario if isinstance(scenario, Mapping) else {"searcher": scenario}
    traces = {}
    for label, searcher in searchers.items():
        problem = curves.reach(searcher.resources)
        if problem:
            raise InputError(Problem(label, problem))
        diary = Diary(searcher)
        trace = engine.simulate(diary, curves, cluster, stop=stop or Stop(), seed=seed or 0, label=label)
        traces[label] = replace(trace, decisions=decisions(trace, diary))
    summaries = {label: metrics.summarize(trace) for label, trace in traces.items()}
    return Results(None, seed or 0, traces, summaries, title or ", ".join(traces), time_unit)


def _run_scenario(scenario: Loaded | Path | str, seed: int | None) -> Results:
    experiment = Experiment(_loaded(scenario), seed)
    traces = experiment.run_all(with_decisions=True)
    best = experiment.best_loss(max(metrics.trials_started(trace) for trace in traces.values()))
    summaries = {label: metrics.summarize(trace, best, experiment.in_full) for label, trace in traces.items()}
    loaded = experiment.loaded
    return Results(loaded, experiment.seed, traces, summaries, loaded.title, loaded.scenario.time_unit)


def share(scenario: Loaded | Path | str, seed: int | None = None) -> Shared:
    """Run the searches of a scenario on the cluster that they share; `seed` overrides the scenario's.

    Raises InputError for what is wrong in the scenario, RunError where the run fails.

    >>> share("scenarios/team.yaml").about["searches"]
    60
    """
    experiment = SharedExperiment(_loaded(scenario), seed)
    if experiment.loaded.scenario.searches is None:
        message = "are missing; `simulate` runs searchers one by one"
        raise InputError(experiment.loaded.problem(("searches",), message))
    workload = experiment.run()
    return Shared(experiment.loaded, experiment.seed, workload, experiment.figures(workload))


def preview(file: Loaded | Path | str) -> Previewed:
    """Say what the searches of a scenario or of a whole Determined experiment file will do, before they run.

    Raises InputError with every problem of the file.

    >>> preview("scenarios/docs.yaml")["SHA"].full_length_trials.mean
    1.0
    """
    document = file.document if isinstance(file, Loaded) else _document(file)
    return Previewed(of_name(document.path.stem), preview_document(document))


def compare(
    scenario: Loaded | Path | str,
    seeds: int = 20,
    seed: int | None = None,
    *,
    on_progress: Callable[[int], None] | None = None,
) -> Comparison:
    """Run a scenario under `seeds` seeds, which are drawn from `seed` or else from the scenario's seed.

    Each seed has trials of its own: synthetic ones are drawn anew, recorded ones come in another order. All searchers
    meet the same trials. `on_progress` is called with the number of seeds done. Raises InputError and RunError as
    `simulate` does, ValueError if `seeds` is below 1.

    >>> compare("scenarios/equal-times.yaml", seeds=3).difference("makespan_s", "ASHA", "SHA").estimate / 60
    1.0
    """
    if seeds < 1:
        raise ValueError(f"seeds should be 1 or more, not {seeds}")
    experiment = Experiment(_loaded(scenario), seed)
    found: dict[str, list[metrics.Summary]] = {label: [] for label in experiment.labels}
    for number, drawn, curves in replicates(experiment.loaded, seeds, experiment.seed):
        for label, trace in experiment.under_seed(drawn, curves).run_all().items():
            found[label].append(metrics.summarize(trace))
        if on_progress:
            on_progress(number + 1)
    return Comparison(experiment.loaded, experiment.seed, found)


def plan(
    scenario: Loaded | Path | str,
    seed: int | None = None,
    *,
    folder: Path | str | None = None,
    resume: bool = False,
    extend: bool = False,
    backend: BackendName = "loky",
    address: str | None = None,
    jobs: int = 0,
) -> Planned | PlannedShared:
    """Answer the section `plan` of a scenario: how many workers a search needs, at what price, and how sure that is.

    If `folder` is given, it gets the report and every finished block of runs; with `resume` the plan goes on from
    these blocks. With `extend`, larger or smaller numbers of workers are tried too if the answer is the largest or
    smallest number in the grid. The runs are shared by `jobs` processes (0 means one for each processor), or with
    `backend` by a Dask or Ray cluster at `address`; the answer is the same. Raises InputError for what is wrong with
    the plan or the folder, RunError where a run fails, ValueError for a backend without its address.
    """
    if resume and folder is None:
        raise ValueError("resume needs a folder to go on with")
    if (address is None) == (backend == "dask") and backend != "ray":
        raise ValueError("dask needs an address, and only dask and ray take one")
    out = None if folder is None else Path(folder)
    pool = WorkerPool(backend, address, jobs)
    loaded = _loaded(scenario)
    if loaded.scenario.searches is not None:
        shared = answer_shared(loaded, seed=seed, folder=out, resume=resume, extend=extend, pool=pool)
        if out is not None:
            from simulator.planning.report import folder as files
            from simulator.planning.sharing.contents import contents as contents_of_shared

            files.write(contents_of_shared(shared), out)
        return PlannedShared(shared)
    found = planner.answer(loaded, seed=seed, folder=out, resume=resume, extend=extend, pool=pool)
    if out is not None:
        from simulator.planning.report import folder as files
        from simulator.planning.report.one_search import contents

        files.write(contents(found), out)
    return Planned(found)


def plot(
    results: Results | Shared,
    kind: PlotKind | SharedPlotKind | None = None,
    *,
    theme: ThemeName = "light",
    width: int | None = None,
    palette: Path | str | None = None,
    font: Path | str | None = None,
    texts: Path | str | None = None,
    title: str | None = None,
) -> Picture:
    """Draw what workers did: gantt (default), utilization, rungs, split, curves, curves-in-time, incumbent, regret.

    For searches that share a cluster the kinds are timeline (default), stays, and load, which also runs them at other
    loads. The options are those of `animate`. Raises ValueError for another kind, InputError for a wrong option.
    """
    options = read_options(width=width, theme=theme, palette=palette, font=font, texts=texts, title=title)
    if isinstance(results, Shared):
        return _plot_shared(results, kind or "timeline", theme, options)
    from simulator.render.plots import files

    kind = kind or "gantt"
    if kind not in PLOT_KINDS:
        raise ValueError(f"{kind!r} is not one of {', '.join(PLOT_KINDS)}")
    runs = {label: [trace] for label, trace in results.traces.items()}
    title = options.titled(results.title)
    with drawn_with(options):
        return Picture(files.draw(kind, runs, theme=theme, title=title, time_unit=results.time_unit), title, options)


def _plot_shared(results: Shared, kind: str, theme: ThemeName, options: PictureOptions) -> Picture:
    from simulator.render.plots.sharing_files import Loads, draw

    found = next((one for one in SHARED_PLOT_KINDS if one == kind), None)
    if found is None:
        raise ValueError(f"{kind!r} is not one of {', '.join(SHARED_PLOT_KINDS)}")
    ways, unit = None, results.scenario.scenario.time_unit
    if kind == "load":
        points = loads.by_load(SharedExperiment(results.scenario, results.seed))
        if points is None:
            raise ValueError("a plot over loads changes the rate of arrivals, and the scenario gives none")
        waits, stays = [one.wait_s for one in points], [one.stay_s for one in points]
        ways = Loads([one.load for one in points], waits, stays, loads.knee(points))
    title = options.titled(results.title)
    with drawn_with(options):
        drawn, _ = draw(found, results.workload, results.figures, ways, title=title, time_unit=unit)
        return Picture(drawn(theme), title, options)


def player(*results: Results | Shared) -> Player:
    """Make a page that plays runs on one clock; a notebook shows it inline, `.write(path)` keeps it.

    With several results the page has a switch between them. A workload, that is, searches that share a cluster, needs
    a page to itself; its switch colours jobs by search or by rung. Raises InputError if no results are given,
    ValueError if other results are given beside a workload.
    """
    if isinstance(results[0] if results else None, Shared) and len(results) == 1:
        [shared] = [one for one in results if isinstance(one, Shared)]
        return play_shared(shared.workload, title=shared.title, time_unit=shared.scenario.scenario.time_unit)
    alone = [run for run in results if not isinstance(run, Shared)]
    if len(alone) < len(results):
        raise ValueError("searches that share a cluster have a player of their own; give one of them alone")
    scenes: dict[str, list[Trace]] = {}
    for number, run in enumerate(alone):
        alike = sum(other.title == run.title for other in alone[:number])
        scenes[f"{run.title} ({alike + 1})" if alike else run.title] = list(run.traces.values())
    title, time_unit = (alone[0].title, alone[0].time_unit) if alone else ("", "s")
    return play(scenes, title=title, time_unit=time_unit)


def explore(
    scenario: Loaded | Path | str,
    vary: Mapping[str, Sequence[object] | Mapping[str, object]] | None = None,
    *,
    seeds: int | None = None,
) -> Player | Explorable:
    """Show a scenario with sliders.

    In a notebook with anywidget (extra `notebook`), and without `vary`, it is a widget: the kernel simulates each
    move. Everywhere else it is a page, which `.write(path)` keeps. It holds every position of its sliders, simulated
    beforehand. `vary` has the values of its sliders by dotted key, such as {"cluster.workers": [4, 8, 16]}, or names
    and values; by default there are sliders for the number of workers and for the divisor. `seeds` is the number of
    seeds behind the sentence that says which searcher ends later: by default 20 in a widget, and 1 in a page, which
    then has no such sentence. Raises InputError and RunError as `simulate` does.

    >>> page = explore("scenarios/equal-times.yaml", {"cluster.workers": [5, 10]})
    >>> "This page holds 2 worlds" in page.html
    True
    """
    loaded = _loaded(scenario)
    if vary is None and _shows_widgets():
        from simulator.exploring.widget import Explorable

        worlds = Worlds(loaded, all_controls(loaded, ()), limits=LIMITS)
        return Explorable(
            Answers(worlds, SEEDS if seeds is None else seeds), title=loaded.title, time_unit=worlds.time_unit
        )
    controls = few(loaded) if vary is None else given(loaded, vary)
    return held(Worlds(loaded, controls), 1 if seeds is None else seeds)


def _shows_widgets() -> bool:
    """Whether this is a notebook's kernel, Jupyter's or marimo's, that has anywidget."""
    ipython, marimo = sys.modules.get("IPython"), sys.modules.get("marimo")
    shell = None if ipython is None else ipython.get_ipython()
    in_notebook = hasattr(shell, "kernel") or (marimo is not None and marimo.running_in_notebook())
    return in_notebook and find_spec("anywidget") is not None


def animate(
    results: Results | Shared,
    out: Path | str,
    *,
    formats: Sequence[PictureFormat] = ("gif",),
    styles: Sequence[Style] | None = None,
    width: int | None = None,
    height: int | None = None,
    seconds: float | None = None,
    speed: float | None = None,
    fps: float | None = None,
    theme: ThemeChoice = "both",
    palette: Path | str | None = None,
    font: Path | str | None = None,
    texts: Path | str | None = None,
    title: str | None = None,
    loop: int = 0,
) -> list[Path]:
    """Write animations, in light and dark, into the folder `out`; return what was written.

    `formats` are gif, mp4, webm, webp, html and perfetto. `styles` are docs, timeline and side; without any, a
    timeline and a plot of the utilization are drawn. `width` and `height` are in pixels, and the size of letters
    follows the width. `seconds` is the length of an animation including its last frame, `speed` says how many times
    as fast as usual it is, and `fps` is its frames per second. `theme` is light, dark or both. `loop` is how often an
    animation plays, 0 for ever. `palette` and `texts` are YAML files of colours and of words, `font` is a TrueType or
    OpenType file. Raises InputError for a wrong option, if a style can't show that many searchers, or if a video
    can't be written.
    """
    options = read_options(
        width=width, height=height, seconds=seconds, speed=speed, fps=fps, theme=theme, palette=palette, font=font,
        texts=texts, title=title, loop=loop,
    )  # fmt: skip
    if isinstance(results, Shared):
        if set(styles or ()) - {"timeline"}:
            raise ValueError("searches that share a cluster have a timeline, and no animation in the style docs")
        return draw_shared(
            results.workload, results.figures, Path(out), formats=formats, title=results.title,
            time_unit=results.scenario.scenario.time_unit, options=options,
        )  # fmt: skip
    return draw_all(
        list(results.traces.values()), Path(out), formats=formats, styles=styles or ("timeline",),
        title=results.title, time_unit=results.time_unit, options=options, utilization=styles is None,
    )  # fmt: skip


def _document(source: Path | str) -> yaml_text.Document:
    """Read a file, or a text of several lines as if it were a file in the working folder."""
    if isinstance(source, str) and "\n" in source:
        return yaml_text.parse(source.encode(), Path("scenario"))
    return yaml_text.read_document(Path(source))


def _loaded(scenario: Loaded | Path | str) -> Loaded:
    return scenario if isinstance(scenario, Loaded) else load_scenario(scenario)
