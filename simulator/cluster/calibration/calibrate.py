"""Estimates a cluster from schedules and their curves: each figure with its interval, or why it is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import exp
from typing import Any

import numpy as np

from simulator.cluster.calibration import estimate, families, observed, recovery
from simulator.cluster.calibration.constants import FEW, INSTANT, constants
from simulator.cluster.calibration.estimate import Estimate
from simulator.cluster.calibration.families import Fit
from simulator.cluster.calibration.regression import robust
from simulator.cluster.calibration.speeds import Speeds, speeds
from simulator.core import ticks
from simulator.core.errors import InputError, Problem
from simulator.core.formatting import listed
from simulator.curves.protocol import Curves
from simulator.trace.trace import Outcome, Trace

#: A speed counts as 1 if it differs by at most this share, and an overhead counts as 0 up to this number of seconds.
NONE = 0.005
NOTHING = Estimate(0.0, 0.0, 0.0, 0, "attempt")
#: Attempts that take this many times as long as the curves say, or as short, have another unit; from the second
#: factor on they may have one.
FOREIGN, STRANGE = 100.0, 10.0
#: Number of checks for drops in the mean time between two drops, if the checks themselves do not show.
CHECKS = 1000


@dataclass(eq=False)
class Calibration:
    """A cluster as estimated from runs.

    `figures` are the estimates, by dotted key of the scenario's `cluster:` section. `untold` gives, for each key that
    stays at its default, the reason. `compared` are the straggler families, the chosen one first; `notes` explain
    decisions.
    """

    workers: int
    runs: int
    figures: dict[str, Estimate]
    groups: dict[str, int] = field(default_factory=dict)
    stragglers: Fit | None = None
    per_worker: bool = False
    drop_grid: float = 0.0
    on_loss: str | None = None
    retry: str | None = None
    compared: list[Fit] = field(default_factory=list)
    untold: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def calibrate(traces: Sequence[Trace], curves: Sequence[Curves] | None = None, *, every: int = 1) -> Calibration:
    """Estimate the cluster that all `traces` ran on; `curves` are those of their trials, one for each trace.

    `every` is the number of units between two checkpoints, which a schedule does not show. Raises InputError if a
    trace has only one attempt, no losses or no workers of its own, if its units are not those of the curves, if the
    cluster changed its size, or if SciPy is not installed.
    """
    estimate.check_installed()
    for trace in traces:
        _refuse(trace)
    sizes = sorted({trace.workers for trace in traces})
    if len(sizes) > 1:
        said = listed(list(map(str, sizes)), "and")
        message = f"and the other traces ran on {said} workers: a cluster has one size; calibrate each size alone"
        raise InputError(Problem(traces[0].label, message))
    made = Calibration(sizes[0], len(traces), {})
    _paces(made, traces, curves, every)
    _overheads(made, traces, every)
    if "overheads.save" in made.figures and every == 1:
        made.notes.append("Trials are taken to be saved at every unit: a schedule does not show how often they were.")
    _decisions(made, traces)
    _losses(made, traces)
    _ramp(made, traces)
    made.untold["overheads.worker_start"] = (
        "a schedule does not show when machines start up; repairs and ramp_up include it"
    )
    return made


def _refuse(trace: Trace) -> None:
    def wrong(message: str) -> InputError:
        return InputError(Problem(trace.label, message))

    if len(trace) < 2:  # noqa: PLR2004
        raise wrong("holds one attempt: nothing can be compared; give the trace of a whole search")
    if not observed.has_losses(trace):
        raise wrong("holds no losses: which attempts were whole can't be told; import it with its metric")
    if trace.workers > 1 and len(np.unique(trace.worker)) == 1 and len(trace) > 1:
        raise wrong(f"has one worker do everything and says that there were {trace.workers}")
    if grown := observed.change_of_size(trace):
        raise wrong(grown)


def _paces(made: Calibration, traces: Sequence[Trace], curves: Sequence[Curves] | None, every: int) -> None:
    if curves is None:
        paces = observed.paces(traces, None)
        made.notes.append(
            "No curves were given: each attempt is compared with the other attempts of its trial. So speeds are "
            "relative, slow workers may look like stragglers, and so may trials whose units differ in length."
        )
    else:
        parts = [observed.paces([trace], own) for trace, own in zip(traces, curves, strict=True)]
        known = [part for part in parts if part is not None]
        paces = (
            observed.Paces(
                np.concatenate([np.full(len(part.factor), place) for place, part in enumerate(known)]),
                np.concatenate([part.worker for part in known]),
                np.concatenate([part.factor for part in known]),
                np.concatenate([part.censored for part in known]),
                np.concatenate([part.nominal for part in known]),
                np.concatenate([part.units for part in known]),
                known=True,
            )
            if known
            else None
        )
        if paces is None:
            message = "trains nothing that the curves hold: they are of other trials, or have other resources"
            raise InputError(Problem(traces[0].label, message))
    if paces is None:
        made.untold["stragglers"] = made.untold["groups"] = (
            "no curves were given and no trial has two jobs: a slow worker can't be told from a slow trial"
        )
        return
    paces = _without_constant(made, paces, every)
    seen = ~paces.censored
    if not seen.any():
        made.untold["stragglers"] = made.untold["groups"] = "no attempt was completed"
        return
    times = float(np.exp(np.median(np.log(paces.factor[seen]))))
    if paces.known and not 1 / FOREIGN < times < FOREIGN:
        message = f"takes {times:.3g} times as long as the curves say: its times or resources have another unit"
        raise InputError(Problem(traces[0].label, message))
    if paces.known and not 1 / STRANGE < times < STRANGE:
        made.notes.append(
            f"Attempts take {times:.3g} times as long as the curves say. "
            "Check that traces and curves have the same unit."
        )
    _groups(made, paces, speeds(paces.worker[seen], paces.factor[seen]))


def _without_constant(made: Calibration, paces: observed.Paces, every: int) -> observed.Paces:
    """Subtract the constant times that attempts have beyond their curves.

    Attempts that are too short to show anything but these constants are dropped.
    """
    whole = np.flatnonzero(~paces.censored)
    if not paces.known or not len(whole):
        return paces
    spent = paces.factor * paces.nominal
    reports = (paces.units - 1) // every
    found = constants(spent[whole], paces.nominal[whole], reports[whole])
    if found is None:
        return paces
    told = paces.nominal >= found.shortest
    if (told & ~paces.censored).sum() < FEW:
        told = paces.nominal >= np.median(paces.nominal[whole])
    for name, seconds, what in (
        ("trial_start", found.start, "whatever their length"),
        ("save", found.report, "for each unit but the last"),
    ):
        if seconds is not None:
            made.figures[f"overheads.{name}"] = seconds
            made.notes.append(f"Attempts last {seconds.value:.3g} s longer than their curves say, {what}.")
    made.notes.append(f"{int((~told).sum())} of {len(told)} attempts are too short to show anything else.")
    factor = ((spent - found.seconds(reports)) / paces.nominal)[told]
    return observed.Paces(
        paces.run[told], paces.worker[told], np.maximum(factor, 1e-6), paces.censored[told], paces.nominal[told],
        paces.units[told], known=True,
    )  # fmt: skip


def _groups(made: Calibration, paces: observed.Paces, found: Speeds) -> None:
    """Split slowness into a part of each worker and a part of each attempt."""
    factor, seen = paces.factor.copy(), ~paces.censored
    if found.apart:
        each = np.array([own.value for own in found.factors])
        made.stragglers, compared = families.best(each, np.zeros(len(each), bool))
        made.compared.extend(compared)
        made.per_worker = True
        made.notes.append("Every worker has a pace of its own, so the factor is drawn for each worker.")
        return
    several = len(found.members) > 1
    straggling, compared = families.best(factor, paces.censored) if not several else (None, [])
    if several:
        base = found.factors[0].value
        for place, (members, own) in enumerate(zip(found.members, found.factors, strict=True)):
            name = f"speed-{place + 1}"
            made.groups[name] = len(members)
            made.figures[f"groups.{name}.speed"] = _inverse(own)
            factor[np.isin(paces.worker, members)] /= own.value
        missing = made.workers - sum(made.groups.values())
        if missing:
            made.groups["speed-1"] += missing
            made.notes.append(f"{missing} workers completed no attempt; they are counted among the fastest.")
        than = " The fastest takes {base:.3g} times as long as the curves say." if paces.known else ""
        made.notes.append(f"The workers form {len(found.members)} groups.{than}".format(base=base))
        straggling, compared = families.best(factor, paces.censored)
    elif compared and paces.known:
        straggling, compared = families.best(factor, paces.censored)
        scale = _scale(factor[seen])
        if scale is not None:
            _speed(made, scale)
            straggling, compared = families.best(factor / scale.value, paces.censored)
    elif paces.known:
        level = families.spread_of_none(factor[seen])
        if abs(level.value - 1) > NONE:
            _speed(made, level)
    made.stragglers = straggling
    made.compared.extend(compared)
    if straggling is None:
        made.untold["stragglers"] = (
            "all attempts took as long as their curves say; curves from this run's own log include its slow attempts"
            if paces.known
            else "all attempts of a trial took the same time"
        )


def _scale(seen: np.ndarray[Any, Any]) -> Estimate | None:
    """The mean factor, if no family with a mean of 1 or more explains the factors.

    All trials then count as longer, or shorter, by this factor.
    """
    level = estimate.mean(seen, "attempt")
    far = level.low > 1 + NONE or level.high < 1 - NONE
    if not far:
        return None
    plain = families.fits(seen, np.zeros(len(seen), bool))
    scaled = families.fits(seen / level.value, np.zeros(len(seen), bool))
    if not plain or not scaled:
        return None
    gain = (scaled[0].likelihood - len(seen) * np.log(level.value)) - plain[0].likelihood
    return level if gain > 3 * families.COST + len(scaled[0].entries) - len(plain[0].entries) else None


def _speed(made: Calibration, level: Estimate) -> None:
    made.groups["workers"] = made.workers
    made.figures["groups.workers.speed"] = _inverse(level)


def _inverse(factor: Estimate) -> Estimate:
    """The speed of workers whose attempts take `factor` times as long; its interval is symmetric in logarithms."""
    speed, wide = 1 / factor.value, exp(factor.high / factor.value - 1)
    return Estimate(speed, speed / wide, speed * wide, factor.events, factor.what)


def _overheads(made: Calibration, traces: Sequence[Trace], every: int) -> None:
    """The seconds of each overhead, from what each attempt had to pay for."""
    names = ("trial_start", "restore", "save")
    design, paid = observed.paid_overheads(traces, every)
    if not len(paid) or not paid.any():
        for name in names:
            if f"overheads.{name}" not in made.figures:
                made.untold[f"overheads.{name}"] = "none was recorded, and none shows against the curves"
        return
    used = [place for place in range(3) if design[:, place].any()]
    while used and np.linalg.matrix_rank(design[:, used]) < len(used):
        dropped = used.pop()
        made.untold[f"overheads.{names[dropped]}"] = "it always comes together with another overhead"
    matrix = design[:, used]
    values, spread, rest = robust(matrix, paid, np.ones(len(paid)))
    for place, value, sd in zip(used, values.tolist(), spread.tolist(), strict=True):
        half = 1.645 * sd if float(np.abs(rest).max()) > 2 / ticks.PER_SECOND else 0.0
        if value > half / 1.645 * 2 and value > INSTANT:
            events = int((matrix[:, used.index(place)] > 0).sum())
            unseen = made.figures.get(f"overheads.{names[place]}", NOTHING)  # beyond the recorded overhead
            made.figures[f"overheads.{names[place]}"] = Estimate(
                value + unseen.value, value - half + unseen.low, value + half + unseen.high, events, "attempt"
            )
        elif f"overheads.{names[place]}" not in made.figures:
            made.untold[f"overheads.{names[place]}"] = "it can't be distinguished from none"
    for place, name in enumerate(names):
        if place not in used and f"overheads.{name}" not in made.figures:
            made.untold.setdefault(f"overheads.{name}", "no completed attempt paid it")


def _losses(made: Calibration, traces: Sequence[Trace]) -> None:
    exposure = observed.total_seconds(traces)
    held_back = _retries(made, traces)
    for kind, outcome, up, down in (
        ("failures", Outcome.FAILED, "mtbf", "repair"),
        ("preemption", Outcome.PREEMPTED, "up", "down"),
    ):
        count = observed.count_of(traces, outcome)
        least = estimate.mean_span(exposure, count, "lost attempt")
        if not count:
            made.untold[kind] = (
                f"none was seen in {estimate.in_unit(exposure)} of work; there is at most one in "
                f"{estimate.in_unit(least.low)}, with 95 % confidence"
            )
            continue
        made.figures[f"{kind}.{up}"] = least
        gaps = observed.gaps(traces, outcome, held_back)
        away = gaps.seconds[gaps.certainly]
        if len(away):
            total = float(away.sum())
            if np.ptp(away) < 0.02 * away.mean() and len(away) > 2:  # noqa: PLR2004
                made.notes.append(f"{kind}: a worker is always back after about {away.mean():.3g} s.")
            made.figures[f"{kind}.{down}"] = estimate.mean_span(total, len(away), "return")
        elif len(gaps.seconds):
            longest = estimate.mean_span(float(gaps.seconds.sum()), len(gaps.seconds), "return")
            made.figures[f"{kind}.{down}"] = replace(longest, low=0.0)
            made.notes.append(
                f"{kind}: others waited for work whenever a worker came back. So it may have been back sooner, and "
                f"{down} is a greatest value."
            )
        else:
            made.untold[f"{kind}.{down}"] = "no worker came back"
    _drops(made, traces)
    lost = sum(observed.count_of(traces, outcome) for outcome in observed.LOST)
    if lost:
        made.on_loss = recovery.on_loss(traces)
        if made.on_loss is None:
            made.untold["recovery.on_loss"] = "no attempt had trained a whole unit when it was lost"
        if made.on_loss == "restart" and "overheads.save" in made.figures:
            made.notes.append(
                "Lost jobs began again, and jobs that do so are not saved in simulations until they end. So save is "
                "paid only when a trial goes on."
            )


def _retries(made: Calibration, traces: Sequence[Trace]) -> float:
    """Find when lost jobs are tried again; returns the longest time for which they may be held back, in seconds."""
    decision = made.figures["decision_time"].value if "decision_time" in made.figures else 0.0
    found = recovery.retries(traces, decision)
    made.retry = found.order
    made.untold |= found.untold
    if found.delay is None:
        return 0.0
    made.figures["recovery.retry_after"] = found.delay
    return found.delay.high + recovery.soon(decision)


def _drops(made: Calibration, traces: Sequence[Trace]) -> None:
    """Attempts that were lost while their worker stayed: a rate or a probability, whichever is likelier."""
    count = observed.count_of(traces, Outcome.DROPPED)
    if not count:
        made.untold["drops"] = made.untold["crashes"] = "no attempt was lost while its worker lived"
        return
    grid = observed.drop_grid(traces)
    lengths = observed.lengths(traces)
    if grid:
        checks = int(sum(np.floor(lengths / grid + 1e-9)))
        made.drop_grid = grid
        made.figures["drops.probability"] = estimate.share(count, checks, "check")
        made.untold["crashes"] = f"all losses came at whole multiples of {grid:g} s, as drops do"
        return
    dropped = np.concatenate([trace.where(Outcome.DROPPED) for trace in traces])
    rate, chance = count / lengths.sum(), count / len(lengths)
    constant = count * np.log(rate) - count
    whole = np.log(observed.full_lengths(traces)[dropped]).sum()  # a crash may happen at any time of its attempt
    once = count * np.log(chance) + (len(lengths) - count) * np.log1p(-min(chance, 1 - 1e-9)) - whole
    if once > constant:
        made.figures["crashes"] = estimate.share(count, len(lengths), "attempt")
        made.untold["drops"] = "the losses depend on the number of attempts, not on time"
        return
    per = float(lengths.sum()) / count / CHECKS
    made.drop_grid = per
    found = estimate.rate(count, float(lengths.sum()), "lost attempt")
    value, low, high = (1 - exp(-at * per) for at in (found.value, found.low, found.high))
    made.figures["drops.probability"] = Estimate(value, low, high, count, "lost attempt")
    made.untold["crashes"] = "the losses depend on time, not on the number of attempts"


def _decisions(made: Calibration, traces: Sequence[Trace]) -> None:
    waits = observed.decisions(traces)
    if not len(waits):
        made.untold["decision_time"] = "no job followed a report"
        return
    found = estimate.median(waits, "hand-over")
    if found.value < INSTANT:
        made.untold["decision_time"] = "jobs began at the same moment as the report that made them possible"
        return
    made.figures["decision_time"] = found


def _ramp(made: Calibration, traces: Sequence[Trace]) -> None:
    spans = np.array([observed.ramp(trace) for trace in traces])
    handing = made.figures["decision_time"].value * made.workers if "decision_time" in made.figures else 0.0
    long = spans > np.array([trace.makespan for trace in traces]) / ticks.PER_SECOND / 100 + 2 * handing
    if long.all() and (not made.groups or len(made.groups) == 1):
        made.groups.setdefault("workers", made.workers)
        made.figures["ramp_up"] = estimate.mean(spans, "run")
