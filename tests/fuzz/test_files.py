"""Any file as curves, as a trace or as another program's log is read, or refused with line and column."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.oracle import asha_sim, check, content, tally
from tests.fuzz.tables import gzips, parquets, texts, zips
from tests.support.budgets import budget
from tests.support.runner import LIMIT

SCENARIO = (
    "searchers:\n  A: {name: asha, max_trials: 4, max_length: 9, num_rungs: 2, divisor: 3}\n"
    "curves: {kind: recorded, file: FILE, interpolate: linear, resample: true}\n"
    "cluster: {workers: 2, preemption: {series: spells.csv}}\nstop: {time: 9 h}\n"
)
#: A refusal names line and field of a text, and just the name of any other file.
TEXT = re.compile(r"(\S+\.csv(\.gz)?:\d+:\d+|\S+\.csv\.gz|s\.yaml:\d+:\d+): .")
NAMED = re.compile(r"(\S+\.(csv|csv\.gz|parquet|jsonl|json|zip)(:\d+(:\d+)?)?|s\.yaml:\d+:\d+|\S*exp): .")
#: Beginnings of refusals by the command that compares real runs with simulations: a file, or the label of its trace.
REAL = re.compile(r"(\S+\.csv(:\d+:\d+)?|s\.yaml(:\d+:\d+)?|t): .")
REAL_CURVES = Path(__file__).parents[1] / "data" / "reality" / "curves" / "digits-0-40-27-x1.csv"
REAL_SCENARIO = (
    "searchers:\n  A: {name: asha, max_trials: 4, max_length: 3, num_rungs: 2, divisor: 3}\n"
    f"curves: {{kind: recorded, file: {REAL_CURVES}}}\ncluster: {{workers: 2}}\n"
)


def tried(
    name: str,
    raw: bytes,
    places: re.Pattern[str],
    *commands: tuple[str, ...],
    scenario: str = "",
    limit: float = LIMIT,
) -> None:
    """Put a file into a folder of its own and give it to some commands."""
    tally["files"] += 1
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder_name:
        folder = Path(folder_name)
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(raw)
        if scenario:
            (folder / "s.yaml").write_text(scenario)
        if name != "spells.csv":
            (folder / "spells.csv").write_text("up_s,down_s\n3600,60\n")
        before = content(folder)
        for command in commands:
            check(asha_sim(*command, cwd=folder, limit=limit), places, before, folder)
            before = content(folder)


RUN = ("run", "s.yaml", "--json")


@given(texts("csv"))
@budget(test=60, fuzz=4000)
def test_curves_as_text(raw):
    tried("c.csv", raw, TEXT, ("curves", "describe", "c.csv"), RUN, scenario=SCENARIO.replace("FILE", "c.csv"))


@given(gzips())
@budget(test=30, fuzz=1500)
def test_curves_packed(raw):
    tried(
        "c.csv.gz",
        raw,
        TEXT,
        ("curves", "describe", "c.csv.gz", "--json"),
        RUN,
        scenario=SCENARIO.replace("FILE", "c.csv.gz"),
    )


@given(parquets())
@budget(test=6, fuzz=500)
def test_curves_as_parquet(raw):
    tried(
        "c.parquet", raw, NAMED, ("curves", "describe", "c.parquet"), scenario=SCENARIO.replace("FILE", "c.parquet")
    )


@given(texts("spells"))
@budget(test=30, fuzz=1000)
def test_spells(raw):
    scenario = SCENARIO.replace("kind: recorded, file: FILE, interpolate: linear, resample: true", "kind: ordered")
    tried("spells.csv", raw, TEXT, RUN, scenario=scenario)


@given(texts("available"))
@budget(test=30, fuzz=1000)
def test_availability(raw):
    scenario = SCENARIO.replace("kind: recorded, file: FILE, interpolate: linear, resample: true", "kind: ordered")
    scenario = scenario.replace("series: spells.csv", "availability: available.csv")
    tried("available.csv", raw, TEXT, RUN, scenario=scenario)


@given(texts("trace"))
@budget(test=40, fuzz=2000)
def test_traces_as_text(raw):
    tried(
        "t.csv",
        raw,
        TEXT,
        ("trace", "describe", "t.csv"),
        ("trace", "describe", "t.csv", "--json", "--time-unit", "d"),
    )


@given(parquets("trace"))
@budget(test=6, fuzz=400)
def test_traces_as_parquet(raw):
    tried("t.parquet", raw, NAMED, ("trace", "describe", "t.parquet", "--json"))


@given(texts("trace"))
@budget(test=4, fuzz=100)
def test_traces_drawn(raw):
    tried(
        "t.csv",
        raw,
        TEXT,
        ("animate", "t.csv", "--out", "out", "--style", "timeline", "--format", "html,perfetto"),
        ("plot", "t.csv", "--out", "plots", "--kind", "gantt,split"),
        limit=10 * LIMIT,  # a picture takes its time
    )


@given(texts("trace"))
@budget(test=15, fuzz=1000)
def test_traces_held_against_simulations(raw):
    tried(
        "t.csv",
        raw,
        REAL,
        ("calibrate", "t.csv", "-o", "part.yaml"),
        ("calibrate", "t.csv", "--curves", str(REAL_CURVES), "--json", "-o", "curved.yaml"),
        ("backtest", "t.csv", "s.yaml", "--runs", "20"),
        scenario=REAL_SCENARIO,
    )


LOGS = {
    "csv": ("c.csv", texts("csv")), "csv.gz": ("c.csv.gz", gzips()), "parquet": ("c.parquet", parquets()),
    "jsonl": ("c.jsonl", texts("jsonl")), "lcbench": ("c.json", texts("lcbench")), "wandb": ("c.csv", texts("wandb")),
    "syne-tune": ("exp/results.csv.zip", zips()), "ray": ("exp/result.json", texts("jsonl")),
}  # fmt: skip


@st.composite
def logs(draw):
    """A file that another program may have written, and how it is imported."""
    kind = draw(st.sampled_from(sorted(set(LOGS) - ({"parquet", "jsonl"} if draw(st.integers(0, 3)) else set()))))
    name, files = LOGS[kind]
    options = ["--mode", "min", "--censored", draw(st.sampled_from(("drop", "hold", "extrapolate")))]
    options += ["--metric", "loss"] if kind not in {"lcbench"} else []
    options += draw(
        st.sampled_from(([], ["--grid", "1,3"], ["--offset", "1"], ["--offset", "-1"], ["--time-unit", "h"]))
    )
    source = "exp" if name.startswith("exp") else name
    return (
        name,
        draw(files),
        ("curves", "import", source, "--from", kind.removesuffix(".gz"), "-o", "out.csv", *options),
    )


@given(logs())
@budget(test=40, fuzz=1500)
def test_logs_of_other_programs(log):
    name, raw, command = log
    tried(name, raw, NAMED, command)
