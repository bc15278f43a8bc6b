"""Trials that a reader found are sorted, checked and completed, and every change is counted."""

from collections import Counter
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest

from simulator.core.errors import InputError
from simulator.curves.importers.assemble import assemble
from simulator.curves.importers.source import End, Found, Trial
from simulator.curves.protocol import Exit

SOURCE = Path("source")


def trial(steps, losses, elapsed=None, end=End.FINISHED, name="t"):
    return Trial.of(name, (steps, losses, elapsed), end=end)


def made(*trials, metric="loss", maximise=None, **how):
    return assemble(SOURCE, "csv", Found(metric, maximise, list(trials), Counter()), **how)


def refused(*trials, metric="loss", maximise=None, **how):
    with pytest.raises(InputError) as caught:
        made(*trials, metric=metric, maximise=maximise, **how)
    return str(caught.value)


def test_steps_are_sorted_and_the_last_report_of_a_step_counts():
    (curve,), report = made(trial([3, 1, 2, 2], [3.0, 1, 9, 2], [3.0, 1, 9, 2]))

    assert curve.resources.tolist() == [1, 2, 3]
    assert curve.losses.tolist() == curve.seconds.tolist() == [1, 2, 3]
    assert report.changed == {"repeated steps, the last report of each kept": 1}


def test_steps_from_0_are_shifted_unless_told_otherwise():
    (curve,), report = made(trial([0, 1, 2], [3.0, 2, 1]))
    assert curve.resources.tolist() == [1, 2, 3]
    assert report.notes == ["resource = step + 1"]

    (curve,), report = made(trial([0, 1, 2], [3.0, 2, 1]), offset=0)
    assert curve.resources.tolist() == [1, 2]
    assert report.changed == {"points before the first unit left out": 1}


def test_a_metric_to_maximise_is_negated():
    (curve,), report = made(trial([1], [0.9]), metric="accuracy", maximise=True)
    assert curve.losses.tolist() == [-0.9]
    assert "  loss      accuracy (max; loss = -accuracy)" in list(report.lines())


def test_a_metric_whose_direction_is_not_known():
    assert refused(trial([1], [0.9]), metric="score").endswith(
        "which way score is better; add --mode min or --mode max"
    )
    assert made(trial([1], [0.9]), metric="score", mode="max")[1].mode == "max"
    assert made(trial([1], [0.9]), metric="val_rmse")[1].mode == "min"
    assert "says that loss is to be minimised, and --mode max says otherwise" in refused(
        trial([1], [1.0]), maximise=False, mode="max"
    )


@pytest.mark.parametrize("bad", [nan, inf, -inf])
def test_a_curve_that_ends_without_a_number_diverged(bad):
    (one, _), report = made(trial([1, 2, 3, 4], [1.0, 2, bad, bad]), trial([1, 2, 3, 4], [1.0, 2, 3, 4]))

    assert one.resources.tolist() == [1, 2, 3]
    assert one.dead
    assert np.isnan(one.losses[-1])
    assert (report.diverged, report.complete) == (1, 1)
    assert report.changed == {"points after a divergence left out": 1}


def test_a_loss_that_is_no_number_in_a_curve_that_goes_on_is_left_out():
    (curve,), report = made(trial([1, 2, 3], [1.0, nan, 3]))
    assert (curve.resources.tolist(), curve.losses.tolist()) == ([1, 3], [1.0, 3.0])
    assert not curve.dead
    assert report.changed == {"losses that are not numbers left out, in a curve that goes on": 1}


def test_a_failed_trial_dies_at_its_end():
    (failed, _), report = made(trial([1, 2], [1.0, 2], end=End.FAILED), trial([1, 2, 3], [1.0, 2, 3]))
    assert failed.exit is Exit.ERRORED
    assert report.failed == 1


def test_clocks():
    good = trial([1, 2, 3], [1.0, 1, 1], [1.0, 2, 3])
    back = trial([1, 2, 3], [1.0, 1, 1], [1.0, 3, 2])
    none = trial([1, 2, 3], [1.0, 1, 1])
    same = trial([1, 2, 3], [1.0, 1, 1], [1.0, 1, 1])
    curves, report = made(good, back, none, same)

    assert [curve.seconds.tolist() for curve in curves] == [[1, 2, 3], [1, 1.000001, 1.000002]]
    assert report.dropped == {"has a clock that goes backwards": 1, "has no times, as others do": 1}
    assert report.changed == {"times equal to the one before, moved by a microsecond": 2}


LONG = trial([1, 2, 4, 8], [1.0, 0.5, 0.25, 0.125], [1.0, 2, 4, 8])
CUT = trial([1, 2, 4], [2.0, 1.0, 0.5], [10.0, 20, 40], End.STOPPED)


