"""Results as Syne Tune's callback stores them."""

import json

import pytest

from simulator.core.errors import InputError
from tests.support.sources import (
    FLAT,
    LOSSES,
    imported,
    losses_of,
    seconds_of,
    syne_tune_folder,
    written_and_read,
)


def refused(path, **how):
    with pytest.raises(InputError) as caught:
        imported(path, "syne-tune", **how)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_round_trip(tmp_path):
    syne_tune_folder(tmp_path / "exp")
    made = imported(tmp_path / "exp", "syne-tune")

    assert losses_of(made) == LOSSES
    assert seconds_of(made) == [[0.5 * at + trial for at in range(1, 6)] for trial in range(4)]
    assert "the resource is epoch" in made.report.notes
    assert written_and_read(made, tmp_path).loss.tolist() == FLAT
    assert (made.trace.start / 1e6).tolist() == [0, 100, 200, 300]
    assert imported(tmp_path / "exp" / "results.csv.zip", "syne-tune").report.kept == 4


def test_a_metric_to_maximise(tmp_path):
    syne_tune_folder(tmp_path / "exp", mode="max")
    assert losses_of(imported(tmp_path / "exp", "syne-tune"))[0] == [-loss for loss in LOSSES[0]]


def test_stopped_trials(tmp_path):
    syne_tune_folder(tmp_path / "exp", [LOSSES[0], LOSSES[1][:2]], decisions={1: "STOP"})
    assert "has 1 of 2 trials that stop before the longest" in refused(tmp_path / "exp")
    assert imported(tmp_path / "exp", "syne-tune", censored="hold").report.censored == {"held at their last loss": 1}


def test_bad_experiments(tmp_path):
    assert "holds no results.csv.zip" in refused(tmp_path)
    folder = tmp_path / "exp"
    syne_tune_folder(folder, names=("loss", "latency"), mode=["min", "max"])
    assert refused(folder).endswith("has metric loss, latency; choose one by --metric")
    assert imported(folder, "syne-tune", options={"metric": "loss"}).report.mode == "min"
    assert "has no column 'latency'" in refused(folder, options={"metric": "latency"})
    (folder / "metadata.json").unlink()
    assert refused(folder).endswith("has no metadata.json that names the metric; add --metric and --mode")
    (folder / "metadata.json").write_text("{")
    assert "metadata.json: is not sound JSON" in refused(folder)
    (folder / "metadata.json").unlink()
    (folder / "metadata.json").mkdir()
    assert refused(folder).endswith("metadata.json: is a folder; Syne Tune's is a file that names the metric")
    (folder / "metadata.json").rmdir()
    (folder / "metadata.json").write_text(json.dumps({"metric_names": ["loss"], "metric_mode": "min"}))
    raw = (folder / "results.csv.zip").read_bytes()
    (folder / "results.csv.zip").write_bytes(raw[:60])
    assert "is not a sound zip file" in refused(folder)
    syne_tune_folder(folder, [])
    assert refused(folder).endswith("holds no trials")
