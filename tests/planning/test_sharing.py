"""Plans over searches that share a cluster: which searches are done in time, what is overloaded, whether to buy or to rent."""

from __future__ import annotations

import json
from dataclasses import replace
from math import nan

import pytest

from simulator.core.errors import InputError, RunError
from simulator.planning import sweep
from simulator.planning.backend import WorkerPool
from simulator.planning.ownership import ownership
from simulator.planning.sharing import words
from simulator.planning.sharing.planner import answer_shared, check_shared
from simulator.scenario.curves import RecordedSection
from simulator.scenario.loading import load
from tests.support.runner import asha_sim

TEXT = """\
time_unit: h
searches:
  a:
    searcher: {name: random, max_trials: 4, max_length: 1}
    arrivals: {kind: every, gap: 2 h}
    count: 30
curves: {kind: ordered, unit_time: 1 h}
cluster: {groups: {gpus: {count: 4, price: 2, purchase_price: 8760, lifetime: 730 d, running_cost: 0.5}}}
warm_up: 0 h
plan:
  vary: {cluster.groups.gpus.count: [1, 2, 4]}
  target: {stay: 2 h}
  confidence: 0.9
  replicates: 2
"""


ALONE = WorkerPool(jobs=1)


def write(tmp_path, old="", new=""):
    path = tmp_path / "s.yaml"
    path.write_text(TEXT.replace(old, new) if old else TEXT)
    return path


def test_the_least_cluster_that_gets_as_many_searches_done_in_time_as_asked(tmp_path):
    """A search with 4 h of work comes every 2 h: the load of one worker is 2, of two workers 1, of four workers 1/2."""
    found = answer_shared(load(write(tmp_path)), pool=ALONE)

    assert [round(option.load, 6) for option in found.options] == [2, 1, 0.5]
    assert [option.overloaded for option in found.options] == [True, True, False]
    assert (
        words.sentence(found) == "4 workers: 100 % (94–100 %) of the searches are done within 2 h; 90 % were asked."
    )
    assert [row[3] for row in words.rows(found)] == ["overloaded", "overloaded", "100 % (94–100 %)"]


def test_the_answer_has_the_figures_of_fresh_runs(tmp_path):
    """Searches come at random, so other seeds give other shares; the answer has those of the fresh runs."""
    gaps = "arrivals: {kind: poisson, mean_gap: 4 h}"
    text = write(tmp_path, "arrivals: {kind: every, gap: 2 h}", gaps).read_text()
    path = tmp_path / "t.yaml"
    path.write_text(text.replace("confidence: 0.9", "confidence: 0.6"))
    found = answer_shared(load(path), pool=ALONE)
    about = json.loads(words.json_text(found))

    assert found.fresh.name == found.chosen.name == about["fresh"]["option"]
    assert list(found.fresh.runs["replicate"]) == [sweep.FRESH, sweep.FRESH + 1]
    assert list(found.fresh.runs["in_time"]) != list(found.chosen.runs["in_time"])
    assert f"{found.fresh.in_time.estimate:.0%}".replace("%", " %") in words.sentence(found)
    assert (
        "Its figures come from fresh runs, which were not used to choose it. The table has those that were."
        in words.remarks(found)
    )


def test_it_says_so_where_fresh_runs_are_worse_than_those_by_which_an_option_was_chosen(tmp_path):
    found = answer_shared(load(write(tmp_path)), pool=ALONE)
    runs = found.fresh.runs.copy()
    runs["in_time"] = 0.5
    worse = replace(found, fresh=replace(found.fresh, runs=runs))

    assert (
        "It was chosen because in its first runs 100 % of the searches were done in time. In its fresh runs fewer were "
        "than the 90 % that were asked for."
    ) in words.remarks(worse)


def test_a_run_without_searches_after_the_warm_up_does_not_count_as_late(tmp_path):
    with pytest.raises(
        RunError, match="1 worker: no search arrives after the warm-up, so nothing can be said of stays"
    ):
        answer_shared(load(write(tmp_path, "warm_up: 0 h", "warm_up: 60 h")), pool=ALONE)

    found = answer_shared(load(write(tmp_path)), pool=ALONE)
    runs = found.chosen.runs.copy()
    runs["in_time"][1], runs["searches"][1] = nan, 0
    assert replace(found.chosen, runs=runs).in_time.estimate == 1


def test_no_option_is_shown_to_be_enough(tmp_path):
    found = answer_shared(load(write(tmp_path, "stay: 2 h", "stay: 30 min")), pool=ALONE)

    assert found.chosen is None
    assert words.sentence(found) == "No option here gets 90 % of the searches done within 0.5 h."


def test_to_own_costs_the_price_over_the_lifetime_and_the_running(tmp_path):
    """A machine that costs 8,760 over two years, and 0.5 per hour to run, costs 8,760 per year; rented at 2 per hour, 17,520."""
    found = ownership(load(write(tmp_path)), [0.4, 0.6])

    assert (found.own, found.rent, found.rent_used, found.wins_at) == (4 * 8760, 4 * 17520, 2 * 17520, 0.5)
    assert found.sentences() == [
        "Its machines cost 35,040 a year to own and 70,080 to rent for every hour: buying costs less.",
        "If they were rented only for the hours in which they train, they would cost 35,040. Owning costs less from a "
        "use of 50 % on; here the use is 50 %.",
    ]


