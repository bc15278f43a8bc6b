"""Extreme scenarios: each of them once ended in a traceback, a hang or a wrong number."""

from __future__ import annotations

import json

import pytest

from simulator.core.errors import InputError, RunError
from simulator.experiment.experiment import Experiment
from simulator.scenario.loading import load
from simulator.trace import metrics
from tests.support.runner import asha_sim, asha_sim_alone


def scenario(tmp_path, text, **files):
    for name, content in files.items():
        (tmp_path / f"{name}.csv").write_text(content)
    path = tmp_path / "s.yaml"
    path.write_text(text)
    return path


def rows(trials, lines):
    """Curves of trials alike: `lines` are resource,loss,elapsed_s[,exit]."""
    header = "trial,resource,loss,elapsed_s" + (",exit" if lines[0].count(",") == 3 else "")
    return "\n".join([header, *(f"{trial},{line}" for trial in range(trials) for line in lines)]) + "\n"


def fails(tmp_path, text, error=InputError, **files):
    with pytest.raises(error) as caught:
        Experiment(load(scenario(tmp_path, text, **files))).run_all()
    return str(caught.value)


def test_trials_that_die_early_do_not_make_a_cluster_hopeless(tmp_path):
    dying = rows(20, ["1,.5,1", "3,.5,3", "9,,9"])
    text = """\
searcher: {name: async_halving, num_rungs: 4, max_trials: 20, max_length: 27, divisor: 3}
curves: {kind: recorded, file: c.csv}
cluster: {workers: 3, assignment: queued, failures: {}}
"""
    trace = Experiment(load(scenario(tmp_path, text, c=dying))).run("async_halving")

    assert metrics.summarize(trace).full_length_trials == 0


def test_no_regret_where_every_candidate_dies(tmp_path):
    late = rows(30, ["1,.5,1,", "3,.5,3,", "9,.5,9,", "12,.5,12,errored"])
    text = """\
searcher: {name: sha, max_trials: 27, max_length: 27, divisor: 3}
curves: {kind: recorded, file: c.csv}
cluster: {workers: 3}
"""
    done = asha_sim("run", scenario(tmp_path, text, c=late), "--json")

    assert done.returncode == 0
    assert json.loads(done.stdout)["searchers"]["sha"]["simple_regret"] is None


@pytest.mark.parametrize(
    "text",
    [
        "searcher: {name: random, max_trials: 5, max_length: 100000}\ncurves: {kind: ordered, unit_time: 365 d}\n",
        "searcher: {name: random, max_trials: 3, max_length: 1000000}\ncurves: {kind: synthetic, unit_time: 365 d}\n",
    ],
)
@pytest.mark.parametrize("more", ["", ", stragglers: {kind: half_normal}"])
def test_no_run_lasts_longer_than_seconds_are_exact(tmp_path, text, more):
    said = fails(tmp_path, f"{text}cluster: {{workers: 2{more}}}\n", RunError)

    assert said == "it would last more than 285 years; shorten the units, or give a stop"


HEAD = "searcher: {name: asha, max_length: 256, divisor: 4}\ncurves: {kind: ordered}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "cluster: {workers: 4}\nstop: {cost: 10}\n", "s.yaml:4:8: stop.cost: no group has a price, so this never"),
        (
            "searcher: {name: random, max_trials: 3, max_length: 1}\ncurves: {kind: ordered}\n"
            "cluster: {workers: 2, preemption: {up: 10, down: 10}, overheads: {worker_start: 1 h}}\n",
            "s.yaml:3:1: cluster: no job of 1 units can be done",
        ),
        (
            "searcher: {name: asha, max_trials: 50, max_length: 1000000000, divisor: 1.0000001}\n"
            "curves: {kind: ordered}\ncluster: {workers: 2}\n",
            "more than 64 rungs fit 1000000000 units at a divisor of 1.0000001; give num_rungs",
        ),
        (
            HEAD.replace("256", "256, max_trials: 9")
            + "cluster: {groups: {a: {count: 1000000, slots: 10000}}}\n",
            "cluster: the groups have room for 10,000,000,000 trials at once; the most is 1,000,000",
        ),
        (
            HEAD.replace("256", "256, max_trials: 1000000000") + "cluster: {workers: 2, assignment: queued}\n",
            "would queue 1,000,000,000 jobs at once; give it max_concurrent_trials, or on_demand",
        ),
        (HEAD + "cluster: {workers: 4}\nstop: {time: " + "9" * 400 + "}\n", "stop.time: 9999"),
        (
            "searchers:\n  1: {name: single, max_length: 9}\n  '1': {name: single, max_length: 9}\n",
            "s.yaml:3:3: 1: stands twice; first in line 2",
        ),
        (
            HEAD + 'cluster: {workers: 4, preemption: {series: "c\\0.csv"}}\nstop: {time: 9}\n',
            "cannot be read: embedded null byte",
        ),
    ],
)  # fmt: skip
def test_what_would_never_end_or_never_work_is_refused(tmp_path, text, said):
    assert said in fails(tmp_path, text)


