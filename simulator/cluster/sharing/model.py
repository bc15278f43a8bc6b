"""The SimPy model of a cluster that many searches share.

It is the model of cluster/model.py, of which its docstring tells more, with three things added. **Arrivals** is a
process that lets a search in when its time has come. Whoever hands out work asks the **scheduler** which search is to
start a trial; schedulers are in fifo.py, fair_share.py and priority.py, and know no clock. A scheduler may also stop
trials that run: their worker's process is interrupted, and the job goes to the front of its search's line, to go on
from its last checkpoint.

Where all trials take equally many slots a worker is a place for one of them, as it is for a search alone; so a search
alone has here, row by row, the trace that it has there. Where they don't, trials are put on machines as room.py
says, and a worker is a place of as many slots as all needs are multiples of: a trial may hold several workers.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from math import gcd, inf, nan
from typing import Any

import simpy

from simulator.cluster.attempts import Course, Overheads, Rest
from simulator.cluster.fates import Fates
from simulator.cluster.garbage import uncollected
from simulator.cluster.groups import MachineGroup, Policy
from simulator.cluster.hiring import Hired
from simulator.cluster.machines import Machine
from simulator.cluster.outcomes import MAX_ATTEMPTS
from simulator.cluster.pool import MachinePool
from simulator.cluster.recording import ROW, unpack
from simulator.cluster.sharing.claims import Running, Scheduler
from simulator.cluster.sharing.room import Machines, Places
from simulator.cluster.sharing.searches import Arrival, Search, Work
from simulator.cluster.spec import Cluster, StarvedError
from simulator.core import ticks
from simulator.core.errors import RunError
from simulator.curves.protocol import Exit
from simulator.trace.trace import Outcome
from simulator.trace.workload import Visit

COMPLETED, EXITED, PREEMPTED = Outcome.COMPLETED, Outcome.EXITED, Outcome.PREEMPTED
INVALID = Exit.INVALID

#: What a process is to Python.
Process = Generator[simpy.Event, Any, None]


@dataclass(eq=False, slots=True)
class SharedWorker:
    """A place for trials: its `rank` in the policy's order, its number in the trace; and the attempt it leads."""

    rank: int
    number: int
    group: MachineGroup
    machine: Machine | Hired | None  # None where machines never go
    place: int  # the number of its machine
    until: simpy.Event | None = None  # the end of its attempt, or the return of its machine
    called: simpy.Event | None = None  # what it waits for while it has nothing to do
    starting: bool = False  # its machine starts up, having been hired because work waits
    life: Process | None = None
    process: simpy.Process | None = None
    search: Search | None = None  # whose attempt it leads
    task: Work | None = None
    held: tuple[SharedWorker, ...] = ()  # the others that the attempt holds
    running: Running | None = None
    loss: float = nan
    exit: Exit | None = None
    safe: int | None = None  # the resource that is saved, where the attempt is lost
    counted: bool = False  # whether its end is a loss that counts against the trial
    begun: int = 0
    row: int = 0  # where its attempt stands among the rows
    course: Course | None = None
    last: tuple[Search, int, int] | None = None  # the search and trial it trained last, and when that ended

    def goes(self) -> float:
        """When its machine goes."""
        return inf if self.machine is None or self.machine.up is None else self.machine.up.until


