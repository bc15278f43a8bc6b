"""A question without a file, an answer at the edge of its grid, and times of day."""

from __future__ import annotations

import re

import pytest

from simulator.core.errors import InputError
from simulator.planning.backend import WorkerPool
from simulator.planning.extending import beyond_advice, extended
from simulator.planning.planner import answer
from simulator.planning.report import sentences
from simulator.scenario.asking import Question, asked, counts_of, scenario_text
from simulator.scenario.loading import load
from tests.support.plans import SMALL, loaded, planned, written
from tests.support.runner import asha_sim

WHOLE = {"trials": 300, "max_length": 81, "divisor": 3, "unit_time": "7min", "workers": "8,16,32,64", "price": 2.1,
         "spot_price": 0.75, "spot_up": "5h", "deadline": "62h"}  # fmt: skip
PILOTS = "trial,resource,loss,elapsed_s\n" + "".join(
    f"{trial},{unit},{1 + trial / (unit + trial)},{60 * unit * (1 + trial / 10)}\n"
    for trial in range(4)
    for unit in (1, 4, 16)
)
SHORT = ("--trials", "16", "--max-length", "16", "--workers", "2,4", "--jobs", "1")


def plan(*args, cwd=None):
    return asha_sim("plan", *args, cwd=cwd)


def test_a_whole_question_is_a_scenario():
    made = asked(Question(**WHOLE))
    scenario = made.scenario

    assert [(spec.max_trials, spec.max_length, spec.divisor) for spec in scenario.searchers.values()] == [
        (300, 81, 3)
    ] * 2
    assert scenario.plan.vary["cluster.groups.workers.count"] == [8, 16, 32, 64]
    assert scenario.plan.vary["cluster.groups.workers"]["on demand"] == {"price": 2.1}
    assert scenario.plan.vary["cluster.groups.workers"]["spot"]["preemption"]["up"] == "5h"
    assert scenario.plan.deadline == 62 * 3600 * 10**6
    assert made.document.raw.decode().startswith(
        "# Asked with: asha-sim plan --trials 300 --max-length 81 --divisor 3 --unit-time 7min --workers 8,16,32,64 "
    )


@pytest.mark.slow
def test_the_saved_scenario_gives_the_same_answer(tmp_path):
    said = plan(*SHORT, "--unit-time", "1min", "--deadline", "3h", "--save", tmp_path / "q.yaml", cwd=tmp_path)
    again = plan("q.yaml", "--jobs", "1", cwd=tmp_path)

    assert (said.returncode, said.stderr, again.stderr) == (0, "", "")
    answered, _, shown = said.stdout.partition(f"\nThe scenario is in {tmp_path / 'q.yaml'}:\n")
    assert answered == again.stdout
    assert shown == (tmp_path / "q.yaml").read_text()


@pytest.mark.slow
def test_pilots_are_resampled_and_named_as_seen_from_the_saved_file(tmp_path):
    (tmp_path / "pilots 'x'.csv").write_text(PILOTS)
    (tmp_path / "there").mkdir()
    said = plan(*SHORT, "--pilots", "pilots 'x'.csv", "--save", "there/q.yaml", cwd=tmp_path)
    curves = load(tmp_path / "there" / "q.yaml").scenario.curves

    assert (said.returncode, said.stderr) == (0, "")
    assert (curves.file, curves.resample, curves.interpolate) == ("../pilots 'x'.csv", True, "linear")
    assert "It rests on 4 recorded trials" in said.stdout


@pytest.mark.parametrize("text", ["7min\nseed: 1", "[1, 2", "{a: b}", "7min # no", "&a 7min", "1\u20287"])
def test_an_option_is_never_more_than_a_value(text):
    with pytest.raises(InputError, match=r"^--unit-time: .* is not a duration"):
        asked(Question(trials=16, max_length=16, unit_time=text, workers="2"))


