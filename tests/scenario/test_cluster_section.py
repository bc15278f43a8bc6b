"""The scenario's `cluster` and `stop`: what they mean, and what is wrong with them."""

from __future__ import annotations

import pytest

from simulator.cluster.durations import LogNormalSpan, Weibull
from simulator.cluster.fates import Drop, SlowSpells
from simulator.cluster.groups import Failures, Preemption
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
  recovery: {on_loss: restart, checkpoint_every: 3, max_restarts: 7, retry: last, retry_after: 2 min}
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
    assert tuple(vars(conditions.recovery).values()) == ("restart", 3, 7, "last", HOUR // 30)
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


def test_when_machines_are_let_go_together_and_slow(tmp_path):
    (tmp_path / "a.csv").write_text("time_s,count\n60,2\n120,0\n180,2\n240,0\n")
    made, _ = cluster(
        tmp_path,
        """\
cluster:
  groups:
    kept: {count: 8, release: end, billing: second, failures: {together: rack of 4}}
    spot: {count: 2, release: {idle: 90 s}, preemption: {availability: a.csv, notice: 30 s, play_from: start}}
    other: {count: 3, preemption: {up: 1 h, down: 2 h, together: cluster, first_wait: {mean: 3 h}}}
  release: drained
  billing: hour
  slow_spells: {every: 9 h, length: {mean: 1 h, median: 30 min}, factor: 3}
""",
    )
    kept, spot, other = made.machines

    assert (kept.release, kept.billing, kept.failures.together, kept.steady) == ("end", 1, 4, False)
    assert (spot.release, spot.billing) == (90_000_000, HOUR)
    assert spot.preemption == Preemption(
        notice=30_000_000, availability=((0, 2), (60_000_000, 0), (120_000_000, 2), (180_000_000, 0)), from_start=True
    )
    assert (other.release, other.preemption) == (
        "drained", Preemption(Weibull(HOUR), Weibull(2 * HOUR), together="cluster", first_wait=Weibull(3 * HOUR)),
    )  # fmt: skip
    assert made.conditions.slow == SlowSpells(Weibull(9 * HOUR), LogNormalSpan(HOUR // 2, HOUR), 3.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "s.yaml:4:36: cluster.preemption.availability: "),
        ("time_s,count\n", "a.csv:1:1: holds no span of time: give two rows or more, the last of which is the end"),
        ("time_s,count\n0,4\n", "a.csv:1:1: holds no span of time"),
        ("time,count\n0,4\n9,0\n", "a.csv:1:1: should have the columns time_s and count"),
        ("time_s,count,count\n0,4,4\n9,0,0\n", "a.csv:1:1: should have the columns time_s and count"),
        ("time_s,count\n0,4\n9\n", "a.csv:3:1: has 1 fields where the header has 2"),
        ("time_s,count\n0,4\n\n9,0,1\n", "a.csv:4:1: has 3 fields where the header has 2"),
        ("time_s,count\n-1,4\n9,0\n", "a.csv:2:1: time_s: '-1' should be seconds, not less than 0"),
        ("time_s,count\nsoon,4\n9,0\n", "a.csv:2:1: time_s: 'soon' should be seconds"),
        ("time_s,count\nnan,4\n9,0\n", "a.csv:2:1: time_s: 'nan' should be seconds"),
        ("count,time_s\n4,0\n0,1e99\n", "a.csv:3:2: time_s: '1e99' should be seconds"),
        ("time_s,count\n0,4\n9,-1\n", "a.csv:3:2: count: '-1' should be a whole number of machines"),
        ("time_s,count\n0,4.0\n9,0\n", "a.csv:2:2: count: '4.0' should be a whole number of machines"),
        ("time_s,count\n0,\u0664\n9,0\n", "a.csv:2:2: count: '\u0664' should be a whole number of machines"),
        ("time_s,count\n0,4\n9,0\n9,3\n", "a.csv:4:1: time_s: times should rise from row to row"),
        ("time_s,count\n0,4\n9,0\n8,3\n", "a.csv:4:1: time_s: times should rise from row to row"),
        ("time_s,count\n0,2\n9,4\n", "a.csv:1:1: count: counts 2 machines at most, and the group has 4: the others"),
        ('time_s,count\n0,"4\n9,0\n', "a.csv"),
    ],
)
def test_what_is_wrong_in_a_file_of_availability(tmp_path, text, said):
    if text:
        (tmp_path / "a.csv").write_text(text, encoding="utf-8")

    assert said in problems(tmp_path, "cluster: {workers: 4, preemption: {availability: a.csv}}\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cluster: {}", "s.yaml:4:1: cluster: give either workers or groups"),
        ("cluster: {workers: 1, groups: {a: {count: 1}}}", "give either workers or groups"),
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
        ("cluster: {workers: 1, failures: {mtbf: 0}}", "cluster.failures.mtbf: 0 is out of range"),
        ("cluster: {workers: 1, failures: {mtbf: soon}}", "cluster.failures.mtbf: 'soon' is not a duration"),
        ("cluster: {workers: 1, failures: {mtbf: [[]]}}", "cluster.failures.mtbf: [[]] is not a duration"),
        ("cluster: {workers: 1, failures: {mtfb: 1}}", "cluster.failures.mtfb: unknown key; did you mean mtbf?"),
        ("cluster: {workers: 1, failures: {mtbf: {mean: 1, median: 2}}}", "failures.mtbf: mean is less than median"),
        ("cluster: {workers: 1, failures: {mtbf: {mean: 2, median: 1, shape: 3}}}", "shape and median are both given"),
        ("cluster: {workers: 1, preemption: {series: x.csv, up: 1}}", "series is given together with up or down"),
        ("cluster: {workers: 1, preemption: {series: x.csv}}", "x.csv: cannot be read: No such file"),
        ("cluster: {workers: 1, stragglers: {kind: normal}}", "cluster.stragglers.kind: 'normal' is unknown; did you mean"),
        ("cluster: {workers: 1, stragglers: {std: 1}}", "cluster.stragglers: `kind` is missing; should be one of half_normal"),
        ("cluster: {workers: 1, stragglers: {kind: half_normal, sd: 1}}", "stragglers.sd: unknown key; did you mean std?"),
        ("cluster: {workers: 1, stragglers: {kind: quantiles, values: [2, 1]}}", "values fall; quantiles stand in order"),
        ("cluster: {workers: 1, stragglers: {kind: quantiles, values: [1, -1]}}", "stragglers.values.1: -1 should be"),
        ("cluster: {workers: 1, overheads: {save: -1}}", "cluster.overheads.save: -1 is out of range; it lasts from nothing"),
        ("cluster: {workers: 1}\nstop: {}", "s.yaml:5:1: stop: gives nothing to stop at: give time, loss,"),
        ("cluster: {workers: 1}\nstop: {cost: 0}", "stop.cost: 0 should be greater than 0"),
        ("cluster: {workers: 1, release: never}", "cluster.release: 'never' should be end, drained, or such as `{idle: 10 min}`"),
        ("cluster: {workers: 1, release: {idle: 0}}", "s.yaml:4:33: cluster.release.idle: 0 is out of range"),
        ("cluster: {workers: 1, release: {}}", "cluster.release.idle: is missing"),
        ("cluster: {workers: 1, release: {after: 1}}", "cluster.release.after: unknown key"),
        (
            "cluster: {workers: 1, release: drained}\nstop: {cost: 9}",
            "s.yaml:5:8: stop.cost: counts seconds of machines that are kept, and `release` lets some go",
        ),
        (
            "cluster: {workers: 1, release: {idle: 2 h}}\nstop: {time: 1 h}",
            "s.yaml:5:8: stop.time: comes before a machine has been without work for as long as its `release` says",
        ),
        (
            "cluster: {groups: {a: {count: 1, price: 1}, b: {count: 1, release: {idle: 1 h}}}}\nstop: {cost: 9}",
            "s.yaml:5:8: stop.cost: counts seconds of machines that are kept, and `release` lets some go",
        ),
        (
            "cluster: {workers: 1, billing: hour}\nstop: {cost: 9}",
            "s.yaml:5:8: stop.cost: counts seconds of machines that are kept, and billing is by the hour; give a stop",
        ),
        ("cluster: {workers: 1, billing: day}", "cluster.billing: 'day' should be 'second', 'minute' or 'hour'"),
        ("cluster: {workers: 1, failures: {together: rack of 0}}", "cluster.failures.together: 'rack of 0' should be machine,"),
        ("cluster: {workers: 3, failures: {together: rack of 4}}", "rack of 4 is larger than a group, which has 3 machines"),
        (
            "cluster: {groups: {a: {count: 9}, b: {count: 3}}, preemption: {together: zone of 4}}",
            "zone of 4 is larger than a group, which has 3 machines",
        ),
        (
            "cluster: {groups: {a: {count: 9, preemption: {together: zone of 16}}}}",
            "cluster.groups.a: zone of 16 is larger than the group, which has 9 machines",
        ),
        ("cluster: {workers: 3, slow_spells: {every: 1 h, length: 9 d, factor: 1}}", "factor is 1 and makes nothing slow; give more than 1"),
        ("cluster: {workers: 3, slow_spells: {every: 1 h, length: 9 d, factor: .5}}", "factor is 0.5 and makes nothing slow"),
        ("cluster: {workers: 3, slow_spells: {length: 9 d}}", "cluster.slow_spells.every: is missing"),
        (
            "cluster: {workers: 3, preemption: {availability: a.csv, up: 1 h}}",
            "availability says when all of a group are there; up, down, series, together and first_wait go",
        ),
        ("cluster: {workers: 3, preemption: {play_from: start}}", "play_from goes with availability"),
        (
            "cluster: {workers: 3, preemption: {series: x.csv, together: group}}",
            "series is one machine's; for machines that go together give up and down, or availability",
        ),
        (
            "cluster: {workers: 1, failures: {mtbf: 10 min}, recovery: {on_loss: restart}}",
            "s.yaml:4:1: cluster: no job of 18 units can be done: it takes 18 h and is lost so often that 1.5e+42 years",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(tmp_path, text, said):
    assert said in problems(tmp_path, text + "\n")


def test_a_purchase_price_without_searches_is_said_to_count_for_nothing(tmp_path):
    bought = "cluster: {groups: {a: {count: 1, purchase_price: 9000, lifetime: 900 d}}}\n"
    [note] = load(write(tmp_path, bought)).notes

    assert "cluster.groups.a.purchase_price: counts in plans of `searches` alone" in str(note)


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
