"""The cluster without SimPy: a heap of things to come, and sets instead of heaps for everything else.

It shares the draws (MachinePool, Fates, Course) with the real one, and none of the logic that decides who does what when.
"""

from __future__ import annotations

from heapq import heappop, heappush
from math import inf, nan

from simulator.cluster.attempts import Course
from simulator.cluster.engine import Stop
from simulator.cluster.fates import Fates
from simulator.cluster.machines import MachinePool
from simulator.core.ticks import LIMIT
from simulator.curves.protocol import Exit
from simulator.searchers.protocol import Idle, Job
from simulator.trace.trace import Outcome


def simulate_rows(searcher, curves, cluster, stop=None, seed=0):  # noqa: C901, PLR0912, PLR0915  (obvious, not short)
    """Rows of the trace, as `cluster.engine.simulate` must make them; None where it must find itself starved."""
    stop = stop if isinstance(stop, Stop) else Stop(stop)
    conditions = cluster.conditions
    pool = MachinePool(cluster.machines, slots_per_trial=cluster.slots_per_trial, policy=cluster.policy, seed=seed)
    fates = Fates(conditions, seed)
    deadline = min(
        inf if stop.time is None else stop.time,
        inf if stop.cost is None else (pool.spending(stop.cost).by(LIMIT) or inf),
    )
    rows, events, order = [], [], 0
    todo, again = [], []  # queued jobs; lost ones
    ranks, running, restarts, full_length = set(range(pool.workers)), {}, {}, 0
    last = {}
    now, quiet, over = 0, 0, False

    def cut(at):
        for index in running.values():
            row = rows[index]
            rows[index] = (*row[:7], at, Outcome.CUT, nan, min(row[10], at - row[6]), 0)
        return rows

    while True:
        if cluster.assignment == "queued" and not over:
            while isinstance(job := searcher.next_job(), Job):
                todo.append(job)
            over = over or job is Idle.DONE
        for rank in sorted(ranks):
            if over or now >= deadline:
                break
            worker = pool.worker(rank)
            up = pool.machine(worker).at(now)
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
                if not isinstance(job, Job):
                    break
                begin, number = job.from_resource if cluster.resume else 0, 0
            first = job.from_resource if cluster.resume else 0
            spent, loss, exit_ = curves.train(job.trial, first, job.to_resource)
            units = job.to_resource - begin
            spent = round(spent * units / (job.to_resource - first))
            speed = pool.group(worker).speed
            work = max(1, fates.work(spent, job.trial, job.rung, number, worker, speed))
            fresh = number == 0
            stays = fresh and begin > 0 and last.get(worker) == (job.trial, now)
            lead = fates.lead(begun=begin > 0, promoted=begin > 0 and fresh, goes_on=stays)
            save = conditions.overheads.save if conditions.recovery.on_loss == "resume" else 0
            fate = fates.of(
                Course(lead, work, units, conditions.recovery.checkpoint_every, save),
                job.trial, job.rung, number, stay=up.until - now, why=up.why,
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
            end = now + fate.length
            row = (worker, job.trial, job.bracket, job.rung, begin, job.to_resource, now, end)
            heappush(events, (end, order, rank, (job, number, loss, exit_, lost_at)))
            order += 1
            ranks.remove(rank)
            running[rank] = len(rows)
            rows.append((*row, outcome, loss, fate.overhead, fate.lost))
        if over and not (events and events[0][0] == now):
            return cut(now)
        if not over and (not events or events[0][0] > deadline):
            return cut(deadline) if deadline < inf else None
        if not running and cluster.max_wait is not None and events[0][0] - quiet > cluster.max_wait:
            return rows
        now, _, rank, done = heappop(events)
        ranks.add(rank)
        if done is None:
            continue
        del running[rank]
        quiet = now
        job, number, loss, exit_, lost_at = done
        if lost_at is not None:
            again.append((job, lost_at, number + 1))
            continue
        if exit_ is Exit.INVALID:
            searcher.withdraw(job)
            continue
        searcher.report(job, loss)
        last[pool.worker(rank)] = (job.trial, now)
        full_length += exit_ is None and job.from_resource < searcher.max_length <= job.to_resource
        if (stop.loss is not None and loss <= stop.loss) or (stop.full_length and full_length >= stop.full_length):
            over = True
