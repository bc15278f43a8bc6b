"""The trace as saved."""

import csv

import polars as pl

from simulator.cluster.engine import Cluster, simulate
from simulator.searchers.halving import sha
from simulator.trace import COLUMNS, Spell, Spells
from tests.worlds import UNIT, World


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
