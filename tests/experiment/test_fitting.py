"""Judged fits: intervals, searches on recorded and on fitted trials, and a section that a scenario accepts."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from simulator.cli import curves
from simulator.core.errors import InputError
from simulator.curves.describe import describe
from simulator.curves.files.tables import read_table
from simulator.curves.fit import drawn, fit_law, refitted
from simulator.curves.synthetic import Law
from simulator.curves.synthetic import Synthetic as Drawn
from simulator.experiment import fitting
from simulator.experiment.fitting import Figure, Fitted
from simulator.scenario.curves import SyntheticSection
from simulator.scenario.loading import load
from tests.support.runner import ROOT, asha_sim
from tools import fits

DIGITS = ROOT / "scenarios" / "curves" / "digits.csv.gz"
LANGUAGE = ROOT.parent / "shared" / "data" / "nbnlp_wikitext2.csv.gz"


@pytest.fixture(scope="module")
def digits():
    return fitting.fit_and_compare(read_table(DIGITS), replicates=25)


@pytest.mark.slow
def test_searches_on_the_digits_agree(digits):
    assert [row.name for row in digits.searches] == [
        "SHA makespan, s", "SHA regret", "ASHA makespan, s", "ASHA regret",
    ]  # fmt: skip
    assert all(row.inside for row in digits.searches)


@pytest.mark.skipif(not LANGUAGE.exists(), reason="the file is not part of the project")
def test_searches_on_the_language_models_agree():
    made = fitting.fit_and_compare(read_table(LANGUAGE), replicates=25)
    assert all(row.inside for row in made.searches)


@pytest.mark.slow
@pytest.mark.parametrize(
    "file",
    [DIGITS, pytest.param(LANGUAGE, marks=pytest.mark.skipif(not LANGUAGE.exists(), reason="not of the project"))],
)
def test_makespan_regret_and_time_to_the_best_are_those_of_the_pilots(file):
    """They are within a tenth of the recorded mean, or in the interval that other pilots of the same number would give."""
    rows = list(fits.compared(file, runs=20, pilots=12))

    assert len(rows) == 2 * 3 * 3
    for label, workers, name, real, low, high, fitted in rows:
        assert low <= fitted <= high or fitted == pytest.approx(real, rel=0.1), (label, workers, name)
        if name == "makespan":
            assert fitted == pytest.approx(real, rel=0.1), (label, workers)


@pytest.mark.skipif(not LANGUAGE.exists(), reason="the file is not part of the project")
def test_on_the_preset_asha_compares_with_sha_as_on_the_recorded_trials():
    for workers, real, _, made, _ in fits.signs(LANGUAGE, "language-model", runs=40):
        assert (real > 0) == (made > 0), workers


@pytest.mark.slow
def test_figures_stand_side_by_side(digits):
    rows = {row.name: row for row in digits.figures}

    assert rows["median seconds a unit"].inside
    assert rows["rank correlation at 27"].recorded == pytest.approx(0.952, abs=1e-3)
    for row in digits.figures:
        if row.low is not None and row.recorded is not None and "final loss" not in row.name:
            assert row.low <= row.high
    lines = list(digits.lines())
    assert lines[0].endswith("digits.csv.gz: 360 recorded trials, and 1,000 trials drawn from the fit")
    assert lines[-1] == "searches: 4 of 4 figures on fitted trials lie in the interval of those on recorded trials"
    assert json.loads(json.dumps(digits.as_dict()))["searches"][0]["inside"] is True


def test_what_is_outside_says_by_how_much():
    rows = [
        Figure("a", 1.0, 0.9, 1.1, 1.5),
        Figure("b", 1.0, 0.9, 1.1, 0.5),
        Figure("c", 1.0, 0.9, 1.1, 1.0),
        Figure("d", None, None, None, 1.0),
    ]
    lines = list(Fitted("f", 3, fitting.Law(), [], rows).lines())

    assert lines[2].endswith("off by +0.4")
    assert lines[3].endswith("off by -0.4")
    assert "off" not in lines[4] + lines[5]
    assert lines[-1] == "searches: 1 of 3 figures on fitted trials lie in the interval of those on recorded trials"


@pytest.mark.slow
def test_the_section_is_a_scenario_s(digits, tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(
        "searchers: {SHA: {name: sha, max_trials: 9, max_length: 9}}\ncluster: {workers: 3}\n"
        + fitting.yaml_of(digits.law, "a\nb.csv")
    )
    assert load(path).scenario.curves.law == digits.law
    assert isinstance(load(path).scenario.curves, SyntheticSection)
    assert fitting.yaml_of(digits.law, "a\nb.csv").startswith(
        "# Trials like those of a b.csv: asha-sim curves fit\ncurves:\n"
    )


def test_bad_input(tmp_path):
    (tmp_path / "c.csv").write_text("trial,resource,loss,elapsed_s\n0,1,1,1\n")
    with pytest.raises(InputError, match="has 1 trial that reached unit 1, the end, and a fit takes 3 or more"):
        fitting.fit_and_compare(read_table(tmp_path / "c.csv"))
    done = asha_sim("curves", "fit", "c.csv", "-o", "part.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert not (tmp_path / "part.yaml").exists()


def pilots(path, trials, units):
    """A file of recorded trials at every power of 3 up to `units`."""
    law = SyntheticSection.model_validate({"kind": "synthetic", "family": "pow4"}).law
    resources = [3**power for power in range(9) if 3**power <= units]
    losses, unit = Drawn(law, 5).sample(trials, resources)
    rows = [
        f"{trial},{resource},{losses[trial, place]},{unit[trial] * resource}"
        for trial in range(trials)
        for place, resource in enumerate(resources)
    ]
    path.write_text("\n".join(["trial,resource,loss,elapsed_s", *rows, ""]))
    return path


@pytest.mark.parametrize(("trials", "units", "rungs"), [(12, 81, 5), (80, 81, 5), (26, 81, 5), (10, 27, 4)])
def test_too_few_trials_for_a_search_still_give_a_law(tmp_path, trials, units, rungs):
    heard = []
    file = pilots(tmp_path / "c.csv", trials, units)
    made = fitting.fit_and_compare(read_table(file), replicates=2, on_law=lambda law, others: heard.append(law))

    assert heard == [made.law]
    assert (made.searches, bool(made.figures)) == ([], True)
    assert list(made.lines())[-1] == (
        f"no search was compared: {trials} trials leave none for the top of {rungs} rungs; "
        f"it takes {3 ** (rungs - 1)} or more"
    )
    assert made.as_dict()["note"].startswith("no search was compared")


def test_as_many_trials_as_a_search_takes(tmp_path):
    made = fitting.fit_and_compare(read_table(pilots(tmp_path / "c.csv", 27, 27)), replicates=2)
    assert (len(made.searches), made.note) == (4, "")


def test_the_law_is_written_before_it_is_judged(tmp_path, monkeypatch):
    def gives_out(*_):
        raise MemoryError

    monkeypatch.setattr(fitting, "_figures", gives_out)
    monkeypatch.chdir(tmp_path)
    pilots(tmp_path / "c.csv", 12, 27)
    with pytest.raises(MemoryError):
        curves.fit(file=Path("c.csv"), out=Path("part.yaml"), replicates=2)
    assert (tmp_path / "part.yaml").read_text().startswith("# Trials like those of c.csv")


@pytest.mark.parametrize("out", ["c.csv", "/dev/null", "c"])
def test_a_fit_is_written_to_a_yaml_file(tmp_path, out):
    (tmp_path / "c.csv").write_text("trial,resource,loss,elapsed_s\n0,1,0.5,1\n")
    done = asha_sim("curves", "fit", "c.csv", "-o", out, cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{out}: must end in .yaml or .yml\n"
    assert [path.name for path in tmp_path.iterdir()] == ["c.csv"]


def test_laws_of_other_pilots_are_kept_as_many_as_asked():
    """A law of another set has one pilot less, drawn from the given pilots, and its own spreads."""
    law = Law(best=0.1, worst=1.0, unit_s=60, unit_sigma=0.3)
    grid = drawn(law, 3, 12, (1, 3, 9))
    fitted = fit_law(grid, describe(grid))
    others = refitted(grid, fitted, 24)
    text = fitting.yaml_of(fitted, "p.csv", others)
    section = YAML(typ="safe").load(text)["curves"]
    made = SyntheticSection.model_validate(section).other_laws

    assert len(others) == len(made) == 24
    assert {len(one.trials) for one in made} == {11}
    assert len({one.trials for one in others}) > 20
    for one, other in zip(others, made, strict=True):
        assert [row.asymptote for row in other.trials] == [fitted.trials[at].asymptote for at, _ in one.trials]
        assert [row.spread for row in other.trials] == pytest.approx([spread for _, spread in one.trials], rel=1e-3)


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ("[{trials: [[0, 0.1]]}]", "should have at least 8 items"),
        ("[" + ", ".join(["{trials: [[2, 0.1]]}"] * 8) + "]", "others.0 names a trial that is not there"),
        ("[" + ", ".join(["{trials: [[0.5, 0.1]]}"] * 8) + "]", "others.0 names a trial that is not there"),
    ],
)
def test_laws_of_no_pilots_are_refused(tmp_path, others, said):
    path = tmp_path / "s.yaml"
    rows = "[[0.1, 1, 0.5, 1, 60, 0, 0], [0.2, 1, 0.5, 1, 60, 0, 0]]"
    path.write_text(
        "searcher: {name: asha, max_trials: 9, max_length: 9, divisor: 3}\n"
        f"curves: {{kind: synthetic, trials: {rows}, others: {others}}}\ncluster: {{workers: 3}}\n"
    )
    with pytest.raises(InputError, match=said):
        load(path)
