"""Alternative text: what a picture shows, in one sentence with the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.core import ticks
from simulator.core.formatting import counted, decimal, percent, time
from simulator.render.phrases import ending, in_log, loss, worker_time
from simulator.trace import metrics
from simulator.trace.queueing import Queueing
from simulator.trace.trace import Trace


def of_run(trace: Trace, unit: str) -> str:
    """The result of one run, for its animation in the style "docs"."""
    about = metrics.summarize(trace)
    first = about.first_full_length_s
    in_full = f"{about.full_length_trials:,} of them trained in full" if about.full_length_trials else "none in full"
    if first is not None:
        in_full += f", the first after {time(ticks.from_seconds(first), unit)}"
    spent = [(about.idle_s, "idle"), (about.overhead_s, "overhead"), (about.lost_s, "lost"), (about.down_s, "down")]
    unused = ", ".join(
        f"{_worker_time(seconds, unit)} {name}" for seconds, name in spent if seconds or name == "idle"
    )
    return (
        f"{trace.label} keeps {counted(trace.workers, 'worker')} {percent(about.utilization)} busy "
        f"({unused}): {counted(about.trials, 'trial')} started, {in_full}; {ending(trace, unit)}.{_best(trace)}"
    )


def _best(trace: Trace) -> str:
    """Who the best trial is in the log that it was imported from; empty where there is none."""
    best = metrics.summarize(trace).best_trial
    told = "" if best is None else in_log(trace, best)
    return f" The best loss is trial {best}'s, which the log calls {told}." if told else ""


def _worker_time(seconds: float, unit: str) -> str:
    amount = ticks.from_seconds(seconds)
    text = worker_time(amount, unit)
    return f"{decimal(amount / ticks.UNITS[unit])} worker-{unit}" if text.startswith("0 ") else text


def of_comparison(traces: Sequence[Trace], unit: str) -> str:
    """The results of several runs side by side, for the animation in the style "timeline"."""
    return "; ".join(_clause(trace, unit) for trace in traces) + "."


def _clause(trace: Trace, unit: str) -> str:
    about = metrics.summarize(trace)
    share = percent(about.utilization)
    share += " busy"
    if about.idle_promotable_s is not None:
        share += f" ({_worker_time(about.idle_promotable_s, unit)} idle while a promotion waits)"
    best = "no result" if about.best_loss is None else f"a best loss of {loss(about.best_loss)}"
    told = "" if about.best_trial is None else in_log(trace, about.best_trial)
    best += f", trial {about.best_trial}'s, which the log calls {told}" if told else ""
    return (
        f"{trace.label} keeps {counted(trace.workers, 'worker')} {share}, {ending(trace, unit)} "
        f"with {counted(about.trials, 'trial')} and {best}"
    )


def of_workload(found: Queueing, unit: str) -> str:
    """Whose trial each worker trains and the queue beneath, of searches that share a cluster."""
    about = found.about
    labels = ", ".join(f"{one['searches']:,} of {label}" for label, one in about["labels"].items())
    many = f"{about['searches']:,} search{'' if about['searches'] == 1 else 'es'} that share a cluster"
    used = "" if about["utilization"] is None else f" keep its workers {percent(about['utilization'])} busy"
    return (
        f"{many}{used}: {about['done']:,} are done by {_seconds(about['end_s'], unit)}, {about['present_mean']:.1f} "
        f"are there on average and {about['present_max']:,} at most; counted are {labels}."
    )


def of_stays(found: Queueing, unit: str) -> str:
    """How long searches that share a cluster stay, by label."""
    parts = []
    for label, one in found.about["labels"].items():
        if one["stay_s"] is None:
            parts.append(f"none of {label} is done")
            continue
        half, most = (_seconds(one["stay_s"][key], unit) for key in ("p50", "p90"))
        parts.append(f"half of {label} stay {half} or less, 90 % {most}")
    return "Of searches that share a cluster, " + "; ".join(parts) + "."


def of_loads(
    loads: Sequence[float], waits_s: Sequence[float], stays_s: Sequence[float], knee: float | None, unit: str
) -> str:
    """How waits and stays grow with the load of a cluster that searches share."""
    wait, stay, longest_wait, longest = (
        _seconds(one, unit) for one in (waits_s[0], stays_s[0], waits_s[-1], stays_s[-1])
    )
    ends = (
        f"At a load of {loads[0]:g} a search waits {wait} and stays {stay} on average, at {loads[-1]:g} it waits "
        f"{longest_wait} and stays {longest}"
    )
    told = "stays never double" if knee is None else f"stays have doubled at a load of {knee:.2f}"
    return f"{ends}; {told}."


def _seconds(seconds: float, unit: str) -> str:
    return time(ticks.from_seconds(seconds), unit)
