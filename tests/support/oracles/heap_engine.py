"""The cluster without SimPy: a heap of future events, and sets instead of heaps for everything else.

It has the same draws (MachinePool, Fates, Course) as the real engine, but its own logic that decides which worker
does which job when. To find machines that are let go while idle, it searches all their past work each time.
"""

from __future__ import annotations

from dataclasses import replace
from heapq import heappop, heappush
from math import inf, nan

from simulator.cluster.attempts import Course
from simulator.cluster.engine import Stop
from simulator.cluster.fates import Fates
from simulator.cluster.pool import MachinePool
from simulator.core.ticks import LIMIT
from simulator.curves.protocol import Exit
from simulator.searchers.protocol import Idle, Job, goes_on_in_place
from simulator.trace.trace import Outcome


class Idling:
    """The past of a machine that is let go after a number of ticks without work."""

    def __init__(self, machine, group):
        self.machine, self.idle, self.start_up = machine, group.release, group.start_up
        self.spells = []  # (since, ready, until) of its presence, paid or not
        self.work = {}  # the end of the work, by (place, start)
        self.hires = []  # (let go, hired)

    def gone(self, now):
        """The tick, before `now`, of its release; None while it is hired."""
        while not self.spells or self.spells[-1][2] <= now:
            up = self.machine.at(self.spells[-1][2] if self.spells else 0)
            if up is None:
                break
            self.spells.append((up.since, up.ready, up.until))
        if any(end is None or end > now for end in self.work.values()):
            return None
        since = max([0, *self.work.values(), *(hired + self.start_up for _, hired in self.hires)])
        for _, ready, until in self.spells:
            limit = max(since, ready) + self.idle
            if limit < min(until, now) and until > max([0, *self.work.values(), *(hired for _, hired in self.hires)]):
                return limit
        return None

    def let_go(self, until):
        """All spans before `until` for which it was let go while it would have been there, and its later starts."""
        spans = [*self.hires, *([] if self.gone(until) is None else [(self.gone(until), until)])]
        there = [
            (max(start, since), min(end, stop, until))
            for start, end in spans
            for since, _, stop in self.spells
            if max(start, since) < min(end, stop, until)
        ]
        boots = []
        for _, hired in self.hires:
            [stop] = [stop for since, _, stop in self.spells if since <= hired < stop]
            boots.append((hired, min(hired + self.start_up, stop, until)))
        return there, [boot for boot in boots if boot[0] < boot[1]]


