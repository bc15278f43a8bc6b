"""Training and validation, or different metrics, are not separate trials."""

from __future__ import annotations

import json

import pytest

from simulator.core.errors import InputError
from simulator.curves.files import trials
from simulator.curves.files.writing import write_curves
from tests.support.logs import csv, said, timed
from tests.support.sources import imported, losses_of

ROWS = [(0, at, split, loss / at) for at in (1, 2) for split, loss in (("train", 0.1), ("val", 1.0))]


@pytest.mark.parametrize("column", ["split", "phase", "Mode", "partition_type"])
def test_rows_of_training_and_validation(tmp_path, column):
    text = timed(*ROWS[:3], head=f"trial,resource,{column},loss")
    assert f"--trial-column trial,{column} --run '*/val'" in said(tmp_path, text)
    text = timed(*ROWS, head=f"trial,resource,{column},loss")
    assert losses_of(csv(tmp_path, text, trial_column=f"trial,{column}", run="*/val")) == [[1.0, 0.5]]


def test_rows_of_several_metrics(tmp_path):
    rows = [(0, 1, "accuracy", 0.1), (0, 1, "loss", 1.0), (0, 2, "loss", 0.5)]
    text = timed(*rows, head="trial,resource,metric_name,value")
    assert "holds rows of several metrics" in said(tmp_path, text, metric="value", mode="min")
    how = {"trial_column": "trial,metric_name", "run": "*/loss", "metric": "value", "mode": "min"}
    assert losses_of(csv(tmp_path, text, **how)) == [[1.0, 0.5]]


def test_a_hyperparameter_with_such_a_name_is_no_split(tmp_path):
    text = timed((0, 1, "max", 1.0), (1, 1, "min", 0.5), head="trial,resource,mode,loss")
    assert losses_of(csv(tmp_path, text)) == [[1.0], [0.5]]


@pytest.mark.parametrize(
    ("train", "val"),
    [
        ("{}/learn_error.tsv", "{}/test_error.tsv"),
        ("{}_train.csv", "{}_val.csv"),
        ("run-{}-tag-train_loss.csv", "run-{}-tag-val_loss.csv"),
    ],
)
def test_files_of_training_and_validation(tmp_path, train, val):
    for run in "ab":
        for name, loss in ((train, 0.1), (val, 1.0)):
            file = tmp_path / "runs" / name.format(run)
            file.parent.mkdir(parents=True, exist_ok=True)
            gap = "\t" if name.endswith("tsv") else ","
            file.write_text("".join(f"{row}\n".replace(",", gap) for row in ("epoch,loss", f"1,{loss}")))
    with pytest.raises(InputError, match="are not separate trials") as caught:
        imported(tmp_path / "runs", "csv")
    pattern = str(caught.value).split("--run '")[1].rstrip("'")
    assert losses_of(imported(tmp_path / "runs", "csv", options={"run": pattern})) == [[1.0], [1.0]]


def test_files_of_a_folder_never_share_a_name(tmp_path):
    for name in ("a/x.csv", "a/y.csv", "b/x.csv", "b/y.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("epoch,loss\n1,1\n")
    names = [curve.trial.name for curve in imported(tmp_path, "csv").curves]
    assert names == ["a/x", "a/y", "b/x", "b/y"]


def test_one_metric_of_training_and_of_validation(tmp_path):
    rows = [
        {"trial_id": 1, "steps_completed": at, "metrics": {group: {"loss": loss / at}}}
        for at in (1, 2) for group, loss in (("avg_metrics", 0.1), ("validation_metrics", 1.0))
    ]  # fmt: skip
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(InputError, match="has several metrics loss: metrics/avg_metrics/loss, metrics/validation"):
        imported(tmp_path / "rows.jsonl", "determined", options={"metric": "loss"})
    chosen = {"metric": "metrics/validation_metrics/loss"}
    assert losses_of(imported(tmp_path / "rows.jsonl", "determined", options=chosen)) == [[1.0, 0.5]]


def test_two_runs_of_one_name_in_a_history_of_wandb(tmp_path):
    rows = [("same", at, 2 * at + 2, loss - at / 10) for loss in (0.9, 0.7) for at in range(3)]
    (tmp_path / "history.csv").write_text(timed(*rows, head="name,_step,_runtime,loss"))
    with pytest.raises(InputError, match="these are several runs"):
        imported(tmp_path / "history.csv", "wandb")


def test_curves_that_an_import_wrote_into_the_folder_are_not_read_as_logs(tmp_path):
    for run in "ab":
        (tmp_path / f"{run}.csv").write_text("epoch,loss\n1,1\n")
    made = imported(tmp_path, "csv")
    write_curves(tmp_path / "c.csv.gz", made.curves)
    trials.write(trials.path_of(tmp_path / "c.csv.gz"), made.report.trials)
    assert [curve.trial.name for curve in imported(tmp_path, "csv").curves] == ["a", "b"]
