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
# # Do shared clusters need asynchrony?
#
# SHA has barriers: a rung waits for its slowest trial, and workers are idle in the meantime. On a cluster that many
# searches share, another search can use those workers. **Does asynchrony still gain anything there?** In this notebook
# a team starts one search after another: once as SHA, once as ASHA and once as D-ASHA, which promotes as many trials as
# SHA.

# %%
import numpy as np
from charts import chart

import simulator

TEAM = """
title: A team on 16 workers
time_unit: h
searches:
  team:
    searcher: {name: sha, max_trials: 27, max_length: 9, divisor: 3}
    arrivals: {kind: poisson, mean_gap: 9 h}
    count: 24
curves: {kind: synthetic, unit_time: 1 h, unit_time_sigma: 0.5}
cluster: {workers: 16}
warm_up: 0 h
"""
sha = simulator.share(TEAM)
simulator.plot(sha, "timeline")

# %%
sha

# %% [markdown]
# Two shades distinguish a search from the next one. Where two searches overlap, the second one uses the workers that
# wait at the barriers of the first. Where a search is alone, workers are as idle at its barriers as on a cluster of its
# own.
#
# ## The same searches, without waiting
#
# In the next runs the trials are the same, and the searches arrive at the same times. Only the rule of promotion
# changes.

# %%
RULES = {
    "SHA": {"name": "sha"},
    "ASHA": {"name": "asha"},
    "D-ASHA": {"name": "asha", "delayed": True},
}
SIZE = {"max_trials": 27, "max_length": 9, "divisor": 3}
GAPS = {0.3: "15 h", 0.7: "6.4 h", 0.95: "4.7 h"}
stays, units = {}, {}
for load, gap in GAPS.items():
    for rule, section in RULES.items():
        changes = {"searches.team.searcher": {**section, **SIZE}, "searches.team.arrivals.mean_gap": gap}
        scenario = simulator.load_scenario(TEAM, changes)
        runs = [simulator.share(scenario, seed) for seed in range(3)]
        stays[rule, load] = np.array([run.about["stay_s"]["mean"] / 3600 for run in runs])
        units[rule, load] = np.array([sum(search.units for search in run.figures.stays) for run in runs])

chart(
    list(GAPS),
    {rule: [stays[rule, load].mean() for load in GAPS] for rule in RULES},
    title="Mean stay of a search on 16 workers",
    xlabel="load, of SHA's work",
    ylabel="hours",
)

# %%
for rule in ("ASHA", "D-ASHA"):
    for load in GAPS:
        longer = 100 * (stays[rule, load] / stays["SHA", load] - 1)
        more = 100 * (units[rule, load].sum() / units["SHA", load].sum() - 1)
        print(
            f"{rule} at {load}: stays {longer.mean():+.0f} % ({min(longer):+.0f} to {max(longer):+.0f}), units {more:+.0f} %"
        )

# %% [markdown]
# **Asynchrony still gains a little: D-ASHA stays 11 to 13 % shorter than SHA at every load**, and trains no more units.
# Other searches use the workers that wait at SHA's barriers, so these are not idle. But the search at the barrier still
# waits.
#
# **ASHA is different.** It promotes early, and some of the trials that it promotes turn out not to belong to the best
# third. So it trains 12 to 14 % more units. At a load of 0.3 idle workers train these units at no cost, and ASHA stays
# 7 % shorter. At a load of 0.95 no workers are idle. Then the additional units make other jobs wait, and searches stay
# 14 % longer. In a longer run it would be worse, because 14 % more than 0.95 is more than the cluster can do.
#
# These figures come from three runs of each searcher, and their spread is wide. [The page on shared
# clusters](../docs/sharing.md) has the same table from more and longer runs, on four to sixty-four workers, with
# intervals. It leads to the same conclusions.
#
# ## Exercises
#
# 1. On four workers a single search fills the cluster. Does asynchrony gain anything there?
#
# <details><summary>Solution</summary>
#
# D-ASHA stays 34.7 h and SHA 39.5 h, but so few runs do not prove a difference. With more runs, the page on shared
# clusters sees no difference at this load. ASHA stays 48.4 h: on a cluster that one search fills, its additional units
# make all jobs wait.
#
# ```python
# four = {"cluster.workers": 4, "searches.team.arrivals.mean_gap": "36 h"}
# means = {}
# for rule, section in RULES.items():
#     scenario = simulator.load_scenario(TEAM, {**four, "searches.team.searcher": {**section, **SIZE}})
#     means[rule] = np.mean([simulator.share(scenario, seed).about["stay_s"]["mean"] / 3600 for seed in range(2)])
# print({rule: round(float(mean), 1) for rule, mean in means.items()})
# ```
#
# </details>
#
# 2. Does SHA stay shorter with fair sharing than with first come, first served?
#
# <details><summary>Solution</summary>
#
# It does not: SHA stays 32.3 h with fair sharing and 26.6 h with first come, first served. If searches of the same size
# share evenly, all of them end late. In a queue, the first search is done before the second one gets many workers. Fair
# sharing is for searches of different sizes.
#
# ```python
# busy = {"searches.team.arrivals.mean_gap": "6.4 h"}
# for policy in ("fifo", "fair_share"):
#     scenario = simulator.load_scenario(TEAM, {**busy, "scheduler": {"policy": policy}})
#     found = [simulator.share(scenario, seed).about["stay_s"]["mean"] / 3600 for seed in range(2)]
#     print(policy, round(float(np.mean(found)), 1))
# ```
#
# </details>
