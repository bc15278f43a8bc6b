"""Alternative text: what a picture shows, in one sentence with the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from simulator import metrics, ticks
from simulator.render.phrases import counted, ending, loss, percent, worker_time
from simulator.trace import Trace


def of_run(trace: Trace, unit: str) -> str:
    """The result of one run, for its animation in the style "docs"."""
    about = metrics.summarize(trace)
    first = about.first_full_length_s
    in_full = f"{about.full_length_trials:,} of them trained in full" if about.full_length_trials else "none in full"
    if first is not None:
        in_full += f", the first after {ticks.show(ticks.from_seconds(first), unit)}"
    spent = [(about.idle_s, "idle"), (about.overhead_s, "overhead"), (about.lost_s, "lost"), (about.down_s, "down")]
    unused = ", ".join(
        f"{worker_time(ticks.from_seconds(seconds), unit)} {name}"
        for seconds, name in spent
        if seconds or name == "idle"
    )
    return (
        f"{trace.label} keeps {counted(trace.workers, 'worker')} {percent(about.utilization, 1)} busy "
        f"({unused}): {counted(about.trials, 'trial')} started, {in_full}; {ending(trace, unit)}."
    )


def of_comparison(traces: Sequence[Trace], unit: str) -> str:
    """The results of several runs side by side, for the animation in the style "timeline"."""
    return "; ".join(_clause(trace, unit) for trace in traces) + "."


def _clause(trace: Trace, unit: str) -> str:
    about = metrics.summarize(trace)
    share = percent(about.utilization, 1)
    early = percent(about.utilization_until_last_start, 1)
    if early != share:
        share = f"{share} busy ({early} until its last new trial)"
    else:
        share += " busy"
    best = "no result" if about.best_loss is None else f"a best loss of {loss(about.best_loss)}"
    return (
        f"{trace.label} keeps {counted(trace.workers, 'worker')} {share}, {ending(trace, unit)} "
        f"with {counted(about.trials, 'trial')} and {best}"
    )
