"""Tables under whatever names, in three formats."""

import gzip
import json

import numpy as np
import polars as pl
import pytest

from simulator.core.errors import InputError
from tests.support.runner import asha_sim
from tests.support.sources import imported, losses_of, seconds_of, written_and_read

ROWS = {
    "config": ["b", "b", "a", "a"],
    "epoch": [1, 2, 1, 2],
    "val_loss": [0.1 + 0.2, 1 / 3, 2.5e-7, 7.0],
    "minutes": [0.5, 1.0, 0.7, 1.3],
}
COLUMNS = {
    "trial_column": "config",
    "step_column": "epoch",
    "time_column": "minutes",
    "metric": "val_loss",
    "seconds": 60.0,
}


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet", "jsonl"])
def test_a_table_with_other_names(tmp_path, suffix):
    path = tmp_path / f"runs.{suffix}"
    frame = pl.DataFrame(ROWS)
    if suffix == "parquet":
        frame.write_parquet(path)
    elif suffix == "jsonl":
        frame.write_ndjson(path)
    else:
        text = frame.write_csv().encode()
        path.write_bytes(gzip.compress(text) if suffix.endswith("gz") else text)
    made = imported(path, "csv", options=COLUMNS)

    assert [curve.trial.name for curve in made.curves] == ["b", "a"]
    assert losses_of(made) == [[0.1 + 0.2, 1 / 3], [2.5e-7, 7.0]]
    assert seconds_of(made) == [[30.0, 60.0], [0.7 * 60, 1.3 * 60]]
    table = written_and_read(made, tmp_path)
    assert table.loss.tolist() == [0.1 + 0.2, 1 / 3, 2.5e-7, 7.0]
    assert table.clock.tolist() == [30_000_000, 60_000_000, 42_000_000, 78_000_000]


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.parquet"])
def test_our_own_files_come_back_the_same(tmp_path, name):
    (tmp_path / "in.csv").write_text(
        "trial,resource,loss,elapsed_s,exit\n0,1,.5,1,\n0,2,,2,\n1,1,.6,1.5,errored\n2,1,1,1,\n2,2,2,2,\n"
    )
    made = imported(tmp_path / "in.csv", "csv")
    again = written_and_read(made, tmp_path, name)

    assert again.loss.tolist() == [0.5, np.inf, 0.6, 1, 2]
    assert again.exits[1].value == "errored"
    assert (made.report.complete, made.report.diverged, made.report.failed) == (1, 1, 1)


def test_no_times(tmp_path):
    (tmp_path / "in.csv").write_text("trial,resource,loss\n0,1,.5\n0,2,.4\n")
    made = imported(tmp_path / "in.csv", "csv")

    assert made.report.times == "none: say unit_time in the scenario"
    assert not written_and_read(made, tmp_path).timed


def test_a_schedule(tmp_path):
    rows = [
        {"trial": t, "resource": r, "loss": 1 / r, "from": 10 * t, "to": 10 * t + 15, "gpu": f"g{t % 2}"}
        for t in range(4)
        for r in (1, 2)
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    columns = {"start_column": "from", "end_column": "to", "worker_column": "gpu"}
    trace = imported(tmp_path / "in.jsonl", "jsonl", options=columns).trace

    assert trace.workers == 2
    assert trace.worker.tolist() == [0, 1, 0, 1]
    assert (trace.start / 1e6).tolist() == [0, 10, 20, 30]
    assert (trace.end / 1e6).tolist() == [15, 25, 35, 45]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("trial,resource,loss\n", "in.csv: holds no trials"),
        ("", "in.csv: is empty"),
        ("id,resource,loss\n1,1,1\n", "has no column 'trial' but id, resource, loss; choose one by --trial-column"),
        ("trial,epoch,loss\n1,1,1\n", "has no column 'resource' but trial, epoch, loss; choose one by --step-column"),
        ("trial,resource,acc\n1,1,1\n", "has no column 'loss' but trial, resource, acc; choose one by --metric"),
        ("trial,resource,loss\n1,1,1\n1,x,1\n", "in.csv:3: resource: 'x' should be a number"),
        ("trial,resource,loss\n1,1,1\n1,1.5,1\n", "in.csv:3: resource: '1.5' should be a whole number"),
        ("trial,resource,loss\n1,1,good\n", "in.csv:2: loss: 'good' should be a number"),
        ("trial,resource,loss,elapsed_s\n1,1,1,5\n1,2,1,4\n", "leaves no trial: 1 has a clock that goes backwards"),
        ("trial,resource,loss\n1,1,1,1,1\n", "in.csv:2: is not sound CSV: has 5 fields where the header has 3"),
    ],
)
def test_bad_tables(tmp_path, text, said):
    (tmp_path / "in.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        imported(tmp_path / "in.csv", "csv")

    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["csv.gz", "parquet", "jsonl"])
def test_truncated_tables(tmp_path, suffix):
    path = tmp_path / f"in.{suffix}"
    frame = pl.DataFrame(
        {"trial": [0] * 500, "resource": range(1, 501), "loss": np.random.default_rng(0).random(500)}
    )
    if suffix == "parquet":
        frame.write_parquet(path)
    elif suffix == "jsonl":
        frame.write_ndjson(path)
    else:
        path.write_bytes(gzip.compress(frame.write_csv().encode()))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError) as caught:
        imported(path, "csv")

    assert "\n" not in str(caught.value)


def test_no_file_of_an_import_replaces_another(tmp_path):
    text = "trial,resource,loss,elapsed_s\n0,1,0.5,1\n"
    source = tmp_path / "c.csv"
    source.write_text(text)
    for options in (("-o", source), ("-o", tmp_path / "d.csv", "--trace", tmp_path / "d.csv")):
        done = asha_sim("curves", "import", source, "--from", "csv", *options)

        assert (done.returncode, done.stdout) == (2, "")
        assert "would replace" in done.stderr
    assert source.read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["c.csv"]


def test_a_link_to_itself_is_refused(tmp_path):
    source = tmp_path / "c.csv"
    source.symlink_to(source)
    done = asha_sim("curves", "import", source, "--from", "csv", "-o", tmp_path / "d.csv")

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"{source}: cannot be read: Too many levels of symbolic links")
