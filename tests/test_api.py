"""The Python API, as notebooks use it."""

from __future__ import annotations

import doctest
import subprocess
import sys
from contextlib import chdir
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import simulator
from simulator import api, testing
from simulator.core.errors import InputError
from simulator.searchers.protocol import Idle, Job

ROOT = Path(__file__).parents[1]
SCENARIOS = ROOT / "scenarios"
TINY = """
title: <b>&</b>
time_unit: min
searchers:
  SHA: {name: sha, max_trials: 9, max_length: 9, divisor: 3}
  ASHA: {name: asha, max_trials: 9, max_length: 9, divisor: 3}
curves: {kind: synthetic, unit_time: 1 min}
cluster: {workers: 3}
"""


@pytest.mark.slow
def test_the_examples_in_the_docstrings():
    with chdir(ROOT):
        found = doctest.testmod(api)

    assert (found.failed, found.attempted > 5) == (0, True)


def test_importing_it_is_fast():
    code = "import sys, simulator; print(sorted({'numpy', 'simpy', 'pydantic', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_the_package_has_the_names_of_the_api():
    assert simulator.__all__ == sorted(api.__all__)
    assert set(simulator.__all__) <= set(dir(simulator))
    assert simulator.simulate is api.simulate
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        simulator.simulat  # noqa: B018


def test_results_are_those_of_the_command_line():
    results = simulator.simulate(SCENARIOS / "docs.yaml")

    assert results["SHA"].makespan_s == 42 * 60
    assert results["ASHA"].trials == 159
    assert results.head == ("", "SHA", "ASHA")
    assert repr(results).splitlines()[:3] == [
        "Ten workers, rungs at 1, 3, 9 and 27 units",
        "                               SHA         ASHA",
        "makespan                    42 min       53 min",
    ]
    assert repr(results).splitlines()[-2:] == results.findings()


def test_attempts_are_the_rows_of_the_trace():
    results = simulator.simulate(SCENARIOS / "docs.yaml")
    attempts = results.attempts("SHA")

    assert len(attempts) == 40
    assert attempts[-1][:9] == (0, 0, 0, 3, 0, 27, 15 * 60.0, 42 * 60.0, "completed")


class Reader(HTMLParser):
    """Text of a page, and its tags."""

    def __init__(self):
        super().__init__()
        self.tags, self.text = set(), ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text += data