@pytest.mark.parametrize("name", ["a\nseed: 3", "a: b", "#", '"', "\\", "é"])
def test_any_file_name_is_accepted(tmp_path, name):
    (tmp_path / name).write_text(PILOTS)
    made = asked(Question(trials=16, max_length=16, workers="2", pilots=tmp_path / name))

    assert made.scenario.curves.file == str(tmp_path / name)
    assert made.scenario.seed == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"trials": None}, "--trials: is missing: give how many trials"),
        ({"max_length": None}, "--max-length: is missing"),
        ({"workers": None}, "--workers: is missing"),
        ({"unit_time": None}, "--unit-time: is missing: say how long a unit takes, such as 7min, or give --pilots"),
        ({"workers": "8,x"}, "--workers: '8,x' should be numbers of workers such as 8,16,32"),
        ({"workers": "8,0"}, "--workers: '8,0' should be"),
        ({"workers": "8,8"}, "--workers: has 8 twice"),
        ({"workers": ",".join(map(str, range(1, 200)))}, "--workers: takes up to 100"),
        ({"price": float("nan")}, "--price: nan is not a number"),
        ({"price": -1.0}, "--price: "),
        ({"price": None, "spot_up": None}, "--spot-price: needs --price too"),
        ({"spot_price": None}, "--spot-up: is of spot machines: give their --spot-price too"),
        ({"price": None, "spot_price": None, "spot_up": None, "budget": 3.0}, "--budget: needs --price"),
        ({"trials": 0}, "--trials: "),
        ({"divisor": 1}, "--divisor: "),
        ({"confidence": 1.5}, "--confidence: "),
        ({"deadline": "soon"}, "--deadline: 'soon' is not a duration"),
        ({"deadline": "2026-12-04 18:00"}, "--deadline: '2026-12-04 18:00' is a day and time; give `start` too"),
        ({"start": "Friday"}, "--start: 'Friday' is not a day and time; write it as in 2026-12-04 18:00"),
        ({"spot_up": "never"}, "--spot-up: 'never' is not a duration"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_reported_with_its_option(options, said):
    with pytest.raises(InputError) as error:
        asked(Question(**{**WHOLE, **options}))

    assert str(error.value).startswith(said), str(error.value)


def test_numbers_of_workers_are_in_order():
    assert counts_of(" 16, 8 ") == [8, 16]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--trials: is missing"),
        (("s.yaml", "--trials", "3"), "--trials: asks without a file, and s.yaml is given"),
        (("s.yaml", "--workers", "3,4"), "--workers: '3,4' should be one number, as a scenario's file is given"),
        (("s.yaml", "--save", "t.yaml"), "--save: is for a question without a file"),
        (("s.yaml", "--deadline", "soon"), "--deadline: plan.deadline: 'soon' is not a duration"),
        ((*SHORT, "--unit-time", "1min", "--save", "t.txt"), "t.txt: must end in .yaml or .yml"),
    ],
)
def test_options_that_have_no_place_are_refused_in_a_line(tmp_path, options, said):
    written(tmp_path)
    done = plan(*options, cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said), done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"s.yaml"}


@pytest.mark.slow
def test_another_deadline_goes_on_with_the_runs_that_are_there(tmp_path):
    first = plan(written(tmp_path), "--jobs", "1", "--out", "out", cwd=tmp_path)
    blocks = sorted((tmp_path / "out" / "blocks").iterdir())
    again = plan("s.yaml", "--jobs", "1", "--out", "out", "--resume", "--deadline", "41 min", cwd=tmp_path)

    assert (first.returncode, again.returncode, again.stderr) == (0, 0, "")
    assert "done within 2,460 s in" in again.stdout
    assert set(blocks) <= set((tmp_path / "out" / "blocks").iterdir())


# The edge of the grid.


def edges(text, tmp_path, *, extend=False):
    found = answer(loaded(tmp_path, text), pool=WorkerPool(jobs=1), extend=extend)
    told = [remark for remark in sentences.remarks(found) if "was tried" in remark]
    return found, told, sorted({option.count for option in found.advice.options})


