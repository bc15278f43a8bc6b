"""The results folder: a block counts only for the sweep that made it, and files of others do no harm."""

from __future__ import annotations

import io
import json
import os
import shutil
from itertools import permutations

import polars as pl
import pytest

from simulator.core.errors import InputError
from simulator.io import inputs
from simulator.planning import extending, store, sweep
from simulator.planning.backend import WorkerPool
from simulator.planning.planner import answer
from simulator.planning.report import report
from simulator.planning.sharing.contents import contents as shared_contents
from simulator.planning.sharing.planner import answer_shared
from simulator.planning.sweep import Block, Work
from tests.support.plans import HEAD, loaded, planned

RECORDED = planned(
    "vary: {cluster.workers: [2, 4]}\nreplicates: 8",
    HEAD.replace("{kind: synthetic, unit_time: 1 min}", "{kind: recorded, file: c.csv}").replace("16", "8"),
).replace("divisor: 4", "divisor: 2")
SHARED = """\
searches:
  team:
    searcher: {name: asha, max_trials: 8, max_length: 8, divisor: 2}
    arrivals: {kind: recorded, file: a.csv}
curves: {kind: recorded, file: c.csv, resample: true}
cluster: {groups: {g: {count: 2}}}
plan: {vary: {cluster.groups.g.count: [2, 4]}, target: {stay: 1 h}, replicates: 4}
"""
SYNTHETIC = planned("vary: {cluster.workers: [2, 4]}\nreplicates: 8")


def curves(scale=1.0):
    rows = (
        f"{trial},{at},{scale * (trial % 5) + 1 / at},{at * (trial + 1)}\n"
        for trial in range(8)
        for at in (1, 2, 4, 8)
    )
    return "trial,resource,loss,elapsed_s\n" + "".join(rows)


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch, tmp_path):
    monkeypatch.setattr(sweep, "TASK", 100)
    (tmp_path / "c.csv").write_text(curves())
    (tmp_path / "a.csv").write_text("arrival_s\n" + "".join(f"{60 * number}\n" for number in range(6)))


def answered(tmp_path, text, folder, **options):
    if "searches:" in text:
        found = answer_shared(loaded(tmp_path, text), folder=folder, pool=WorkerPool(jobs=1), **options)
        return shared_contents(found).data["plan.json"]
    return report.json_text(answer(loaded(tmp_path, text), folder=folder, pool=WorkerPool(jobs=1), **options))


# Files that are replaced while a plan is at work.


def replaced(path):
    other = path.with_name("other.csv")
    other.write_text(curves(2.0))
    other.replace(path)


HARM = {
    "replaced": replaced,
    "rewritten": lambda path: path.write_text(curves(2.0)),
    "truncated": lambda path: os.truncate(path, 60),
    "emptied": lambda path: path.write_bytes(b""),
    "deleted": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    "a device": lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
    "restored": lambda path: (replaced(path), path.write_text(curves())),
    "touched": lambda path: os.utime(path, (1, 1)),
}


@pytest.mark.parametrize("name", HARM)
def test_a_process_that_reads_a_table_later_reads_the_same_or_refuses(name, tmp_path):
    """A worker process is such a process, since it has read nothing before."""
    work = Work(loaded(tmp_path, RECORDED), 0, tuple({"c.csv": store.sha256(curves().encode()).hexdigest()}.items()))
    expected = sweep.run_block(work, Block((0, 2), (0, 2)))
    sweep._states.clear()
    HARM[name](tmp_path / "c.csv")
    done = sweep.run_block(work, Block((0, 2), (0, 2)))

    if name in {"restored", "touched"}:
        assert done.tobytes() == expected.tobytes()
    else:
        assert isinstance(done, sweep.Failure)
        assert done.problems
        assert "c.csv" in done.text


def test_what_is_read_twice_by_one_command_is_the_same(tmp_path):
    path = tmp_path / "c.csv"
    with inputs.noted():
        inputs.note(path, b"one")
        with pytest.raises(InputError, match=r"c.csv: has changed while the command was at work; put it back"):
            inputs.note(path, b"two")
    with inputs.noted():
        inputs.note(path, b"two")


