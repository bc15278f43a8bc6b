"""If inputs change at any moment of a plan, the result is the answer of an undisturbed plan or a refusal, and never another answer.

`make fuzz` tries twenty moments for each input, harm and backend, `make test` three in all.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from time import monotonic

import pytest

from simulator.core.errors import InputError, RunError
from simulator.io import inputs
from simulator.planning import sweep
from simulator.planning.backend import WorkerPool
from simulator.planning.planner import answer
from simulator.planning.report import report
from simulator.scenario.loading import load
from tests.fuzz.oracle import tally

MOMENTS = 20 if os.environ.get("FUZZ") else 0
FEW = 3
SCENARIO = """\
searchers:
  SHA: {name: sha, max_trials: 8, max_length: 8, divisor: 2}
  ASHA: {name: asha, max_trials: 8, max_length: 8, divisor: 2}
curves: {kind: recorded, file: c.csv}
cluster: {workers: 4, preemption: {series: spells.csv}}
plan: {vary: {cluster.workers: [2, 4]}, replicates: 40}
"""


def curves(scale: float) -> str:
    """A table of eight trials."""
    rows = (
        f"{trial},{at},{scale * ((5 * trial) % 8) + 1 / at},{scale * at * (trial + 1)}\n"
        for trial in range(8)
        for at in (1, 2, 4, 8)
    )
    return "trial,resource,loss,elapsed_s\n" + "".join(rows)


def spells(scale: float) -> str:
    """How long machines stay, and stay away."""
    return "up_s,down_s\n" + "".join(f"{scale * 40 * number},{number}\n" for number in range(1, 5))


#: The content of each input at first, and its replacement.
INPUTS = {
    "c.csv": (curves(1), curves(3)),
    "spells.csv": (spells(1), spells(2)),
    "s.yaml": (SCENARIO, SCENARIO.replace("max_trials: 8", "max_trials: 4").replace("[2, 4]", "[1, 3]")),
}


def replace(path: Path) -> None:
    """Replace a file by another one in a single step."""
    aside = path.with_name(f"new-{path.name}")
    aside.write_text(INPUTS[path.name][1])
    aside.replace(path)


def restore(path: Path) -> None:
    """Put back what was there before."""
    path.unlink(missing_ok=True)
    path.write_text(INPUTS[path.name][0])


HARM: dict[str, Callable[[Path], object]] = {
    "replaced": replace,
    "rewritten": lambda path: path.write_text(INPUTS[path.name][1]),
    "truncated": lambda path: os.truncate(path, 70),
    "touched": lambda path: os.utime(path, (1, 1)),
    "deleted": lambda path: path.unlink(),
    "replaced and restored": lambda path: (replace(path), restore(path)),
}


def told(folder: Path, pool: WorkerPool) -> str:
    """What the plan of a folder says, or its refusal."""
    try:
        with inputs.noted():
            return report.json_text(answer(load(folder / "s.yaml"), pool=pool))
    except InputError as error:
        return f"refused: {error}"
    except RunError as error:
        return f"failed: {error}"


@pytest.fixture(scope="module", params=["loky", "dask"])
def pool(request: pytest.FixtureRequest) -> Iterator[WorkerPool]:
    """Two processes."""
    if request.param == "loky":
        yield WorkerPool(jobs=2)
        return
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        yield WorkerPool("dask", cluster.scheduler_address)


def test_the_answer_is_the_same_or_there_is_none(
    pool: WorkerPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "TASK", 200)
    for name in INPUTS:
        restore(tmp_path / name)
    usual = told(tmp_path, pool)
    began = monotonic()
    assert told(tmp_path, pool) == usual
    takes = monotonic() - began
    assert not usual.startswith(("refused", "failed"))
    rng = random.Random(int(os.environ.get("FUZZ_SEED", "0")) + (pool.backend == "dask"))
    others: dict[str, str] = {}  # the answer of an undisturbed plan if the other file is there from the beginning
    every = list(product(INPUTS, HARM))
    for name, harm in MOMENTS * every or rng.sample(every, FEW):
        if name not in others:
            replace(tmp_path / name)
            others[name] = told(tmp_path, pool)
            assert others[name] != usual
            restore(tmp_path / name)
        moment = rng.uniform(0, takes)
        timer = threading.Timer(moment, HARM[harm], [tmp_path / name])
        timer.start()
        found = told(tmp_path, pool)
        timer.join()
        restore(tmp_path / name)
        whole = {usual, others[name]} if harm in {"replaced", "rewritten", "replaced and restored"} else {usual}
        case = f"{name} {harm} after {moment:.3f} of {takes:.3f} s on {pool.backend}: {found[:300]}"
        assert found.startswith("refused") or found in whole, case
        tally["moments"] += 1