class SharedModel:
    """One run of many searches on a cluster, under a scheduler; `slots` are the needs of any that may come."""

    def __init__(
        self,
        arrivals: Iterator[Arrival],
        slots: Sequence[int],
        cluster: Cluster,
        scheduler: Scheduler,
        time: int | None,
        seed: int,
    ) -> None:
        conditions = cluster.conditions
        self.env = simpy.Environment()
        self._arrivals = arrivals
        self._cluster = cluster
        self._scheduler = scheduler
        self._seed = seed
        self._fates = Fates(conditions, seed)  # of machines; each search has its own for its trials
        self._per_worker = conditions.straggler_per == "worker"
        self._uneven = conditions.straggler is not None or any(group.speed != 1 for group in cluster.machines)
        self._slow = conditions.slow is not None
        self._losing = conditions.drop is not None or conditions.crash > 0
        self._overheads = conditions.overheads != Overheads()
        self._recovery = conditions.recovery
        self._save = conditions.overheads.save if conditions.recovery.on_loss == "resume" else 0

        self.unit = unit_of(slots, cluster.machines)
        if any(group.slots < self.unit for group in cluster.machines):
            raise ValueError(f"trials take multiples of {self.unit} slots, and some machines have fewer")
        self.pool = MachinePool(cluster.machines, slots_per_trial=self.unit, policy=cluster.policy, seed=seed)
        self._alike = set(slots) == {self.unit} and any(group.slots >= self.unit for group in cluster.machines)
        self._places = Places(self.pool.workers, self.unit)
        self._workers: list[SharedWorker] = []  # by rank, all who were ever needed
        self._idle: list[int] = []  # a heap of the ranks of those who have nothing to do
        self._let_go: list[tuple[int, Hired]] = []  # a heap of the ranks of those whose machines were let go
        self._starting = 0  # workers whose machines were hired again and start up
        self._racks = None if self._alike else _Racks(self._all_workers(), self.unit, cluster.policy)

        self.visits: list[Visit] = []
        self._present: dict[int, Search] = {}
        self._leads: dict[int, SharedWorker] = {}  # by number of start, who leads what runs
        self._started = 0
        self._rows = bytearray()
        self.search_of = array("i")  # a row
        self.holdings: list[tuple[int, int]] = []  # (row, worker) of further workers that an attempt holds
        self._coming = True
        self._quiet = self.env.event()  # happens when nobody works although there is work
        self._quiet_since = 0
        self._decided = 0
        self._vain = 0
        self._deadline: float = inf if time is None else time
        self._ended = self.env.event()
        self._error: Exception | None = None

    def run(self) -> dict[str, Any]:
        """Simulate to the end; returns the trace's columns.

        Raises StarvedError where work remains that nobody will ever do, RunError where the clock runs out.
        """
        env = self.env
        if self._deadline < inf:
            env.process(self._timekeeper(int(self._deadline)))
        if self._cluster.max_wait is not None:
            env.process(self._patience(self._cluster.max_wait))
        try:
            with uncollected():
                following = self._admit_due()
                if following is not None:
                    env.process(self._arriving(following))
                env.run(until=self._ended)
        except RunError:
            raise
        except RuntimeError:
            if env.peek() < inf:  # it is not SimPy's word for a list of events that has come to its end
                raise
            raise self._starved() from None
        finally:
            self._close()
        if self._error is not None:
            raise self._error
        return unpack(self._rows, self.now)

    @property
    def now(self) -> int:
        """The tick it is: SimPy's clock, on which all times are whole numbers here."""
        return self.env.now  # type: ignore[return-value]

    # The processes.

    def _work(self, worker: SharedWorker) -> Process:
        """A worker's life: it ends what it was given and hands out work; without any it waits to be called."""
        while True:
            try:
                if worker.until is None:
                    worker.called = self.env.event()
                    yield worker.called
                    continue
                yield worker.until
            except simpy.Interrupt:  # its trial was stopped, and it may have another by now
                continue
            self._guarded(self._end_attempt, worker)

    def _arriving(self, following: Arrival) -> Process:
        """Lets each search in when its time has come."""
        while True:
            yield self.env.timeout(following.at - self.now)
            if self.now >= self._deadline:
                return
            found = self._admit_due(following)
            if found is None:
                return
            following = found

    def _timekeeper(self, time: int) -> Process:
        """Ends the run at `time`; results of that tick still count, and no work is handed out in it."""
        yield self.env.timeout(time)
        self._end()

    def _patience(self, max_wait: int) -> Process:
        """Ends the run once nobody has worked for `max_wait` ticks although there is a search, if any is to come."""
        env = self.env
        while True:
            if self._leads or not self._present:
                self._quiet = env.event()
                yield self._quiet
            since = self._quiet_since
            yield env.timeout(since + max_wait - self.now)
            yield env.timeout(0)  # after all else that happens at this tick
            if self._present and not self._leads and self._quiet_since == since:
                if env.peek() < inf:
                    self._end()
                return

    def _returning(self, machine: int, length: float) -> Process:
        """Lets trials on a machine again after `length` ticks, where machines are handed out slot by slot."""
        yield self.env.timeout(length)
        assert self._racks is not None
        self._racks.room.there[machine] = True
        self._racks.starting.pop(machine, None)
        self._guarded(lambda _: None, None)

    # What they do.

    def _guarded(self, change: Callable[[Any], None], what: Any) -> None:
        """Let something happen, and hand out work after it."""
        try:
            change(what)
            self._hand_out()
        except Exception as error:
            self._error = self._error or error
            self._end()

    def _end(self) -> None:
        """Let the run end after this tick."""
        self._deadline = min(self._deadline, self.now)
        if not self._ended.triggered:
            self._ended.succeed()

    def _admit_due(self, first: Arrival | None = None) -> Arrival | None:
        """Let in `first` and all who come at this tick, and hand out work; returns the first of those to come."""
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
        search = Search(
            number,
            slots=arrival.slots,
            weight=arrival.weight,
            priority=arrival.priority,
            max_slots=arrival.max_slots,
            arrival=arrival,
            searcher=searcher,
            curves=curves,
            fates=Fates(self._cluster.conditions, arrival.seed),
            queued=self._cluster.assignment == "queued",
            resume=self._cluster.resume and arrival.resume,
        )
        if not self._leads and not self._present:
            self._quiet_since = self.now
        self._present[number] = search
        self._scheduler.arrive(search)
        if not search.heard():
            self._leave(search)

    def _leave(self, search: Search) -> None:
        """Let a search go that is done."""
        del self._present[search.number]
        self._scheduler.leave(search)
        self.visits[search.number] = replace(self.visits[search.number], done=self.now)
        self._end_if_over()

    def _end_if_over(self) -> None:
        if not self._present and not self._coming:
            self._end()

    def _end_attempt(self, worker: SharedWorker) -> None:
        """Take in what a worker's attempt ends with, or that its machine is back."""
        search, task, now = worker.search, worker.task, self.now
        if search is None or task is None:
            worker.until = None
            self._starting -= worker.starting
            worker.starting = False
            self._places.free += 1
            self._places.places += 1
            heappush(self._idle, worker.rank)
            return
        self._give_back(worker, search)
        self._quiet_since = now
        job, exit_ = task.job, worker.exit
        if worker.safe is not None:
            self._keep(search, task, worker.safe)
            self._scheduler.stir(search)
            return
        if exit_ is INVALID:
            search.searcher.withdraw(job)
        else:
            worker.last = search, job[0], now
            search.searcher.report(job, worker.loss)
        if search.heard():
            self._scheduler.stir(search)
        else:
            self._leave(search)

    def _give_back(self, worker: SharedWorker, search: Search) -> None:
        """Take the attempt that ends from its worker, and from its search."""
        assert worker.running is not None
        del search.running[worker.running.started], self._leads[worker.running.started]
        for one in (worker, *worker.held):
            if isinstance(one.machine, Hired):
                one.machine.give_back(self.now)
        if self._racks is None:
            self._places.free += 1
            heappush(self._idle, worker.rank)
        else:
            self._racks.give_back(worker.running, (worker, *worker.held))
        worker.until = worker.task = worker.search = worker.running = None
        worker.held = ()

    def _keep(self, search: Search, task: Work, safe: int) -> None:
        """Keep a task whose attempt was lost, to be tried again from resource `safe` on."""
        if task.tries + 1 >= MAX_ATTEMPTS:
            raise StarvedError(
                f"trial {task.job[0]} of search {search.arrival.number} of {search.arrival.label} was tried "
                f"{MAX_ATTEMPTS:,} times up to resource {task.job[4]} and lost each time; lower crashes and drops, "
                "save checkpoints more often, let the scheduler stop fewer trials, or give a stop"
            )
        search.again(Work(task.job, safe, task.tries + 1))

    def _stop(self, search: Search, running: Running) -> None:
        """Stop a trial that runs, for the scheduler; it goes on from its last checkpoint when its turn has come."""
        worker, now = self._leads[running.started], self.now
        task, course = worker.task, worker.course
        assert task is not None
        assert course is not None
        spent = max(now - worker.begun, 0)
        if self._recovery.on_loss == "resume":
            rest = course.cut_short(spent) if spent else Rest(0, 0, 0)
        else:
            rest = Rest(min(course.lead, spent), 0, 0)
        safe = task.begin + rest.units
        if worker.counted:  # a loss that was to come, and does not
            search.restarts[task.job[0]] -= 1
        trial, bracket, rung, _, to_resource = task.job
        ROW.pack_into(
            self._rows, worker.row * ROW.size, worker.number, trial, bracket, rung, task.begin, to_resource,
            min(worker.begun, now), now, nan, rest.overhead, spent - rest.overhead - rest.kept, PREEMPTED,
        )  # fmt: skip
        self._give_back(worker, search)
        self._keep(search, task, safe)
        self._scheduler.stopped(search)
        if worker.process is not self.env.active_process and worker.process is not None:
            worker.process.interrupt()

    def _hand_out(self) -> None:
        """Give work to the idle workers as long as the scheduler names a search that starts a trial."""
        if self._present and self.now < self._deadline:
            self._look_around()
        room = self._places if self._racks is None else self._racks.room
        while self._present and self.now < self._deadline:
            for claim, running in self._scheduler.release(room):
                self._stop(self._present[claim.number], running)
            if not (self._start_one() if self._racks is None else self._start_somewhere(self._racks)):
                break
        if self._present and not (self._leads or self._quiet.triggered):
            self._quiet.succeed()

    def _look_around(self) -> None:
        """See which machines are there, where shares depend on it: a search alone shares with nobody."""
        if self.pool.steady:
            return
        if self._racks is not None:
            self._racks_there(self._racks)
        elif len(self._present) > 1:
            self._all_workers()
            idle, self._idle = self._idle, []
            self._idle = [rank for rank in sorted(idle) if self._is_there(self._workers[rank])]
            heapify(self._idle)

    def _racks_there(self, racks: _Racks) -> None:
        """Wait for each machine that is away."""
        for place, lead in racks.leads.items():
            if not racks.room.there[place] or lead.machine is None:
                continue
            up = lead.machine.at(self.now)
            if up is not None and isinstance(lead.machine, Hired) and lead.machine.let_go:
                racks.room.there[place] = False
                racks.let_go[place] = lead.machine
            elif up is None or up.ready > self.now:
                racks.room.there[place] = False
                if up is not None:
                    self._count_vain()
                    self.env.process(self._returning(place, min(up.ready, up.until) - self.now))

    def _hire_racks(self, racks: _Racks) -> None:
        """Hire machines that were let go, as long as the waiting trials take more slots than those that start up."""
        waiting = sum(search.waiting * search.slots for search in self._present.values() if not search.capped)
        for place in sorted(racks.let_go, key=lambda place: racks.leads[place].rank):
            if sum(racks.starting.values()) >= waiting:
                return
            machine = racks.let_go.pop(place)
            up = machine.at(self.now)
            if up is None:
                continue
            ready = up.since
            if up.since <= self.now:
                machine.hire(self.now)
                racks.starting[place] = racks.room.sizes[place]
                ready = self.now + racks.leads[place].group.start_up
            self.env.process(self._returning(place, min(ready, up.until) - self.now))

    def _start_one(self) -> bool:
        """Start a trial on the first idle worker that is there; False where nobody has one, or no worker is."""
        while (worker := self._next_idle()) is not None:
            if not self._is_there(worker):
                continue
            claim = self._scheduler.choose(self._places)
            if claim is None:
                heappush(self._idle, worker.rank)
                return False
            self._places.free -= 1
            self._start(self._present[claim.number], (worker,), ((worker.place, self.unit),))
            return True
        self._hire()
        return False

    def _hire(self) -> None:
        """Hire machines that were let go, the first in the policy's order first, while more work waits for them."""
        now = self.now
        while self._let_go and self._work_waits():
            rank, machine = heappop(self._let_go)
            up = machine.at(now)
            if up is None:
                continue
            if up.since > now:  # nobody can be hired before
                self._occupy(self._workers[rank], up.since - now)
                continue
            machine.hire(now)
            ready = min(now + self._workers[rank].group.start_up, up.until)  # it may go before it has started up
            self._start_up(rank, ready)
            while self._let_go and self._let_go[0][1] is machine:
                self._start_up(heappop(self._let_go)[0], ready)

    def _work_waits(self) -> bool:
        """Whether more trials wait than workers start up, or can be had from the searches."""
        below = [search for search in self._present.values() if not search.capped]
        if sum(search.waiting for search in below) > self._starting:
            return True
        return any(search.more and search.line_up() for search in below)

    def _start_up(self, rank: int, ready: float) -> None:
        """Let a worker wait until its machine, which has just been hired again, is `ready` to work."""
        worker = self._workers[rank]
        worker.starting = True
        self._starting += 1
        self._occupy(worker, ready - self.now)

    def _start_somewhere(self, racks: _Racks) -> bool:
        """Start a trial on the machine, or the machines, that suit it."""
        claim = self._scheduler.choose(racks.room)
        if claim is None:
            self._hire_racks(racks)
            return False
        on = racks.room.place(claim.slots)
        assert on is not None
        self._start(self._present[claim.number], racks.take(on), on)
        return True

    def _all_workers(self) -> list[SharedWorker]:
        while len(self._workers) < self.pool.workers:
            self._idle.append(len(self._workers))  # greater than all that are in the heap
            self._workers.append(self._new_worker(len(self._workers)))
        return self._workers

    def _next_idle(self) -> SharedWorker | None:
        """The first idle worker in the policy's order. A worker is made when it is first needed."""
        if self._idle:
            return self._workers[heappop(self._idle)]
        if len(self._workers) == self.pool.workers:
            return None
        worker = self._new_worker(len(self._workers))
        self._workers.append(worker)
        return worker

    def _new_worker(self, rank: int) -> SharedWorker:
        pool, number = self.pool, self.pool.worker(rank)
        machine = None if pool.steady else pool.machine(number)
        return SharedWorker(rank, number, pool.group(number), machine, pool.machine_number(number))

    def _is_there(self, worker: SharedWorker) -> bool:
        """Whether a worker can work now. If its machine is away it waits for that; a machine may be away for ever."""
        if worker.machine is None:
            return True
        now = self.now
        up = worker.machine.at(now)
        if up is not None and isinstance(worker.machine, Hired) and worker.machine.let_go:
            heappush(self._let_go, (worker.rank, worker.machine))
            up = None
        elif up is not None and up.ready <= now:
            return True
        self._places.free -= 1
        self._places.places -= 1
        if up is not None:
            self._count_vain()
            self._occupy(worker, min(up.ready, up.until) - now)  # it may go before it has started up
        return False

    def _count_vain(self) -> None:
        self._vain += not self._leads
        if self._vain > MAX_ATTEMPTS * 10:
            raise StarvedError("machines come and go, and none stays long enough to start up and work")

    def _occupy(self, worker: SharedWorker, length: float) -> None:
        """Let a worker be busy, or away, for `length` ticks from now."""
        worker.until = self.env.timeout(length)
        if worker.called is not None:
            worker.called.succeed()
            worker.called = None
        elif worker.life is None:
            worker.life = self._work(worker)
            worker.process = self.env.process(worker.life)

    def _start(self, search: Search, workers: tuple[SharedWorker, ...], on: tuple[tuple[int, int], ...]) -> None:
        """Begin an attempt at a search's next job. Its fate is drawn now; it may be stopped before."""
        worker, task = workers[0], search.next_work()
        stay = min(one.goes() for one in workers)
        worker.begun = self._given_out(stay) if self._cluster.decision_time else self.now
        worker.row = len(self.search_of)
        end = self._draw(search, task, workers, on)
        self.search_of.append(search.number)
        self.holdings += [(worker.row, other.number) for other in workers[1:]]
        self._started += 1
        running = Running(self._started, on)
        search.running[running.started] = running
        search.latest = running.started
        self._leads[running.started] = worker
        worker.search, worker.task, worker.running, worker.held = search, task, running, workers[1:]
        for one in workers:
            if isinstance(one.machine, Hired):
                one.machine.take()
        self._vain = 0
        self._occupy(worker, end - self.now)

    def _draw(
        self, search: Search, task: Work, workers: tuple[SharedWorker, ...], on: tuple[tuple[int, int], ...]
    ) -> int:
        """Draw what will come of an attempt, record it, and tell its first worker; returns when it will end."""
        worker, fates, (job, begin, tries) = workers[0], search.fates, task
        trial, bracket, rung, first, to_resource = job
        if not search.resume:
            first = 0
        spent, loss, exit_ = search.curves.train(trial, first, to_resource)
        units, every = to_resource - begin, self._recovery.checkpoint_every
        if begin != first:  # of a job tried again only what is left
            spent = round(spent * units / (to_resource - first))
        if self._uneven:  # the slowest of its machines counts
            drawn = self._fates if self._per_worker else fates
            spent = max(drawn.work(spent, trial, rung, tries, one.number, one.group.speed) for one in workers)
        lead = self._lead(worker, search, task) if self._overheads else 0
        work = spent or 1  # a job takes at least a tick, or an endless search would never reach its stop
        if self._slow:
            work = max(self._fates.slowed(work, worker.begun + lead, machine) for machine, _ in on)
        worker.course = course = Course(lead, work, units, every, self._save)
        length, overhead, lost, worker.safe, worker.counted = course.length, course.overhead, 0, None, False
        outcome = COMPLETED if exit_ is None else EXITED
        frail = workers[0] if len(workers) == 1 else min(workers, key=SharedWorker.goes)
        up = None if frail.machine is None else frail.machine.up
        stay = frail.goes() - worker.begun
        if stay < length or (self._losing and fates.lost_after(length, trial, rung, tries) <= length):
            fate = fates.of(
                course, trial, rung, tries,
                stay=stay,
                why=COMPLETED if up is None else up.why,
                notice=frail.group.preemption.notice if frail.group.preemption else 0,
            )  # fmt: skip
            length, overhead, lost = fate.length, fate.overhead, fate.lost
            worker.counted = fate.outcome is not PREEMPTED
            if self._dies(search, trial, fate.outcome):
                outcome, loss, exit_ = EXITED, inf, Exit.ERRORED
            else:
                outcome, loss, exit_, worker.safe = fate.outcome, nan, None, begin + fate.units
        elif exit_ is INVALID:
            loss = nan  # a result that vanishes
        end = worker.begun + length
        if end > ticks.LIMIT:
            raise RunError(ticks.TOO_LONG)
        worker.loss, worker.exit = loss, exit_
        self._rows += ROW.pack(
            worker.number, trial, bracket, rung, begin, to_resource, worker.begun, end, loss, overhead, lost, outcome
        )
        return end

    def _given_out(self, stay_until: float) -> int:
        """When the cluster gives the next job out: one after the other, each takes its decision time.

        A machine that goes before its turn comes loses the job as it goes.
        """
        self._decided = max(self._decided, self.now) + self._cluster.decision_time
        return int(min(self._decided, stay_until))

    def _lead(self, worker: SharedWorker, search: Search, task: Work) -> int:
        """Ticks before training: none where a promoted trial goes on at once where it was."""
        promoted = task.begin > 0 and task.tries == 0
        last = worker.last
        goes_on = promoted and last is not None and last[0] is search and last[1:] == (task.job[0], self.now)
        return self._fates.lead(begun=task.begin > 0, promoted=promoted, goes_on=goes_on)

    def _dies(self, search: Search, trial: int, outcome: Outcome) -> bool:
        """Whether a trial whose job is lost once more is given up."""
        if outcome is not PREEMPTED:
            search.restarts[trial] = search.restarts.get(trial, 0) + 1
        return self._recovery.on_loss == "exit" or search.restarts.get(trial, 0) > self._recovery.max_restarts

    def _starved(self) -> StarvedError:
        hours = int(unpack(self._rows, ticks.LIMIT)["end"].max(initial=0)) / ticks.UNITS["h"]
        return StarvedError(
            f"no worker is left after {hours:.3g} h, and {len(self._present)} searches are not over; let a group "
            "stay, or give a stop"
        )

    def _close(self) -> None:
        """End all lives. A process that waits holds its model, and a model its processes, until somebody looks."""
        for worker in self._workers:
            if worker.life is not None:
                worker.life.close()
        self._workers.clear()


