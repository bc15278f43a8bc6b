"""From the sections `cluster` and `stop` of a scenario to the cluster they describe."""

from __future__ import annotations

import csv
from pathlib import Path

from simulator import files
from simulator.cluster import attempts, conditions, engine, pool, spans, stragglers
from simulator.errors import InputError, Problem
from simulator.scenario import cluster as models
from simulator.ticks import LIMIT, from_seconds

#: A file of spells may not be larger.
MAX_BYTES = 1 << 24


def build_cluster(spec: models.Cluster, folder: Path) -> engine.Cluster:
    """Make the cluster of a scenario in `folder`; raises InputError for what is wrong in a file of spells."""
    recovery, overheads = spec.recovery, spec.overheads
    groups = spec.groups or {"workers": models.Group(count=spec.workers or 1)}
    return engine.Cluster(
        groups=tuple(_group(name, group, spec, folder) for name, group in groups.items()),
        assignment=spec.assignment,
        resume=spec.resume,
        policy=spec.policy,
        slots_per_trial=spec.slots_per_trial,
        conditions=conditions.Conditions(
            straggler=None if spec.stragglers is None else _straggler(spec.stragglers),
            straggler_per="job" if spec.stragglers is None else spec.stragglers.per,
            drop=None if spec.drops is None else conditions.Drop(spec.drops.probability, spec.drops.per),
            crash=spec.crashes,
            overheads=attempts.Overheads(overheads.trial_start, overheads.save, overheads.restore),
            recovery=attempts.Recovery(recovery.on_loss, recovery.checkpoint_every, recovery.max_restarts),
        ),
        max_wait=spec.max_wait,
    )


def build_stop(spec: models.Stop | None) -> engine.Stop:
    """Make the stop of a scenario, which may have none."""
    if spec is None:
        return engine.Stop()
    return engine.Stop(spec.time, spec.loss, spec.full_length_trials, spec.cost)


def _group(name: str, spec: models.Group, cluster: models.Cluster, folder: Path) -> pool.MachineGroup:
    failures, preemption = spec.failures or cluster.failures, spec.preemption or cluster.preemption
    return pool.MachineGroup(
        spec.count,
        name=name,
        speed=spec.speed,
        price=spec.price,
        slots=spec.slots,
        join=spec.join,
        ramp_up=spec.ramp_up,
        leave=spec.leave,
        start_up=cluster.overheads.worker_start,
        failures=None if failures is None else pool.Failures(_span(failures.mtbf), _span(failures.repair)),
        preemption=None if preemption is None else _preemption(preemption, folder),
    )


def _preemption(spec: models.Preemption, folder: Path) -> pool.Preemption:
    if spec.series is not None:
        return pool.Preemption(notice=spec.notice, series=read_spells(folder / spec.series))
    return pool.Preemption(_span(spec.up), _span(spec.down), spec.notice)


def _span(spec: models.SpanModel) -> spans.Span:
    if spec.median is not None:
        return spans.LogNormalSpan(spec.median, spec.mean)
    return spans.Weibull(spec.mean, spec.shape)


def _straggler(spec: models.Straggler) -> stragglers.Straggler:
    match spec:
        case models.HalfNormalStraggler():
            return stragglers.HalfNormal(spec.std)
        case models.LogNormalStraggler():
            return stragglers.LogNormal(spec.sigma)
        case models.ParetoStraggler():
            return stragglers.Pareto(spec.alpha)
        case models.TwoPointStraggler():
            return stragglers.TwoPoint(spec.probability, spec.factor)
        case models.MeasuredStraggler():
            return stragglers.Quantiles(tuple(spec.values))


def read_spells(path: Path) -> tuple[tuple[int, int], ...]:
    """Read spells of a machine from a CSV with the columns up_s and down_s, in seconds; returns (up, down) ticks.

    Raises InputError naming the line of what is wrong.
    """
    raw = files.read_at_most(path, MAX_BYTES, "it should be a CSV of up_s, down_s")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(Problem(str(path), "is not UTF-8 text; it should be a CSV of up_s, down_s", 1, 1)) from None
    reader = csv.DictReader(text.splitlines())
    try:
        if not {"up_s", "down_s"} <= set(reader.fieldnames or ()):
            raise InputError(Problem(str(path), "should have the columns up_s and down_s", 1, 1))
        spells = [
            (
                _spell(path, reader.line_num, "up_s", row["up_s"]),
                _spell(path, reader.line_num, "down_s", row["down_s"]),
            )
            for row in reader
        ]
    except csv.Error as error:
        raise InputError(Problem(str(path), f"is not CSV: {error}", reader.line_num, 1)) from None
    if not spells:
        raise InputError(Problem(str(path), "holds no spells; each row is a spell up_s and the one down_s after it"))
    return tuple(spells)


def _spell(path: Path, line: int, key: str, text: str | None) -> int:
    try:
        ticks = from_seconds(float(text or ""))
    except (ValueError, OverflowError):
        ticks = 0
    if not 0 < ticks <= LIMIT:
        raise InputError(Problem(str(path), f"{(text or '')[:40]!r} should be seconds, more than 0", line, None, key))
    return ticks
