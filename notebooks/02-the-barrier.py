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
# # The barrier
#
# Synchronous halving waits until a rung is full. **How many workers stand idle meanwhile, and when?**

# %%
from charts import chart

import simulator

results = simulator.simulate("../scenarios/docs.yaml")
print(f"SHA: {results['SHA'].utilization:.1%} busy, {results['SHA'].idle_s / 60:.0f} worker-min idle")
simulator.plot(results, "gantt")

# %% [markdown]
# These are the two animations of Determined's documentation of `adaptive_asha`, as a chart: ten workers, rungs at 1, 3, 9
# and 27 units, a unit takes a minute, and a promoted configuration trains again from zero. SHA keeps its workers
# 25.7% busy; 312 worker-min are idle, painted red.
#
# ## Where the idle time comes from

# %%
from simulator.core import ticks
from simulator.trace.replay import first_barrier

wait = first_barrier(results.traces["SHA"])
since, until = (ticks.show(at, "min") for at in (wait.since, wait.until))
print(f"rung {wait.rung}: workers idle from {since} on; full at {until}, {wait.waiting} workers waiting")

# %%
from collections import Counter

from simulator.searchers.halving import sha

jobs = Counter(job.rung for job in results.attempts("SHA"))
for rung, units in enumerate(sha(max_trials=27, max_length=27, divisor=3).resources):
    rounds = -(-jobs[rung] // 10)
    print(f"rung {rung}: {jobs[rung]:2} jobs of {units:2} min on 10 workers: {rounds} round(s), {rounds * units} min")

# %% [markdown]
# Each rung has a third of the jobs of the one below and takes three times as long. The top rung alone is 27 min of one
# worker's time, and nine others have nothing to do. With promotions that start from zero SHA takes the sum of these rows.
#
# ## The more workers, the worse
#
# Utilization is a matter of how many workers there are for the jobs of a rung.

# %%
counts = [1, 3, 9, 27, 81]
busy = {"SHA": [], "random search": []}
for workers in counts:
    scenario = simulator.load_scenario(f"""
title: 81 trials
time_unit: min
searchers:
  SHA: {{name: sha, max_trials: 81, max_length: 81, divisor: 3}}
  random search: {{name: random, max_trials: 81, max_length: 81}}
curves: {{kind: ordered, unit_time: 1 min}}
cluster: {{workers: {workers}}}
""")
    run = simulator.simulate(scenario)
    for label, shares in busy.items():
        shares.append(run[label].utilization)
for label, shares in busy.items():
    print(label, *(f"{share:.1%}" for share in shares))
chart(counts, busy, title="Busy share of the workers", xlabel="workers", ylabel="utilization", log="x")

# %% [markdown]
# One worker is always busy. On 81 workers, one for each trial, SHA keeps them 4.5% busy: the rung of the last trial is
# two thirds of the whole time. Random search has no barrier and stays at 100.0%.
#
# ## It is not the barrier alone
#
# The last row of the table is telling: up to the last new trial nothing is idle.

# %%
digits = simulator.simulate("../scenarios/digits.yaml")
digits

# %% [markdown]
# Both keep all 8 workers busy while there are new trials to start; what is lost is lost afterwards. SHA's tail is the
# longer: 82.6 against 46.1 worker-seconds. [Asynchronous promotion](03-asynchronous-promotion.ipynb) is about that tail,
# and about what could be done with it.
#
# ## Exercises
#
# 1. The same 360 networks on 40 workers: what does the barrier cost?
#
# <details><summary>Solution</summary>
#
# SHA's utilization falls to 9.9%.
#
# ```python
# many = simulator.simulate(simulator.load_scenario("../scenarios/digits.yaml", {"cluster.workers": 40}))
# print(f"{many['SHA'].utilization:.1%}")
# ```
# </details>
#
# 2. Let promoted configurations go on from where they were, instead of starting again. Does that help the barrier?
#
# <details><summary>Solution</summary>
#
# It shortens the rungs, the upper ones most, and makes no difference to who waits for whom: 29 min instead of 42 min,
# and the workers are little busier, 27.9% instead of 25.7%.
#
# ```python
# scenario = simulator.load_scenario("../scenarios/docs.yaml", {"cluster.resume": True})
# resumed = simulator.simulate(scenario)["SHA"]
# print(f"{resumed.makespan_s / 60:.0f} min, {results['SHA'].makespan_s / 60:.0f} min, {resumed.utilization:.1%}")
# ```
# </details>
