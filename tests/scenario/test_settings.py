"""Keys that are set from outside the file: what they change, and how an error names a wrong one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.core.errors import InputError
from simulator.scenario.opening import open_scenario
from tests.support.runner import asha_sim

SCENARIO = """\
title: Two searches
searchers:
  SHA: {name: sha, max_trials: 9, max_length: 9, divisor: 3}
  A=1: {name: adaptive, max_length: 16, budget: 160, bracket_rungs: [3, 2]}
curves: {kind: ordered}
cluster:
  groups: {V 1.5: {count: 4}}
plan: {vary: {cluster.groups.V 1.5.count: [2, 4]}, replicates: 10}
"""
ONE = """\
searcher: {name: asha, max_trials: 9, max_length: 9, divisor: 3}
curves: {kind: ordered}
cluster: {workers: 3}
"""


def opened(tmp_path, *sets, text=SCENARIO, **options):
    path = tmp_path / "s.yaml"
    path.write_text(text)
    return open_scenario(path, sets, **options)


def problems(tmp_path, *sets, **options):
    with pytest.raises(InputError) as caught:
        opened(tmp_path, *sets, **options)
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


@pytest.mark.parametrize(
    ("text", "found", "value"),
    [
        ("searchers.SHA.max_trials=27", lambda made: made.searchers["SHA"].max_trials, 27),
        ("searchers.A=1.budget=320", lambda made: made.searchers["A=1"].budget, 320),
        ("searchers.A=1.bracket_rungs=[4, 1]", lambda made: made.searchers["A=1"].bracket_rungs, [4, 1]),
        ("searchers.A=1.bracket_rungs.1=1", lambda made: made.searchers["A=1"].bracket_rungs, [3, 1]),
        ("cluster.groups.V 1.5.count=7", lambda made: made.cluster.groups["V 1.5"].count, 7),
        ("cluster={workers: 2}", lambda made: made.cluster.workers, 2),
        ("cluster.stragglers={kind: two_point, factor: 3}", lambda made: made.cluster.stragglers.factor, 3),
        ("cluster.resume=false", lambda made: made.cluster.resume, False),
        ("cluster.overheads.save = 2 min", lambda made: made.cluster.overheads.save, 120 * 10**6),
        ("plan.vary.cluster.groups.V 1.5.count=[8]", lambda made: made.plan.vary, {"cluster.groups.V 1.5.count": [8]}),
        ("plan.vary.curves.unit_time=[1 h]", lambda made: made.plan.vary["curves.unit_time"], ["1 h"]),
        ("plan=", lambda made: made.plan, None),
        ("title=Hello: # world", lambda made: made.title, "Hello: # world"),
        ("title=\'3\'", lambda made: made.title, "3"),
        ("title=null", lambda made: made.title, ""),
    ],
)  # fmt: skip
def test_a_key_is_set(tmp_path, text, found, value):
    assert found(opened(tmp_path, text).scenario) == value


def test_the_last_of_several_counts_and_all_are_part_of_the_digest(tmp_path):
    made = opened(tmp_path, "seed=1", "seed=2")

    assert made.scenario.seed == 2
    assert made.settings == {"seed": 2}
    assert made.digest != opened(tmp_path).digest


def test_one_block_is_named_by_its_section_or_by_its_label(tmp_path):
    for key in ("searcher.max_trials", "searchers.asha.max_trials"):
        assert opened(tmp_path, f"{key}=3", text=ONE).scenario.searchers["asha"].max_trials == 3


def test_workers_and_unit_time_are_keys_of_a_scenario_too(tmp_path):
    made = opened(tmp_path, text=ONE, workers=5, unit_time="2 min").scenario

    assert (made.cluster.workers, made.curves.unit_time) == (5, 120 * 10**6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("workers", "--set: 'workers' should be KEY=VALUE, such as cluster.workers=16"),
        ("=3", "--set: '' is not a dotted key, such as cluster.workers"),
        ("a..b=3", "--set: 'a..b' is not a dotted key, such as cluster.workers"),
        ("cluser.workers=3", "--set: cluser: unknown key; did you mean cluster?"),
        ("searchers.SHA.max_trails=3", "--set: searchers.SHA.max_trails: unknown key; did you mean max_trials?"),
        ("searchers.SHA.max_trials=x", "--set: searchers.SHA.max_trials: 'x' should be a whole number"),
        ("searchers.SHA.max_trials=0", "--set: searchers.SHA.max_trials: 0 should be greater than or equal to 1"),
        ("searchers.SHA.max_trials=[1]", "--set: searchers.SHA.max_trials: [1] should be a whole number"),
        ("searchers.SHAA.max_trials=3", "--set: searchers.SHAA.max_trials: there is no SHAA; known here: SHA, A=1"),
        ("searcher.max_trials=3", "--set: searcher.max_trials: has no place in a file with `searchers`; name one of SHA, A=1"),
        ("searchers.SHA=[1,2", "--set: searchers.SHA: not valid YAML: expected ',' or ']', but got '<stream end>'"),
        ("searchers.A=1.bracket_rungs.7=1", "--set: searchers.A=1.bracket_rungs.7: is not an entry of the list: it has 2, counted from 0"),
        ("title.x=3", "--set: title.x: title is a value, which has no keys"),
        ("curves=", "--set: curves: is missing"),
        ("cluster.groups.V 1.5={}", "--set: cluster.groups.V 1.5.count: is missing"),
    ],
)  # fmt: skip
def test_what_cannot_be_set(tmp_path, text, said):
    assert said in problems(tmp_path, text)


def test_every_wrong_text_is_told(tmp_path):
    assert len(problems(tmp_path, "x", "y")) == 2


def test_what_is_wrong_in_the_file_keeps_its_line(tmp_path):
    (tmp_path / "s.yaml").write_text(ONE.replace("{workers: 3}", "{workers: x}"))
    with pytest.raises(InputError) as caught:
        open_scenario(tmp_path / "s.yaml", ["seed=-1"])

    assert str(caught.value).splitlines() == [
        "--set: seed: -1 should be greater than or equal to 0",
        f"{tmp_path}/s.yaml:3:11: cluster.workers: 'x' should be a whole number",
    ]


def test_what_was_set_is_shown(tmp_path):
    (tmp_path / "s.yaml").write_text(ONE)
    told = json.loads(asha_sim("run", "s.yaml", "--set", "cluster.workers=2", "--json", cwd=tmp_path).stdout)
    shown = asha_sim("run", "s.yaml", "--set", "cluster.workers=2", "--set", "stop=", cwd=tmp_path).stdout

    assert told["set"] == {"cluster.workers": 2}
    assert "set here: cluster.workers = 2, stop left out" in shown.splitlines()


# -- Determined's experiment files ---------------------------------------------------------------------------------------

EXPERIMENT = """\
name: mnist
hyperparameters:
  lr: {type: log, base: 10, minval: -4, maxval: -1}
