"""One list of hostile texts in every output: all show them as text, and nothing acts on them."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET

import pytest

from simulator.core import escaping
from tests.fuzz.oracle import asha_sim
from tests.support.hostile_texts import TEXTS

#: Characters that move the cursor, set a title, ring a bell, or reverse letters.
ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
MARKUP = re.compile(r"<script>alert|<img src=x|<svg onload|<a\s|onerror=alert\(1\)>|http://x\.example\"")
SCENARIO = """\
searchers:
  SHA: {name: sha, max_trials: 9, max_length: 9, divisor: 3}
  ASHA: {name: asha, max_trials: 9, max_length: 9, divisor: 3}
curves: {kind: synthetic, unit_time: 1 min}
cluster: {workers: 4}
"""
ALL = " / ".join(text for text in TEXTS.values() if escaping.visible(text))


def quoted(text):
    """A text in quotes, for a YAML file."""
    return json.dumps(text)


@pytest.fixture
def titled(tmp_path):
    """A scenario whose title is all hostile texts, and a plan whose options are."""
    names = {text: 2 for text in TEXTS.values() if escaping.visible(text)}
    (tmp_path / "s.yaml").write_text(f"title: {quoted(ALL[:180])}\n{SCENARIO}")
    plan = f"plan:\n  replicates: 2\n  vary:\n    cluster.overheads.save: {quoted(names)}\n"
    (tmp_path / "p.yaml").write_text(f"title: {quoted(ALL[-180:])}\n{SCENARIO}{plan}")
    return tmp_path


def terminal(text):
    assert not ACTS.search(text.replace("\n", "")), ACTS.search(text)


def looked_at(folder):
    """Check every file that a command made as its readers would read it."""
    seen = set()
    for path in folder.rglob("*"):
        if not path.is_file() or path.name == "lock" or path.suffix in {".gif", ".png", ".parquet"}:
            continue
        text = path.read_text(encoding="utf-8")
        assert not ACTS.search(text.replace("\n", "")), path
        if path.suffix in {".html", ".svg"}:
            assert not MARKUP.search(text), path
        if path.suffix == ".svg":
            kinds = {element.tag.rpartition("}")[2] for element in ET.fromstring(text).iter()}
            assert not kinds & {"script", "a", "foreignObject", "image"}
        if path.suffix == ".json":
            json.loads(text)
        if path.suffix == ".csv":
            for row in csv.reader(io.StringIO(text, newline="")):
                acting = [cell for cell in row if re.match(r"\s*[=+\-@]", cell)]
                assert all(re.fullmatch(r"-\d+(\.\d+)?(e[+-]?\d+)?", cell) for cell in acting), path
        seen.add(path.suffix)
    return seen


def test_commands_of_a_scenario(titled):
    for line in (
        "run s.yaml --out run", "run s.yaml --json", "compare s.yaml --seeds 3 --json", "preview s.yaml", "preview s.yaml --json", "check s.yaml",
        "animate s.yaml --out animate --style timeline --format gif,html,perfetto", "plot s.yaml --out plot --kind gantt,rungs --format svg",
    ):  # fmt: skip
        done = asha_sim(*line.split(), cwd=titled)
        assert done.returncode == 0, done
        terminal(done.stdout + done.stderr)
    found = looked_at(titled / "run") | looked_at(titled / "animate") | looked_at(titled / "plot")

    assert found >= {".json", ".csv", ".html", ".svg", ".txt"}


def test_a_plan(titled):
    for line in ("plan p.yaml --jobs 1 --out plan", "plan p.yaml --jobs 1 --json"):
        done = asha_sim(*line.split(), cwd=titled)
        assert done.returncode == 0, done
        terminal(done.stdout + done.stderr)

    assert looked_at(titled / "plan") >= {".json", ".csv", ".html", ".md"}


@pytest.mark.parametrize("name", TEXTS)
def test_names_of_trials_in_a_log(name, tmp_path):
    rows = [{"id": f"{number}{text}", "step": step, "loss": 1 / step, TEXTS[name] or "x": text}
            for number, text in enumerate(("", TEXTS[name])) for step in (1, 2, 4)]  # fmt: skip
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = asha_sim(
        "curves", "import", "log.jsonl", "--from", "jsonl", "--trial-column", "id", "--step-column", "step",
        "--metric", "loss", "-o", "out/c.csv", cwd=tmp_path,
    )  # fmt: skip
    terminal(done.stdout + done.stderr)
    assert done.returncode in {0, 2}
    if done.returncode == 0:
        looked_at(tmp_path / "out")
        shown = asha_sim("curves", "describe", "out/c.csv", "--json", cwd=tmp_path)
        terminal(shown.stdout + shown.stderr)


@pytest.mark.parametrize("name", TEXTS)
def test_messages(name, tmp_path):
    (tmp_path / "s.yaml").write_text(f"{SCENARIO}{quoted(TEXTS[name] + 'x')}: 1\n")
    (tmp_path / "t.yaml").write_text(SCENARIO.replace("SHA:", f"{quoted(TEXTS[name])}:", 1))
    (tmp_path / "u.yaml").write_text(SCENARIO.replace("workers: 4", f"workers: {quoted(TEXTS[name])}"))
    (tmp_path / "c.csv").write_text(f"trial,resource,loss\n0,1,{quoted(TEXTS[name])}\n")
    for line in ("check s.yaml", "check t.yaml", "check u.yaml", "curves describe c.csv", "trace describe c.csv"):
        done = asha_sim(*line.split(), cwd=tmp_path)
        assert done.returncode == 2 or (line == "check t.yaml" and done.returncode == 0), done  # some are sound names
        terminal(done.stdout + done.stderr)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_each_target(text):
    """The functions for each format leave nothing that acts, and texts that can be read back are the same."""
    assert not ACTS.search(escaping.printable(text))
    assert not ACTS.search(escaping.html(text))
    assert not re.search('[<>"]', escaping.html(text))
    assert json.loads(escaping.json_text({"a": text})) == {"a": text}
    assert not ACTS.search(escaping.json_text([text]).replace("\n", ""))
    assert "<" not in escaping.json_text([text], indent=None)
    assert re.fullmatch(r"[a-z0-9-]{0,20}", escaping.file_stem(text, 20))
    assert escaping.of_csv_cell(escaping.csv_cell(text)) == escaping.printable(text)
