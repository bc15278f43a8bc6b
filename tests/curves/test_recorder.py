from __future__ import annotations

import csv
import gzip
import json
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from simulator.core import ticks
from simulator.core.errors import InputError
from simulator.curves import recorder

COMMITTED = Path(__file__).parents[2] / "scenarios" / "curves"
Row = dict[str, str]


@pytest.fixture
def trainer() -> None:
    pytest.importorskip("sklearn")


def rows(path: Path) -> list[Row]:
    content = path.read_bytes()
    text = gzip.decompress(content) if path.suffix == ".gz" else content
    return list(csv.DictReader(text.decode().splitlines()))


def losses(path: Path) -> list[tuple[str, str, str]]:
    return [(row["trial"], row["resource"], row["loss"]) for row in rows(path)]


def curves(path: Path) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows(path):
        found.setdefault(int(row["trial"]), []).append(row)
    return found


def record(path: Path, total: int = 3, *, epochs: int = 2, seed: int = 0) -> Path:
    recorder.record(path, configurations=total, epochs=epochs, seed=seed)
    return path


def interrupt_at(trial: int) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        if done == trial:
            raise KeyboardInterrupt

    return progress


def interrupted(path: Path, at: int = 2) -> Path:
    with pytest.raises(KeyboardInterrupt):
        recorder.record(path, configurations=3, epochs=2, seed=0, on_progress=interrupt_at(at))
    return path.with_name(path.name + ".partial")


# -- what is written


def test_columns_and_files(trainer: None, tmp_path: Path) -> None:
    path = record(tmp_path / "deep" / "tiny.csv.gz")

    assert sorted(file.name for file in path.parent.iterdir()) == ["tiny.configs.csv", "tiny.csv.gz", "tiny.json"]
    assert list(rows(path)[0]) == ["trial", "resource", "loss", "elapsed_s"]
    assert [(row["trial"], row["resource"]) for row in rows(path)] == [
        ("0", "1"), ("0", "2"), ("1", "1"), ("1", "2"), ("2", "1"), ("2", "2"),
    ]  # fmt: skip
    for curve in curves(path).values():
        times = [ticks.from_seconds(float(row["elapsed_s"])) for row in curve]
        assert all(before < after for before, after in pairwise([0, *times]))


def test_configurations_are_listed_as_trained(trainer: None, tmp_path: Path) -> None:
    record(tmp_path / "tiny.csv")

    listed = rows(tmp_path / "tiny.configs.csv")
    expected = [recorder.draw(0, trial)[0] for trial in range(3)]
    assert listed == [
        {"trial": str(trial), **{name: str(value) for name, value in configuration.items()}}
        for trial, configuration in enumerate(expected)
    ]


def test_provenance_says_how_to_make_it_again(trainer: None, tmp_path: Path) -> None:
    record(tmp_path / "tiny.csv.gz", seed=7)

    about = json.loads((tmp_path / "tiny.json").read_text())
    assert (about["seed"], about["configurations"], about["epochs"]) == (7, 3, 2)
    assert about["again"] == "asha-sim curves record -o tiny.csv.gz --configurations 3 --epochs 2 --seed 7"
    assert set(about["versions"]) == {"numpy", "scipy", "scikit-learn"}
    assert about["space"]["batch_size"] == "log-uniform from 8 to 256, rounded to whole"
    assert "times" in about["not_reproducible"]


