"""The scenario's JSON Schema, which editors use for completion and checks."""

from __future__ import annotations

import json
import re
from typing import Any

from simulator.core import ticks
from simulator.scenario.model import Scenario
from simulator.scenario.values import TIME_TEXT


def schema_text() -> str:
    """The schema as indented JSON; scenarios/schema.json is this text."""
    document = json.loads(re.sub(r'Section"', '"', json.dumps(Scenario.model_json_schema())))  # as in class names
    _write_times(document)
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    document["properties"]["searcher"] = document["properties"]["searchers"]["additionalProperties"]
    document["required"] = [key for key in document["required"] if key not in {"searchers", "curves"}]
    document["oneOf"] = [
        {"required": ["searchers", "curves"]},
        {"required": ["searcher", "curves"]},
        {"required": ["searches"]},
    ]
    return json.dumps(document, indent=2) + "\n"


def _write_times(node: Any) -> None:
    """Write the defaults of times as texts such as "10 min", since editors insert them; bare numbers are seconds."""
    if isinstance(node, list):
        for inner in node:
            _write_times(inner)
    if not isinstance(node, dict):
        return
    for inner in node.values():
        _write_times(inner)
    default, choices = node.get("default"), node.get("anyOf", ())
    if isinstance(default, int) and default and any(choice.get("pattern") == TIME_TEXT for choice in choices):
        unit = max((unit for unit in ticks.UNITS if not default % ticks.UNITS[unit]), key=ticks.UNITS.__getitem__)
        node["default"] = ticks.show(default, unit)
