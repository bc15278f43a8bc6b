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
# Asynchronous promotion does not always make a search faster. **When does it gain nothing?** This notebook shows three
# cases, each with its reason, and between them one case in which it does gain something.

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
# - Let the times be unequal. What changes with one worker? What changes with as many workers as trials?
# - Where SHA's picture shows idle time, could another trial have used it? Remember that there are no other trials.
#
# ## Equal times

# %%
equal = simulator.simulate("../scenarios/equal-times.yaml")
simulator.plot(equal, "gantt")

# %%
equal

# %% [markdown]
# There are 27 trials and ten workers, and every unit takes a minute. SHA is done after 29 min and ASHA after 30 min. No
# trial is slow, so no worker waits long for one. And because the number of trials is fixed, a worker that becomes free
# early finds nothing else to do.
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
# A single worker never waits: every rule keeps it 100.0% busy. ASHA takes longer, 68.2 s instead of 61.7 s, because it
# promotes more trials. It trains 6.1 trials in full instead of 4, and 12.9 of its promotions are mispromotions. D-ASHA
# trains as many units as SHA. It takes 2.7 s (0.5–5.1) less, but only because the trials that it happens to promote are
# faster ones. With both asynchronous rules the first full-length trial comes sooner, because they need not see all
# other trials first.
#
# ## A finite number of trials
#
# Now both get the same trials of unequal speed, and more and more workers:

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
# With 4 workers no difference is seen, because both rules keep them busy nearly all the time. With 16 workers ASHA is
# done 0.87 h (0.25–1.28) sooner, and with 256 workers 0.95 h (0.40–1.40) sooner. That is what it costs SHA that every
# rung waits for its slowest trial. So this is the case in which asynchrony does gain something. More than 16 workers
# help little by either rule, because nothing makes the slowest trial faster.
#
# ## Backfill
#
# A synchronous search may begin another bracket whenever a worker would wait. Then it keeps its workers busy, too:

# %%
backfill = simulator.simulate(simulator.load_scenario("../scenarios/backfill.yaml", {"stop.time": "5000 s"}))
backfill

# %% [markdown]
# All three searchers keep their workers 100.0% busy. ASHA has trained 121 trials in full and SHA 92. But ASHA does not
# use the workers better: D-ASHA, which never promotes more than a quarter of a rung, has 92 as well. The additional
# trials are mispromotions of ASHA. SHA has started more trials instead: 25,374 against 22,142.
#
# ## So when does it?
#
# It helps when times vary and there are more than a few workers, when there are always new trials to start, and when a
# first result is wanted early. Lost jobs alone are no reason for it: [ASHA loses the
# most](04-stragglers-and-lost-jobs.ipynb).
#
# ## Exercises
#
# 1. How unequal must the times be? Vary `curves.unit_time_sigma` in `scenarios/stragglers.yaml`.
#
# <details><summary>Solution</summary>
#
# With equal times ASHA has its first full-length trial only 0.1 h sooner. With a spread of 0.4 it comes 1.4 h sooner,
# and with a spread of 1.2 it comes 7.7 h sooner. With 5 seeds instead of 30 the intervals would be too wide to show
# this well.
#
# ```python
# for sigma in (0, 0.4, 0.8, 1.2):
#     scenario = simulator.load_scenario("../scenarios/stragglers.yaml", {"curves.unit_time_sigma": sigma})
#     gain = simulator.compare(scenario, seeds=30).difference("first_full_length_s", "ASHA", "SHA")
#     print(sigma, *(f"{hours / 3600:.1f}" for hours in gain))
# ```
# </details>
#
# 2. Compare both searchers at equal *time* instead of equal trials: let ASHA start trials without end, and stop both
# when SHA is done.
#
# <details><summary>Solution</summary>
#
# ASHA starts 119 trials instead of 27, and its workers are 100.0% busy instead of 27.9%. But by then it has trained
# none of them in full.
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
