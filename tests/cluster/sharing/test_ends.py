"""How a run of many searches ends where it can't go on, and at a stop."""

from __future__ import annotations

import pytest

from simulator.cluster.attempts import Recovery
from simulator.cluster.fates import Conditions, Drop
from simulator.cluster.groups import MachineGroup, Scaling
from simulator.cluster.hiring import Hired
from simulator.cluster.machines import Machine
from simulator.cluster.outcomes import task_to_retry
from simulator.cluster.sharing.engine import Arrival, share
from simulator.cluster.sharing.fair_share import FairShare
from simulator.cluster.sharing.fifo import Fifo
from simulator.cluster.sharing.priority import Priority
from simulator.cluster.spec import Cluster, StarvedError
from simulator.core.errors import RunError
from simulator.searchers.halving import random
from simulator.searchers.protocol import Idle
from simulator.trace.trace import Outcome
from tests.support.worlds import UNIT, World


def arrival(at=0, number=0, trials=1, length=1, **about):
    return Arrival(at, "a", number, lambda: (random(max_trials=trials, max_length=length), World()), **about)


@pytest.mark.parametrize(("many", "told"), [(1, "1 search is not over"), (2, "2 searches are not over")])
def test_searches_that_no_machine_will_ever_serve(many, told):
    cluster = Cluster((MachineGroup(1, leave=UNIT),))

    with pytest.raises(StarvedError, match=f"no worker is left after .* h, and {told}; let a group stay"):
        share((arrival(number=number, trials=3) for number in range(many)), cluster, Fifo())


