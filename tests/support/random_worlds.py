"""Random clusters in trouble, for tests that need all combinations."""

from __future__ import annotations

from math import inf
from random import Random

from simulator.cluster.attempts import Overheads, Recovery
from simulator.cluster.durations import LogNormalSpan, Weibull
from simulator.cluster.engine import Cluster, Stop
from simulator.cluster.fates import Conditions, Drop, SlowSpells
from simulator.cluster.groups import Failures, MachineGroup, Preemption
from simulator.cluster.stragglers import HalfNormal, LogNormal, Pareto, Quantiles, TwoPoint
from simulator.curves.protocol import Exit
from simulator.searchers.halving import asha, random, sha
from tests.contract.drawn import SEARCHERS


class DrawnCurves:
    """Curves in which every draw is a hash: times and losses are often equal or never, and some trials die."""

    trials = None

    def __init__(self, rng, typical):
        self.salt = rng.getrandbits(64)
        self.typical = typical
        self.paces = rng.choice([1, 2, 4, 1000])  # number of different times; with 1 all trials take the same time
        self.start = rng.choice([0, 0, typical])  # ticks that every job takes before its first unit
        self.losses = rng.choice([1, 3, 10**6])
        self.deaths = rng.choice([0, 0, 0.1, 0.5])
        self.exits = rng.choice([[Exit.ERRORED], [Exit.INVALID], list(Exit)])

    def train(self, trial, from_resource, to_resource):
        draw = Random(f"{self.salt} {trial}")
        pace = draw.randrange(self.paces) / self.paces
        ticks = self.start + round(self.typical * (0.2 + pace) * (to_resource - from_resource))
        if draw.random() < self.deaths and to_resource > draw.randint(0, 10):
            return ticks // 2, inf, draw.choice(self.exits)
        return ticks, float(Random(f"{self.salt} {trial} {to_resource}").randrange(self.losses)), None


