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
# # Successive halving by hand
#
# Nine configurations, and no time to train them all in full. **Who trains next, and why?**
#
# Successive halving trains all of them a little, then the best third of them three times as long, and so on. A training
# length is called a *rung*, and a configuration that trains on to the next rung gets a *promotion*. The synchronous
# rule (SHA) waits until a rung is full before it promotes any configuration. The asynchronous rule (ASHA) promotes a
# configuration as soon as it is among the best third *so far*.
#
# The example is that of Figures 1 and 2 of the ASHA paper (Li et al., arXiv 1810.05934). A configuration is called a
# *trial* here. Trials are counted from 0, as in every table of this project; the paper counts from 1. The best trial is
# 7, and then follow 0, 5, 4, 1, 6, 8, 2 and 3.

# %%
import simulator

nine = simulator.load_scenario("""
title: Nine configurations
time_unit: min
searchers:
  SHA:  {name: sha, max_trials: 9, max_length: 9, divisor: 3}
  ASHA: {name: asha, max_trials: 9, max_length: 9, divisor: 3}
curves: {kind: recorded, file: data/figure-2.csv}
cluster: {workers: 1}
""")
simulator.explore(nine, {"cluster.workers": [1, 2, 3, 9]})

# %% [markdown]
# Try this: go to the beginning, and press the button for the next result again and again. At each stop the searcher
# decides.
#
# - With one worker, after which trial's result does each rule promote a trial for the first time?
# - Which result is the last one that SHA waits for on the lowest rung? What does ASHA do in the meantime?
# - Move the slider until there are as many workers as configurations. How do the two rules still differ?

# %%
from simulator.searchers.halving import asha, sha
from simulator.searchers.protocol import Job

BEST_FIRST = [7, 0, 5, 4, 1, 6, 8, 2, 3]

# %% [markdown]
# A searcher is asked for a job, and later it is told the job's loss. Nothing else passes between the searcher and the
# cluster: it knows of no clock and no worker. So one can play the cluster by hand.

# %%
searcher = sha(max_trials=9, max_length=9, divisor=3)
jobs = 0
print("rungs at", searcher.resources, "units")
while isinstance(job := searcher.next_job(), Job):
    loss = BEST_FIRST.index(job.trial)
    print(f"rung {job.rung}: trial {job.trial} from {job.from_resource} to {job.to_resource} units, place {loss + 1}")
    searcher.report(job, loss)
    jobs += 1
print(jobs, "jobs")

# %% [markdown]
# There are nine jobs on the lowest rung. Then the best three of them are promoted, and then the best of those three.
# That makes 13 jobs, and the last of them trains trial 7 in full.
#
# Now follow the asynchronous rule and its variant D-ASHA, which never promotes more than a third of a rung:

# %%
for name, searcher in {
    "ASHA": asha(max_trials=9, max_length=9, divisor=3),
    "D-ASHA": asha(max_trials=9, max_length=9, divisor=3, delayed=True),
}.items():
    order = []
    while isinstance(job := searcher.next_job(), Job):
        order.append(f"{job.trial}@{job.rung}")
        searcher.report(job, BEST_FIRST.index(job.trial))
    print(f"{name:>6}: {' '.join(order)}, {len(order)} jobs")

# %% [markdown]
# `0@1` comes fourth: with three results on rung 0, trial 0 is the best third of them. In the end both rules have done
# the same 13 jobs, in different orders. The orders differ in one place. By Algorithm 2, trial 7 is promoted before
# trial 8 begins. In the paper's Figure 2 it is promoted after trial 8, which is D-ASHA's rule.
#
# ## Three workers
#
# A clock makes the difference visible. Here a unit takes a minute, three workers share the jobs, and a promoted
# configuration goes on from where it stopped.

# %%
scenario = simulator.load_scenario("""
title: Nine configurations, three workers
time_unit: min
searchers:
  SHA:  {name: sha, max_trials: 9, max_length: 9, divisor: 3}
  ASHA: {name: asha, max_trials: 9, max_length: 9, divisor: 3}
curves: {kind: recorded, file: data/figure-2.csv}
cluster: {workers: 3}
""")
results = simulator.simulate(scenario)
for label in ("SHA", "ASHA"):
    print(label)
    for job in results.attempts(label):
        print(
            f"  {job.start_s / 60:4.0f} min, worker {job.worker}: trial {job.trial} "
            f"to {job.to_resource} units, until {job.end_s / 60:.0f} min: loss {job.loss:.2f}"
        )

# %%
simulator.plot(results, "gantt")

# %%
results

# %% [markdown]
# SHA needs 11 min and ASHA 12 min. With nine equally long trials on three workers, asynchrony gains nothing. Here it
# even loses a minute, because worker 2 goes on with trial 0 before trial 7, the best one, has begun. The picture also
# shows what both rules have in common: while the last trial trains, two workers have nothing to do. The next notebook,
# [the barrier](02-the-barrier.ipynb), shows what that costs.

# %%
simulator.player(results)

# %% [markdown]
# ## Exercises
#
# 1. What does ASHA do first if the best trials come first: 7, 0, 5, …?
#
# <details><summary>Solution</summary>
#
# It begins with `7@0 0@0 5@0 7@1`. Of the first three results the first is the best, so its trial is promoted at once.
#
# ```python
# searcher = asha(max_trials=9, max_length=9, divisor=3)
# order = []
# while isinstance(job := searcher.next_job(), Job):
#     order.append(f"{BEST_FIRST[job.trial]}@{job.rung}")  # the trial that comes in this place
#     searcher.report(job, job.trial)
# print(*order)
# ```
# </details>
#
# 2. And if the worst trials come first? How many jobs are there then?
#
# <details><summary>Solution</summary>
#
# Every result is better than all results before it. So whenever one more trial may be promoted it is the newest one,
# and the trials that were promoted before turn out to be mispromotions. There are 21 jobs instead of 13.
#
# ```python
# searcher = asha(max_trials=9, max_length=9, divisor=3)
# order = []
# while isinstance(job := searcher.next_job(), Job):
#     order.append(f"{job.trial}@{job.rung}")
#     searcher.report(job, -job.trial)
# print(*order, len(order))
# ```
# </details>
