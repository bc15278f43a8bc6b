"""The scenario's `searches`, `scheduler` and `warm_up`: what is wrong with them is one line with its place."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from simulator.core.errors import InputError
from simulator.experiment.arrivals import arrivals_of
from simulator.experiment.experiment import Experiment
from simulator.experiment.sharing import SharedExperiment
from simulator.scenario.loading import load
from simulator.trace.queueing_words import sentences
from tests.support.runner import asha_sim

HOUR = 3_600_000_000
SOUND = """\
searches:
  a:
    searcher: {name: asha, max_trials: 9, max_length: 9, divisor: 3}
    arrivals: {kind: at, times: [0 h, 3 h]}
curves: {kind: ordered, unit_time: 1 h}
cluster: {workers: 4}
"""


def write(tmp_path, text=SOUND):
    path = tmp_path / "s.yaml"
    path.write_text(text)
    return path


def changed(tmp_path, old, new):
    assert old in SOUND
    return write(tmp_path, SOUND.replace(old, new))


def problem(path):
    with pytest.raises(InputError) as caught:
        SharedExperiment(load(path))
    [one] = str(caught.value).splitlines()
    return one.removeprefix(str(path))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[0 h, 3 h]", "[3 h, 1 h]", ":4:5: searches.a.arrivals: times are out of order: entry 1 of the list is before entry 0"),
        ("[0 h, 3 h]", "[-1 h]", ":4:34: searches.a.arrivals.times.0: '-1 h' is not a duration"),
        ("[0 h, 3 h]", "[-1]", ":4:34: searches.a.arrivals.times.0: -1 is out of range; it lasts from nothing"),
        ("times: [0 h, 3 h]}", "times: [0 h, 3 h]}\n    count: 3", ":2:3: searches.a: count is 3 and arrivals.times has 2; leave out count"),
        ("{kind: at, times: [0 h, 3 h]}", "{kind: poisson, mean_gap: 1 h}", ":2:3: searches.a: searches come without end: give it count or until"),
        ("{kind: at, times: [0 h, 3 h]}", "{kind: every, gap: 1 h, jitter: 2 h}", "jitter is more than gap"),
        ("{kind: at, times: [0 h, 3 h]}", "{kind: sometimes}", "'sometimes' is unknown; should be one of poisson, every, at, recorded"),
        ("cluster: {workers: 4}", "cluster: {workers: 4}\nscheduler: {policy: fifo, preemption: true}", ":7:1: scheduler: preemption goes with policy priority; fifo never stops a trial"),
        ("cluster: {workers: 4}", "cluster: {workers: 4}\nscheduler: {policy: fair_share, preemption: true}", ":7:1: scheduler: preemption goes with policy priority"),
        ("times: [0 h, 3 h]}", "times: [0 h, 3 h]}\n    weight: 2", ":5:5: searches.a.weight: is for policy fair_share, and the scheduler's is fifo"),
        ("times: [0 h, 3 h]}", "times: [0 h, 3 h]}\n    priority: 2", ":5:5: searches.a.priority: is for policy priority, and the scheduler's is fifo"),
        ("times: [0 h, 3 h]}", "times: [0 h, 3 h]}\n    weight: 0", "weight is 0; a search of no weight would never run: give more than 0"),
        ("times: [0 h, 3 h]}", "times: [0 h, 3 h]}\n    weight: -1", "weight is -1; a search of no weight would never run"),
        ("times: [0 h, 3 h]}", "times: [0 h, 3 h]}\n    slots_per_trial: 5", ":5:5: searches.a.slots_per_trial: a trial of 5 slots fits on no machine"),
        ("times: [0 h, 3 h]}", "times: [0 h, 3 h]}\n    slots_per_trial: 2\n    max_slots: 1", "max_slots is 1 and a trial takes 2: none could ever run"),
        ("searches:", "searchers: {SHA: {name: sha, max_trials: 9, max_length: 9, divisor: 3}}\nsearches:", ":2:1: searches: is given together with searchers; give searches"),
        ("cluster: {workers: 4}", "cluster: {workers: 4}\nstop: {loss: 0.1}", ":7:8: stop.loss: stops a single search; with `searches` give a stop by time"),
        ("max_trials: 9, ", "", ":3:5: searches.a.searcher: never ends: give it max_trials, or add `stop: {time: …}`"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_with_its_place(tmp_path, old, new, expected):
    assert expected in problem(changed(tmp_path, old, new))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("arrival_s\n0\n-5\n", "arrivals.csv:3:1: arrival_s: -5 is in the past"),
        ("arrival_s\n7\n5\n", "arrivals.csv:3:1: arrival_s: 5 is out of order: the row before it is later"),
        ("arrival_s\nsoon\n", "arrivals.csv:2:1: arrival_s: 'soon' should be seconds from the start"),
        ("time\n7\n", "arrivals.csv:1:1: should have the column arrival_s"),
        ("arrival_s\n", "arrivals.csv:1:1: holds no arrivals"),
    ],
)
def test_what_is_wrong_in_a_file_of_arrivals_has_its_place_there(tmp_path, rows, expected):
    (tmp_path / "arrivals.csv").write_text(rows)
    path = changed(tmp_path, "{kind: at, times: [0 h, 3 h]}", "{kind: recorded, file: arrivals.csv}")

    with pytest.raises(InputError, match="arrivals") as caught:
        SharedExperiment(load(path))
    assert expected in str(caught.value)


def test_scheduler_and_warm_up_go_with_searches(tmp_path):
    path = write(
        tmp_path,
        "searcher: {name: sha, max_trials: 9, max_length: 9, divisor: 3}\ncurves: {kind: ordered}\n"
        "cluster: {workers: 4}\nscheduler: {policy: fifo}\nwarm_up: 1 h\n",
    )
    with pytest.raises(InputError) as caught:
        load(path)

    assert [str(one).removeprefix(str(path)) for one in caught.value.problems] == [
        ":4:1: scheduler: goes with `searches`, which share a cluster; searchers run one by one",
        ":5:1: warm_up: goes with `searches`, which share a cluster; searchers run one by one",
    ]


def test_a_command_for_one_search_says_which_take_many(tmp_path):
    with pytest.raises(
        InputError,
        match="these searches share a cluster; `run`, `plan`, `plot`, `animate`, `check` and `preview` take them",
    ):
        Experiment(load(write(tmp_path)))


def test_labels_that_all_have_curves_of_their_own_need_no_others(tmp_path):
    text = SOUND.replace("curves:", "    curves:")

    assert SharedExperiment(load(write(tmp_path, text))).run().visits[0].done == 11 * HOUR


def coming(tmp_path, arrivals, seed=0):
    loaded = load(changed(tmp_path, "arrivals: {kind: at, times: [0 h, 3 h]}", arrivals))
    return [one.at for one in arrivals_of(loaded, seed)]


def test_searches_come_as_listed_or_one_by_one(tmp_path):
    assert coming(tmp_path, "arrivals: {kind: at, times: [0 h, 3 h]}") == [0, 3 * HOUR]
    regular = "arrivals: {kind: every, gap: 1 week}\n    count: 3"
    assert coming(tmp_path, regular) == [0, 168 * HOUR, 336 * HOUR]
    until = "arrivals: {kind: every, gap: 1 d}\n    until: 2 d"
    assert coming(tmp_path, until) == [0, 24 * HOUR]


def test_late_searches_come_in_order_and_within_their_jitter(tmp_path):
    found = coming(tmp_path, "arrivals: {kind: every, gap: 1 h, jitter: 1 h}\n    count: 500")

    assert all(0 <= at - number * HOUR < HOUR for number, at in enumerate(found))
    assert len({at % HOUR for at in found}) == 500


def test_poisson_arrivals_have_exponential_gaps_that_belong_to_their_label_and_number(tmp_path):
    found = coming(tmp_path, "arrivals: {kind: poisson, mean_gap: 1 h}\n    count: 4000")
    gaps = [later - earlier for earlier, later in pairwise(found)]

    assert abs(sum(gaps) / len(gaps) / HOUR - 1) < 4 / 4000**0.5
    assert abs(sum(gap > HOUR for gap in gaps) / len(gaps) - 0.3679) < 4 * (0.3679 * 0.6321 / 4000) ** 0.5
    assert coming(tmp_path, "arrivals: {kind: poisson, mean_gap: 1 h}\n    count: 10") == found[:10]
    assert coming(tmp_path, "arrivals: {kind: poisson, mean_gap: 1 h}\n    count: 10", seed=1) != found[:10]


def test_searches_of_a_label_draw_trials_of_their_own(tmp_path):
    synthetic = SOUND.replace("{kind: ordered, unit_time: 1 h}", "{kind: synthetic}")
    workload = SharedExperiment(load(write(tmp_path, synthetic))).run()

    first, second = (set(workload.trace_of(search).loss.tolist()) for search in (0, 1))
    assert not first & second


@pytest.mark.parametrize("scheduler", ["", "scheduler: {policy: fair_share}", "scheduler: {policy: priority}"])
def test_run_writes_for_one_search_the_trace_that_it_has_alone(tmp_path, scheduler):
    block = "{name: asha, max_trials: 27, max_length: 9, divisor: 3}"
    rest = "curves: {kind: synthetic}\ncluster: {workers: 4, crashes: 0.05, stragglers: {kind: log_normal, sigma: 0.5}}\n"
    alone, shared = tmp_path / "alone.yaml", tmp_path / "shared.yaml"
    alone.write_text(f"searchers: {{a: {block}}}\n{rest}seed: 3\n")
    shared.write_text(
        f"searches: {{a: {{searcher: {block}, arrivals: {{kind: at, times: [0]}}}}}}\n{rest}{scheduler}\nseed: 3\n"
    )
    asha_sim("run", alone, "--out", tmp_path / "one")
    asha_sim("run", shared, "--out", tmp_path / "many")

    expected = (tmp_path / "one" / "a" / "trace.csv").read_text().splitlines()
    found = (tmp_path / "many" / "trace.csv").read_text().splitlines()
    assert found == [f"{expected[0]},search", *(f"{row},0" for row in expected[1:])]


def test_run_prints_a_summary_of_the_whole_and_of_every_search_in_order_of_arrival(tmp_path):
    about = json.loads(asha_sim("run", write(tmp_path), "--json").stdout)

    assert about["seed"] == 0
    assert {"searches", "done", "load", "utilization", "wait_s", "stay_s"} <= about["workload"].keys()
    assert about["workload"]["wait_s"].keys() == {"mean", "p50", "p90", "p95", "max"}
    assert [(one["label"], one["number"], one["arrival_s"]) for one in about["searches"]] == [
        ("a", 0, 0),
        ("a", 1, 10800),
    ]
    assert about["searches"][0].keys() >= {"first_start_s", "done_s", "units", "slowdown", "cost"}


def test_check_says_that_searches_share_the_cluster(tmp_path):
    assert asha_sim("check", write(tmp_path)).stdout.endswith(
        "sound; on one cluster that they share: searches of a\n"
    )


def figures(path):
    experiment = SharedExperiment(load(path))
    return experiment.figures(experiment.run())


def test_a_label_that_only_some_machines_serve_is_compared_with_an_empty_cluster_too(tmp_path):
    """Trials of four slots run on one of the groups, and trials of one slot on both, whatever the groups' release rules."""
    small = SOUND.split("\n", 1)[1].replace("  a:", "  b:").split("curves")[0]
    two = SOUND.replace("curves:", f"    slots_per_trial: 4\n{small}curves:")
    for groups in (
        "{g: {count: 2, slots: 4}, h: {count: 2, slots: 2, release: drained, price: 1}}",
        "{g: {count: 2, slots: 1, scaling: {min: 1}}, h: {count: 4, slots: 4, scaling: {min: 1}}}",
        "{g: {count: 4, slots: 1, scaling: {min: 1}}, h: {count: 4, slots: 1, scaling: {min: 1}}}",
    ):
        found = figures(write(tmp_path, two.replace("workers: 4", f"groups: {groups}")))

        assert all(one.slowdown >= 1 for one in found.stays), groups


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("times: [0 h, 3 h]}", "times: [2 h]}\n    until: 1 h"), "No search came before the run ended."),
        (("cluster:", "warm_up: 9 h\ncluster:"), "No search came after the warm-up, which ends at"),
    ],
)
def test_a_run_without_searches_to_count_says_so(tmp_path, change, expected):
    said = sentences(figures(changed(tmp_path, *change)), "h")

    assert any(one.startswith(expected) for one in said)


def test_a_search_that_comes_just_before_the_stop_need_not_have_stayed_longer(tmp_path):
    """Each search takes four minutes, and the last comes three minutes before the stop: only its end is missing."""
    path = tmp_path / "s.yaml"
    path.write_text(
        "searches: {a: {searcher: {name: random, max_length: 1, max_trials: 4}, "
        "arrivals: {kind: every, gap: 8 min}, count: 30}}\n"
        "curves: {kind: ordered, unit_time: 1 min}\ncluster: {workers: 1}\nwarm_up: 0 s\nstop: {time: 83 min}\n"
    )
    experiment = SharedExperiment(load(path))
    found = experiment.figures(experiment.run())

    assert sentences(found, "min")[-1] == (
        "1 of 11 searches was not done when the run stopped. Long stays are the likeliest to be cut off like this, so "
        "the stays that were counted may be too short."
    )
    assert found.about["stay_s"]["max"] == 240
