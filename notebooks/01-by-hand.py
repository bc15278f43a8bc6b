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
# Successive halving trains all of them a little, the best third of those three times as long, and so on. The lengths
# are its *rungs*, the way up is a *promotion*. The synchronous rule (SHA) waits until a rung is full before anybody
# leaves it; the asynchronous one (ASHA) promotes a configuration as soon as it is among the best third *so far*. The
# example is that of Figures 1 and 2 of the ASHA paper (Li et al., arXiv 1810.05934). A configuration is called a *trial*
# here, and trials are counted from 0 as in every table, where the paper counts from 1: best is trial 7, then 0, 5, 4, 1, 6,
# 8, 2 and 3.

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
# Try this: go to the beginning, and press the button for the next result again and again. Each stop is a decision.
#
# - With one worker: whose result lets the first trial leave a rung, under each rule?
# - Which result is the last that SHA waits for on the lowest rung? What does ASHA do meanwhile?
# - Move the slider to as many workers as configurations: what is left of the difference?

# %%
from simulator.searchers.halving import asha, sha
from simulator.searchers.protocol import Job

BEST_FIRST = [7, 0, 5, 4, 1, 6, 8, 2, 3]

# %% [markdown]
# A searcher is asked for a job, and told its loss. Nothing else ever passes between it and the cluster: no clock, no
# worker. So one can be it by hand.

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
# Nine jobs on the lowest rung, then its best three, then their best. In all 13 jobs, and the last of them trains
# trial 7 in full.
#
# Now the asynchronous rule, and its variant D-ASHA, which never promotes more than a third of a rung in all:

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
# `0@1` comes fourth: with three results on rung 0, trial 0 is the best third of them. Both rules do the same 13 jobs in
# the end, in another order. The rules part once: by Algorithm 2 trial 7 goes up before trial 8 begins, and the paper's
# Figure 2 shows it after, which is D-ASHA's rule.
#
# ## Three workers
#
# A clock makes the difference visible. Here a unit takes a minute, three workers share the jobs, and a promoted
# configuration goes on from where it was.

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
# SHA needs 11 min and ASHA 12 min: with nine equal configurations on three workers asynchrony gains nothing, and here it
# loses a minute, since worker 2 trains trial 0 further while 7, the best, has not begun. The picture shows what
# both have in common, too: while the last trial trains, two workers have nothing to do. What that costs is the
# subject of [the barrier](02-the-barrier.ipynb).

# %%
simulator.player(results)

# %% [markdown]
# ## Exercises
#
# 1. What does ASHA do first if the trials come best first, 7, 0, 5, …?
#
# <details><summary>Solution</summary>
#
# It begins with `7@0 0@0 5@0 7@1`: of the first three results the first is the best, and goes up at once.
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
# 2. And worst first? How many jobs are there then?
#
# <details><summary>Solution</summary>
#
# Every result is better than all before it, so that whenever another may go up it is the newest, and those that went up
# before were promoted wrongly: there are 21 jobs instead of 13.
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
