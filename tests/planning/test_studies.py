"""Small versions of the studies in tools/planning_studies.py have the same findings, within their error."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.planning.runs import RUN
from simulator.scenario.loading import load
from tests.support.plans import planned, written
from tools import planning_studies as studies

pytestmark = pytest.mark.slow


def test_machines_that_go_together_are_in_time_less_often():
    """The study found a share of .89 if machines go alone, .85 in racks of four and .45 if all go at once; the error
    of 60 runs is .04 to .06. An independent program found .51 for all at once if machines are there at the start, as
    here, and .45 if the run first waits for them.
    """
    found = dict(studies.waves(60))

    assert found["machine"] == pytest.approx(0.89, abs=0.1)
    assert found["rack of 4"] == pytest.approx(0.85, abs=0.12)
    assert found["group"] == pytest.approx(0.45, abs=0.17)


def test_a_spell_costs_less_than_a_draw_for_a_whole_job():
    """The audit's 3.2 h more by job, .6 h more with spells of half an hour and 1.3 h with spells of four hours, on
    10.3 h without, within twice the 95 % interval of 40 runs. A program of its own found .75 h and 1.4 h."""
    found = {name: more for name, *more in studies.spells(40)}

    assert found["none"][0] == pytest.approx(10.3, rel=0.15)
    for name, more in (("per job", 3.2), ("spells of 30 min", 0.6), ("spells of 4 h", 1.3)):
        assert abs(found[name][2] - more) < 2 * found[name][3] + 0.1
    assert 0 < found["spells of 30 min"][2] < found["per job"][2]


def test_no_target_at_full_length_is_missed_in_full():
    found = {name: (early, full) for name, early, full in studies.targets(10)}

    assert [full for _, full in found.values()] == [0] * 4
    assert found["hard"][0] > 0.5
    assert found["reinforcement-learning"][0] > 0.5


def test_the_sign_between_two_searchers_in_money_changes_with_when_machines_are_let_go():
    cost = {(name, label): (kept, drained) for name, label, kept, drained in studies.bills(60)}

    for name in ("12 workers, on demand", "32 workers, on demand"):
        assert cost[name, "ASHA"][0] < cost[name, "SHA"][0]
        assert cost[name, "ASHA"][1] > cost[name, "SHA"][1]


@pytest.mark.parametrize(("replicates", "plans"), [("100", 40), ("{min: 75, settle: 200}", 20)])
def test_what_is_recommended_is_seldom_below_what_was_asked(tmp_path, replicates, plans):
    """Eight options that are truly in time in 84 to 95 % of runs, 90 asked: the estimate picks too many that are not."""
    question = f"vary: {{cluster.workers: [1, 2, 3, 4]}}\ndeadline: 16 h\nconfidence: 0.9\nreplicates: {replicates}"
    loaded = load(written(tmp_path, planned(question)))
    grid, rng = studies.Grid(loaded), np.random.default_rng(4)
    shares = [0.84, 0.86, 0.87, 0.88, 0.89, 0.91, 0.93, 0.95]
    pool = np.zeros(len(shares) * 1000, RUN)
    pool["cell"], pool["searcher"] = np.repeat([0, 0, 1, 1, 2, 2, 3, 3], 1000), np.repeat([0, 1] * 4, 1000)
    pool["replicate"] = np.tile(np.arange(1000), len(shares))
    done = rng.permuted(np.arange(1000) < 1000 * np.array(shares)[:, None], axis=1)  # exactly these shares
    pool["time_s"] = np.where(done, 15, 17).ravel() * 3600 + rng.random(len(pool))
    pool["cost"] = pool["cost_kept"] = pool["cost_drained"] = np.repeat(np.arange(1.0, 9.0), 1000) + rng.random(
        len(pool)
    )
    pool["worker_hours"] = pool["cost"]
    pool["best_loss"] = 1.0
    found = studies.choice(grid.cells(), grid.plan, pool, plans=plans)

    assert found["lower_bound: truly below"] <= 0.2
    assert found["lower_bound: truly below"] < found["estimate: truly below"]
    assert replicates != "100" or found["estimate: truly below"] >= 0.4
    assert found["lower_bound: said of fresh runs"] == pytest.approx(found["lower_bound: true"], abs=0.02)
    assert found["lower_bound: said of the same runs"] > found["lower_bound: true"]
    assert found["the best option of all is recommended or named as tied"] >= grid.plan.assurance