def test_html_shows_the_same_with_its_text_escaped():
    results = simulator.simulate(simulator.load_scenario(TINY))
    reader = Reader()
    reader.feed(results._repr_html_())

    assert reader.tags == {"table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
    assert "<b>&</b>" in reader.text
    assert all(sentence in reader.text for sentence in results.findings())


def test_changes_are_checked_and_are_part_of_the_digest():
    loaded = simulator.load_scenario(TINY, {"cluster.workers": 5, "stop.time": "9 min", "title": None})

    assert (loaded.scenario.cluster.workers, loaded.scenario.stop.time) == (5, 9 * 60 * 10**6)
    assert loaded.title == "scenario"
    assert loaded.digest != simulator.load_scenario(TINY).digest
    with pytest.raises(InputError, match=r"^changes: cluster\.workers: 0 should be greater than or equal to 1$"):
        simulator.load_scenario(TINY, {"cluster.workers": 0})


def test_comparing_over_seeds():
    compared = simulator.compare(simulator.load_scenario(TINY), seeds=12)
    values = compared.values("makespan_s", "ASHA") - compared.values("makespan_s", "SHA")

    assert compared.seeds == 12
    assert compared.difference("makespan_s", "ASHA", "SHA").estimate == pytest.approx(values.mean())
    assert repr(compared) == repr(simulator.compare(simulator.load_scenario(TINY), seeds=12))
    assert "12 seeds, with 95 % intervals" in compared.title
    with pytest.raises(ValueError, match="seeds should be 1 or more, not 0"):
        simulator.compare(TINY, seeds=0)


def test_a_difference_is_claimed_only_where_one_is_seen():
    """The scenario has a figure that is always equal, and one that is always a minute later."""
    alike = simulator.compare(SCENARIOS / "digits.yaml", seeds=1)
    later = simulator.compare(SCENARIOS / "equal-times.yaml", seeds=3)

    assert (
        "No difference in utilization is seen"
        in simulator.compare(simulator.load_scenario(TINY, {"cluster.workers": 1}), seeds=3).findings()[2]
    )
    assert later.findings()[0] == "The makespan of ASHA is 1 min longer than that of SHA."
    assert alike.seeds == 1


def test_a_plan_is_told_which_differences_matter():
    """With equal times the first full trial is always a minute later, and all other figures are equal."""
    later = simulator.compare(SCENARIOS / "equal-times.yaml", seeds=3)
    priced = simulator.load_scenario(TINY, {"cluster": {"groups": {"gpus": {"count": 2, "price": 3600}}}})

    assert later.for_a_plan() == [
        "For a plan: beside SHA, ASHA has its first full-length trial 1 min later; "
        "no difference in training time or best loss is seen."
    ]
    assert later.as_dict()["for_a_plan"] == later.for_a_plan()
    assert "cost" in simulator.compare(priced, seeds=3).for_a_plan()[0]


def test_what_no_run_has_is_not_a_number():
    short = simulator.compare(simulator.load_scenario(TINY, {"stop.time": "1 min"}), seeds=3)

    assert np.isnan(short.mean("first_full_length_s", "ASHA").estimate)
    assert "Under no seed do both SHA and ASHA have a first full-length trial." in short.findings()[1]


@pytest.mark.slow
def test_pictures(tmp_path):
    results = simulator.simulate(simulator.load_scenario(TINY))
    picture = simulator.plot(results, "rungs")

    assert picture._repr_png_()[:4] == b"\x89PNG"
    assert picture._repr_png_() == picture._repr_png_()
    assert repr(picture).startswith("Picture(title=")
    with pytest.raises(ValueError, match="'pie' is not one of utilization, gantt"):
        simulator.plot(results, "pie")


def test_player_and_animation(tmp_path):
    results = simulator.simulate(simulator.load_scenario(TINY))

    assert "<iframe" in simulator.player(results)._repr_html_()
    assert [path.name for path in simulator.animate(results, tmp_path, formats=["html", "perfetto"])] == [
        "player.html",
        "perfetto.json",
    ]
    with pytest.raises(InputError, match="needs at least one searcher"):
        simulator.player()


def test_plan():
    question = {"plan": {"vary": {"cluster.workers": [1, 3]}, "deadline": "30 min", "replicates": 5}}
    planned = simulator.plan(simulator.load_scenario(TINY, question), jobs=1)

    assert len(planned.rows()) == 4
    assert planned.findings()[0] == planned.sentence
    assert planned.sentence in repr(planned)


def test_makespans_of_unequal_work_are_not_compared():
    cut = simulator.compare(simulator.load_scenario(TINY, {"stop.time": "5 min"}), seeds=3)

    assert cut.findings()[0] == (
        "SHA and ASHA did the same work in 0 of 3 runs, so their makespans can't be compared."
    )


def test_mispromotions_are_counted_by_the_same_rule_in_both():
    """Under a stopping rule trials are stopped and never promoted, so no share of one in `divisor` is promoted."""
    changes = {"searchers": {"A": {"name": "async_halving", "max_trials": 9, "max_length": 9, "num_rungs": 2,
                                   "divisor": 3, "stop_once": True}}}  # fmt: skip
    scenario = simulator.load_scenario(TINY, changes)

    assert simulator.simulate(scenario)["A"].mispromotions is None
    assert np.isnan(simulator.compare(scenario, seeds=2).mean("mispromotions", "A").estimate)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_plan_goes_by_its_curves_as_they_are_and_by_the_folder_we_are_in(tmp_path, jobs):
    """Processes live on from one plan to the next, and keep what they have read."""
    question = "plan: {vary: {cluster.workers: [2]}, replicates: 4}"

    def write(folder, seconds):
        folder.mkdir(exist_ok=True)
        curves = "curves: {kind: recorded, file: c.csv}"
        text = TINY.replace("curves: {kind: synthetic, unit_time: 1 min}", curves) + question
        (folder / "s.yaml").write_text(text)
        rows = [f"{trial},{unit},{trial},{unit * seconds}" for trial in range(9) for unit in (1, 3, 9)]
        (folder / "c.csv").write_text("\n".join(["trial,resource,loss,elapsed_s", *rows, ""]))

    def median():
        return simulator.plan("s.yaml", jobs=jobs).answer.advice.options[0].time_s.middle

    write(tmp_path / "a", 1)
    write(tmp_path / "b", 3)
    with chdir(tmp_path / "a"):
        before = median()
        write(tmp_path / "a", 2)
        after = median()
    with chdir(tmp_path / "b"):
        elsewhere = median()

    assert (after, elsewhere) == (2 * before, 3 * before)


def test_searchers_curves_and_clusters_without_a_scenario():
    searchers = {
        "SHA": simulator.sha(max_trials=9, max_length=9, divisor=3),
        "ASHA": simulator.asha(max_trials=9, max_length=9, divisor=3),
    }
    made = simulator.simulate(
        searchers, simulator.Synthetic(simulator.Law(unit_s=60), seed=0), simulator.Cluster(3), time_unit="min"
    )
    file = simulator.simulate(TINY)

    assert [made[label].makespan_s for label in searchers] == [file[label].makespan_s for label in searchers]
    assert made.attempts("ASHA") == file.attempts("ASHA")
    assert made.title == "SHA, ASHA"
    assert len(made.attempts("SHA")) == 13
    alone = simulator.simulate(
        simulator.asha(max_length=9, divisor=3),
        simulator.Synthetic(simulator.Law()),
        simulator.Cluster(3),
        stop=simulator.Stop(time=600_000_000),
    )
    assert alone["searcher"].makespan_s == 600
    with pytest.raises(TypeError, match="needs curves and a cluster"):
        simulator.simulate(simulator.sha(max_trials=9, max_length=9))


def test_recorded_curves_are_read_from_a_file():
    digits = simulator.Recorded.read(SCENARIOS / "curves" / "digits.csv.gz")
    found = simulator.simulate(simulator.sha(max_trials=81, max_length=81, divisor=3), digits, simulator.Cluster(8))

    assert found["searcher"].full_length_trials == 1
    with pytest.raises(InputError, match="searcher: a rung stands at 82"):
        simulator.simulate(simulator.sha(max_trials=1, max_length=82, num_rungs=1), digits, simulator.Cluster(8))


@pytest.mark.slow
def test_previews():
    seen = simulator.preview(TINY)

    assert seen["SHA"].trials.mean == 9
    assert seen.rows()[0] == ("SHA", "0", "0", "1", "9", "9")
    assert "SHA: 9 trials, 1 of them trained in full (9 units), 21 units in all" in repr(seen)
    assert (
        simulator.preview("searcher: {name: single, max_length: 4}\nname: an experiment\n")["single"].max_length == 4
    )
    assert simulator.preview(simulator.load_scenario(TINY)).previews.keys() == {"SHA", "ASHA"}


@pytest.mark.slow
def test_a_plan_kept_in_a_folder(tmp_path):
    text = TINY + "plan: {vary: {cluster.workers: [2, 3]}, replicates: {min: 2, max: 2}}\n"
    found = simulator.plan(text, folder=tmp_path / "out", jobs=1)

    assert (tmp_path / "out" / "plan.json").exists()
    assert simulator.plan(text, folder=tmp_path / "out", resume=True, jobs=1).rows() == found.rows()
    for wrong in ({"resume": True}, {"backend": "dask"}, {"address": "tcp://127.0.0.1:1"}):
        with pytest.raises(ValueError, match=r"needs a folder|needs an address"):
            simulator.plan(text, **wrong)


def test_the_version():
    assert simulator.__version__.count(".") == 2


def test_the_contract_for_authors_of_searchers():
    found = doctest.testmod(testing)
    assert (found.failed, found.attempted) == (0, 2)
    for make in (sha_of_nine, lambda: simulator.asha(max_length=9, divisor=3)):
        testing.check_searcher(make, seeds=5, most_jobs=200)


def sha_of_nine():
    return simulator.sha(max_trials=9, max_length=9, divisor=3)


def broken(change):
    """A searcher whose answers go through `change`, which also gets the last job that was handed out."""

    def make():
        searcher, last = sha_of_nine(), [None]
        ask = searcher.next_job

        def next_job():
            answer = change(ask(), last[0])
            last[0] = answer if isinstance(answer, Job) else last[0]
            return answer

        searcher.next_job = next_job
        return searcher

    return make


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda answer, last: Idle.DONE if answer is Idle.WAIT else answer, "DONE, and a job is outstanding"),
        (lambda answer, last: Idle.WAIT if answer is Idle.DONE else answer, "WAIT, and no job is outstanding"),
        (lambda answer, last: last or answer, "its trial is training already|its trial's loss was infinite|comes after"),
        (lambda answer, last: answer._replace(to_resource=2) if isinstance(answer, Job) else answer, "the rungs stand at"),
        (lambda answer, last: answer._replace(from_resource=0) if isinstance(answer, Job) else answer, "comes after"),
    ],
)  # fmt: skip
def test_it_finds_what_is_broken(change, said):
    with pytest.raises(AssertionError, match=said):
        testing.check_searcher(broken(change), seeds=3)
