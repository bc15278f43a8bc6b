"""Files of learning curves and of traces: sound ones, damaged ones and hostile ones, in every format that is read."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.fuzz.documents import AVAILABLE, CURVES, NUMBERS, SPELLS, TEXTS, damaged

DYING = (
    "trial,resource,loss,elapsed_s,exit\n0,1,.5,1.5,\n0,3,.25,4,\n0,9,.125,11,\n1,1,.75,2,\n1,3,nan,5,\n2,1,1e-3,3,\n"
    "2,2,,4,errored\n3,1,-1,1,\n3,3,2,2,\n3,9,3,9,invalid\n"
)
UNTIMED = "resource,note,loss,trial\n1,a,.5,0\n3,b,.25,0\n1,c,1,1\n3,,2,1\n"
TRACE = (
    "worker,trial,bracket,rung,from_resource,to_resource,start,end,outcome,loss,overhead,lost\n"
    "0,0,0,0,0,1,0,1.5,completed,0.5,0.25,0\n1,1,0,0,0,1,0,2,failed,,0,1\n0,2,0,0,0,1,1.5,3,completed,inf,0,0\n"
    "1,1,0,0,0,1,2,4,completed,0.25,0,0\n0,1,0,1,1,3,4,8,exited,inf,0,0\n1,0,0,1,1,3,4,9,cut,,0,0\n"
)
SWEEP = "worker,trial,to_resource,start,end,outcome,loss\n1,1,9,3600,7200,completed,0.5\n0,0,9,0,3600.5,dropped,\n"
LINES = "".join(
    json.dumps({"trial": f"t{trial}", "resource": step, "loss": step / (trial + 1), "elapsed_s": step}) + "\n"
    for trial in range(3) for step in (1, 2, 3)
)  # fmt: skip
LCBENCH = json.dumps(
    {
        "set": {
            "0": {"log": {"time": [0, 1, 2], "Train/val_cross_entropy": [3, 2, 1], "epoch": [0, 1, 2]}},
            "1": {"log": {}},
        }
    }
)
WANDB = "_step,_runtime,_timestamp,loss,run\n0,1,1e9,.5,a\n1,2,1000000001,.25,a\n0,1,1e9,,b\n1,3,1000000002,.75,b\n"
SYNE = "trial_id,epoch,loss,st_worker_time,st_worker_timestamp,st_decision,st_status\n0,1,.5,1,100,CONTINUE,\n0,2,.25,2,101,STOP,\n"

#: Texts that have a meaning to a reader of CSV, JSON or numbers.
TOKENS = (
    b",", b",,", b"\n", b"\n\n", b"\r\n", b'"', b'""', b'","', b'"a\nb"', b";", b"\t", b" ", b"\0", b"nan", b"NaN", b"inf", b"-inf", b"-0", b"1e400", b"1e-400",
    b"-1", b"1.5", b"1_0", b"0x1", b"9" * 16, b"9" * 400, b"9007199254740993", b"18446744073709551616", b"errored", b"invalid", b"completed", b"loss",
    b"trial", b"\xef\xbb\xbf", b"\xff", b"\xc3\x28", b"{", b"}", b"[", b"]", b":", b"null", b"true", b'{"a":' * 2000, b"[" * 2000, b"\x1b[31m", b"=1+1",
    b"'", b"#", b"\\", b"\x1a", b"x" * 200_000, b"\xc2\xa0", b"\xe2\x88\x92", b"Infinity", b"1,1,1,1\n" * 50,
)  # fmt: skip

#: Valid tables of each kind, by the ending of the file's name and the name that --from has for the program.
TEXT_TABLES = {
    "csv": (CURVES, DYING, UNTIMED),
    "jsonl": (LINES,),
    "lcbench": (LCBENCH,),
    "wandb": (WANDB,),
    "syne-tune": (SYNE,),
    "trace": (TRACE, SWEEP),
    "spells": (SPELLS,),
    "available": (AVAILABLE,),
}


@st.composite
def texts(draw: Callable[..., Any], kind: str) -> bytes:
    """A table of some kind as text, sound one time in eight."""
    sound = draw(st.sampled_from(TEXT_TABLES[kind])).encode()
    if draw(st.integers(0, 7)) == 0:
        return sound
    return draw(
        st.one_of(damaged(sound, TOKENS), damaged(sound, TOKENS), cells(sound.decode()), st.binary(max_size=200))
    )


@st.composite
def cells(draw: Callable[..., Any], text: str) -> bytes:
    """A table with a few of its cells replaced."""
    rows = [line.split(",") for line in text.splitlines()]
    for _ in range(draw(st.integers(1, 3))):
        row = draw(st.sampled_from(rows))
        value = draw(st.one_of(st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.integers(0, 20), st.floats()))
        short = 10**1000 if isinstance(value, int) and value > 10**1000 else value
        row[draw(st.integers(0, len(row) - 1))] = str(short if abs_small(short) else "1" + "0" * 400)
    return ("\n".join(map(",".join, rows)) + "\n").encode("utf-8", "surrogatepass")


def abs_small(value: object) -> bool:
    """Whether `str` accepts the number."""
    return not isinstance(value, int) or abs(value) < 10**1000


@st.composite
def gzips(draw: Callable[..., Any], kind: str = "csv") -> bytes:
    """A gzip file, sound, damaged, cut short, doubled, or of something else."""
    raw = gzip.compress(draw(texts(kind)), mtime=0)
    match draw(st.sampled_from(("sound", "damaged", "damaged", "plain", "twice", "nested"))):
        case "damaged":
            return draw(damaged(raw, (b"\x1f\x8b", b"\0" * 20, b"junk")))
        case "plain":
            return draw(texts(kind))
        case "twice":
            return raw + raw
        case "nested":
            return gzip.compress(raw, mtime=0)
    return raw


@st.composite
def zips(draw: Callable[..., Any]) -> bytes:
    """A zip file as Syne Tune writes it, or a damaged one."""
    made = io.BytesIO()
    with zipfile.ZipFile(
        made, "w", draw(st.sampled_from((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2)))
    ) as packed:
        for name in draw(
            st.lists(
                st.sampled_from(("results.csv", "../results.csv", "/etc/passwd", "a/b")), max_size=2, unique=True
            )
        ):
            packed.writestr(name, draw(texts("syne-tune")))
    raw = made.getvalue()
    return draw(st.one_of(st.just(raw), damaged(raw, (b"PK\x03\x04", b"\xff" * 8, b"\0" * 8))))


def _text(series: pl.Series) -> pl.Series:
    return pl.Series(series.name, [str(value) for value in series.to_list()], pl.String)


#: What a column may be replaced by; None removes it.
OTHERWISE: dict[str, Callable[[pl.Series], pl.Series | None]] = {
    "dropped": lambda column: None,
    "text": _text,
    "categories": lambda column: _text(column).cast(pl.Categorical),
    "bytes": lambda column: _text(column).cast(pl.Binary),
    "lists": lambda column: pl.Series(column.name, [[value] for value in _text(column)]),
    "structs": lambda column: pl.Series(column.name, [{"a": value} for value in _text(column)]),
    "nothing": lambda column: pl.Series(column.name, [None] * len(column)),
    "float": lambda column: _text(column).cast(pl.Float32, strict=False),
    "small": lambda column: _text(column).cast(pl.UInt8, strict=False),
    "truth": lambda column: pl.Series(column.name, [True] * len(column)),
    "dates": lambda column: pl.Series(column.name, [date(2001, 1, 1)] * len(column)),
}


@st.composite
def parquets(draw: Callable[..., Any], kind: str = "csv") -> bytes:
    """A Parquet file: sound, of odd types, or with some of its bits flipped."""
    frame = pl.read_csv(draw(st.sampled_from(TEXT_TABLES[kind])).encode())
    for _ in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from(frame.columns))
        other = OTHERWISE[draw(st.sampled_from(sorted(OTHERWISE)))](frame[name])
        frame = frame.drop(name) if other is None else frame.with_columns(other)
    frame = frame.head(draw(st.sampled_from((frame.height, frame.height, 1, 0))))
    made = io.BytesIO()
    frame.write_parquet(made, compression=draw(st.sampled_from(("uncompressed", "snappy", "zstd", "gzip"))))
    raw = made.getvalue()
    return draw(st.one_of(st.just(raw), flipped(raw), flipped(raw), damaged(raw, (b"PAR1", b"\0" * 8))))


@st.composite
def flipped(draw: Callable[..., Any], raw: bytes) -> bytes:
    """A file with one to three bits flipped."""
    changed = bytearray(raw)
    for _ in range(draw(st.integers(1, 3))):
        changed[draw(st.integers(0, len(raw) - 1))] ^= 1 << draw(st.integers(0, 7))
    return bytes(changed)
