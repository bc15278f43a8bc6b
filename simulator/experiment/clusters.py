"""Builds the cluster and the stop that a scenario's sections `cluster` and `stop` describe."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Literal

from simulator.cluster import attempts, durations, engine, fates, groups
from simulator.core.errors import InputError, Problem
from simulator.core.ticks import LIMIT, UNITS, from_seconds
from simulator.io import reading
from simulator.scenario import cluster as models
from simulator.scenario.loading import Loaded
from simulator.scenario.model import Scenario

#: Size in bytes of the largest file of spells.
MAX_BYTES = 1 << 24
#: Ticks of the spans that are only charged as a whole.
BILLING = {"second": 1, "minute": UNITS["min"], "hour": UNITS["h"]}


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
            slow=None
            if spec.slow_spells is None
            else fates.SlowSpells(
                _span(spec.slow_spells.every), _span(spec.slow_spells.length), spec.slow_spells.factor
            ),
            overheads=attempts.Overheads(overheads.trial_start, overheads.save, overheads.restore),
            recovery=attempts.Recovery(
                on_loss=recovery.on_loss,
                checkpoint_every=recovery.checkpoint_every,
                max_restarts=recovery.max_restarts,
                retry=recovery.retry,
                retry_after=recovery.retry_after,
            ),
        ),
        max_wait=spec.max_wait,
        decision_time=spec.decision_time,
    )


def build_stop(scenario: Scenario) -> engine.Stop:
    """Make the stop of a scenario; None if it has none.

    A metric to be maximised is negated inside, and so is the stop's loss.
    """
    spec = scenario.stop
    if spec is None:
        return engine.Stop()
    loss = spec.loss if spec.loss is None or scenario.smaller_is_better else -spec.loss
    return engine.Stop(spec.time, loss, spec.full_length_trials, spec.cost)


def _group(name: str, spec: models.GroupSection, loaded: Loaded) -> groups.MachineGroup:
    cluster = loaded.scenario.cluster
    failures, preemption = spec.failures or cluster.failures, spec.preemption or cluster.preemption
    own = () if spec.preemption is None else ("groups", name)
    return groups.MachineGroup(
        spec.count,
        name=name,
        speed=spec.speed,
        price=spec.price,
        slots=spec.slots,
        join=spec.join,
        ramp_up=spec.ramp_up,
        leave=spec.leave,
        start_up=cluster.overheads.worker_start,
        failures=None
        if failures is None
        else groups.Failures(_span(failures.mtbf), _span(failures.repair), _together(failures.together)),
        preemption=None if preemption is None else _preemption(preemption, spec.count, loaded, own),
        release=_release(spec.release or cluster.release) if spec.scaling is None else _scaling(spec.scaling),
        billing=BILLING[spec.billing or cluster.billing],
    )


def _release(spec: models.Release) -> Literal["end", "drained"] | int:
    return spec.idle if isinstance(spec, models.IdleReleaseSection) else spec


def _scaling(spec: models.ScalingSection) -> groups.Scaling:
    return groups.Scaling(spec.min, spec.target, spec.up_delay, spec.down_delay)


def _together(text: str) -> groups.Together:
    match text:
        case "group" | "cluster":
            return text
    return models.together_of(text) or 1


def _preemption(
    spec: models.PreemptionSection, count: int, loaded: Loaded, own: tuple[str, ...]
) -> groups.Preemption:
    if spec.availability is not None:
        with loaded.blaming("cluster", *own, "preemption", "availability"):
            counts = read_availability(loaded.folder / spec.availability, count)
        return groups.Preemption(notice=spec.notice, availability=counts, from_start=spec.play_from == "start")
    if spec.series is not None:
        with loaded.blaming("cluster", *own, "preemption", "series"):
            return groups.Preemption(notice=spec.notice, series=read_spells(loaded.folder / spec.series))
    return groups.Preemption(
        _span(spec.up),
        _span(spec.down),
        spec.notice,
        together=_together(spec.together),
        first_wait=None if spec.first_wait is None else _span(spec.first_wait),
    )


def _span(spec: models.SpanSection) -> durations.Span:
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


def read_availability(path: Path, machines: int) -> tuple[tuple[int, int], ...]:
    """Read the number of a group's machines over time, from a CSV with the columns time_s and count.

    Returns (tick, machines that are there from then on), from tick 0; the last tick is the end. Raises InputError
    naming the line of what is wrong, and if some of the group's `machines` would never be there.
    """
    raw = reading.read_at_most(path, MAX_BYTES, "it should be a CSV of time_s, count")
    rows = csv.reader(io.StringIO(reading.csv_text(path, raw), newline=""))
    found: list[tuple[int, int]] = []
    try:
        header = [name.strip() for name in next(rows, [])]
        if header.count("time_s") != 1 or header.count("count") != 1:
            raise InputError(Problem(str(path), "should have the columns time_s and count", 1, 1))
        for fields in rows:
            if not fields:
                continue
            line = rows.line_num
            if len(fields) != len(header):
                message = f"has {len(fields)} fields where the header has {len(header)}"
                raise InputError(Problem(str(path), message, line, 1))
            at, many = (fields[header.index(key)].strip() for key in ("time_s", "count"))
            found.append(
                (_moment(path, line, at, header.index("time_s")), _count(path, line, many, header.index("count")))
            )
            if len(found) > 1 and found[-1][0] <= found[-2][0]:
                raise InputError(Problem(str(path), "times should rise from row to row", line, 1, "time_s"))
    except csv.Error as error:
        raise InputError(Problem(str(path), f"is not CSV: {error}", rows.line_num, 1)) from None
    if len(found) < 2:  # noqa: PLR2004
        message = "holds no span of time: give two rows or more, the last of which is the end"
        raise InputError(Problem(str(path), message, 1, 1))
    most = max(many for _, many in found[:-1])
    if most < machines:
        message = f"counts {most:,} machines at most, and the group has {machines:,}: the others would never be there"
        raise InputError(Problem(str(path), message, 1, 1, "count"))
    first = found[0][0]
    return tuple((at - first, many) for at, many in found)


def _moment(path: Path, line: int, text: str, column: int) -> int:
    try:
        tick = from_seconds(float(text))
    except (ValueError, OverflowError):
        tick = -1
    if not 0 <= tick <= LIMIT:
        message = f"{text[:40]!r} should be seconds, not less than 0"
        raise InputError(Problem(str(path), message, line, column + 1, "time_s"))
    return tick


def _count(path: Path, line: int, text: str, column: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:  # noqa: PLR2004
        message = f"{text[:40]!r} should be a whole number of machines"
        raise InputError(Problem(str(path), message, line, column + 1, "count"))
    return int(text)
