"""The scenario's `cluster` and `stop`: what they mean, and what is wrong with them."""

from __future__ import annotations

import pytest

from simulator.cluster.durations import LogNormalSpan, Weibull
from simulator.cluster.fates import Drop
from simulator.cluster.machines import Failures, Preemption
from simulator.cluster.spec import Stop
from simulator.cluster.stragglers import HalfNormal, Pareto
from simulator.core.errors import InputError
from simulator.experiment.clusters import build_cluster, build_stop
from simulator.experiment.experiment import Experiment
from simulator.scenario.loading import load
from tests.support.runner import asha_sim

HOUR = 3_600_000_000

HEAD = """\
searchers:
  ASHA: {name: asha, max_trials: 27, max_length: 27, divisor: 3}
curves: {kind: ordered, unit_time: 1 h}
"""


def write(tmp_path, text):
    path = tmp_path / "s.yaml"
    path.write_text(HEAD + text)
    return path


def cluster(tmp_path, text):
    loaded = load(write(tmp_path, text))
    return build_cluster(loaded), build_stop(loaded.scenario)


def problems(tmp_path, text):
    with pytest.raises(InputError) as caught:
        Experiment(load(write(tmp_path, text)))
    return str(caught.value).replace(str(tmp_path) + "/", "")


def test_every_part(tmp_path):
    made, stop = cluster(
        tmp_path,
        """\
cluster:
  groups:
    A100: {count: 8, speed: 2.5, price: 3.2, slots: 4}
    spot: {count: 16, slots: 2, join: 1 h, ramp_up: 30 min, leave: 9 h,
           preemption: {up: {median: 30 min, mean: 2 h}, down: 20 min, notice: 30 s}}
  policy: cheapest
  slots_per_trial: 2
  stragglers: {kind: half_normal, std: 0.3, per: worker}
  drops: {probability: 0.01, per: 2 h}
  crashes: 0.02
  failures: {mtbf: {mean: 100 h, shape: 0.7}, repair: 1 h}
  recovery: {on_loss: restart, checkpoint_every: 3, max_restarts: 7}
  overheads: {worker_start: 2 min, trial_start: 20 s, save: 0, restore: 5 s}
  max_wait: 2 h
stop: {time: 30 h, loss: 0.1, full_length_trials: 3, cost: 500}
""",
    )
    a100, spot = made.machines
    conditions = made.conditions

    assert (a100.count, a100.speed, a100.price, a100.slots, a100.start_up) == (8, 2.5, 3.2, 4, 2 * HOUR // 60)
    assert a100.failures == Failures(Weibull(100 * HOUR, 0.7), Weibull(HOUR))
    assert (spot.join, spot.ramp_up, spot.leave) == (HOUR, HOUR // 2, 9 * HOUR)
    assert spot.preemption == Preemption(LogNormalSpan(HOUR // 2, 2 * HOUR), Weibull(HOUR // 3), 30_000_000)
    assert (conditions.straggler, conditions.straggler_per) == (HalfNormal(0.3), "worker")
    assert conditions.drop == Drop(0.01, 2 * HOUR)
    assert conditions.crash == 0.02
    assert tuple(vars(conditions.recovery).values()) == ("restart", 3, 7)
    assert tuple(vars(conditions.overheads).values()) == (20_000_000, 0, 5_000_000)
    assert (made.policy, made.slots_per_trial, made.max_wait) == ("cheapest", 2, 2 * HOUR)
    assert stop == Stop(time=30 * HOUR, loss=0.1, full_length=3, cost=500)


def test_defaults_come_from_public_measurements(tmp_path):
    made, _ = cluster(tmp_path, "cluster: {workers: 2, failures: {}, preemption: {}, stragglers: {kind: pareto}}\n")
    [group] = made.machines

    assert group.failures == Failures(Weibull(50_677 * HOUR), Weibull(HOUR))
    assert group.preemption == Preemption(
        LogNormalSpan(HOUR // 2, 5 * HOUR // 2), LogNormalSpan(23 * HOUR // 60, HOUR)
    )
    assert made.conditions.straggler == Pareto(2.5)


def test_spells_replayed_from_a_file(tmp_path):
    (tmp_path / "spells.csv").write_text("up_s,down_s\n3600,60\n10,5.5\n")
    made, _ = cluster(tmp_path, "cluster: {workers: 2, preemption: {series: spells.csv}}\n")

    assert made.machines[0].preemption.series == ((HOUR, 60_000_000), (10_000_000, 5_500_000))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cluster: {}", "s.yaml:4:1: cluster: give workers or groups, the one or the other"),
        ("cluster: {workers: 1, groups: {a: {count: 1}}}", "give workers or groups, the one or the other"),
        ("cluster: {groups: {}}", "cluster.groups: "),
        ("cluster: {groups: {a: {count: 0}}}", "s.yaml:4:24: cluster.groups.a.count: 0 should be greater than"),
        ("cluster: {groups: {a: {cuont: 1}}}", "cluster.groups.a.cuont: unknown key; did you mean count?"),
        ("cluster: {groups: {../a: {count: 1}}}", "'../a' can't name"),
        ("cluster: {groups: {a: {count: 1, speed: 0}}}", "cluster.groups.a.speed: 0 should be greater than or equal to"),
        (
            "cluster: {groups: {a: {count: 1, slots: 2}}, slots_per_trial: 4}",
            "slots_per_trial is 4 and a machine of a has 2 slots; a trial fits on one machine",
        ),
        ("cluster: {workers: 3, slots_per_trial: 2}", "slots_per_trial needs groups with slots"),
        ("cluster: {groups: {a: {count: 1, join: 2 h, leave: 1 h}}}", "cluster.groups.a: leave is not after join"),
        ("cluster: {workers: 1, drops: {probability: 1}}", "cluster.drops.probability: 1 should be less than 1"),
        ("cluster: {workers: 1, crashes: -0.1}", "cluster.crashes: -0.1 should be greater than or equal to 0"),
        ("cluster: {workers: 1, crashes: .nan}", "cluster.crashes: nan should be"),
        ("cluster: {workers: 1, failures: {mtbf: 0}}", "cluster.failures.mtbf.mean: 0 is out of range"),
        ("cluster: {workers: 1, failures: {mtbf: soon}}", "cluster.failures.mtbf.mean: 'soon' is no duration"),
        ("cluster: {workers: 1, failures: {mtfb: 1}}", "cluster.failures.mtfb: unknown key; did you mean mtbf?"),
        ("cluster: {workers: 1, failures: {mtbf: {mean: 1, median: 2}}}", "failures.mtbf: mean is less than median"),
        ("cluster: {workers: 1, failures: {mtbf: {mean: 2, median: 1, shape: 3}}}", "shape and median stand together"),
        ("cluster: {workers: 1, preemption: {series: x.csv, up: 1}}", "series stands beside up or down"),
        ("cluster: {workers: 1, preemption: {series: x.csv}}", "x.csv: cannot be read: No such file"),
        ("cluster: {workers: 1, stragglers: {kind: normal}}", "cluster.stragglers.kind: 'normal' is unknown; did you mean"),
        ("cluster: {workers: 1, stragglers: {std: 1}}", "cluster.stragglers: `kind` is missing; should be one of half_normal"),
        ("cluster: {workers: 1, stragglers: {kind: half_normal, sd: 1}}", "stragglers.sd: unknown key; did you mean std?"),
        ("cluster: {workers: 1, stragglers: {kind: quantiles, values: [2, 1]}}", "values fall; quantiles stand in order"),
        ("cluster: {workers: 1, stragglers: {kind: quantiles, values: [1, -1]}}", "stragglers.values.1: -1 should be"),
        ("cluster: {workers: 1, overheads: {save: -1}}", "cluster.overheads.save: -1 is out of range; it lasts from nothing"),
        ("cluster: {workers: 1}\nstop: {}", "s.yaml:5:1: stop: names nothing to stop at: give time, loss,"),
        ("cluster: {workers: 1}\nstop: {cost: 0}", "stop.cost: 0 should be greater than 0"),
        (
            "cluster: {workers: 1, failures: {mtbf: 10 min}, recovery: {on_loss: restart}}",
            "s.yaml:4:1: cluster: no job of 18 units can be done: it takes 18 h and is lost so often that 1.5e+42 years",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(tmp_path, text, said):
    assert said in problems(tmp_path, text + "\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "x.csv:1:1: should have the columns up_s and down_s"),
        ("up_s,down_s\n", "x.csv:1:1: holds no spells"),
        ("up_s,down_s\n1,\n", "x.csv:2:2: down_s: '' should be seconds, more than 0"),
        ("up_s,down_s\n1,2\n-1,2\n", "x.csv:3:1: up_s: '-1' should be seconds, more than 0"),
        ("up_s,down_s\n1,nan\n", "x.csv:2:2: down_s: 'nan' should be seconds, more than 0"),
    ],
)
def test_a_file_of_spells(tmp_path, text, said):
    (tmp_path / "x.csv").write_text(text)

    assert said in problems(tmp_path, "cluster: {workers: 1, preemption: {series: x.csv}}\n")


def test_a_pool_that_empties_fails_the_run_in_one_line(tmp_path):
    path = write(tmp_path, "cluster: {groups: {a: {count: 3, leave: 5 h}}}\n")
    done = asha_sim("run", path, "--out", tmp_path / "out")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "the run failed: no worker is left after 5 h, and the search is not over; let a group stay, or give a stop\n"
    )
    assert not (tmp_path / "out").exists()
    assert asha_sim("run", write(tmp_path, path.read_text()[len(HEAD) :] + "stop: {time: 6 h}\n")).returncode == 0


def test_a_wait_that_is_too_long_ends_the_run(tmp_path):
    loaded = load(write(tmp_path, "cluster: {groups: {a: {count: 3, join: 5 h}}, max_wait: 2 h}\n"))

    assert len(Experiment(loaded).run("ASHA")) == 0


@pytest.mark.parametrize(
    ("better", "losses", "target", "makespan"),
    [
        ("true", (0.5, 0.3, 0.1), 0.4, 5),
        ("false", (0.5, 0.7, 0.9), 0.6, 5),
        ("false", (0.5, 0.7, 0.9), 0.9, 21),
        ("false", (0.5, 0.7, 0.9), 1.0, 21),
    ],
)
def test_a_stop_by_loss_goes_in_the_direction_of_the_curves(tmp_path, better, losses, target, makespan):
    """Nine trials alike on one worker: the second rung is known after 3 + 2 s, the third after 9 + 6 + 6 s."""
    points = list(zip((1, 3, 9), losses, strict=True))
    rows = [f"{trial},{unit},{loss},{unit}" for trial in range(9) for unit, loss in points]
    (tmp_path / "c.csv").write_text("\n".join(["trial,resource,loss,elapsed_s", *rows, ""]))
    path = tmp_path / "s.yaml"
    path.write_text(
        "searchers: {A: {name: asha, max_trials: 9, max_length: 9, num_rungs: 3, divisor: 3}}\n"
        f"curves: {{kind: recorded, file: c.csv, smaller_is_better: {better}}}\n"
        f"cluster: {{workers: 1}}\nstop: {{loss: {target}}}\n"
    )

    assert Experiment(load(path)).run("A").makespan == makespan * HOUR // 3600