def unit_of(slots: Sequence[int], groups: Sequence[MachineGroup]) -> int:
    """Slots of a worker: as many as go into every need, and into every machine where some are of whole machines."""
    if max(slots) > max(group.slots for group in groups):
        return gcd(*slots, *(group.slots for group in groups))
    return gcd(*slots)


class _Racks:
    """Machines handed out slot by slot: the places of each that are free, and the first of each."""

    def __init__(self, workers: Sequence[SharedWorker], unit: int, policy: Policy) -> None:
        self._unit = unit
        self._workers = workers
        self.leads: dict[int, SharedWorker] = {}  # by machine
        self.let_go: dict[int, Hired] = {}  # by machine, those that were let go
        self.starting: dict[int, int] = {}  # by machine, slots of those that were hired again and start up
        free: dict[int, list[int]] = {}
        groups: dict[str, int] = {}
        for worker in workers:
            self.leads.setdefault(worker.place, worker)
            free.setdefault(worker.place, []).append(worker.rank)
            groups.setdefault(worker.group.name, 0 if policy == "lowest" else len(groups))
        self._free = [free.get(machine, []) for machine in range(max(free) + 1)]  # by machine, heaps of ranks
        ranks = [groups[self.leads[machine].group.name] if machine in free else 0 for machine in range(max(free) + 1)]
        self.room = Machines([len(places) * unit for places in self._free], ranks)

    def take(self, on: Sequence[tuple[int, int]]) -> tuple[SharedWorker, ...]:
        """The workers of slots on some machines, the first of each machine first."""
        self.room.take(on)
        return tuple(
            self._workers[heappop(self._free[machine])] for machine, slots in on for _ in range(slots // self._unit)
        )

    def give_back(self, running: Running, workers: Sequence[SharedWorker]) -> None:
        """Take them back."""
        self.room.give_back(running.on)
        for worker in workers:
            heappush(self._free[worker.place], worker.rank)
