"""Steps that count from 0, with a metric that was first measured later: epoch number 1 is the second epoch."""

from __future__ import annotations

import json

import pytest

from tests.support.logs import csv, timed
from tests.support.sources import imported, seconds_of, syne_tune_folder

EVERY_SECOND = "epoch,loss,val_loss\n0,1,{0}\n1,.9,.95\n2,.8,{0}\n3,.7,.75\n"


def resources(made):
    return [curve.resources.tolist() for curve in made.curves]


@pytest.mark.parametrize("word", ["", "NA"])
def test_a_table_that_validates_every_second_epoch(tmp_path, word):
    made = csv(tmp_path, EVERY_SECOND.format(word), metric="val_loss", step_column="epoch")

    assert resources(made) == [[2, 4]]
    assert "resource = step + 1" in made.report.notes


def test_a_table_whose_steps_begin_at_1_is_left_as_it_is(tmp_path):
    made = csv(tmp_path, timed((0, 1, "", 1), (0, 2, 0.5, 2), (0, 4, 0.4, 4)), metric="loss", step_column="resource")

    assert resources(made) == [[2, 4]]


def test_an_offset_that_is_said_comes_first(tmp_path):
    made = csv(tmp_path, EVERY_SECOND.format(""), metric="val_loss", step_column="epoch", offset=0)

    assert resources(made) == [[1, 3]]


def test_a_history_of_wandb_with_a_validation_every_fifth_step(tmp_path):
    rows = (f"{at},{5 + 2 * at},{at},{1 / (at + 1) if at % 5 == 4 else ''}" for at in range(20))
    (tmp_path / "h.csv").write_text("_step,_runtime,train,val_loss\n" + "\n".join(rows) + "\n")
    made = imported(tmp_path / "h.csv", "wandb", options={"metric": "val_loss"})

    assert resources(made) == [[5, 10, 15, 20]]
    assert seconds_of(made) == [[10, 20, 30, 40]]  # two seconds a step, and a start-up of three before


def test_results_of_ray_over_an_epoch_from_zero(tmp_path):
    (tmp_path / "t_0").mkdir()
    rows = [{"training_iteration": at + 1, "epoch": at, "time_total_s": at + 1.0} for at in range(4)]
    for row in rows[1::2]:
        row["val_loss"] = 0.5
    (tmp_path / "t_0" / "result.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = imported(tmp_path, "ray", options={"metric": "val_loss", "step_column": "epoch"})

    assert resources(made) == [[2, 4]]


def test_results_of_syne_tune_over_an_epoch_from_zero(tmp_path):
    import zipfile

    head = "trial_id,epoch,loss,st_decision,st_status,st_worker_time,st_worker_timestamp,st_worker_iter\n"
    rows = "".join(
        f"0,{at},{'' if at % 2 == 0 else 0.5},CONTINUE,Completed,{at + 1},{at + 1},{at}\n" for at in range(4)
    )
    syne_tune_folder(tmp_path / "e")
    with zipfile.ZipFile(tmp_path / "e" / "results.csv.zip", "w") as packed:
        packed.writestr("results.csv", head + rows)
    made = imported(tmp_path / "e", "syne-tune", options={"metric": "loss", "mode": "min"})

    assert resources(made) == [[2, 4]]


def test_keras_tuner_numbers_the_best_epoch_from_zero(tmp_path):
    (tmp_path / "trial_0").mkdir()
    about = {
        "metrics": {"metrics": {"val_loss": {"direction": "min", "observations": [{"value": [0.5], "step": 3}]}}}
    }
    (tmp_path / "trial_0" / "trial.json").write_text(json.dumps(about))

    assert resources(imported(tmp_path, "keras-tuner")) == [[4]]


def test_a_metric_of_dvclive_that_is_measured_at_every_second_step(tmp_path):
    for name, steps in (("train", range(4)), ("eval", (1, 3))):
        folder = tmp_path / "plots" / "metrics" / name
        folder.mkdir(parents=True)
        rows = "".join(f"{at}\t{1_700_000_000_000 + 5_000 * at}\t0.5\n" for at in steps)
        (folder / "loss.tsv").write_text("step\ttimestamp\tloss\n" + rows)
    made = imported(tmp_path, "dvclive", options={"metric": "eval/loss"})

    assert (resources(made), seconds_of(made)) == ([[2, 4]], [[10, 20]])
