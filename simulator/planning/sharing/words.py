"""The answer of a plan over searches: sentences, the rows of its table, and its numbers as JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import numpy as np

from simulator.core import escaping, formatting, ticks
from simulator.core.streams import DRAWS_VERSION
from simulator.planning import statistics
from simulator.planning.sharing.options import LEVEL, SharedOption
from simulator.planning.sharing.planner import SharedAnswer
from simulator.planning.statistics import Interval


def sentence(found: SharedAnswer) -> str:
    """The answer in one sentence."""
    asked, within, chosen = formatting.level(found.plan.confidence), stay(found), found.chosen
    if chosen is None:
        return f"No option here gets {asked} of the searches done within {within}."
    return (
        f"{chosen.name}: {_share(found.fresh.in_time)} of the searches are done within {within}; {asked} were asked."
    )


def question(found: SharedAnswer) -> str:
    """The question in one sentence."""
    asked = formatting.level(found.plan.confidence)
    return f"How many workers, and which, for {asked} of the searches to be done within {stay(found)}?"


def sure(found: SharedAnswer) -> str:
    """The certainty of the answer in one or two sentences."""
    option = found.fresh
    if found.named.overloaded:
        return "All options are overloaded: searches wait longer and longer, and no stay can be promised."
    searches = int(option.runs["searches"].sum())
    plural = "" if searches == 1 else "es"
    runs = f"{formatting.counted(found.runs, 'fresh run')} with {searches:,} search{plural} in all"
    mean = option.mean_stay_s
    stayed = "" if mean is None else f" They stay {_times(mean, found.loaded.scenario.time_unit)} on average."
    return f"{_share(option.in_time)} of the searches are done within {stay(found)}, in {runs}.{stayed}"


def risk(found: SharedAnswer) -> str:
    """The main risk that the answer is wrong."""
    option, asked = found.fresh, found.plan.confidence
    if found.named.overloaded or option.overloaded:
        return f"More work arrives than {option.name} can do. Only more or faster machines, or less work, help."
    if found.chosen is not None and option.in_time.low < asked:
        low = formatting.percent(option.in_time.low, unlike=asked)
        share = formatting.level(asked)
        return f"The true share may be below the {share} that were asked: its interval reaches down to {low}."
    if not option.load:
        return "The intervals do not tell how wrong the curves and the times of arrival may be."
    return (
        f"The load is {option.load:.2f}. If {formatting.percent(1 / option.load - 1)} more work arrived, it would be "
        "overloaded, and stays grow before that."
    )


def remarks(found: SharedAnswer) -> list[str]:
    """Further remarks: on the chosen option and what it costs, overloaded options, other settings, certainty."""
    chosen = found.chosen
    said = [] if chosen is None else list(_of_chosen(found, chosen))  # first, since the answer names this option
    for option in found.options:
        if option.overloaded:
            load = "" if option.load is None else f" at {option.load:.2f}"
            said.append(
                f"{option.name}: overloaded{load}; searches wait longer and longer, and no stay can be promised."
            )
    said += _beside(found, chosen or found.named)
    if chosen is None and not all(option.overloaded for option in found.options):
        best = found.named
        said.append(f"Nearest is {best.name}: {_share(found.fresh.in_time)} in fresh runs.")
    said.append(f"{found.why}.")
    if found.plan.choose_by == "lower_bound":
        asked, sure = formatting.level(found.plan.confidence), formatting.level(found.plan.assurance)
        said.append(
            f"An option meets the target if the share of its searches done in time is shown, with {sure} confidence, "
            f"to be {asked} or more."
        )
    said.append(
        "Intervals are 95 % intervals of means over runs. They do not tell how wrong the curves and arrivals may be."
    )
    return said


def _of_chosen(found: SharedAnswer, chosen: SharedOption) -> Iterator[str]:
    """Sentences on the chosen option: its fresh runs, its cost, and whether it lies at an end of the grid."""
    yield from _checked(found, chosen)
    if found.fresh.owning is not None:
        yield from found.fresh.owning.sentences()
    if len(found.options) > 1 and 1 < chosen.cell.count == min(one.cell.count for one in found.options):
        yield "It is the smallest number that was tried. Fewer may be enough; `--extend` tries them."


def _checked(found: SharedAnswer, chosen: SharedOption) -> Iterator[str]:
    """Sentences on the fresh runs of the chosen option, and on how they differ from the runs that chose it."""
    yield "Its figures come from fresh runs, which were not used to choose it. The table has those that were."
    asked = found.plan.confidence
    if found.fresh.overloaded and not chosen.overloaded:
        yield "In most of its fresh runs the queue grows: it may be overloaded."
    if found.fresh.in_time.estimate < asked:
        seen = formatting.percent(chosen.in_time.estimate, unlike=asked)
        yield (
            f"It was chosen because in its first runs {seen} of the searches were done in time. In its fresh runs "
            f"fewer were than the {formatting.level(asked)} that were asked for."
        )


def _beside(found: SharedAnswer, option: SharedOption) -> Iterator[str]:
    """Sentences on other settings with the same number of workers, compared run by run under the same seeds."""
    for other in found.options:
        if other is option or other.cell.count != option.cell.count or other.overloaded or option.overloaded:
            continue
        gap = _gap(option, other)
        if np.isnan(gap.estimate):
            continue
        if gap.low <= 0 <= gap.high:
            yield f"{other.name}: no difference seen in the share done in time."
        else:
            low, high = sorted(100 * abs(end) for end in (gap.low, gap.high))
            sign = "more" if gap.estimate > 0 else "fewer"
            points = f"{100 * abs(gap.estimate):.1f} ({low:.1f}–{high:.1f}) points"
            yield f"{other.name}: {points} {sign} of the searches are done in time."


def _gap(option: SharedOption, other: SharedOption) -> statistics.Interval:
    """The share done in time of `other` minus that of `option`, run by run; NaN if no run has both.

    The interval is never narrower than if the searches were independent: two runs with equal differences show little.
    """
    more = other.runs["in_time"] - option.runs["in_time"]
    both = np.isfinite(more)
    searches = np.minimum(other.runs["searches"], option.runs["searches"])[both]
    gap, net = statistics.mean(more[both], LEVEL), np.round(more[both] * searches)
    apart = statistics.paired_difference(
        int(net[net > 0].sum()), int(-net[net < 0].sum()), int(searches.sum()), LEVEL
    )
    return gap._replace(low=min(gap.low, apart.low), high=max(gap.high, apart.high))


def head(found: SharedAnswer) -> tuple[str, ...]:
    """Names of the table's columns."""
    costs = ("rent a year", "own a year") if any(option.owning for option in found.options) else ()
    return ("option", "load", "busy", f"within {stay(found)}", "stay, mean", *costs)


