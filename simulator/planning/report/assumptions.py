"""Every number that an answer rests on, and where it comes from: given, measured, fitted or assumed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from simulator.core import ticks
from simulator.core.formatting import counted, level, percent, trimmed
from simulator.planning.planner import Answer
from simulator.planning.report import sentences
from simulator.scenario import cluster as models
from simulator.scenario import curves as curve_models

Source = Literal["given", "measured", "fitted", "assumed"]


class Assumption(NamedTuple):
    """An assumption: its subject, its value, and where the value comes from."""

    what: str
    value: str
    source: Source


def assumptions(answer: Answer) -> list[Assumption]:
    """The assumptions behind the chosen option, or the nearest."""
    return [*_search(answer), *_trials(answer), *_machines(answer), *_trouble(answer)]


def span(amount: int) -> str:
    """A time in the largest unit that fits into it: "7 min", "1.5 h"."""
    unit = next((unit for unit in ("d", "h", "min") if amount >= ticks.UNITS[unit]), "s")
    return f"{trimmed(f'{amount / ticks.UNITS[unit]:.3f}')} {unit}"


def _search(answer: Answer) -> Iterator[Assumption]:
    option = answer.fresh
    spec = option.cell.loaded.scenario.searchers[option.label]
    trials = "" if spec.trials is None else f"{counted(spec.trials, 'trial')} of "
    yield Assumption("search", f"{trials}up to {counted(int(spec.max_length), 'unit')}, {option.label}", "given")
    if spec.promotes_one_in is not None:
        yield Assumption("promoted", f"1 trial in {spec.promotes_one_in:g} goes on", "given")


def _trials(answer: Answer) -> Iterator[Assumption]:
    """Assumptions on the losses and times of trials."""
    curves, found = answer.fresh.cell.loaded.scenario.curves, answer.fresh.ignorance
    if isinstance(curves, curve_models.RecordedSection):
        few = None if found is None else found.pilots
        pilots = "recorded trials" if few is None else f"{few:,} pilots, drawn again and again"
        yield Assumption("losses of trials", pilots, "measured")
        if curves.unit_time is None:
            yield Assumption("time a unit takes", "each recorded trial's own", "measured")
        else:
            yield Assumption("time a unit takes", f"{span(curves.unit_time)}, median", "assumed")
    elif isinstance(curves, curve_models.SyntheticSection):
        if curves.trials:
            yield Assumption("losses and times of trials", f"a law of {len(curves.trials):,} pilots", "fitted")
            return
        pilots_of_law = answer.plan.pilots
        source: Source = "assumed" if pilots_of_law is None else "fitted"
        losses = "made up" if pilots_of_law is None else f"a law of {counted(pilots_of_law, 'pilot')}"
        if curves.preset is not None:
            losses = f"like those of a measured set ({curves.preset})"
        yield Assumption("losses of trials", losses, source)
        spread = "all alike" if curves.unit_time_sigma == 0 else f"sd of its log {curves.unit_time_sigma:g}"
        own = "quantiles of its own" if curves.unit_times else f"{span(curves.unit_time)} in the median, {spread}"
        yield Assumption("time a unit takes", own, source)
    else:
        yield Assumption("trials", "each better than the other, all as fast", "assumed")


def _machines(answer: Answer) -> Iterator[Assumption]:
    """Assumptions on prices, release and start-up times of machines."""
    cluster = answer.fresh.cell.loaded.scenario.cluster
    groups = cluster.groups or {}
    for name, group in groups.items():
        of = f" of {name}" if len(groups) > 1 else ""
        if "price" in group.model_fields_set:
            yield Assumption(f"price{of}", f"{sentences.money(group.price)} for a worker and hour", "given")
        if group.speed != 1:
            yield Assumption(f"speed{of}", f"× {group.speed:g}", "given")
    rules = [group.release or cluster.release for group in groups.values()] or [cluster.release]
    stated = any("release" in part.model_fields_set for part in (cluster, *groups.values()))
    yield Assumption(
        "machines", " or ".join(dict.fromkeys(map(sentences.rule, rules))), "given" if stated else "assumed"
    )
    overheads = cluster.overheads
    for key, what in (
        ("worker_start", "start-up of a machine"), ("trial_start", "start of a trial"),
        ("save", "saving a checkpoint"), ("restore", "restoring one"),
    ):  # fmt: skip
        time = getattr(overheads, key)
        yield Assumption(
            what, span(time) if time else "no time", "given" if key in overheads.model_fields_set else "assumed"
        )


def _trouble(answer: Answer) -> Iterator[Assumption]:
    """Assumptions on stragglers, spot machines, crashes and failures."""
    cluster = answer.fresh.cell.loaded.scenario.cluster
    slow = cluster.stragglers
    if slow is None:
        yield Assumption("stragglers", "none: jobs take a trial's own time", "assumed")
    else:
        kind = str(getattr(slow, "kind", "")).replace("_", " ")
        numbers = {key: value for key, value in slow.model_dump().items() if key not in ("kind", "values")}
        told = ", ".join(f"{key.replace('_', ' ')} {value:g}" for key, value in numbers.items() if _is_number(value))
        yield Assumption("stragglers", f"{kind} {told}".strip(), "measured" if kind == "quantiles" else "given")
    groups = cluster.groups or {"": models.GroupSection(count=cluster.workers or 1)}
    for name, group in groups.items():
        of = f" of {name}" if len(groups) > 1 else ""
        taken, broken = group.preemption or cluster.preemption, group.failures or cluster.failures
        if taken is not None and taken.series is None and taken.availability is None:
            ups: Source = "given" if "up" in taken.model_fields_set else "assumed"
            downs: Source = "given" if "down" in taken.model_fields_set else "assumed"
            yield Assumption(f"machines{of} stay", f"{span(taken.up.mean)} on average", ups)
            yield Assumption(f"and are away{of}", f"{span(taken.down.mean)} on average", downs)
            yield Assumption(
                f"machines{of} go", "one by one" if taken.together == "machine" else f"by {taken.together}", "given"
            )
        elif taken is not None:
            yield Assumption(f"when machines{of} are there", str(taken.series or taken.availability), "measured")
        if broken is not None:
            yield Assumption(f"failures{of}", f"one in {span(broken.mtbf.mean)}", "given")
    lost = cluster.drops
    if lost is not None:
        yield Assumption("lost jobs", f"{percent(lost.probability)} every {span(lost.per)}", "given")
    yield Assumption(
        "crashes of jobs",
        level(cluster.crashes) if cluster.crashes else "none",
        "given" if "crashes" in cluster.model_fields_set else "assumed",
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
