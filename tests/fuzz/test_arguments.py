"""With any arguments, every command ends with status 0, 1 or 2, and says what is wrong."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.documents import CURVES, SMALL
from tests.fuzz.oracle import asha_sim, content, tally
from tests.fuzz.tables import TRACE
from tests.support.budgets import budget
from tests.support.runner import LIMIT

COMMANDS = (
    ("run",), ("check",), ("preview",), ("schema",), ("animate",), ("plot",), ("explore",), ("plan",), ("trace", "describe"), ("trace",),
    ("curves", "describe"), ("curves", "import"), ("curves", "fit"), ("curves", "record"), ("curves",), (), ("fly",),
    ("calibrate",), ("backtest",),
)  # fmt: skip
OPTIONS = (
    "--out", "-o", "--seed", "--json", "--resume", "--style", "--format", "--also", "--kind", "--seeds", "--jobs", "--backend", "--address",
    "--workers", "--time-unit", "--from", "--censored", "--metric", "--mode", "--grid", "--offset", "--trace", "--study", "--trial-column",
    "--figure", "--theme", "--maximise", "--minimise", "--family", "--replicates", "--help", "--version", "--configurations", "--epochs", "--", "-", "-x",
    "--width", "--height", "--seconds", "--speed", "--fps", "--palette", "--font", "--texts", "--title", "--loop", "--snippet", "--check",
    "--save", "--extend", "--laws", "--set", "--pilots", "--trials", "--max-length", "--price", "--spot-up", "--deadline", "--start", "--budget", "--confidence",
    "--curves", "--holdout", "--as-is", "--searcher", "--runs",
    "--vary", "--no", "--seed=1", "--out=", "--show-completion",
)  # fmt: skip
VALUES = (
    "s.yaml", "plan.yaml", "c.csv", "t.csv", "none.yaml", "none.csv", "folder", ".", "/dev/null", "/dev/zero", "pipe.csv", "pipe.yaml", "loop.csv",
    "", " ", "a\0b", "\udcff", "é", "x" * 300, "x/" * 2000, "-1", "0", "1", "2", "3", str(2**63 - 1), str(2**63), str(-(2**63)), "1" * 400, "1" * 5000, "1.5", "nan",
    "gif", "png,svg", "gif,gif", ",", "timeline", "docs", "side", "all", "light", "both", "md", "360", "740", "gantt", "1,3,9", "0,1", "a,b", "csv", "optuna", "ray", "loky", "dask", "tcp://127.0.0.1:1", "hold",
    "cluster.workers=1,2", "seed=0,1", "=", "min", "loss", "s", "h", "out", "out.csv", "out.parquet", "out.png", "out.txt", "new/out.csv", "s.yaml/out", "\x1b[31m", "$(id)", "--", "[red]", "%s", "@",
)  # fmt: skip


@st.composite
def arguments(draw):
    """A command, its likely arguments, and others anywhere among them."""
    words = list(draw(st.sampled_from(COMMANDS)))
    likely = st.sampled_from(
        (
            ["s.yaml"],
            ["s.yaml", "--out", "out"],
            ["c.csv"],
            ["t.csv"],
            ["c.csv", "--from", "csv", "-o", "out.csv"],
            ["t.csv", "--curves", "c.csv", "-o", "out.yaml"],
            ["t.csv", "s.yaml", "--runs", "20"],
            [],
        )
    )
    rest = draw(likely)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(rest)))
        rest[at:at] = draw(
            st.one_of(
                st.tuples(st.sampled_from(OPTIONS), st.sampled_from(VALUES)),
                st.tuples(st.sampled_from(VALUES)),
                st.tuples(st.text(max_size=5)),
            )
        )
    return [*words, *rest]


def slow(words):
    """Whether arguments need a pool of processes, real training or many pictures, which other tests try."""
    return (
        words[:1] == ["plan"]
        or words[:2] in (["curves", "record"], ["curves", "fit"])
        or any(word in {"--seeds", "optuna"} for word in words)
    )


@given(arguments())
@budget(test=120, fuzz=4000)
def test_any_arguments(words):
    tally["argument lists"] += 1
    if slow(words):
        words = [*words, "--no-such-option"]
    if words[:1] == ["explore"]:  # without a file to write, it would serve until it is ended
        words = [*words, "-o", "out.html"]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        fill(folder)
        before = content(folder)
        ended = asha_sim(*words, cwd=folder, limit=5 * LIMIT)  # pictures may be asked for
        said = f"{words} ended with {ended.returncode}, saying {ended.stderr!r}"
        assert ended.returncode in {0, 1, 2}, said
        assert "Traceback" not in ended.stderr, said
        if ended.returncode:
            assert ended.stderr.strip(), said
            assert content(folder) == before, said
        hidden = [left for left in content(folder) - before if Path(left).name.startswith(".")]
        assert not hidden, said


def fill(folder: Path) -> None:
    """Some files to name."""
    import os

    (folder / "s.yaml").write_text(SMALL[0])
    (folder / "c.csv").write_text(CURVES)
    (folder / "t.csv").write_text(TRACE)
    (folder / "folder").mkdir()
    for pipe in ("pipe.csv", "pipe.yaml"):
        os.mkfifo(folder / pipe)
    (folder / "loop.csv").symlink_to("loop.csv")