@pytest.mark.slow
def test_an_answer_at_the_smallest_count_says_that_it_is_the_smallest(tmp_path):
    text = SMALL.replace("40 min", "6 h")
    found, told, counts = edges(text, tmp_path)
    more, edge, tried = edges(text, tmp_path, extend=True)

    assert (found.advice.chosen.count, counts) == (2, [2, 4, 8])
    assert told == ["2 is the smallest number that was tried. Fewer workers may be enough; `--extend` tries them."]
    assert (more.advice.chosen.count, tried) == (1, [1, 2, 4, 8])
    assert edge == []  # fewer than one is none


@pytest.mark.slow
def test_extend_tries_more_workers_if_no_option_is_enough(tmp_path):
    text = planned("vary: {cluster.workers: [1, 2]}\ndeadline: 30 min\nconfidence: 0.5\nreplicates: 8")
    found, _, _ = edges(text, tmp_path)
    more, _, tried = edges(text, tmp_path, extend=True)

    assert found.advice.chosen is None
    assert more.advice.chosen is not None
    assert tried[:4] == [1, 2, 4, 8]


@pytest.mark.slow
def test_names_of_counts_are_kept(tmp_path):
    text = SMALL.replace("[2, 4, 8]", "{few: 4, many: 8}").replace("40 min", "6 h")
    found, _, _ = edges(text, tmp_path)

    assert extended(found.loaded, beyond_advice(found.advice)).scenario.plan.vary["cluster.workers"] == {
        "1": 1, "2": 2, "few": 4, "many": 8,
    }  # fmt: skip


def test_an_answer_inside_its_grid_is_not_continued(tmp_path):
    found, told, _ = edges(planned("vary: {cluster.workers: [1, 2, 4, 8, 16]}\nreplicates: 12"), tmp_path)

    assert (told, extended(found.loaded, beyond_advice(found.advice))) == ([], None)


@pytest.mark.slow
def test_a_grid_that_cannot_be_continued_says_why(tmp_path, caplog):
    head = "cluster: {groups: {a: {count: 4, preemption: {together: rack of 4}}}}\n"
    text = SMALL.replace("cluster: {workers: 4}\n", head).replace("cluster.workers", "cluster.groups.a.count")
    text = text.replace("  price: 3\n", "").replace("[2, 4, 8]", "[4, 8]").replace("40 min", "90 h")
    found, _, counts = edges(text, tmp_path, extend=True)

    assert (found.advice.chosen.count, counts) == (4, [4, 8])
    assert "the grid is not continued: " in caplog.text


def test_a_grid_of_one_point_is_an_answer(tmp_path):
    found, told, _ = edges(SMALL.replace("[2, 4, 8]", "[4]").replace("40 min", "6 h"), tmp_path)

    assert found.advice.chosen.count == 4
    assert told == ["No other number than 4 was tried. Fewer workers may be enough; `--extend` tries them."]


# Times of day.


def moments(start, deadline):
    return f"start: {start}\ndeadline: {deadline}\nvary: {{cluster.workers: [4]}}\nreplicates: 6"


@pytest.mark.parametrize(
    ("start", "deadline", "hours"),
    [
        ("2026-12-04 18:00", "2026-12-07 09:00", 63),
        ("2026-12-04T18:00:00", '"2026-12-04 19:30"', 1.5),
        ("2026-12-04", "2026-12-05", 24),
        ("2026-12-04 18:00 +01:00", "2026-12-04 18:00Z", 1),
        ("2026-12-04 18:00", "62 h", 62),
    ],
)
def test_a_deadline_may_be_a_day_and_time(tmp_path, start, deadline, hours):
    made = loaded(tmp_path, planned(moments(start, deadline)))

    assert made.scenario.plan.deadline == hours * 3600 * 10**6


def test_the_answer_says_both(tmp_path):
    found = answer(
        loaded(tmp_path, "time_unit: h\n" + planned(moments("2026-12-04 18:00", "62 h"))), pool=WorkerPool(jobs=1)
    )

    assert "done within 62 h (by 2026-12-07 08:00) in " in sentences.sentence(found)


