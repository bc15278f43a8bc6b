"""Calibration finds what happens to lost jobs: whether they come before other jobs, and how long they are held back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulator.cluster.calibration import observed, recovery, section
from simulator.cluster.calibration.calibrate import calibrate
from simulator.cluster.calibration.recovery import Retry
from simulator.experiment.experiment import Experiment, curves_of
from simulator.scenario.cluster import ClusterSection
from simulator.scenario.loading import load
from simulator.trace.reading import read_trace
from simulator.trace.trace import Outcome, Trace

HEADER = "worker,trial,bracket,rung,from_resource,to_resource,start,end,outcome,loss,overhead,lost"


def trace(folder: Path, text: str) -> Trace:
    """A trace of jobs of one rung: each line has the worker, the trial, start, end and "failed", if it was lost."""
    rows = []
    for line in text.strip().splitlines():
        worker, trial, start, end, *failed = line.split()
        number, _, bracket = trial.partition("/")
        ending = "failed,,0,0" if failed else "completed,0.5,0,0"
        rows.append(f"{worker},{number},{bracket or 0},0,0,9,{start},{end},{ending}")
    path = folder / "run.csv"
    path.write_text("\n".join([HEADER, *rows, ""]))
    return read_trace(path)


#: Two jobs are lost and begin after all new trials; the last loss shows that 2 s pass until a job is tried again.
LAST = """
    0 0 0 10 failed
    1 1 0 20
    2 2 0 12 failed
    0 3 13 23
    1 4 20 40
    0 5 23 33
    2 6 24 44
    0 0 33 43
    1 2 40 50 failed
    0 2 52 60
"""
#: A lost job begins when its worker is back, before two new trials.
FIRST = """
    0 0 0 10 failed
    1 1 0 20
    0 0 13 23
    1 2 20 40
    0 3 23 42
"""


def test_lost_jobs_that_began_after_all_new_trials_come_last(tmp_path):
    made = trace(tmp_path, LAST)
    assert list(recovery.retried_jobs(made, 0.1)) == [
        Retry(23.0, 14.0, overtook=False, held_back=False),
        Retry(28.0, 12.0, overtook=False, held_back=False),
        Retry(2.0, None, overtook=False, held_back=True),
    ]
    found = recovery.retries([made], 0.0)
    assert found.order == "last"
    assert found.delay is not None
    assert (found.delay.value, found.delay.source) == (2.0, "1 lost attempt")
    assert not found.untold


def test_a_lost_job_that_began_before_a_new_trial_shows_that_lost_jobs_come_first(tmp_path):
    made = trace(tmp_path, FIRST)
    assert list(recovery.retried_jobs(made, 0.1)) == [Retry(3.0, None, overtook=True, held_back=False)]
    found = recovery.retries([made], 0.0)
    assert (found.order, found.delay) == ("first", None)
    assert found.untold == {"recovery.retry_after": "no lost job began on a worker that had been without work"}


def test_other_jobs_that_began_while_lost_ones_were_held_back_do_not_show_that_these_come_last(tmp_path):
    """Here the last loss shows that 15 s pass, and new trials began up to 14 s after the others."""
    made = trace(tmp_path, LAST.replace("0 2 52 60", "0 2 65 73"))
    found = recovery.retries([made], 0.0)
    assert found.order is None
    assert found.untold == {"recovery.retry": "too few other jobs began while a lost job could have been tried again"}


def test_one_lost_job_that_others_came_before_is_too_few(tmp_path):
    """Only trial 0 is lost early; trial 4 is lost when all trials have begun."""
    made = trace(
        tmp_path,
        "0 0 0 10 failed\n 1 1 0 20\n 2 2 0 12\n 0 3 13 33\n 1 4 20 50 failed\n 2 6 24 44\n 0 0 33 43\n 0 4 52 60",
    )
    assert [retry.others for retry in recovery.retried_jobs(made, 0.1)] == [14.0, None]
    assert recovery.retries([made], 0.0).order is None


def test_a_trial_of_a_bracket_that_began_later_was_not_overtaken(tmp_path):
    """As in Hyperband: trials 2 and 3 are of a bracket that begins when the first one has ended."""
    made = trace(tmp_path, FIRST.replace(" 2 20 40", " 2/1 23.5 40").replace(" 3 23 42", " 3/1 23.5 42"))
    assert [retry.overtook for retry in recovery.retried_jobs(made, 0.1)] == [False]


def test_a_new_trial_for_which_a_worker_waited_was_not_overtaken(tmp_path):
    """Worker 1 is without work from 20 s on: the searcher had no trial until 24 s."""
    made = trace(tmp_path, FIRST.replace(" 2 20 40", " 2 24 40").replace(" 3 23 42", " 3 24 42"))
    assert [retry.overtook for retry in recovery.retried_jobs(made, 0.1)] == [False]


def test_a_job_given_to_a_worker_that_was_away_already_shows_nothing(tmp_path):
    made = trace(tmp_path, FIRST.replace("    0 0 13 23", "    0 0 11 11 failed\n    0 0 13 23"))
    assert list(recovery.retried_jobs(made, 0.1)) == []


def test_two_processes_that_train_one_job_show_nothing(tmp_path):
    """Optuna may take a process for dead that still trains; then another one begins before the first one's end."""
    made = trace(tmp_path, "0 0 0 10 failed\n 1 1 0 5\n 1 0 6 12\n 0 2 11 14")
    assert list(recovery.retried_jobs(made, 0.1)) == []


