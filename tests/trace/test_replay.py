import json
from dataclasses import replace
from math import nan
from pathlib import Path

import numpy as np
import pytest

from simulator.trace import metrics, replay
from simulator.trace.levels import levels
from simulator.trace.replay import BarrierWait, FirstPromotion, Replay
from simulator.trace.trace import Outcome, Spell, Spells, Trace
from tests.support.scenes import MINUTE, docs_scene, timeline_scene, tiny, troubled

PUBLISHED = json.loads((Path(__file__).parents[1] / "data" / "docs_gif_frames.json").read_text(encoding="utf-8"))


def seen_on_workers(trace: Trace, moment: replay.Moment) -> list[list[float]]:
    workers: list[list[float]] = [[0, 0] for _ in range(trace.workers)]
    for row, units in zip(moment.rows.tolist(), moment.units.tolist(), strict=True):
        before = trace.from_resource[row]
        workers[trace.worker[row]] = [units - before, trace.to_resource[row] - before]
    return workers


@pytest.mark.parametrize(("run", "name"), [(0, "sha.gif"), (1, "asha.gif")])
def test_every_frame_of_the_published_animations(run: int, name: str) -> None:
    trace, frames = docs_scene()[run], PUBLISHED[name]
    play = Replay(trace)
    for number, frame in enumerate(frames, 1):
        moment = play.advance(number * MINUTE)
        workers = seen_on_workers(trace, moment)
        # ASHA's jobs are the same in every frame; which worker has which differs, as nothing depends on it.
        assert sorted(workers) == sorted(frame["workers"]), number
        if name == "sha.gif":
            assert workers == frame["workers"], number
        assert play.started == frame["configs_started"], number
        assert 100 * len(moment.rows) == frame["efficiency_label"] * trace.workers, number


def test_a_job_is_full_at_its_end_and_the_next_one_not_yet_seen() -> None:
    play = Replay(tiny([(0, 0, 0, 4, 0, 4), (0, 1, 0, 4, 4, 8)], workers=1))
    seen = [(moment.rows.tolist(), moment.units.tolist()) for moment in map(play.advance, (0, MINUTE, 4 * MINUTE))]
    assert seen == [([], []), ([0], [1.0]), ([0], [4.0])]
    assert play.advance(5 * MINUTE).rows.tolist() == [1]
    assert play.reached.tolist() == [4.0, 1.0]
    assert play.started == 2
    assert play.advance(9 * MINUTE).rows.tolist() == []


def test_a_trial_that_starts_again_keeps_what_it_reached() -> None:
    play = Replay(tiny([(0, 0, 0, 3, 0, 3), (0, 0, 1, 9, 3, 12)], workers=1))
    play.advance(4 * MINUTE)
    assert (play.reached.tolist(), play.aimed.tolist()) == ([3.0], [9])
    play.advance(9 * MINUTE)
    assert play.reached.tolist() == [6.0]


def test_what_happened_between_two_looks_is_not_lost() -> None:
    play = Replay(tiny([(0, 5, 0, 1, 0, 1), (0, 2, 0, 1, 1, 2)], workers=1))
    play.advance(10 * MINUTE)
    assert play.reached.tolist() == [1.0, 1.0]


def test_a_cut_job_goes_at_the_pace_of_its_trial() -> None:
    rows = [
        (0, 0, 0, 0, 0, 2, 0, 4 * MINUTE, Outcome.COMPLETED, 0.5, 0, 0),
        (0, 0, 0, 1, 2, 8, 4 * MINUTE, 10 * MINUTE, Outcome.CUT, nan, 0, 0),
    ]
    play = Replay(Trace.from_rows(rows, label="", workers=1, max_length=8))
    assert play.advance(10 * MINUTE).units.tolist() == [5.0]


