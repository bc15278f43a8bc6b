"""Contradictions between entries of a scenario whose searches share a cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import gcd
from typing import Protocol

from simulator.core.errors import Problem
from simulator.core.formatting import counted
from simulator.scenario.cluster import ClusterSection
from simulator.scenario.model import Scenario
from simulator.scenario.searches import SchedulerSection, SearchesSection
from simulator.scenario.yaml_text import Path_


class Checked(Protocol):
    """A scenario whose keys are right, and the function that gives a problem its place in the file (see `Loaded`)."""

    @property
    def scenario(self) -> Scenario: ...  # noqa: D102

    def problem(self, where: Path_, message: str) -> Problem: ...  # noqa: D102


def contradictions(loaded: Checked) -> Iterator[Problem]:
    """Problems of searches that share a cluster, and of sections for them."""
    scenario = loaded.scenario
    if scenario.searches is None:
        yield from _without_searches(loaded)
        return
    if scenario.searchers:
        message = (
            "is given together with searchers; give searches, which share the cluster, or searchers, which run alone"
        )
        yield loaded.problem(("searches",), message)
        return
    for key in ("loss", "full_length_trials", "cost"):
        if scenario.stop is not None and getattr(scenario.stop, key) is not None:
            yield loaded.problem(("stop", key), "stops a single search; with `searches` give a stop by time")
    problems = [one for label, stream in scenario.searches.items() for one in _of_stream(loaded, label, stream)]
    yield from problems or _useless(loaded)


def _without_searches(loaded: Checked) -> Iterator[Problem]:
    """Problems of keys that only searches may have, in a scenario whose searchers run one by one."""
    scenario = loaded.scenario
    if not scenario.searchers:
        yield loaded.problem(("searchers",), "{} should have at least 1 item")
    for key in ("scheduler", "warm_up"):
        if key in scenario.model_fields_set:
            yield loaded.problem((key,), "goes with `searches`, which share a cluster; searchers run one by one")
    for name, group in (scenario.cluster.groups or {}).items():
        if group.scaling is not None:
            message = "goes with `searches`, which share a cluster; for one search say `release: {idle: 10 min}`"
            yield loaded.problem(("cluster", "groups", name, "scaling"), message)
    target = None if scenario.plan is None else scenario.plan.target
    if target is not None and target.stay is not None:
        yield loaded.problem(("plan", "target", "stay"), "is of `searches`, which share a cluster; give a deadline")


def _useless(loaded: Checked) -> Iterator[Problem]:
    """Problems of machines that can't run any trial."""
    cluster, streams = loaded.scenario.cluster, (loaded.scenario.searches or {}).values()
    needs = [stream.slots_per_trial or cluster.slots_per_trial for stream in streams]
    if max(needs) > max((group.slots for group in (cluster.groups or {}).values()), default=1):
        return  # a trial takes whole machines of any size
    least = gcd(*needs)
    for name, group in (cluster.groups or {}).items():
        if group.slots < least:
            size = counted(group.slots, "slot")
            message = f"a machine has {size} and trials take {least} or a multiple: it would never work"
            yield loaded.problem(("cluster", "groups", name), message)


def _of_stream(loaded: Checked, label: str, stream: SearchesSection) -> Iterator[Problem]:
    where, cluster = ("searches", label), loaded.scenario.cluster
    if stream.arrivals.endless and stream.count is None and stream.until is None and loaded.scenario.stop is None:
        message = "searches come without end: give it count or until, or add `stop: {time: …}`"
        yield loaded.problem(where, message)
    slots = stream.slots_per_trial or cluster.slots_per_trial
    if misfit := fits_nowhere(cluster, slots):
        yield loaded.problem((*where, "slots_per_trial"), misfit)
    elif stream.max_slots is not None and stream.max_slots < slots:
        message = f"is {stream.max_slots} and a trial takes {slots} slots: none could ever run"
        yield loaded.problem((*where, "max_slots"), message)
    policy = (loaded.scenario.scheduler or SchedulerSection()).policy
    for key, wanted in (("weight", "fair_share"), ("priority", "priority")):
        if key in stream.model_fields_set and policy != wanted:
            yield loaded.problem((*where, key), f"is for policy {wanted}, and the scheduler's is {policy}")


def fits_nowhere(cluster: ClusterSection, slots: int) -> str | None:
    """Why a trial of `slots` slots fits on no machine, nor on several; None if it fits."""
    sizes: Counter[int] = Counter()
    if cluster.groups is None:
        sizes[1] = cluster.workers or 0
    for group in (cluster.groups or {}).values():
        sizes[group.slots] += group.count
    if slots <= max(sizes) or any(not slots % size and size * count >= slots for size, count in sizes.items()):
        return None
    there = ", ".join(f"{count:,} of {size}" for size, count in sorted(sizes.items(), reverse=True))
    return (
        f"a trial of {slots} slots fits on no machine, nor on whole machines of equal size; machines there are "
        f"{there} slots"
    )
