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
# # Asynchronous promotion
#
# ASHA does not wait. **What does that change for the same trials, and what does it cost in wrong promotions?**

# %%
from charts import chart

import simulator

simulator.explore("../scenarios/digits.yaml", {"cluster.workers": [1, 4, 8, 16, 32, 64]})

# %% [markdown]
# Try this, with the slider:
#
# - With one worker, who ends sooner? Why can waiting not cost anything then?
# - From which number of workers on does most of SHA's picture show idle time? Which rung is waited for?
# - Does ASHA's first full-length trial come sooner with more workers, and SHA's?
#
# Now with numbers, for the scenario as it is.

# %%
results = simulator.simulate("../scenarios/digits.yaml")
simulator.plot(results, "gantt")

# %%
results

# %% [markdown]
# 360 real networks on 8 workers. The first of them is trained in full after 1.9 s instead of 9.6 s: that is what
# asynchrony is good at. The makespan is 14.5 s against 18 s, but this is one order of the trials, that is one draw.

# %%
over_seeds = simulator.compare("../scenarios/digits.yaml", seeds=20)
over_seeds

# %% [markdown]
# Over 20 orders the gain in makespan is 1.5 s (0.26–2.3), and that in the first full-length trial is 7.6 s (7.4–7.7).
#
# ## Why it is sooner
#
# The rungs show it: SHA climbs in steps, ASHA is on all rungs at once.

# %%
simulator.plot(results, "rungs")

# %% [markdown]
# ## What it costs
#
# A configuration is promoted while it is among the best third of the results *so far*. Better ones may come later. Such
# *mispromotions* are those that left a rung and are not among its best third in the end. The paper expects "roughly √n"
# of them in n results (section 3.3).

# %%
from math import sqrt

sizes = [30, 100, 300, 1000, 3000]
wrong = []
for n in sizes:
    scenario = simulator.load_scenario(f"""
title: {n} trials, two rungs
searchers:
  ASHA: {{name: asha, max_trials: {n}, max_length: 3, num_rungs: 2, divisor: 3}}
curves: {{kind: synthetic, unit_time: 1 s}}
cluster: {{workers: 10}}
""")
    wrong.append(simulator.compare(scenario, seeds=20).mean("mispromotions", "ASHA").estimate)
for n, count in zip(sizes, wrong, strict=True):
    print(
        f"{n:5} trials: {count:5.1f} mispromotions, {count / sqrt(n):.2f} times the root, {count / n:.1%} of the trials"
    )
chart(
    sizes,
    {"mispromotions": wrong, "√n": [sqrt(n) for n in sizes]},
    title="Mispromotions stay below √n",
    xlabel="trials",
    ylabel="trials promoted wrongly",
    log="xy",
)

# %% [markdown]
# They stay below √n: 0.24 times the root with 30 trials, 0.57 times with 1000 and with 3000. Up to 1000 trials they grow
# faster than the root, and from there to 3000 as it does. As a share of the trials they become ever fewer, from 4.3% down
# to 1.0%.
#
# D-ASHA promotes no more than a third in all, so it must wait where ASHA would go on:

# %%
scenario = simulator.load_scenario("""
title: 360 networks, 8 workers
time_unit: s
searchers:
  ASHA: {name: asha, max_trials: 360, max_length: 81, divisor: 3}
  D-ASHA: {name: asha, max_trials: 360, max_length: 81, divisor: 3, delayed: true}
curves: {kind: recorded, file: ../scenarios/curves/digits.csv.gz}
cluster: {workers: 8}
""")
simulator.simulate(scenario)

# %%
simulator.player(results)

# %% [markdown]
# ## Exercises
#
# 1. Let ASHA go on with new trials until SHA is done. How many does it start in that time?
#
# <details><summary>Solution</summary>
#
# It starts 901 instead of 360. There are but 360 recorded, so `resample` draws from them anew.
#
# ```python
# until = results["SHA"].makespan_s
# changes = {"searchers.ASHA.max_trials": None, "curves.resample": True, "stop": {"time": until}}
# print(simulator.simulate(simulator.load_scenario("../scenarios/digits.yaml", changes))["ASHA"].trials)
# ```
# </details>
#
# 2. Does the divisor matter for mispromotions?
#
# <details><summary>Solution</summary>
#
# A larger divisor promotes fewer trials, and a larger share of them wrongly: from 5.2% with a divisor of 2 up to 14.2% with 8.
#
# ```python
# for divisor in (2, 3, 4, 8):
#     changes = {"searchers.ASHA.divisor": divisor, "searchers.ASHA.max_length": divisor, "searchers.ASHA.num_rungs": 2}
#     shown = simulator.compare(simulator.load_scenario("../scenarios/digits.yaml", {
#         **changes, "curves": {"kind": "synthetic", "unit_time": "1 s"}}), seeds=40)
#     wrong = shown.mean("mispromotions", "ASHA").estimate
#     print(f"{divisor}: {wrong:.1f} wrongly, {wrong / (360 // divisor):.1%} of those that should go up")
# ```
# </details>
