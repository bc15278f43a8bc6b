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
# Made-up trials say what may happen. **What would have happened with the trials one really had?** A log of what they did
# is enough: every trial, its loss after each epoch, and the time.
#
# `data/my-log.csv` is such a log, as a training script might write it, of a few dozen small networks, two of them stopped early.

# %%
from pathlib import Path

import simulator

log = Path("data/my-log.csv")
print("\n".join(log.read_text().splitlines()[:4]), "\n…")

# %% [markdown]
# The simulator must know how a trial goes on, however long a searcher lets it train. A trial that was stopped early does
# not say, so one has to decide; without a decision it is refused.

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
# On the command line this is `asha-sim curves import data/my-log.csv --from csv -o mine.csv.gz`; it reads Optuna, Ray,
# MLflow, TensorBoard, W&B, LCBench and Syne Tune as well.
#
# ## Is halving a good idea for these at all?
#
# It is where an early loss tells of the final one.

# %%
from simulator.curves.describe import describe, grid_of
from simulator.curves.files.tables import read_table

table = read_table(mine)
about = describe(grid_of(table), points=len(table.trial))
print("\n".join(list(about.lines())[:14]))

# %% [markdown]
# After one epoch the order is right to a rank correlation of 0.9334: hardly any need to train bad trials further. Times
# a unit are spread by 0.7789, as a standard deviation of logarithms: a barrier will have to wait.
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
# Of the two halvings ASHA is done a little sooner, by 0.11 s (0.025–0.18), with busier workers. Random search takes 6.3 s
# longer than SHA, since it trains all 34 in full, and finds the best there is, 0.0721, where SHA stops at 0.0838. Halving
# is no gift: it trades a little loss for a lot of time.
#
# ## More trials than one has
#
# 34 trials are few for a plan of hundreds. A law fitted to them makes more, and says how like them they are:

# %%
from simulator.experiment.fitting import fit_and_compare, yaml_of

fitted = fit_and_compare(table, workers=4, replicates=10)
print("\n".join(line for line in fitted.lines() if line.startswith("searches:")))
print("\n".join(yaml_of(fitted.law, "my trials").splitlines()[:4]), "\n  …")

# %% [markdown]
# That is a `curves:` section to paste into a scenario; it draws as many trials as one likes. Hold it against the line
# above it: a law is good for what it was seen to agree in.
#
# ## Exercises
#
# 1. Keep the two that were stopped early, at their last loss.
#
# <details><summary>Solution</summary>
#
# `hold` takes a trial that was stopped to stay as it was: 36 of 36 trials are kept, 2 of them at their last loss, and there
# are 972 points instead of 918.
#
# ```python
# held = import_curves(log, "csv", columns, censored="hold")
# print("\n".join(held.report.lines()))
# ```
# </details>
#
# 2. What would 12 workers have done?
#
# <details><summary>Solution</summary>
#
# Three times the workers make either only a little sooner: SHA takes 0.88 s instead of 0.96 s, and ASHA 0.66 s instead of
# 0.84 s. ASHA's lead grows, from 0.11 s (0.025–0.18) to 0.23 s (0.16–0.3), since SHA's barrier has more workers wait.
#
# ```python
# for workers in (4, 12):
#     more = simulator.load_scenario(search, {"cluster.workers": workers, "searchers.random": None})
#     runs = simulator.compare(more, seeds=30)
#     print(workers, *(f"{label} {runs.mean('makespan_s', label).estimate:.2f} s" for label in ("SHA", "ASHA")))
#     print(*runs.findings(), sep="\n")
# ```
# </details>
