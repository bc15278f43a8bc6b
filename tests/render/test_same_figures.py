"""For every searcher, alternative texts, tables, animations, player and plots have the figures of summary.json.

Fully trained trials are counted by resource: if brackets start at different rungs, the index of a rung would count
others.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

import simulator
from simulator.render import alt, style
from simulator.render.animation.configurations import DocsPicture, Scales
from simulator.render.animation.ladder import LadderBars
from simulator.render.animation.timeline import MOST_SEARCHERS, TimelinePicture
from simulator.render.canvas import Canvas
from simulator.render.perfetto import write as write_perfetto
from simulator.render.player.player import play
from simulator.render.plots.files import draw
from simulator.trace import comparison, metrics, replay
from simulator.trace.levels import MOST, levels
from simulator.trace.trace import Outcome
from tests.support.scenes import tiny
from tests.support.union import BLOCKS, names

LABELS = [f"{name}-{number}" for name, blocks in BLOCKS.items() for number in range(len(blocks))]


def test_every_searcher_is_here():
    assert sorted(BLOCKS) == sorted(names())


class Results:
    """The results of several scenarios by the searchers' labels."""

    def __init__(self, parts):
        self._parts = parts
        self.traces = {label: trace for part in parts for label, trace in part.traces.items()}

    def __getitem__(self, label):
        return next(part[label] for part in self._parts if label in part.traces)


@pytest.fixture(scope="module")
def results():
    """All searchers on the same trials; endless ones are stopped. A scenario has sixteen searchers at most."""
    searchers = {
        f"{name}-{number}": {"name": name, **block}
        for name, blocks in BLOCKS.items()
        for number, block in enumerate(blocks)
    }
    return Results([
        simulator.simulate(
            simulator.load_scenario(
                "title: all\n"
                f"searchers: {json.dumps(dict(part))}\n"
                "curves: {kind: synthetic}\ncluster: {workers: 4, stragglers: {kind: two_point}}\nstop: {time: 12 h}\n"
            )
        )
        for part in batched(searchers.items(), 16)
    ])  # fmt: skip


def batched(items, most):
    """Batches of at most `most` items."""
    items = list(items)
    return [items[first : first + most] for first in range(0, len(items), most)]


@pytest.fixture(scope="module")
def scenes(results):
    """As many searchers as a timeline shows, each time with Hyperband, whose brackets start at every rung."""
    others = [label for label in LABELS if label != "hyperband-0"]
    step = MOST_SEARCHERS - 1
    return [
        [results.traces[label] for label in ("hyperband-0", *others[first : first + step])]
        for first in range(0, len(others), step)
    ]


def written(picture, monkeypatch):
    """Draw a picture; returns its texts in order."""
    texts = []

    def text(self, x, y, text, *args, **how):
        texts.append(text)
        return drawn(self, x, y, text, *args, **how)

    drawn = Canvas.text
    monkeypatch.setattr(Canvas, "text", text)
    list(picture.steps())
    monkeypatch.undo()
    return texts


@pytest.mark.parametrize("label", LABELS)
def test_the_counter_of_the_docs_style_and_its_alt_text(results, label, monkeypatch):
    trace, about = results.traces[label], results[label]
    texts = written(DocsPicture(trace, Scales(list(results.traces.values()), "h"), ""), monkeypatch)
    in_full = [text for text in texts if "trained in full" in text][-1]

    assert about.full_length_trials > 0
    assert in_full == f"{about.trials:,} started · {about.full_length_trials:,} trained in full"
    assert f"{about.trials} trial{'s' * (about.trials > 1)} started" in alt.of_run(trace, "h")
    assert f", {about.full_length_trials} of them trained in full" in alt.of_run(trace, "h")
    assert replay.trained_in_full(trace, np.array([0, trace.makespan])).tolist() == [0, about.full_length_trials]


def test_the_ladder_of_the_timeline_and_the_table(scenes, results, monkeypatch):
    for traces in scenes:
        shown = {}

        def note(self, started, settled, shown=shown, drawn=LadderBars.draw):
            shown[id(self)] = (started, settled)
            drawn(self, started, settled)

        monkeypatch.setattr(LadderBars, "draw", note)
        picture = TimelinePicture(traces, "", "h")
        list(picture.steps())
        monkeypatch.undo()
        ladder = levels(traces)
        table = {name: cells for name, *cells in comparison.table({t.label: results[t.label] for t in traces}, "h")}
        for trace, (started, settled), cell in zip(traces, shown.values(), table["full-length trials"], strict=True):
            assert trials_at_each_level(trace, ladder) == settled
            assert (
                sum(settled[int(ladder.index_of(trace.max_length)) :])
                == int(cell)
                == results[trace.label].full_length_trials
            )
            assert all(begun >= done for begun, done in zip(started, settled, strict=True))


