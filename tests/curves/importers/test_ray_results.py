"""Result folders as Ray Tune's loggers write them."""

import pytest

from simulator.core.errors import InputError
from simulator.trace.trace import Outcome
from tests.support.sources import FLAT, LOSSES, imported, losses_of, ray_folder, seconds_of, written_and_read


def refused(path, **how):
    with pytest.raises(InputError) as caught:
        imported(path, "ray", **how)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("files", [("result.json",), ("progress.csv",), ("result.json", "progress.csv")])
def test_round_trip(tmp_path, files):
    ray_folder(tmp_path / "exp", files=files)
    made = imported(tmp_path / "exp", "ray")

    assert losses_of(made) == LOSSES
    assert seconds_of(made) == [[0.25 * at + trial for at in range(1, 6)] for trial in range(4)]
    assert written_and_read(made, tmp_path).loss.tolist() == FLAT


def test_the_schedule_shares_a_host_into_slots(tmp_path):
    ray_folder(tmp_path / "exp", done=(3,))
    trace = imported(tmp_path / "exp", "ray").trace

    assert trace.outcome.tolist() == [Outcome.COMPLETED] * 3 + [Outcome.CUT]
    assert trace.workers == 1
    assert trace.start[0] == 0


def test_stopped_failed_and_torn(tmp_path):
    ray_folder(tmp_path / "exp", [*LOSSES[:2], LOSSES[2][:3], LOSSES[3]], done=(0,))
    folders = sorted((tmp_path / "exp").iterdir())
    (folders[0] / "error.txt").write_text("Traceback")
    with (folders[1] / "result.json").open("a") as out:
        out.write('{"loss": 0.1, "training_it')

    assert "has 1 of 4 trials that stop before the longest (5 units)" in refused(tmp_path / "exp")
    made = imported(tmp_path / "exp", "ray", censored="drop")
    assert made.report.failed == 1
    assert any("its last line is torn" in note for note in made.report.notes)
    (folders[1] / "result.json").unlink()
    text = (folders[1] / "progress.csv").read_text()
    (folders[1] / "progress.csv").write_text(text + "0.3,6")
    assert losses_of(imported(tmp_path / "exp", "ray", censored="drop"))[1] == LOSSES[1]


def test_nan_and_other_metrics(tmp_path):
    ray_folder(tmp_path / "exp", [[1.0, float("nan"), float("nan")], [1.0, 2.0, 3.0]], extra={"acc": 0.5})
    assert refused(tmp_path / "exp").endswith("has metric acc, loss; choose one by --metric")
    made = imported(tmp_path / "exp", "ray", options={"metric": "loss"})
    assert made.report.diverged == 1
    ray_folder(tmp_path / "exp" / "more", LOSSES[:1], metric="other")
    made = imported(tmp_path / "exp", "ray", options={"metric": "loss"})
    assert made.report.dropped == {"does not report loss": 1}


def test_no_results(tmp_path):
    assert "holds no results of Ray Tune (result.json or progress.csv)" in refused(tmp_path)
    (tmp_path / "trial").mkdir()
    (tmp_path / "trial" / "result.json").write_bytes(b"")
    assert "1 has no results" in refused(tmp_path)
    (tmp_path / "trial" / "result.json").write_text('{"epoch": 1}\n{"epoch": 2}\n')
    assert "1 has no training_iteration: not a result of Ray Tune" in refused(tmp_path)
    (tmp_path / "trial" / "result.json").write_text('nonsense\n{"epoch": 2}\n')
    assert "1 can't be read (JSONDecodeError)" in refused(tmp_path)
    (tmp_path / "file").write_text("x")
    assert "is a file" in refused(tmp_path / "file")
