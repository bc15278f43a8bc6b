"""Generated pages: `python -m tools.pages` writes the scenario reference, docs/api.md and docs/package.md; a test compares."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import simulator
from simulator import api, results
from simulator.scenario.curves import CURVES
from simulator.scenario.schema import schema_text
from simulator.scenario.searchers import SEARCHERS
from simulator.scenario.searches import ARRIVALS
from simulator.scenario.stragglers import STRAGGLERS
from simulator.trace.metrics import Summary

ROOT = Path(__file__).parents[1]


def names_of(union):
    """The names of a union's members in the schema."""
    return [model.__name__.removesuffix("Section") for model in union.values()]


#: Sections of the reference, in the order in which a scenario is written: title, key, models of the schema.
SECTIONS = [
    ("Searchers", "searchers", names_of(SEARCHERS)),
    ("Curves", "curves", [*names_of(CURVES), "OtherLaw"]),
    ("Cluster", "cluster", [
        "Cluster", "Group", "IdleRelease", "Scaling", *names_of(STRAGGLERS), "SlowSpells", "Drops", "Failures", "Preemption", "Span", "Recovery",
        "Overheads",
    ]),
    ("Searches that share a cluster", "searches", ["Searches", "Scheduler"]),
    ("Arrivals", "arrivals", names_of(ARRIVALS)),
    ("Stop", "stop", ["Stop"]),
    ("Plan", "plan", ["Plan", "Target", "Replicates"]),
]  # fmt: skip
#: Titles of models that have neither a `name` nor a `kind`.
NAMES = {"Searches": "searches of one label", "Scheduler": "scheduler", "Cluster": "cluster", "Group": "a group in `groups`", "Span": "a span of time", "Drops": "drops",
         "IdleRelease": "release after a time without work", "Scaling": "scaling", "SlowSpells": "slow spells", "Failures": "failures", "Preemption": "preemption", "Recovery": "recovery", "Overheads": "overheads",
         "Stop": "stop", "Plan": "plan", "Target": "target", "Replicates": "replicates", "OtherLaw": "a law in `others`"}  # fmt: skip
#: Descriptions that the schema lacks.
MEANINGS = {
    "searcher": "One block instead of `searchers`, as Determined writes it. In `searches`: the searcher of each of them.",
    "arrivals": "When the searches come.",
    "curves": "How good each trial is, and how long it takes.",
    "name": "Which searcher it is.",
    "kind": "Which kind it is.",
}
HEAD_OF_REFERENCE = """# Scenario reference

This page lists every key of a scenario. `make docs` writes it from `scenarios/schema.json`. Editors read the same schema
to complete and check a file that begins with `# yaml-language-server: $schema=schema.json`. `asha-sim check` names each
mistake by its line and column. A time is a number of seconds, or a text such as `90 s`, `5 min`, `2 h` or `1 d`. A key in
**bold** must be given."""
HEAD_OF_API = """# Python API

The functions of `import simulator` are for notebooks and scripts. They are listed here by what they are for: to explain, to
teach and to plan. Importing `simulator` is quick, because a function imports what it needs when it is first used.
`make docs` writes this page from the docstrings, and tests run the examples in the root folder of the project."""
#: The names of `import simulator`, by purpose.
BY_USE = {
    "Begin": ("examples", "load_scenario"),
    "Run and compare": ("simulate", "compare", "share"),
    "Explain": ("animate", "plot"),
    "Teach": ("player", *(["explore"] if "explore" in simulator.__all__ else [])),
    "Plan": ("preview", "plan"),
    "Put a run together without a scenario": ("sha", "asha", "Cluster", "Stop", "Synthetic", "Law", "Recorded"),
}
#: Classes of the API.
CLASSES = ("Results", "Attempt", "Comparison", "Shared", "Previewed", "Planned", "PlannedShared", "Picture")


def reference():
    """The text of docs/scenario-reference.md, from the schema."""
    schema = json.loads(schema_text())
    models = schema["$defs"]
    missing = models.keys() - {name for _, _, names in SECTIONS for name in names}
    if missing:
        raise AssertionError(f"models without a section: {', '.join(sorted(missing))}")
    parts = [
        HEAD_OF_REFERENCE,
        "## The file",
        table(schema, models),
    ]
    for title, key, names in SECTIONS:
        parts.append(f"## {title}: `{key}`")
        for name in names:
            model = models[name]
            parts += [f"### {heading(name, model)}", model.get("description", ""), table(model, models)]
    return "\n\n".join(part for part in parts if part) + "\n"


def heading(name, model):
    """The title of a model in the reference."""
    for key in ("name", "kind"):
        constant = model.get("properties", {}).get(key, {}).get("const")
        if constant:
            return f"`{key}: {constant}`"
    return NAMES[name] if " " in NAMES[name] else f"`{NAMES[name]}`"


def table(model, models):
    """A table with a row for each key of a model."""
    must = model.get("required", [])
    rows = ["| key | value | default | meaning |", "| --- | --- | --- | --- |"]
    for key, entry in model["properties"].items():
        name = f"**`{key}`**" if key in must else f"`{key}`"
        default = "" if key in must or entry.get("default") is None else f"`{json.dumps(entry['default'])}`"
        meaning = entry.get("description") or MEANINGS.get(key) or described(entry, models)
        rows.append(f"| {name} | {cell(values(entry, models))} | {default} | {cell(meaning)} |")
    return "\n".join(rows)


def described(entry, models):
    """The description of an entry's model."""
    found = [models[name]["description"] for name in referred(entry) if "description" in models[name]]
    return found[0] if len(found) == 1 else ""


