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
# # Stragglers and lost jobs
#
# Real workers are sometimes slow, and sometimes jobs are lost. **Does asynchrony help then?**
#
# Appendix A.1 of the ASHA paper simulates both. A job takes 1 + |z| times as long as it should, where z is normal with
# a standard deviation of `std`. It is dropped with a probability `p` in each unit of time. [A page of the
# documentation](../docs/asha-paper-appendix.md) repeats the whole appendix with many runs. This notebook has a few
# cells of it, with few runs each.

# %%
from charts import chart

import simulator

cells = [1e-4, 1e-3, 3.16e-3, 1e-2]
done = {"SHA": [], "ASHA": [], "D-ASHA": []}
for probability in cells:
    changes = {"cluster.workers": 9, "cluster.drops.probability": probability}
    scenario = simulator.load_scenario("../scenarios/paper-appendix.yaml", changes)
    runs = simulator.compare(scenario, seeds=5)
    for label, counts in done.items():
        counts.append(runs.mean("full_length_trials", label).estimate)
print("dropped in a unit", *cells, sep="\t")
for label, counts in done.items():
    print(f"{label:17}", *(f"{count:.1f}" for count in counts), sep="\t")
chart(
    cells,
    done,
    title="Trials trained in full within 2000 units, std 0.56, 9 workers",
    xlabel="probability of a drop in a unit",
    ylabel="full-length trials",
    log="x",
)

# %% [markdown]
# Where many jobs are lost, few trials are trained in full, by any rule. ASHA trains more of them than SHA in each of
# these cells: 10.8 against 6.8 where few jobs are lost. But this is not because SHA's workers wait: this SHA begins
# another bracket instead of waiting, so its workers are as busy. Most of the additional trials are mispromotions of
# ASHA. D-ASHA, which never promotes more than a quarter of a rung, trains 7.2 in full.
#
# ## Where the time goes

# %%
scenario = simulator.load_scenario(
    "../scenarios/paper-appendix.yaml", {"cluster.workers": 9, "cluster.drops.probability": 3.16e-3}
)
results = simulator.simulate(scenario)
for label in done:
    lost = results[label].lost_s / (results[label].lost_s + results[label].busy_s)
    print(f"{label}: {lost:.0%} of what was trained is lost")
simulator.plot(results, "split")

# %% [markdown]
# A dropped job begins again from zero here, so the longest jobs lose the most. Checkpoints save this work:

# %%
saved = simulator.simulate(
    simulator.load_scenario(
        "../scenarios/paper-appendix.yaml",
        {
            "cluster.workers": 9,
            "cluster.drops.probability": 3.16e-3,
            "cluster.recovery": {"on_loss": "resume", "checkpoint_every": 1, "max_restarts": 10000},
        },
    )
)
for label in done:
    before, after = results[label].full_length_trials, saved[label].full_length_trials
    print(f"{label}: {before} full-length trials without checkpoints, {after} with one a unit")

# %% [markdown]
# ASHA loses the most. With a checkpoint after every unit it trains 15 trials in full instead of 11, in this one draw.
# The other two searchers train at most one more.
#
# ## The barrier waits for the slowest
#
# If the number of trials is fixed and SHA begins no other bracket, one straggler holds up a whole rung.

# %%
spread = [0.0, 0.33, 0.67, 1.0, 1.67]
first = {"SHA": [], "ASHA": []}
for std in spread:
    scenario = simulator.load_scenario(
        f"""
title: 256 trials, 25 workers
searchers:
  SHA: {{name: sha, max_trials: 256, max_length: 256, divisor: 4}}
  ASHA: {{name: asha, max_trials: 256, max_length: 256, divisor: 4}}
curves: {{kind: synthetic, unit_time: 1 s, unit_time_sigma: 0}}
cluster:
  workers: 25
  resume: false
  stragglers: {{kind: half_normal, std: {std}}}
"""
        if std
        else """
title: 256 trials, 25 workers
searchers:
  SHA: {name: sha, max_trials: 256, max_length: 256, divisor: 4}
  ASHA: {name: asha, max_trials: 256, max_length: 256, divisor: 4}
curves: {kind: synthetic, unit_time: 1 s, unit_time_sigma: 0}
cluster: {workers: 25, resume: false}
"""
    )
    runs = simulator.compare(scenario, seeds=5)
    for label, times in first.items():
        times.append(runs.mean("first_full_length_s", label).estimate)
for label, times in first.items():
    print(f"{label:5}", *(f"{time:.0f}" for time in times), sep="\t")
chart(spread, first, title="Until the first trial is trained in full", xlabel="std", ylabel="units")

# %% [markdown]
# Without stragglers, the first trial is trained in full after 359 units of time with SHA and after 355 with ASHA. With
# the worst stragglers it is 926 and 670 units. Slow jobs delay both searchers, and they delay the one with a barrier
# more.
#
# ## Exercises
#
# 1. With `per: worker` some machines are slow for all their jobs, instead of some jobs on any machine. Is that better
# or worse for ASHA?
#
# <details><summary>Solution</summary>
#
# It makes little difference to either searcher. With slow machines ASHA trains 11.2 trials in full instead of 10.6, and
# SHA 7.6 instead of 7.0. Five runs are too few to say whether that is more than chance.
#
# ```python
# for per in ("job", "worker"):
#     changes = {"cluster.stragglers.per": per, "cluster.drops": None, "cluster.workers": 9}
#     runs = simulator.compare(simulator.load_scenario("../scenarios/paper-appendix.yaml", changes), seeds=5)
#     print(per, *(f"{label} {runs.mean('full_length_trials', label).estimate:.1f}" for label in done))
# ```
# </details>
#
# 2. Spot instances are taken away now and then. How much does the fleet of `scenarios/spot-fleet.yaml` lose by that,
# and does the rule of promotion matter?
#
# <details><summary>Solution</summary>
#
# Little training is lost: 2.1 worker-h with SHA and 2.5 with ASHA. Far more time passes while an instance is away: 89.6
# and 100.7 worker-h. The rule matters for the first full-length trial: in this draw ASHA has it after 6.9 h and SHA
# after 10.2 h.
#
# ```python
# fleet = simulator.simulate("../scenarios/spot-fleet.yaml")
# print(fleet)
# ```
# </details>
