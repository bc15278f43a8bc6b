"""How two runs differ, in sentences that claim no more than the numbers show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from simulator.core import formatting, ticks
from simulator.trace.metrics import Summary

#: Two times are called different if they differ by at least this share of the longer one. One run of each searcher is
#: just one draw, and the order in which equal trials meet the workers changes a makespan by this much.
ALIKE = 0.05
#: Runs did the same work if their units trained differ by at most this share; the order of trials and lost jobs cause
#: as much.
LESS_WORK = 0.05
#: Title of the idle time during which a trial could have been promoted.
WAITED = "… while a promotion waits"
#: Smallest amount of money that is written with two decimals; a smaller amount has two significant digits.
CENT = 0.01

#: Number of characters up to which a table shows a name from a log whole.
LONGEST_NAME = 32

#: Names of rows without "worker-h" behind them.
NAMES = (
    "makespan", "utilization", "trials started", "full-length trials", "first full-length trial at",
    "best loss, at any length", "best trial", "best loss known at", "best trial's loss in full", WAITED, "cost",
    "mispromotions", "jobs", "idle", "overhead", "lost", "down",
)  # fmt: skip
#: The sentences; labels, times, shares and amounts replace the names in braces.
SENTENCES: Mapping[str, str] = MappingProxyType({
    "lengths": "{first} and {label} train trials to {one} and {other}, so their times can't be compared.",
    "work": "{first} and {label} did not do the same work ({one} and {other}), so their makespans can't be compared.",
    "work, stopped":
        "{first} and {label} did not do the same work ({one} and {other}, cut at the stop), so their makespans can't "
        "be compared.",
    "ends": "In this order of the trials, {fast} ends {share} sooner than {slow} ({least} against {most}).",
    "ends with more":
        "In this order of the trials, {fast} ends {share} sooner than {slow} ({least} against {most}), although it "
        "trained {more} more units.",
    "ends alike":
        "In this order of the trials, there is no difference worth mentioning in when {fast} and {slow} end ({fast} "
        "{least}, {slow} {most}).",
    "in full":
        "In this order of the trials, {fast} trains its first trial in full {share} sooner than {slow} ({least} "
        "against {most}).",
    "in full alike":
        "In this order of the trials, there is no difference worth mentioning in when {fast} and {slow} train their "
        "first trial in full ({fast} {least}, {slow} {most}).",
    "only one": "Only {label} trained a trial in full.",
})  # fmt: skip

Cell = Callable[[Summary], str]


class Finding(NamedTuple):
    """A sentence by its key in `SENTENCES`, the labels in it, and its amounts as they are written in English."""

    key: str
    labels: Mapping[str, str]
    amounts: Mapping[str, str]


def table(summaries: Mapping[str, Summary], unit: str) -> list[tuple[str, ...]]:
    """Rows of text: a name, then one cell for each searcher; times in `unit`."""

    def time(seconds: float | None) -> str:
        return "—" if seconds is None else _shown(seconds, unit)

    def worker_time(seconds: float) -> str:
        return _shown(seconds, unit).removesuffix(f" {unit}")

    cells: list[tuple[str, Cell]] = [
        ("makespan", lambda run: time(run.makespan_s)),
        ("utilization", lambda run: _share(run.utilization)),
        ("trials started", lambda run: f"{run.trials:,}"),
        ("full-length trials", lambda run: f"{run.full_length_trials:,}"),
        ("first full-length trial at", lambda run: time(run.first_full_length_s)),
        ("best loss, at any length", lambda run: _loss(run.best_loss)),
        ("best trial", _best_trial),
        ("best loss known at", lambda run: time(run.best_loss_s)),
        ("best trial's loss in full", lambda run: _loss(run.best_loss_in_full)),
        (f"idle, worker-{unit}", lambda run: worker_time(run.idle_s)),
        (WAITED, lambda run: "—" if run.idle_promotable_s is None else worker_time(run.idle_promotable_s)),
        (f"overhead, worker-{unit}", lambda run: worker_time(run.overhead_s)),
        (f"lost, worker-{unit}", lambda run: worker_time(run.lost_s)),
        (f"down, worker-{unit}", lambda run: worker_time(run.down_s)),
        ("cost", lambda run: f"{run.cost:,.2f}" if run.cost >= CENT or not run.cost else f"{run.cost:.2g}"),
        ("mispromotions", lambda run: "—" if run.mispromotions is None else f"{run.mispromotions:,}"),
        ("jobs", lambda run: f"{run.jobs:,}" + (f" ({run.cut_jobs:,} cut)" if run.cut_jobs else "")),
    ]
    silent = {  # rows that are left out, because no run has any of it
        f"overhead, worker-{unit}": all(run.overhead_s == 0 for run in summaries.values()),
        f"lost, worker-{unit}": all(run.lost_s == 0 for run in summaries.values()),
        f"down, worker-{unit}": all(run.down_s == 0 for run in summaries.values()),
        "cost": all(run.cost == 0 for run in summaries.values()),
        WAITED: all(run.idle_promotable_s is None for run in summaries.values()),
    }
    shown = [(name, cell) for name, cell in cells if not silent.get(name, False)]
    return [(name, *(cell(run) for run in summaries.values())) for name, cell in shown]


def _best_trial(run: Summary) -> str:
    """The best trial's number, and its name if a log gives one."""
    if run.best_trial is None:
        return "—"
    name = run.best_trial_name
    return str(run.best_trial) if name is None else f"{run.best_trial} ({formatting.shortened(name, LONGEST_NAME)})"


