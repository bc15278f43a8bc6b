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
# # When asynchrony does not help
#
# Asynchronous promotion is no gain in itself. **When does it buy nothing?** Three cases, each with its reason, and one
# in between in which it buys something.

# %%
from charts import chart

import simulator

simulator.explore(
    "../scenarios/equal-times.yaml",
    {
        "cluster.workers": [1, 3, 10, 27],
        "curves": {"equal times": {"kind": "ordered"}, "unequal times": {"kind": "synthetic", "unit_time_sigma": 1}},
    },
)

# %% [markdown]
# Try this, with the sliders:
#
# - All times are equal at first. Is there a number of workers with which ASHA ends clearly sooner?
# - Let the times be unequal: what changes with one worker, and with as many workers as trials?
# - Where SHA's picture shows idle time, could another trial have used it? There are no more of them than these.
#
# ## Equal times

# %%
equal = simulator.simulate("../scenarios/equal-times.yaml")
simulator.plot(equal, "gantt")

# %%
equal

# %% [markdown]
# 27 trials, ten workers, every unit takes a minute: SHA is done after 29 min, ASHA after 30 min. Nobody is slow, so
# nobody is waited for longer than anybody; and with a fixed number of trials a worker that is free early finds nothing
# to do.
#
# ## One worker

# %%
one = simulator.compare(
    simulator.load_scenario(
        """
title: One worker
time_unit: s
searchers:
  SHA: {name: sha, max_trials: 360, max_length: 81, divisor: 3}
  ASHA: {name: asha, max_trials: 360, max_length: 81, divisor: 3}
  D-ASHA: {name: asha, max_trials: 360, max_length: 81, divisor: 3, delayed: true}
curves: {kind: recorded, file: ../scenarios/curves/digits.csv.gz}
cluster: {workers: 1}
"""
    ),
    seeds=10,
)
one

# %% [markdown]
# One worker never waits: every rule keeps it 100.0% busy. ASHA takes longer, 68.2 s instead of 61.7 s, since it promotes more
# trials: it trains 6.1 in full instead of 4, and 12.9 of its promotions were wrong. D-ASHA trains as many units as SHA. It
# takes 2.7 s (0.7–5.1) less only because a unit of the trials that it happens to promote takes less time. The first
# full-length trial comes sooner with both, though: they need not see all others first.
#
# ## A finite number of trials
#
# Give both the same trials, of unequal speed, and more and more workers:

# %%
counts = [4, 16, 64, 256]
makespans = {"SHA": [], "ASHA": []}
for workers in counts:
    changes = {"cluster.workers": workers, "searchers.D-ASHA": None}
    runs = simulator.compare(simulator.load_scenario("../scenarios/stragglers.yaml", changes), seeds=60)
    gain = runs.difference("makespan_s", "SHA", "ASHA")
    for label, hours in makespans.items():
        hours.append(runs.mean("makespan_s", label).estimate / 3600)
    seen = "no difference seen" if gain.low <= 0 <= gain.high else "a difference"
    hours = ", ".join(f"{bound / 3600:.2f}" for bound in gain)
    print(
        f"{workers:3} workers: SHA {makespans['SHA'][-1]:.1f} h, ASHA {makespans['ASHA'][-1]:.1f} h ({hours}): {seen}"
    )
chart(counts, makespans, title="256 trials of unequal speed", xlabel="workers", ylabel="makespan (h)", log="x")

# %% [markdown]
# With 4 workers no difference is seen: both keep them busy nearly all the time. With 16 ASHA is done 0.87 h (0.25–1.28)
# sooner, and with 256 0.95 h (0.40–1.40): so much a rung that waits for its slowest trial costs. This is no case in which it
# buys nothing, then. More workers than 16 buy little by either rule, since the slowest trial takes what it takes.
#
# ## Backfill
#
# A synchronous search may begin another bracket whenever a worker would wait. Then it keeps them busy as well:

# %%
backfill = simulator.simulate(simulator.load_scenario("../scenarios/backfill.yaml", {"stop.time": "5000 s"}))
backfill

# %% [markdown]
# All three are 100.0% busy. ASHA has trained 121 trials in full and SHA 92, but not by better use of the workers: D-ASHA, which
# promotes no more than a quarter, has 92 as well. The others are trials that ASHA promoted and a wiser rule would not have.
# SHA has looked at more: 25,374 trials against 22,142.
#
# ## So when does it?
#
# When times vary and there are more than a few workers; when there are always new trials to start; and when a first result is wanted early. That jobs are lost is no reason by itself: [ASHA loses the most](04-stragglers-and-lost-jobs.ipynb).
#
# ## Exercises
#
# 1. How unequal must times be? Vary `curves.unit_time_sigma` in `scenarios/stragglers.yaml`.
#
# <details><summary>Solution</summary>
#
# With equal times next to nothing is gained, 0.1 h. The first full-length trial comes 1.4 h sooner with ASHA at a spread of
# 0.4, and 7.7 h sooner at 1.2. With 5 seeds instead of 30 the intervals are too wide to see that well.
#
# ```python
# for sigma in (0, 0.4, 0.8, 1.2):
#     scenario = simulator.load_scenario("../scenarios/stragglers.yaml", {"curves.unit_time_sigma": sigma})
#     gain = simulator.compare(scenario, seeds=30).difference("first_full_length_s", "ASHA", "SHA")
#     print(sigma, *(f"{hours / 3600:.1f}" for hours in gain))
# ```
# </details>
#
# 2. Compare at equal *time* instead of equal trials: let ASHA start trials without end and stop both when SHA is done.
#
# <details><summary>Solution</summary>
#
# ASHA starts 119 trials instead of 27 with workers that are 100.0% busy instead of 27.9%, but none of them is trained in full
# by then.
#
# ```python
# until = equal["SHA"].makespan_s
# scenario = simulator.load_scenario(
#     "../scenarios/equal-times.yaml", {"searchers.ASHA.max_trials": None, "stop": {"time": until}}
# )
# endless = simulator.simulate(scenario)
# print(endless)
# ```
# </details>