searcher:
  name: adaptive_asha
  metric: validation_loss
  smaller_is_better: false
  time_metric: epochs
  max_time: 16
  max_trials: 20
entrypoint: model:Trial
resources: {slots_per_trial: 2}
max_restarts: 3
reproducibility: {experiment_seed: 7}
"""


def test_an_experiment_is_a_scenario_once_it_has_workers_and_a_unit_time(tmp_path):
    loaded = opened(tmp_path, text=EXPERIMENT, workers=16, unit_time="2min")
    made = loaded.scenario

    assert (made.title, made.seed, made.time_unit) == ("mnist", 7, "min")
    assert (made.cluster.workers, made.cluster.assignment, made.cluster.recovery.max_restarts) == (16, "queued", 3)
    assert (made.curves.kind, made.curves.unit_time) == ("synthetic", 120 * 10**6)
    assert made.searchers["adaptive_asha"].max_length == 16
    assert made.plan.vary == {"cluster.workers": [4, 8, 16, 32]}
    [note] = map(str, loaded.notes)
    for guess in ("jobs queue", "an epoch takes 2min in the median", "losses are minimised", "takes 2 slots"):
        assert guess in note


def test_notes_on_an_experiment_are_of_what_is_run(tmp_path):
    """Settings may take back what was made up; then the notes don't say it, and accuracies are maximised."""
    curves = tmp_path / "mine.csv"
    curves.write_text("trial,resource,loss\n" + "".join(f"{t},{r},0.5\n" for t in range(20) for r in range(1, 17)))
    given = {"text": EXPERIMENT, "workers": 4, "unit_time": "2min"}
    slower, other, on_demand, recorded = (
        opened(tmp_path, text, **given)
        for text in (
            "curves.unit_time=5min",
            "curves={kind: synthetic, unit_time: 7 min}",
            "cluster.assignment=on_demand",
            "curves={kind: recorded, file: mine.csv, unit_time: 3 min}",
        )
    )

    assert "an epoch takes 5min in the median (--set)" in str(slower.notes[0])
    assert "an epoch takes 7 min in the median (--set)" in str(other.notes[0])
    assert "queue" not in str(on_demand.notes[0])
    assert "made up" not in str(recorded.notes[0])
    assert "minimised" not in str(recorded.notes[0])
    assert not recorded.scenario.smaller_is_better


