"""The trace as saved."""

import csv
import io
import math
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.engine import Cluster, simulate
from simulator.core.ticks import LIMIT, to_seconds
from simulator.searchers.halving import sha
from simulator.trace.trace import COLUMNS, Outcome, Spell, Spells, Trace
from tests.support.budgets import budget
from tests.support.worlds import UNIT, World

ROOT = Path(__file__).parents[2]


def small():
    return simulate(
        sha(max_trials=2, max_length=2, divisor=2),
        World(loss=lambda trial, resource: float("inf") if trial else 0.5),
        Cluster(1),
        stop=5 * UNIT // 2,
        meta={"seed": 7},
    )


def test_csv_has_seconds_and_words(tmp_path):
    small().write_csv(tmp_path / "deep" / "trace.csv")

    assert (tmp_path / "deep" / "trace.csv").read_text() == (
        "worker,trial,bracket,rung,from_resource,to_resource,start,end,outcome,loss,overhead,lost\n"
        "0,0,0,0,0,1,0.0,1.0,completed,0.5,0.0,0.0\n"
        "0,1,0,0,0,1,1.0,2.0,completed,inf,0.0,0.0\n"
        "0,0,0,1,1,2,2.0,2.5,cut,,0.0,0.0\n"
    )
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["trace.csv"]


def test_spells_as_saved(tmp_path):
    Spells.from_rows([(3, 0, UNIT, Spell.BOOT), (3, UNIT, 5 * UNIT // 2, Spell.DOWN)]).write_csv(
        tmp_path / "spells.csv"
    )

    assert (tmp_path / "spells.csv").read_text() == "worker,start,end,kind\n3,0.0,1.0,boot\n3,1.0,2.5,down\n"


def test_parquet_holds_the_same(tmp_path):
    small().write_csv(tmp_path / "trace.csv")
    small().write_parquet(tmp_path / "trace.parquet")
    frame = pl.read_parquet(tmp_path / "trace.parquet")
    lines = list(csv.reader((tmp_path / "trace.csv").read_text().splitlines()))

    assert tuple(frame.columns) == COLUMNS
    assert [["" if cell is None else str(cell) for cell in row] for row in frame.rows()] == lines[1:]
    assert pl.read_parquet_metadata(tmp_path / "trace.parquet")["seed"] == "7"


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(
            *[st.integers(0, 2**31 - 1)] * 6, *[st.integers(0, LIMIT)] * 2, st.sampled_from(Outcome), st.floats(),
            *[st.integers(0, LIMIT)] * 2,
        ),
        max_size=20,
    )
)  # fmt: skip
@budget(test=100, fuzz=5000)
def test_csv_is_what_python_would_write(tmp_path_factory, rows):
    """The file is the same as that of the standard library's writer with Python's repr of every float."""
    expected = io.StringIO()
    writer = csv.writer(expected, lineterminator="\n")
    writer.writerow(COLUMNS)
    for *whole, start, end, outcome, loss, overhead, lost in rows:
        shown = "" if math.isnan(loss) else loss
        times = map(to_seconds, (start, end, overhead, lost))
        writer.writerow([*whole, next(times), next(times), outcome.name.lower(), shown, *times])
    path = tmp_path_factory.getbasetemp() / "written.csv"

    Trace.from_rows(rows, label="", workers=1, max_length=1).write_csv(path)

    assert path.read_text() == expected.getvalue()


@pytest.mark.slow
def test_a_full_disk_is_an_error_for_people(tmp_path):
    """Neither file of a run that doesn't fit on the disk is left half written, and no traceback."""
    for name in ("trace.csv", "trace.parquet"):
        code = (
            "import sys; from pathlib import Path; from tests.trace.test_trace import small; from simulator.core.errors import *\n"
            "import polars, resource, signal\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
            "path = Path(sys.argv[1])\n"
            "try: (small().write_csv if path.suffix == '.csv' else small().write_parquet)(path)\n"
            "except (InputError, RunError) as error: print(error)"
        )
        done = subprocess.run(  # bytecode would be cut off, too, for all later commands
            [sys.executable, "-B", "-c", code, tmp_path / name], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert "cannot be written: File too large" in done.stdout, done.stderr
    assert list(tmp_path.iterdir()) == []
