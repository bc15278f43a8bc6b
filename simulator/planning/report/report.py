"""The answer as text: JSON, CSV, and the rows of its table."""

from __future__ import annotations

import csv
import io
from importlib.metadata import version
from math import isfinite
from typing import Any

from simulator.core import escaping
from simulator.core.formatting import level, percent
from simulator.core.streams import DRAWS_VERSION
from simulator.planning.choice import SAME
from simulator.planning.options import Option, Share, Spread
from simulator.planning.planner import Answer
from simulator.planning.report import sentences
from simulator.planning.statistics import Interval

#: Number of digits of figures in files; further digits differ between processors.
DIGITS = 9
#: Shares of the runs whose times always have a column, in addition to the plan's own share.
KNOWN = (0.5, 0.9)
#: Names of the time units in the table's titles.
UNIT_NAMES = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def head(answer: Answer) -> tuple[str, ...]:
    """The table's columns."""
    unit, plan = UNIT_NAMES[answer.loaded.scenario.time_unit], answer.plan
    within = ["in time"] if plan.deadline is not None else []
    if plan.budget is not None:
        within.append("budget" if within else "in budget")
    cost = ("cost, mean", "cost, dearest 10 %") if answer.advice.priced else ()
    surely = () if plan.confidence in KNOWN else (f"{level(plan.confidence)} of runs",)
    quantiles = "fastest 10 %", "median", "slowest 10 %", *surely
    return (
        "option",
        *(f"{unit}, {name}" for name in quantiles),
        *((" and ".join(within) or "reached",) if within or plan.target else ()),
        "worker-hours",
        *cost,
        "busy",
        "best loss",
    )


def rows(answer: Answer) -> list[tuple[str, ...]]:
    """The table's rows, one for each option, in the order of `listed`."""
    return [_cells(answer, option) for option in listed(answer)]


def listed(answer: Answer) -> list[Option]:
    """All options; options that differ only in their number of workers are together, the smallest first."""
    return [option for one in answer.advice.series for option in one.options]


def json_text(answer: Answer) -> str:
    """The whole answer as JSON."""
    return escaping.json_text(_numbers(answer)) + "\n"


def csv_text(answer: Answer) -> str:
    """The options with all their figures as CSV, one per row; the time to a target that is never reached is `inf`."""
    flat = [_flat(_option(option)) for option in listed(answer)]
    out = io.StringIO(newline="")
    titles = list(dict.fromkeys(key for row in flat for key in row))  # only some options may rest on pilots
    writer = csv.DictWriter(out, titles, lineterminator="\n")
    writer.writerow({key: escaping.csv_cell(key) for key in titles})
    for row in flat:
        writer.writerow({key: _cell(key, value) for key, value in row.items()})
    return out.getvalue()


def _cells(answer: Answer, option: Option) -> tuple[str, ...]:
    unit, plan, priced = answer.loaded.scenario.time_unit, answer.plan, answer.advice.priced

    def time(seconds: float) -> str:
        return sentences.time(seconds, unit).removesuffix(f" {unit}")

    spread = [*map(time, option.time_s)]
    if plan.confidence not in KNOWN:
        spread.append(time(option.surely_s.estimate))
    return (
        option.name,
        *spread,
        *((sentences.share(option.met, plan.confidence),) if plan.asked else ()),
        sentences.hours(option.mean_hours.estimate),
        *((sentences.money(option.mean_cost.estimate), sentences.money(option.cost.high)) if priced else ()),
        percent(option.utilization),
        f"{option.best_loss:.4g}" if isfinite(option.best_loss) else "—",
    )


