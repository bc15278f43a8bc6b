"""Figures in the README, in docs/validation.md and in comments of scenarios are those of their sources."""

from __future__ import annotations

import ast
import json
import re
from itertools import pairwise
from math import exp
from pathlib import Path

import pytest

import simulator
from simulator.core import ticks
from simulator.core.vocabulary import IMPORTERS
from simulator.curves.files import tables
from simulator.curves.importers import frames, pauses
from simulator.planning import remote, statistics, turning
from simulator.planning.choice import SAME
from simulator.planning.options import RULED_OUT
from simulator.planning.report.sentences import RARE, SEEN
from simulator.render import options, palette
from simulator.scenario import yaml_text
from simulator.scenario.loading import load
from simulator.scenario.plan import PlanSection
from simulator.trace import comparison, queueing, reading

ROOT = Path(__file__).parents[2]
README, TEACH, PLAN, CONCEPTS = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "docs/teach.md", "docs/plan.md", "docs/concepts.md")
)
VALIDATION = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
SCENARIOS = ROOT / "scenarios"
#: Rows of the page that name a test: what, figure, source, test.
ROWS = [
    line.strip("| ").split(" | ")
    for line in VALIDATION.splitlines()
    if re.match(r"\|.*`tests/[\w/]+\.py::\w+`", line)
]
NUMBER = re.compile(r"(?<![\w.])\d*\.?\d+(?![\w.]*\w)")


def numbers(text):
    """Numbers as they are written, without underscores and trailing zeros."""
    return {float(found) for found in NUMBER.findall(re.sub(r"(?<=\d)[_,](?=\d{3})", "", text))}


def sources(cell):
    """The tests that a cell names, with their parameters, and the constants of their modules."""
    for module, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", cell):
        text = (ROOT / module).read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                lines = text.splitlines()[
                    min(one.lineno for one in (*node.decorator_list, node)) - 1 : node.end_lineno
                ]
                yield "\n".join(lines)
            elif isinstance(node, (ast.Assign, ast.FunctionDef)) and not getattr(node, "name", "").startswith(
                "test_"
            ):
                yield ast.get_source_segment(text, node)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_figures_of_the_validation_page_stand_in_the_tests_that_it_names(row):
    _, figure, *_, test = row
    text = " ".join(sources(test))
    said = numbers(text) | {float(len(listed.split())) for listed in re.findall(r'"([^"]*)"', text)}
    shown = [
        written
        for written in NUMBER.findall(re.sub(r"(?<=\d),(?=\d{3})", "", figure))
        if "." in written or len(written) > 1
    ]

    for written in shown:  # rounded as the page rounds
        digits = len(written.partition(".")[2])
        assert any(round(number, digits) == float(written) for number in said), written


def test_the_plan_that_is_shown_says_nothing_that_the_gallery_s_report_does_not():
    report = json.loads((ROOT / "outputs" / "gallery" / "plan" / "plan.json").read_text(encoding="utf-8"))
    blocks = re.findall(r"asha-sim plan scenarios/plan_spot[^\n]*\n```\n\n```text\n(.*?)```", PLAN, re.S)
    lines = {line for block in blocks for line in block.splitlines()} - {"…"}

    assert len(blocks) == 1
    assert lines <= {report["answer"], *report["remarks"]}


def test_the_readme_s_prose():
    digits = simulator.simulate(SCENARIOS / "digits.yaml")
    gap = digits["SHA"].makespan_s - digits["ASHA"].makespan_s

    said = " ".join(TEACH.split())
    assert f"(0.26–2.5) sooner](../notebooks/03-asynchronous-promotion.ipynb), not {gap:.1f} s." in said
    assert "Over 20 orders of the trials, the makespan of ASHA is 1.5 s (0.26–2.5) shorter than that of SHA." in TEACH
    assert f"differences below {comparison.ALIKE:.0%}".replace("%", " %") in said
    assert f"at least {1 - comparison.LESS_WORK:.0%} of the units of the other".replace("%", " %") in said
    assert "ten [notebooks](notebooks)" in README
    assert len(list((ROOT / "notebooks").glob("*.ipynb"))) == 10
    words = ["nine", "ten", "eleven", "twelve", "thirteen", "fourteen"]
    programs = [kind for kind, module in IMPORTERS.items() if module != "tabular"]
    assert f"CSV, Parquet, {words[len(programs) - 9]} kinds of logs" in README
    assert ticks.PER_SECOND == 1_000_000
    assert "counted in integer microseconds" in CONCEPTS


