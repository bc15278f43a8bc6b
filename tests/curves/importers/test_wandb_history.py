"""Histories exported from Weights & Biases: Parquet artifacts, CSV, and the CSV of a chart."""

import polars as pl
import pytest

from simulator.core.errors import InputError
from tests.support.sources import FLAT, LOSSES, imported, losses_of, seconds_of, written_and_read


def history(number, losses):
    """Rows of two kinds, as wandb logs them: losses, and others in between."""
    rows = []
    for at, loss in enumerate(losses):
        rows.append(
            {
                "_step": 2 * at,
                "_runtime": 1.5 * at + 1,
                "_timestamp": 1.7e9 + 9 * number + 1.5 * at,
                "val/loss": loss,
                "lr": None,
            }
        )
        rows.append(
            {
                "_step": 2 * at + 1,
                "_runtime": 1.5 * at + 1.2,
                "_timestamp": 1.7e9 + 9 * number + 1.5 * at,
                "val/loss": None,
                "lr": 0.1,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def refused(path, **how):
    with pytest.raises(InputError) as caught:
        imported(path, "wandb", **how)
    assert "\n" not in str(caught.value)
    return str(caught.value)


OPTIONS = {"metric": "val/loss"}


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_round_trip_of_a_folder(tmp_path, suffix):
    for number, losses in enumerate(LOSSES):
        folder = tmp_path / "runs" / f"run-{number}-history"
        folder.mkdir(parents=True)
        frame = history(number, losses)
        (frame.write_parquet if suffix == "parquet" else frame.write_csv)(folder / f"0000.{suffix}")
    assert refused(tmp_path / "runs").endswith("has metric lr, val/loss; choose one by --metric")
    made = imported(tmp_path / "runs", "wandb", options=OPTIONS)

    assert [curve.trial.name for curve in made.curves] == [f"run-{number}-history" for number in range(4)]
    assert losses_of(made) == LOSSES
    assert seconds_of(made) == [[1.5 * at + 1 for at in range(5)]] * 4
    assert made.curves[0].resources.tolist() == [1, 3, 5, 7, 9]
    assert written_and_read(made, tmp_path).loss.tolist() == FLAT
    assert (made.trace.start / 1e6).tolist() == [0, 9, 18, 27]


def test_one_file_for_all_runs(tmp_path):
    frames = [history(number, losses).with_columns(run=pl.lit(f"r{number}")) for number, losses in enumerate(LOSSES)]
    pl.concat(frames).write_csv(tmp_path / "all.csv")
    made = imported(tmp_path / "all.csv", "wandb", options=OPTIONS)

    assert [curve.trial.name for curve in made.curves] == ["r0", "r1", "r2", "r3"]
    assert losses_of(made) == LOSSES


def test_the_csv_of_a_chart(tmp_path):
    columns = {"Step": list(range(5))}
    for number, losses in enumerate(LOSSES):
        columns |= {
            f"run {number} - val/loss": losses,
            f"run {number} - val/loss__MIN": losses,
            f"run {number} - val/loss__MAX": losses,
        }
    pl.DataFrame(columns).write_csv(tmp_path / "chart.csv")
    made = imported(tmp_path / "chart.csv", "wandb")

    assert losses_of(made) == LOSSES
    assert made.report.times.startswith("none")
    assert made.trace is None


def test_bad_exports(tmp_path):
    assert "holds no exported history" in refused(tmp_path)
    (tmp_path / "a.csv").write_text("Step,loss\n1,2\n")
    assert "has Step, and no column such as `run - loss`" in refused(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text("_step,name\n1,x\n")
    assert refused(tmp_path / "a.csv").endswith("holds no metrics")
    (tmp_path / "a.csv").write_text("loss\n1\n")
    assert "has no column '_step'" in refused(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text("_step,loss,_runtime\n1,1,9\n2,1,3\n")
    assert "1 has a clock that goes backwards" in refused(tmp_path / "a.csv")
    (tmp_path / "a.parquet").write_bytes(b"PAR1 junk")
    assert "is not a sound Parquet file" in refused(tmp_path / "a.parquet")


@pytest.mark.slow
def test_runs_without_the_metric_are_skipped_and_said(tmp_path):
    (tmp_path / "runs").mkdir()
    history(0, LOSSES[0]).write_parquet(tmp_path / "runs" / "whole.parquet")
    history(1, LOSSES[1]).drop("val/loss").write_parquet(tmp_path / "runs" / "other.parquet")
    history(2, [None] * 3).write_parquet(tmp_path / "runs" / "never.parquet")
    (tmp_path / "runs" / "notes.txt").write_text("of another kind")
    made = imported(tmp_path / "runs", "wandb", options=OPTIONS)

    assert [curve.trial.name for curve in made.curves] == ["whole"]
    assert dict(made.report.dropped) == {"does not report val/loss": 2}


def test_without_a_runtime_the_first_report_comes_at_the_median_pace(tmp_path):
    history(0, LOSSES[0]).drop("_runtime").write_parquet(tmp_path / "run.parquet")

    made = imported(tmp_path / "run.parquet", "wandb", options=OPTIONS)
    assert seconds_of(made) == [[0.75 + 1.5 * at for at in range(5)]]


def test_a_table_of_runs_is_a_trial_for_each_run_and_says_which_crashed(tmp_path):
    rows = "a,finished,0.1,0.5,10\nb,crashed,0.2,0.7,10\n"
    (tmp_path / "runs.csv").write_text("Name,State,lr,val/loss,_step\n" + rows)
    report = imported(tmp_path / "runs.csv", "wandb", options={"metric": "val/loss"}).report

    assert [(trial["name"], trial["end"]) for trial in report.trials] == [("a", "complete"), ("b", "failed")]