@pytest.mark.parametrize(
    ("start", "deadline", "said"),
    [
        ("2026-12-07 09:00", "2026-12-04 18:00", "'2026-12-04 18:00' is not after the start, 2026-12-07 09:00"),
        ("2026-12-07 09:00", "2026-12-07 09:00", "is not after the start"),
        ("2026-13-07", "62 h", "'2026-13-07' is not a day and time"),
        ("2026-12-04 18:00", "2026-12-04 25:00", "is not a duration"),
        (
            "2026-12-04 18:00Z",
            "2026-12-05 18:00",
            "only one of start and deadline has a time zone; give both of them one, or none",
        ),
        ("5", "62 h", "5 is not a day and time"),
    ],
)
def test_wrong_days_and_times(tmp_path, start, deadline, said):
    with pytest.raises(InputError) as error:
        loaded(tmp_path, planned(moments(start, deadline)))

    assert said in str(error.value)
    assert re.match(rf"{tmp_path}/s.yaml:\d+:\d+: plan.(start|deadline): ", str(error.value))


def test_a_question_names_pilots_relative_to_its_file(tmp_path):
    question = Question(trials=16, max_length=16, workers="2", pilots=tmp_path / "a" / "p.csv")

    assert 'file: "../a/p.csv"' in scenario_text(question, tmp_path / "b")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (2, "--pilots: 2 pilots can't tell how trials differ; train 3 or more"),
        (0, "--pilots: p.csv: cannot be read"),
    ],
)
def test_what_is_wrong_with_the_pilots_is_told_of_the_option(tmp_path, rows, said):
    """Errors name the option --pilots, since the scenario of a question is not a file that a user could look at."""
    if rows:
        (tmp_path / "p.csv").write_text("".join(PILOTS.splitlines(keepends=True)[: 1 + 3 * rows]))
    options = "--trials 16 --max-length 16 --divisor 4 --workers 2 --pilots p.csv --jobs 1"
    done = asha_sim("plan", *options.split(), cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said)


def test_pilots_that_are_too_short_are_told_of_the_option(tmp_path):
    (tmp_path / "p.csv").write_text(PILOTS)
    options = "--trials 64 --max-length 64 --divisor 4 --workers 2 --pilots p.csv --jobs 1"
    done = asha_sim("plan", *options.split(), cwd=tmp_path)

    assert "question.yaml" not in done.stderr
    assert "its rows go from 1 to 16; train it to 64, or lower the length to 16" in done.stderr


# A law in place of the pilots.

LAW = "# a law\ncurves:\n  kind: synthetic\n  trials: [[0.1, 1, 0.5, 1, 60, 0, 0], [0.2, 1, 0.5, 1, 60, 0, 0]]\n"


def test_a_fitted_law_stands_for_the_pilots(tmp_path):
    (tmp_path / "law.yaml").write_text(LAW)
    made = asked(Question(trials=9, max_length=9, divisor=3, workers="2", pilots=tmp_path / "law.yaml"))

    assert len(made.scenario.curves.trials) == 2
    assert "a law" not in made.document.raw.decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAW + "cluster: {workers: 3}\n", "should hold learning curves, or the one section `curves`"),
        ("curves: {kind: recorded, file: p.csv}\n", "should hold learning curves, or the one section `curves`"),
        ("- 1\n", "should hold learning curves"),
        ("curves: [\n", "law.yaml"),
        (LAW.replace("60, 0, 0", "-60, 0, 0"), "--pilots: trials.0 has a rate, scale or time that is not above 0"),
    ],
)
def test_a_file_that_holds_no_law_is_told(tmp_path, text, said):
    (tmp_path / "law.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        asked(Question(trials=9, max_length=9, divisor=3, workers="2", pilots=tmp_path / "law.yaml"))
    assert said in str(caught.value)


def test_a_law_has_its_times(tmp_path):
    (tmp_path / "law.yaml").write_text(LAW)
    with pytest.raises(InputError, match="--unit-time: goes with pilots without times"):
        asked(Question(trials=9, max_length=9, workers="2", unit_time="7min", pilots=tmp_path / "law.yaml"))