def test_machines_that_were_let_go_and_never_come_back_are_not_waited_for():
    """Two machines of two slots leave for ever after two units; one of them has been let go for lack of work by then."""
    group = MachineGroup(2, slots=2, leave=2 * UNIT, release=UNIT // 2)
    arrivals = [arrival(slots=2), arrival(3 * UNIT, 1, slots=1)]

    with pytest.raises(StarvedError, match="1 search is not over"):
        share(iter(arrivals), Cluster((group,)), Fifo(), slots=(1, 2))


def test_a_pool_whose_machines_leave_ends_the_run_too():
    group = MachineGroup(2, leave=2 * UNIT, release=Scaling())

    with pytest.raises(StarvedError, match="1 search is not over"):
        share(iter([arrival(3 * UNIT)]), Cluster((group,)), Fifo())


def test_what_goes_wrong_as_a_search_comes_ends_the_run():
    def broken():
        raise RunError("no trials")

    arrivals = [arrival(trials=9), Arrival(UNIT, "a", 1, broken)]
    with pytest.raises(RunError, match="no trials"):
        share(iter(arrivals), Cluster(1), Fifo())


def test_a_job_that_is_lost_again_and_again_is_told_with_its_search():
    with pytest.raises(StarvedError, match="trial 3 of search 2 of team was tried 10,000 times up to resource 9"):
        task_to_retry(((3, 0, 1, 1, 9), 1, 10_000), " of search 2 of team")


def test_a_search_with_nothing_to_do_is_done_as_it_comes():
    class Nothing:
        max_length = 1

        def next_job(self):
            return Idle.DONE

    arrivals = [Arrival(UNIT, "a", 0, lambda: (Nothing(), World()))]
    [visit] = share(iter(arrivals), Cluster(1), Fifo()).visits

    assert (visit.arrived, visit.done) == (UNIT, UNIT)


def test_needs_that_no_machine_has_are_refused():
    with pytest.raises(ValueError, match="trials take multiples of 2 slots, and some machines have fewer"):
        share(iter([arrival(slots=2)]), Cluster((MachineGroup(1, slots=2), MachineGroup(1))), Fifo(), slots=(2,))


def test_only_a_machine_without_work_is_let_go():
    machine = Hired(Machine(MachineGroup(1), 0, None, None), 5, 0)
    machine.take()

    with pytest.raises(ValueError, match="only a machine without work can be let go"):
        machine.release(3)
    machine.give_back(4)
    machine.release(4)
    with pytest.raises(ValueError, match="only a machine without work"):
        machine.release(4)
    assert machine.absences(9) == ([(4, 9)], [])


def test_a_trial_that_was_to_be_dropped_and_is_stopped_first_has_lost_nothing_that_counts():
    """Without a stop, an attempt is dropped after 10 units, and its trial dies.

    Stopped twice before that, it has 9 of 14 units left.
    """
    conditions = Conditions(drop=Drop(1 - 1e-12, 10 * UNIT), recovery=Recovery(max_restarts=0))
    urgent = [arrival(at * UNIT, number, priority=1) for number, at in ((1, 3), (2, 6))]
    arrivals = sorted([arrival(length=14, priority=50), *urgent], key=lambda one: one.at)
    trace = share(iter(arrivals), Cluster(1, conditions=conditions), Priority(preemption=True)).trace

    mine = trace.search == 0
    assert [Outcome(outcome) for outcome in trace.outcome[mine]] == [
        Outcome.PREEMPTED, Outcome.PREEMPTED, Outcome.COMPLETED,
    ]  # fmt: skip
    assert (trace.end[mine] / UNIT).tolist() == [3, 6, 16]


@pytest.mark.parametrize(
    ("recovery", "rows"),
    [
        (Recovery(), [(0, 1, 1, 2), (0, 2, 2, 3), (1, 0, 3, 4), (1, 1, 4, 5)]),
        (Recovery(retry="last"), [(0, 2, 1, 2), (0, 1, 2, 3), (1, 0, 3, 4), (1, 1, 4, 5)]),
        (Recovery(retry_after=3 * UNIT), [(0, 2, 1, 2), (1, 0, 2, 3), (1, 1, 3, 4), (0, 1, 4, 5)]),
    ],
    ids=["first", "last", "later"],
)
def test_a_lost_job_waits_in_the_line_of_its_own_search(recovery, rows):
    """Search 0 loses trial 1 at 0.5, when the second worker goes. A search whose job is held back is not done."""
    groups = (MachineGroup(1), MachineGroup(1, leave=UNIT // 2))
    cluster = Cluster(groups, conditions=Conditions(recovery=recovery))
    done = share(iter([arrival(trials=3), arrival(number=1, trials=2)]), cluster, Fifo())
    trace = done.trace

    found = zip(trace.search.tolist(), trace.trial.tolist(), trace.start / UNIT, trace.end / UNIT, strict=True)
    assert list(found) == [(0, 0, 0, 1), (0, 1, 0, 0.5), *rows]
    assert [visit.done for visit in done.visits] == [
        max(end for search, _, _, end in rows if search == number) * UNIT for number in (0, 1)
    ]


@pytest.mark.parametrize("back", [12, 20])
def test_patience_begins_when_a_search_comes_that_nothing_holds_back(back):
    """Search 0 loses its job at 0.5, which is held back until `back`. Search 1 comes at 10, when no worker is there."""
    groups = (MachineGroup(1, leave=UNIT // 2), MachineGroup(1, join=30 * UNIT))
    recovery = Recovery(retry_after=back * UNIT - UNIT // 2)
    cluster = Cluster(groups, max_wait=5 * UNIT, conditions=Conditions(recovery=recovery))
    done = share(iter([arrival(), arrival(10 * UNIT, 1)]), cluster, Fifo())
    assert done.end == 15 * UNIT


def test_a_search_at_its_most_slots_starts_another_trial_while_a_lost_one_is_held_back():
    """Trial 0 is lost at 0.5, when its worker goes, and may go on at 10.5."""
    groups = (MachineGroup(1, leave=UNIT // 2), MachineGroup(1))
    cluster = Cluster(groups, conditions=Conditions(recovery=Recovery(retry_after=10 * UNIT)))
    trace = share(iter([arrival(trials=3, max_slots=1)]), cluster, Fifo()).trace

    found = zip(trace.trial.tolist(), trace.start / UNIT, trace.end / UNIT, strict=True)
    assert list(found) == [(0, 0, 0.5), (1, 0.5, 1.5), (2, 1.5, 2.5), (0, 10.5, 11.5)]


def test_a_share_that_is_not_needed_while_a_lost_trial_is_held_back_goes_to_another_search():
    """Every job is dropped that takes 3 units or more. So search 0 has no trial from 3 on."""
    conditions = Conditions(drop=Drop(1 - 1e-9, 3 * UNIT), recovery=Recovery(retry_after=10 * UNIT))
    arrivals = [arrival(length=4), arrival(number=1, trials=9, length=2)]
    trace = share(iter(arrivals), Cluster(2, conditions=conditions), FairShare(), stop=5 * UNIT).trace

    found = zip(trace.worker.tolist(), trace.search.tolist(), trace.start / UNIT, trace.end / UNIT, strict=True)
    assert list(found) == [(0, 0, 0, 3), (1, 1, 0, 2), (1, 1, 2, 4), (0, 1, 3, 5), (1, 1, 4, 5)]
