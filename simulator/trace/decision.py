"""A decision: what followed a result, and why."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Verdict(IntEnum):
    """What happened to a trial when its result arrived."""

    PROMOTED = 0  # it may leave its rung, and is promoted at once
    IN_FULL = 1  # there is no higher rung
    DIED = 2  # it has no loss
    EARLY = 3  # no trial may leave the rung yet
    BEHIND = 4  # better trials may leave the rung, this one may not
    NEXT = 5  # it may leave its rung, but waits for its turn or for a worker
    STAYS = 6  # it is not promoted, by a rule that does not rank results


class Decision(NamedTuple):
    """What followed a result.

    `row` is the result's row of the trace; `promoted` and `handed_out` are rows too. The result is the `rank`-th best
    of `results` on its rung. The best `places` of them may leave, and one more once there are `opens` results. Both
    are -1 if the rule has no such number; `opens` is also -1 if no more trials can ever leave. `left` trials have
    left before. `handed_out` are the jobs that followed the result, and `promoted` those of them that are on a higher
    rung. `at_work` other trials have a job on the rung, and `awaited` are the first few of these.
    """

    row: int
    verdict: Verdict
    rank: int
    results: int
    places: int
    opens: int
    left: int
    promoted: tuple[int, ...]
    handed_out: tuple[int, ...]
    at_work: int
    awaited: tuple[int, ...]
