"""Sweeps: the figures are the same however they are computed, and no runs are lost."""

from __future__ import annotations

import gc
import itertools
import json
import os
import signal
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from simulator.core.errors import InputError, MachineError, RunError
from simulator.core.streams import DRAWS_VERSION
from simulator.curves.recorded import Shuffled
from simulator.curves.synthetic import Synthetic
from simulator.experiment.replicates import replicates
from simulator.io import scratch, writing
from simulator.planning import runs, sweep
from simulator.planning.backend import WorkerPool
from simulator.planning.cells import check_plan
from simulator.planning.planner import answer
from simulator.planning.report import one_search, report
from simulator.planning.report.markdown import markdown
from simulator.planning.sweep import Block, Shape, Work, run_block
from simulator.scenario.plan import TargetSection
from simulator.scenario.searcher_base import SearcherSection
from simulator.scenario.searchers import SEARCHERS
from tests.faults.commands import FILES_OF, NO_BYTECODE, asha_sim, go_on, halted
from tests.support import runner
from tests.support.budgets import some
from tests.support.plans import HEAD, SMALL, loaded, planned, written

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FAULTY = planned(
    "vary: {cluster.workers: [2, 4], cluster.stragglers.std: [0, 1]}\ntarget: {quantile: 0.2}\nreplicates: 6",
    HEAD.replace("{workers: 4}", "{workers: 4, stragglers: {kind: half_normal}, drops: {}}"),
)


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch):
    monkeypatch.setattr(sweep, "TASK", 400)


def everything(found):
    return report.json_text(found), report.csv_text(found), markdown(one_search.contents(found))


@pytest.mark.parametrize("text", [SMALL, FAULTY])
def test_one_process_and_two_give_the_same_to_the_last_bit(tmp_path, text):
    one = answer(loaded(tmp_path, text), pool=WorkerPool(jobs=1), folder=tmp_path / "one")
    two = answer(loaded(tmp_path, text), pool=WorkerPool(jobs=2), folder=tmp_path / "two")

    assert everything(one) == everything(two)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_blocks_do_not_change_the_figures(tmp_path, monkeypatch):
    work = Work(loaded(tmp_path), 3)
    whole = run_block(work, Block((0, 3), (0, 6)))
    parts = [run_block(work, block) for block in sweep.blocks(Shape(2, 4), 3, (0, 6))]

    assert len(parts) == 4
    assert (sweep.joined(parts) == sweep.joined([whole])).all()


def test_every_cell_meets_the_same_trials(tmp_path):
    runs = sweep.joined([run_block(Work(loaded(tmp_path), 0), Block((0, 3), (0, 4)))])
    best = runs["best_loss"].reshape(3, 2, 4)

    assert (best[:, 0] == best[0, 0]).all()  # SHA finds the same trial on any number of workers
    assert len(set(best[0, 0])) == 4


@pytest.mark.parametrize("resample", [False, True])
def test_recorded_trials_come_in_another_order_each_time(tmp_path, resample):
    rows = "".join(f"{trial},{at},{trial / 10 + 1 / at},{at * (trial + 1)}\n" for trial in range(8) for at in (1, 4))
    (tmp_path / "c.csv").write_text(f"trial,resource,loss,elapsed_s\n{rows}")
    text = HEAD.replace(
        "{kind: synthetic, unit_time: 1 min}", f"{{kind: recorded, file: c.csv, resample: {str(resample).lower()}}}"
    )
    text = text.replace("max_trials: 16, max_length: 16", "max_trials: 8, max_length: 4")
    found = answer(
        loaded(tmp_path, planned("vary: {cluster.workers: [2]}\nreplicates: 6", text)), pool=WorkerPool(jobs=1)
    )
    two = replicates(loaded(tmp_path, text), 2)
    met = [[curves.train(trial, 0, 4)[0] for trial in range(8)] for _, _, curves in two]

    assert met[0] != met[1]
    assert resample or sorted(met[0]) == sorted(met[1])
    assert len(set(found.advice.options[0].times)) > 1
    assert "8 recorded trials" in found.origin
    assert isinstance(two[0].curves, Shuffled) != resample