def test_without_prices_nothing_is_said_of_ownership(tmp_path):
    loaded = load(write(tmp_path, "price: 2, purchase_price: 8760, lifetime: 730 d, running_cost: 0.5", "slots: 1"))

    assert ownership(loaded, [0.5]) is None


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("target: {stay: 2 h}", "deadline: 3 h", ["plan.deadline: is asked of one search", "plan.target: searches share the cluster: give `target: {stay: 24 h}`"]),
        ("replicates: 2", "replicates: {min: 4, settle: 9}", ["plan.replicates.settle: is for a plan of one search; leave it out"]),
        ("target: {stay: 2 h}", "target: {loss: 0.1}", ["plan.target: searches share the cluster: give"]),
    ],
)  # fmt: skip
def test_what_is_asked_of_one_search_is_refused(tmp_path, old, new, expected):
    with pytest.raises(InputError) as caught:
        check_shared(load(write(tmp_path, old, new)))
    assert len(caught.value.problems) == len(expected)
    for problem, part in zip(caught.value.problems, expected, strict=True):
        assert part in str(problem)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (", lifetime: 730 d", "", "purchase_price and lifetime go together"),
        ("purchase_price: 8760, lifetime: 730 d, ", "", "running_cost goes with purchase_price and lifetime"),
        ("stay: 2 h", "stay: 2 h, loss: 0.1", "give one of loss, quantile, full_length_trials, or stay"),
        ("stay: 2 h", "stay: 2 h, at: any", "at goes with loss or quantile; a stay is of whole searches"),
    ],
)
def test_entries_that_do_not_go_together(tmp_path, old, new, expected):
    with pytest.raises(InputError, match=expected):
        load(write(tmp_path, old, new))


