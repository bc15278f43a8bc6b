"""`asha-sim plan`: what it prints and writes, and its report in a page."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import subprocess
import sys
import termios
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from simulator.planning.backend import WorkerPool
from simulator.planning.choice import Pick, Series
from simulator.planning.planner import answer
from simulator.planning.report import charts, page, report, sentences
from simulator.planning.report.markdown import markdown
from simulator.planning.report.one_search import contents
from simulator.planning.sensitivity import variations
from simulator.planning.statistics import Interval
from simulator.render.style import THEMES
from tests.support.plans import HEAD, SMALL, loaded, planned, written
from tests.support.runner import ROOT, asha_sim

pytestmark = pytest.mark.slow


def plan(*args, cwd=ROOT):
    return asha_sim("plan", *args, cwd=cwd)


def found(tmp_path, text=SMALL):
    return answer(loaded(tmp_path, text), pool=WorkerPool(jobs=1))


def test_it_prints_a_sentence_a_table_and_remarks_and_writes_the_same(tmp_path):
    done = plan(written(tmp_path), "--jobs", "1", "--out", tmp_path / "out")
    files = {path.name for path in (tmp_path / "out").iterdir()}
    numbers = json.loads((tmp_path / "out" / "plan.json").read_text())
    rows = list(csv.DictReader((tmp_path / "out" / "table.csv").read_text().splitlines()))

    assert (done.returncode, done.stderr) == (0, "")
    assert files == {"blocks", "lock", "manifest.json", "plan.json", "plan.md", "plan.html", "table.csv"}
    assert done.stdout.splitlines()[0] == numbers["answer"]
    assert "24 replicates, the most allowed" in done.stdout
    assert [row["workers"] for row in rows] == ["2", "4", "8"] * 2
    assert float(rows[0]["met.estimate"]) == numbers["options"][0]["met"]["estimate"]


def on_terminal(width, *args):
    """The output on a terminal with a number of columns, without colours."""
    shown, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (50, width))
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm"}
    environment.pop("COLUMNS", None)
    with os.fdopen(shown, "rb", buffering=0) as screen:
        subprocess.run(
            [sys.executable, "-m", "simulator", "plan", *map(str, args)], stdout=terminal, stderr=subprocess.PIPE, check=True,
            env=environment,
        )  # fmt: skip
        os.close(terminal)
        text = b""
        with suppress(OSError):  # this gives the width of the terminal
            while some := screen.read(1 << 16):
                text += some
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text.decode()).replace("\r", "").splitlines()


@pytest.mark.parametrize(
    ("width", "missing"),
    [
        (160, None),
        (80, "seconds, fastest 10 %, seconds, slowest 10 %, worker-hours, cost, dearest 10 %, busy and best loss"),
        (
            40,
            "seconds, fastest 10 %, seconds, slowest 10 %, seconds, 95 % of runs, in time, worker-hours, cost, mean, "
            "cost, dearest 10 %, busy and best loss",
        ),
    ],
)
def test_a_narrow_terminal_shows_what_matters_most(tmp_path, width, missing):
    lines = on_terminal(width, written(tmp_path), "--jobs", "1")
    table = [line for line in lines if line[:1] in "┏┃┡│└"]
    told = [line for line in lines if line.startswith("This terminal")]

    assert max(map(len, table)) <= width
    assert len({len(line) for line in table}) == 1
    assert told == (
        [f"This terminal is too narrow for {missing}; --json and --out give all columns."] if missing else []
    )
    assert not any("…" in line for line in table)


def test_json_and_nothing_else(tmp_path):
    done = plan(written(tmp_path), "--jobs", "1", "--json", "--seed", "7")

    assert done.stderr == ""
    assert json.loads(done.stdout)["seed"] == 7
    assert done.stdout == report.json_text(answer(loaded(tmp_path), seed=7, pool=WorkerPool(jobs=1)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--resume",), "--resume"),
        (("--backend", "dask"), "--address"),
        (("--address", "x"), "--address"),
        (("--backend", "spark"), "--backend"),
        (("--jobs", "0"), "--jobs"),
    ],
)
def test_wrong_options(tmp_path, options, said):
    done = plan(written(tmp_path), *options)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_plan_writes_nothing(tmp_path):
    done = plan(written(tmp_path, SMALL.replace("[2, 4, 8]", "[]")), "--out", tmp_path / "out")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{tmp_path}/s.yaml:7:10: plan.vary.cluster.workers: is empty; give at least one value\n"
    assert not (tmp_path / "out").exists()


def test_a_run_that_fails_is_one_line_and_status_1(tmp_path):
    head = HEAD.replace("{workers: 4}", "{groups: {a: {count: 2, leave: 2 min}}}")
    done = plan(written(tmp_path, planned("vary: {cluster.groups.a.count: [2]}", head)))

    assert done.returncode == 1
    assert done.stderr.startswith("the run failed: 2 workers, SHA, replicate 0: no worker is left")


def test_check_looks_at_the_plan_too(tmp_path):
    text = SMALL.replace("[2, 4, 8]", "[2, 0]")
    done = asha_sim("check", written(tmp_path, text))

    assert (done.returncode, done.stderr) == (
        2,
        f"{tmp_path}/s.yaml:7:31: cluster.workers: 0 should be greater than or equal to 1\n",
    )


# The words.


def test_an_option_meets_the_question(tmp_path):
    said = sentences.sentence(found(tmp_path, SMALL.replace("40 min", "3 h")))

    assert re.match(
        r"\d workers with A?SHA: done within 10,800 s in 100 % \(8\d–100 %\) of 24 fresh runs, [\d.]+ worker-hours, "
        r"\$[\d.]+ on average \(\$[\d.]+–[\d.]+\); for A?SHA it would (also )?be \d workers \(\$[\d.]+\)\.$",
        said,
    ), said


def test_no_option_meets_the_question(tmp_path):
    said = sentences.sentence(found(tmp_path, SMALL.replace("confidence", "x").replace("40 min", "17 min")))

    assert said.startswith("No option is shown to be done within 1,020 s in 95 % of runs; the nearest is ")


def test_nothing_asked_is_answered_by_the_knee(tmp_path):
    made = found(tmp_path, planned("vary: {cluster.workers: [1, 2, 4, 8, 16]}\nreplicates: 12"))

    assert re.match(
        r"No deadline was given; \d+ workers with \w+ is the knee of time against cost: half of the runs",
        sentences.sentence(made),
    )
    assert "Its figures come from 12 fresh runs, which were not used to choose it." in list(sentences.remarks(made))


def test_a_mean_time_is_of_the_runs_that_reach_the_target(tmp_path):
    text = planned("vary: {cluster.workers: [1, 2, 4, 8, 16]}\ntarget: {loss: 0.32}\nconfidence: 0.5\nreplicates: 24")
    made = found(tmp_path, text)
    reached = [value for value in made.fresh.times.tolist() if value < float("inf")]

    assert 12 <= len(reached) < 24
    assert f"(mean of the {100 * len(reached) / 24:.0f} % that get there {sum(reached) / len(reached):,.0f} s, " in (
        " ".join([sentences.sentence(made), *sentences.remarks(made)])
    )


def test_a_budget_alone_takes_the_soonest_that_can_be_paid(tmp_path):
    text = planned("vary: {cluster.workers: [1, 2, 4, 8, 16]}\nbudget: 5\nprice: 3\nreplicates: 16")
    advice = found(tmp_path, text).advice
    able = [option for option in advice.options if option.met.at_least >= 0.95]

    assert advice.chosen.time_s.middle <= 1.05 * min(option.time_s.middle for option in able)
    assert len(able) < 10


@pytest.mark.parametrize(("count", "trials"), [(1, "1 fully trained trial"), (3, "3 fully trained trials")])
def test_trials_in_full_that_were_asked_for(tmp_path, count, trials):
    target = f"target: {{full_length_trials: {count}}}"
    text = planned(
        f"vary: {{cluster.workers: [4]}}\n{target}\nreplicates: 16", HEAD.replace("trials: 16", "trials: 64")
    )

    assert f"half of the runs at {trials} within " in sentences.sentence(found(tmp_path, text))


def test_larger_numbers_that_would_not_do_are_named(tmp_path):
    made = found(tmp_path, SMALL.replace("40 min", "3 h"))
    taken, other = (
        replace(series, pick=Pick(0, (2,)))
        for series in sorted(made.advice.series, key=lambda series: series is not made.advice.best)
    )
    advice = replace(made.advice, series=(taken, other), best=taken)
    said = sentences.sentence(replace(made, advice=advice))

    assert re.search(r"on average \(\$[\d.]+–[\d.]+\), but not with every larger number: 8 \(100 %\); ", said), said
    assert re.search(r"for A?SHA it would also be 2 workers \(\$[\d.]+\), and 8 \(100 %\) would not do\.$", said), (
        said
    )


def test_a_target_that_is_never_reached_gives_no_difference(tmp_path):
    text = planned("vary: {cluster.workers: [4]}\ntarget: {loss: 1e-9}\ndeadline: 1 h\nreplicates: 6")
    made = found(tmp_path, text)

    assert re.fullmatch(
        r"No option is shown to reach a loss of 1e-09 within 3,600 s in 95 % of runs; the nearest is 4 workers "
        r"with A?SHA: in 0 % \(0–39 %\) of 6 fresh runs, and in fewer than half at any time\.",
        sentences.sentence(made),
    )
    assert "4 workers: SHA and ASHA never reached the target in the same replicate." in list(sentences.remarks(made))


def test_a_difference_that_is_not_seen_is_called_none(tmp_path):
    twins = HEAD.replace("name: asha", "name: sha")
    remarks = list(sentences.remarks(found(tmp_path, planned("vary: {cluster.workers: [4]}\nreplicates: 6", twins))))

    assert (
        "4 workers: no difference in time seen between SHA and ASHA (SHA minus ASHA on average 0 s to 0 s, 6 pairs)."
        in remarks
    )


def test_shares_in_words():
    assert sentences.share(Interval(0.95, 0.9, 0.98)) == "95 % (90–98 %)"
    assert sentences.share(Interval(0.997, 0.9951, 0.9985)) == "99.7 % (99.5–99.9 %)"
    assert sentences.share(Interval(1.0, 0.996, 1.0)) == "100 % (99.6–100 %)"
    assert sentences.share(Interval(1.0, 1.0, 1.0)) == "100 % (100 %)"
    assert sentences.share(Interval(0.947, 0.9, 0.97), 0.95) == "94.7 % (90.0–97.0 %)".replace(".0", "")
    assert sentences.time(float("inf"), "h") == "never"


def test_small_amounts_are_not_nothing():
    assert (sentences.money(0.004), sentences.money(0), sentences.money(54.07), sentences.money(150.4)) == (
        "$0.004", "$0.00", "$54.07", "$150",
    )  # fmt: skip
    assert (sentences.hours(0.03), sentences.hours(1), sentences.hours(41.7)) == ("0.03", "1.0", "42")


def test_short_plans_in_a_long_unit_say_what_they_were_asked(tmp_path):
    asked = planned("vary: {cluster.workers: [4]}\ndeadline: 20 min\nconfidence: 0.905\nreplicates: 6")
    answered = found(tmp_path, "time_unit: d\n" + asked)

    assert "done within 0.014 d in 90.5 % of runs" in sentences.sentence(answered)
    assert " in 0 % " not in sentences.sentence(answered).replace("0 % (", "")
    assert report.head(answered)[1:6] == (
        "days, fastest 10 %", "days, median", "days, slowest 10 %", "days, 90.5 % of runs", "in time",
    )  # fmt: skip
    assert not any(cell == "0" for row in report.rows(answered) for cell in row)


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("deadline: 40 min", "in time"),
        ("budget: 150.5\nprice: 3", "in budget"),
        ("deadline: 40 min\nbudget: 150.5\nprice: 3", "in time and budget"),
        ("target: {full_length_trials: 1}", "reached"),
        ("", None),
    ],
)
def test_the_share_is_called_what_was_asked(tmp_path, question, title):
    answered = found(tmp_path, planned(f"vary: {{cluster.workers: [4]}}\n{question}\nreplicates: 6"))
    titles = {"in time", "in budget", "in time and budget", "reached"} & set(report.head(answered))

    assert titles == ({title} if title else set())
    assert ("for $150.5" in sentences.sentence(answered)) == ("budget" in question)


def test_the_origin_of_trials_is_that_of_the_answer(tmp_path):
    axis = "curves: {fast: {unit_time: 1 min}, slow: {unit_time: 9 min}}"
    one, two = (
        found(tmp_path, planned(f"vary: {{cluster.workers: [4, 8]{more}}}\nreplicates: 6")).origin
        for more in ("", f", {axis}")
    )

    assert two == f"{one} Other options have other curves."


def test_runs_that_a_stop_cuts_off_are_mentioned(tmp_path):
    asked = "vary: {cluster.workers: [4]}\ndeadline: 40 min\nreplicates: 6"
    cut, aimed, whole = (
        list(sentences.remarks(found(tmp_path, head + planned(f"{asked}{target}"))))
        for head, target in (
            ("stop: {time: 2 min}\n", ""),
            ("stop: {time: 9 h}\n", "\ntarget: {full_length_trials: 1}"),
            ("", ""),
        )
    )

    assert [any("`stop`" in remark for remark in remarks) for remarks in (cut, aimed, whole)] == [True, False, False]


def test_one_pair_is_singular(tmp_path):
    answered = found(tmp_path)
    first = answered.advice.differences[0]
    once = replace(first, pairs=1, alike=True, replicates=1)

    assert "1 pair)" in sentences.difference(once, "s")


def test_the_page_does_not_depend_on_matplotlibs_settings(tmp_path):
    import matplotlib as mpl

    answered = found(tmp_path)
    usual = page.page(contents(answered))
    with mpl.rc_context({"lines.linewidth": 20, "xtick.labelsize": 30, "axes.linewidth": 9, "font.size": 30}):
        assert page.page(contents(answered)) == usual


def test_pilots_are_named(tmp_path):
    assert "fitted to 40 recorded trials" in found(tmp_path, SMALL + "  pilots: 40\n").origin
    assert "none was recorded" in found(tmp_path).origin


def test_variations(tmp_path):
    stragglers = {
        "{kind: half_normal, std: 1}": ("std", 1.2),
        "{kind: log_normal, sigma: 0.5}": ("sigma", 0.6),
        "{kind: pareto, alpha: 3}": ("alpha", 2.5),
        "{kind: two_point, factor: 6}": ("factor", 7),
        "{kind: quantiles, values: [0.9, 1, 2]}": ("values", [0.9, 1, 2.2]),
    }
    for straggler, (name, value) in stragglers.items():
        text = SMALL.replace("{workers: 4}", f"{{workers: 4, stragglers: {straggler}}}")
        [cell, *_] = loaded_cells(tmp_path, text)
        made = {
            variation.name: variation.of(cell).loaded.scenario.cluster for variation in variations(cell, priced=True)
        }

        assert list(made) == [
            f"{what} {by} %" for what in ("trial time", "straggler level", "price") for by in ("−20", "+20")
        ]
        assert getattr(made["straggler level +20 %"].stragglers, name) == pytest.approx(value)
        assert made["trial time +20 %"].groups["workers"].speed == pytest.approx(1 / 1.2)


def loaded_cells(tmp_path, text):
    from simulator.planning.grid import Grid

    return Grid(loaded(tmp_path, text)).cells()


def test_longer_trials_are_as_if_the_deadline_were_sooner(tmp_path):
    made = found(tmp_path)
    base = made.fresh
    varied = {variation.name: option for variation, option in made.sensitivity}

    assert varied["trial time +20 %"].times == pytest.approx(1.2 * base.times, rel=1e-6)
    assert varied["price +20 %"].cost.middle == pytest.approx(1.2 * base.cost.middle)


def test_the_sensitivity_is_told_by_a_figure_that_changes(tmp_path):
    def told(text):
        return next(sentences.sensitive(found(tmp_path, text)))

    assert re.fullmatch(
        r"(Its figures are|The nearest is) most sensitive to the trial time: at [+−]20 %, done within 1,200 s in [\d.]+ % of runs "
        r"instead of [\d.]+ %\.",
        told(SMALL.replace("40 min", "20 min")),
    )
    slow = "{workers: 4, stragglers: {kind: half_normal, std: 3}}"
    never = told(SMALL.replace("{workers: 4}", slow).replace("40 min", "12 min"))
    assert re.fullmatch(
        r"The nearest is most sensitive to the \w+( \w+)?: at [+−]20 %, (?!done)(.*[\d,.]+.*) instead of (?!\2).*\.",
        never,
    ), never


# The page.


class Reader(HTMLParser):
    """Notes the tags, their attributes, and the text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def test_the_page_stands_by_itself_and_says_what_the_command_says(tmp_path):
    made = found(tmp_path)
    text = page.page(contents(made))
    read = Reader(text)
    ids = [value for name, value in read.attributes if name == "id"]

    assert sentences.sentence(made) in read.text
    assert "script" not in read.tags
    assert not [
        value for name, value in read.attributes if name in {"href", "src"} and not value.startswith(("data:", "#"))
    ]
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"] * 4
    assert len(ids) == len(set(ids))
    assert read.tags.count("svg") == 4
    for name in re.findall(r"var\(--([\w-]+)\)", text):
        assert text.count(f"--{name}:") == 3
    for colour in (THEMES["light"].ink, THEMES["light"].accent):
        assert colour.lower() not in text