def _numbers(answer: Answer) -> dict[str, Any]:
    advice = answer.advice
    return {
        "scenario": answer.loaded.title,
        "scenario_sha256": answer.loaded.digest,
        "seed": answer.seed,
        "asha_simulator": version("asha-simulator"),
        "draws": DRAWS_VERSION,
        "answer": sentences.sentence(answer),
        "remarks": list(sentences.remarks(answer)),
        "replicates": answer.replicates,
        "confidence": answer.plan.confidence,
        "choice": {
            "by": answer.plan.choose_by,
            "assurance": answer.plan.assurance if answer.plan.choose_by == "lower_bound" else None,
            "ground": advice.ground,
            "tolerance": SAME if advice.ground == "expense" else None,
            "compared_with": None if advice.base is None else _name(advice.base),
        },
        "recommended": None if advice.chosen is None else _option(answer.fresh),
        "nearest": _option(answer.fresh) if advice.chosen is None else None,
        "seen_when_chosen": _option(advice.chosen or advice.nearest),
        "not_told_apart": [_name(option) for option in advice.tied],
        "edge_of_grid": next(iter(advice.edges.values()), None),
        "conflict": None
        if advice.conflict is None
        else {
            "in_time": None if advice.conflict.in_time is None else _name(advice.conflict.in_time),
            "within_budget": None if advice.conflict.affordable is None else _name(advice.conflict.affordable),
        },
        "failing_larger_counts": [] if advice.best is None else [option.count for option in advice.best.failing],
        "knee": None if advice.knee is None else _name(advice.knee),
        "pareto_front": [_name(option) for option in advice.front],
        "series": [
            {
                "setting": one.setting,
                "searcher": one.label,
                "workers": None if one.chosen is None else one.chosen.count,
                "failing_larger_counts": [option.count for option in one.failing],
            }
            for one in advice.series
        ],
        "options": [_option(option) for option in listed(answer)],
        "differences": [
            {
                "workers": found.one.count,
                "setting": found.one.cell.setting,
                "searcher": found.one.label,
                "less": found.other.label,
                "pairs": found.pairs,
                "compare": found.comparable,
                "seconds": _interval(found.seconds),
                "share": _interval(found.share),
                "cost": _interval(found.cost),
                "cost_kept_to_the_end": _interval(found.kept),
                "cost_let_go_when_drained": _interval(found.drained),
                "seen": found.seen,
            }
            for found in advice.differences
        ],
        "sensitivity": [
            {
                "variation": variation.name,
                "met": _interval(option.met),
                "time_s": _spread(option.time_s),
                "cost": _spread(option.cost),
                "mean_cost": _interval(option.mean_cost),
            }
            for variation, option in answer.sensitivity
        ],
        "decision_changes": None
        if answer.turns is None
        else [
            {
                "with": turn.what,
                "factor": None if turn.share is not None else _number(turn.factor),
                "share_of_sets": None if turn.share is None else _number(turn.share),
                "then": None if turn.now is None else _name(turn.now),
            }
            for turn in answer.turns
        ],
    }


def _name(option: Option) -> dict[str, Any]:
    return {"workers": option.count, "setting": option.cell.setting, "searcher": option.label}


def _option(option: Option) -> dict[str, Any]:
    return {
        **_name(option),
        "values": dict(option.cell.choice),
        "replicates": option.replicates,
        "reached": _number(option.reached),
        "met": _interval(option.met),
        "in_time": _interval(option.in_time),
        "within_budget": _interval(option.affordable),
        "time_s": {**_spread(option.time_s), "confidence": _number(option.surely_s.estimate)},
        "median_time_s": _interval(option.median_s),
        "time_s_at_confidence": _interval(option.surely_s),
        "mean_time_s": _interval(option.mean_time_s),
        "worker_hours": _spread(option.worker_hours),
        "mean_worker_hours": _interval(option.mean_hours),
        "cost": _spread(option.cost),
        "mean_cost": _interval(option.mean_cost),
        "mean_cost_kept_to_the_end": _interval(option.kept),
        "mean_cost_let_go_when_drained": _interval(option.drained),
        **({"known": _known(option)} if option.ignorance else {}),
        "utilization": _number(option.utilization),
        "units": _number(option.units),
        "best_loss": _number(option.best_loss),
    }


def _known(option: Option) -> dict[str, Any]:
    """Shares and the median time with their full uncertainty, for an option that rests on pilots."""
    found = option.ignorance
    told = {name: _interval(interval) for name, interval in option.known._asdict().items()}
    about = {} if found is None else {"pilots": found.pilots, "too_few": found.too_few, "cluster": found.cluster}
    return {**about, **told}


def _spread(spread: Spread) -> dict[str, float | None]:
    return dict(zip(("q10", "q50", "q90"), map(_number, spread), strict=True))


def _interval(interval: Interval | Share) -> dict[str, float | None]:
    return {name: _number(value) for name, value in interval._asdict().items()}


def _number(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if isfinite(value) else None


def _flat(tree: dict[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= _flat(value, f"{before}{key}.") if isinstance(value, dict) else {f"{before}{key}": value}
    return flat


def _cell(key: str, value: Any) -> Any:
    if value is None:
        return _absent(key)
    return escaping.csv_cell(value) if isinstance(value, str) else value


def _absent(key: str) -> str:
    """The cell for a missing figure: "inf" for a time that never came, else empty."""
    return "inf" if key.startswith(("time_s", "median_time_s")) else ""