def test_early_stopped_trials_are_refused():
    assert "has 1 of 2 trials that stop before the longest (8 units)" in refused(LONG, CUT)
    assert refused(LONG, CUT).endswith("say --censored drop, hold or extrapolate")
    finished = trial([1, 2], [1.0, 1.0])
    assert "1 of 2 trials" in refused(trial([1, 2, 3], [1.0, 1, 1]), finished)  # whatever the source says of its end


def test_early_stopped_trials_dropped_held_or_extrapolated():
    curves, report = made(LONG, CUT, censored="drop")
    assert len(curves) == 1
    assert report.dropped == {"stops early": 1}

    (_, held), report = made(LONG, CUT, censored="hold")
    assert held.losses.tolist() == [2, 1, 0.5, 0.5]
    assert held.seconds.tolist() == [10, 20, 40, 80]
    assert report.censored == {"held at their last loss": 1}

    (_, further), report = made(LONG, CUT, censored="extrapolate")
    assert further.losses[-1] == pytest.approx(0.25, abs=0.02)  # 2 / r
    assert report.censored == {"extrapolated": 1}

    curves, report = made(LONG, trial([1, 2], [1.0, 2.0], [1.0, 2]), censored="extrapolate")
    assert report.dropped == {"stops too early to extrapolate": 1}


def test_trials_that_died_are_not_censored():
    curves, _ = made(trial([1, 2, 3], [1.0, 1, 1]), trial([1, 2], [1.0, nan]), trial([1], [1.0], end=End.FAILED))
    assert len(curves) == 3


def test_a_stated_grid():
    dead = trial([1, 5], [2.0, nan], [1.0, 5])
    (one, two), report = made(trial([1, 5, 9], [9.0, 5, 1], [1.0, 5, 9]), dead, grid=(1, 3, 9, 27))

    assert one.resources.tolist() == [1, 3, 9]
    assert one.losses.tolist() == [9, 7, 1]
    assert one.seconds.tolist() == [1, 3, 9]
    assert two.resources.tolist() == [1, 5]
    assert "read on straight lines at 1, 3, 9, 27" in report.notes


def test_steps_that_no_file_of_curves_counts_to():
    last = [trial([-(2**63), step], [1.0, 1.0]) for step in (10**15, 10**15 + 1, 2**63 - 1)]
    (curve,), report = made(*last, offset=-1)
    assert curve.resources.tolist() == [10**15 - 1]
    assert report.dropped == {"has steps beyond 10^15": 2}


def test_times_a_hair_before_the_start_are_0():
    (curve,), _ = made(trial([1, 2], [1.0, 1.0], [-1e-9, 1.0]))
    assert curve.seconds.tolist() == [0, 1]


def test_times_at_the_end_of_time():
    end = 2**53 / 1e6
    assert refused(trial([1, 2], [1.0, 1.0], [end, end])).endswith("1 has times beyond 285 years")
    assert refused(trial([1, 2], [1.0, 1.0], [1.0, 1.7e308])).endswith("1 has times beyond 285 years")
    assert refused(trial([1, 2, 3], [1.0] * 3, [9e9] * 3)).endswith("so late that a microsecond is lost in rounding")
    assert made(trial([1, 2], [1.0, 1.0], [1.0, end]))[0][0].seconds.tolist() == [1, end]


@pytest.mark.parametrize("how", ["hold", "extrapolate"])
def test_a_stopped_trial_whose_times_would_go_beyond_the_end_of_time(how):
    slow = trial([1, 2, 4], [2.0, 1.0, 0.5], [1e9, 2e9, 5e9])
    curves, report = made(LONG, slow, censored=how)
    assert len(curves) == 1
    assert report.dropped == {"has times beyond 285 years once it goes on": 1}
    assert report.censored == {}


def test_times_that_are_the_same_tick_on_a_grid_or_further_on():
    quick = trial([1, 1000], [1.0, 0.5], [1e-9, 2e-6])
    (curve,), _ = made(quick, grid=(1, 2, 3, 1000))
    assert curve.seconds.tolist() == [1e-9, 1e-6, 2e-6, 3e-6]
    curves, _ = made(quick, trial(range(1, 1004), [1.0] * 1003, range(1003)), censored="hold")
    assert (np.diff(np.rint(curves[0].seconds * 1e6)) > 0).all()


@pytest.mark.parametrize(
    ("steps", "losses"),
    [([1, 2, 4], [1e308, 1e308, -1e308]), ([10**15 - 9, 10**15 - 8, 10**15 - 7], [3.0, 2.0, 1.0])],
)
def test_a_curve_that_no_power_law_fits_is_held(steps, losses):
    longest = trial([*steps, steps[-1] + 1], [0.0] * 4)
    (_, further), _ = made(longest, trial(steps, losses), censored="extrapolate")
    assert further.losses.tolist() == [*losses, losses[-1]]


def test_nothing_left():
    assert refused() == "source: holds no trials"
    assert refused(trial([], [])) == "source: leaves no trial: 1 has no point"