def simulate_rows(searcher, curves, cluster, stop=None, seed=0, told=None):  # noqa: C901, PLR0912, PLR0915  (obvious, not short)
    """The rows that `cluster.engine.simulate` must make; None if it must raise StarvedError.

    `told` is a dictionary to which the machine of each worker is added that may be let go while it is idle.
    """
    stop = stop if isinstance(stop, Stop) else Stop(stop)
    conditions = cluster.conditions
    kept = tuple(replace(group, release="end") for group in cluster.machines)
    pool = MachinePool(kept, slots_per_trial=cluster.slots_per_trial, policy=cluster.policy, seed=seed)
    groups = dict(zip([group.name for group in kept], cluster.machines, strict=True))
    idling, told = {}, {} if told is None else told
    for worker in range(pool.workers):
        group = groups[pool.group(worker).name]
        if not isinstance(group.release, str):
            machine = pool.machine(worker)
            told[worker] = idling.setdefault(id(machine), Idling(machine, group))
    fates = Fates(conditions, seed)
    deadline = min(
        inf if stop.time is None else stop.time,
        inf if stop.cost is None else (pool.spending(stop.cost).spent_by(LIMIT) or inf),
    )
    rows, events, order = [], [], 0
    todo, again, late = [], [], []  # queued jobs; lost ones that come first; lost ones that come last
    recovery, held_back = conditions.recovery, 0  # lost jobs that may not be tried again yet
    ranks, running, restarts, full_length = set(range(pool.workers)), {}, {}, 0
    last = {}
    now, quiet, over, decided = 0, 0, False, 0
    just = None  # the rank and the trial of a result that has just come, if such a trial may go on in place
    starting = set()  # ranks whose machines were hired because workers were missing

    def cut(at):
        for index in running.values():
            row = rows[index]
            begin = min(row[6], at)
            rows[index] = (*row[:6], begin, at, Outcome.CUT, nan, min(row[10], at - begin), 0)
        return rows

    def there(worker):
        """The current or next spell of a worker's machine."""
        if worker not in told:
            return pool.machine(worker).at(now)
        told[worker].gone(now)
        hired = max([0, *(hired + told[worker].start_up for _, hired in told[worker].hires)])
        up = told[worker].machine.at(now)
        return up if up is None else up._replace(ready=max(up.ready, hired))

    while True:
        if cluster.assignment == "queued" and not over:
            while isinstance(job := searcher.next_job(), Job):
                todo.append(job)
            over = over or job is Idle.DONE
        served, kept = True, None
        if just and not over and now < deadline:
            rank, trial = just
            worker = pool.worker(rank)
            job = searcher.next_job()
            over = job is Idle.DONE
            if isinstance(job, Job):
                gone = worker in told and told[worker].gone(now) is not None
                up = None if job.trial != trial or gone else there(worker)
                if up is not None and up.ready <= now:
                    kept = rank
                    again.insert(0, (job, job.from_resource if cluster.resume else 0, 0))
                else:
                    if job.trial == trial and not gone:
                        ranks.remove(rank)
                        if up is not None:
                            heappush(events, (int(up.ready if up.ready < up.until else up.until), order, rank, None))
                            order += 1
                    again.append((job, job.from_resource if cluster.resume else 0, 0))
        just = None
        for rank in sorted(ranks, key=lambda rank: (rank != kept, rank)):
            if over or now >= deadline:
                break
            worker = pool.worker(rank)
            if worker in told and told[worker].gone(now) is not None:
                continue
            up = there(worker)
            if up is None or up.ready > now:
                ranks.remove(rank)
                if up is not None:
                    heappush(events, (int(up.ready if up.ready < up.until else up.until), order, rank, None))
                    order += 1
                continue
            if again:
                job, begin, number = again.pop(0)
            else:
                if cluster.assignment == "queued":
                    job = todo.pop(0) if todo else None
                else:
                    job = searcher.next_job()
                    over = job is Idle.DONE
                if isinstance(job, Job):
                    begin, number = job.from_resource if cluster.resume else 0, 0
                elif late:
                    job, begin, number = late.pop(0)
                else:
                    served = False
                    break
            first = job.from_resource if cluster.resume else 0
            spent, loss, exit_ = curves.train(job.trial, first, job.to_resource)
            units = job.to_resource - begin
            spent = round(spent * units / (job.to_resource - first))
            speed = pool.group(worker).speed
            work = max(1, fates.training_ticks(spent, job.trial, job.rung, number, worker, speed))
            start = now
            if cluster.decision_time:
                decided = max(decided, now) + cluster.decision_time
                start = decided if decided < up.until else int(up.until)
            fresh = number == 0
            stays = fresh and begin > 0 and last.get(worker) == (job.trial, now)
            lead = fates.lead(begun=begin > 0, promoted=begin > 0 and fresh, goes_on=stays)
            save = conditions.overheads.save if conditions.recovery.on_loss == "resume" else 0
            work = fates.with_slow_spells(work, start + lead, pool.machine_number(worker))
            fate = fates.fate(
                Course(lead, work, units, conditions.recovery.checkpoint_every, save),
                job.trial, job.rung, number, stay=up.until - start, why=up.why,
                notice=pool.group(worker).preemption.notice if pool.group(worker).preemption else 0,
            )  # fmt: skip
            outcome, lost_at = fate.outcome, None
            if outcome is Outcome.COMPLETED:
                outcome = Outcome.EXITED if exit_ else Outcome.COMPLETED
                loss = nan if exit_ is Exit.INVALID else loss
            else:
                if outcome is not Outcome.PREEMPTED:
                    restarts[job.trial] = restarts.get(job.trial, 0) + 1
                too_often = restarts.get(job.trial, 0) > conditions.recovery.max_restarts
                if conditions.recovery.on_loss == "exit" or too_often:
                    outcome, loss, exit_ = Outcome.EXITED, inf, Exit.ERRORED
                else:
                    loss, lost_at = nan, begin + fate.units
            end = start + fate.length
            row = (worker, job.trial, job.bracket, job.rung, begin, job.to_resource, start, end)
            if worker in told:
                told[worker].work[worker, now] = end
            heappush(events, (end, order, rank, (job, number, loss, exit_, lost_at)))
            order += 1
            ranks.remove(rank)
            running[rank] = len(rows)
            rows.append((*row, outcome, loss, fate.overhead, fate.lost))
        while served and not over and now < deadline:
            cold = [
                rank for rank in sorted(ranks) if (w := pool.worker(rank)) in told and told[w].gone(now) is not None
            ]
            if not cold:
                break
            if len(again) + len(late) + len(todo) <= len(starting):
                job = None if cluster.assignment == "queued" else searcher.next_job()
                over = over or job is Idle.DONE
                if not isinstance(job, Job):
                    break
                again.append((job, job.from_resource if cluster.resume else 0, 0))
            machine = told[pool.worker(cold[0])]
            up = there(pool.worker(cold[0]))
            if up is None or up.since > now:
                ranks.remove(cold[0])
                if up is not None:
                    heappush(events, (up.since, order, cold[0], None))
                    order += 1
                continue
            machine.hires.append((machine.gone(now), now))
            for rank in [rank for rank in cold if told[pool.worker(rank)] is machine]:
                ranks.remove(rank)
                starting.add(rank)
                heappush(events, (int(min(now + machine.start_up, up.until)), order, rank, None))
                order += 1
        if over and not (events and events[0][0] == now):
            return cut(now)
        if not over and (not events or events[0][0] > deadline):
            return cut(deadline) if deadline < inf else None
        stuck = not running and not held_back
        if stuck and cluster.max_wait is not None and events[0][0] - quiet > cluster.max_wait:
            return rows
        now, _, rank, done = heappop(events)
        if rank is None:  # a lost job that may be tried again
            held_back -= 1
            quiet = now
            (again if recovery.retry == "first" else late).append(done)
            continue
        ranks.add(rank)
        starting.discard(rank)
        if done is None:
            continue
        del running[rank]
        quiet = now
        job, number, loss, exit_, lost_at = done
        if lost_at is not None:
            left = job, lost_at, number + 1
            if recovery.retry_after:
                held_back += 1
                heappush(events, (now + recovery.retry_after, order, None, left))
                order += 1
            else:
                (again if recovery.retry == "first" else late).append(left)
            continue
        if exit_ is Exit.INVALID:
            searcher.withdraw(job)
            continue
        searcher.report(job, loss)
        last[pool.worker(rank)] = (job.trial, now)
        if goes_on_in_place(searcher) and cluster.assignment != "queued":
            just = rank, job.trial
        full_length += exit_ is None and job.from_resource < searcher.max_length <= job.to_resource
        in_full = stop.full_loss is not None and loss <= stop.full_loss and job.to_resource >= searcher.max_length
        if in_full or (stop.loss is not None and loss <= stop.loss):
            over = True
        if stop.full_length and full_length >= stop.full_length:
            over = True
