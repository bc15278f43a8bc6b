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
# # Planning a purchase
#
# A search must be done by tomorrow. **How many workers does that take, what do they cost, and how sure is that?**
#
# A scenario may say what to vary, by when it should be done and how sure one wants to be. Every combination is run under
# many seeds; the answer is the cheapest option that is shown to meet the deadline in so many of the runs. What is told of it
# comes from as many fresh seeds: the best-looking of ten options looks better than it is.

# %%
from charts import chart

import simulator

question = """
title: 81 trials in eight hours
time_unit: h
searchers:
  SHA: {name: sha, max_trials: 81, max_length: 81, divisor: 3}
  ASHA: {name: asha, max_trials: 81, max_length: 81, divisor: 3}
curves: {kind: synthetic, unit_time: 3 min, unit_time_sigma: 0.3}
cluster: {workers: 4}
plan:
  vary: {cluster.workers: [2, 4, 8, 16, 32]}
  deadline: 8 h
  price: 1.50
  confidence: 0.9
  replicates: 60
"""
answer = simulator.plan(simulator.load_scenario(question), jobs=1)
answer

# %%
counts = [option.count for option in answer.answer.advice.options if option.label == "SHA"]
times = {
    label: [option.time_s.middle / 3600 for option in answer.answer.advice.options if option.label == label]
    for label in ("SHA", "ASHA")
}
chart(counts, times, title="Time of the search, median", xlabel="workers", ylabel="hours", log="x")

# %% [markdown]
# The answer is 16 workers with ASHA: in time in 98 % (93–100 %) of 60 fresh runs, for $121 on average. It is worth reading
# what else is said. Half as many, 8 with SHA, were in time in 88 % of the runs, at $69.67. That is below the 90 % asked
# for, but 60 seeds leave an interval from 80 % to 94 % around it, so it is named as not told apart, and not recommended.
# And 32 workers buy almost nothing over 16: the curve is flat, since one trial must be trained to the end whatever there is.
#
# `asha-sim plan` is the same on the command line, and writes the report as a page.
#
# ## Exercises
#
# 1. What if only a first good result is wanted, as good as the best 2 % of the trials?
#
# <details><summary>Solution</summary>
#
# That is harder here than to be done: no option is shown to find one within 8 h in 90 % of the runs. The nearest does it
# in 80 %, since halving does not always keep a trial that is as good as that.
#
# ```python
# sooner = simulator.load_scenario(question, {"plan.target": {"quantile": 0.02}})
# print(simulator.plan(sooner, jobs=1).sentence)
# ```
# </details>
#
# 2. And with half the time? Would more seeds help?
#
# <details><summary>Solution</summary>
#
# No: nothing on the grid is in time in 90 % of the runs. The nearest, 32 workers with ASHA, is in 37 % (27–47 %), and half
# of its runs take longer than 4.4 h. More seeds would make that interval narrower, and the answer the same.
#
# ```python
# half = simulator.load_scenario(question, {"plan.deadline": "4 h"})
# print(simulator.plan(half, jobs=1).sentence)
# ```
# </details>