def test_a_plan_whose_table_is_replaced_meanwhile_is_refused(tmp_path, monkeypatch):
    real = sweep.checked
    monkeypatch.setattr(sweep, "checked", lambda done: (replaced(tmp_path / "c.csv"), real(done))[1])
    with pytest.raises(InputError, match=r"c.csv: has changed while the command was at work"):
        answered(tmp_path, RECORDED, None)


@pytest.mark.parametrize(
    ("text", "name"),
    [(SYNTHETIC, "rewritten"), (SYNTHETIC, "deleted"), (SYNTHETIC, "a pipe"), (SYNTHETIC, "a device"), (SHARED, "rewritten")],
    ids=["rewritten", "deleted", "a pipe", "a device", "of searches"],
)  # fmt: skip
def test_a_plan_whose_scenario_changes_meanwhile_says_so(text, name, tmp_path, caplog, monkeypatch):
    usual = answered(tmp_path, text, None)
    real = sweep.checked
    done = []

    def harm(block):
        if not done:
            done.append(HARM[name](tmp_path / "s.yaml"))
        return real(block)

    monkeypatch.setattr(sweep, "checked", harm)
    with inputs.noted():
        assert answered(tmp_path, text, None) == usual
    assert "s.yaml has changed since the plan read it" in caplog.text


# Two results folders merged.


@pytest.fixture
def folders(tmp_path):
    """Folders of results by name: of the same plan, of another seed, of another scenario, of another table."""
    made = {}
    for name, text, seed, scale in (
        ("same", RECORDED, 0, 1.0),
        ("another seed", RECORDED, 99, 1.0),
        (
            "another scenario",
            RECORDED.replace("{workers: 4}", "{workers: 4, stragglers: {kind: half_normal}}"),
            0,
            1.0,
        ),
        ("other files", RECORDED, 0, 2.0),
    ):
        (tmp_path / "c.csv").write_text(curves(scale))
        made[name] = tmp_path / name
        answered(tmp_path, text, made[name], seed=seed)
    (tmp_path / "c.csv").write_text(curves())
    return made


SAID = {
    "another seed": "another seed (99 there, 0 here)",
    "another scenario": "another scenario (cluster has changed)",
    "other files": "other files (c.csv has changed)",
}


@pytest.mark.slow
@pytest.mark.parametrize("how", ["all", "over the first", "in its place", "under its name"])
@pytest.mark.parametrize("name", ["same", *SAID])
def test_blocks_of_another_sweep_are_refused_with_the_difference(name, how, folders, tmp_path):
    folder = tmp_path / "mine"
    usual = answered(tmp_path, RECORDED, folder)
    mine, theirs = (sorted((one / "blocks").iterdir()) for one in (folder, folders[name]))
    match how:
        case "all":
            for path in theirs:
                shutil.copy(path, folder / "blocks")
        case "over the first":
            shutil.copy(theirs[0], folder / "blocks")
        case "in its place":
            mine[0].unlink()
            shutil.copy(theirs[0], folder / "blocks")
        case "under its name":
            shutil.copy(theirs[0], mine[0])
    if name == "same":
        assert answered(tmp_path, RECORDED, folder, resume=True) == usual
        return
    with pytest.raises(InputError) as caught:
        answered(tmp_path, RECORDED, folder, resume=True)
    assert ("is damaged" if how == "under its name" else SAID[name]) in str(caught.value)


def test_a_block_under_the_name_of_another_is_refused(tmp_path):
    folder = tmp_path / "mine"
    answered(tmp_path, RECORDED, folder)
    first, second = sorted(path for path in (folder / "blocks").iterdir() if "-x" not in path.name)[:2]
    end = first.name.split(".", 1)[1]
    shutil.copy(first, folder / "blocks" / f"{second.name.split('.', 1)[0]}.{end}")
    with pytest.raises(InputError, match=r"is another block \(replicates-"):
        answered(tmp_path, RECORDED, folder, resume=True)


