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
# ASHA does not wait until a rung is full. **What does that change for the same trials, and how many wrong promotions
# does it cost?**

# %%
from charts import chart

import simulator

simulator.explore("../scenarios/digits.yaml", {"cluster.workers": [1, 4, 8, 16, 32, 64]})

# %% [markdown]
# Try this, with the slider:
#
# - Which searcher ends sooner with one worker? Why does waiting cost nothing then?
# - From which number of workers on does most of SHA's picture show idle time? Which rung do the workers wait for?
# - Does ASHA's first full-length trial come sooner with more workers? Does SHA's?
#
# The same with numbers, for the scenario as it is:

# %%
results = simulator.simulate("../scenarios/digits.yaml")
simulator.plot(results, "gantt")

# %%
results

# %% [markdown]
# These are 360 real networks on 8 workers. ASHA has trained the first of them in full after 1.9 s, SHA after 9.6 s: an
# early first result is what asynchrony is good at. The makespan is 14.5 s against 18 s. But this is a single order of
# the trials, and another order would give other numbers.

# %%
over_seeds = simulator.compare("../scenarios/digits.yaml", seeds=20)
over_seeds

# %% [markdown]
# Over 20 orders the makespan of ASHA is 1.5 s (0.26–2.5) shorter on average, and its first full-length trial comes 7.6
# s (7.4–7.7) sooner.
#
# ## Why it is sooner
#
# The next picture shows the reason: SHA works on one rung after the other, and ASHA works on all rungs at once.

# %%
simulator.plot(results, "rungs")

# %% [markdown]
# ## What it costs
#
# A configuration is promoted when it is among the best third of the results *so far*. Better ones may come later. A
# trial that was promoted and is not among the best third of the rung in the end is a *mispromotion*. The paper expects
# "roughly √n" mispromotions among n results (section 3.3).

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
# The mispromotions stay below √n. With 30 trials they are 0.24 times √n; with 1000 and with 3000 trials they are 0.57
# times √n. So up to 1000 trials they grow faster than √n, and from 1000 to 3000 they grow like √n. Their share of the
# trials falls from 4.3% to 1.0%.
#
# D-ASHA never promotes more than a third of a rung, so it has to wait where ASHA would promote another trial:

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
# 1. Let ASHA start new trials until SHA is done. How many trials does it start in that time?
#
# <details><summary>Solution</summary>
#
# It starts 901 trials instead of 360. Only 360 trials were recorded, so `resample` draws more trials from them.
#
# ```python
# until = results["SHA"].makespan_s
# changes = {"searchers.ASHA.max_trials": None, "curves.resample": True, "stop": {"time": until}}
# print(simulator.simulate(simulator.load_scenario("../scenarios/digits.yaml", changes))["ASHA"].trials)
# ```
# </details>
#
# 2. How do the mispromotions depend on the divisor?
#
# <details><summary>Solution</summary>
#
# With a larger divisor fewer trials are promoted, and a larger share of them is promoted wrongly: 5.0% with a divisor
# of 2, and 12.5% with a divisor of 8.
#
# ```python
# for divisor in (2, 3, 4, 8):
#     changes = {"searchers.ASHA.divisor": divisor, "searchers.ASHA.max_length": divisor, "searchers.ASHA.num_rungs": 2}
#     shown = simulator.compare(simulator.load_scenario("../scenarios/digits.yaml", {
#         **changes, "curves": {"kind": "synthetic", "unit_time": "1 s"}}), seeds=40)
#     wrong = shown.mean("mispromotions", "ASHA").estimate
#     promoted = shown.mean("jobs", "ASHA").estimate - 360  # each trial has a first job
#     print(f"{divisor}: {wrong:.1f} of {promoted:.1f} wrongly, {wrong / promoted:.1%}")
# ```
# </details>
