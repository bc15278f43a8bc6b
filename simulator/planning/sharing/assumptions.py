"""Every number that the answer of a plan over searches rests on, and its source."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.core.formatting import counted
from simulator.planning.report.amounts import money
from simulator.planning.report.assumptions import Assumption, of_cluster, of_trials, span
from simulator.planning.sharing.planner import SharedAnswer
from simulator.scenario.cluster import ClusterSection
from simulator.scenario.model import Scenario
from simulator.scenario.searches import (
    ListedArrivals,
    PoissonArrivals,
    RegularArrivals,
    SchedulerSection,
    SearchesSection,
)


def assumptions(found: SharedAnswer) -> list[Assumption]:
    """The assumptions behind the chosen option, or the nearest."""
    scenario = found.named.cell.loaded.scenario
    return [
        *_searches(scenario),
        *_serving(scenario),
        *_owning(scenario.cluster),
        *of_cluster(scenario.cluster, found.loaded.scenario.cluster),
    ]


def _searches(scenario: Scenario) -> Iterator[Assumption]:
    """Assumptions on the searches of each label, and on their trials."""
    streams = scenario.searches or {}
    for label, stream in streams.items():
        of = f" of {label}" if len(streams) > 1 else ""
        spec = stream.searcher
        trials = "" if spec.trials is None else f"{counted(spec.trials, 'trial')} of "
        search = f"{trials}up to {counted(int(spec.max_length), 'unit')}, {spec.name}"
        yield Assumption(f"a search{of}", search, "given")
        if spec.promotes_one_in is not None:
            yield Assumption(f"promoted{of}", f"1 trial in {spec.promotes_one_in:g} goes on", "given")
        yield _arrivals(stream, of)
        for key, what in (
            ("slots_per_trial", "slots of a trial"), ("weight", "weight"), ("priority", "priority"),
            ("max_slots", "most slots of a search"),
        ):  # fmt: skip
            if key in stream.model_fields_set:
                yield Assumption(f"{what}{of}", f"{getattr(stream, key):,g}", "given")
        if stream.curves is not None:
            for what, value, source in of_trials(stream.curves):
                yield Assumption(f"{what}{of}", value, source)
    if any(stream.curves is None for stream in streams.values()):
        yield from of_trials(scenario.curves)


def _arrivals(stream: SearchesSection, of: str) -> Assumption:
    come = stream.arrivals
    if isinstance(come, ListedArrivals):
        return Assumption(f"arrivals{of}", counted(len(come.times), "given time"), "given")
    if isinstance(come, PoissonArrivals):
        text = f"at random, one every {span(come.mean_gap)} on average"
    elif isinstance(come, RegularArrivals):
        late = f", up to {span(come.jitter)} late" if come.jitter else ""
        text = f"one every {span(come.gap)}{late}"
    else:
        return Assumption(f"arrivals{of}", f"as recorded in {come.file}", "measured")
    number = "" if stream.count is None else f", {stream.count:,} in all"
    until = "" if stream.until is None else f", until {span(stream.until)}"
    return Assumption(f"arrivals{of}", f"{text}{number}{until}", "given")


def _serving(scenario: Scenario) -> Iterator[Assumption]:
    """Assumptions on the order of service and on the searches that count."""
    scheduler = scenario.scheduler or SchedulerSection()
    stopping = ", which stops less urgent trials" if scheduler.preemption else ""
    yield Assumption(
        "policy",
        f"{scheduler.policy}{stopping}",
        "given" if scenario.scheduler is not None else "assumed",
    )
    if scenario.warm_up is None:
        yield Assumption("warm-up left out", "found from each run", "assumed")
    else:
        yield Assumption("warm-up left out", span(scenario.warm_up) if scenario.warm_up else "none", "given")


def _owning(cluster: ClusterSection) -> Iterator[Assumption]:
    """Assumptions on the price of machines that are bought."""
    groups = cluster.groups or {}
    for name, group in groups.items():
        if group.purchase_price is None or group.lifetime is None:
            continue
        of = f" of {name}" if len(groups) > 1 else ""
        yield Assumption(f"purchase price{of}", f"{money(group.purchase_price)} for a machine", "given")
        yield Assumption(f"lifetime of a machine{of}", span(group.lifetime), "given")
        running = f"{money(group.running_cost)} for a machine and hour"
        stated = "running_cost" in group.model_fields_set
        yield Assumption(f"running cost{of}", running, "given" if stated else "assumed")
