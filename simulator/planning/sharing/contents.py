"""The report on a plan over searches that share a cluster."""

from __future__ import annotations

from functools import partial

from simulator.planning.report.assumptions import HEAD
from simulator.planning.report.contents import Contents, Table
from simulator.planning.sharing import words
from simulator.planning.sharing.assumptions import assumptions
from simulator.planning.sharing.charts import charts, draw_shares
from simulator.planning.sharing.planner import SharedAnswer


def contents(found: SharedAnswer) -> Contents:
    """What the report on an answer says."""
    best = None if found.chosen is None else found.options.index(found.chosen)
    return Contents(
        found.loaded,
        found.seed,
        question=words.question(found),
        answer=words.sentence(found),
        sure=words.sure(found),
        risk=words.risk(found),
        remarks=words.remarks(found),
        assumptions=Table("What it rests on", HEAD, assumptions(found)),
        options=Table("All options", words.head(found), words.rows(found), best),
        further=(),
        charts=partial(charts, found),
        draw=partial(draw_shares, found),
        data={"plan.json": words.json_text(found), "table.csv": words.csv_text(found)},
    )