@pytest.mark.parametrize(
    ("again", "said"),
    [
        ("2 0 30 40", None),
        ("2 0 25 35", "lost jobs were tried again as soon as a worker was free"),
        ("2 0 25.09 35", "lost jobs were tried again as soon as a worker was free"),
        ("1 0 50 60", "no lost job began on a worker that had been without work"),  # it ends a job at 50 s
    ],
)
def test_a_delay_shows_where_a_worker_without_work_waited_for_the_job(tmp_path, again, said):
    made = trace(tmp_path, f"0 0 0 25 failed\n 1 1 0 50\n 2 2 0 20\n {again}")
    found = recovery.retries([made], 0.0)
    assert found.untold.get("recovery.retry_after") == said
    assert (found.delay is None) == (said is not None)
    assert found.delay is None or found.delay.value == 5.0


def test_the_schedulers_own_time_is_no_part_of_the_delay(tmp_path):
    made = trace(tmp_path, "0 0 0 25 failed\n 1 1 0 50\n 2 2 0 20\n 2 0 31 40")
    assert recovery.retries([made], 1.0).delay.value == 5.0
    assert recovery.retries([made], 3.0).delay is None  # 6 s are two decisions


def test_a_lost_job_that_is_tried_again_late_is_no_slow_decision(tmp_path):
    made = trace(
        tmp_path, "0 0 0 10 failed\n 1 1 0 12\n 2 2 0 15\n 1 3 14 20\n 2 4 17 19\n 2 0 120 130\n 2 5 132 140"
    )
    assert observed.decisions([made]).tolist() == [0.0, 0.0, 2.0, 2.0, 2.0]


def test_a_worker_that_waited_for_a_lost_job_was_not_away_for_so_long(tmp_path):
    """The other worker is busy, so the first one, if it is back, waits only for its job, which is held back for 20 s."""
    made = trace(tmp_path, "0 0 0 10 failed\n 1 1 0 90\n 0 0 30 60")
    assert observed.gaps([made], Outcome.FAILED).certainly.tolist() == [True]
    assert observed.gaps([made], Outcome.FAILED, held_back=20.0).certainly.tolist() == [False]
    assert observed.gaps([made], Outcome.FAILED, held_back=19.0).certainly.tolist() == [True]


def test_the_section_and_the_report_say_when_lost_jobs_are_tried_again(tmp_path):
    last, first = calibrate([trace(tmp_path, LAST)]), calibrate([trace(tmp_path, FIRST)])
    assert section.section(last)["recovery"]["retry"] == "last"
    assert section.section(last)["recovery"]["retry_after"] == "2 s"
    assert section.as_dict(last)["retry"] == "last"
    assert section.section(first)["recovery"]["retry"] == "first"
    assert "  recovery.retry           first" in list(section.report(first))
    assert section.as_dict(first)["retry"] == "first"
    assert section.events(last)["recovery.retry_after"] == "1 lost attempt"


def test_the_delay_is_drawn_from_its_interval(tmp_path):
    text = LAST + "    0 7 62 70 failed\n    1 7 75 80\n    0 8 82 90 failed\n    1 8 94 99\n"
    made = calibrate([trace(tmp_path, text)])
    assert section.intervals(made)["recovery.retry_after"] == ["2 s", "5 s"]
    drawn = {section.section(made, np.random.default_rng(seed))["recovery"]["retry_after"] for seed in range(9)}
    assert len(drawn) > 1
    cluster = section.section(made) | {"uncertainty": section.intervals(made), "measured": section.events(made)}
    assert ClusterSection.model_validate(cluster).recovery.retry_after == 4_000_000


@pytest.mark.parametrize("retry", ["first", "last"])
def test_what_was_simulated_is_found(tmp_path, retry):
    path = tmp_path / "scenario.yaml"
    path.write_text(
        "searchers: {asha: {name: asha, max_trials: 243, max_length: 81, divisor: 3}}\n"
        "curves: {kind: synthetic, unit_time: 2 min}\n"
        "cluster: {workers: 16, decision_time: 5 s, failures: {mtbf: 10 h, repair: 20 min}, "
        f"recovery: {{retry: {retry}, retry_after: 2 min}}}}\n"
    )
    loaded = load(path)
    runs = [Experiment(loaded, seed).run("asha") for seed in range(3)]
    made = calibrate(runs, [curves_of(loaded, seed) for seed in range(3)])
    assert made.retry == retry
    assert made.figures["recovery.retry_after"].value == pytest.approx(120, rel=1e-6)
    assert made.figures["decision_time"].value == pytest.approx(5, rel=1e-6)