@pytest.mark.slow
def test_of_two_files_for_one_block_neither_depends_on_the_order_of_a_directory(tmp_path, folders, monkeypatch):
    folder = tmp_path / "mine"
    answered(tmp_path, RECORDED, folder)
    for path in sorted((folders["another seed"] / "blocks").iterdir())[:2]:
        shutil.copy(path, folder / "blocks")
    said = set()
    real = store.Path.iterdir
    for order in list(permutations(range(3)))[:4]:
        monkeypatch.setattr(
            store.Path, "iterdir", lambda self, order=order: sorted(real(self), key=lambda path: hash((order, path)))
        )
        with pytest.raises(InputError) as caught:
            answered(tmp_path, RECORDED, folder, resume=True)
        said.add(str(caught.value))

    assert len(said) == 1


FORGED = {
    "half of its runs": lambda frame: frame.head(frame.height // 2),
    "no runs": lambda frame: frame.head(0),
    "its runs twice": lambda frame: pl.concat([frame, frame]),
    "its runs in another order": lambda frame: frame.reverse(),
    "another cell": lambda frame: frame.with_columns(pl.lit(999, pl.Int32).alias("cell")),
    "a cell below 0": lambda frame: frame.with_columns(pl.lit(-1, pl.Int32).alias("cell")),
    "another searcher": lambda frame: frame.with_columns((7 + 0 * pl.col("replicate")).alias("searcher")),
    "other replicates": lambda frame: frame.with_columns(pl.col("replicate") + 1),
    "larger numbers": lambda frame: frame.with_columns(pl.lit(2**40).alias("cell")),
    "missing numbers": lambda frame: frame.with_columns(pl.lit(None, pl.Int32).alias("attempts")),
    "dates": lambda frame: frame.with_columns(pl.lit("2026-01-01").str.to_date().alias("attempts")),
    "texts": lambda frame: frame.with_columns(pl.lit("1").alias("attempts")),
}


@pytest.mark.parametrize("text", [SYNTHETIC, SHARED], ids=["searchers", "searches"])
def test_a_block_that_does_not_hold_its_runs_is_refused(text, tmp_path):
    """Its name has the digest of its bytes, and its label is right, but another program has changed its rows."""
    folder = tmp_path / "mine"
    answered(tmp_path, text, folder)
    path = max((folder / "blocks").iterdir(), key=lambda path: path.stat().st_size)
    whole, stem = path.read_bytes(), path.name.rsplit(".", 2)[0]
    counted = []
    for name, forge in FORGED.items():
        path.unlink()
        table = io.BytesIO()
        forge(pl.read_parquet(io.BytesIO(whole))).write_parquet(table)
        path = path.with_name(f"{stem}.{store.sha256(table.getvalue()).hexdigest()[:16]}.parquet")
        path.write_bytes(table.getvalue())
        try:
            answered(tmp_path, text, folder, resume=True)
        except InputError as error:
            assert str(error) == f"{path}: is damaged; delete it and go on with --resume"  # noqa: PT017
        else:
            counted.append(name)
    assert counted == []


# Folders of others.


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"tables": 3}, {"tables": []}, {"tables": {"c.csv": 3}}, {"block": [0, 0]}, {"block": [3.5, 60.2]}, {"block": {"3": 4}},
        {"block": [1]}, {"block": [1, 10**400]}, {"block": "12"}, {"block": [True, True]}, {"seed": "0"}, {"seed": None}, {"scenario": 3},
        {"asha_simulator": 1}, {"draws": None},
    ],
)  # fmt: skip
def test_a_manifest_with_odd_values_is_an_error(change, tmp_path):
    folder = tmp_path / "mine"
    answered(tmp_path, SYNTHETIC, folder)
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), **change}))
    with pytest.raises(InputError, match=r"manifest.json: does not say what the results here are of"):
        answered(tmp_path, SYNTHETIC, folder, resume=True)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "\xff", "", "null", "3", "{}", "[]"])
