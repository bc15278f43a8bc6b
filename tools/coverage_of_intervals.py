"""How often 95 % intervals hold the truth: `python tools/coverage_of_intervals.py [EXPERIMENTS]` prints a table.

The values are exponential and log-normal (sd of the log .4), as makespans and bills are skewed; the truth is known.
"""

from __future__ import annotations

import sys

import numpy as np
from scipy import stats

from simulator.planning import statistics

LEVEL, SIZES = 0.95, (10, 20, 50, 100)
LAWS = {"exponential": stats.expon(), "log-normal": stats.lognorm(0.4)}


def main() -> None:
    """Print the shares."""
    experiments = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    rng = np.random.default_rng(3)
    print("| values | n | mean | median | 90 % quantile | share of .9 |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, law in LAWS.items():
        for size in SIZES:
            held = np.zeros(4)
            for _ in range(experiments):
                values = law.rvs(size, random_state=rng)
                found = [statistics.mean(values, LEVEL), *(
                    statistics.quantile_interval(values, share, LEVEL) for share in (0.5, 0.9)
                ), statistics.wilson(int((values <= law.ppf(0.9)).sum()), size, LEVEL)]  # fmt: skip
                truth = (law.mean(), law.ppf(0.5), law.ppf(0.9), 0.9)
                held += [interval[1] <= value <= interval[2] for interval, value in zip(found, truth, strict=True)]
            print(f"| {name} | {size} | {' | '.join(f'{share:.3f}' for share in held / experiments)} |")


if __name__ == "__main__":
    main()
