"""TensorBoard's event files: events of any kind, in records that are valid, damaged or wrongly labelled."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.documents import TEXTS, damaged

TAGS = ("val/loss", "val/f1", "", *(text for text in TEXTS if text != "\ud800"))
#: Lengths that a record may claim, with a valid checksum.
LENGTHS = (0, 1, 2**20, 2**31 - 1, 2**31, 2**32, 2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
STEPS = st.one_of(
    st.integers(0, 20), st.integers(-(2**63), 2**63 - 1), st.sampled_from((-1, 2**31, 10**15, 2**53, 2**63 - 1, -(2**63)))
)  # fmt: skip
TIMES = st.one_of(
    st.floats(1e9, 1e9 + 100), st.floats(), st.sampled_from((0.0, -1.0, math.nan, math.inf, -math.inf, 1e15, 1e300))
)
SIZES = ((), (1,), (1, 1), (0,), (2,), (-1,), (-1, -1), (10**6,), (2**40,), (2**62,), (2**32, 2**32), (1,) * 40)


def record(payload: bytes, length: int | None = None, *, sums: bool = True) -> bytes:
    """A record as the file holds it."""
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

    header = struct.pack("<Q", len(payload) if length is None else length)
    ends = [struct.pack("<I", masked_crc32c(part) if sums else 0) for part in (header, payload)]
    return header + ends[0] + payload + ends[1]


def sound(number: int = 0, *, tag: str = "val/loss", steps: int = 5) -> list[bytes]:
    """The events of a run."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    events = [Event(wall_time=1e9 + number, file_version="brain.Event:2")]
    for step in range(1, steps + 1):
        value = Summary.Value(tag=tag, simple_value=1 / (step + number))
        events.append(Event(wall_time=1e9 + number + 2 * step, step=step, summary=Summary(value=[value])))
    return [event.SerializeToString() for event in events]


@st.composite
def tensors(draw: Callable[..., Any]) -> Any:
    """A tensor of any type and shape, that holds one number or another amount of anything."""
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in draw(st.sampled_from(SIZES))])
    made = TensorProto(dtype=draw(st.sampled_from((1, 1, 1, 2, *range(30), 101, -1))), tensor_shape=shape)
    many = draw(st.sampled_from((1, 1, 1, 0, 2)))
    match draw(st.sampled_from(("float", "float", "double", "int", "half", "string", "bool", "complex", "bytes"))):
        case "float":
            made.float_val.extend([draw(st.floats(width=32))] * many)
        case "double":
            made.double_val.extend([draw(st.floats())] * many)
        case "int":
            made.int_val.extend([draw(st.integers(-(2**31), 2**31 - 1))] * many)
            made.int64_val.extend([draw(st.integers(-(2**63), 2**63 - 1))] * many)
        case "half":
            made.half_val.extend([draw(st.integers(0, 2**17))] * many)
        case "string":
            made.string_val.extend([draw(st.sampled_from((b"0.5", b"nan", b"\xff", b"")))] * many)
        case "bool":
            made.bool_val.extend([True] * many)
        case "complex":
            made.scomplex_val.extend([1.0, 2.0] * many)
            made.dcomplex_val.extend([1.0, 2.0] * many)
        case "bytes":
            made.tensor_content = draw(st.binary(max_size=9))
    return made


@st.composite
def events(draw: Callable[..., Any]) -> bytes:
    """An event: a scalar most times, in the old way or in the new one."""
    from tensorboard.compat.proto.event_pb2 import Event, SessionLog, TaggedRunMetadata
    from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata

    event = Event(wall_time=draw(TIMES), step=draw(STEPS))
    tag = draw(st.sampled_from((*["val/loss"] * 12, *TAGS)))
    match draw(
        st.sampled_from((*["scalar"] * 4, *["tensor"] * 4, "histogram", "image", "version", "start", "graph", "run"))
    ):
        case "scalar":
            event.summary.value.add(tag=tag, simple_value=draw(st.floats(width=32)))
        case "tensor":
            plugin = draw(st.sampled_from(("scalars", "scalars", "scalars", "histograms", "", "\x1b[31m")))
            about = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=plugin))
            value = Summary.Value(tag=tag, tensor=draw(tensors()))
            if draw(st.integers(0, 4)):
                value.metadata.CopyFrom(about)
            event.summary.value.append(value)
        case "histogram":
            event.summary.value.add(tag=tag, histo=HistogramProto(bucket=[draw(st.floats())], num=draw(st.floats())))
        case "image":
            event.summary.value.add(tag=tag, image=Summary.Image(height=-1, encoded_image_string=b"\x89PNG"))
        case "version":
            event.file_version = draw(
                st.sampled_from(("brain.Event:2", "brain.Event:1", "brain.Event:x", "", "\x1b[31m"))
            )
        case "start":
            event.session_log.CopyFrom(SessionLog(status=SessionLog.START))
        case "graph":
            setattr(event, draw(st.sampled_from(("graph_def", "meta_graph_def"))), draw(st.binary(max_size=9)))
        case "run":
            event.tagged_run_metadata.CopyFrom(TaggedRunMetadata(tag=tag, run_metadata=b"\xff"))
    return event.SerializeToString()


@st.composite
def event_files(draw: Callable[..., Any], tag: str = "val/loss") -> bytes:
    """An event file of one tag, sound one time in eight."""
    payloads = sound(tag=tag)
    how = draw(st.sampled_from(("sound", "events", "events", "events", "events", "records", "records", "bytes")))
    if how == "events":
        for _ in range(draw(st.integers(1, 3))):
            at = draw(st.integers(0, len(payloads) - 1))
            payloads[at : at + draw(st.integers(0, 1))] = [draw(events())]
    records = [record(payload) for payload in payloads]
    raw = b"".join(_disordered(draw, records, payloads) if how == "records" else records)
    return draw(damaged(raw, (b"\0" * 8, b"\xff" * 8, b"\x0a\xff\xff\xff\xff\x0f"))) if how == "bytes" else raw


def _disordered(draw: Callable[..., Any], records: list[bytes], payloads: list[bytes]) -> list[bytes]:
    """Records, some of them swapped, doubled, lost, cut short, or not what they claim to be."""
    for _ in range(draw(st.integers(1, 2))):
        one, other = draw(st.integers(0, len(records) - 1)), draw(st.integers(0, len(records) - 1))
        payload = payloads[one % len(payloads)]
        how = draw(st.sampled_from(("swap", "twice", "drop", "length", "length", "sums", "junk", "cut", "empty")))
        if how == "swap":
            records[one], records[other] = records[other], records[one]
        elif how == "twice":
            records.insert(other, records[one])
        elif how == "cut":
            records[one] = records[one][: draw(st.integers(0, len(records[one])))]
        else:
            records[one] = {
                "drop": b"",
                "length": record(payload, draw(st.sampled_from(LENGTHS))),
                "sums": record(payload, sums=False),
                "junk": record(draw(st.one_of(st.binary(max_size=40), damaged(payload, (b"\xff" * 9,))))),
                "empty": record(b""),
            }[how]
    return records