def test_a_file_that_is_not_a_manifest_is_an_error(text, tmp_path):
    folder = tmp_path / "mine"
    answered(tmp_path, SYNTHETIC, folder)
    (folder / "manifest.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"manifest.json: does not say what the results here are of"):
        answered(tmp_path, SYNTHETIC, folder, resume=True)


def pipe(path):
    os.mkfifo(path)


def to_a_device(path):
    path.symlink_to("/dev/zero")


def to_a_file(path):
    precious = path.parent / "precious"
    precious.write_text("mine")
    path.symlink_to(precious)


@pytest.mark.slow
@pytest.mark.parametrize(
    "make", [pipe, to_a_device, to_a_file, lambda path: path.mkdir()], ids=["pipe", "device", "file", "folder"]
)
@pytest.mark.parametrize("name", ["manifest.json", "lock", "block", "blocks"])
def test_a_path_that_is_not_a_file_is_refused_at_once_and_left_as_it_is(name, make, tmp_path):
    folder = tmp_path / "mine"
    answered(tmp_path, SYNTHETIC, folder)
    path = min((folder / "blocks").iterdir()) if name == "block" else folder / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    make(path)
    precious = path.parent / "precious"
    if name == "blocks" and path.is_dir() and not path.is_symlink():
        return  # an empty folder of blocks is nothing to refuse
    with pytest.raises(InputError, match=path.name.split(".", maxsplit=1)[0]):
        answered(tmp_path, SYNTHETIC, folder, resume=True)

    assert not precious.exists() or precious.read_text() == "mine"


# Grids that are continued, each time in a folder of its own.

CONTINUED = RECORDED.replace("[2, 4]", "[1, 2]").replace(
    "replicates: 8", "deadline: 10 s\n  confidence: 0.5\n  replicates: 2"
)


@pytest.mark.parametrize("of", ["nothing", "another grid"])
def test_results_of_others_in_place_of_a_continuation_are_refused(of, tmp_path):
    """Without the continuation the answer would be another one, and only a warning would say so."""
    there = tmp_path / "mine" / "extended-1" / "manifest.json"
    there.parent.mkdir(parents=True)
    if of == "another grid":
        answered(tmp_path, CONTINUED, tmp_path / "other")
        shutil.copy(tmp_path / "other" / "manifest.json", there)
    else:
        there.write_text("{}")
    said = {
        "nothing": "manifest.json: does not say",
        "another grid": r": holds results of another scenario \(plan.vary",
    }
    with pytest.raises(InputError, match=f"extended-1.?{said[of]}"):
        answered(tmp_path, CONTINUED, tmp_path / "mine", extend=True, resume=True)


def test_a_table_that_is_replaced_before_the_grid_is_continued_is_refused(tmp_path, monkeypatch):
    real = extending.extended
    monkeypatch.setattr(extending, "extended", lambda *about: (replaced(tmp_path / "c.csv"), real(*about))[1])
    with pytest.raises(InputError, match=r"c.csv: has changed while the command was at work"):
        answered(tmp_path, CONTINUED, None, extend=True)


@pytest.mark.parametrize("make", [pipe, to_a_device, lambda path: path.mkdir()], ids=["pipe", "device", "folder"])
@pytest.mark.parametrize("name", store.REPORTS)
def test_what_no_report_can_replace_is_told_before_the_first_run(name, make, tmp_path, monkeypatch):
    monkeypatch.setattr(sweep, "blocks", None)  # None can't be called
    folder = tmp_path / "mine"
    folder.mkdir()
    make(folder / name)
    with pytest.raises(InputError, match=rf"{name}: cannot be written: it is a "):
        answered(tmp_path, SYNTHETIC, folder)

    assert [path.name for path in folder.iterdir()] == [name]


def test_a_lock_that_is_somebodys_file_is_not_emptied(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "lock").write_text("precious")
    with pytest.raises(InputError, match="lock: is not the lock of a plan"):
        answered(tmp_path, SYNTHETIC, folder)
    (folder / "lock").unlink()
    (tmp_path / "precious").write_text("1")
    os.link(tmp_path / "precious", folder / "lock")
    with pytest.raises(InputError, match="lock: is not the lock of a plan"):
        answered(tmp_path, SYNTHETIC, folder)

    assert (tmp_path / "precious").read_text() == "1"
