# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # `adaptive_asha`
#
# `adaptive_asha` is Determined's search for everyday use. It runs several brackets of asynchronous halving side by
# side. **What do `mode`, `max_trials` and `max_concurrent_trials` do?**

# %%
from functools import partial

from charts import chart

import simulator
from simulator.planning.previewing import table
from simulator.planning.previewing.search import preview
from simulator.searchers.determined import adaptive_asha

standard = preview(partial(adaptive_asha, max_length=64, max_trials=100, max_concurrent_trials=16))
print(table.heading("standard", standard))
print(*table.RUNGS, sep="\t")
for row in table.rungs(standard):
    print(*row, sep="\t")

# %% [markdown]
# The brackets differ in where their lowest rung stands. The first bracket may stop a trial after one unit, and the last
# bracket trains each trial for at least 16 units. The lower its first rung, the more trials a bracket gets: 70, 22 and
# 8 of the 100.
#
# ## Modes
#
# `mode` says how many brackets there are. With more brackets, more trials that learn slowly get a chance.

# %%
for mode in ("aggressive", "standard", "conservative"):
    seen = preview(partial(adaptive_asha, max_length=64, max_trials=100, mode=mode, max_concurrent_trials=16))
    firsts = [f"{bracket.rungs[0].trials.mean:.0f} from {bracket.rungs[0].resource}" for bracket in seen.brackets]
    print(
        f"{mode:>12}: trials {', '.join(firsts)}; {seen.resource_units.mean:.0f} units, {seen.full_length_trials.mean:.1f} in full"
    )

# %% [markdown]
# For the same number of trials, `conservative` trains more than twice as many units as `aggressive`: 975 against 377.
#
# ## `max_trials`
#
# More trials make more rungs, up to `max_rungs`, which is 5:

# %%
sizes = [16, 64, 256, 1024]
units = []
for trials in sizes:
    seen = preview(partial(adaptive_asha, max_length=256, max_trials=trials, max_concurrent_trials=16), seeds=10)
    units.append(seen.resource_units.mean / (256 * trials))
    print(f"{trials:5} trials: {len(seen.brackets[0].rungs)} rungs, {units[-1]:.1%} of what random search trains")
chart(
    sizes,
    {"adaptive_asha": units},
    title="Units trained, as a share of random search's",
    xlabel="max_trials",
    ylabel="share",
    log="x",
)

# %% [markdown]
# Each additional rung saves at least half of the units that are left: with 16 trials the search trains 20.3% of what
# random search trains, and with 256 trials 3.7%. Beyond 256 trials this share does not fall any further. [A page of the
# documentation](../docs/determined-claims.md) shows what this means for the time.
#
# ## `max_concurrent_trials`
#
# `max_concurrent_trials` limits how many jobs are under way at once. Each bracket gets a fixed part of this number, and
# no bracket hands its part to another one.

# %%
concurrent = [4, 8, 16, 32]
run = {"busy": []}
for most in concurrent:
    changes = {
        "searchers.adaptive_asha.max_concurrent_trials": most,
        "searchers.adaptive": None,
        "cluster.workers": 16,
    }
    runs = simulator.compare(simulator.load_scenario("../scenarios/determined.yaml", changes), seeds=10)
    run["busy"].append(runs.mean("utilization", "adaptive_asha").estimate)
    print(
        f"{most:3} at once on 16 workers: {run['busy'][-1]:.1%} busy, {runs.mean('makespan_s', 'adaptive_asha').estimate / 3600:.1f} h"
    )

# %%
results = simulator.simulate("../scenarios/determined.yaml")
simulator.plot(results, "rungs")

# %% [markdown]
# With fewer jobs at once than workers, some workers have nothing to do: with 4 jobs at once the 16 workers are 18.2%
# busy. With 16 jobs at once they are 37.2% busy. That is not more because an asynchronous search also waits: at its
# end, and in a bracket that is done. More jobs than workers hardly help: with 32 the workers are 37.2% busy, too, and
# the search takes 12.1 h instead of 12.6 h. The jobs above 16 only wait in the queue, where new trials stand before
# promotions.
#
# ## Exercises
#
# 1. What does `stop_once: true` change?
#
# <details><summary>Solution</summary>
#
# Whether a trial goes on is decided once, when its result arrives. The first trial of a rung always goes on. So 7.3
# (3–12) of the 100 trials are trained in full.
#
# ```python
# seen = preview(partial(adaptive_asha, max_length=64, max_trials=100, stop_once=True, max_concurrent_trials=16))
# print(table.heading("stop_once", seen))
# ```
# </details>
#
# 2. How many workers can the search of the first cell keep busy?
#
# <details><summary>Solution</summary>
#
# It can keep 16 workers busy, because its brackets together may have 16 jobs under way.
#
# ```python
# print(*table.sentences(standard))
# ```
# </details>