def test_the_page_is_the_same_every_time(tmp_path):
    assert page.page(contents(found(tmp_path))) == page.page(contents(found(tmp_path)))


def test_names_from_the_scenario_are_only_text(tmp_path):
    text = SMALL.replace("searchers:", 'title: "<script>alert(1)</script> | *a* $x$"\nsearchers:', 1)
    text = text.replace("{cluster.workers: [2, 4, 8]}", '{cluster.workers: [2], cluster: {"<b>$\\\\x_1$ & |": {}}}')
    made = found(tmp_path, text)
    shown = page.page(contents(made))

    assert "script" not in Reader(shown).tags
    assert "b" not in Reader(shown).tags
    assert "SHA, <b>$\\x_1$ & |" in Reader(shown).text
    assert "\\| \\*a\\* \\$x\\$" in markdown(contents(made))
    assert "<script>" not in markdown(contents(made))


def test_keys_of_a_scenario_are_code_in_the_page_and_in_markdown(tmp_path):
    said = [
        "`--extend` tries them; <b>`max_wait: 3 h`</b>",
        "`a|b`, `*` and `<b>` stay as they are, like one ` alone",
    ]
    made = replace(contents(found(tmp_path)), remarks=said)
    shown = page.page(made)

    assert "<li><code>--extend</code> tries them; &lt;b&gt;<code>max_wait: 3 h</code>&lt;/b&gt;</li>" in shown
    assert "- `--extend` tries them; &lt;b>`max_wait: 3 h`&lt;/b>\n" in markdown(made)
    assert "- \\`a\\|b\\`, \\`\\*\\` and \\`&lt;b>\\` stay as they are, like one \\` alone\n" in markdown(made)


