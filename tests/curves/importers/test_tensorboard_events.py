"""Event files by TensorBoard's own writer, which keeps losses as 32-bit floats."""

import numpy as np
import pytest

from simulator.errors import InputError
from tests.curves.importers.sources import LOSSES, imported, losses_of, seconds_of, tensorboard_runs, written_and_read

pytest.importorskip("tensorboard")

SINGLE = [[float(np.float32(loss)) for loss in row] for row in LOSSES]


def refused(path, **how):
    with pytest.raises(InputError) as caught:
        imported(path, "tensorboard", **how)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_round_trip(tmp_path):
    times = tensorboard_runs(tmp_path / "logs")
    made = imported(tmp_path / "logs", "tensorboard")

    assert losses_of(made) == SINGLE
    assert seconds_of(made) == times
    assert [curve.trial.name for curve in made.curves] == ["run-0", "run-1", "run-2", "run-3"]
    assert written_and_read(made, tmp_path).loss.tolist() == [loss for row in SINGLE for loss in row]
    assert (made.trace.end - made.trace.start).tolist() == [10_000_000] * 4


def test_more_points_than_tensorboard_shows(tmp_path):
    tensorboard_runs(tmp_path / "logs", [[1.0] * 10_500])

    assert len(imported(tmp_path / "logs", "tensorboard").curves[0].losses) == 10_500


def test_scalars_that_are_tensors(tmp_path):
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.scalar.metadata import create_summary_metadata
    from tensorboard.summary.writer.event_file_writer import EventFileWriter
    from tensorboard.util.tensor_util import make_tensor_proto

    writer = EventFileWriter(str(tmp_path / "logs" / "run"))
    about = create_summary_metadata(display_name="", description="")
    for step, loss in enumerate(LOSSES[0], start=1):
        value = Summary.Value(tag="val_loss", metadata=about, tensor=make_tensor_proto(np.float32(loss)))
        writer.add_event(Event(wall_time=2e9 + step, step=step, summary=Summary(value=[value])))
    writer.close()
    assert losses_of(imported(tmp_path / "logs", "tensorboard")) == SINGLE[:1]


def test_other_tags(tmp_path):
    tensorboard_runs(tmp_path / "logs")
    tensorboard_runs(tmp_path / "logs" / "more", LOSSES[:1], tag="val/f1")

    assert refused(tmp_path / "logs").endswith("has tag val/f1, val/loss; choose one by --metric")
    made = imported(tmp_path / "logs", "tensorboard", options={"metric": "val/loss"})
    assert made.report.dropped == {"does not report val/loss": 1}


def test_empty_and_truncated_files(tmp_path):
    tensorboard_runs(tmp_path / "logs")
    (file,) = (tmp_path / "logs" / "run-0").iterdir()
    file.write_bytes(b"")
    (file,) = (tmp_path / "logs" / "run-1").iterdir()
    file.write_bytes(file.read_bytes()[:-30])

    assert "1 of 3 trials that stop before the longest" in refused(tmp_path / "logs")
    made = imported(tmp_path / "logs", "tensorboard", censored="drop")
    assert made.report.dropped == {"has an event file without events": 1, "stops early": 1}


def test_no_events(tmp_path):
    assert refused(tmp_path).endswith("holds no event files; their names begin with events.out.tfevents.")
    (tmp_path / "events.out.tfevents.1.host").write_bytes(b"")
    assert refused(tmp_path).endswith("holds no scalars: 1 has an event file without events")
    (tmp_path / "events.out.tfevents.1.host").write_bytes(b"\x05" * 400)
    assert "holds no scalars" in refused(tmp_path)
