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
# Synchronous halving waits until a rung is full. **How many workers are idle in the meantime, and when?**

# %%
from charts import chart

import simulator

results = simulator.simulate("../scenarios/docs.yaml")
print(f"SHA: {results['SHA'].utilization:.1%} busy, {results['SHA'].idle_s / 60:.0f} worker-min idle")
simulator.plot(results, "gantt")

# %% [markdown]
# This chart shows what the two animations in Determined's documentation of `adaptive_asha` show. There are ten workers,
# and rungs at 1, 3, 9 and 27 units. A unit takes a minute, and a promoted configuration trains again from zero. SHA
# keeps its workers 25.7% busy. They are idle for 312 worker-min, which are painted red.
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
# Each rung has a third of the jobs of the rung below, and each of its jobs takes three times as long. The top rung
# alone takes one worker 27 min, while the nine others have nothing to do. Since a promoted trial starts from zero here,
# the makespan of SHA is the sum of these rows.
#
# ## The more workers, the worse
#
# Utilization depends on how many workers there are for the jobs of a rung.

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
# One worker is always busy. With 81 workers, one for each trial, SHA keeps them 4.5% busy: for two thirds of the time
# only one trial trains, the one on the top rung. Random search has no barrier and keeps its workers 100.0% busy.
#
# ## It is not the barrier alone
#
# The barrier is not the only reason why workers are idle. The next table shows another one.

# %%
digits = simulator.simulate("../scenarios/digits.yaml")
digits

# %% [markdown]
# The row `idle` has all idle time, and the row below it has the part in which a promotion waits. Of SHA's 82.6
# worker-seconds, 27.4 are that part; ASHA has none of it, and yet 46.1 worker-seconds are idle. The rest is the end of
# a search that has a fixed number of trials: there are no new trials left to start, and the last ones train on few
# workers. [Asynchronous promotion](03-asynchronous-promotion.ipynb) is about that end, and about what else the workers
# could do then.
#
# ## Exercises
#
# 1. Run the same 360 networks on 40 workers. How busy does SHA keep them?
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
# 2. Let promoted configurations go on from where they stopped, instead of from zero. Does the barrier then cost less?
#
# <details><summary>Solution</summary>
#
# The rungs get shorter, so the search takes 29 min instead of 42 min. But each rung still waits for its last trial, so
# the workers are only a little busier: 27.9% instead of 25.7%.
#
# ```python
# scenario = simulator.load_scenario("../scenarios/docs.yaml", {"cluster.resume": True})
# resumed = simulator.simulate(scenario)["SHA"]
# print(f"{resumed.makespan_s / 60:.0f} min, {results['SHA'].makespan_s / 60:.0f} min, {resumed.utilization:.1%}")
# ```
# </details>