def test_a_stop_by_loss_that_never_comes_ends_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.curves.ordered.MAX_TRIALS", 1000)
    said = fails(tmp_path, HEAD + "cluster: {workers: 4}\nstop: {loss: -5}\n", RunError)

    assert said == "1,000 trials have started and there is no end; give a stop by time"


def test_a_drop_probability_may_be_tiny(tmp_path):
    text = HEAD.replace("256", "9, max_trials: 9").replace("4}", "3}")
    text += "cluster: {workers: 2, drops: {probability: 1.0e-17}}\n"

    assert len(Experiment(load(scenario(tmp_path, text))).run("asha")) > 9


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("{name: sha, max_trials: 33, max_length: 11, num_rungs: 2, divisor: 1.1}", 0),
        ("{name: adaptive_simple, max_trials: 8, max_length: 3200}", None),
        ("{name: async_halving, num_rungs: 3, max_trials: 9, max_length: 9, divisor: 3, stop_once: true}", None),
    ],
)
def test_mispromotions_are_told_only_where_one_in_divisor_is_the_rule(tmp_path, block, expected):
    text = f"searcher: {block}\ncurves: {{kind: ordered}}\ncluster: {{workers: 4}}\n"
    [trace] = Experiment(load(scenario(tmp_path, text))).run_all().values()

    assert metrics.summarize(trace).mispromotions == expected


def test_results_of_invalid_trials_vanish_from_mispromotions_too(tmp_path):
    """Trials 0 and 1 are the best of the lowest rung, are promoted, and turn out to be invalid."""
    curves = "trial,resource,loss,elapsed_s,exit\n" + "".join(
        f"{trial},1,{trial},1,\n{trial},3,{trial},3,{'invalid' if trial < 2 else ''}\n"
        + ("" if trial < 2 else f"{trial},9,{trial},9,\n")
        for trial in range(12)
    )
    text = """\
searcher: {name: sha, max_trials: 9, max_length: 9, divisor: 3}
curves: {kind: recorded, file: c.csv}
cluster: {workers: 3}
"""
    [trace] = Experiment(load(scenario(tmp_path, text, c=curves))).run_all().values()

    assert metrics.summarize(trace).mispromotions == 0
    assert metrics.trials_started(trace) == 11


