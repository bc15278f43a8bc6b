"""The report on a plan for searchers that run one by one."""

from __future__ import annotations

from functools import partial

from simulator.planning.planner import Answer
from simulator.planning.report import report, sentences
from simulator.planning.report.assumptions import HEAD, assumptions
from simulator.planning.report.charts import charts, draw_times
from simulator.planning.report.contents import Contents, Table


def contents(answer: Answer) -> Contents:
    """What the report on an answer says."""
    chosen = answer.advice.chosen
    names = None if chosen is None else report.listed(answer).index(chosen)
    return Contents(
        answer.loaded,
        answer.seed,
        question=sentences.question(answer),
        answer=sentences.sentence(answer),
        sure=sentences.sure(answer),
        risk=sentences.risk(answer),
        remarks=list(sentences.remarks(answer)),
        assumptions=Table("What it rests on", HEAD, assumptions(answer)),
        options=Table("All options", report.head(answer), report.rows(answer), names),
        further=[_sensitivity(answer)],
        charts=partial(charts, answer),
        draw=partial(draw_times, answer),
        data={"plan.json": report.json_text(answer), "table.csv": report.csv_text(answer)},
    )


def _sensitivity(answer: Answer) -> Table:
    """A table: the figures of the answer if one quantity is halved or doubled, and what would change the decision."""
    advice, plan, unit = answer.advice, answer.plan, answer.loaded.scenario.time_unit
    base, asked = answer.fresh, plan.asked
    head = (
        "",
        *((sentences.goal(plan),) if asked else ()),
        f"{report.UNIT_NAMES[unit]}, median",
        "cost, mean" if advice.priced else "worker-hours, mean",
        *(("decision changes",) if answer.turns is not None else ()),
    )
    turns = {(turn.what, turn.factor > 1): sentences.turn(turn) for turn in answer.turns or () if turn.share is None}
    rows = []
    for way, option in ((None, base), *answer.sensitivity):
        name = f"{base.name}, as planned" if way is None else way.name
        spent = (
            sentences.money(option.mean_cost.estimate)
            if advice.priced
            else sentences.hours(option.mean_hours.estimate)
        )
        met = (sentences.share(option.met, plan.confidence),) if asked else ()
        time = sentences.time(option.time_s.middle, unit).removesuffix(f" {unit}")
        there = None if way is None else turns.pop((way.what, way.factor > 1), "not by twice or half as much")
        rows.append((name, *met, time, spent, *(((there or ""),) if answer.turns is not None else ())))
    rows += [(what, *[""] * (len(head) - 2), text) for (what, _), text in turns.items()]  # in no row above
    return Table("If things were otherwise", head, rows)
