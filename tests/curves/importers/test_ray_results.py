"""Result folders as Ray Tune's loggers write them."""

import json

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


def test_an_attempt_lasts_until_its_last_result_also_where_the_trial_waited_between_results(tmp_path):
    """Results come once a second, and Ray's own seconds are a quarter each: it saved the trial in between."""
    ray_folder(tmp_path / "exp", LOSSES[:1])
    trace = imported(tmp_path / "exp", "ray").trace

    assert (trace.end - trace.start).tolist() == [4_250_000]
    assert trace.overhead.tolist() == [3_000_000]


def killed_before_it_reported(folder):
    """A trial that begins 9 s before its first result there; its actor was killed 3 s after that beginning."""
    ray_folder(folder, LOSSES[:1], extra={"date": "2026-01-01_00-00-09"})
    [trial] = folder.iterdir()
    (trial / "error.txt").write_text("Failure # 1 (occurred at 2026-01-01_00-00-03)\nThe actor died unexpectedly\n")
    state = [json.dumps({"relative_logdir": trial.name, "status": "TERMINATED"})]
    state += [json.dumps({"start_time": 1_699_999_992.0})]
    (folder / "experiment_state-1.json").write_text(json.dumps({"trial_data": [state]}))


def test_an_attempt_that_was_lost_before_its_first_result_is_an_attempt(tmp_path):
    """Results come each second from 1,700,000,001 s on, the first after 0.25 s of training."""
    killed_before_it_reported(tmp_path / "exp")
    made = imported(tmp_path / "exp", "ray")

    trace = made.trace
    assert made.report.retried == 1
    assert trace.outcome.tolist() == [Outcome.FAILED, Outcome.COMPLETED]
    assert trace.from_resource.tolist() == [0, 0]
    assert trace.start.tolist() == [0, 8_750_000]
    assert trace.end[0] == 3_500_000  # Ray logs the second
    assert trace.lost.tolist() == [3_500_000, 0]


def test_units_that_the_log_leaves_out_before_a_failure_belong_to_the_lost_attempt(tmp_path):
    """Ray counts 4 s of training that it has no results of; the trial goes on after them."""
    ray_folder(tmp_path / "exp", [[3.0, 2.0, 1.5, 1.0]])
    [trial] = (tmp_path / "exp").iterdir()
    rows = [json.loads(line) for line in (trial / "result.json").read_text().splitlines()]
    for at, (row, step, since, total, second) in enumerate(
        zip(rows, (1, 2, 5, 6), (2.0, 4.0, 2.0, 4.0), (2.0, 4.0, 10.0, 12.0), (2, 4, 20, 22), strict=True)
    ):
        row |= {
            "training_iteration": step, "time_since_restore": since, "time_total_s": total,
            "timestamp": 1_700_000_000 + second, "iterations_since_restore": at % 2 + 1,
            "date": f"2026-01-01_00-00-{second:02d}",
        }  # fmt: skip
    (trial / "result.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (trial / "error.txt").write_text("Failure # 1 (occurred at 2026-01-01_00-00-12)\n")
    trace = imported(tmp_path / "exp", "ray").trace

    assert trace.outcome.tolist() == [Outcome.FAILED, Outcome.COMPLETED]
    assert trace.from_resource.tolist() == [0, 4]
    assert trace.to_resource.tolist() == [4, 6]
    assert (trace.end - trace.start).tolist() == [8_000_000, 4_000_000]


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
