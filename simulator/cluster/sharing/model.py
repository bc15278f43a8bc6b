"""The SimPy model of a cluster that many searches share.

It is the model that the docstring of cluster/model.py explains, with three additions. **Arrivals** is a process that
adds each search at its time. To hand out work, the model asks the **scheduler** which search is to start a trial;
schedulers are in fifo.py, fair_share.py and priority.py, and know no clock. A scheduler may also stop trials that
run: their worker's process is interrupted, and the job goes to the front of its search's line, to go on from its last
checkpoint. After work was handed out, the model checks whether pools should grow or shrink (scaled.py).

If all trials take the same number of slots, a worker is a place for one trial, as in the model of a single search. So
a single search has the same trace in both models, row by row. If trials take different numbers of slots, they are put
on machines as room.py says. A worker is then a place of as many slots as divide the needs of all trials, and a trial
may hold several workers.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from heapq import heapify, heappush
from math import gcd, inf

from simulator.cluster.fates import Fates
from simulator.cluster.groups import MachineGroup, Scaling
from simulator.cluster.hiring import Hired
from simulator.cluster.model import Model, Process
from simulator.cluster.outcomes import Outcomes, Task, task_to_retry
from simulator.cluster.pool import MachinePool
from simulator.cluster.sharing.claims import Running, Scheduler
from simulator.cluster.sharing.racks import Coming, Racks
from simulator.cluster.sharing.room import Places
from simulator.cluster.sharing.scaled import ScaledGroup
from simulator.cluster.sharing.searches import Arrival, Search
from simulator.cluster.sharing.worker import Attempt, SharedWorker
from simulator.cluster.spec import Cluster
from simulator.curves.protocol import Exit
from simulator.searchers.protocol import goes_on_in_place
from simulator.trace.workload import Visit

INVALID = Exit.INVALID


class SharedModel(Model[SharedWorker]):
    """One run of many searches on a cluster, under a scheduler; `slots` are the needs of all that may arrive."""

    def __init__(
        self,
        arrivals: Iterator[Arrival],
        slots: Sequence[int],
        cluster: Cluster,
        scheduler: Scheduler,
        time: int | None,
        seed: int,
    ) -> None:
        self.unit = unit_of(slots, cluster.machines)
        if any(group.slots < self.unit for group in cluster.machines):
            raise ValueError(f"trials take multiples of {self.unit} slots, and some machines have fewer")
        pool = MachinePool(cluster.machines, slots_per_trial=self.unit, policy=cluster.policy, seed=seed)
        super().__init__(cluster, pool, time, bytearray())
        self._arrivals = arrivals
        self._scheduler = scheduler
        self._machines = Fates(cluster.conditions, seed)  # those of the machines; each search has its trials'
        self._at_hand = 0  # workers for which a scheduler is being asked
        alike = set(slots) == {self.unit} and any(group.slots >= self.unit for group in cluster.machines)
        self._racks = None if alike else Racks(self._all_workers(), self.unit, cluster.policy)
        self._scaled = self._scaled_groups()

        self.visits: list[Visit] = []
        self.search_of = array("i")  # by row
        self.holdings: list[tuple[int, int]] = []  # (row, worker) of further workers that an attempt holds
        self._present: dict[int, Search] = {}
        self._leads: dict[int, SharedWorker] = {}  # by number of start, the leading worker of each running trial
        self._places = Places(self._free, lambda: len(self._leads), self.unit)
        self._started = 0
        self._looks: set[int] = set()  # ticks at which the number of machines is checked again
        self._fresh: tuple[SharedWorker, Search, int] | None = None  # the worker of a result that has just come
        self._coming = True

    def _open(self) -> None:
        following = self._admit_due()
        if following is not None:
            self.env.process(self._arriving(following))

    # Processes that a single search does not need.

    def _arriving(self, following: Arrival) -> Process:
        """Adds each search at its time."""
        while True:
            yield self.env.timeout(following.at - self.now)
            if self.now >= self._deadline:
                return
            found = self._admit_due(following)
            if found is None:
                return
            following = found

    def _returning(self, machine: int, length: float) -> Process:
        """Allows trials on a machine again after `length` ticks, if machines are handed out slot by slot."""
        yield self.env.timeout(length)
        assert self._racks is not None
        self._after(self._racks.reopen, machine)

    def _looking(self, at: int) -> Process:
        """Checks at a tick whether machines are to be hired or let go."""
        yield self.env.timeout(at - self.now)
        self._looks.remove(at)
        self._after(lambda _: None, None)

    # Searches come and go.

    def _admit_due(self, first: Arrival | None = None) -> Arrival | None:
        """Add `first` and all searches that arrive at this tick, and hand out work; returns the next arrival."""
        following = first or next(self._arrivals, None)
        try:
            while following is not None and following.at <= self.now:
                self._admit(following)
                following = next(self._arrivals, None)
            self._coming = following is not None
            self._hand_out()
            self._end_if_over()
        except Exception as error:
            if first is None:
                raise
            self._error = self._error or error
            self._end()
        return following

    def _admit(self, arrival: Arrival) -> None:
        number = len(self.visits)
        searcher, curves = arrival.open()
        self.visits.append(Visit(arrival.label, arrival.number, arrival.at, None, arrival.slots, searcher.max_length))
        outcomes = Outcomes(
            curves, self._cluster, self.pool, arrival.seed,
            rows=self._rows, machines=self._machines, resume=arrival.resume,
        )  # fmt: skip
        search = Search(
            number,
            slots=arrival.slots,
            weight=arrival.weight,
            priority=arrival.priority,
            max_slots=arrival.max_slots,
            arrival=arrival,
            searcher=searcher,
            outcomes=outcomes,
            queued=self._cluster.assignment == "queued",
            in_place=self._racks is None and self._cluster.assignment != "queued" and goes_on_in_place(searcher),
            resume=self._cluster.resume and arrival.resume,
        )
        if not self._stuck():  # nothing has waited for a worker until now
            self._quiet_since = self.now
        self._present[number] = search
        self._scheduler.arrive(search)
        if not search.find_work():
            self._leave(search)

    def _leave(self, search: Search) -> None:
        """Remove a search that is done."""
        del self._present[search.number]
        self._scheduler.leave(search)
        self.visits[search.number] = replace(self.visits[search.number], done=self.now)
        self._end_if_over()

    def _end_if_over(self) -> None:
        if not self._present and not self._coming:
            self._end()

    # Attempts begin and end.

    def _end_attempt(self, worker: SharedWorker) -> None:
        """End a worker's attempt, or note that its machine is back."""
        attempt = worker.attempt
        if attempt is None:
            self._is_back(worker)
            return
        search = attempt.search
        _, job, loss, exit_, left = attempt.ending
        if search.in_place and left is None and exit_ is not INVALID:
            self._fresh = worker, search, job[0]
        self._give_back(worker, attempt)
        self._quiet_since = self.now
        if left is not None:
            self._lose(search, partial(self._line_up, search, task_to_retry(left, search.name)))
            self._scheduler.note_work(search)  # its trial runs no more, so another may, even if this one is held back
            return
        if exit_ is INVALID:
            search.searcher.withdraw(job)
        else:
            search.searcher.report(job, loss)
        if search.find_work():
            self._scheduler.note_work(search)
        else:
            self._leave(search)

    def _line_up(self, search: Search, task: Task) -> None:
        """Put a lost task in its search's line: before all others, or behind them."""
        if self._recovery.retry == "first":
            search.requeue(task)
        else:
            search.put_last(task)
        self._scheduler.note_work(search)

    def _give_back(self, worker: SharedWorker, attempt: Attempt) -> None:
        """Remove an ended attempt from its workers, and from its search."""
        started = attempt.running.started
        del attempt.search.running[started], self._leads[started]
        for one in (worker, *attempt.others):
            if isinstance(one.machine, Hired):
                one.machine.give_back(self.now)
        if self._racks is None:
            if self._fresh is None or self._fresh[0] is not worker:
                heappush(self._idle, worker.rank)
        else:
            self._racks.give_back(attempt.running, (worker, *attempt.others))
        worker.until = worker.attempt = None

    def _stop(self, running: Running) -> None:
        """Stop a running trial for the scheduler; it goes on from its last checkpoint when its turn comes."""
        worker = self._leads[running.started]
        attempt = worker.attempt
        assert attempt is not None
        search = attempt.search
        left = search.outcomes.stop(attempt.task, worker.number, attempt.start, self.now, attempt.begun)
        self._give_back(worker, attempt)
        search.requeue(task_to_retry(left, search.name))
        self._scheduler.stopped(search)
        if worker.process is not self.env.active_process and worker.process is not None:
            worker.process.interrupt()

    def _start(
        self,
        search: Search,
        workers: tuple[SharedWorker, ...],
        on: tuple[tuple[int, int], ...],
        task: Task | None = None,
    ) -> None:
        """Begin an attempt at `task`, or at a search's next; its fate is drawn now, but it may be stopped before."""
        worker, *others = workers
        task, now = task or search.next_task(), self.now
        up = None if worker.machine is None else worker.machine.up
        for other in others:  # the attempt ends when its first machine goes
            there = None if other.machine is None else other.machine.up
            if up is not None and there is not None and there.until < up.until:
                up = there
        wait = self._wait(inf if up is None else up.until)
        row = len(self.search_of)
        ending = search.outcomes.begin(task, worker.number, now, wait, up, [other.number for other in others])
        self.search_of.append(search.number)
        self.holdings += [(row, other.number) for other in others]
        self._started += 1
        running = Running(self._started, on)
        search.running[running.started] = running
        search.latest = running.started
        self._leads[running.started] = worker
        worker.attempt = Attempt(search, task, running, now + wait, ending, search.outcomes.begun, tuple(others))
        for one in workers:
            if isinstance(one.machine, Hired):
                one.machine.take()
        self._vain = 0
        self._occupy(worker, ending[0] - now)

    # Work is handed out.

    def _hand_out(self) -> None:
        """Give work to the idle workers as long as the scheduler names a search."""
        if self._present and self.now < self._deadline:
            self._look_around()
        room = self._places if self._racks is None else self._racks.room
        while self._present and self.now < self._deadline:
            for _, running in self._scheduler.release(room):
                self._stop(running)
            if not (self._start_one() if self._racks is None else self._start_somewhere(self._racks)):
                break
        if self._fresh is not None:  # its search is done, or the run ends
            heappush(self._idle, self._fresh[0].rank)
            self._fresh = None
        if self._scaled and self.now < self._deadline:
            self._scale()
        self._notice_quiet()

    def _free(self) -> int:
        """The number of idle workers; whether their machines are still there is found out later."""
        held = self._at_hand + (self._fresh is not None)
        return len(self._idle) + self.pool.workers - len(self._workers) + held

    def _look_around(self) -> None:
        """Update which machines are present, if shares depend on that; a single search has no shares."""
        if self.pool.steady:
            return
        if self._racks is not None:
            self._wait_for(self._racks.leaving(self.now))
        elif len(self._present) > 1:
            self._all_workers()
            idle, self._idle = self._idle, []
            self._idle = [rank for rank in sorted(idle) if self._is_there(self._workers[rank])]
            heapify(self._idle)

    def _wait_for(self, machines: Iterable[Coming]) -> None:
        """Wait for machines that are away or start up."""
        for place, length in machines:
            self._count_vain()
            self.env.process(self._returning(place, length))

    def _start_one(self) -> bool:
        """Start a trial on the first idle worker that is there; False if there is no trial or no worker."""
        if self._fresh is not None and self._go_on(*self._fresh):
            return True
        while (worker := self._next_idle()) is not None:
            if not self._is_there(worker):
                continue
            self._at_hand = 1
            claim = self._scheduler.choose(self._places)
            self._at_hand = 0
            if claim is None:
                heappush(self._idle, worker.rank)
                return False
            self._start(self._present[claim.number], (worker,), ((worker.place, self.unit),))
            return True
        self._hire()
        return False

    def _go_on(self, worker: SharedWorker, search: Search, trial: int) -> bool:
        """Let a trial that goes on after its own result keep its worker, if its search is chosen; else free it."""
        chosen = self._scheduler.choose(self._places)
        self._fresh = None
        task = search.next_task_of(trial) if chosen is search else None
        if task is None:
            heappush(self._idle, worker.rank)
            return False
        if self._is_there(worker):
            self._start(search, (worker,), ((worker.place, self.unit),), task)
            return True
        search.requeue(task)
        return False

    def _start_somewhere(self, racks: Racks) -> bool:
        """Start a trial on the machine, or the machines, that suit it."""
        claim = self._scheduler.choose(racks.room)
        if claim is None:
            waiting: Counter[int] = Counter()
            for search in self._present.values():
                waiting[search.slots] += 0 if search.capped else search.waiting * search.slots
            self._wait_for(racks.hire(self.now, waiting))
            return False
        on = racks.room.place(claim.slots)
        assert on is not None
        self._start(self._present[claim.number], racks.take(on), on)
        return True

    def _work_waits(self) -> bool:
        """Whether more trials wait than workers start up; searches may be asked for more trials."""
        below = [search for search in self._present.values() if not search.capped]
        if sum(search.waiting for search in below) > self._starting:
            return True
        return any(search.more and search.line_up() for search in below)

    # Pools grow and shrink.

    def _scaled_groups(self) -> list[ScaledGroup]:
        """The groups that grow and shrink, in the policy's order; machines that are not hired at first are let go."""
        found = []
        for group in self._cluster.machines:
            if isinstance(group.release, Scaling):
                workers = [worker for worker in self._all_workers() if worker.group is group]
                found.append(ScaledGroup(group, group.release, workers, self._serves(workers[0].place)))
                for place in found[-1].absent():
                    self._forget(found[-1].workers[place])
        return sorted(found, key=lambda scaled: next(iter(scaled.workers.values()))[0].rank)

    def _serves(self, place: int) -> Callable[[int], bool]:
        """A function that says whether a machine could run a trial that takes `slots` slots.

        If all trials take equally many, it can run all of them.
        """
        return (lambda _: True) if self._racks is None else partial(self._racks.room.serves, place)

    def _scale(self) -> None:
        """Hire machines of growing pools as the work needs, and let go those that it does not need."""
        now = self.now
        waiting: defaultdict[int, float] = defaultdict(float)  # by slots, trials without room in earlier groups
        for search in self._present.values():
            waiting[search.slots] += search.open
        for group in self._scaled:
            running = (worker.attempt.running.on for worker in self._leads.values() if worker.attempt)
            busy = group.needed(running)
            needed = self._ask(group, busy, waiting)
            beyond = min(max(needed - group.room, 0.0) / (needed - busy), 1.0) if needed > busy else 0.0
            for slots in filter(group.serves, waiting):
                waiting[slots] *= beyond
            change, again = group.scaler.decide(now, needed, group.hired_count(now))
            if change > 0:
                again = self._hire_machines(group, change)
            elif change < 0:
                for place in list(self._idle_machines(group))[:-change]:
                    group.machine(place).release(now)
                    self._forget(group.workers[place])
            if again is not None and again not in self._looks and group.may_change(now):
                self._looks.add(again)
                self.env.process(self._looking(again))

    def _idle_machines(self, group: ScaledGroup) -> Iterator[int]:
        """Machines of a group that could be let go: none that starts up, and none that is waited for."""
        return (place for place in group.idle() if self._racks is None or self._racks.room.there[place])

    def _ask(self, group: ScaledGroup, busy: float, waiting: defaultdict[int, float]) -> float:
        """The machines of a group that running and waiting trials need.

        Searches are asked for more trials, as long as there are machines that could be hired for them.
        """
        needed = busy + sum(
            group.machines_for(slots) * many for slots, many in waiting.items() if group.serves(slots)
        )
        for search in self._present.values():
            if not group.serves(search.slots):
                continue
            while needed < group.room and search.more and search.open == search.waiting and search.ask():
                self._scheduler.note_work(search)
                waiting[search.slots] += 1
                needed += group.machines_for(search.slots)
        return needed

    def _hire_machines(self, group: ScaledGroup, many: int) -> int | None:
        """Hire `many` machines of a group, or as many as there are.

        Returns the tick at which a missing machine will be there, if there is such a machine.
        """
        now, later = self.now, inf
        for place in list(group.absent()):
            machine = group.machine(place)
            up = machine.at(now)
            if not many:
                return None
            if up is None:
                continue
            if up.since > now:  # its machine is not there now
                later = min(later, up.since)
                continue
            machine.hire(now)
            many -= 1
            length = min(now + group.start_up, up.until) - now
            if self._racks is not None:
                self.env.process(self._returning(place, length))
                continue
            for worker in group.workers[place]:
                self._start_up(worker.rank, length)
        return int(later) if many and later < inf else None

    def _forget(self, workers: Sequence[SharedWorker]) -> None:
        """Remove the idle workers of a machine that is let go."""
        if self._racks is not None:
            self._racks.close(workers[0].place)
        else:
            gone = {worker.rank for worker in workers}
            self._idle = [rank for rank in self._idle if rank not in gone]
            heapify(self._idle)

    # Workers and machines that are present.

    def _all_workers(self) -> list[SharedWorker]:
        while len(self._workers) < self.pool.workers:
            self._idle.append(len(self._workers))  # greater than any in the heap
            self._workers.append(self._new_worker(len(self._workers)))
        return self._workers

    def _new_worker(self, rank: int) -> SharedWorker:
        pool, number = self.pool, self.pool.worker(rank)
        machine = None if pool.steady else pool.machine(number)
        return SharedWorker(rank, number, pool.group(number), machine, place=pool.machine_number(number))

    def _busy(self) -> bool:
        return bool(self._leads)

    def _stuck(self) -> bool:
        return not self._leads and any(not search.held_back for search in self._present.values())

    def _unfinished(self) -> str:
        many = len(self._present)
        return "1 search is not over" if many == 1 else f"{many:,} searches are not over"


def unit_of(slots: Sequence[int], groups: Sequence[MachineGroup]) -> int:
    """The slots of a worker: the most that divide each need, and each machine if some trials take whole machines."""
    if max(slots) > max(group.slots for group in groups):
        return gcd(*slots, *(group.slots for group in groups))
    return gcd(*slots)