def test_figures_name_every_line_as_it_is(tmp_path):
    head = HEAD.replace("  SHA:", "  _SHA:").replace("  ASHA:", "  超:")
    shown = page.page(contents(found(tmp_path, planned("vary: {cluster.workers: [2, 4]}\nreplicates: 4", head))))
    words = Counter(re.findall(r">([^<]*)</text>", shown))

    assert [words[name] for name in ("_SHA", "超", "_SHA − 超")] == [3, 3, 1]


@pytest.mark.parametrize(
    ("labels", "settings"), [(range(6), ""), ("a", range(6)), ("ab", "xyz"), ("abc", "xy"), (range(5), "xy")]
)
def test_lines_of_a_figure_are_told_apart(labels, settings):
    shown = [Series(str(setting), str(label), (), None) for setting in settings or [""] for label in labels]
    looks = [(colour, mark) for _, colour, _, mark in charts._styled(shown[: charts.SHOWN])]

    assert len(looks) == len(set(looks))


def test_a_figure_says_where_it_does_not_show_all(tmp_path):
    head = "searchers:\n" + "".join(
        f"  s{n}: {{name: sha, max_trials: 16, max_length: 16, divisor: 4}}\n" for n in range(charts.SHOWN + 1)
    )
    head += "".join(HEAD.splitlines(True)[3:])
    shown = page.page(contents(found(tmp_path, planned("vary: {cluster.workers: [2, 4]}\nreplicates: 4", head))))

    assert shown.count("(6 of 7 lines)</figcaption>") == 3


