"""Our rules decide as the libraries' real classes did when trials reported late, not at all or NaN, and losses had ties.

tests/rivals/lockstep.py wrote the answers down (ray 2.60.0, optuna 5.0.0, syne-tune 0.13.0 and 0.16.0).
"""

from __future__ import annotations

import gzip
import json
import sys
from math import isnan
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import NumpyVersion

from simulator.searchers.protocol import Job
from tests.rivals import odd

WORLDS = json.loads(gzip.decompress((Path(__file__).parents[2] / "data" / "dialect_decisions.json.gz").read_bytes()))


def test_worlds_of_every_rule_have_reports_that_are_nan():
    assert set(WORLDS) == {make.__name__ for make in (*odd.JUDGED, *odd.ASKED)}
    for worlds in WORLDS.values():
        assert any(
            isinstance(loss, float) and isnan(loss) for world in worlds for row in world["rows"] for loss in row
        )


@pytest.mark.parametrize("make", odd.JUDGED, ids=lambda make: make.__name__)
def test_the_same_trials_go_on(make):
    for world in WORLDS[make.__name__]:
        ours, rows = make(*world["arguments"]), world["rows"]
        if make is odd.syne_tune_0_16 and (sys.version_info >= (3, 13) or NumpyVersion(np.__version__) >= "2.5.0"):
            # The answers were recorded with Python 3.11 and NumPy 2.4. That class sorts and searches losses among which
            # some are NaN. Python 3.13 sorts such a list otherwise, and NumPy 2.5 searches it otherwise.
            rows = rows[: next(place for place, (_, _, loss, _) in enumerate(rows) if isnan(loss))]
        assert [ours(trial, units, loss) for trial, units, loss, _ in rows] == [goes_on for *_, goes_on in rows]


@pytest.mark.parametrize("make", odd.ASKED, ids=lambda make: make.__name__)
def test_the_same_trials_are_next(make):
    for world in WORLDS[make.__name__]:
        searcher, running = make(*world["arguments"]), {}
        for row in world["rows"]:
            if len(row) == 1:  # asked for the next trial
                job = searcher.next_job()
                assert (job.trial if isinstance(job, Job) else None) == row[0]
                if isinstance(job, Job):
                    running[job.trial] = job
            else:
                trial, units, loss = row
                searcher.report(running.pop(trial)._replace(to_resource=units), loss)
