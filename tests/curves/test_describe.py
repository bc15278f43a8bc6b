"""Figures of curves: for tiny sets by hand, for the recorded set as measured, in words and as a picture."""

import json
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest

from simulator.core.errors import InputError
from simulator.curves.describe import LossGrid, describe, grid_of, rank_correlation
from simulator.curves.files.tables import read_table
from simulator.curves.unit_times import UnitTimes
from tests.support.runner import ROOT, asha_sim

LANGUAGE = ROOT.parent / "shared" / "data" / "nbnlp_wikitext2.csv.gz"


def grid(losses, resources=None, **how):
    losses = np.array(losses, float)
    resources = np.arange(1, losses.shape[1] + 1) if resources is None else np.array(resources)
    return LossGrid(resources, losses, how.get("unit_s"), np.array(how.get("errored", [False] * len(losses))))


def test_crossings_by_hand():
    about = describe(grid([[4, 3, 1], [3, 2, 2], [5, 5, 5]]))
    assert about.crossing == pytest.approx(1 / 3)
    assert about.crossing_late == pytest.approx(1 / 3)
    late = describe(grid([[4, 1, 1, 1, 1, 1], [3, 2, 2, 2, 2, 2]]))
    assert (late.crossing, late.crossing_late) == (1, 0)


def test_trials_that_died_rank_last_and_cross_no_other():
    about = describe(grid([[1, 1, 1], [2, 2, 2], [3, 3, 3], [0, 0, inf]]))
    assert about.diverged == 0.25
    assert about.finished == 3
    assert about.early == {1: pytest.approx(rank_correlation(np.array([1, 2, 3, 0.0]), np.array([1, 2, 3, 4.0])))}
    assert about.crossing == 0


def test_rank_correlation_with_ties_as_scipy_has_it():
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    one, other = rng.integers(8, size=(2, 60)).astype(float)
    assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)
    assert rank_correlation(one[:2], other[:2]) is None
    assert rank_correlation(np.ones(9), other[:9]) is None


def test_noise_of_curves_with_known_noise():
    rng = np.random.default_rng(0)
    levels = np.linspace(0, 1, 400)[:, None]
    about = describe(grid(levels + 0.03 * rng.standard_normal((400, 60))))
    assert about.noise == pytest.approx(0.03 / 0.5, rel=0.05)
    assert describe(grid(levels + np.zeros((1, 4)), [1, 3, 9, 27])).noise is None


def test_times():
    about = describe(grid([[1.0, 1], [2, 2], [3, 3]], unit_s=np.array([1.0, np.e, np.e**2])))
    assert about.unit_s == pytest.approx(np.e)
    assert about.unit_sigma == pytest.approx(np.sqrt(2 / 3))
    assert about.unit_quality == pytest.approx(1)


def read(tmp_path, text):
    (tmp_path / "c.csv").write_text(text)
    return grid_of(read_table(tmp_path / "c.csv", times_needed=False))


def test_a_grid_from_curves_of_different_steps(tmp_path):
    made = read(tmp_path, "trial,resource,loss\n0,1,1\n0,3,3\n1,1,5\n1,2,6\n1,3,\n2,2,7\n2,3,8\n")

    assert made.resources.tolist() == [1, 2, 3]
    assert np.array_equal(made.loss, [[1, 2, 3], [5, 6, inf], [nan, 7, 8]], equal_nan=True)
    assert made.unit_s is None


def test_deaths_and_bad_results_on_the_way(tmp_path):
    made = read(
        tmp_path,
        "trial,resource,loss,elapsed_s,exit\n0,1,1,1,\n0,2,2,2,\n0,3,,3,\n1,1,1,1,errored\n2,1,1,2,\n2,3,1,6,\n",
    )

    assert np.array_equal(made.loss, [[1, 2, inf], [inf, inf, inf], [1, 1, 1]])
    assert made.errored.tolist() == [False, True, False]
    assert made.unit_s.tolist() == [1, 1, 2]


def test_many_resources_are_thinned(tmp_path):
    made = read(tmp_path, "trial,resource,loss\n" + "".join(f"0,{r},{r}\n" for r in range(1, 2001)))
    assert len(made.resources) == 256
    assert made.resources[[0, -1]].tolist() == [1, 2000]


@pytest.mark.skipif(not LANGUAGE.exists(), reason="the file is not part of the project")
def test_the_measured_set():
    table = read_table(LANGUAGE)
    about = describe(grid_of(table))

    assert [round(about.early[at], 2) for at in (1, 3, 9, 27)] == [0.78, 0.87, 0.94, 0.99]
    assert about.unit_sigma == pytest.approx(0.41, abs=0.01)
    assert about.crossing == pytest.approx(0.2465, abs=0.005)
    assert about.diverged == 4 / 345


@pytest.mark.slow
def test_the_command_and_its_figure(tmp_path):
    digits = ROOT / "scenarios" / "curves" / "digits.csv.gz"
    told = asha_sim("curves", "describe", digits)
    about = json.loads(asha_sim("curves", "describe", digits, "--json").stdout)

    assert told.stdout.startswith("360 trials, 29,004 points; 358 reached all 81 units\n  rank correlation at 1 ")
    assert about["trials"] == 360
    assert set(about["early"]) == {"1", "3", "9", "27"}
    for name, theme in (("a.png", "light"), ("b.png", "light"), ("c.png", "dark")):
        done = asha_sim("curves", "describe", digits, "--figure", tmp_path / name, "--theme", theme)
        assert done.returncode == 0
        assert done.stderr.startswith("digits.csv.gz: 358 of 360 reach 81 units")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.png").read_bytes() != (tmp_path / "c.png").read_bytes()


def test_bad_input(tmp_path):
    (tmp_path / "a.csv").write_text("trial,resource\n")
    for arguments in (("a.csv",), ("none.csv",), ("a.csv", "--figure", "x.pdf")):
        done = asha_sim("curves", "describe", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


@pytest.mark.slow
def test_curves_that_say_little(tmp_path):
    """Trials with one point each and without times still have a description and a figure."""
    (tmp_path / "a.csv").write_text("trial,resource,loss\n0,5,1\n1,5,1\n")
    done = asha_sim("curves", "describe", tmp_path / "a.csv", "--figure", tmp_path / "a.png")
    assert done.returncode == 0
    assert "noise                                –" in done.stdout
    assert Path(tmp_path / "a.png").exists()


def test_curves_without_times_that_reach_far(tmp_path):
    """If no times are needed, none are made up, since these could be too long."""
    (tmp_path / "a.csv").write_text("trial,resource,loss\n0,1000000000000,1\n1,999999999999999,2\n")
    assert read_table(tmp_path / "a.csv", times_needed=False).clock.tolist() == [10**12, 10**15 - 1]
    with pytest.raises(InputError, match="285 years"):
        read_table(tmp_path / "a.csv", unit_times=UnitTimes(10**6))
