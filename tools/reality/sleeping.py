"""Runs of kind (b): this project's searchers on real processes that sleep, with and without trouble.

python tools/reality/sleeping.py FOLDER [NAME …]
"""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
os.environ["PYTHONPATH"] = str(Path(__file__).parent)

from curves import Slowed
from trouble import Trouble, putin
from workers import COLUMNS, Crew

LONGEST, TRIALS = 81, 81


@dataclass
class Plan:
    """One run: its searcher, workers, trials, their slowness, and the trouble that is put in."""

    searcher: str
    workers: int
    first: int
    scale: float = 4.0
    trials: int = TRIALS
    driver: str = "concurrent.futures"
    trouble: Trouble = field(default_factory=Trouble)


def plans() -> dict[str, Plan]:
    """All runs by name."""
    made: dict[str, Plan] = {}
    for place, first in enumerate((0, 90, 180, 270)):
        for searcher in ("sha", "asha"):
            made[f"b-{searcher}-16-{place}"] = Plan(searcher, 16, first)
            made[f"b-{searcher}-32-{place}"] = Plan(searcher, 32, first, 5.0)
    for searcher in ("sha", "asha"):
        made[f"b-{searcher}-8"] = Plan(searcher, 8, 0)
        made[f"b-{searcher}-64"] = Plan(searcher, 64, 0, 5.0, 243)
    for place in range(3):
        first = 90 * place
        seed = place + 1
        for searcher in ("sha", "asha"):
            slow = Trouble(seed, stragglers={"kind": "half_normal", "std": 0.6})
            made[f"b-{searcher}-16-stragglers-{place}"] = Plan(searcher, 16, first, trouble=slow)
            deaths = Trouble(seed, mtbf=30.0, repair=2.0, trial_start=0.15, save=0.02, restore=0.1)
            made[f"b-{searcher}-16-killed-{place}"] = Plan(searcher, 16, first, trouble=deaths)
        mixed = Trouble(seed, speeds=[1.0] * 10 + [0.5] * 6)
        made[f"b-asha-16-speeds-{place}"] = Plan("asha", 16, first, trouble=mixed)
    for searcher in ("sha", "asha"):
        for place in (0, 1, 3):
            made[f"b-{searcher}-16-dask-{place}"] = Plan(searcher, 16, 90 * place, driver="dask")
        for place in (1, 3):
            slow = Trouble(place + 4, stragglers={"kind": "half_normal", "std": 0.6})
            made[f"b-{searcher}-16-dask-stragglers-{place}"] = Plan(
                searcher, 16, 90 * place, driver="dask", trouble=slow
            )
            deaths = Trouble(place + 4, mtbf=30.0, trial_start=0.15, save=0.02, restore=0.1)
            made[f"b-{searcher}-16-dask-killed-{place}"] = Plan(
                searcher, 16, 90 * place, driver="dask", trouble=deaths
            )
    return made


def scenario(plan: Plan, curves: str) -> str:
    """The scenario of a run, without what was put into it."""
    return (
        f"searchers:\n  {plan.searcher}: {{name: {plan.searcher}, max_trials: {plan.trials}, max_length: {LONGEST}, "
        f"divisor: 3}}\ncurves: {{kind: recorded, file: {curves}}}\ncluster: {{workers: {plan.workers}}}\n"
    )


def main() -> None:
    """Run all that is named and not there yet."""
    from simulator.scenario.loading import load  # not at the top, since workers of Dask import this file

    folder = Path(sys.argv[1])
    for name, plan in plans().items():
        if (folder / name / "run.json").exists() or (sys.argv[2:] and name not in sys.argv[2:]):
            continue
        curves = Slowed(plan.first, plan.trials, LONGEST, plan.scale)
        file = f"digits-{plan.first}-{plan.trials}-x{plan.scale:g}.csv"
        curves.write(folder / "curves" / file, [1, 3, 9, 27, 81])
        here = folder / name
        here.mkdir(parents=True, exist_ok=True)
        (here / "scenario.yaml").write_text(scenario(plan, f"../curves/{file}"))
        spec = next(iter(load(here / "scenario.yaml").scenario.searchers.values()))
        client = dask(plan.workers) if plan.driver == "dask" else None
        crew = (
            dask_crew(client, plan.workers, curves, plan.trouble)
            if client
            else Crew(plan.workers, curves, plan.trouble)
        )
        before = os.getloadavg()[0]
        begun, processor = time.monotonic(), time.process_time()
        rows = crew.run(spec.build())
        took, spent = time.monotonic() - begun, time.process_time() - processor
        crew.close()
        if client:
            client.shutdown()
        write(here / "trace.csv", rows)
        about: dict[str, Any] = {
            "kind": "b", "workers": plan.workers, "searcher": plan.searcher, "trials": plan.trials,
            "scale": plan.scale, "program": f"dask {version('dask')}" if client else plan.driver,
            "put_in": {}, **putin(plan.trouble),
            "took_s": round(took, 3), "driver_cpu_s": round(spent, 3), "load_before": round(before, 2),
            "load_after": round(os.getloadavg()[0], 2), "boots_s": [round(boot, 3) for boot in crew.boots],
        }  # fmt: skip
        (here / "run.json").write_text(json.dumps(about) + "\n")
        print(f"{name}: {max(row['end'] for row in rows):.2f} s, load {about['load_after']}", flush=True)


def dask(workers: int) -> Any:
    """A client of `workers` new processes of Dask on this machine, of one thread each.

    Dask starts a killed worker again, and says at once that its job is lost, since it may try no job twice.
    """
    os.environ["DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD"] = "forkserver"
    os.environ["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = "0"
    from distributed import Client, LocalCluster

    cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, memory_limit=None)
    return Client(cluster)


def dask_crew(client: Any, count: int, curves: Slowed, trouble: Trouble) -> Crew:
    """A crew of `count` Dask workers, with one executor for each."""
    from distributed.scheduler import KilledWorker

    had: dict[int, str] = {}

    def pool(number: int) -> Any:
        """The executor of a worker; after a kill, this waits until Dask has started the worker again."""
        while True:
            known = {about["name"]: address for address, about in client.scheduler_info(-1)["workers"].items()}
            address = known.get(number)
            if address is not None and address != had.get(number):
                had[number] = address
                return client.get_executor(workers=[address], pure=False)
            time.sleep(0.05)

    return Crew(count, curves, trouble, pool, (KilledWorker,))


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    """A trace as the simulator writes them, times to a tenth of a millisecond."""
    with path.open("w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(COLUMNS)
        for row in rows:
            cells = {key: round(row[key], 4) for key in ("start", "end", "overhead", "lost")}
            cells["overhead"] = min(cells["overhead"], round(cells["end"] - cells["start"], 4))
            most = round(cells["end"] - cells["start"] - cells["overhead"], 4)
            cells["lost"] = max(min(cells["lost"], most), 0.0)
            loss = row["loss"]
            cells["loss"] = "" if loss != loss else loss  # noqa: PLR0124  (NaN)
            table.writerow([cells.get(name, row[name]) for name in COLUMNS])


if __name__ == "__main__":
    if sys.argv[2:] == ["--list"]:
        print(*plans(), sep="\n")
    else:
        main()
