"""What became of a source: how many trials were kept, how many not, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Report:
    """Counts of one import; `dropped` and `changed` map a reason to how many trials or points it concerns."""

    source: str
    kind: str
    metric: str
    mode: str  # "min" or "max", of the metric in the source
    times: str  # where elapsed_s comes from, or "none"
    offset: int = 0  # resource = step + offset
    resources: tuple[int, int] = (0, 0)
    kept: int = 0
    points: int = 0
    complete: int = 0
    diverged: int = 0
    failed: int = 0
    censored: dict[str, int] = field(default_factory=dict)  # treatment -> trials
    dropped: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; `asdict` alone makes a count of pairs of each counter."""
        return asdict(self) | {"dropped": dict(self.dropped), "changed": dict(self.changed)}

    def lines(self) -> Iterator[str]:
        """The report as people read it."""
        total = self.kept + sum(self.dropped.values())
        yield f"{self.source}: {self.kept:,} of {total:,} trials, {self.points:,} points"
        for reason, count in self.dropped.items():
            yield f"  dropped   {count:,}: {reason}"
        low, high = self.resources
        yield f"  resources {low:,} to {high:,}"
        negated = f"; loss = -{self.metric}" if self.mode == "max" else ""
        yield f"  loss      {self.metric} ({self.mode}{negated})"
        yield f"  times     {self.times}"
        ends = [f"{self.complete:,} complete", *(f"{count:,} {what}" for what, count in self.censored.items())]
        ends += [
            f"{count:,} {word}" for word, count in (("diverged", self.diverged), ("failed", self.failed)) if count
        ]
        yield f"  ends      {', '.join(ends)}"
        for what, count in self.changed.items():
            yield f"  changed   {count:,}: {what}"
        for note in self.notes:
            yield f"  note      {note}"