def test_same_rows_same_bytes(trainer: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The curves are made up here, since measured times are never the same again.
    monkeypatch.setattr(recorder._Study, "curve", lambda self, configuration, seed, epochs: ["0.5,0.25"] * epochs)
    first, second = record(tmp_path / "a.csv.gz"), record(tmp_path / "b.csv.gz")

    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[3:8] == bytes(5)  # no flags, so no name; no date
    assert rows(first)[-1] == {"trial": "2", "resource": "2", "loss": "0.5", "elapsed_s": "0.25"}


def test_progress(trainer: None, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    recorder.record(
        tmp_path / "tiny.csv",
        configurations=2,
        epochs=1,
        seed=0,
        on_progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(0, 2), (1, 2), (2, 2)]


# -- draws belong to their configuration


@pytest.mark.slow
def test_same_seed_same_losses(trainer: None, tmp_path: Path) -> None:
    assert losses(record(tmp_path / "a.csv")) == losses(record(tmp_path / "b.csv"))
    assert losses(record(tmp_path / "a.csv")) != losses(record(tmp_path / "c.csv", seed=1))


@pytest.mark.slow
def test_a_configuration_is_the_same_among_few_or_many(trainer: None, tmp_path: Path) -> None:
    few, many = record(tmp_path / "few.csv", 2), record(tmp_path / "many.csv", 4)
    assert losses(many)[: len(losses(few))] == losses(few)


def test_a_configuration_starts_the_same_for_few_or_many_epochs(trainer: None, tmp_path: Path) -> None:
    short, long = record(tmp_path / "short.csv", epochs=1), record(tmp_path / "long.csv", epochs=3)
    assert losses(short) == [row for row in losses(long) if row[1] == "1"]


def test_the_space_is_covered() -> None:
    drawn = [recorder.draw(0, trial)[0] for trial in range(200)]
    assert {configuration["solver"] for configuration in drawn} == {"sgd", "adam"}
    assert {configuration["layers"] for configuration in drawn} == {1, 2, 3}
    assert all(
        recorder.RATES[str(configuration["solver"])].low
        <= float(configuration["learning_rate"])
        <= recorder.RATES[str(configuration["solver"])].high
        for configuration in drawn
    )
    assert all(isinstance(configuration["width"], int) for configuration in drawn)


# -- divergence


@pytest.mark.parametrize(
    ("activation", "rate"),
    [
        ("relu", 1e300),  # weights overflow within the epoch
        ("tanh", 1e6),  # weights stay finite, a true class gets probability zero
    ],
)
def test_a_diverged_curve_ends_in_an_empty_loss(
    trainer: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, activation: str, rate: float
) -> None:
    monkeypatch.setitem(recorder.RATES, "sgd", recorder.Choices(rate, rate))
    monkeypatch.setitem(recorder.SPACE, "solver", recorder.Choice(("sgd",)))
    monkeypatch.setitem(recorder.SPACE, "activation", recorder.Choice((activation,)))
    path = record(tmp_path / "tiny.csv", 2, epochs=3)

    for curve in curves(path).values():
        assert [row["loss"] for row in curve] == [""]
        assert float(curve[0]["elapsed_s"]) > 0


def test_an_error_that_is_no_divergence_is_not_hidden(
    trainer: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(recorder.RATES, "adam", recorder.Choices(-1.0, -1.0, log=False))
    monkeypatch.setitem(recorder.SPACE, "solver", recorder.Choice(("adam",)))
    with pytest.raises(ValueError, match="learning_rate_init"):
        record(tmp_path / "tiny.csv")


# -- interrupted and resumed


def test_interrupted_leaves_the_partial_file_only(trainer: None, tmp_path: Path) -> None:
    partial = interrupted(tmp_path / "tiny.csv.gz")

    assert list(tmp_path.iterdir()) == [partial]
    assert len(partial.read_text().splitlines()) == 1 + 2  # settings, two configurations


@pytest.mark.slow
def test_resumed_equals_one_go(trainer: None, tmp_path: Path) -> None:
    partial = interrupted(tmp_path / "tiny.csv.gz")
    kept = partial.read_text().splitlines()[1:]
    resumed, whole = record(tmp_path / "tiny.csv.gz"), record(tmp_path / "whole.csv.gz")

    assert losses(resumed) == losses(whole)
    # Measured times always differ, so equal times show that the first two configurations were not trained again.
    points = [[f"{row['loss']},{row['elapsed_s']}" for row in curve] for curve in curves(resumed).values()]
    assert points[:2] == [json.loads(line) for line in kept]
    assert not partial.exists()


@pytest.mark.slow
def test_a_torn_configuration_is_trained_again(trainer: None, tmp_path: Path) -> None:
    partial = interrupted(tmp_path / "tiny.csv")
    partial.write_bytes(partial.read_bytes()[:-9])
    seen: list[int] = []
    recorder.record(
        tmp_path / "tiny.csv",
        configurations=3,
        epochs=2,
        seed=0,
        on_progress=lambda done, total: seen.append(done),
    )
    assert seen == [1, 2, 3]
    assert losses(tmp_path / "tiny.csv") == losses(record(tmp_path / "whole.csv"))


@pytest.mark.slow
def test_more_configurations_may_be_asked_for_on_the_way(trainer: None, tmp_path: Path) -> None:
    interrupted(tmp_path / "tiny.csv")
    assert losses(record(tmp_path / "tiny.csv", 4)) == losses(record(tmp_path / "whole.csv", 4))


@pytest.mark.parametrize("other", [{"seed": 1}, {"epochs": 3}])
def test_other_settings_are_refused(trainer: None, tmp_path: Path, other: dict[str, int]) -> None:
    partial = interrupted(tmp_path / "tiny.csv")
    before = partial.read_bytes()
    with pytest.raises(InputError, match=r"tiny\.csv\.partial: .* or delete it to start anew$"):
        record(tmp_path / "tiny.csv", **other)
    assert partial.read_bytes() == before


def test_another_space_is_refused(trainer: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(tmp_path / "tiny.csv")
    monkeypatch.setitem(recorder.SPACE, "width", recorder.Choices(2, 4, whole=True))
    with pytest.raises(InputError, match="delete it to start anew"):
        record(tmp_path / "tiny.csv")


@pytest.mark.parametrize("content", [b"", b"shopping list\n", b"\xff\xfe\n", b"{}\n[\n"])
def test_a_file_that_is_no_recording_is_refused_and_kept(trainer: None, tmp_path: Path, content: bytes) -> None:
    partial = tmp_path / "tiny.csv.partial"
    partial.write_bytes(content)
    with pytest.raises(InputError, match="is not an unfinished recording"):
        record(tmp_path / "tiny.csv")
    assert partial.read_bytes() == content


def test_ctrl_c_within_an_epoch_stops(trainer: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def press(*_: object) -> None:
        raise KeyboardInterrupt

    network = pytest.importorskip("sklearn.neural_network").MLPClassifier
    monkeypatch.setattr(network, "_backprop", press)
    with pytest.raises(KeyboardInterrupt):
        record(tmp_path / "tiny.csv")
    assert not (tmp_path / "tiny.csv").exists()


# -- what is refused


def test_without_scikit_learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(InputError) as refused:
        record(tmp_path / "tiny.csv")
    assert str(refused.value) == ('scikit-learn: is needed to train models: pip install "asha-simulator[record]"')
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "total", "epochs", "seed"),
    [("a.parquet", 1, 1, 0), ("a.csv", 0, 1, 0), ("a.csv", 1, 0, 0), ("a.csv", 1, 1, -1)],
)
def test_bad_arguments(tmp_path: Path, name: str, total: int, epochs: int, seed: int) -> None:
    with pytest.raises(InputError):
        record(tmp_path / name, total, epochs=epochs, seed=seed)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(trainer: None, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        record(tmp_path / "file" / "tiny.csv")


# -- the recording in the repository


@pytest.fixture(scope="module")
def digits() -> dict[int, list[Row]]:
    return curves(COMMITTED / "digits.csv.gz")


def test_digits_are_small() -> None:
    assert (COMMITTED / "digits.csv.gz").stat().st_size <= 1_000_000


def test_digits_are_whole(digits: dict[int, list[Row]]) -> None:
    assert list(digits) == list(range(len(digits)))
    assert len(digits) >= 300
    for curve in digits.values():
        assert [int(row["resource"]) for row in curve] == list(range(1, len(curve) + 1))
        assert all(row["loss"] for row in curve[:-1])
        assert len(curve) == 81 or curve[-1]["loss"] == ""


def test_digits_times_rise(digits: dict[int, list[Row]]) -> None:
    for curve in digits.values():
        times = [ticks.from_seconds(float(row["elapsed_s"])) for row in curve]
        assert all(before < after for before, after in pairwise([0, *times]))


def test_digits_candidates_differ(digits: dict[int, list[Row]]) -> None:
    final = [float(curve[80]["loss"]) for curve in digits.values() if len(curve) == 81 and curve[80]["loss"]]
    costs = sorted(float(curve[-1]["elapsed_s"]) / len(curve) for curve in digits.values())
    assert len(set(final)) > 0.95 * len(final)
    assert costs[int(0.95 * len(costs))] > 5 * costs[int(0.05 * len(costs))]


def test_digits_are_of_the_space_described_today() -> None:
    about = json.loads((COMMITTED / "digits.json").read_text())
    listed = rows(COMMITTED / "digits.configs.csv")
    assert len(listed) == about["configurations"] >= 300
    for trial, row in enumerate(listed):
        configuration, _ = recorder.draw(about["seed"], trial)
        assert row == {"trial": str(trial), **{name: str(value) for name, value in configuration.items()}}
