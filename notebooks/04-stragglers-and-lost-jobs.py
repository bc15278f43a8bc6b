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
# Real workers are slow now and then, and jobs get lost. **Does asynchrony help then?**
#
# The ASHA paper's appendix A.1 simulates it: a job takes 1 + |z| times as long as it should, z normal with a standard
# deviation `std`, and is dropped with a probability `p` in each unit of time. [The whole of it](../docs/asha-paper-appendix.md)
# is remade with many runs; here are a few cells with few runs each.

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
# Where much is lost, few are trained in full, by any rule. ASHA is ahead in each of these cells, with 10.8 against 6.8
# where little is lost. But mind what it is ahead by: this SHA begins another bracket rather than wait, so its workers are
# as busy. What ASHA has more of is largely mispromotions: D-ASHA, which promotes no more than a quarter in all, has 7.2.
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
# Dropped jobs begin again from zero here, so the longest jobs lose most. Checkpoints would save it:

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
# For ASHA, which loses the most, a checkpoint a unit is worth 15 full-length trials instead of 11 in this one draw. For the
# other two it is worth one more at most.
#
# ## The barrier waits for the slowest
#
# Without backfilling, and with a fixed number of trials, one straggler holds up a whole rung.

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
# Without stragglers SHA needs 359 and ASHA 355 units until a first trial is trained in full; with the worst of them 926
# and 670. Slow jobs hurt both, and the one with a barrier more.
#
# ## Exercises
#
# 1. Machines that are slow themselves, rather than jobs: `per: worker`. Is that better or worse for ASHA?
#
# <details><summary>Solution</summary>
#
# It makes little difference to either: with slow machines ASHA has 11.2 full-length trials instead of 10.6, and SHA 7.6
# instead of 7.0. Five runs are too few to say whether that is more than chance.
#
# ```python
# for per in ("job", "worker"):
#     changes = {"cluster.stragglers.per": per, "cluster.drops": None, "cluster.workers": 9}
#     runs = simulator.compare(simulator.load_scenario("../scenarios/paper-appendix.yaml", changes), seeds=5)
#     print(per, *(f"{label} {runs.mean('full_length_trials', label).estimate:.1f}" for label in done))
# ```
# </details>
#
# 2. Instances that are taken away: what does `scenarios/spot-fleet.yaml` lose, and does the rule matter?
#
# <details><summary>Solution</summary>
#
# Little of what was trained is lost, 2.1 worker-h with SHA and 2.5 with ASHA; far more are worker-h in which an instance was
# not there, 89.6 and 100.7. The rule matters to the first full-length trial: in this draw ASHA has it after 6.9 h, SHA
# after 10.2 h.
#
# ```python
# fleet = simulator.simulate("../scenarios/spot-fleet.yaml")
# print(fleet)
# ```
# </details>
