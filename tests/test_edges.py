"""Scenarios at the edges: each once ended in a traceback, a hang or a wrong number."""

from __future__ import annotations

import json

import pytest

from simulator import metrics
from simulator.errors import InputError, RunError
from simulator.experiment import Experiment
from simulator.scenario.loading import load
from tests.test_cli import asha_sim


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
            "s.yaml:3:3: 1: stands twice, as text and as str",
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
    """Trials 0 and 1 are the best of the base rung, go up, and turn out invalid."""
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


def test_an_output_that_is_full_fails_in_one_line(tmp_path):
    path = scenario(tmp_path, HEAD.replace("256", "256, max_trials: 9") + "cluster: {workers: 4}\n")
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = asha_sim("run", path, "--json", stdout=full)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "the run failed: No space left on device"
