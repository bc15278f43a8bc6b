"""The guide from pilots to a plan: a rough calculation gives its answer, and the pilots are also an Optuna study."""

from __future__ import annotations

import re
from math import ceil
from pathlib import Path

import numpy as np
import pytest

from simulator.curves.describe import grid_of
from simulator.curves.files.tables import read_table
from simulator.planning.backend import WorkerPool
from simulator.planning.planner import answer
from simulator.scenario.asking import Question, asked
from simulator.scenario.loading import check_document
from simulator.scenario.opening import with_changes
from tests.support.runner import ROOT, asha_sim
from tools import pilots

GUIDE = (ROOT / "docs" / "pilots-to-plan.md").read_text(encoding="utf-8")
LOG = ROOT / "scenarios" / "pilots" / "log.csv"
STUDY = ROOT / "scenarios" / "pilots" / "study.db"
#: Number of trials on each rung of the guide's search, and units from each rung to the next.
RUNGS = {81: 1, 27: 2, 9: 6, 3: 18}
START_H = 2 / 60


@pytest.fixture(scope="module")
def curves(tmp_path_factory):
    """The curves that the guide's first command writes."""
    folder = tmp_path_factory.mktemp("guide")
    [command] = re.findall(r"^asha-sim (curves import .*)$", GUIDE, re.M)
    assert asha_sim(*command.replace("scenarios/pilots/log.csv", str(LOG)).split(), cwd=folder).returncode == 0
    return folder / "pilots.csv"


def unit_h(curves):
    """Hours a unit takes, in the median of the pilots."""
    return float(np.median(grid_of(read_table(curves)).unit_s)) / 3600


def test_the_answer_on_the_back_of_an_envelope(curves):
    """Units × time ÷ workers plus starts × start-up, added up over the rungs, agrees with the plan's answer within 5 %."""
    made = asked(Question(trials=81, max_length=27, divisor=3, workers="2", pilots=Path(curves), price=2.1))
    sets = ["cluster.overheads.trial_start=2min", "plan.replicates=20", "plan.pilot_sets=8"]
    found = answer(check_document(with_changes(made.document, sets)), pool=WorkerPool(jobs=1))
    [sha] = [option for option in found.advice.options if option.label == "SHA"]
    units = sum(ceil(trials / 2) * length for trials, length in RUNGS.items())
    starts = sum(ceil(trials / 2) for trials in RUNGS)
    work = sum(trials * length for trials, length in RUNGS.items())

    assert sha.time_s.middle / 3600 == pytest.approx(units * unit_h(curves) + starts * START_H, rel=0.05)
    assert sha.mean_hours.estimate == pytest.approx(work * unit_h(curves) + sum(RUNGS) * START_H, rel=0.05)
    assert (units, starts, work, sum(RUNGS), sha.units) == (135, 62, 243, 120, 243)


def test_the_envelope_stands_in_the_guide(curves):
    text = " ".join(GUIDE.split())

    assert f"With {3600 * unit_h(curves):.1f} seconds an epoch" in text
    assert f"that is {135 * unit_h(curves):.2f} + {62 * START_H:.2f} = " in text
    assert f"which takes {243 * unit_h(curves):.1f} + {120 * START_H:.0f} = " in text


def test_a_study_of_optuna_holds_the_same_pilots(curves, tmp_path):
    pytest.importorskip("optuna")
    command = re.findall(r"`asha-sim (curves import [^`]*optuna[^`]*)`", " ".join(GUIDE.split()))[0]
    done = asha_sim(*command.replace("scenarios/pilots/study.db", str(STUDY)).split(), cwd=tmp_path)
    one, other = read_table(curves), read_table(tmp_path / "pilots.csv")

    assert done.returncode == 0
    assert np.array_equal(one.loss, other.loss)
    ends = one.resource == 27
    assert other.clock[ends] == pytest.approx(one.clock[ends], rel=1e-3)


def test_the_log_is_what_the_tool_makes(tmp_path):
    pilots.log(tmp_path / "log.csv")

    assert (tmp_path / "log.csv").read_bytes() == LOG.read_bytes()