def test_a_task_is_about_so_much_work():
    assert sweep.Probe(10, 0).shape(6) == Shape(6, 7)  # 400 attempts, of 10 each
    assert sweep.Probe(300, 0).shape(6) == Shape(1, 1)
    assert list(sweep.rounds(Shape(1, 8), 20, 60)) == [24, 40, 60]
    assert list(sweep.rounds(Shape(1, 8), 60, 60)) == [60]
    assert list(sweep.rounds(Shape(1, 100), 20, 60)) == [60]


def test_replicates_are_added_until_the_interval_is_narrow(tmp_path):
    text = SMALL.replace("max: 24, width: 0.05", "max: 200, width: 0.35").replace("40 min", "50 min")
    found = answer(loaded(tmp_path, text + "  choose_by: estimate\n"), pool=WorkerPool(jobs=1))

    assert 8 < found.replicates < 200
    assert "points (limit 35)" in found.why
    assert max(series.chosen.met.width for series in found.advice.series if series.chosen) <= 0.35
    assert "the most allowed" in answer(loaded(tmp_path), pool=WorkerPool(jobs=1)).why


# A worker process that dies: functions of the top level, as a process of the pool must find them.


def doubled(folder, number):
    """Return twice `number`; for 3 the process dies the first time (until its mark exists), and for 5 always."""
    mark = Path(folder) / "died"
    if number == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def test_a_task_whose_process_dies_is_tried_once_more(tmp_path):
    done = dict(WorkerPool(jobs=2).run(partial(doubled, str(tmp_path)), [0, 1, 2, 3, 4], str))

    assert done == {number: 2 * number for number in range(5)}


def test_a_task_that_kills_two_processes_is_named(tmp_path):
    (tmp_path / "died").touch()
    with pytest.raises(RunError, match=r"^task 5: its worker process died, and again when it was tried once more"):
        list(WorkerPool(jobs=2).run(partial(doubled, str(tmp_path)), [0, 5, 1], lambda number: f"task {number}"))


@pytest.mark.parametrize(("backend", "library"), [("dask", "distributed"), ("ray", "ray")])
def test_a_backend_that_is_not_installed(monkeypatch, backend, library):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(
        InputError, match=rf"--backend: {backend} is not installed: pip install 'asha-simulator\[{backend}\]'"
    ):
        list(WorkerPool(backend, "tcp://nowhere:1").run(str, [1], str))