@pytest.mark.parametrize(
    ("unit_time", "units", "shown"),
    [
        ("2min", 16, "min"), ("2 minutes", 16, "min"), ("2min", 10_000, "d"), ("0.1 s", 90, "s"), ("0.1 s", 36_000, "h"),
        ("1 week", 1, "d"), ("1e-6 s", 1, "s"),
    ],
)  # fmt: skip
def test_an_experiment_s_times_are_shown_in_a_unit_that_suits_a_trial_trained_in_full(
    tmp_path, unit_time, units, shown
):
    text = EXPERIMENT.replace("max_time: 16", f"max_time: {units}")
    assert opened(tmp_path, text=text, workers=1, unit_time=unit_time).scenario.time_unit == shown


def test_an_experiment_whose_training_code_says_how_long_a_trial_trains(tmp_path):
    """Files of Determined 0.38 for `random`, `grid` and `single` have no length."""
    text = "searcher: {name: random, metric: loss, max_trials: 20}\n"
    made = opened(tmp_path, "searcher.max_length=32", text=text, workers=4, unit_time="2min").scenario

    assert (made.searchers["random"].max_length, made.time_unit) == (32, "min")
    [said] = problems(tmp_path, text=text, workers=4, unit_time="2min")
    assert said.startswith("s.yaml:1:1: searcher.max_length: is missing; give it, such as max_length: {epochs: 32};")
    [said] = problems(tmp_path, text=text.replace("random", "adaptive_asha"), workers=4, unit_time="2min")
    assert said.endswith("or max_time with time_metric")


def test_an_experiment_s_trials_may_be_recorded_ones(tmp_path):
    curves = f"curves={{kind: recorded, file: {Path(__file__).parents[2] / 'scenarios/curves/digits.csv.gz'}}}"
    made = opened(tmp_path, curves, "cluster.workers=4", text=EXPERIMENT)

    assert (made.scenario.curves.kind, made.scenario.smaller_is_better) == ("recorded", False)


def test_what_an_experiment_lacks_is_named_with_the_option_that_gives_it(tmp_path):
    assert problems(tmp_path, text=EXPERIMENT) == [
        "s.yaml:1:1: curves: a Determined experiment file does not say how long training takes: give --unit-time, such as 2min",
        "s.yaml:1:1: cluster: a Determined experiment file does not say how many workers there are: give --workers, such as 16",
    ]
    assert problems(tmp_path, text=EXPERIMENT, workers=3, unit_time="soon") == [
        "--unit-time: curves.unit_time: 'soon' is not a duration; write seconds, or a number with s, min, h, d or week, such as "
        "90 s or 2 h"
    ]
    assert problems(tmp_path, text=EXPERIMENT.replace("max_trials", "max_trails"), workers=3, unit_time="1 s")[
        -1
    ] == ("s.yaml:10:3: searcher.max_trails: unknown key; did you mean max_trials?")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "check", "preview", "compare", "plan", "animate", "plot"])
def test_every_command_takes_an_experiment_and_settings(tmp_path, command):
    (tmp_path / "e.yaml").write_text(EXPERIMENT)
    more = {
        "compare": ["--seeds", 2], "plan": ["--jobs", 1, "--set", "plan.replicates={min: 2, max: 2}", "--set", "plan.vary.cluster.workers=[8]"],
        "animate": ["--out", "out", "--format", "perfetto"], "plot": ["--out", "out", "--kind", "gantt"],
    }.get(command, [])  # fmt: skip
    done = asha_sim(
        command,
        "e.yaml",
        "--workers",
        8,
        "--unit-time",
        "2min",
        "--set",
        "searcher.max_trials=8",
        *more,
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout
