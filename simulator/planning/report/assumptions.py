"""Every number that an answer rests on, and its source: given, measured, fitted or assumed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from simulator.core import ticks
from simulator.core.formatting import counted, level, percent, trimmed
from simulator.planning.planner import Answer
from simulator.planning.report import sentences
from simulator.scenario import cluster as models
from simulator.scenario import curves as curve_models
from simulator.scenario import uncertainty

Source = Literal["given", "measured", "fitted", "assumed"]


#: What a pool that grows and shrinks does with its machines.
SCALES = "hired and let go with the work that waits"
#: The columns of a table of assumptions.
HEAD = ("number", "value", "where from")


class Assumption(NamedTuple):
    """An assumption: its subject, its value, and where the value comes from."""

    what: str
    value: str
    source: Source


def assumptions(answer: Answer) -> list[Assumption]:
    """The assumptions behind the chosen option, or the nearest."""
    scenario = answer.fresh.cell.loaded.scenario
    known = answer.fresh.ignorance
    pilots = None if known is None else known.pilots
    return [
        *_search(answer),
        *of_trials(scenario.curves, pilots=pilots, pilots_of_law=answer.plan.pilots),
        *of_cluster(scenario.cluster, answer.loaded.scenario.cluster),
    ]


def of_cluster(cluster: models.ClusterSection, stated: models.ClusterSection) -> Iterator[Assumption]:
    """Assumptions on an option's cluster; `stated` is the scenario's own."""
    figures = _Figures(cluster, stated)
    yield from _machines(figures)
    yield from _trouble(figures)


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


def of_trials(
    curves: curve_models.CurvesSection, *, pilots: int | None = None, pilots_of_law: int | None = None
) -> Iterator[Assumption]:
    """Assumptions on the losses and times of trials, drawn from `pilots`, or from a law of `pilots_of_law`."""
    if isinstance(curves, curve_models.RecordedSection):
        drawn = "recorded trials" if pilots is None else f"{pilots:,} pilots, drawn again and again"
        yield Assumption("losses of trials", drawn, "measured")
        if curves.unit_time is None:
            yield Assumption("time a unit takes", "each recorded trial's own", "measured")
        else:
            yield Assumption("time a unit takes", f"{span(curves.unit_time)}, median", "assumed")
    elif isinstance(curves, curve_models.SyntheticSection):
        if curves.trials:
            yield Assumption("losses and times of trials", f"a law of {len(curves.trials):,} pilots", "fitted")
            return
        source: Source = "assumed" if pilots_of_law is None else "fitted"
        losses = "made up" if pilots_of_law is None else f"a law of {counted(pilots_of_law, 'pilot')}"
        if curves.preset is not None:
            losses = f"like those of a measured set ({curves.preset})"
        yield Assumption("losses of trials", losses, source)
        spread = "all alike" if curves.unit_time_sigma == 0 else f"sd of its log {curves.unit_time_sigma:g}"
        own = "quantiles of its own" if curves.unit_times else f"{span(curves.unit_time)} in the median, {spread}"
        yield Assumption("time a unit takes", own, source)
    else:
        better = "better" if curves.order == "worsening" else "worse"
        yield Assumption("trials", f"each {better} than the next, all equally fast", "assumed")


def _machines(figures: _Figures) -> Iterator[Assumption]:
    """Assumptions on prices, speeds, release and start-up times of machines."""
    cluster = figures.cluster
    groups = cluster.groups or {}
    for name, group in groups.items():
        of = f" of {name}" if len(groups) > 1 else ""
        if "price" in group.model_fields_set:
            yield Assumption(f"price{of}", f"{sentences.money(group.price)} for a worker and hour", "given")
        if group.speed != 1:
            yield figures.row(f"speed{of}", f"× {group.speed:.4g}", f"groups.{name}.speed")
        if group.ramp_up:
            what = f"until all machines{of} have joined"
            yield figures.row(what, span(group.ramp_up), f"groups.{name}.ramp_up")
    rules = [
        SCALES if group.scaling is not None else sentences.rule(group.release or cluster.release)
        for group in groups.values()
    ] or [sentences.rule(cluster.release)]
    stated = SCALES in rules or any("release" in part.model_fields_set for part in (cluster, *groups.values()))
    yield Assumption("machines", " or ".join(dict.fromkeys(rules)), "given" if stated else "assumed")
    overheads = cluster.overheads
    for key, what in (
        ("worker_start", "start-up of a machine"), ("trial_start", "start of a trial"),
        ("save", "saving a checkpoint"), ("restore", "restoring one"),
    ):  # fmt: skip
        time = getattr(overheads, key)
        given = key in overheads.model_fields_set
        yield figures.row(what, span(time) if time else "no time", f"overheads.{key}", given=given)
    if cluster.decision_time:
        yield figures.row("the scheduler's time for a job", span(cluster.decision_time), "decision_time")


def _trouble(figures: _Figures) -> Iterator[Assumption]:
    """Assumptions on stragglers, spot machines, crashes and failures."""
    cluster = figures.cluster
    yield from _stragglers(figures)
    groups = cluster.groups or {"": models.GroupSection(count=cluster.workers or 1)}
    for name, group in groups.items():
        of = f" of {name}" if len(groups) > 1 else ""
        taken, broken = group.preemption or cluster.preemption, group.failures or cluster.failures
        own = f"groups.{name}." if group.preemption else ""
        if taken is not None and taken.series is None and taken.availability is None:
            for key, what, time in (
                ("up", f"machines{of} stay", taken.up), ("down", f"and are away{of}", taken.down),
            ):  # fmt: skip
                given = key in taken.model_fields_set
                yield figures.row(what, f"{span(time.mean)} on average", f"{own}preemption.{key}", given=given)
            yield Assumption(
                f"machines{of} go", "one by one" if taken.together == "machine" else f"by {taken.together}", "given"
            )
        elif taken is not None:
            yield Assumption(f"when machines{of} are there", str(taken.series or taken.availability), "measured")
        own = f"groups.{name}." if group.failures else ""
        if broken is not None:
            for key, what, value in (
                ("mtbf", f"failures{of}", f"one in {span(broken.mtbf.mean)}"),
                ("repair", f"a failed machine{of} is away", f"{span(broken.repair.mean)} on average"),
            ):
                yield figures.row(what, value, f"{own}failures.{key}", given=key in broken.model_fields_set)
    lost = cluster.drops
    if lost is not None:
        value = f"{percent(lost.probability)} every {span(lost.per)}"
        yield figures.row("lost jobs", value, "drops.probability", given="probability" in lost.model_fields_set)
    if cluster.recovery.retry == "last":
        yield figures.row("a lost job is tried again", "after all other jobs", "recovery.retry")
    if cluster.recovery.retry_after:
        what = "from a loss until the job may be tried again"
        yield figures.row(what, span(cluster.recovery.retry_after), "recovery.retry_after")
    crashes = level(cluster.crashes) if cluster.crashes else "none"
    yield figures.row("crashes of jobs", crashes, "crashes", given="crashes" in cluster.model_fields_set)


def _stragglers(figures: _Figures) -> Iterator[Assumption]:
    slow = figures.cluster.stragglers
    if slow is None:
        yield Assumption("stragglers", "none: jobs take a trial's own time", "assumed")
        return
    kind = str(getattr(slow, "kind", "")).replace("_", " ")
    if kind == "quantiles":
        yield Assumption("stragglers", f"as measured{figures.known('stragglers')}", "measured")
        return
    numbers = {key: value for key, value in slow.model_dump().items() if _is_number(value)}
    rows = [figures.row("", f"{key} {value:.4g}", f"stragglers.{key}") for key, value in numbers.items()]
    source = rows[0].source if len({row.source for row in rows}) == 1 else "given"
    yield Assumption("stragglers", f"{kind} {', '.join(row.value for row in rows)}", source)


class _Figures:
    """The figures of the option's cluster, and which of them were measured."""

    def __init__(self, cluster: models.ClusterSection, stated: models.ClusterSection) -> None:
        self.cluster = cluster
        self._stated = stated

    def row(self, what: str, value: str, key: str, *, given: bool = True) -> Assumption:
        """The row of a figure with its key; if runs tell the figure, it has its interval and the events behind it."""
        if not self._measured(key):
            return Assumption(what, value, "given" if given else "assumed")
        return Assumption(what, f"{value}{self.known(key)}", "measured")

    def known(self, key: str) -> str:
        """A measured figure's interval and the events behind it, in brackets."""
        ends = uncertainty.interval(self.cluster, key)
        told = [] if ends is None else [f"90 %: {_shown(key, ends[0])} to {_shown(key, ends[1])}"]
        told += [of for known, of in (self.cluster.measured or {}).items() if known == key]
        return f" ({'; '.join(told)})" if told else ""

    def _measured(self, key: str) -> bool:
        """Whether runs tell the figure; a figure that an option of the plan sets is not the measured one."""
        if key not in {**(self.cluster.measured or {}), **(self.cluster.uncertainty or {})}:
            return False
        return uncertainty.figure(self.cluster, key) == uncertainty.figure(self._stated, key)


def _shown(key: str, end: float) -> str:
    return span(round(end)) if uncertainty.is_span(key) else f"{end:.4g}"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
