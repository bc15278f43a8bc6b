"""What is left of an attempt that is cut short, compared with a walk through its course tick by tick."""

from __future__ import annotations

import random as random_numbers
from math import inf

import pytest

from simulator.cluster.attempts import Course, Overheads, Recovery, Rest
from simulator.cluster.fates import Conditions, Fates
from simulator.trace.trace import Outcome


def trained(course, units):
    """Ticks of training after a number of units."""
    return round(course.work * units / course.units)


def safe_at(course):
    """(tick, what is saved from then on) in the order of the course."""
    yield 0, Rest(0, 0, 0)
    for number, units in enumerate(range(course.every, course.units, course.every), start=1):
        overhead = course.lead + number * course.save
        yield overhead + trained(course, units), Rest(overhead, trained(course, units), units)


def courses(seed, n):
    """Draw courses whose units last whole ticks, half ticks or neither, at least one tick, and a tick at which to cut each."""
    rng = random_numbers.Random(seed)
    for _ in range(n):
        units = rng.randint(1, 30)
        work = rng.choice([10 * units, units * rng.randint(2, 9) // 2, rng.randint(units, 200)])
        course = Course(rng.choice([0, rng.randint(1, 20)]), work, units, rng.randint(1, 8), rng.choice([0, 0, 3, 9]))
        yield course, rng.randint(0, course.length - 1)


def test_what_was_saved_before_the_cut_is_left():
    for course, after in courses(0, 5000):
        [*_, (_, rest)] = [step for step in safe_at(course) if step[0] <= after]

        expected = rest if after > course.lead else Rest(after, 0, 0)
        if not rest.units and after > course.lead:
            expected = Rest(course.lead, 0, 0)
        assert course.cut_short(after) == expected, (course, after)


def test_a_warning_saves_the_units_trained_by_then_if_there_is_time():
    """It saves the most units for which training and one more checkpoint fit, up to the rounding of a tick, and never more."""
    saved = 0
    for course, after in courses(1, 5000):
        cut, warned = course.cut_short(after), course.cut_short_with_notice(after)
        time = after - cut.overhead - cut.kept - course.save
        fit = [
            units
            for units in range(cut.units + 1, course.units)
            if (units - cut.units) * course.work + course.units <= time * course.units
        ]
        assert warned.units >= max(fit, default=cut.units), (course, after)
        if warned != cut:
            saved += 1
            assert cut.units < warned.units < course.units
            assert warned == (cut.overhead + course.save, trained(course, warned.units), warned.units)
            assert warned.overhead + warned.kept <= after
    assert saved > 1000


def test_a_course_is_its_lead_its_work_and_its_checkpoints():
    for course, _ in courses(2, 1000):
        checkpoints = len(range(course.every, course.units, course.every)) if course.save else 0

        assert course.overhead == course.lead + checkpoints * course.save
        assert course.length == course.overhead + course.work


@pytest.mark.parametrize(
    ("on_loss", "notice", "why", "kept"),
    [
        ("resume", 0, Outcome.PREEMPTED, 20),  # the checkpoint after the second unit
        ("resume", 2, Outcome.PREEMPTED, 20),  # too little time for one more
        ("resume", 3, Outcome.PREEMPTED, 30),  # just enough
        ("resume", 3, Outcome.FAILED, 20),  # a failure gives no notice
        ("restart", 3, Outcome.PREEMPTED, 0),
        ("exit", 3, Outcome.PREEMPTED, 0),
    ],
)
def test_what_a_lost_worker_leaves(on_loss, notice, why, kept):
    """Ten ticks to set up, then six units of ten ticks, with a checkpoint of three ticks after every second unit; the worker goes at 50."""
    fates = Fates(Conditions(recovery=Recovery(on_loss)), seed=0)
    fate = fates.fate(Course(10, 60, 6, 2, 3), 0, 0, 0, stay=50, why=why, notice=notice)

    assert (fate.length, fate.outcome, fate.units) == (50, why, kept // 10)
    assert fate.overhead + fate.lost + kept == 50


def test_a_worker_that_leaves_as_the_job_ends_takes_nothing_with_it():
    fates, course = Fates(Conditions(), seed=0), Course(10, 60, 6, 2, 3)

    assert fates.fate(course, 0, 0, 0, stay=76, why=Outcome.FAILED, notice=0).outcome is Outcome.COMPLETED
    assert fates.fate(course, 0, 0, 0, stay=75, why=Outcome.FAILED, notice=0).outcome is Outcome.FAILED
    assert fates.fate(course, 0, 0, 0, stay=inf, why=Outcome.FAILED, notice=0) == (76, Outcome.COMPLETED, 16, 0, 6)


@pytest.mark.parametrize(
    ("begun", "promoted", "goes_on", "lead"),
    [(False, False, False, 100), (True, False, False, 130), (True, True, False, 137), (True, True, True, 0)],
)
def test_ticks_before_training(begun, promoted, goes_on, lead):
    """100 ticks to set up a trial, 30 to restore it, 7 to save it on its last worker."""
    fates = Fates(Conditions(overheads=Overheads(trial_start=100, save=7, restore=30)), seed=0)

    assert fates.lead(begun=begun, promoted=promoted, goes_on=goes_on) == lead
