"""What two runs have in common and where they differ, in words that claim no more than the numbers do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from simulator import ticks
from simulator.metrics import Summary

#: Two times closer than this share of the longer one are not called different: one run of each is one draw, and
#: the order in which equal trials meet the workers moves a makespan by as much.
ALIKE = 0.05

Cell = Callable[[Summary], str]


def table(summaries: Mapping[str, Summary], unit: str) -> list[tuple[str, ...]]:
    """Rows of text: a name, then one cell for each searcher; times in `unit`."""

    def time(seconds: float | None) -> str:
        return "—" if seconds is None else _shown(seconds, unit)

    def worker_time(seconds: float) -> str:
        return _shown(seconds, unit).removesuffix(f" {unit}")

    cells: list[tuple[str, Cell]] = [
        ("makespan", lambda run: time(run.makespan_s)),
        ("utilization", lambda run: f"{run.utilization:.1%}"),
        ("… until the last new trial", lambda run: f"{run.utilization_until_last_start:.1%}"),
        ("trials started", lambda run: f"{run.trials:,}"),
        ("full-length trials", lambda run: f"{run.full_length_trials:,}"),
        ("first full-length trial at", lambda run: time(run.first_full_length_s)),
        ("best loss", lambda run: "—" if run.best_loss is None else f"{run.best_loss:.4g}"),
        ("… of trial", lambda run: "—" if run.best_trial is None else str(run.best_trial)),
        ("… known at", lambda run: time(run.best_loss_s)),
        (f"idle, worker-{unit}", lambda run: worker_time(run.idle_s)),
        ("… until the last new trial", lambda run: worker_time(run.idle_until_last_start_s)),
        (f"overhead, worker-{unit}", lambda run: worker_time(run.overhead_s)),
        (f"lost, worker-{unit}", lambda run: worker_time(run.lost_s)),
        (f"down, worker-{unit}", lambda run: worker_time(run.down_s)),
        ("cost", lambda run: f"{run.cost:,.2f}"),
        ("mispromotions", lambda run: "—" if run.mispromotions is None else f"{run.mispromotions:,}"),
        ("jobs", lambda run: f"{run.jobs:,}" + (f" ({run.cut_jobs:,} cut)" if run.cut_jobs else "")),
    ]
    silent = {  # rows of what the cluster does not have
        f"overhead, worker-{unit}": all(run.overhead_s == 0 for run in summaries.values()),
        f"lost, worker-{unit}": all(run.lost_s == 0 for run in summaries.values()),
        f"down, worker-{unit}": all(run.down_s == 0 for run in summaries.values()),
        "cost": all(run.cost == 0 for run in summaries.values()),
    }
    shown = [(name, cell) for name, cell in cells if not silent.get(name, False)]
    return [(name, *(cell(run) for run in summaries.values())) for name, cell in shown]


def findings(summaries: Mapping[str, Summary], unit: str) -> Iterator[str]:
    """One sentence for each thing that may be said of the first searcher against each other one."""
    (first, base), *others = summaries.items()
    for label, run in others:
        if base.cut_jobs or run.cut_jobs or base.trials != run.trials:
            yield (
                f"{first} and {label} did not do the same work ({base.trials:,} and {run.trials:,} trials"
                f"{', cut at the stop' if base.cut_jobs or run.cut_jobs else ''}): their makespans don't compare."
            )
        else:
            yield _sooner("makespan", (first, base.makespan_s), (label, run.makespan_s), unit)
        if base.first_full_length_s is not None and run.first_full_length_s is not None:
            pair = (first, base.first_full_length_s), (label, run.first_full_length_s)
            yield _sooner("first full-length trial", *pair, unit)
        elif base.first_full_length_s is not None or run.first_full_length_s is not None:
            winner = first if base.first_full_length_s is not None else label
            yield f"first full-length trial: only {winner} trained one."


def _shown(seconds: float, unit: str) -> str:
    """A time as people read it; what would be rounded to nothing keeps two digits."""
    text = ticks.show(ticks.from_seconds(seconds), unit)
    amount = seconds * ticks.PER_SECOND / ticks.UNITS[unit]
    return f"{amount:.2g} {unit}" if amount and text == f"0 {unit}" else text


def _sooner(what: str, one: tuple[str, float], other: tuple[str, float], unit: str) -> str:
    (fast, least), (slow, most) = sorted((one, other), key=lambda pair: pair[1])
    shown = [_shown(seconds, unit) for seconds in (least, most)]
    if most - least < ALIKE * most:
        return f"{what}: no difference to speak of ({fast} {shown[0]}, {slow} {shown[1]})."
    return f"{what}: {fast} is {1 - least / most:.0%} sooner than {slow} ({shown[0]} against {shown[1]})."
