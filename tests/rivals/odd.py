"""Trials that report at odd times, late, not at all or NaN, and the decisions of our judges. lockstep.py compares them with the real classes."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Any

from simulator.searchers.dialects import optuna, ray, ray_hyperband, syne_tune

#: Worlds whose decisions are written down, by rule; None while nothing is to be recorded.
RECORDED = None


def recorded(rule, arguments):
    """A list for the answers of the real class in a world of `rule`, with which tests compare; a few worlds are kept."""
    rows = []
    if RECORDED is not None and len(RECORDED.setdefault(rule, [])) < MOST_WORLDS:
        RECORDED[rule].append({"arguments": list(arguments), "rows": rows})
    return rows


#: Number of worlds that are kept of each rule, and of rows of each.
MOST_WORLDS, MOST_ROWS = 3, 500


@dataclass
class Ours:
    """Our rule: whether a trial goes on, given its units and its loss."""

    rule: str
    arguments: tuple[Any, ...]
    goes_on: Any

    def __call__(self, trial, units, loss):
        return bool(self.goes_on(trial, units, loss))


def scattered(ours, real, *, last, trials, rng, nans=0.03):
    """Trials report at odd times, a share `nans` of them NaN; returns the decisions compared, and the different ones.

    Some miss a report altogether, so that a rung is passed over or decided at a later one. Losses have ties. `ours`
    and `real` say for a trial, its units and its loss whether it goes on.
    """
    compared = differed = 0
    rows = recorded(ours.rule, ours.arguments) if nans else []
    units = dict.fromkeys(range(trials), 0)
    while units:
        trial = rng.choice(list(units))
        units[trial] += rng.choice([1, 1, 1, 2, 5, 11])
        if units[trial] >= last:
            del units[trial]
            continue
        loss = nan if rng.random() < nans else float(rng.randrange(60))
        stays = ours(trial, units[trial], loss)
        theirs = real(trial, units[trial], loss)
        rows.append([trial, units[trial], loss, theirs])
        compared += 1
        differed += stays is not theirs
        if not stays:
            del units[trial]
    return compared, differed


def highest(judges, milestones, trial, units, loss):
    """The highest rung that is reached and undecided decides; a trial that stops is recorded once more, on the next rung."""
    open_ = [rung for rung in range(len(judges)) if milestones[rung] <= units and trial not in judges[rung]]
    if not open_:
        return True
    stays = judges[open_[-1]].goes_on(trial, loss)
    if not stays and len(open_) > 1:
        judges[open_[-2]].goes_on(trial, loss)
    return stays


def in_turn(judges, milestones, trial, units, loss):
    """All rungs that are reached and undecided decide, lowest first, up to one where the trial stops."""
    for judge, milestone in zip(judges, milestones, strict=True):
        if milestone <= units and trial not in judge and not judge.goes_on(trial, loss):
            return False
    return True


def exact(judges, milestones, trial, units, loss):
    """Only a report at the very rung decides; a rung that is jumped over is left out."""
    return units not in milestones or judges[milestones.index(units)].goes_on(trial, loss)


def _walker(walk, judges, milestones):
    return lambda trial, units, loss: walk(judges, milestones, trial, units, loss)


def ray_asha(max_t, grace_period, factor):
    """Whether a trial goes on, by Ray's rule."""
    stand = ray.milestones(max_t, grace_period, factor, 0)
    walk = _walker(highest, [ray.PercentileJudge(factor) for _ in stand], stand)
    return Ours("ray_asha", (max_t, grace_period, factor), walk)


def optuna_successive_halving(least, most, factor, bootstrap=0, rate=0):
    """Whether a trial goes on, by Optuna's pruner."""
    stand = optuna.steps(least, most, factor, rate)
    walk = _walker(in_turn, [optuna.RankJudge(factor, bootstrap) for _ in stand], stand)
    return Ours("optuna_successive_halving", (least, most, factor, bootstrap, rate), walk)


def optuna_hyperband(least, most, factor, study_name):
    """Whether a trial goes on, by the bracket into which the study's name puts it."""
    weights = optuna.bracket_budgets(least, most, factor)
    bracket_of = optuna.brackets_by_name(study_name, weights)
    brackets = [optuna_successive_halving(least, most, factor, rate=number) for number in range(len(weights))]

    def walk(trial, units, loss):
        return brackets[bracket_of(trial)](trial, units, loss)

    return Ours("optuna_hyperband", (least, most, factor, study_name), walk)


def syne_tune_0_16(max_t, grace_period, factor):
    """Whether a trial goes on, by the rule of Syne Tune 0.16."""
    stand = ray.milestones(max_t, grace_period, factor, 0)
    walk = _walker(highest, [syne_tune.ShareJudge(factor) for _ in stand], stand)
    return Ours("syne_tune_0_16", (max_t, grace_period, factor), walk)


def syne_tune_0_13(max_t, grace_period, factor, maximised):
    """Whether a trial goes on, by the stopping rule of Syne Tune 0.13."""
    levels = syne_tune.level_quantiles(max_t, grace_period, factor)
    judges = [syne_tune.QuantileJudge(quantile, maximised=maximised) for _, quantile in levels]
    walk = _walker(exact, judges, [level for level, _ in levels])
    return Ours("syne_tune_0_13", (max_t, grace_period, factor, maximised), walk)


def syne_tune_promotion(max_t, grace_period, factor, trials, maximised):
    """Our searcher by promotion."""
    return syne_tune.syne_tune_promotion(
        max_num_trials_started=trials, max_t=max_t, grace_period=grace_period, reduction_factor=factor,
        maximised=maximised,
    )  # fmt: skip


def bands(max_t, factor, every, trials, pending):
    """Our synchronous Hyperband of Ray, also for reports that jump over a milestone."""
    return ray_hyperband.Bands(trials, max_t, factor, every, pending)


#: The rules that decide about a report.
JUDGED = (ray_asha, optuna_successive_halving, optuna_hyperband, syne_tune_0_16, syne_tune_0_13)
#: The rules that decide which trial is next.
ASKED = (syne_tune_promotion, bands)
