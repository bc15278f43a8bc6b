"""The report of an import: how many trials were kept, how many were dropped, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

#: What the report adds about who said which way the metric is better: the log, `--mode`, or the metric's name.
Teller = Literal["source", "option", "name"]
TOLD: dict[str, str] = {"source": "", "option": "", "name": ", by its name; --mode says otherwise"}


@dataclass
class ImportReport:
    """Counts of one import; `dropped` and `changed` map a reason to the number of trials or points that it concerns.

    `others` counts what the source has beside trials. `trials` has, for each trial, its name, how it ended or why it
    was dropped, its number in the file of curves and in the trace, and its configuration if the log has it.
    """

    source: str
    kind: str
    metric: str
    mode: str  # "min" or "max", of the metric in the source
    mode_from: Teller
    times: str  # where elapsed_s comes from, or "none"
    offset: int = 0  # resource = step + offset
    resources: tuple[int, int] = (0, 0)
    kept: int = 0
    points: int = 0
    complete: int = 0
    diverged: int = 0
    failed: int = 0
    retried: int = 0  # kept trials that failed and were tried again
    paused: int = 0  # kept trials that were paused and continued
    censored: dict[str, int] = field(default_factory=dict)  # treatment -> trials
    dropped: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    workers: int | None = None  # of the schedule, where the source has one
    trained_s: float | None = None  # worker seconds of training in the schedule's trace
    trials: list[dict[str, Any]] = field(default_factory=list)

    @property
    def held(self) -> str:
        """What the loss column holds: the metric's name, with a minus before it if the losses are negated."""
        return f"-{self.metric}" if self.mode == "max" else self.metric

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values for JSON; `asdict` alone would turn each counter into pairs."""
        return asdict(self) | {name: dict(getattr(self, name)) for name in ("dropped", "changed", "others")}

    def lines(self) -> Iterator[str]:
        """The report as people read it."""
        total = self.kept + sum(self.dropped.values())
        yield f"{self.source}: {self.kept:,} of {total:,} trials, {self.points:,} points"
        for reason, count in self.dropped.items():
            yield f"  dropped   {count:,}: {reason}"
        for what, count in self.others.items():
            yield f"  left out  {count:,}: {what}"
        low, high = self.resources
        yield f"  resources {low:,} to {high:,}"
        negated = f"; loss = -{self.metric}" if self.mode == "max" else ""
        yield f"  loss      {self.metric} ({self.mode}{TOLD[self.mode_from]}{negated})"
        yield f"  times     {self.times}"
        ends = [f"{self.complete:,} complete", *(f"{count:,} {what}" for what, count in self.censored.items())]
        ends += [
            f"{count:,} {word}"
            for word, count in (
                ("diverged", self.diverged),
                ("failed", self.failed),
                ("of them retried", self.retried),
                ("of them paused and resumed", self.paused),
            )
            if count
        ]
        yield f"  ends      {', '.join(ends)}"
        if self.workers is not None and self.trained_s is not None:
            yield f"  schedule  {self.workers:,} workers, {self.trained_s:,.6g} worker-s trained"
        for what, count in self.changed.items():
            yield f"  changed   {count:,}: {what}"
        for note in self.notes:
            yield f"  note      {note}"