def test_worked_is_what_metrics_say_at_each_tick() -> None:
    for trace in (*docs_scene(), *timeline_scene()):
        at = np.linspace(0, trace.makespan + MINUTE, 60).astype(np.int64)
        assert replay.worked(trace, at).tolist() == [metrics.split_within(trace, tick).busy for tick in at.tolist()]
        split = metrics.split(trace)
        assert replay.worked(trace, at)[-1] == split.busy
        idle = replay.offered(trace, at) - replay.worked(trace, at) - replay.lost(trace, at)
        assert (np.diff(idle) >= 0).all()
        assert idle[-1] == split.idle


def test_ladder_trials_and_loss_at_the_end_are_the_summary() -> None:
    for trace in timeline_scene():
        end = np.array([trace.makespan])
        about = metrics.summarize(trace)
        on_rungs = replay.ladder(trace, end, levels([trace]))
        assert on_rungs.started.sum() == on_rungs.settled.sum() == about.jobs
        assert on_rungs.settled[0, -1] == about.full_length_trials
        assert replay.trials_started(trace, end).tolist() == [about.trials]
        assert replay.best_loss(trace, end).tolist() == [about.best_loss]
        assert np.isnan(replay.best_loss(trace, np.array([0])))[0]


def test_barriers_and_promotions_are_seen_in_the_rows() -> None:
    waiting = tiny([(0, 0, 0, 1, 0, 1), (1, 1, 0, 1, 0, 3), (0, 0, 1, 3, 3, 6)])
    assert replay.synchronous(waiting)
    assert replay.first_barrier(waiting) == BarrierWait(0, 0, MINUTE, 3 * MINUTE, 1)
    eager = tiny([(0, 0, 0, 1, 0, 1), (1, 1, 0, 1, 0, 3), (0, 0, 1, 3, 1, 4)])
    assert not replay.synchronous(eager)
    assert replay.first_barrier(eager) is None
    assert replay.first_promotion(eager) == FirstPromotion(0, MINUTE, 1)
    flat = tiny([(0, 0, 0, 1, 0, 1)])
    assert not replay.synchronous(flat)
    assert replay.first_promotion(flat) is None


def test_a_barrier_at_which_no_worker_waits_does_not_count() -> None:
    assert replay.first_barrier(tiny([(0, 0, 0, 1, 0, 1), (1, 1, 0, 1, 0, 1), (0, 0, 1, 3, 1, 4)])) is None


def test_worker_time_adds_up_at_every_moment() -> None:
    trace = troubled()
    at = np.arange(61) * MINUTE
    parts = [replay.worked(trace, at), replay.overhead(trace, at), replay.lost(trace, at), replay.idle(trace, at)]
    away = [replay.away(trace, at, kind) for kind in Spell]
    assert (sum(parts) + sum(away) == 3 * at).all()
    assert (replay.available(trace, at) == 3 * at - away[0]).all()
    assert all((np.diff(part) >= 0).all() for part in (*parts, *away))
    busy, overhead, lost, idle, down = metrics.split(trace)
    assert [int(part[-1]) for part in (*parts, *away)] == [busy, overhead - 4 * MINUTE, lost, idle, down, 4 * MINUTE]
    assert replay.away_at(trace, 15 * MINUTE) == {1: Spell.DOWN, 2: Spell.DOWN}
    assert replay.away_at(trace, 20 * MINUTE) == {2: Spell.BOOT}


def test_what_is_lost_is_gone_and_overhead_trains_nothing() -> None:
    play = Replay(troubled())
    assert play.advance(2 * MINUTE).units.tolist() == [0, 0]
    play.advance(12 * MINUTE)
    before = float(play.reached[1])
    play.advance(13 * MINUTE)
    assert 0 < play.reached[1] < before
    play.advance(60 * MINUTE)
    assert play.reached[:4].tolist() == [1, 1, 3, 1]


def test_a_worker_that_is_down_does_not_wait_at_a_barrier() -> None:
    trace = tiny([(0, 0, 0, 1, 0, 2), (1, 1, 0, 1, 0, 6), (0, 0, 1, 3, 6, 9)], workers=3)
    down = replace(trace, spells=Spells.from_rows([(2, 0, 9 * MINUTE, Spell.DOWN)]))
    assert replay.first_barrier(down) == BarrierWait(0, 0, 2 * MINUTE, 6 * MINUTE, 1)
