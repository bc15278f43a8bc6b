"""Logs of experiment trackers, damaged or hostile in any way, are imported into valid curves, or refused by name."""

from __future__ import annotations

import json
import os
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.vocabulary import IMPORTERS
from simulator.curves.files.tables import read_table
from tests.fuzz import stores
from tests.fuzz.documents import TEXTS, damaged
from tests.fuzz.events import TAGS, event_files, record, sound
from tests.fuzz.oracle import asha_sim, check, content, tally
from tests.support import sources
from tests.support.budgets import budget

EVENTS = "events.out.tfevents.1.host"
#: A refusal names the source or something in it.
NAMED = re.compile(r"source.*: .")
FOLDER, PIPE, LOOP, LINK = "a folder", "a pipe", "a link to itself", "a link to a device"
Tree = dict[str, bytes | str]


def built(folder: Path, tree: Tree) -> None:
    """Make files, and things that are not files, by their paths below a folder."""
    for name, what in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(what, bytes):
            path.write_bytes(what)
        elif what == FOLDER:
            path.mkdir()
        elif what == PIPE:
            os.mkfifo(path)
        else:
            path.symlink_to(path if what == LOOP else "/dev/zero")


@contextmanager
def unheard():
    """Check that nothing is written to the standard error of the process itself, as C libraries may do."""
    with tempfile.TemporaryFile() as heard:
        before = os.dup(2)
        os.dup2(heard.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(before, 2)
            os.close(before)
        heard.seek(0)
        said = heard.read()
        assert not said, said


def tried(tree: Tree, source: str, kind: str, options: list[str]) -> None:
    """Import a source; the results must be files that our own commands read, and nothing else may be left."""
    tally["files"] += 1
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        built(folder, tree)
        before = content(folder)
        command = ("curves", "import", source, "--from", kind, "-o", "out.csv", *options)
        with unheard():
            ended = asha_sim(*command, cwd=folder)
        check(ended, NAMED, before, folder)
        if ended.returncode:
            return
        tally[f"sound imports from {kind}"] += 1
        made = {"out.csv", "out.trials.csv"} | ({"trace.csv"} if "--trace" in options else set())
        assert content(folder) - before == made, content(folder)
        assert all(line.isprintable() for line in ended.stdout.splitlines()), ended.stdout
        if "--json" in options:
            json.loads(ended.stdout, parse_constant=pytest.fail)
        read_table(folder / "out.csv", times_needed=False)
        if "--trace" in options:
            told = asha_sim("trace", "describe", "trace.csv", "--json", cwd=folder)
            assert told.returncode == 0, told.stderr


@st.composite
def choices(draw, *metrics, refused=()):
    """Options that a user may add to the command, mostly without those that such a source refuses."""
    options = []
    left = refused if draw(st.sampled_from((True, True, True, False))) else ()
    for words, often in (
        (("--censored", draw(st.sampled_from(("drop", "hold", "extrapolate")))), 9),
        (("--mode", draw(st.sampled_from(("min", "min", "min", "max")))), 9),
        (("--metric", draw(st.sampled_from((*metrics * 5, "", "no such")))), 5),
        (("--trace", "trace.csv"), 5),
        (("--json",), 5),
        (("--grid", draw(st.sampled_from(("1,3", "2", "1,2,3,4,5,6,7,8,9", "1,999999999999999")))), 3),
        (("--offset", draw(st.sampled_from(("0", "1", "-1", "999999999999999", "-999999999999999")))), 1),
        (("--study", draw(st.sampled_from(("sweep", "", "\x1b[31m")))), 1),
        (("--run", draw(st.sampled_from(("*", "run-*", "[", "\x1b[31m")))), 1),
        (("--step-scale", draw(st.sampled_from(("10", "0.5", "1e300", "nan")))), 1),
        (("--max-gap", draw(st.sampled_from(("1", "1e300", "1e-300")))), 1),
        (("--no-times",), 1),
    ):
        likely = often > 5
        chance = st.sampled_from([likely] * max(often, 10 - often) + [not likely] * min(often, 10 - often))
        options += words if draw(chance) and words[0] not in left else ()
    return options


@given(st.data())
@budget(test=10, fuzz=450)
def test_optuna_databases(data):
    pytest.importorskip("optuna")
    tried(
        {"source.db": data.draw(stores.databases("optuna"))}, "source.db", "optuna", data.draw(choices("objective"))
    )


@given(st.data())
@budget(test=40, fuzz=450)
def test_optuna_journals(data):
    pytest.importorskip("optuna")
    tried({"source.log": data.draw(stores.journals())}, "source.log", "optuna", data.draw(choices("objective")))


@given(st.data())
@budget(test=8, fuzz=350)
def test_mlflow_databases(data):
    pytest.importorskip("mlflow")
    tried({"source.db": data.draw(stores.databases("mlflow"))}, "source.db", "mlflow", data.draw(choices("val_loss")))


@given(st.data())
@budget(test=40, fuzz=450)
def test_tensorboard_events(data):
    pytest.importorskip("tensorboard")
    tag = data.draw(st.sampled_from((*["val/loss"] * 4, *TAGS)))
    runs = {"run-1": b"".join(map(record, sound(1, tag=tag))), "run-0": data.draw(event_files(tag))}
    tree = {f"source/{name}/{EVENTS}": raw for name, raw in runs.items()}
    source = data.draw(st.sampled_from(("source", "source", "source/run-0", f"source/run-0/{EVENTS}")))
    tried(tree, source, "tensorboard", data.draw(choices("val/loss")))


STEPS = st.one_of(
    st.integers(0, 9),
    st.sampled_from((-(10**15) + 1, -1, 81, 10**12, 10**12 + 1, 10**15 - 3, 10**15 - 2, 10**15 - 1)),
)
LOSSES = st.one_of(st.floats(), st.floats(0, 1), st.sampled_from((1e308, -1e308, 5e-324)))
TIMES = st.one_of(st.integers(0, 20), st.floats(), st.sampled_from((-1, 1e-7, 2.0**53 / 1e6, 9e9, 1e300)))


@given(st.data())
@budget(test=60, fuzz=600)
def test_numbers_of_any_size(data):
    points = data.draw(st.lists(st.tuples(st.integers(0, 3), STEPS, LOSSES, TIMES), min_size=1, max_size=12))
    rows = [f"{trial},{step},{loss},{time},{trial},{time + 1}" for trial, step, loss, time in points]
    table = "\n".join(["trial,resource,loss,elapsed_s,start,end", *rows])
    columns = ["--start-column", "start", "--end-column", "end"]
    tried({"source.csv": table.encode()}, "source.csv", "csv", [*columns, *data.draw(choices("loss"))])


def trees() -> dict[str, Tree]:
    """A sound source of each kind that needs no library."""
    made = {}
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        for kind, build in (
            ("ray", sources.ray_folder),
            ("syne-tune", sources.syne_tune_folder),
            ("lcbench", sources.lcbench_json),
        ):
            top = Path(name) / kind / "source"
            top.parent.mkdir()
            build(top)
            made[kind] = {
                str(path.relative_to(top.parent)): path.read_bytes()
                for path in top.parent.rglob("*")
                if path.is_file()
            }
    history = b"_step,_runtime,_timestamp,loss\n" + b"".join(
        b"%d,%d,%d,.%d\n" % (at, at, 10**9 + at, at) for at in range(1, 6)
    )
    made["wandb"] = {f"source/{name}": history for name in ("a.csv", "b/0000.csv", "b/c.csv")}
    made["wandb-offline"] = {
        f"source/{path.parent.name}/{path.name}": path.read_bytes() for path in sorted(OFFLINE.rglob("*.wandb"))[:2]
    }
    made["csv"] = {"source.csv": b"trial,resource,loss\n0,1,.5\n0,2,.25\n"}
    logs = b'[{"trial": "a", "epoch": [1, 2], "metrics": {"loss": [0.5, NaN]}}, {"trial": "b", "epoch": 1}]'
    made["json"] = {"source.json": logs}
    entry = b'{"log_history": [{"step": 10, "eval_loss": 0.5}, {"step": 20, "loss": 1, "train_runtime": 9}]}'
    made["huggingface"] = {f"source/run-{number}/checkpoint-20/trainer_state.json": entry for number in range(2)}
    tabs = b"timestamp\tstep\tloss\n1700000000000\t0\t0.5\n1700000009000\t1\t0.25\n"
    made["dvclive"] = {f"source/run-{number}/plots/metrics/loss.tsv": tabs for number in range(2)}
    row = b'{"trial_id": 1, "steps_completed": %d, "end_time": "2026-01-01T00:00:%dZ", "metrics": {"loss": 0.%d}}\n'
    made["determined"] = {"source.jsonl": b"".join(row % (at, 10 + at, at) for at in range(1, 6))}
    trial = b'{"status": "COMPLETED", "metrics": {"metrics": {"loss": {"direction": "min", "observations": '
    made["keras-tuner"] = {
        f"source/trial_{number}/trial.json": trial + b'[{"value": [0.5], "step": 3}]}}}}' for number in range(2)
    }
    return made


#: Runs that W&B itself wrote.
OFFLINE = Path(__file__).parents[1] / "data" / "logs" / "wandb" / "offline"
TREES = trees()
NAMES = (
    "result.json", "progress.csv", "results.csv", "results.csv.zip", "metadata.json", "error.txt", "error.pkl", EVENTS, "tfevents", "x.csv", "x.csv.gz", "x.parquet",
    *(text for text in TEXTS if text not in {"", ".", "\ud800"} and not {"/", "\0"} & set(text) and len(text) < 255),
)  # fmt: skip


#: Options that tables without starts and ends refuse, or that match none of their trials.
REFUSED = ("--trace", "--study", "--run", "--step-scale")
TEXTS_OF_TABLES = (
    b"trial;resource;loss\n", b"a;1;0,5\n", b"a;2;0,25\n", b"# note\n", b"\n", b"a,1,2\n", b"trial,resource,loss\n", b"b\t1\t1\n",
    b"a,1,NA\n", b"a,1,\n", b'"a",1,.5\n', b"a,1,.5,\n", b"\xe9,1,.5\n", b"trial\tresource\tloss\n", b"a;1;nan\n", b"\0",
)  # fmt: skip


@st.composite
def whole_tables(draw):
    """A table in a usual form, as lines; it is valid, and some rows repeat or go back."""
    gap, point = draw(st.sampled_from(((",", "."), (";", ","), (";", "."), ("\t", "."), ("|", "."), (" ", "."))))
    head = ["trial", "resource", "loss", *draw(st.sampled_from(([], ["elapsed_s"], ["split"], ["elapsed_ms"])))]
    cells = {
        "trial": st.sampled_from(("a", "b", "007")),
        "resource": st.one_of(st.integers(0, 9), st.sampled_from((1000, "1.000"))),
        "loss": st.one_of(st.floats(0, 9), st.sampled_from(("NA", "", "nan", "1.234,5"))),
        "elapsed_s": st.one_of(
            st.integers(0, 99), st.sampled_from(("00:01:00", "1700000060", "2026-01-01 10:00:00"))
        ),
        "split": st.sampled_from(("train", "val")),
        "elapsed_ms": st.integers(0, 10**6),
    }
    rows = draw(st.lists(st.tuples(*(cells[name] for name in head)), min_size=1, max_size=9))
    return [
        (gap.join(head) + "\n").encode(),
        *(
            (
                gap.join(str(cell).replace(".", point) if isinstance(cell, float) else str(cell) for cell in row)
                + "\n"
            ).encode()
            for row in rows
        ),
    ]


@given(st.data())
@budget(test=40, fuzz=500)
def test_tables_as_people_have_them(data):
    parts = data.draw(whole_tables())
    for _ in range(data.draw(st.sampled_from((0,) * 6 + (1, 2)))):
        odd = st.one_of(st.sampled_from((b"# note\n", b"\n")), st.sampled_from(TEXTS_OF_TABLES))
        parts.insert(data.draw(st.integers(0, len(parts))), data.draw(odd))
    raw = b"".join(parts)
    if data.draw(st.booleans()):
        raw = raw.decode("latin-1").encode(
            data.draw(st.sampled_from(("utf-16", "utf-8-sig", "utf-16-le", "latin-1")))
        )
    name = data.draw(st.sampled_from(("source.csv", "source.tsv", "source/a.csv", "source.txt")))
    tried({name: raw}, name.partition("/")[0], "csv", data.draw(choices("loss", refused=REFUSED)))


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 3),
        st.floats(),
        st.sampled_from(("a", "NaN", "2026-01-01T00:00:00")),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)),
    max_leaves=5,
)
SOUND = {
    "trial": st.sampled_from(("a", "b", 1)),
    "trial_id": st.integers(1, 2),
    "steps_completed": st.integers(0, 9),
    "resource": st.one_of(st.integers(0, 9), st.just([1, 2])),
    "loss": st.one_of(st.floats(0, 9), st.just([0.5, float("nan")])),
    "elapsed_s": st.integers(0, 99),
    "metrics": st.fixed_dictionaries({"x": st.floats(0, 9)}),
    "end_time": st.just("2026-01-01T00:00:00"),
}
#: Objects of which most have values such as loggers write.
ROWS = st.one_of(
    *[st.fixed_dictionaries({name: value for name, value in SOUND.items() if name != "metrics"})] * 2,
    st.fixed_dictionaries({}, optional=SOUND),
    st.fixed_dictionaries({}, optional=dict.fromkeys(SOUND, VALUES)),
)
SAME_ROWS = st.lists(
    st.fixed_dictionaries(SOUND | {"resource": st.integers(1, 9), "loss": st.floats(0, 9)}), min_size=1, max_size=6
)


