"""Results of Determined's own code, their searchers, and Determined's ways of driving a searcher.

The figures are in tests/data/determined_goldens.json.gz; its entry `about` says where each comes from and how it was
made.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict, deque
from itertools import count
from math import inf
from pathlib import Path

from simulator.searchers import determined
from simulator.searchers.bracket import Bracket
from simulator.searchers.halving import random, single
from simulator.searchers.multi_bracket import SideBySide
from simulator.searchers.progress import units_of
from simulator.searchers.protocol import Job
from simulator.searchers.rules import Barrier

GOLDENS = json.loads(
    gzip.decompress((Path(__file__).parents[1] / "data" / "determined_goldens.json.gz").read_bytes())
)


def options(config):
    """A golden's configuration without the fields that have no effect on the search."""
    return {
        key: value
        for key, value in config.items()
        if key not in {"name", "smaller_is_better", "train_stragglers"} and value is not None
    }


def build(config):
    """The searcher of a golden's configuration; the grids of Determined's tests have 2 x 3 points."""
    name = config["name"]
    if name == "tournament":
        return side_by_side_random(config["sub"])
    if name == "grid":
        return determined.grid(points=6, **options(config))
    factories = {"random": random, "single": single}
    return (factories.get(name) or getattr(determined, name))(**options(config))


def side_by_side_random(configs):
    trials = count()
    return SideBySide(
        Bracket(
            (sub["max_length"],),
            Barrier(()),
            trials,
            number=number,
            max_trials=sub["max_trials"],
            meter=units_of(sub["max_length"] * sub["max_trials"]),
        )
        for number, sub in enumerate(configs)
    )


def asked(searcher):
    """All jobs that the searcher hands out before the next report."""
    jobs = []
    while isinstance(job := searcher.next_job(), Job):
        jobs.append(job)
    return jobs


def drive_first_in_first_out(searcher, rows):
    """One queue of jobs; trial i has row i's metric at every validation, and exits where the row says.

    An exit while validating (operation 1) is reported as a result: Determined's driver does so.
    """
    paths, died, queue = defaultdict(list), set(), deque(asked(searcher))
    while queue:
        job = queue.popleft()
        row = rows[job.trial]
        paths[job.trial].append(job.to_resource - job.from_resource)
        exits_at = row.get("early_exit_op_index")
        if row["early_exit"] and exits_at // 2 == job.rung:
            died.add(job.trial)
        while_training = job.trial in died and exits_at % 2 == 0
        searcher.report(job, inf if while_training else row["metric"])
        queue.extend(asked(searcher))
    return paths, died


def drive_at_random(searcher, metric, rng):
    """A random trial that has work trains, or validates what it has trained."""
    paths, pending, trained = defaultdict(list), asked(searcher), set()
    while pending:
        place = rng.randrange(len(pending))
        job = pending[place]
        if job not in trained:
            trained.add(job)
            continue
        pending[place] = pending[-1]
        pending.pop()
        paths[job.trial].append(job.to_resource - job.from_resource)
        searcher.report(job, metric(job))
        pending += asked(searcher)
    return paths
