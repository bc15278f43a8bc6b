"""The results of a run of many searches, as a table and as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.core import formatting, ticks
from simulator.trace.queueing import Queueing

HEAD = ("", "searches", "done", "wait, mean", "wait, 90 %", "stay, mean", "stay, 90 %", "slowdown", "cost")


def table(found: Queueing, unit: str) -> list[tuple[str, ...]]:
    """A row for each label: searches that arrived after the warm-up, how many are done, their waits and stays."""
    priced = bool(found.about["cost"])
    rows = []
    for label, about in found.about["labels"].items():
        waits = [_time(about["wait_s"], key, unit) for key in ("mean", "p90")]
        stays = [_time(about["stay_s"], key, unit) for key in ("mean", "p90")]
        slowdown = about["slowdown"]
        rows.append(
            (
                label,
                f"{about['searches']:,}",
                f"{about['done']:,}",
                *waits,
                *stays,
                "—" if slowdown is None else f"{slowdown['mean']:.2f}",
                f"{about['cost']:,.2f}" if priced else "—",
            )
        )
    return rows


def sentences(found: Queueing, unit: str) -> list[str]:
    """Sentences about the run as a whole."""
    about = found.about
    if not about["searches"]:
        return ["No search came before the run ended."]
    return [
        *_load(about),
        *_stay(about, unit),
        *_warm_up(about, unit),
        *_unfinished(about),
        *_fairness(about),
    ]


def _load(about: Mapping[str, Any]) -> list[str]:
    load, used = about["load"], about["utilization"]
    said = []
    if about["overloaded"]:
        why = (
            f"its load is {load:.2f}: more work comes than it can do"
            if load is not None and load >= 1
            else "more and more searches wait as long as they come"
        )
        said.append(
            f"The cluster is overloaded: {why}. How long a search stays depends on how long this goes on, and no "
            "mean or quantile of it holds in general."
        )
    elif load is not None:
        said.append(f"The load is {load:.2f} of what the cluster can do.")
    if used is not None:
        said.append(f"Workers trained for {formatting.percent(used)} of the time that they were there.")
    return said


def _stay(about: Mapping[str, Any], unit: str) -> list[str]:
    if about["stay_s"] is None or about["overloaded"]:
        return []
    mean = _time(about["stay_s"], "mean", unit)
    interval = about["stay_mean_interval_s"]
    if interval is None:
        sure = ""
    else:
        low, high = (formatting.time(ticks.from_seconds(max(end, 0)), unit) for end in interval)
        sure = f", between {low} and {high} with 95 % confidence"
    said = [
        f"A search stays {mean} on average{sure}; 90 % stay no longer than {_time(about['stay_s'], 'p90', unit)}."
    ]
    if about["slowdown"] is not None:
        said.append(f"On average that is {about['slowdown']['mean']:.2f} times as long as on an empty cluster.")
    if interval is None:
        said.append("So few searches give no interval of the average.")
    if about["waited_share"] is not None:
        said.append(
            f"{formatting.percent(about['waited_share'])} of the searches wait before their first trial starts."
        )
    return said


def _warm_up(about: Mapping[str, Any], unit: str) -> list[str]:
    left = about["searches"] - about["counted"]
    since = formatting.time(ticks.from_seconds(about["warm_up_s"]), unit)
    how = "found by MSER-5" if about["warm_up_found"] else "as the scenario says"
    if not left:
        return []
    if not about["counted"]:
        return [f"No search came after the warm-up, which ends at {since}; the table has none."]
    searches = "1 search that came" if left == 1 else f"{left:,} searches that came"
    return [f"{searches} before {since} are left out as a warm-up, {how}."]


def _unfinished(about: Mapping[str, Any]) -> list[str]:
    open_ = about["searches"] - about["done"]
    if not open_:
        return []
    were = "was" if open_ == 1 else "were"
    return [
        f"{open_:,} of {about['searches']:,} searches {were} not done when the run stopped. Long stays are the "
        "likeliest to be cut off like this, so the stays that were counted may be too short."
    ]


def _fairness(about: Mapping[str, Any]) -> list[str]:
    said = []
    if about["stopped_attempts"]:
        number = formatting.counted(about["stopped_attempts"], "attempt")
        said.append(f"{number} stopped before the end, for another search or with a machine that was taken away.")
    if about["fairness"] is not None:
        said.append(f"Fairness between labels, by slowdown (Jain's index, 1 is even): {about['fairness']:.2f}.")
    return said


def _time(spread: Mapping[str, float] | None, key: str, unit: str) -> str:
    return "—" if spread is None else formatting.time(ticks.from_seconds(spread[key]), unit)