@given(st.data())
@budget(test=40, fuzz=500)
def test_json_of_any_shape(data):
    rows = data.draw(st.one_of(SAME_ROWS, SAME_ROWS, st.lists(ROWS, max_size=4)))
    lines = data.draw(st.booleans())
    raw = "\n".join(map(json.dumps, rows)) if lines else json.dumps(rows)
    kind = data.draw(st.sampled_from(("json", "jsonl", "determined")))
    tried(
        {"source.json": raw.encode()},
        "source.json",
        kind,
        data.draw(choices("loss", "loss", "metrics/x", refused=REFUSED)),
    )


#: The kinds that also read sources of other names.
KINDS = {"journal": "optuna", "wandb-offline": "wandb"}
#: Sources that do not say when a trial began, so that they have no trace.
WITHOUT_STARTS = frozenset({"csv", "json", "huggingface", "keras-tuner", "lcbench"})
METRICS = {
    "huggingface": "eval_loss",
    "lcbench": "Train/val_cross_entropy",
    "json": "metrics/loss",
    "tensorboard": "val/loss",
    "mlflow": "val_loss",
    "optuna": "objective",
    "journal": "objective",
    "wandb-offline": "val.loss",
}


def all_trees(wanted: str) -> Tree:
    """A sound source of any kind."""
    if wanted == "tensorboard":
        return {f"source/run-{number}/{EVENTS}": b"".join(map(record, sound(number))) for number in range(3)}
    if wanted == "journal":
        return {"source.log": stores.optuna_journal()}
    return {"source.db": stores.STORES[wanted]()} if wanted in stores.STORES else dict(TREES[wanted])