def rows(found: SharedAnswer) -> list[tuple[str, ...]]:
    """A row for each option; an overloaded option has no stay."""
    unit, table = found.loaded.scenario.time_unit, []
    priced = any(option.owning for option in found.options)
    for option in found.options:
        mean = option.mean_stay_s
        mean_stay = "—" if mean is None else _times(mean, unit)
        costs = [] if not priced else ["—", "—"] if option.owning is None else option.owning.cells()
        load = "—" if option.load is None else f"{option.load:.2f}"
        figures = ("overloaded", "—") if option.overloaded else (_share(option.in_time), mean_stay)
        table.append((option.name, load, formatting.percent(option.utilization), *figures, *costs))
    return table


def numbers(found: SharedAnswer) -> dict[str, Any]:
    """The whole answer as plain values for JSON."""
    return {
        "scenario": found.loaded.title,
        "scenario_sha256": found.loaded.digest,
        "seed": found.seed,
        "asha_simulator": version("asha-simulator"),
        "draws": DRAWS_VERSION,
        "answer": sentence(found),
        "remarks": remarks(found),
        "stay_s": ticks.to_seconds(found.stay),
        "confidence": found.plan.confidence,
        "replicates": found.runs,
        "recommended": None if found.chosen is None else found.chosen.name,
        "fresh": _option(found, found.fresh),
        "options": [_option(found, option) for option in found.options],
    }


def _option(found: SharedAnswer, option: SharedOption) -> dict[str, Any]:
    return {
        "option": option.name,
        "choice": dict(option.cell.choice),
        "workers": option.cell.count,
        "load": option.load,
        "overloaded": option.overloaded,
        "utilization": option.utilization,
        "in_time": option.in_time._asdict(),
        "in_time_surely": option.surely,
        "mean_stay_s": None if option.mean_stay_s is None else option.mean_stay_s._asdict(),
        "does": found.does(option),
        "ownership": None if option.owning is None else option.owning.as_dict(),
    }


def json_text(found: SharedAnswer) -> str:
    """The whole answer as JSON text."""
    return escaping.json_text(numbers(found)) + "\n"


def csv_text(found: SharedAnswer) -> str:
    """The options with all their figures as CSV, one per row."""
    flat = [_flat(option) for option in numbers(found)["options"]]
    out = io.StringIO(newline="")
    titles = list(dict.fromkeys(key for row in flat for key in row))
    writer = csv.DictWriter(out, titles, lineterminator="\n")
    writer.writerow({key: escaping.csv_cell(key) for key in titles})
    for row in flat:
        writer.writerow({key: "" if value is None else escaping.csv_cell(str(value)) for key, value in row.items()})
    return out.getvalue()


def _flat(value: dict[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, one in value.items():
        found |= _flat(one, f"{before}{key}.") if isinstance(one, dict) else {f"{before}{key}": one}
    return found


def stay(found: SharedAnswer) -> str:
    """The stay that was asked for, in words."""
    return formatting.time(found.stay, found.loaded.scenario.time_unit)


def _share(share: Interval) -> str:
    low, high = (formatting.percent(end).removesuffix(" %") for end in (share.low, share.high))
    return f"{formatting.percent(share.estimate)} ({low}–{high} %)"


def _times(mean: Interval, unit: str) -> str:
    estimate, low, high = (formatting.time(ticks.from_seconds(max(one, 0)), unit) for one in mean)
    return f"{estimate} ({low.removesuffix(f' {unit}')}–{high.removesuffix(f' {unit}')})"