def test_nothing_is_left_behind_where_a_run_fails(tmp_path):
    curves = rows(30, ["1,.5,1,invalid"])
    text = """\
searcher: {name: sha, max_trials: 27, max_length: 1, num_rungs: 1, divisor: 3}
curves: {kind: recorded, file: c.csv}
cluster: {workers: 3}
"""
    done = asha_sim("run", scenario(tmp_path, text, c=curves), "--out", tmp_path / "out")

    assert (done.returncode, "asks for trial 30" in done.stderr) == (2, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_an_output_that_is_full_fails_in_one_line(tmp_path):
    path = scenario(tmp_path, HEAD.replace("256", "256, max_trials: 9") + "cluster: {workers: 4}\n")
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = asha_sim_alone("run", path, "--json", stdout=full)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "the run failed: output: No space left on device"


# Numbers at the edges: every searcher, on the smallest and the strangest that a scenario can ask for.

SEARCHERS = {
    "sha": "name: sha, max_trials: TRIALS, max_length: LENGTH, num_rungs: RUNGS, divisor: DIVISOR",
    "asha": "name: asha, max_trials: TRIALS, max_length: LENGTH, num_rungs: RUNGS, divisor: DIVISOR",
    "delayed": "name: asha, max_trials: TRIALS, max_length: LENGTH, num_rungs: RUNGS, divisor: DIVISOR, delayed: true",
    "hyperband": "name: hyperband, max_length: LENGTH, divisor: DIVISOR",
    "async_hyperband": "name: async_hyperband, max_trials: TRIALS, max_length: LENGTH, divisor: DIVISOR",
    "random": "name: random, max_trials: TRIALS, max_length: LENGTH",
    "grid": "name: grid, points: TRIALS, max_length: LENGTH",
    "sync_halving": "name: sync_halving, num_rungs: RUNGS, max_length: LENGTH, budget: BUDGET, divisor: DIVISOR",
    "adaptive": "name: adaptive, max_length: LENGTH, budget: BUDGET, divisor: DIVISOR",
    "adaptive_simple": "name: adaptive_simple, max_trials: TRIALS, max_length: LENGTH, divisor: DIVISOR",
    "async_halving": "name: async_halving, num_rungs: RUNGS, max_trials: TRIALS, max_length: LENGTH, divisor: DIVISOR",
    "adaptive_asha": "name: adaptive_asha, max_trials: TRIALS, max_length: LENGTH, divisor: DIVISOR",
}


def ran(tmp_path, name, *, curves="kind: ordered", cluster="workers: 4", more="", **numbers):
    """The traces of a searcher with these numbers; checks that all worker time is accounted for, in ticks."""
    sizes = {"trials": 9, "length": 9, "rungs": 2, "divisor": 3}
    text = f"searcher: {{{SEARCHERS[name]}}}\ncurves: {{{curves}}}\ncluster: {{{cluster}}}\n{more}"
    for key, value in (sizes | {"budget": 20 * numbers.get("length", 9)} | numbers).items():
        text = text.replace(key.upper(), str(value))
    experiment = Experiment(load(scenario(tmp_path, text)))
    [trace] = experiment.run_all().values()
    spent = metrics.split(trace)
    assert min(spent) >= 0
    assert sum(spent) == trace.workers * trace.makespan
    metrics.summarize(trace, experiment.best_loss(metrics.trials_started(trace)))
    return trace


@pytest.mark.parametrize("name", SEARCHERS)
def test_one_worker_and_one_rung(tmp_path, name):
    trace = ran(tmp_path, name, rungs=1, cluster="workers: 1")

    assert trace.makespan == (trace.end - trace.start).sum()
    assert trace.to_resource.max() >= 9  # Determined's adaptive searches go a little beyond


@pytest.mark.parametrize("name", [name for name in SEARCHERS if "TRIALS" in SEARCHERS[name]])
def test_one_trial(tmp_path, name):
    trace = ran(tmp_path, name, trials=1, rungs=1)

    assert set(trace.trial[trace.bracket == 0].tolist()) == {0}
    assert trace.to_resource[trace.bracket == 0].max() >= (9 if "rungs" in SEARCHERS[name] else 1)


#: Searches that a divisor leaves no room for; all other searches accept it.
NO_ROOM = {
    ("hyperband", "1.0000001"): "more than 64 rungs fit 30 units at a divisor of 1.0000001",
    ("async_hyperband", "1.0000001"): "more than 64 rungs fit 30 units at a divisor of 1.0000001",
    ("hyperband", "1.5"): "9 rungs would stand at 1, 1, 2, 3, 5, 8, … of 30 units; each needs its own unit",
    ("async_hyperband", "1.5"): "9 rungs would stand at 1, 1, 2, 3, 5, 8, … of 30 units; each needs its own unit",
    ("sha", "1000000"): "2 rungs would stand at 0, 30 of 30 units; each needs its own unit",
    ("asha", "1000000"): "2 rungs would stand at 0, 30 of 30 units; each needs its own unit",
    ("delayed", "1000000"): "2 rungs would stand at 0, 30 of 30 units; each needs its own unit",
}


@pytest.mark.parametrize("name", SEARCHERS)
@pytest.mark.parametrize("divisor", ["1.0000001", "1.5", "2.718281828459045", "1000000"])
def test_a_divisor_just_above_one_a_fraction_and_a_million(tmp_path, name, divisor):
    if (name, divisor) in NO_ROOM:
        with pytest.raises(InputError) as caught:
            ran(tmp_path, name, trials=30, length=30, divisor=divisor)
        assert f"s.yaml:1:1: searcher: {NO_ROOM[name, divisor]}" in str(caught.value)
    else:
        assert len(ran(tmp_path, name, trials=30, length=30, divisor=divisor))


@pytest.mark.parametrize("name", SEARCHERS)
def test_equal_losses_everywhere(tmp_path, name):
    """Of equal losses the earlier is better: trials are promoted in order, and the best is the first."""
    trace = ran(tmp_path, name, curves="kind: synthetic, best: 1, worst: 1, gain: 0, unit_time_sigma: 0")

    assert set(trace.loss.tolist()) == {1.0}


@pytest.mark.parametrize("name", SEARCHERS)
def test_all_trials_diverge(tmp_path, name):
    """Every trial diverges before it is fully trained: after 5 units on average, and always before 1000."""
    summary = metrics.summarize(ran(tmp_path, name, length=1000, curves="kind: synthetic, diverged: 1"))

    assert (summary.full_length_trials, summary.simple_regret) == (0, None)


@pytest.mark.parametrize("name", SEARCHERS)
def test_a_million_workers_and_ten_trials(tmp_path, name):
    trace = ran(tmp_path, name, trials=10, cluster="workers: 1000000")

    assert trace.workers == 1_000_000
    assert trace.worker.max() < len(trace)


@pytest.mark.parametrize("name", SEARCHERS)
@pytest.mark.parametrize("unit", ["0.000001", "365 d"])
def test_units_of_a_tick_and_of_a_year(tmp_path, name, unit):
    trace = ran(tmp_path, name, length=9, curves=f"kind: ordered, unit_time: {unit}", cluster="workers: 100")

    assert (trace.end > trace.start).all()


def test_a_trial_that_takes_no_time_is_refused_where_it_stands(tmp_path):
    text = "searcher: {name: single, max_length: 1}\ncurves: {kind: ordered, unit_time: 0}\ncluster: {workers: 1}\n"
    assert "s.yaml:2:25: curves.unit_time: 0 is out of range; it lasts from 1 microsecond" in fails(tmp_path, text)


def test_recorded_trials_that_take_no_time_at_first(tmp_path):
    """A clock may start at 0: the first rung is then over at once, and time goes on from there."""
    text = "searcher: {name: sha, max_trials: 9, max_length: 9, divisor: 3}\n"
    text += "curves: {kind: recorded, file: c.csv}\ncluster: {workers: 2}\n"
    path = scenario(tmp_path, text, c=rows(9, ["1,.5,0", "3,.4,1e-6", "9,.3,1"]))
    [trace] = Experiment(load(path)).run_all().values()
    spent = metrics.split(trace)

    assert min(spent) >= 0
    assert sum(spent) == 2 * trace.makespan
    assert trace.makespan >= 1_000_000
    assert metrics.summarize(trace).full_length_trials == 1


def test_a_run_of_just_2_to_the_53_ticks(tmp_path):
    seconds = f"{2**53 // 10**6}.{2**53 % 10**6:06}"
    text = "searcher: {name: random, max_trials: TRIALS, max_length: 1}\n"
    text += f"curves: {{kind: recorded, file: c.csv}}\ncluster: {{workers: 3000}}\nstop: {{time: {seconds}}}\n"
    path = scenario(tmp_path, text.replace("TRIALS", "3000"), c=rows(3000, [f"1,.5,{seconds}"]))
    [trace] = Experiment(load(path)).run_all().values()

    assert trace.makespan == 2**53
    assert metrics.split(trace) == (3000 * 2**53, 0, 0, 0, 0)
    assert metrics.summarize(trace).utilization == 1
    longer = fails(tmp_path, text.replace("TRIALS", "3001").replace(f"stop: {{time: {seconds}}}\n", ""),
                   RunError, c=rows(3001, [f"1,.5,{seconds}"]))  # fmt: skip
    assert longer == "it would last more than 285 years; shorten the units, or give a stop"


def test_losses_of_minus_zero_and_of_the_least_and_greatest_numbers(tmp_path):
    lines = ["1,-0.0,1", "1,5e-324,1", "1,-1.7e308,1", "1,1e299,1", "1,0,1", "1,1e-400,1"]
    curves = "trial,resource,loss,elapsed_s\n" + "".join(f"{trial},{line}\n" for trial, line in enumerate(lines))
    text = "searcher: {name: random, max_trials: 6, max_length: 1}\ncurves: {kind: recorded, file: c.csv}\n"
    done = asha_sim("run", scenario(tmp_path, text + "cluster: {workers: 2}\n", c=curves), "--json")

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["searchers"]["random"]["best_loss"] == 0


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        (
            "crashes: 1",
            "it takes 0 h and is lost so often that no end is expected; lower crashes: every attempt dies of",
        ),
        ("crashes: 1, failures: {mtbf: 9 h}", "no end is expected; lower crashes: every attempt dies of one"),
        (
            "drops: {probability: 0.9, per: 1}, overheads: {trial_start: 1 h}",
            "; shorten trial_start, save and restore, or lose jobs less often",
        ),
        (
            "preemption: {up: 10, down: 10}, overheads: {worker_start: 1 h}",
            "; shorten worker_start, or let machines stay",
        ),
        (
            "drops: {probability: 0.9, per: 0.01}, recovery: {on_loss: restart}",
            "; save checkpoints more often, or lose",
        ),
        ("drops: {probability: 0.9, per: 0.01}", "; lose jobs less often"),
    ],
)
def test_a_hopeless_cluster_is_refused_with_what_would_help(tmp_path, cluster, said):
    text = (
        f"searcher: {{name: single, max_length: 3}}\ncurves: {{kind: ordered}}\ncluster: {{workers: 1, {cluster}}}\n"
    )

    assert said in fails(tmp_path, text)