def trials_at_each_level(trace, ladder):
    """The number of trials with a result at each level, counted from the trace row by row."""
    there = [set() for _ in range(len(ladder))]
    for trial, to, outcome in zip(
        trace.trial.tolist(), trace.to_resource.tolist(), trace.outcome.tolist(), strict=True
    ):
        if outcome in (Outcome.COMPLETED, Outcome.EXITED):
            there[ladder.resources.index(to)].add(trial)
    return [len(trials) for trials in there]


def test_the_player_and_its_table(scenes, results):
    for traces in scenes:
        html = play({"all": traces}, title="", time_unit="h").html
        (scene,) = json.loads(re.search(r'id="data">(.*?)</script>', html, re.DOTALL)[1])["scenes"]
        (cells,) = re.findall(r'<th scope="row">full-length trials</th>(.*?)</tr>', html)
        for trace, run, cell in zip(traces, scene["runs"], re.findall(r"<td>(.*?)</td>", cells), strict=True):
            full = set()
            columns, jobs = run["columns"], run["jobs"]
            for row, trial in enumerate(columns["trial"]):
                *_, to, level = jobs[columns["job"][row] if "job" in columns else 0]
                assert levels(traces).resources[level] == to
                if columns.get("outcome", [0] * len(trace))[row] == Outcome.COMPLETED and to >= run["max_length"]:
                    full.add(trial)
            assert len(full) == int(cell) == results[trace.label].full_length_trials


def test_plots_count_and_colour_by_resource(scenes):
    for traces in scenes:
        ladder = levels(traces)
        gantt = draw("gantt", {t.label: [t] for t in traces}, theme="light", title="", time_unit="h")
        for axes, trace in zip(gantt.axes, traces, strict=True):
            bars = {
                one.get_label().lstrip("_"): len(one.get_paths()) for one in axes.collections
            }  # "_": not in a crowded legend
            for name, resource in zip(ladder.labels, ladder.resources, strict=True):
                assert bars.get(name, 0) == np.count_nonzero(trace.to_resource == resource)
        curves = draw("curves", {t.label: [t] for t in traces}, theme="light", title="", time_unit="h")
        for axes in curves.axes:
            colours = {}
            for points in axes.collections[1:]:
                at = {float(x) for x in points.get_offsets()[:, 0]}
                if at:
                    assert len(at) == 1  # a colour a resource
                    assert colours.setdefault(tuple(points.get_edgecolor()[0]), at) == at
        times, busy = metrics.busy_by_level(traces[0], ladder)
        begin, keep = metrics.useful(traces[0])
        for level, resource in enumerate(ladder.resources):
            rows = traces[0].to_resource == resource
            assert (busy[level, :-1] * np.diff(times)).sum() == (keep - begin)[rows].sum()


def test_colours_of_moving_pictures_and_slices_go_by_resource(results, tmp_path):
    """A trial that Hyperband trains in full at once looks like one that was promoted up to the top."""
    trace = results.traces["hyperband-0"]
    top = trace.to_resource == trace.max_length
    assert set(trace.rung[top].tolist()) == {0, 1, 2, 3}
    picture = DocsPicture(trace, Scales([trace], "h"), "")
    list(picture.steps())
    x0, x1 = picture._trial_columns.edges[results["hyperband-0"].full_length_trials - 1]
    y0 = picture._column._trials.y0
    assert (picture.canvas.pixels[y0:, x0:x1][0] == style.RUNG + 3).all()

    write_perfetto(tmp_path / "p.json", [trace], title="")
    events = json.loads((tmp_path / "p.json").read_text())["traceEvents"]
    named = {event["args"]["to_resource"]: set() for event in events if event.get("cat") == "job"}
    for event in events:
        if event.get("cat") == "job":
            named[event["args"]["to_resource"]].add(event["name"])
    assert named == {1: {"rung I"}, 3: {"rung II"}, 9: {"rung III"}, 27: {"rung IV"}}


def test_levels_are_named_as_rungs_where_all_agree():
    one = tiny([(0, 0, 0, 1, 0, 1), (0, 0, 1, 3, 1, 3)])
    other = tiny([(0, 0, 0, 3, 0, 3)])
    assert levels([one]).labels == ("rung 0 · 1 unit", "rung 1 · 3 units")
    assert levels([one, other]).labels == ("1 unit", "3 units")
    assert levels([one, other]).index_of([3, 1]).tolist() == [1, 0]
    assert (levels([]).labels, levels([replace(tiny([]), max_length=9)]).labels) == (
        ("rung 0 · 1 unit",),
        ("rung 0 · 9 units",),
    )


def test_real_runs_that_end_anywhere_share_levels():
    many = tiny([(0, trial, 0, trial + 1, trial, trial + 1) for trial in range(500)])
    ladder = levels([many])
    assert (len(ladder), ladder.labels[0], ladder.labels[-1]) == (MOST, "to 1 unit", "to 500 units")
    assert ladder.index_of([2, 17, 500]).tolist() == [1, 1, MOST - 1]
    on = replay.ladder(many, np.array([many.makespan]), ladder)
    assert on.started.sum() == on.settled.sum() == 500
