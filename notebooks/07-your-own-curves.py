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
# # Your own curves
#
# Made-up trials show what may happen. **What would have happened with the trials that you really had?** To find out,
# you need a log of them: every trial, its loss after each epoch, and the time.
#
# `data/my-log.csv` is such a log, as a training script might write it. It has a few dozen small networks, and two of
# them were stopped early.

# %%
from pathlib import Path

import simulator

log = Path("data/my-log.csv")
print("\n".join(log.read_text().splitlines()[:4]), "\n…")

# %% [markdown]
# The simulator must know the loss of a trial however long a searcher lets it train. The log of a trial that was stopped
# early does not tell it. So you have to decide what to do with such trials; without a decision the log is refused.

# %%
from simulator.core.errors import InputError
from simulator.curves.importers import Options, import_curves

columns = Options(metric="val_loss", mode="min", trial_column="run", step_column="epoch", time_column="seconds")
try:
    import_curves(log, "csv", columns)
except InputError as error:
    print(error)

# %%
from simulator.curves.files.writing import write_curves

imported = import_curves(log, "csv", columns, censored="drop")
mine = Path("../outputs/notebooks/mine.csv.gz")
mine.parent.mkdir(parents=True, exist_ok=True)
write_curves(mine, imported.curves)
print("\n".join(imported.report.lines()))

# %% [markdown]
# On the command line this is `asha-sim curves import data/my-log.csv --from csv -o mine.csv.gz`. It also reads the logs
# of Optuna, Ray, MLflow, TensorBoard, W&B, LCBench, Syne Tune and others.
#
# ## Is halving a good idea for these at all?
#
# Halving is a good idea where the early losses of trials predict their final losses.

# %%
from simulator.curves.describe import describe, grid_of
from simulator.curves.files.tables import read_table

table = read_table(mine)
about = describe(grid_of(table), points=len(table.trial))
print("\n".join(list(about.lines())[:14]))

# %% [markdown]
# After one epoch, the rank correlation between the losses and the final losses is 0.9334. So there is hardly any need
# to train bad trials further. The time of a unit differs from trial to trial: the standard deviation of its logarithm
# is 0.7789. So a barrier will have to wait for slow trials.
#
# ## The search

# %%
search = """
title: My trials, 4 workers
time_unit: s
searchers:
  SHA: {name: sha, max_trials: 34, max_length: 27, divisor: 3}
  ASHA: {name: asha, max_trials: 34, max_length: 27, divisor: 3}
  random: {name: random, max_trials: 34, max_length: 27}
curves: {kind: recorded, file: ../outputs/notebooks/mine.csv.gz}
cluster: {workers: 4}
"""
scenario = simulator.load_scenario(search)
results = simulator.simulate(scenario)
simulator.plot(results, "curves")

# %%
over_orders = simulator.compare(scenario, seeds=30)
longer = over_orders.difference("makespan_s", "random", "SHA").estimate
print(f"random search takes {longer:.1f} s longer than SHA")
over_orders

# %% [markdown]
# ASHA is done a little sooner than SHA, by 0.11 s (0.025–0.18), and its workers are busier. Random search takes 6.3 s
# longer than SHA, because it trains all 34 trials in full. It finds the best loss that there is, 0.0721, and SHA finds
# 0.0838. So halving saves much time, and its result is a little worse.
#
# ## More trials than one has
#
# 34 trials are few for the plan of a search with hundreds. A law that is fitted to them makes more trials. The fit also
# says how well a search on the made trials agrees with a search on the recorded ones:

# %%
from simulator.experiment.fitting import fit_and_compare, yaml_of

fitted = fit_and_compare(table, workers=4, replicates=10)
print("\n".join(line for line in fitted.lines() if line.startswith("searches:")))
print("\n".join(yaml_of(fitted.law, "my trials").splitlines()[:4]), "\n  …")

# %% [markdown]
# The last lines are a `curves:` section that you can paste into a scenario. It draws as many trials as you like. Trust
# it only in the figures in which the line above says that it agrees.
#
# ## Exercises
#
# 1. Keep the two trials that were stopped early, at their last loss.
#
# <details><summary>Solution</summary>
#
# `hold` assumes that the loss of a stopped trial stays as it was. Now 36 of 36 trials are kept, 2 of them at their last
# loss, and there are 972 points instead of 918.
#
# ```python
# held = import_curves(log, "csv", columns, censored="hold")
# print("\n".join(held.report.lines()))
# ```
# </details>
#
# 2. How long would the searches have taken on 12 workers?
#
# <details><summary>Solution</summary>
#
# With three times as many workers both searches end only a little sooner: SHA takes 0.88 s instead of 0.96 s, and ASHA
# 0.66 s instead of 0.84 s. The lead of ASHA grows from 0.11 s (0.025–0.18) to 0.23 s (0.16–0.3), because more workers
# wait at SHA's barrier.
#
# ```python
# for workers in (4, 12):
#     more = simulator.load_scenario(search, {"cluster.workers": workers, "searchers.random": None})
#     runs = simulator.compare(more, seeds=30)
#     print(workers, *(f"{label} {runs.mean('makespan_s', label).estimate:.2f} s" for label in ("SHA", "ASHA")))
#     print(*runs.findings(), sep="\n")
# ```
# </details>
