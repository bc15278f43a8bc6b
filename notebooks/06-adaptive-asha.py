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
# Determined's search for everyday use runs several brackets of asynchronous halving side by side. **What do `mode`,
# `max_trials` and `max_concurrent_trials` do?**

# %%
from functools import partial

from charts import chart

import simulator
from simulator.previewing import table
from simulator.previewing.search import preview
from simulator.searchers.determined import adaptive_asha

standard = preview(partial(adaptive_asha, max_length=64, max_trials=100, max_concurrent_trials=16))
print(table.heading("standard", standard))
print(*table.RUNGS, sep="\t")
for row in table.rungs(standard):
    print(*row, sep="\t")

# %% [markdown]
# Brackets differ in where their lowest rung stands: the first stops trials after one unit, the last gives each at least
# 16. The fewer units a trial gets at first, the more are tried, 70, 22 and 8 of the 100.
#
# ## Modes
#
# `mode` says how many brackets there are, that is how careful the search is with trials that learn slowly.

# %%
for mode in ("aggressive", "standard", "conservative"):
    seen = preview(partial(adaptive_asha, max_length=64, max_trials=100, mode=mode, max_concurrent_trials=16))
    firsts = [f"{bracket.rungs[0].trials.mean:.0f} from {bracket.rungs[0].resource}" for bracket in seen.brackets]
    print(
        f"{mode:>12}: trials {', '.join(firsts)}; {seen.resource_units.mean:.0f} units, {seen.full_length_trials.mean:.1f} in full"
    )

# %% [markdown]
# Conservative trains more than twice the units of aggressive, 975 against 377, for as many trials.
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
# Each rung more saves half of what is left or more: 20.3% with 16 trials, 3.7% with 256. From there on, more trials don't
# make it cheaper. [What this means for time](../docs/determined-claims.md) is another matter.
#
# ## `max_concurrent_trials`
#
# It bounds the jobs under way, and each bracket has its own part of it, which it hands to nobody.

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
# With fewer jobs at once than workers the rest have nothing to do: with 4 at once they are 18.2% busy. With 16 of them,
# as many as workers, it is 37.2%: an asynchronous search does wait, at its end, and in a bracket that is done. More
# than there are workers is no gain to speak of: they are 37.2% busy too, and the search takes 12.1 h instead of 12.6 h.
# The jobs above 16 only wait in the queue, and new trials come before promotions.
#
# ## Exercises
#
# 1. What does `stop_once: true` change?
#
# <details><summary>Solution</summary>
#
# A trial is decided on once, as its result arrives: the first of a rung always goes on, so 7.3 (3–12) of the 100 are trained in
# full.
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
# 16, as many as its brackets may have under way together.
#
# ```python
# print(*table.sentences(standard))
# ```
# </details>
