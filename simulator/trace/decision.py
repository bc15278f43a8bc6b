"""What followed one result, and why."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Verdict(IntEnum):
    """What became of a trial as its result arrived."""

    PROMOTED = 0  # it is among those that may leave, and climbs at once
    IN_FULL = 1  # there is no higher rung
    DIED = 2  # it has no loss
    EARLY = 3  # nobody may leave yet
    BEHIND = 4  # those before it may leave, and it may not
    NEXT = 5  # it is among those that may leave, and not handed out yet: its turn, or a worker, is still to come
    STAYS = 6  # it does not climb, by a rule that goes by no places


class Decision(NamedTuple):
    """What followed a result. `row` is its row of the trace; rows of jobs that it led to are told by theirs.

    It is the `rank`-th of `results` on its rung, of which the best `places` may leave, and one more from `opens`
    results on; both are -1 where nobody can tell, `opens` also where no more will. `left` have left before.
    `handed_out` are the jobs that followed, and `promoted` those of them that are on a higher rung. `at_work` others
    have a job on the rung, and the first few of them are `awaited`.
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
