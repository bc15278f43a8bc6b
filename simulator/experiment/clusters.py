"""From the sections `cluster` and `stop` of a scenario to the cluster they describe."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from simulator.cluster import attempts, durations, engine, fates, machines
from simulator.core.errors import InputError, Problem
from simulator.core.ticks import LIMIT, from_seconds
from simulator.io import reading
from simulator.scenario import cluster as models
from simulator.scenario.loading import Loaded
from simulator.scenario.model import Scenario

#: A file of spells may not be larger.
MAX_BYTES = 1 << 24


def build_cluster(loaded: Loaded) -> engine.Cluster:
    """Make the cluster of a scenario; raises InputError for what is wrong in a file of spells."""
    spec = loaded.scenario.cluster
    recovery, overheads = spec.recovery, spec.overheads
    groups = spec.groups or {"workers": models.GroupSection(count=spec.workers or 1)}
    return engine.Cluster(
        groups=tuple(_group(name, group, loaded) for name, group in groups.items()),
        assignment=spec.assignment,
        resume=spec.resume,
        policy=spec.policy,
        slots_per_trial=spec.slots_per_trial,
        conditions=fates.Conditions(
            straggler=None if spec.stragglers is None else spec.stragglers.build(),
            straggler_per="job" if spec.stragglers is None else spec.stragglers.per,
            drop=None if spec.drops is None else fates.Drop(spec.drops.probability, spec.drops.per),
            crash=spec.crashes,
            overheads=attempts.Overheads(overheads.trial_start, overheads.save, overheads.restore),
            recovery=attempts.Recovery(recovery.on_loss, recovery.checkpoint_every, recovery.max_restarts),
        ),
        max_wait=spec.max_wait,
    )


def build_stop(scenario: Scenario) -> engine.Stop:
    """Make the stop of a scenario, which may have none. Losses to be maximised are negated inside, so is its."""
    spec = scenario.stop
    if spec is None:
        return engine.Stop()
    loss = spec.loss if spec.loss is None or scenario.smaller_is_better else -spec.loss
    return engine.Stop(spec.time, loss, spec.full_length_trials, spec.cost)


def _group(name: str, spec: models.GroupSection, loaded: Loaded) -> machines.MachineGroup:
    cluster = loaded.scenario.cluster
    failures, preemption = spec.failures or cluster.failures, spec.preemption or cluster.preemption
    own = () if spec.preemption is None else ("groups", name)
    return machines.MachineGroup(
        spec.count,
        name=name,
        speed=spec.speed,
        price=spec.price,
        slots=spec.slots,
        join=spec.join,
        ramp_up=spec.ramp_up,
        leave=spec.leave,
        start_up=cluster.overheads.worker_start,
        failures=None if failures is None else machines.Failures(_span(failures.mtbf), _span(failures.repair)),
        preemption=None if preemption is None else _preemption(preemption, loaded, own),
    )


def _preemption(spec: models.PreemptionSection, loaded: Loaded, own: tuple[str, ...]) -> machines.Preemption:
    if spec.series is not None:
        with loaded.blaming("cluster", *own, "preemption", "series"):
            return machines.Preemption(notice=spec.notice, series=read_spells(loaded.folder / spec.series))
    return machines.Preemption(_span(spec.up), _span(spec.down), spec.notice)


def _span(spec: models.SpanModel) -> durations.Span:
    if spec.median is not None:
        return durations.LogNormalSpan(spec.median, spec.mean)
    return durations.Weibull(spec.mean, spec.shape)


def read_spells(path: Path) -> tuple[tuple[int, int], ...]:
    """Read spells of a machine from a CSV with the columns up_s and down_s, in seconds; returns (up, down) ticks.

    Raises InputError naming line and column of what is wrong.
    """
    raw = reading.read_at_most(path, MAX_BYTES, "it should be a CSV of up_s, down_s")
    rows = csv.reader(io.StringIO(reading.csv_text(path, raw), newline=""))
    spells = []
    try:
        header = [name.strip() for name in next(rows, [])]
        if header.count("up_s") != 1 or header.count("down_s") != 1:
            raise InputError(Problem(str(path), "should have the columns up_s and down_s", 1, 1))
        for fields in rows:
            if not fields:
                continue
            if len(fields) != len(header):
                message = f"has {len(fields)} fields where the header has {len(header)}"
                raise InputError(Problem(str(path), message, rows.line_num, 1))
            up, down = (_spell(path, rows.line_num, header, fields, key) for key in ("up_s", "down_s"))
            spells.append((up, down))
    except csv.Error as error:
        raise InputError(Problem(str(path), f"is not CSV: {error}", rows.line_num, 1)) from None
    if not spells:
        message = "holds no spells; each row is a spell up_s and the one down_s after it"
        raise InputError(Problem(str(path), message, 1, 1))
    return tuple(spells)


def _spell(path: Path, line: int, header: list[str], fields: list[str], key: str) -> int:
    column = header.index(key)
    text = fields[column]
    try:
        ticks = from_seconds(float(text))
    except (ValueError, OverflowError):
        ticks = 0
    if not 0 < ticks <= LIMIT:
        message = f"{text[:40]!r} should be seconds, more than 0"
        raise InputError(Problem(str(path), message, line, column + 1, key))
    return ticks
