"""The report on a plan over searches that share a cluster: its page, its PDF, and what the first page says."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from simulator.core.escaping import html
from simulator.planning.backend import WorkerPool
from simulator.planning.report import folder
from simulator.planning.report.page import page
from simulator.planning.report.pdf import pdf
from simulator.planning.sharing.contents import contents
from simulator.planning.sharing.planner import answer_shared
from simulator.scenario.loading import load
from tests.support.runner import asha_sim

TEXT = """\
title: Two on one
time_unit: h
searches:
  a:
    searcher: {name: random, max_trials: 4, max_length: 1}
    arrivals: {kind: every, gap: 2 h}
    count: 30
    weight: 2
  b:
    searcher: {name: asha, max_trials: 3, max_length: 3, divisor: 3}
    curves: {kind: synthetic, unit_time: 2 min}
    arrivals: {kind: poisson, mean_gap: 20 h}
    until: 2 d
curves: {kind: ordered, unit_time: 1 h}
scheduler: {policy: fair_share}
warm_up: 0 h
cluster: {groups: {gpus: {count: 4, price: 2, purchase_price: 8760, lifetime: 730 d}}}
plan:
  vary: {cluster.groups.gpus.count: [1, 4, 8]}
  target: {stay: 2 h}
  confidence: 0.8
  replicates: 2
"""


def told(folder, *changes):
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "s.yaml"
    path.write_text(text)
    return contents(answer_shared(load(path), pool=WorkerPool(jobs=1)))


class Reader(HTMLParser):
    """The tags, the names of attributes and the text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return told(tmp_path_factory.mktemp("plan"))


def test_the_first_page_has_all_that_is_needed_to_decide(made):
    text = page(made)
    first = text[text.index('<section class="first">') : text.index("</section>")]

    for part in (made.title, made.question, made.answer, made.sure, made.risk):
        assert html(part) in first
    assert first.count("<svg") == 1
    assert re.findall(r'<th scope="row">([^<]+)</th>', first) == [row[0] for row in made.assumptions.rows]


def test_then_come_the_remarks_and_the_whole_table(made):
    text = page(made)
    rest = text[text.index("</section>") :]

    assert re.findall("<li>(.*?)</li>", rest) == [html(remark) for remark in made.remarks]
    assert re.findall(r'<th scope="row">([^<]+)</th>', rest) == ["1 worker", "4 workers", "8 workers"]
    assert re.findall(r'<tr class=best><th scope="row">([^<]+)<', rest) == ["4 workers"]


def test_the_question_and_how_sure_the_answer_is(made):
    assert made.question == "How many workers, and which, for 80 % of the searches to be done within 2 h?"
    assert made.answer.startswith("4 workers: ")
    assert re.fullmatch(
        r"\d+ % \(\d+–\d+ %\) of the searches are done within 2 h, in 2 fresh runs with \d+ searches in all\. "
        r"They stay [\d.]+ h \([\d.]+–[\d.]+\) on average\.",
        made.sure,
    )
    assert re.fullmatch(r"The load is 0\.5\d\. If \d+ % more work arrived, it would be overloaded, .*", made.risk)


def test_every_number_has_a_source(made):
    assert [tuple(row) for row in made.assumptions.rows][:15] == [
        ("a search of a", "4 trials of up to 1 unit, random", "given"),
        ("arrivals of a", "one every 2 h, 30 in all", "given"),
        ("weight of a", "2", "given"),
        ("a search of b", "3 trials of up to 3 units, asha", "given"),
        ("promoted of b", "1 trial in 3 goes on", "given"),
        ("arrivals of b", "at random, one every 20 h on average, until 2 d", "given"),
        ("losses of trials of b", "made up", "assumed"),
        ("time a unit takes of b", "2 min in the median, sd of its log 0.5", "assumed"),
        ("trials", "each better than the next, all equally fast", "assumed"),
        ("policy", "fair_share", "given"),
        ("warm-up left out", "none", "given"),
        ("purchase price", "$8,760 for a machine", "given"),
        ("lifetime of a machine", "730 d", "given"),
        ("running cost", "$0.00 for a machine and hour", "assumed"),
        ("price", "$2.00 for a worker and hour", "given"),
    ]


def test_a_pool_that_scales_is_not_said_to_be_kept(tmp_path):
    rows = told(tmp_path, ("price: 2,", "price: 2, scaling: {min: 1},"), ("[1, 4, 8]", "[4]")).assumptions.rows

    assert ("machines", "hired and let go with the work that waits", "given") in rows


def test_where_all_options_are_overloaded_nothing_is_promised(tmp_path):
    made = told(tmp_path, ("[1, 4, 8]", "[1]"))

    assert made.options.best is None
    assert made.sure == "All options are overloaded: searches wait longer and longer, and no stay can be promised."
    assert made.risk.startswith("More work arrives than 1 worker can do.")
    assert page(made).count(">overloaded</text>") == 2  # a cross in each figure


@pytest.mark.slow
def test_names_from_the_scenario_are_only_text(tmp_path):
    axis = '[4], cluster: {"</text><svg onload=alert(1)>": {}, "<b>$\\\\x_1$ & |": {crashes: 0.1}}}'
    made = told(tmp_path, ("title: Two on one", 'title: "<script>alert(1)</script> | $x$"'), ("[1, 4, 8]}", axis))
    text = page(made)
    read = Reader(text)

    assert not {"script", "b"} & set(read.tags)
    assert read.tags.count("svg") == 2
    assert "onload" not in read.attributes
    for name in (
        "<script>alert(1)</script> | $x$",
        "4 workers, <b>$\\x_1$ & |",
        "4 workers, </text><svg onload=alert(1)>",
    ):
        assert name in read.text
    assert pdf(made).startswith(b"%PDF-")


@pytest.mark.slow
def test_the_page_and_the_pdf_are_the_same_every_time_and_load_nothing(made):
    text, sheets = page(made), pdf(made)

    assert (page(made), pdf(made)) == (text, sheets)
    assert sheets.count(b"/Type /Page\n") + sheets.count(b"/Type /Page ") == 2
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"] * 2
    for name in re.findall(r"var\(--([\w-]+)\)", text):
        assert text.count(f"--{name}:") == 3


def test_more_settings_than_can_be_told_apart_are_named_in_the_title(tmp_path):
    settings = ", ".join(f"s{number}: {{}}" for number in range(7))
    text = page(told(tmp_path, ("[1, 4, 8]}", f"[4], cluster: {{{settings}}}}}")))

    assert text.count("(6 of 7 lines)</figcaption>") == 2


def test_the_files_of_the_folder(made, tmp_path):
    assert [path.name for path in folder.write(made, tmp_path, pdf=True)] == [
        "plan.json", "table.csv", "plan.md", "plan.html", "plan.pdf",
    ]  # fmt: skip
    assert (tmp_path / "plan.html").read_text() == page(made)


@pytest.mark.slow
def test_the_command_writes_the_page_and_the_pdf_where_it_is_asked_for(tmp_path):
    (tmp_path / "s.yaml").write_text(TEXT)
    done = asha_sim("plan", tmp_path / "s.yaml", "--jobs", 1, "--format", "pdf", "--out", tmp_path / "out")

    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"plan.html", "plan.pdf", "plan.json"}