def test_one_searcher_and_one_count(tmp_path):
    head = "searcher: {name: asha, max_trials: 16, max_length: 16}\n" + "".join(HEAD.splitlines(True)[3:])
    made = found(tmp_path, planned("vary: {cluster.workers: [4]}\nreplicates: 4\ntarget: {loss: -1}", head))

    assert "never" in markdown(contents(made))
    assert Reader(page.page(contents(made))).tags.count("svg") == 3
    assert json.loads(report.json_text(made))["recommended"] is None


def test_the_gallery_holds_the_report_of_the_example(tmp_path):
    done = plan("scenarios/plan_spot_or_on_demand.yaml", "--out", tmp_path)
    gallery = ROOT / "outputs" / "gallery" / "plan"

    assert done.returncode == 0, done.stderr
    assert {path.name for path in gallery.iterdir()} == {"plan.html", "plan.json", "plan.md", "table.csv"}
    for path in gallery.iterdir():
        assert path.read_text() == (tmp_path / path.name).read_text(), path.name
    assert done.stdout.splitlines()[0] in (ROOT / "docs" / "plan.md").read_text()


@pytest.mark.parametrize(
    ("settle", "said"),
    [
        ("", "Another seed of this plan may give another answer. `replicates: {settle: 400}` adds runs of the options that may be the answer, to settle it."),
        (", settle: 16", "Another seed of this plan may give another answer: 16 runs of each option that may be the answer have not settled it."),
        (", settle: 60", None),
    ],
)  # fmt: skip
def test_a_choice_that_another_seed_may_change_says_so(tmp_path, settle, said):
    text = planned(
        "vary: {cluster.workers: [2, 4, 8]}\ndeadline: 38 min\nprice: 3\nconfidence: 0.8\n"
        f"replicates: {{min: 16, width: 1{settle}}}"
    )
    remarks = [remark for remark in sentences.remarks(found(tmp_path, text)) if "Another seed" in remark]

    assert remarks == ([] if said is None else [said])


