"""Alternative text: what a picture shows, in one sentence with the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.core import ticks
from simulator.core.formatting import decimal, percent, time
from simulator.render import words
from simulator.render.phrases import ending, in_log, loss, worker_time
from simulator.render.words import say
from simulator.trace import metrics
from simulator.trace.queueing import Queueing
from simulator.trace.trace import Trace


def of_run(trace: Trace, unit: str) -> str:
    """The result of one run, for its animation in the style "docs"."""
    about = metrics.summarize(trace)
    first = about.first_full_length_s
    in_full = say("alt, none in full")
    if about.full_length_trials:
        in_full = say("alt, in full", n=words.count(about.full_length_trials))
    if first is not None:
        in_full = say("alt, the first", in_full=in_full, time=words.time(time(ticks.from_seconds(first), unit)))
    spent = [(about.idle_s, "idle"), (about.overhead_s, "overhead"), (about.lost_s, "lost"), (about.down_s, "down")]
    unused = ", ".join(
        say("alt, unused", time=_worker_time(seconds, unit), kind=say(name))
        for seconds, name in spent
        if seconds or name == "idle"
    )
    text = say(
        "alt of a run", label=trace.label, workers=words.workers(trace.workers),
        share=words.percent(percent(about.utilization)), unused=unused, trials=words.trials(about.trials),
        in_full=in_full, ending=ending(trace, unit),
    )  # fmt: skip
    told = "" if about.best_trial is None else in_log(trace, about.best_trial)
    return say("alt, in the log", text=text, trial=about.best_trial, name=told) if told else text


def _worker_time(seconds: float, unit: str) -> str:
    amount = ticks.from_seconds(seconds)
    text = worker_time(amount, unit)
    if f"{amount / ticks.UNITS[unit]:.1f}" != "0.0":
        return text
    return words.worker_time(f"{decimal(amount / ticks.UNITS[unit])} worker-{unit}")


def of_comparison(traces: Sequence[Trace], unit: str) -> str:
    """The results of several runs side by side, for the animation in the style "timeline"."""
    return "; ".join(_clause(trace, unit) for trace in traces) + "."


def _clause(trace: Trace, unit: str) -> str:
    about = metrics.summarize(trace)
    best = say("alt, no result")
    if about.best_loss is not None:
        told = "" if about.best_trial is None else in_log(trace, about.best_trial)
        best = say("alt, best loss", loss=loss(about.best_loss))
        if told:
            best = say("alt, best loss in the log", loss=loss(about.best_loss), trial=about.best_trial, name=told)
    said = {
        "label": trace.label, "workers": words.workers(trace.workers),
        "share": words.percent(percent(about.utilization)), "ending": ending(trace, unit),
        "trials": words.trials(about.trials), "best": best,
    }  # fmt: skip
    if about.idle_promotable_s is None:
        return say("alt of several", **said)
    return say("alt of several, waiting", time=_worker_time(about.idle_promotable_s, unit), **said)


def of_workload(found: Queueing, unit: str) -> str:
    """The work of searches that share a cluster, and the queue below."""
    about = found.about
    said = {
        "searches": words.counted(about["searches"], "one search", "several searches"),
        "done": words.count(about["done"]), "time": _seconds(about["end_s"], unit),
        "mean": words.translated(f"{about['present_mean']:.1f}"), "most": words.count(about["present_max"]),
    }  # fmt: skip
    if about["utilization"] is None:
        return say("alt of a shared cluster", **said)
    return say("alt of a shared cluster, busy", share=words.percent(percent(about["utilization"])), **said)


def of_stays(found: Queueing, unit: str) -> str:
    """How long searches that share a cluster stay, by label."""
    parts = []
    for label, one in found.about["labels"].items():
        if one["stay_s"] is None:
            parts.append(say("alt of stays, none", label=label))
            continue
        half, most = (_seconds(one["stay_s"][key], unit) for key in ("p50", "p90"))
        parts.append(say("alt of stays, one", label=label, half=half, most=most))
    return say("alt of stays", parts="; ".join(parts))


def of_loads(
    loads: Sequence[float], waits_s: Sequence[float], stays_s: Sequence[float], knee: float | None, unit: str
) -> str:
    """How waits and stays grow with the load of a cluster that searches share."""
    said = {
        "low": words.translated(f"{loads[0]:g}"), "high": words.translated(f"{loads[-1]:g}"),
        "wait": _seconds(waits_s[0], unit), "stay": _seconds(stays_s[0], unit),
        "longest_wait": _seconds(waits_s[-1], unit), "longest_stay": _seconds(stays_s[-1], unit),
    }  # fmt: skip
    if knee is None:
        return say("alt of loads", **said)
    return say("alt of loads, doubled", knee=words.translated(f"{knee:.2f}"), **said)


def _seconds(seconds: float, unit: str) -> str:
    return words.time(time(ticks.from_seconds(seconds), unit))
