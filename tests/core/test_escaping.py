"""Hostile texts in every output of a plan: each format shows them as text, and nothing acts on them."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from markdown_it import MarkdownIt

from simulator.core import escaping
from simulator.core.errors import InputError
from simulator.planning.backend import WorkerPool
from simulator.planning.planner import answer
from simulator.planning.report import page, report
from simulator.planning.report.markdown import markdown
from simulator.planning.report.one_search import contents
from simulator.scenario.loading import load
from tests.support.hostile_texts import NOTHING, TEXTS
from tests.support.plans import HEAD

ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_markdown_shows_a_text_as_one_paragraph(text):
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(escaping.markdown(text))

    assert set(re.findall(r"<[^>]*>", html)) <= {"<p>", "</p>"}
    assert not ACTS.search(html.replace("\n", ""))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_cell_is_a_formula(text):
    cell = escaping.csv_cell(text)

    assert cell.strip()[0] not in "=+-@＝＋－＠"
    assert not ACTS.search(cell)


@pytest.mark.parametrize("text", ["-5", "+3", "1e9", "32", "0.5", "-0.25"])
def test_a_number_stays_a_number(text):
    assert escaping.csv_cell(text) == text


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A plan whose title and every name are hostile."""
    names = {text: 2 for text in TEXTS.values() if escaping.visible(text)}
    text = (
        HEAD.replace("16", "4")
        + f"title: {json.dumps(' '.join(TEXTS.values())[:190])}\nplan:\n  replicates: 2\n  vary:\n    cluster.overheads.save: {json.dumps(names)}\n"
    )
    path = tmp_path_factory.mktemp("hostile") / "s.yaml"
    path.write_text(text)
    return answer(load(path), pool=WorkerPool(jobs=1))


def test_the_table_as_csv(found):
    text = report.csv_text(found)
    rows = list(csv.reader(io.StringIO(text, newline="")))

    assert not ACTS.search(text.replace("\n", ""))
    assert len({len(row) for row in rows}) == 1
    # A number may be negative; all else that begins so, a spreadsheet would take for a formula.
    acting = [cell for row in rows for cell in row if re.match(r"\s*[=+\-@]", cell)]
    assert not [cell for cell in acting if not re.fullmatch(r"-\d+(\.\d+)?(e[+-]\d+)?", cell)]


def test_the_report_as_markdown(found):
    text = markdown(contents(found))
    html = MarkdownIt("commonmark").enable("table").render(text)

    assert not ACTS.search(text.replace("\n", ""))
    tags = set(re.findall(r"</?(\w+)", html))
    assert tags <= {"h1", "p", "strong", "code", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"}
    assert html.count("<h1>") == 1
    assert html.count("<table>") == 1


@pytest.mark.slow
def test_the_report_as_a_page(found):
    text = page.page(contents(found))

    assert not re.search(r"<script>alert|<img src=x|<svg onload|<a ", text)
    assert not ACTS.search(text.replace("\n", ""))


@pytest.mark.parametrize("name", NOTHING)
def test_a_name_that_shows_nothing_is_refused(name, tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(HEAD + f"plan: {{vary: {{cluster.workers: {{{json.dumps(name)}: 2}}}}}}\n")
    with pytest.raises(InputError, match=r"s.yaml:\d+:\d+: plan.vary.cluster.workers: .* shows nothing; give a name"):
        load(path)


@pytest.mark.parametrize("name", ["\u3164", "\u115f", "\u1160", "\uffa0", "a\u3164", "A\u115fS", "x\u034f"])
def test_a_label_with_letters_that_show_nothing_is_refused(name, tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(HEAD.replace("  SHA:", f"  {json.dumps(name)}:"))
    with pytest.raises(InputError, match=r"can't name a searcher"):
        load(path)


# As other programs write it.


@pytest.mark.parametrize("title", ["👩", "👩‍🔬 und 𝒳", "\U0010ffff"])
def test_a_scenario_as_json_writes_it(title, tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(
        json.dumps(
            {
                "title": title,
                "searcher": {"name": "sha", "max_trials": 9, "max_length": 9, "divisor": 3},
                "curves": {"kind": "ordered"},
                "cluster": {"workers": 3},
            }
        )
    )

    assert load(path).title == title


def test_half_a_character_is_not_text(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text('title: "\\udc69\\ud83d"\n' + HEAD)
    with pytest.raises(InputError, match="half a character"):
        load(path)


def test_a_key_without_end_is_not_shown_whole(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(HEAD + f"? {'k' * 90_000}\n: 1\n")
    with pytest.raises(InputError, match="unknown key") as caught:
        load(path)

    assert len(str(caught.value)) < 1000
