"""LCBench's JSON."""

import json

import pytest

from simulator.core.errors import InputError
from tests.support.sources import (
    FLAT,
    LOSSES,
    imported,
    lcbench_json,
    losses_of,
    seconds_of,
    written_and_read,
)


def refused(path, **how):
    with pytest.raises(InputError) as caught:
        imported(path, "lcbench", **how)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_round_trip_without_the_entry_before_training(tmp_path):
    lcbench_json(tmp_path / "data.json")
    made = imported(tmp_path / "data.json", "lcbench")

    assert losses_of(made) == LOSSES
    assert seconds_of(made) == [[2.0, 4.0, 6.0, 8.0, 10.0]] * 4
    assert made.curves[0].resources.tolist() == [1, 2, 3, 4, 5]
    assert written_and_read(made, tmp_path).loss.tolist() == FLAT


def test_accuracy_is_maximised(tmp_path):
    lcbench_json(tmp_path / "data.json")
    made = imported(tmp_path / "data.json", "lcbench", options={"metric": "val_accuracy"})

    assert losses_of(made) == [[-(90 - loss) for loss in row] for row in LOSSES]
    assert "--mode min says otherwise" in refused(
        tmp_path / "data.json", options={"metric": "val_accuracy", "mode": "min"}
    )


def test_bad_files(tmp_path):
    path = tmp_path / "data.json"
    lcbench_json(path)
    data = json.loads(path.read_text())
    path.write_text(json.dumps(data | {"other": data["Fashion-MNIST"]}))
    assert refused(path).endswith("has data set Fashion-MNIST, other; choose one by --study")
    data["Fashion-MNIST"]["0"]["log"]["time"] = [1, 2]
    data["Fashion-MNIST"]["1"]["log"]["time"] = "x"
    del data["Fashion-MNIST"]["2"]["log"]["Train/val_cross_entropy"]
    path.write_text(json.dumps(data))
    assert imported(path, "lcbench").report.dropped == {
        "has a log of unequal lengths, or none": 1, "has a log that is not a list of numbers": 1,
        "does not report Train/val_cross_entropy": 1,
    }  # fmt: skip
    path.write_text(json.dumps(data)[:-40])
    assert "is not sound JSON" in refused(path)
    path.write_text("[1, 2]")
    assert "is not LCBench's JSON" in refused(path)
    path.write_text("")
    assert refused(path).endswith("is empty")
