"""Calibration finds the parameters of a simulated cluster, with intervals, and names those that it can't find."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import gamma

from simulator.cluster.calibration import estimate, families, observed, section
from simulator.cluster.calibration.calibrate import calibrate
from simulator.cluster.calibration.regression import robust
from simulator.cluster.calibration.speeds import speeds
from simulator.core.errors import InputError
from simulator.curves.files.tables import read_table
from simulator.curves.recorded import Recorded
from simulator.experiment.experiment import Experiment, curves_of
from simulator.scenario.cluster import ClusterSection
from simulator.scenario.loading import load
from simulator.trace.reading import read_trace
from simulator.trace.trace import Trace

HEADER = "worker,trial,bracket,rung,from_resource,to_resource,start,end,outcome,loss,overhead,lost"


def trace(folder: Path, *rows: str) -> Trace:
    path = folder / "run.csv"
    path.write_text("\n".join([HEADER, *rows, ""]))
    return read_trace(path)


def world(folder: Path, cluster: str, seed: int = 0, *, spread: float = 0.0):
    path = folder / "scenario.yaml"
    path.write_text(
        "searchers: {asha: {name: asha, max_trials: 243, max_length: 81, divisor: 3}}\n"
        f"curves: {{kind: synthetic, unit_time: 2 min, unit_time_sigma: {spread}}}\ncluster: {cluster}\n"
    )
    loaded = load(path)
    return Experiment(loaded, seed).run("asha"), curves_of(loaded, seed)


def test_without_scipy_it_says_what_to_install(tmp_path, monkeypatch):
    """Python treats None in place of a module as a missing module."""
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(
        InputError, match=r"^calibration: needs SciPy, .*: pip install 'asha-simulator\[calibrate\]'$"
    ):
        calibrate([])


# Figures.


def test_the_interval_of_a_count_is_garwoods():
    found = estimate.rate(3, 2.0, "losses")
    assert found.value == 1.5
    assert found.low == pytest.approx(gamma.ppf(0.05, 3) / 2)
    assert found.high == pytest.approx(gamma.ppf(0.95, 4) / 2)


def test_no_event_gives_a_bound_and_no_figure():
    found = estimate.mean_span(1000.0, 0, "losses")
    assert found.value == np.inf
    assert found.low == pytest.approx(1000 / -np.log(0.05))  # e^(-1000 / mean) = 5 %


def test_spans_that_all_ended_at_once_are_0():
    found = estimate.mean_span(0.0, 3, "returns")
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_draws_of_a_figure_are_as_wide_as_its_interval():
    found = estimate.Estimate(10.0, 5.0, 40.0, 7, "losses")
    drawn = np.array([found.draw(np.random.default_rng(seed)) for seed in range(2000)])
    assert np.mean(drawn < 5) == pytest.approx(0.05, abs=0.02)
    assert np.mean(drawn > 40) == pytest.approx(0.05, abs=0.02)
    assert np.mean(drawn < 10) == pytest.approx(0.5, abs=0.04)


def test_a_share_says_of_how_many():
    assert estimate.share(58, 440, "attempt").source == "58 of 440 attempts"
    assert estimate.mean_span(900.0, 1, "lost attempt").source == "1 lost attempt"


def test_figures_are_written_without_powers_of_ten_and_times_in_a_unit_that_fits():
    assert [estimate.plain(value) for value in (15073.2, 0.000056784, 0.5, 3.0)] == [
        "15070",
        "0.00005678",
        "0.5",
        "3",
    ]
    assert [estimate.in_unit(value) for value in (0.05, 119.0, 36_000.0, 5e5)] == [
        "0.05 s",
        "119 s",
        "10 h",
        "5.787 d",
    ]
    assert section.about(estimate.Estimate(36_000, 22_000, 72_000, 1, "lost attempt"), "failures.mtbf") == (
        "90 %: 6.111 … 20 h; 1 lost attempt"
    )


# Stragglers.

DRAWS = {
    "half_normal": (lambda rng, n: 1 + 0.5 * np.abs(rng.standard_normal(n)), "std", 0.5),
    "log_normal": (lambda rng, n: np.exp(0.3 * rng.standard_normal(n) - 0.045), "sigma", 0.3),
    "pareto": (lambda rng, n: 0.6 * (1 - rng.random(n)) ** -0.4, "alpha", 2.5),
    "two_point": (lambda rng, n: np.where(rng.random(n) < 0.1, 4.0, 1.0), "probability", 0.1),
}


@pytest.mark.parametrize("kind", DRAWS)
def test_the_family_that_drew_the_factors_is_taken_and_its_figure_lies_in_the_interval(kind):
    draw, name, truth = DRAWS[kind]
    inside = 0
    for seed in range(20):
        factors = draw(np.random.default_rng(seed), 200)
        taken, compared = families.best(factors, np.zeros(200, bool))
        assert taken is compared[0]
        assert taken.kind == kind
        inside += taken.entries[name].low <= truth <= taken.entries[name].high
    assert inside >= 15  # of 18 expected


def test_factors_of_no_family_are_taken_as_measured():
    rng = np.random.default_rng(1)
    factors = np.concatenate([rng.normal(1, 0.01, 100), rng.normal(2, 0.01, 60), rng.normal(7, 0.05, 40)])
    taken, _ = families.best(factors, np.zeros(200, bool))
    assert taken.kind == "quantiles"
    assert taken.values[0] == pytest.approx(factors.min(), rel=1e-3)
    assert taken.values[-1] == pytest.approx(factors.max(), rel=1e-3)


def test_attempts_that_were_lost_count_as_at_least_so_slow():
    rng = np.random.default_rng(3)
    factors, limit = 1 + np.abs(rng.standard_normal(2000)), rng.uniform(1, 3, 2000)
    seen, censored = np.minimum(factors, limit), factors > limit
    [fit] = [fit for fit in families.fits(seen, censored) if fit.kind == "half_normal"]
    assert fit.entries["std"].low <= 1 <= fit.entries["std"].high
    [naive] = [
        f for f in families.fits(seen[~censored], np.zeros((~censored).sum(), bool)) if f.kind == "half_normal"
    ]
    assert naive.entries["std"].high < 1


# Workers.


def test_workers_of_two_speeds_are_two_groups():
    rng = np.random.default_rng(0)
    worker = np.repeat(np.arange(8), 20)
    factor = np.where(worker < 5, 1.0, 2.0) * np.exp(0.05 * rng.standard_normal(160))
    found = speeds(worker, factor)
    assert found.members == ((0, 1, 2, 3, 4), (5, 6, 7))
    assert [round(own.value, 1) for own in found.factors] == [1.0, 2.0]


def test_workers_that_all_differ_have_a_factor_each():
    rng = np.random.default_rng(0)
    worker = np.repeat(np.arange(12), 20)
    factor = (1 + np.arange(12) / 5)[worker] * np.exp(0.01 * rng.standard_normal(240))
    assert speeds(worker, factor).apart


def test_equal_workers_are_one_group():
    rng = np.random.default_rng(0)
    found = speeds(np.repeat(np.arange(8), 20), np.exp(0.3 * rng.standard_normal(160)))
    assert len(found.members) == 1


# Whole clusters.


def test_failures_overheads_and_stragglers_are_told_apart(tmp_path):
    run, curves = world(
        tmp_path,
        "{workers: 16, stragglers: {kind: half_normal, std: 0.5}, failures: {mtbf: 5 h, repair: 20 min}, "
        "overheads: {trial_start: 2 min, save: 30 s, restore: 1 min}}",
        seed=1,
    )
    made = calibrate([run], [curves])
    assert made.workers == 16
    assert made.stragglers is not None
    assert made.stragglers.kind == "half_normal"
    for name, truth in {"trial_start": 120, "save": 30, "restore": 60}.items():
        assert made.figures[f"overheads.{name}"].value == pytest.approx(truth, abs=1e-5)
    assert made.figures["failures.mtbf"].low < 18_000 < made.figures["failures.mtbf"].high
    assert made.figures["failures.repair"].low < 1200 < made.figures["failures.repair"].high
    assert made.on_loss == "resume"
    assert {"drops", "crashes", "preemption"} <= set(made.untold)


def test_a_worker_that_came_back_while_others_waited_was_away_for_that_long_at_most(tmp_path):
    """Worker 1 waits from 12 s on, so worker 0, which begins again at 40 s, may have been back long before."""
    run = trace(
        tmp_path,
        "0,0,0,0,0,1,0,10,failed,,0,10",
        "1,1,0,0,0,1,0,12,completed,2,0,0",
        "0,0,0,0,0,1,40,60,completed,1,0,0",
    )
    made = calibrate([run])
    found = made.figures["failures.repair"]
    assert (found.value, found.low, found.events) == (30.0, 0.0, 1)
    assert "failures.repair" not in made.untold
    assert "repair is a greatest value" in " ".join(made.notes)
    assert section.section(made)["failures"]["repair"] == "30 s"


def test_a_worker_that_is_just_given_its_next_job_does_not_wait(tmp_path):
    """Worker 1 ends a job at 39.97 s and begins the next at 40.05 s; worker 0 is back at 40 s."""
    run = trace(
        tmp_path,
        "0,0,0,0,0,1,0,10,failed,,0,10",
        "1,1,0,0,0,1,0,39.97,completed,2,0,0",
        "0,0,0,0,0,1,40,60,completed,1,0,0",
        "1,2,0,0,0,1,40.05,70,completed,3,0,0",
    )
    found = calibrate([run]).figures["failures.repair"]
    assert found.value == 30.0
    assert found.low > 0


def test_what_was_read_is_a_section_of_a_scenario(tmp_path):
    run, curves = world(
        tmp_path,
        "{groups: {a: {count: 10}, b: {count: 6, speed: 0.5}}, drops: {probability: 0.02, per: 1 min}, decision_time: 2 s}",
    )
    made = calibrate([run], [curves])
    text = section.yaml(made, ["run.csv"])
    (tmp_path / "again.yaml").write_text(
        "searchers: {asha: {name: asha, max_trials: 9, max_length: 9, divisor: 3}}\ncurves: {kind: synthetic}\n"
        + text
    )
    read = load(tmp_path / "again.yaml").scenario.cluster
    assert read == ClusterSection.model_validate(section.section(made)).model_copy(
        update={key: getattr(read, key) for key in ("groups", "drops", "decision_time", "uncertainty", "measured")}
    )
    assert read.uncertainty is not None
    assert [group.count for group in read.groups.values()] == [10, 6]
    assert [round(group.speed, 3) for group in read.groups.values()] == [1.0, 0.5]
    assert read.decision_time == pytest.approx(2_000_000, rel=0.01)
    assert read.drops.per == 60_000_000
    assert "# 90 %:" in text
    json.dumps(section.as_dict(made), allow_nan=False)
    for seed in range(20):
        ClusterSection.model_validate(section.section(made, np.random.default_rng(seed)))


def test_an_ideal_cluster_leaves_everything_at_its_default(tmp_path):
    run, curves = world(tmp_path, "{workers: 8}")
    made = calibrate([run], [curves])
    assert section.section(made) == {"workers": 8}
    assert {"stragglers", "failures", "drops", "overheads.save", "decision_time"} <= set(made.untold)


def test_the_rest_of_a_lost_job_is_no_straggler(tmp_path):
    """The rest of a lost job takes its share of the job's time in a simulation, and its share of the curve's time in a real run."""
    (tmp_path / "curves.csv").write_text(
        "trial,resource,loss,elapsed_s\n"
        + "".join(f"{k},1,0.9,10\n{k},2,0.8,30\n{k},3,0.{k + 1},40\n" for k in range(4))
    )
    run = trace(
        tmp_path,
        *(f"{k},{k},0,0,0,3,0,40,completed,0.{k + 1},0,0" for k in range(3)),
        "3,3,0,0,0,3,0,15,failed,,0,1.6667",
        "3,3,0,0,1,3,20,46.6667,completed,0.4,0,0",
    )
    made = calibrate([run], [Recorded(read_table(tmp_path / "curves.csv"))])
    assert made.on_loss == "resume"
    assert made.stragglers is None


def test_attempts_lost_within_their_first_unit_show_neither_a_restart_nor_a_resumption(tmp_path):
    rows = [
        "0,0,0,0,0,9,0,1,failed,,0.5,0.5",
        "1,1,0,0,0,9,0,9,completed,0.5,0,0",
        "0,0,0,0,0,9,2,11,completed,0.5,0,0",
    ]
    made = calibrate([trace(tmp_path, *rows)])
    assert made.on_loss is None
    assert "recovery" not in section.section(made)
    assert made.untold["recovery.on_loss"] == "no attempt had trained a whole unit when it was lost"
    made = calibrate(
        [trace(tmp_path, rows[0].replace("0,1,failed", "0,6,failed"), rows[1], rows[2].replace("2,11", "7,16"))]
    )
    assert made.on_loss == "restart"


def test_saves_that_come_at_every_ninth_unit_are_found(tmp_path):
    run, curves = world(
        tmp_path, "{workers: 8, overheads: {trial_start: 40 s, save: 1 min}, recovery: {checkpoint_every: 9}}"
    )
    made = calibrate([run], [curves], every=9)
    assert made.figures["overheads.save"].value == pytest.approx(60)
    assert made.figures["overheads.trial_start"].value == pytest.approx(40)
    assert any("saved at every unit" in note for note in calibrate([run], [curves]).notes)


def test_the_speed_of_a_worker_with_two_attempts_has_a_positive_interval(tmp_path):
    (tmp_path / "curves.csv").write_text(
        "trial,resource,loss,elapsed_s\n" + "".join(f"{k},1,0.{k + 1:03},10\n" for k in range(162))
    )
    rng = np.random.default_rng(0)
    rows = []
    for trial in range(160):
        worker, turn = trial % 8, trial // 8
        rows.append(
            f"{worker},{trial},0,0,0,1,{11 * turn},{11 * turn + 10 + 0.2 * rng.random():.4f},completed,0.{trial + 1:03},0,0"
        )
    rows += ["8,160,0,0,0,1,0,20,completed,0.161,0,0", "8,161,0,0,0,1,150,178,completed,0.162,0,0"]
    made = calibrate([trace(tmp_path, *rows)], [Recorded(read_table(tmp_path / "curves.csv"))])
    slow = made.figures["groups.speed-2.speed"]
    assert slow.value == pytest.approx(10 / 24, rel=0.02)
    assert 0 < slow.low < slow.value < slow.high
    ClusterSection.model_validate(section.section(made, rng))


def test_a_constant_beside_every_job_is_an_overhead_and_no_straggler(tmp_path):
    run, curves = world(tmp_path, "{workers: 8}")
    longer = np.arange(1, len(run) + 1) * 0 + 20_000_000
    rng = np.random.default_rng(0)
    late = Trace(**{**vars(run), "end": run.end + longer + rng.integers(0, 1000, len(run))})
    made = calibrate([late], [curves])
    assert made.figures["overheads.trial_start"].value == pytest.approx(20, rel=0.01)
    assert made.stragglers is None or made.stragglers.kind == "log_normal"


def test_what_a_report_takes_is_told_from_what_a_start_takes(tmp_path):
    run, curves = world(tmp_path, "{workers: 8, stragglers: {kind: half_normal, std: 0.2}}", spread=0.5)
    units = run.to_resource - run.from_resource
    late = Trace(**{**vars(run), "end": run.end + 9_000_000 + 4_000_000 * (units - 1)})
    made = calibrate([late], [curves])
    for name, truth in {"trial_start": 9, "save": 4}.items():
        figure = made.figures[f"overheads.{name}"]
        assert figure.low <= truth <= figure.high
        assert figure.high - figure.low < 2 * truth
    assert made.stragglers.kind == "half_normal"
    assert made.stragglers.entries["std"].value == pytest.approx(0.2, rel=0.2)


def test_wild_values_move_no_overhead():
    design = np.column_stack([np.ones(60), np.arange(60.0)])
    paid = design @ [3.0, 0.5] + np.random.default_rng(0).normal(0, 0.1, 60)
    paid[::10] = 0.0
    values, errors, _ = robust(design, paid, np.ones(60))
    assert values == pytest.approx([3.0, 0.5], abs=0.1)
    assert (abs(values - [3.0, 0.5]) < 3 * errors).all()


# What is refused.


def test_a_single_attempt_tells_nothing(tmp_path):
    with pytest.raises(InputError, match="holds one attempt"):
        calibrate([trace(tmp_path, "0,0,0,0,0,9,0,10,completed,0.5,0,0")])


def test_a_trace_without_losses_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no losses"):
        calibrate([trace(tmp_path, "0,0,0,0,0,9,0,10,completed,,0,0", "1,1,0,0,0,9,0,10,completed,,0,0")])


def test_traces_of_clusters_of_two_sizes_are_refused(tmp_path):
    rows = ["0,0,0,0,0,9,0,10,completed,0.5,0,0", "1,1,0,0,0,9,0,10,completed,0.4,0,0"]
    two = trace(tmp_path, *rows)
    three = trace(tmp_path, *rows, "2,2,0,0,0,9,0,10,completed,0.4,0,0")
    with pytest.raises(InputError, match="ran on 2 and 3 workers"):
        calibrate([two, three])


def test_a_cluster_that_grew_is_refused(tmp_path):
    rows = [
        f"{w},{10 * w + k},0,0,0,9,{10 * k},{10 * k + 10},completed,0.{k + 1},0,0" for w in (0, 1) for k in range(9)
    ]
    rows += [f"2,{90 + k},0,0,0,9,{60 + 10 * k},{70 + 10 * k},completed,0.3,0,0" for k in range(3)]
    with pytest.raises(InputError, match="the cluster grew"):
        calibrate([trace(tmp_path, *rows)])


def test_workers_that_join_one_after_the_other_are_a_ramp_and_no_growth(tmp_path):
    run, curves = world(tmp_path, "{groups: {some: {count: 16, ramp_up: 40 min}}}")
    made = calibrate([run], [curves])
    assert made.figures["ramp_up"].value == pytest.approx(2400)
    assert section.section(made) == {"groups": {"workers": {"count": 16, "ramp_up": "40 min"}}}


def test_curves_in_another_unit_are_refused(tmp_path):
    run, curves = world(tmp_path, "{workers: 8}")
    minutes = Trace(**{**vars(run), "start": run.start * 1000, "end": run.end * 1000})
    with pytest.raises(InputError, match="1e\\+03 times as long as the curves say"):
        calibrate([minutes], [curves])


def test_curves_of_other_trials_are_refused(tmp_path):
    (tmp_path / "curves.csv").write_text("trial,resource,loss,elapsed_s\n0,9,0.5,10\n1,9,0.4,10\n")
    run = trace(tmp_path, "0,0,0,0,0,9,0,10,completed,0.5,0,0", "1,7,0,0,0,9,0,10,completed,0.4,0,0")
    with pytest.raises(InputError, match="trains trial 7, and the curves hold 2"):
        calibrate([run], [Recorded(read_table(tmp_path / "curves.csv"))])


def test_without_curves_a_slow_worker_is_not_told_from_a_slow_trial(tmp_path):
    made = calibrate([trace(tmp_path, "0,0,0,0,0,9,0,10,completed,0.5,0,0", "1,1,0,0,0,9,0,20,completed,0.4,0,0")])
    assert "can't be told" in made.untold["stragglers"]


def test_decisions_are_counted_from_the_workers_report_or_from_the_job_given_out_before(tmp_path):
    rows = [
        "0,0,0,0,0,9,2,12,completed,0.5,0,0",
        "1,1,0,0,0,9,4,14,completed,0.5,0,0",  # given out 2 s after the first
        "0,2,0,0,0,9,15,24,completed,0.5,0,0",  # 1 s after the other worker's report
        "1,3,0,0,0,9,17,26,completed,0.5,0,0",  # given out 2 s after the one before
        "0,4,0,0,0,9,25,34,completed,0.5,0,0",  # 1 s after its worker's own report
    ]
    assert sorted(observed.decisions([trace(tmp_path, *rows)]).tolist()) == [1.0, 1.0, 2.0, 2.0]


@pytest.mark.parametrize("seconds", [2, 60])
def test_the_time_of_a_decision_is_found_where_workers_queue_for_the_scheduler(tmp_path, seconds):
    """A decision takes 60 s, so 16 workers on units of 2 min get far fewer jobs than they could do."""
    run, curves = world(tmp_path, f"{{workers: 16, decision_time: {seconds} s}}")
    assert calibrate([run], [curves]).figures["decision_time"].value == pytest.approx(seconds)