def referred(entry):
    """Models that an entry may hold."""
    return re.findall(r'"\$ref": "#/\$defs/(\w+)"', json.dumps(entry))


def values(entry, models):
    """The possible values of a key, in a few words."""
    if "const" in entry:
        return f"`{entry['const']}`"
    if "enum" in entry:
        return ", ".join(f"`{value}`" for value in entry["enum"])
    options = [option for option in entry.get("anyOf", entry.get("oneOf", [])) if option.get("type") != "null"]
    kinds = {option["$ref"].rpartition("/")[2] for option in options if "$ref" in option}
    for title, key, names in SECTIONS:
        if len(kinds) > 2 and kinds == set(names):
            return f"one of the [{title.lower()}](#{anchor(f'{title}: {key}')})"
    if options:
        return " or ".join(dict.fromkeys(values(option, models) for option in options))
    if "$ref" in entry:
        name = entry["$ref"].rpartition("/")[2]
        title = heading(name, models[name])
        return f"[{title.strip('`').replace('`', '')}](#{anchor(title)})"
    return plain(entry, models)


def plain(entry, models):
    """The name of a JSON type, with its bounds."""
    inside = entry.get("additionalProperties")
    match entry.get("type"):
        case "array":
            return "a list" + (f" of {values(entry['items'], models)}" if entry.get("items") else "")
        case "object" if "enum" in entry.get("propertyNames", {}):
            return f"{{{' / '.join(entry['propertyNames']['enum'])}: {values(inside, models)}}}"
        case "object" if isinstance(inside, dict) and inside:
            return f"name: {values(inside, models)}"
        case "string" if entry.get("pattern", "").startswith("^\\s*[0-9.]"):
            return "a time"
    simple = {"object": "keys and values", "boolean": "`true`, `false`", "string": "text",
              "integer": "a whole number", "number": "a number"}  # fmt: skip
    return simple.get(entry.get("type"), "anything") + bounds(entry)


def bounds(entry):
    """The bounds of a number. An upper bound of a million or more only catches typing errors, and is left out."""
    low, above = entry.get("minimum"), entry.get("exclusiveMinimum")
    high, below = entry.get("maximum"), entry.get("exclusiveMaximum")
    said = [f"≥ {low:g}"] if low is not None else [f"> {above:g}"] if above is not None else []
    if high is not None and high < 10**6:
        said.append(f"≤ {high:g}")
    elif below is not None and below < 10**6:
        said.append(f"< {below:g}")
    return f" {', '.join(said)}" if said else ""


def anchor(title):
    """The address of a heading, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def cell(text):
    """Text for a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def reference_of_api():
    """The text of docs/api.md, from the docstrings."""
    missing = set(simulator.__all__) ^ {name for names in BY_USE.values() for name in names}
    if missing:
        raise AssertionError(f"without a use: {', '.join(sorted(missing))}")
    parts = [
        HEAD_OF_API,
        *(
            part
            for title, names in BY_USE.items()
            for part in (f"## {title}", *(described_function(name, getattr(api, name)) for name in names))
        ),
        "## What they return",
    ]
    for name in CLASSES:
        made = getattr(results, name)
        parts.append(f"### `{name}`\n\n{prose(made)}")
        members = [
            (attribute, value)
            for base in (made, *made.__mro__[1:-1])
            for attribute, value in vars(base).items()
            if base.__module__.startswith(results.__name__)
            and not attribute.startswith("_")
            and inspect.getdoc(value)
        ]
        rows = [
            f"| `{cell(attribute + (signature(value) if callable(value) else ''))}` | {cell(inspect.getdoc(value))} |"
            for attribute, value in dict(reversed(members)).items()
            if callable(value) or isinstance(value, property)
        ]
        if rows:
            parts.append("\n".join(["| member | is |", "| --- | --- |", *sorted(rows)]))
    parts.append(
        "`Loaded` is a scenario that was checked; it has `.title` and `.scenario`. `Player` has `.write(path)`. `Summary` has the "
        "numbers of `summary.json`:\n"
    )
    fields = re.findall(r"^    (\w+): ([\w |\[\],]+?)(?:  # (.*))?$", inspect.getsource(Summary), re.M)
    parts.append("\n".join(["| field | type | is |", "| --- | --- | --- |", *(
        f"| `{name}` | {cell(kind)} | {cell(note)} |" for name, kind, note in fields
    )]))  # fmt: skip
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def described_function(name, function):
    """A function's signature and docstring."""
    return f"### `{name}`\n\n```python\n{name}{signature(function)}\n```\n\n{prose(function)}"


def signature(function):
    """A signature without `self`, with types without quotes."""
    text = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(function)))
    return re.sub(r"^\(self(, )?", "(", text)


def prose(thing):
    """A docstring as Markdown, its examples as code."""
    text = inspect.getdoc(thing)
    head, mark, examples = text.partition("\n\n>>> ")
    return f"{head}\n\n```python\n>>> {examples}\n```" if mark else text


def page_of_package():
    """The text of docs/package.md, from the README. A package index shows this page alone, so no link or picture in it may be relative."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    text = re.sub(r"<picture>.*?</picture>\n\n.*?\n\n", "", text, count=1, flags=re.S)
    text = re.sub(r"\[([^\]]*)\]\((?!https?:)([^)\s#]*)[^)\s]*\)", lambda link: f"{link[1]} (`{link[2]}`)", text)
    return f"{text.rstrip()}\n\nFiles named here in brackets stand in the source, in the documentation's folder `docs/` most of all.\n"


PAGES = {"scenario-reference.md": reference, "api.md": reference_of_api, "package.md": page_of_package}


def main():
    """Write the pages."""
    for name, page in PAGES.items():
        (ROOT / "docs" / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