@given(st.data())
@budget(test=40, fuzz=500)
def test_files_and_folders_in_each_others_place(data):
    for library in ("optuna", "mlflow", "tensorboard", "wandb"):
        pytest.importorskip(library)
    written_by = data.draw(
        st.sampled_from((*sorted(TREES), *sorted(TREES), "tensorboard", "tensorboard", "optuna", "journal", "mlflow"))
    )
    tree = all_trees(written_by)
    for _ in range(data.draw(st.sampled_from((0, 0, 0, 1, 1, 2, 3)))):
        name = data.draw(st.sampled_from(sorted(tree)))
        beside = name.rpartition("/")[0]
        if data.draw(st.booleans()):
            name = f"{beside}/{data.draw(st.sampled_from(NAMES))}" if beside else name
        if any(other.startswith(f"{name}/") for other in tree):
            continue
        was = tree.get(name, b"")
        match data.draw(st.sampled_from(("damage", "kind", "kind", "drop", "move"))):
            case "damage" if isinstance(was, bytes):
                tree[name] = data.draw(
                    st.one_of(damaged(was, (b"nan", b"\0", b"\xff")), st.just(b""), st.binary(max_size=50))
                )
            case "kind":
                tree[name] = data.draw(st.sampled_from((FOLDER, PIPE, LOOP, LINK)))
            case "drop" if len(tree) > 1:
                tree.pop(name, None)
            case "move" if beside:
                tree[f"{beside}/{data.draw(st.sampled_from(NAMES))}/{name.rpartition('/')[2]}"] = tree.pop(name, b"")
    clash = {name for name in tree for other in tree if other.startswith(f"{name}/")}
    tree = {name: what for name, what in tree.items() if name not in clash}
    source = next(iter(tree)).partition("/")[0]
    kind = KINDS.get(written_by, written_by)
    kind = data.draw(st.sampled_from((*[kind] * 3 * len(IMPORTERS), *IMPORTERS)))
    refused = REFUSED if written_by in WITHOUT_STARTS else REFUSED[1:]
    tried(tree, source, kind, data.draw(choices(METRICS.get(written_by, "loss"), refused=refused)))