def test_runs_are_added_to_the_options_that_may_be_the_answer_and_are_kept(tmp_path):
    text = planned(
        "vary: {cluster.workers: [2, 4, 8]}\ndeadline: 38 min\nprice: 3\nconfidence: 0.8\n"
        "replicates: {min: 16, width: 1, settle: 60}"
    )
    made = answer(loaded(tmp_path, text), pool=WorkerPool(jobs=1), folder=tmp_path / "out")
    there = sorted((tmp_path / "out" / "blocks").iterdir())
    added = [path for path in there if path.name.startswith("replicates-000016-")]
    for path in added[::2]:
        path.unlink()
    again = answer(loaded(tmp_path, text), pool=WorkerPool(jobs=1), folder=tmp_path / "out", resume=True)
    advice = made.advice
    more = {option for option in advice.options if option.replicates > 16}

    assert (made.replicates, made.fresh.replicates) == (16, 16)
    assert {advice.chosen, *advice.tied} <= more < set(advice.options)
    assert advice.open == ()
    assert {option.replicates for option in more} == {24}
    assert "the options that may be the answer had up to 24" in made.why
    assert report.json_text(again) == report.json_text(made)
    assert sorted((tmp_path / "out" / "blocks").iterdir()) == there
    assert len(added) >= len(more)