# The results folder.


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def plan(path, folder, *options):
    return runner.asha_sim("plan", path, "--out", folder, "--jobs", "1", *options)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A scenario, and what its plan prints and writes if nothing stops it."""
    folder = tmp_path_factory.mktemp("whole")
    path = written(folder, SMALL.replace("{min: 8, max: 24, width: 0.05}", "60"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep, "TASK", 400)
        done = plan(path, folder / "out")
    return path, done.stdout, contents(folder / "out")


@pytest.mark.parametrize("count", some([12, 1]))  # a block, the manifest
@pytest.mark.parametrize("moment", ["simulator.io.writing:_begun", "os:fsync", "pathlib:Path.replace"])
def test_killed_at_any_moment_it_goes_on_to_the_same_bytes(moment, count, whole, tmp_path):
    path, printed, expected = whole
    process = halted("plan", path, "--jobs", "1", "--out", tmp_path / "out", cwd=ROOT, at=moment, count=count)
    process.kill()
    process.communicate()
    there = contents(tmp_path / "out")
    again = plan(path, tmp_path / "out", "--resume")

    assert len(there) == count
    assert sum(Path(name).name.startswith(".") for name in there) == (moment != "pathlib:Path.replace")
    assert (again.returncode, again.stdout) == (0, printed)
    assert contents(tmp_path / "out") == expected


def test_a_folder_with_results_needs_to_be_gone_on_with(tmp_path):
    path, folder = written(tmp_path), tmp_path / "out"
    first = plan(path, folder)
    before = contents(folder)
    again = plan(path, folder)

    assert first.returncode == 0, first.stderr
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == f"{folder}: holds results already; go on with --resume, or choose another folder\n"
    assert plan(path, folder, "--resume").stdout == first.stdout
    assert contents(folder) == before


def test_what_is_done_is_not_done_again(tmp_path):
    def done():
        return {path.name: path.stat().st_ino for path in (tmp_path / "blocks").iterdir()}

    answer(loaded(tmp_path, FAULTY), folder=tmp_path, pool=WorkerPool(jobs=1))
    before = done()
    answer(loaded(tmp_path, FAULTY), folder=tmp_path, resume=True, pool=WorkerPool(jobs=1))

    assert any("-x0.8." in name for name in before), "a varied one, whose name has a point more"
    assert done() == before


def test_results_of_something_else_are_refused_by_name(tmp_path):
    folder = tmp_path / "out"
    answer(loaded(tmp_path), folder=folder, pool=WorkerPool(jobs=1))

    def refused(text=SMALL, seed=None):
        with pytest.raises(InputError) as caught:
            answer(loaded(tmp_path, text), folder=folder, resume=True, pool=WorkerPool(jobs=1), seed=seed)
        return str(caught.value).removeprefix(f"{folder}: holds results ")

    assert refused(seed=5) == "of another seed (0 there, 5 here); choose another folder"
    assert refused(
        SMALL.replace(
            "max_trials: 16, max_length: 16, divisor: 4}\nc", "max_trials: 16, max_length: 16, divisor: 2}\nc"
        )
    ) == ("of another scenario (searchers.ASHA.divisor is 4 there and 2 here); choose another folder")
    assert "plan.vary.cluster.workers is [2, 4, 8] there and [2, 4] here" in refused(
        SMALL.replace("[2, 4, 8]", "[2, 4]")
    )
    assert (
        answer(
            loaded(tmp_path, f"# a remark\n{SMALL}"), folder=folder, resume=True, pool=WorkerPool(jobs=1)
        ).replicates
        == 24
    )
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"asha_simulator": "', '"asha_simulator": "0.0.'))
    assert refused().startswith("of another version (0.0.")
    manifest.write_text(manifest.read_text().replace('"asha_simulator": "0.0.', '"asha_simulator": "'))
    known = manifest.read_text()
    manifest.write_text(known.replace(f'"draws": {DRAWS_VERSION}', '"draws": 99'))
    assert refused() == f"of another version of the draws (99 there, {DRAWS_VERSION} here); choose another folder"
    before = {key: value for key, value in json.loads(known).items() if key != "draws"}
    manifest.write_text(json.dumps(before))
    assert refused().startswith("of another version of the draws (1 there"), "which did not tell it"
    manifest.write_text("{}")
    with pytest.raises(InputError, match=r"manifest.json: does not say what the results here are of"):
        answer(loaded(tmp_path), folder=folder, resume=True, pool=WorkerPool(jobs=1))


@pytest.mark.parametrize(
    "question",
    [
        "  deadline: 2 h\n  price: 3\n  replicates: {min: 8, max: 24, width: 0.05}\n",
        "  budget: 2\n  confidence: 0.8\n  price: 3\n  replicates: 24\n  pilots: 9\n",
        "  price: 3\n  limit: 9000\n  replicates: 50\n",
        "  price: 3\n  replicates: 10\ntitle: Another\ntime_unit: min\n",
        "  deadline: 40 min\n  price: 4.7\n  replicates: {min: 8, max: 24, width: 0.05}\n",
        "  budget: 2\n  price: 0.1\n  replicates: 24\n",
    ],
)
def test_another_question_to_the_same_runs_is_answered_as_if_it_were_the_first(question, tmp_path):
    text = SMALL[: SMALL.index("  deadline")] + question
    answer(loaded(tmp_path), folder=tmp_path / "out", pool=WorkerPool(jobs=1))
    done = {path.name for path in (tmp_path / "out" / "blocks").iterdir()}
    again = answer(loaded(tmp_path, text), folder=tmp_path / "out", resume=True, pool=WorkerPool(jobs=1))
    fresh = answer(loaded(tmp_path, text), folder=tmp_path / "fresh", pool=WorkerPool(jobs=1))
    manifests = [json.loads((tmp_path / name / "manifest.json").read_text()) for name in ("out", "fresh")]

    assert everything(again) == everything(fresh)
    assert manifests[0] == manifests[1]
    assert len(done & {path.name for path in (tmp_path / "fresh" / "blocks").iterdir()}) >= 2


GROUPS = HEAD.replace(
    "{workers: 4}", "{groups: {dear: {count: 2, price: 3}, cheap: {count: 2, price: 1, billing: minute}}}"
)
PRICES = planned(
    "vary: {cluster.groups.dear.count: [1, 2], cluster.groups.cheap: {spot: {price: 1}, owned: {price: 2}}}\n"
    "deadline: 1 h\nreplicates: 8",
    GROUPS,
)


def test_other_prices_are_answered_from_the_same_runs(tmp_path, monkeypatch):
    """This holds for the prices of each group, and for prices that a plan varies: schedules do not depend on them, so nothing is run again."""
    text = PRICES.replace("price: 3", "price: 5").replace("spot: {price: 1}", "spot: {price: 0.25}")
    before = answer(loaded(tmp_path, PRICES), folder=tmp_path / "out", pool=WorkerPool(jobs=1))
    fresh = answer(loaded(tmp_path, text), folder=tmp_path / "fresh", pool=WorkerPool(jobs=1))
    ran = []
    real = sweep.run_block
    monkeypatch.setattr(sweep, "run_block", lambda work, block: (ran.append(block), real(work, block))[1])
    again = answer(loaded(tmp_path, text), folder=tmp_path / "out", resume=True, pool=WorkerPool(jobs=1))

    assert everything(again) == everything(fresh) != everything(before)
    assert not [block for block in ran if block.searcher is None]


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        (GROUPS.replace("{groups:", "{policy: cheapest, groups:"), ""),
        (GROUPS.replace(", billing: minute", ""), "stop: {cost: 90}\n"),
    ],
)
def test_prices_that_decide_a_run_are_not_another_question(tmp_path, head, tail):
    text = PRICES.replace(GROUPS, head) + tail
    answer(loaded(tmp_path, text), folder=tmp_path / "out", pool=WorkerPool(jobs=1))
    said = r"of another scenario \(cluster.groups.dear.price is 3 there and 5 here\); choose another folder"
    with pytest.raises(InputError, match=said):
        answer(
            loaded(tmp_path, text.replace("price: 3", "price: 5")),
            folder=tmp_path / "out",
            resume=True,
            pool=WorkerPool(jobs=1),
        )


def test_other_curves_under_the_same_name_are_refused(tmp_path):
    rows = "".join(f"{trial},{at},{trial / 10 + 1 / at},{at * (trial + 1)}\n" for trial in range(8) for at in (1, 4))
    text = HEAD.replace("{kind: synthetic, unit_time: 1 min}", "{kind: recorded, file: c.csv}")
    text = text.replace("max_trials: 16, max_length: 16", "max_trials: 8, max_length: 4")
    text = planned("vary: {cluster.workers: [2]}\nreplicates: 6", text)
    (tmp_path / "c.csv").write_text(f"trial,resource,loss,elapsed_s\n{rows}")
    answer(loaded(tmp_path, text), folder=tmp_path / "out", pool=WorkerPool(jobs=1))
    (tmp_path / "c.csv").write_text(f"trial,resource,loss,elapsed_s\n{rows}".replace("1.1", "1.2"))

    with pytest.raises(InputError, match=r"holds results of other files \(c.csv has changed\)"):
        answer(loaded(tmp_path, text), folder=tmp_path / "out", resume=True, pool=WorkerPool(jobs=1))


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(lambda packed: b"", id="empty"),
        pytest.param(lambda packed: packed[: len(packed) // 2], id="cut"),
        pytest.param(lambda packed: packed[:-9] + b"\x7f" + packed[-8:], id="a byte that ends polars"),
        pytest.param(lambda packed: packed[:100] + bytes([packed[100] ^ 1]) + packed[101:], id="one bit"),
    ],
)
def test_a_block_that_a_disk_has_changed_is_named_and_not_counted(tmp_path, damaged):
    folder = tmp_path / "out"
    first = answer(loaded(tmp_path), folder=folder, pool=WorkerPool(jobs=1))
    block = min((folder / "blocks").iterdir())
    block.write_bytes(damaged(block.read_bytes()))

    with pytest.raises(InputError, match=rf"{block.name}: is damaged; delete it and go on with --resume"):
        answer(loaded(tmp_path), folder=folder, resume=True, pool=WorkerPool(jobs=1))
    block.unlink()
    again = answer(loaded(tmp_path), folder=folder, resume=True, pool=WorkerPool(jobs=1))
    assert (again.replicates, block.exists()) == (first.replicates, True)


def test_what_a_killed_process_was_writing_is_swept_away(tmp_path):
    folder = tmp_path / "out"
    answer(loaded(tmp_path), folder=folder, pool=WorkerPool(jobs=1))
    (folder / "blocks" / ".replicates-000000.parquet.0123abcd.asha-sim.parquet").write_bytes(b"half")
    answer(loaded(tmp_path), folder=folder, resume=True, pool=WorkerPool(jobs=1))

    assert not [path for path in folder.rglob(".*") if path.is_file()]


def test_a_second_process_on_a_folder_refuses(tmp_path):
    path, folder = written(tmp_path), tmp_path / "out"
    first = halted("plan", path, "--jobs", "1", "--out", folder, cwd=ROOT, at="simulator.planning.store:Store.begin")
    second = plan(path, folder, "--resume")
    go_on(first)
    _, said = first.communicate()

    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr == f"{folder}: another process ({first.pid}) is at work in this folder\n"
    assert (first.returncode, said) == (0, "")


@pytest.mark.parametrize("file", [0, 1, 2])  # the manifest, the first block, the second
@pytest.mark.parametrize(
    ("where", "name"),
    [(writing, "replacing"), (scratch.secrets, "token_hex"), (writing.os, "fsync"), (Path, "replace")],
)
def test_a_folder_that_goes_at_any_moment_is_said_to_be_gone(file, where, name, tmp_path, monkeypatch):
    out = tmp_path / "out"
    real, calls = getattr(where, name), itertools.count()

    def gone(*arguments):
        if next(calls) == file:
            out.rename(tmp_path / "elsewhere")
        return real(*arguments)

    monkeypatch.setattr(where, name, gone)
    with pytest.raises(MachineError) as caught:
        answer(loaded(tmp_path), folder=out, pool=WorkerPool(jobs=1))

    assert str(caught.value) == f"{out}: cannot be written: it was removed or renamed meanwhile"
    assert caught.value.remedy == "leave its folder in place"
    assert not out.exists()
    assert len([*(tmp_path / "elsewhere").glob("blocks/replicates-*")]) == max(file - 1, 0)


def test_a_folder_that_is_full(tmp_path):
    done = asha_sim(
        "plan", written(tmp_path), "--out", tmp_path / "out", cwd=ROOT, first=FILES_OF.format(1500), env=NO_BYTECODE
    )

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "cannot be written: File too large" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to(tmp_path):
    (tmp_path / "out").mkdir(mode=0o500)
    done = plan(written(tmp_path), tmp_path / "out")

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_dask_gives_the_same_to_the_last_bit(tmp_path):
    distributed = pytest.importorskip("distributed")
    serial = everything(answer(loaded(tmp_path), pool=WorkerPool(jobs=1)))
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        pool = WorkerPool("dask", cluster.scheduler_address)

        assert everything(answer(loaded(tmp_path), pool=pool)) == serial


def test_ray_gives_the_same_to_the_last_bit(tmp_path):
    pytest.importorskip("ray")
    serial = everything(answer(loaded(tmp_path), pool=WorkerPool(jobs=1)))

    assert everything(answer(loaded(tmp_path), pool=WorkerPool("ray", "local", 2))) == serial


def test_a_run_that_cannot_end_is_named(tmp_path):
    head = HEAD.replace("{workers: 4}", "{groups: {a: {count: 2, leave: 2 min}}}")
    with pytest.raises(RunError, match=r"^2 workers, SHA, replicate 0: no worker is left"):
        answer(
            loaded(tmp_path, planned("vary: {cluster.groups.a.count: [2]}\nreplicates: 6", head)),
            pool=WorkerPool(jobs=1),
        )


def test_targets(tmp_path):
    def times(target):
        text = planned(f"vary: {{cluster.workers: [4]}}\nreplicates: 24\n{target}")
        return [option.times for option in answer(loaded(tmp_path, text), pool=WorkerPool(jobs=1)).advice.options]

    whole, full = times(""), times("target: {full_length_trials: 1}")
    best, never = times("target: {quantile: 0.25}"), times("target: {loss: -1}")

    assert all((one <= other).all() for one, other in zip(full, whole, strict=True))
    assert (full[1] < whole[1]).any()  # ASHA goes on after its first fully trained trial
    assert all(np.isinf(one).all() for one in never)
    assert np.isfinite(best[0]).any()


def test_a_target_counts_what_a_trial_has_in_full_and_any_early_result_where_that_is_asked(tmp_path):
    def times(target):
        text = planned(f"vary: {{cluster.workers: [4]}}\nreplicates: 24\ntarget: {{{target}}}")
        return answer(loaded(tmp_path, text), pool=WorkerPool(jobs=1)).advice.options[1].times

    default, full, early = (times(f"quantile: 0.25{more}") for more in ("", ", at: full_length", ", at: any"))
    assert (default == full).all()
    assert (early <= full).all()


def test_a_quantile_is_that_of_a_candidate_to_the_number():
    """The quantile 0.29 of 100 candidates is the 29th, although 0.29 * 100 is 28.999… in floats."""

    class Hundred:
        trials = None

        def train(self, trial, begin, end):
            return 1, float(trial + 1), None

    for share, rank in ((0.29, 29), (0.57, 57), (0.01, 1), (0.999, 99), (0.0101, 1)):
        searchers = {"SHA": SEARCHERS["sha"](name="sha", max_trials=100, max_length=16, divisor=4)}
        cell = SimpleNamespace(loaded=SimpleNamespace(scenario=SimpleNamespace(searchers=searchers)))
        assert runs.wanted_loss(cell, Hundred(), TargetSection(quantile=share)) == rank


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.06, "0.06 of 16 candidates is less than one candidate; give 0.0625 or more, or start more trials"),
        (0.0625, None),
    ],
)
def test_a_quantile_of_no_candidate_is_one_line(tmp_path, share, said):
    text = planned(f"vary: {{cluster.workers: [4]}}\nreplicates: 2\ntarget: {{quantile: {share}}}")
    if said is None:
        assert check_plan(loaded(tmp_path, text))
        return
    with pytest.raises(InputError) as caught:
        check_plan(loaded(tmp_path, text))
    assert str(caught.value) == f"{tmp_path / 's.yaml'}:9:12: plan.target.quantile: {said}"


def test_recorded_availability_under_the_same_name_that_has_changed_is_refused(tmp_path):
    head = HEAD.replace("{workers: 4}", "{groups: {a: {count: 2, preemption: {availability: a.csv}}}}")
    text = planned("vary: {cluster.groups.a.count: [1, 2]}\nreplicates: 4", head)
    (tmp_path / "a.csv").write_text("time_s,count\n0,2\n600,1\n900,2\n1000,0\n")
    answer(loaded(tmp_path, text), folder=tmp_path / "out", pool=WorkerPool(jobs=1))
    (tmp_path / "a.csv").write_text("time_s,count\n0,2\n600,0\n900,2\n1000,0\n")

    with pytest.raises(InputError, match=r"a.csv has changed"):
        answer(loaded(tmp_path, text), folder=tmp_path / "out", resume=True, pool=WorkerPool(jobs=1))


def test_more_full_length_trials_than_there_are(tmp_path):
    text = planned("vary: {cluster.workers: [4]}\nreplicates: 6\ntarget: {full_length_trials: 99}\ndeadline: 1 d")
    found = answer(loaded(tmp_path, text), pool=WorkerPool(jobs=1))

    assert found.advice.chosen is None
    assert found.advice.nearest.met.estimate == 0


@pytest.mark.parametrize("switch", [gc.enable, gc.disable])
def test_a_plan_leaves_the_garbage_collector_as_it_was(tmp_path, switch):
    switch()
    before = gc.isenabled()
    try:
        answer(loaded(tmp_path), pool=WorkerPool(jobs=1))
        assert gc.isenabled() is before
    finally:
        gc.enable()


def test_what_cells_share_is_looked_at_once(tmp_path, monkeypatch):
    """The longest searcher and the time of its jobs are the same in every cell; computing them for 10,000 cells would take seconds."""
    trained, built = [], []
    train, build = Synthetic.train, SearcherSection.build
    monkeypatch.setattr(Synthetic, "train", lambda *job: (trained.append(job), train(*job))[1])
    monkeypatch.setattr(SearcherSection, "build", lambda *about: (built.append(about), build(*about))[1])

    def counts(cells):
        text = FAULTY.replace("[2, 4]", str(list(range(1, cells + 1))))
        trained.clear(), built.clear()
        assert len(check_plan(loaded(tmp_path, text))) == 2 * cells
        return len(trained), len(built)

    assert counts(4) == counts(40)
