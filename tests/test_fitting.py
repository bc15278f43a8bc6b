"""Fits judged: intervals, searches on both, and a section that a scenario takes."""

import json

import pytest

from simulator.core.errors import InputError
from simulator.curves.files.tables import read_table
from simulator.experiment import fitting
from simulator.experiment.fitting import Fitted, Row
from simulator.scenario.curves import Synthetic
from simulator.scenario.loading import load
from tests.test_cli import ROOT, asha_sim

DIGITS = ROOT / "scenarios" / "curves" / "digits.csv.gz"
LANGUAGE = ROOT.parent / "shared" / "data" / "nbnlp_wikitext2.csv.gz"


@pytest.fixture(scope="module")
def digits():
    return fitting.fit(read_table(DIGITS), rounds=15, replicates=25)


def test_searches_on_the_digits_agree(digits):
    assert [row.name for row in digits.searches] == [
        "SHA makespan, s", "SHA regret", "ASHA makespan, s", "ASHA regret",
    ]  # fmt: skip
    assert all(row.inside for row in digits.searches)


@pytest.mark.skipif(not LANGUAGE.exists(), reason="the file is not part of the project")
def test_searches_on_the_language_models_agree():
    made = fitting.fit(read_table(LANGUAGE), rounds=12, replicates=25)
    assert all(row.inside for row in made.searches)


def test_figures_stand_side_by_side(digits):
    rows = {row.name: row for row in digits.figures}

    assert rows["median seconds a unit"].inside
    assert rows["rank correlation at 27"].recorded == pytest.approx(0.952, abs=1e-3)
    for row in digits.figures:
        if row.low is not None and row.recorded is not None and "final loss" not in row.name:
            assert row.low <= row.high
    lines = list(digits.lines())
    assert lines[0].endswith("digits.csv.gz: 360 recorded trials, 1,000 drawn from the fit")
    assert lines[-1] == "searches: 4 of 4 figures of the fit lie in the interval of the recorded"
    assert json.loads(json.dumps(digits.as_dict()))["searches"][0]["inside"] is True


def test_what_is_outside_says_by_how_much():
    rows = [
        Row("a", 1.0, 0.9, 1.1, 1.5),
        Row("b", 1.0, 0.9, 1.1, 0.5),
        Row("c", 1.0, 0.9, 1.1, 1.0),
        Row("d", None, None, None, 1.0),
    ]
    lines = list(Fitted("f", 3, fitting.Law(), [], rows).lines())

    assert lines[2].endswith("off by +0.4")
    assert lines[3].endswith("off by -0.4")
    assert "off" not in lines[4] + lines[5]
    assert lines[-1] == "searches: 1 of 3 figures of the fit lie in the interval of the recorded"


def test_the_section_is_a_scenario_s(digits, tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(
        "searchers: {SHA: {name: sha, max_trials: 9, max_length: 9}}\ncluster: {workers: 3}\n"
        + digits.yaml("a\nb.csv")
    )
    assert load(path).scenario.curves.law == digits.law
    assert isinstance(load(path).scenario.curves, Synthetic)
    assert digits.yaml("a\nb.csv").startswith("# Trials like those of a b.csv: asha-sim curves fit\ncurves:\n")


def test_bad_input(tmp_path):
    (tmp_path / "c.csv").write_text("trial,resource,loss,elapsed_s\n0,1,1,1\n")
    with pytest.raises(InputError, match="has 1 trials that reached the end, and a fit takes ten"):
        fitting.fit(read_table(tmp_path / "c.csv"))
    done = asha_sim("curves", "fit", "c.csv", "-o", "part.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert not (tmp_path / "part.yaml").exists()


@pytest.mark.parametrize("out", ["c.csv", "/dev/null", "c"])
def test_a_fit_is_written_to_a_yaml_file(tmp_path, out):
    (tmp_path / "c.csv").write_text("trial,resource,loss,elapsed_s\n0,1,0.5,1\n")
    done = asha_sim("curves", "fit", "c.csv", "-o", out, cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{out}: must end in .yaml or .yml\n"
    assert [path.name for path in tmp_path.iterdir()] == ["c.csv"]