def scenario(rng, typical=1000):
    """Draw (searcher, curves, cluster, stop): any searcher; a third of the clusters have no trouble, and on a third no machine goes away."""
    drawn = SEARCHERS[rng.choice(list(SEARCHERS))](rng)
    kind = rng.choice(["calm", "constant", "come and go"])
    calm = kind == "calm"
    groups = rng.choice([1, 2, 3, rng.randint(4, 64)])
    if kind == "constant":
        groups = (constant_group(rng, typical),)
    if kind == "come and go":
        groups = tuple(group(rng, typical, index, most=rng.choice([1, 5, 20])) for index in range(rng.randint(1, 3)))
    ends = drawn.max_trials is not None
    length = max(max(law.resources) for law in drawn.laws)
    time = rng.randint(1, 40) * length * typical // 4
    if not ends:  # some thousand trials at most
        workers = groups if calm else sum(each.count * each.slots for each in groups)
        time = min(time, 2000 * typical * min(law.resources[0] for law in drawn.laws) // workers)
    stop = Stop(
        time=None if calm and ends and rng.random() < 0.5 else time,
        loss=rng.choice([None, None, None, 0.0]),
        full_loss=rng.choice([None, None, None, 0.0]),
        full_length=rng.choice([None, None, rng.randint(1, 4)]),
        cost=None if calm else rng.choice([None, None, rng.random() * 5e-8 * length * typical]),
    )
    cluster = Cluster(
        groups,
        rng.choice(["on_demand", "queued"]) if ends or drawn.max_concurrent else "on_demand",
        resume=rng.random() < 0.7,
        policy=rng.choice(["fastest", "cheapest", "lowest"]),
        slots_per_trial=1 if calm else rng.choice([1, 2]),
        conditions=Conditions() if calm else conditions(rng, typical),
        max_wait=None if calm else rng.choice([None, None, 5 * typical]),
        decision_time=0 if kind != "come and go" else rng.choice([0, 0, rng.randint(1, typical // 4)]),
    )
    return drawn, DrawnCurves(rng, typical), cluster, stop


def span(rng, typical):
    mean = typical * rng.choice([0.3, 1, 3])
    return rng.choice([Weibull(mean), Weibull(mean, 0.6), LogNormalSpan(mean / 3, mean)])


def constant_group(rng, typical):
    return MachineGroup(
        rng.choice([1, 2, 5, 20]),
        speed=rng.choice([1, 1, 0.5, 2.5]),
        price=rng.choice([0, 1.0, 2.5]),
        slots=rng.choice([2, 4]),
        join=rng.choice([0, 0, rng.randint(0, 3 * typical)]),
        start_up=rng.choice([0, 0, rng.randint(1, typical)]),
        release=rng.choice(["end", "drained"]),
    )


def group(rng, typical, index, most=5):
    together = rng.choice([1, 1, 2, 3, "group", "cluster"])
    failures = Failures(span(rng, 5 * typical), span(rng, typical), together) if rng.random() < 0.4 else None
    preemption = None
    if rng.random() < 0.4:
        notice = rng.choice([0, typical // 4])
        series = tuple((rng.randint(1, 6 * typical), rng.randint(1, typical)) for _ in range(3))
        played = Preemption(notice=notice, series=series)
        wait = rng.choice([None, span(rng, typical)])
        drawn = Preemption(span(rng, 4 * typical), span(rng, typical), notice, together=together, first_wait=wait)
        counts = [(0, rng.randint(0, most)), *((rng.randint(1, 9) * typical, rng.randint(0, most)) for _ in range(4))]
        counts = tuple(sorted(dict(counts).items()))
        recorded = Preemption(notice=notice, availability=counts, from_start=rng.random() < 0.5)
        preemption = rng.choice([drawn, played, recorded])
    return MachineGroup(
        rng.randint(1, most),
        name=f"group {index}",
        speed=rng.choice([1, 1, 0.5, 2.5]),
        price=rng.choice([0, 1.0, 2.5]),
        slots=rng.choice([2, 4, 5]),
        join=rng.choice([0, 0, rng.randint(0, 3 * typical)]),
        ramp_up=rng.choice([0, 0, rng.randint(0, 3 * typical)]),
        leave=None if index == 0 else rng.choice([None, rng.randint(1, 20 * typical)]),
        start_up=rng.choice([0, 0, rng.randint(1, typical)]),
        failures=failures,
        preemption=preemption,
        release=rng.choice(["end", "drained", *(rng.randint(1, longest * typical) for longest in (1, 3))]),
        billing=rng.choice([1, 7, typical]),
    )


def conditions(rng, typical):
    models = [None, HalfNormal(0.6), LogNormal(0.5), Pareto(2.5), TwoPoint(0.1, 4), Quantiles([1, 1, 1.2, 3])]
    return Conditions(
        straggler=rng.choice(models),
        straggler_per=rng.choice(["job", "worker"]),
        drop=rng.choice([None, Drop(rng.choice([0.01, 0.2]), max(1, typical // 3))]),
        crash=rng.choice([0, 0, 0.1]),
        slow=rng.choice([None, None, SlowSpells(span(rng, 3 * typical), span(rng, typical), rng.choice([1.5, 4]))]),
        overheads=rng.choice([Overheads(), Overheads(typical // 5, typical // 9, typical // 7)]),
        recovery=Recovery(
            rng.choice(["resume", "restart", "exit"]),
            rng.choice([1, 2, 7]),
            rng.choice([0, 2, 5]),
            rng.choice(["first", "first", "last"]),
            rng.choice([0, 0, 1, rng.randint(1, 3 * typical)]),
        ),
    )


def trouble(rng, typical=1000):
    """Draw (make searcher, cluster, stop): `typical` is roughly the ticks of a job on the lowest rung; the stop ensures an end."""
    groups = tuple(group(rng, typical, index) for index in range(rng.choice([1, 1, 2, 3])))
    divisor = rng.choice([2, 3])
    trials, common = rng.randint(9, 30), {"max_length": divisor ** rng.randint(0, 2), "divisor": divisor}
    make, bounded = rng.choice(
        [
            (lambda: sha(max_trials=trials, **common), True),
            (lambda: sha(max_trials=9, backfill=True, **common), False),
            (lambda: asha(max_trials=trials, **common), True),
            (lambda: asha(**common), False),
            (lambda: asha(max_trials=trials, delayed=True, **common), True),
            (lambda: random(max_trials=trials, max_length=2, max_concurrent_trials=5), True),
        ]
    )
    stop = Stop(
        time=rng.choice([60, 200]) * typical if bounded else rng.randint(1, 30) * typical,
        loss=rng.choice([None, None, 0.5]),
        full_length=rng.choice([None, None, 2]),
        cost=rng.choice([None, None, rng.random() * 1e-4]),
    )
    cluster = Cluster(
        groups,
        rng.choice(["on_demand", "queued"]) if bounded else "on_demand",
        resume=rng.random() < 0.7,
        policy=rng.choice(["fastest", "cheapest", "lowest"]),
        slots_per_trial=rng.choice([1, 2]),
        conditions=conditions(rng, typical),
        max_wait=rng.choice([None, None, 5 * typical]),
        decision_time=rng.choice([0, 0, rng.randint(1, typical // 4)]),
    )
    return make, cluster, stop
