"""The scenario's JSON Schema, which editors use for completion and checks."""

from __future__ import annotations

import json
import re

from simulator.scenario.model import Scenario


def schema_text() -> str:
    """The schema as indented JSON; scenarios/schema.json is this text."""
    document = json.loads(re.sub(r'Section"', '"', json.dumps(Scenario.model_json_schema())))  # as in class names
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    document["properties"]["searcher"] = document["properties"]["searchers"]["additionalProperties"]
    document["required"] = [key for key in document["required"] if key not in {"searchers", "curves"}]
    document["oneOf"] = [
        {"required": ["searchers", "curves"]},
        {"required": ["searcher", "curves"]},
        {"required": ["searches"]},
    ]
    return json.dumps(document, indent=2) + "\n"
