"""The identity of results: the parts of the scenario that runs depend on, seed, tables and versions.

Runs do not depend on prices, budget and deadline: these only ask another question of the same runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from simulator.planning.grid import differences, short

#: Greatest number of differences of scenarios that an error names.
NAMED = 3
#: Keys that no run depends on, which may change when results are resumed.
FREE = ("title", "time_unit")
FREE_IN_PLAN = (
    "start",
    "deadline",
    "budget",
    "confidence",
    "choose_by",
    "assurance",
    "replicates",
    "limit",
    "pilots",
    "pilot_sets",
)
#: The key of a machine's price, which changes the costs of runs but not the runs themselves.
PRICE = "price"
MEANINGS = {
    "asha_simulator": "version", "draws": "version of the draws", "blocks": "version of the blocks", "seed": "seed",
    "block": "block",
}  # fmt: skip


def bare(scenario: Any) -> Any:
    """A scenario without the keys that no run depends on, and without prices if they decide nothing in a run.

    For searches that share a cluster prices are kept, because their runs hold money instead of hours.
    """
    if not isinstance(scenario, dict):
        return scenario
    kept = {key: value for key, value in scenario.items() if key not in FREE}
    if isinstance(scenario.get("plan"), dict):
        kept["plan"] = {key: value for key, value in scenario["plan"].items() if key not in FREE_IN_PLAN}
    if (
        "searches" in kept
        or _by_money(kept.get("stop"))
        or _by_money(kept.get("cluster"))
        or _by_money(kept.get("plan"))
    ):
        return kept
    return {key: _WITHOUT_PRICES[key](value) if key in _WITHOUT_PRICES else value for key, value in kept.items()}


def _by_money(part: Any) -> bool:
    """Whether money decides anything in a run: a stop at a cost, or machines chosen by price."""
    if isinstance(part, list):
        return any(map(_by_money, part))
    if not isinstance(part, dict):
        return False
    for key, value in part.items():
        keys = {one.strip().rpartition(".")[2] for one in str(key).split("&")}
        if "cost" in keys or ("policy" in keys and "cheapest" in str(value)) or _by_money(value):
            return True
    return False


def _unpriced(part: Any) -> Any:
    """A part of a cluster without prices."""
    if not isinstance(part, dict):
        return part
    return {
        key: _unpriced(value) for key, value in part.items() if key != PRICE or isinstance(value, dict)
    }  # a group may have that name


def _unpriced_plan(plan: Any) -> Any:
    """A plan without prices; of prices that it varies, only their number is left."""
    if not isinstance(plan, dict):
        return plan
    plan = {key: value for key, value in plan.items() if key != PRICE}
    if isinstance(plan.get("vary"), dict):
        plan["vary"] = {key: _unpriced_axis(str(key), values) for key, values in plan["vary"].items()}
    return plan


def _unpriced_axis(key: str, values: Any) -> Any:
    if not isinstance(values, (dict, list)) or all(one.strip().endswith(f".{PRICE}") for one in key.split("&")):
        return len(values) if isinstance(values, (dict, list)) else values
    if isinstance(values, list):
        return [_unpriced(value) for value in values]
    return {name: _unpriced(value) for name, value in values.items()}


_WITHOUT_PRICES = {"cluster": _unpriced, "plan": _unpriced_plan}


def versions(about: dict[str, Any]) -> dict[str, Any]:
    """The versions, seed and tables that a manifest names."""
    return {key: about[key] for key in ("asha_simulator", "draws", "blocks", "seed", "tables")}


def label_of(about: dict[str, Any]) -> dict[str, Any]:
    """The label of a block: versions, seed, tables, and digests of the parts of the scenario that runs depend on."""
    sections = {
        key: sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
        for key, value in bare(about["scenario"]).items()
    }
    return {**versions(about), "scenario": sections}


def unlike(there: Any, here: dict[str, Any]) -> Iterator[str]:
    """The differences of two labels in words, each beginning with "another" or "other"."""
    if not isinstance(there, dict):
        there = {}
    for key, meaning in MEANINGS.items():
        if key in here and there.get(key) != here[key]:
            yield f"another {meaning} ({short(there.get(key))} there, {short(here[key])} here)"
    for key, meaning in (("tables", "other files"), ("scenario", "another scenario")):
        found = [path[0] if path else key for path, _, _ in differences(there.get(key), here.get(key))]
        if found:
            names = ", ".join(map(str, dict.fromkeys(found[:NAMED])))
            yield f"{meaning} ({names} {'has' if len(found) == 1 else 'have'} changed)"
