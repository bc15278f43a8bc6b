"""Event files by TensorBoard's own writer, which keeps losses as 32-bit floats."""

import os

import numpy as np
import pytest

from simulator.core.errors import InputError
from tests.support.sources import LOSSES, imported, losses_of, seconds_of, tensorboard_runs, written_and_read

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


@pytest.mark.slow
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


@pytest.mark.parametrize(
    ("shape", "dtype"), [([], 1), ([1], 1), ([1, 1], 1), ([2], 1), ([2**40], 1), ([-1, -1], 1), ([], 8), ([], 20)]
)
@pytest.mark.parametrize("plugin", ["scalars", None])
def test_tensors_of_other_shapes_and_types(tmp_path, shape, dtype, plugin):
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
    from tensorboard.plugins.scalar.metadata import create_summary_metadata
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    sizes = TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in shape])
    value = Summary.Value(tag="loss", tensor=TensorProto(dtype=dtype, tensor_shape=sizes, float_val=[0.5]))
    if plugin:
        value.metadata.CopyFrom(create_summary_metadata(display_name="", description=""))
    writer = EventFileWriter(str(tmp_path / "logs" / "run"))
    writer.add_event(Event(wall_time=2e9, step=1, summary=Summary(value=[value])))
    writer.close()
    if not plugin:
        assert refused(tmp_path / "logs").endswith("holds no scalars")
    elif dtype == 1 and shape in ([], [1], [1, 1]):
        assert losses_of(imported(tmp_path / "logs", "tensorboard")) == [[0.5]]
    else:
        assert refused(tmp_path / "logs").endswith("leaves no trial: 1 reports something other than a single number")


def test_events_that_a_restart_took_back(tmp_path):
    from tensorboard.compat.proto.event_pb2 import Event, SessionLog
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    tensorboard_runs(tmp_path / "logs", LOSSES[:1])
    writer = EventFileWriter(str(tmp_path / "logs" / "restarted"))
    value = Summary.Value(tag="val/loss", simple_value=0.5)
    writer.add_event(Event(wall_time=2e9, step=3, summary=Summary(value=[value])))
    writer.add_event(Event(wall_time=2e9 + 1, step=1, session_log=SessionLog(status=SessionLog.START)))
    writer.close()
    made = imported(tmp_path / "logs", "tensorboard")
    assert made.report.dropped == {"does not report val/loss": 1}
    assert len(made.curves) == 1


def test_a_folder_that_is_named_as_event_files_are(tmp_path):
    tensorboard_runs(tmp_path / "tfevents")
    (tmp_path / "tfevents" / "run-0").rename(tmp_path / "tfevents" / "events.out.tfevents.0")

    assert len(imported(tmp_path / "tfevents", "tensorboard").curves) == 4


def test_a_pipe_beside_event_files(tmp_path):
    tensorboard_runs(tmp_path / "logs")
    os.mkfifo(tmp_path / "logs" / "run-0" / "a.tfevents")

    assert imported(tmp_path / "logs", "tensorboard").report.dropped == {
        "has an event file that is not a regular file": 1
    }


def test_a_file_that_is_named_otherwise(tmp_path):
    (tmp_path / "loss.log").write_bytes(b"0.5")
    assert "is not an event file; the names of event files begin with events.out.tfevents." in refused(
        tmp_path / "loss.log"
    )


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


def test_a_tag_that_counts_steps_may_stand_in_another_file_of_the_run(tmp_path):
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    for suffix, tag, values in (("a", "loss", (0.5, 0.25)), ("b", "epoch", (1.0, 2.0))):
        writer = EventFileWriter(str(tmp_path / "logs" / "run"), filename_suffix=suffix)
        for at, value in enumerate(values, start=1):
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
            writer.add_event(Event(wall_time=2e9 + at, step=100 * at, summary=summary))
        writer.close()
    made = imported(tmp_path / "logs", "tensorboard", options={"metric": "loss", "step_column": "epoch"})
    assert made.curves[0].resources.tolist() == [1, 2]


def test_events_without_a_finite_time_are_a_reason_to_drop_the_run(tmp_path):
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    tensorboard_runs(tmp_path / "logs", LOSSES[:1])
    writer = EventFileWriter(str(tmp_path / "logs" / "odd"))
    for step in (1, 2):
        value = Summary.Value(tag="val/loss", simple_value=0.5)
        writer.add_event(Event(step=step, wall_time=float("inf"), summary=Summary(value=[value])))
    writer.close()
    made = imported(tmp_path / "logs", "tensorboard", options={"metric": "val/loss", "mode": "min"})

    assert made.report.dropped == {"has a time that is not a number": 1}