def test_a_stay_is_of_searches_that_share_a_cluster(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(
        "searcher: {name: random, max_trials: 4, max_length: 1}\ncurves: {kind: ordered}\ncluster: {workers: 1}\n"
        "plan: {vary: {cluster.workers: [1]}, target: {stay: 1 h}}\n"
    )
    with pytest.raises(InputError, match="is of `searches`, which share a cluster; give a deadline"):
        load(path)


def test_the_command_prints_the_plan_and_keeps_it(tmp_path):
    shown = asha_sim("plan", write(tmp_path), "--jobs", 1, "--json", "--out", tmp_path / "out").stdout

    assert (tmp_path / "out" / "plan.json").read_text() == shown
    assert (tmp_path / "out" / "plan.md").read_text().count("overloaded") == 4  # twice in words, twice in the table
    assert len((tmp_path / "out" / "table.csv").read_text().splitlines()) == 4
    about = json.loads(shown)
    assert about["recommended"] == "4 workers"
    assert [option["overloaded"] for option in about["options"]] == [True, True, False]


def test_one_process_and_two_give_the_same_to_the_last_bit(tmp_path):
    loaded = load(write(tmp_path))

    assert words.json_text(answer_shared(loaded, pool=WorkerPool(jobs=2))) == words.json_text(
        answer_shared(loaded, pool=ALONE)
    )


def test_a_folder_is_gone_on_with_and_only_what_is_missing_is_run(tmp_path, monkeypatch):
    loaded, out = load(write(tmp_path)), tmp_path / "out"
    whole = words.json_text(answer_shared(loaded, pool=ALONE, folder=out))
    blocks = sorted((out / "blocks").iterdir())
    blocks[0].unlink()
    told = []

    again = answer_shared(
        loaded, pool=ALONE, folder=out, resume=True, on_progress=lambda done, total: told.append((done, total))
    )

    assert words.json_text(again) == whole
    assert told == [(4, 6), (6, 6), (8, 8)]  # two blocks of two runs were kept, and the block of fresh runs
    with pytest.raises(InputError, match="holds results already; go on with --resume"):
        answer_shared(loaded, pool=ALONE, folder=out)


def test_more_runs_are_made_until_the_interval_is_narrow(tmp_path):
    wanted = "replicates: {min: 2, max: 9, width: 0.01}"
    loaded = load(write(tmp_path, "replicates: 2", wanted).rename(tmp_path / "t.yaml"))
    found = answer_shared(loaded, pool=ALONE)

    assert found.runs == 9
    assert "9 runs of each option under the same seeds, the most allowed" in found.why
    wide = load(write(tmp_path, "replicates: 2", "replicates: {min: 2, max: 9, width: 0.5}"))
    assert answer_shared(wide, pool=ALONE).runs == 2


def test_a_grid_is_continued_where_the_answer_stands_at_its_end(tmp_path):
    more = answer_shared(load(write(tmp_path, "[1, 2, 4]", "[1, 2]")), pool=ALONE, extend=True)
    fewer = answer_shared(load(write(tmp_path, "[1, 2, 4]", "[8, 16]")), pool=ALONE, extend=True)

    assert [option.cell.count for option in more.options] == [1, 2, 4, 8]
    assert [option.cell.count for option in fewer.options] == [1, 2, 4, 8, 16]
    assert more.chosen.cell.count == fewer.chosen.cell.count == 4


def test_one_worker_is_the_least_there_can_be(tmp_path):
    """At half the load of one worker it is enough, and then no smaller number may be."""
    slow = write(tmp_path, "gap: 2 h", "gap: 8 h").read_text().replace("stay: 2 h", "stay: 5 h")
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text(slow)
    two.write_text(slow.replace("[1, 2, 4]", "[2, 4]"))
    found = [answer_shared(load(path), pool=ALONE) for path in (one, two)]

    assert [answer.chosen.cell.count for answer in found] == [1, 2]
    assert [any("Fewer may be enough" in text for text in words.remarks(answer)) for answer in found] == [False, True]


def test_a_deadline_is_refused(tmp_path):
    shown = asha_sim("plan", write(tmp_path), "--deadline", "3h")

    assert shown.returncode == 2
    assert "deadline: is asked of one search" in shown.stderr


def test_settings_of_as_many_workers_are_compared_run_by_run(tmp_path):
    """A search takes four hours if its trials run one by one, and one hour if all run at once; two hours were asked
    for. The two runs have the same difference, and 60 searches still leave it uncertain by some 9 points: (−60 ± 1.96
    √(61 − 60² / 62)) / 62.
    """
    axes = "vary: {cluster.groups.gpus.count: [4], searches.a.searcher.max_concurrent_trials: [1, 4]}"
    found = answer_shared(load(write(tmp_path, "vary: {cluster.groups.gpus.count: [1, 2, 4]}", axes)), pool=ALONE)

    said = words.remarks(found)
    assert said[0].startswith("Its figures come from fresh runs")  # those of the option that the answer names
    other = "4 workers, max_concurrent_trials 1: 100.0 (91.4–100.0) points fewer of the searches are done in time."
    assert other in said


def test_a_pool_that_grows_with_the_work_costs_what_is_hired(tmp_path):
    """A search with four hours of work comes every eight hours: four machines are hired for one hour and two minutes
    of every eight hours, so they cost some 122/960 of machines that are always there.
    """
    gaps = write(tmp_path, "gap: 2 h", "gap: 8 h").read_text()
    path = tmp_path / "t.yaml"
    path.write_text(
        gaps.replace("count: 4, price", "count: 4, scaling: {down_delay: 2 min}, price").replace("[1, 2, 4]", "[4]")
    )
    found = answer_shared(load(path), pool=ALONE)

    [option] = found.options
    assert option.load == pytest.approx(0.125)
    assert option.owning.hired == pytest.approx(62 / 480, rel=0.04)
    assert option.owning.rent == pytest.approx(option.owning.hired * 4 * 17520)
    assert "for which they are hired: renting costs less." in words.remarks(found)[1]


def test_machines_that_are_away_half_of_the_time_cost_half_the_rent(tmp_path):
    """A machine is up for three hours and away for three, by turns: it is paid for half of the hours of a year."""
    (tmp_path / "x.csv").write_text("up_s,down_s\n10800,10800\n")
    away = write(tmp_path, "count: 4, price", "count: 4, preemption: {series: x.csv}, price")
    away.write_text(away.read_text().replace("[1, 2, 4]", "[4]"))
    [option] = answer_shared(load(away), pool=ALONE).options

    assert option.owning.rent == pytest.approx(4 * 17520 / 2, rel=0.05)
    assert option.owning.hired == pytest.approx(0.5, rel=0.05)


def test_a_file_of_curves_is_read_once_for_all_cells(tmp_path, monkeypatch):
    (tmp_path / "c.csv").write_text(
        "trial,resource,loss,elapsed_s\n" + "".join(f"{trial},1,0.5,3600\n" for trial in range(4))
    )
    path = write(tmp_path, "curves: {kind: ordered, unit_time: 1 h}", "curves: {kind: recorded, file: c.csv}")
    read, tables = [], RecordedSection.build

    def counted(self, folder, seed):
        read.append(self.file)
        return tables(self, folder, seed)

    monkeypatch.setattr(RecordedSection, "build", counted)
    loaded = load(path)
    told = []
    assert len(check_shared(loaded, lambda *steps: told.append(steps))) == 3
    assert (read, {total for _, total in told}) == (["c.csv"], {6})
    read.clear()
    usual = answer_shared(loaded, pool=ALONE)
    assert len(read) == 2  # to check the cells, and in the process that does the runs
    path.write_text(path.read_text().replace("[1, 2, 4]", "[1, 2, 4, 5, 6, 7]"))
    assert len(check_shared(load(path))) == 6
    assert len(read) == 3
    assert {option.cell.count: option.in_time.estimate for option in usual.options} == {1: 0.0, 2: 1.0, 4: 1.0}