def findings(summaries: Mapping[str, Summary], unit: str) -> Iterator[str]:
    """Sentences that compare the first searcher with each other one."""
    for key, labels, amounts in compare(summaries, unit):
        yield SENTENCES[key].format(**labels, **amounts)


def compare(summaries: Mapping[str, Summary], unit: str) -> Iterator[Finding]:
    """The findings of which `findings` makes sentences."""
    (first, base), *others = summaries.items()
    for label, run in others:
        stopped, both = base.stopped or run.stopped, {"first": first, "label": label}
        if base.max_length != run.max_length:
            amounts = {"one": f"{base.max_length:,}", "other": formatting.counted(run.max_length, "unit")}
            yield Finding("lengths", both, amounts)
            continue
        fast, slow = (base, run) if base.makespan_s <= run.makespan_s else (run, base)
        if stopped or base.trials != run.trials:
            amounts = {"one": f"{base.trials:,}", "other": formatting.counted(run.trials, "trial")}
            yield Finding("work, stopped" if stopped else "work", both, amounts)
        elif less_work(fast.resource_units, slow.resource_units) or (
            alike(fast.makespan_s, slow.makespan_s) and less_work(slow.resource_units, fast.resource_units)
        ):
            amounts = {"one": f"{base.resource_units:,}", "other": formatting.counted(run.resource_units, "unit")}
            yield Finding("work", both, amounts)
        else:
            sooner = _sooner("ends", (first, base.makespan_s), (label, run.makespan_s), unit)
            if less_work(slow.resource_units, fast.resource_units):
                more = formatting.percent(fast.resource_units / slow.resource_units - 1).replace(" ", "")
                sooner = Finding("ends with more", sooner.labels, {**sooner.amounts, "more": more})
            yield sooner
        if base.first_full_length_s is not None and run.first_full_length_s is not None:
            yield _sooner("in full", (first, base.first_full_length_s), (label, run.first_full_length_s), unit)
        elif base.first_full_length_s is not None or run.first_full_length_s is not None:
            yield Finding("only one", {"label": first if base.first_full_length_s is not None else label}, {})


def less_work(units: float, others: float) -> bool:
    """Whether `units` are too few to count as the same work as `others`."""
    return units < (1 - LESS_WORK) * others


def alike(least: float, most: float) -> bool:
    """Whether two times from single runs are too close to be called different; `most` is the greater one."""
    return most == least or most - least < ALIKE * most


def _shown(seconds: float, unit: str) -> str:
    return formatting.time(ticks.from_seconds(seconds), unit)


def _loss(loss: float | None) -> str:
    return "—" if loss is None else f"{loss:.4g}"


def _share(share: float | None) -> str:
    return "—" if share is None else formatting.percent(share, digits=1).replace(" ", "")


def _sooner(does: str, one: tuple[str, float], other: tuple[str, float], unit: str) -> Finding:
    (fast, least), (slow, most) = sorted((one, other), key=lambda pair: pair[1])
    labels = {"fast": fast, "slow": slow}
    amounts = {"least": _shown(least, unit), "most": _shown(most, unit)}
    if alike(least, most):
        return Finding(f"{does} alike", labels, amounts)
    return Finding(does, labels, {**amounts, "share": formatting.percent(1 - least / most).replace(" ", "")})