def test_the_limits_of_files():
    text = " ".join((ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8").split())

    assert (
        f"A scenario may have {yaml_text.MAX_BYTES / 10**6:.0f} MB, a curve file {tables.MAX_BYTES >> 20} MiB" in text
    )
    assert f"a trace {reading.MAX_BYTES >> 20} MiB and a log to import {frames.MAX_BYTES >> 30} GiB" in text


def test_limits_and_thresholds_of_the_pages():
    words = {2: "two", 8: "eight"}
    said = {
        "pictures.md": [
            f"Width in pixels, from {options.NARROWEST} to {options.WIDEST}.",
            f"at least {options.LEGIBLE} pixels, also where a page shows a wider picture at {options.COLUMN} pixels",
            f"Letters need a contrast of {palette.TEXT:g} to the page. Colours that mean something need a contrast of "
            f"{palette.GRAPHICS:g}.",
            f"at least {palette.APART:g} apart in CIELAB",
            f"Idle time must be at least {palette.IDLE_APART:g} apart from the others",
            f"for a fifth of that time, but for {options.HOLD_MS / 1000:g} s at most",
        ],
        "plan.md": [
            f"don't show, with {100 * RULED_OUT:g} % confidence, that too few of them are in time",
            f"A mean cost up to {100 * SAME:g} % above that of this option counts as the same",
            f"(with {100 * PlanSection.model_fields['assurance'].default:g} % confidence, `assurance`)",
            f"Fewer than {statistics.runs_to_see(RARE, SEEN)} replicates of each option",
            f"It looks at up to {words[turning.CONTENDERS]} options.",
            f"(`plan.pilot_sets`, {PlanSection.model_fields['pilot_sets'].default} of them)",
            f"after it has not answered for {remote.ANSWER:g} s",
            f"after {words[int(remote.EMPTY) // 60]} minutes without any worker",
            f"has had no worker for {remote.EMPTY:g} s",
        ],
        "import.md": [
            f"if it is longer than {pauses.FACTOR:g} times what the trial's median pace gives, and more than a second "
            "longer",
        ],
        "sharing.md": [
            f"puts the searches in {queueing.BATCHES} batches, one after the other",
            f"With fewer than {queueing.BATCHES * queueing.LEAST} searches it gives none.",
        ],
    }  # fmt: skip

    assert (options.HOLD_SHARE, pauses.LEAST) == (1 / 5, 1)
    for page, sentences in said.items():
        text = " ".join((ROOT / "docs" / page).read_text(encoding="utf-8").split())
        assert [sentence for sentence in sentences if sentence not in text] == [], page


def comments(name):
    return " ".join(re.findall(r"#\s*(.*)", (SCENARIOS / name).read_text(encoding="utf-8")))


def test_comments_of_digits_and_equal_times():
    digits, equal = (simulator.simulate(SCENARIOS / name) for name in ("digits.yaml", "equal-times.yaml"))

    assert f"{digits['SHA'].trials} networks trained on scikit-learn's digits" in comments("digits.yaml")
    minutes = {label: equal[label].makespan_s / 60 for label in ("SHA", "ASHA")}
    said = f"27 trials of equal length take {minutes['SHA']:.0f} min with SHA and {minutes['ASHA']:.0f} min with ASHA"
    assert said in comments("equal-times.yaml")
    many = load(SCENARIOS / "digits-40-workers.yaml").scenario
    assert many.cluster.workers == 40


def test_comments_of_backfill():
    short = simulator.simulate(simulator.load_scenario(SCENARIOS / "backfill.yaml", {"stop.time": "2500 s"}))
    wrong = {label: short[label].full_length_trials for label in ("SHA", "ASHA", "D-ASHA")}

    assert "no more than a quarter in all, completes as many as SHA" in comments("backfill.yaml")
    assert abs(wrong["D-ASHA"] - wrong["SHA"]) <= 1 < wrong["ASHA"] - wrong["SHA"]
    assert min(short[label].utilization for label in wrong) > 0.999


def test_comments_of_determined():
    shown = str(simulator.preview(SCENARIOS / "determined.yaml"))
    rungs, starts, most = (4, 3, 2), (70, 22, 8), (6, 5, 5)
    text = comments("determined.yaml")

    assert "brackets of {}, {} and {} rungs".format(*rungs) in text
    assert "{}, {} and {} of them in the three brackets".format(*starts) in text
    assert "{}, {} and {};".format(*most) in text
    assert "16 workers busy at once ({} + {} + {})".format(*most) in shown
    rows = [re.split(" {2,}", line)[-4:] for line in shown.splitlines() if re.match("adaptive_asha ", line)]
    first = [number for number, (rung, *_) in enumerate(rows) if rung == "0"]
    assert [int(rows[number][2]) for number in first] == list(starts)
    assert tuple(end - begin for begin, end in pairwise([*first, len(rows)])) == rungs


def test_comments_of_the_plan_and_of_scaling():
    plan = load(SCENARIOS / "plan_spot_or_on_demand.yaml").scenario
    hours = ticks.to_seconds(plan.curves.unit_time) * plan.searchers["SHA"].max_length / 3600

    assert f"a full training takes {hours:.1f} h in the median" in comments("plan_spot_or_on_demand.yaml")
    counts = next(iter(plan.plan.vary.values()))
    assert (min(counts), max(counts)) == (4, 32)
    seeds = plan.plan.replicates
    assert f"over 4 to 32 of either, from {seeds.min} seeds or more of each" in comments(
        "plan_spot_or_on_demand.yaml"
    )
    said = f"{seeds.min} or more of each option, and up to {seeds.settle} of those that may be the answer"
    assert said in comments("plan_spot_or_on_demand.yaml")
    sigma = load(SCENARIOS / "scaling.yaml").scenario.curves.unit_time_sigma
    assert f"two in three trials: {exp(-sigma):.1f} to {exp(sigma):.1f} min a unit" in comments("scaling.yaml")


def test_comments_of_the_paper_s_appendix():
    (resources,) = {
        tuple(searcher.build().resources)
        for searcher in load(SCENARIOS / "paper-appendix.yaml").scenario.searchers.values()
    }
    assert "Rungs at {}, {}, {}, {} and {} units".format(*resources) in comments("paper-appendix.yaml")


def test_comments_of_the_spot_fleet():
    (group,) = load(SCENARIOS / "spot-fleet.yaml").scenario.cluster.groups.values()

    said = "Sixteen spot instances at a third of the price: taken away after half an hour in the median, with two minutes'"
    assert said in comments("spot-fleet.yaml")
    assert (group.count, group.preemption.notice) == (16, 2 * ticks.UNITS["min"])
    assert group.preemption.up.median == 30 * ticks.UNITS["min"]
    dear = load(SCENARIOS / "plan_spot_or_on_demand.yaml").scenario.cluster.groups["gpus"].price
    assert group.price / dear == pytest.approx(1 / 3, abs=0.03)
