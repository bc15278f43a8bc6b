"""Ratios, measured in one run: simulating the peers' workload against the bare cost of SimPy's timeouts."""

from __future__ import annotations

import time

import simpy

from simulator.cluster.engine import Cluster, simulate
from simulator.curves.synthetic import Law, Synthetic
from simulator.searchers.halving import asha

LAW = Law(best=0.1, worst=1.0, gain=1.0, gain_sigma=0.5, rate=0.7, rate_sigma=0.3, unit_s=60.0, unit_sigma=0.5)


def bare_simpy(jobs: int, workers: int) -> float:
    """CPU seconds of as many timeouts on as many processes."""

    def worker(env: simpy.Environment, n: int):
        for step in range(n):
            yield env.timeout(1 + step % 7)

    start = time.process_time()
    env = simpy.Environment()
    for _ in range(workers):
        env.process(worker(env, jobs // workers))
    env.run()
    return time.process_time() - start


def main() -> None:
    """Print the table."""
    print(f"{'trials':>9} {'workers':>8} {'jobs':>9} {'jobs/CPU s':>11} {'x bare SimPy':>13}")
    for trials, workers in ((1_000, 25), (10_000, 25), (10_000, 500), (100_000, 25), (100_000, 500)):
        curves = Synthetic(LAW, 0)
        start = time.process_time()
        trace = simulate(asha(max_trials=trials, max_length=256), curves, Cluster(workers))
        spent = time.process_time() - start
        ratio = bare_simpy(len(trace), workers) / spent
        print(f"{trials:>9,} {workers:>8,} {len(trace):>9,} {len(trace) / spent:>11,.0f} {ratio:>13.2f}")


if __name__ == "__main__":
    main()
