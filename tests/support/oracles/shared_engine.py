"""A slow engine for many searches on equal workers: every decision is made anew from the whole state.

It uses neither SimPy nor the simulator's schedulers. Offers are fractions, and demands are counted from the jobs at
hand. There are no failures, and every trial takes one slot.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from simulator.searchers.protocol import Idle

ENDLESS = 10**9


@dataclass
class Guest:
    number: int
    searcher: Any
    curves: Any
    queued: bool
    weight: Fraction
    priority: int
    max_slots: int | None
    line: list[Any] = field(default_factory=list)  # jobs, as (job, begin, tries); lost ones first
    lost: int = 0  # how many of them were
    latest: int = 0  # when its latest trial started
    silent: bool = False  # it has no more jobs until its next report

    def hear(self):
        self.silent = False
        while self.queued and self.pull():
            pass

    def pull(self):
        if self.silent:
            return False
        answer = self.searcher.next_job()
        if isinstance(answer, Idle):
            self.silent = True
            return False
        self.line.append((answer, answer[3], 0))
        return True


@dataclass
class Run:
    end: int
    order: int
    begun: int
    worker: int
    guest: Guest
    task: Any
    loss: float
    row: int


def share(guests, workers, policy, stop=None):
    """Rows (worker, search, trial, begin, to, start, end, loss or None, how); `guests` are (at, make, about)."""
    return _Party(guests, workers, policy, stop).play()


class _Party:
    def __init__(self, guests, workers, policy, stop):
        self.coming, self.workers, self.policy, self.stop = list(guests), workers, policy, stop
        self.rows, self.here, self.runs = [], [], []
        self.now = self.order = self.came = 0
        self.made = None  # the offers since the last event
        self.next_order = None  # when the timer of the next arrival was set

    def play(self):
        while self.coming and self.coming[0][0] <= 0:
            self.admit()
        self.hand_out()
        self.timer()
        while self.here or self.coming:
            ends = [(run.end, run.order, run) for run in self.runs]
            if self.coming:
                ends.append((self.coming[0][0], self.next_order, None))
            at, _, run = min(ends, key=lambda one: one[:2])
            if self.stop is not None and at > self.stop:
                break
            self.now = at
            if run is None:
                if self.now == self.stop:
                    self.coming = []
                    continue
                while self.coming and self.coming[0][0] <= self.now:
                    self.admit()
                self.hand_out()
                self.timer()
            else:
                self.finish(run)
                self.hand_out()
        for run in self.runs:
            self.rows[run.row][6:] = [self.stop, None, "cut"]
        return [tuple(row) for row in self.rows]

    def timer(self):
        if self.coming:
            self.order += 1
            self.next_order = self.order

    def admit(self):
        self.made = None
        _, make, about = self.coming.pop(0)
        guest = Guest(self.came, *make(), **about)
        self.came += 1
        self.here.append(guest)
        guest.hear()
        if not guest.line and not guest.pull():
            self.here.remove(guest)

    def finish(self, run):
        self.made = None
        self.runs.remove(run)
        run.guest.searcher.report(run.task[0], run.loss)
        run.guest.hear()
        if not run.guest.line and not self.of(run.guest) and not run.guest.pull():
            self.here.remove(run.guest)

    def of(self, guest):
        return [run for run in self.runs if run.guest is guest]

    def hand_out(self):
        while self.here and (self.stop is None or self.now < self.stop):
            for run in self.to_stop():
                self.halt(run)
            idle = sorted(set(range(self.workers)) - {run.worker for run in self.runs})
            if not idle:
                break
            guest = self.chosen()
            if guest is None:
                break
            self.start(guest, idle[0])

    def start(self, guest, worker):
        task = guest.line.pop(0)
        guest.lost = max(guest.lost - 1, 0)
        job, begin, _ = task
        trial, _, _, first, to = job
        ticks, loss, _ = guest.curves.train(trial, first, to)
        ticks = round(ticks * (to - begin) / (to - first)) if begin != first else ticks
        self.order += 1
        guest.latest = self.order
        run = Run(self.now + max(ticks, 1), self.order, self.now, worker, guest, task, loss, len(self.rows))
        self.runs.append(run)
        self.rows.append([worker, guest.number, trial, begin, to, self.now, run.end, loss, "completed"])

    def halt(self, run):
        job, begin, tries = run.task
        units, work, spent = job[4] - begin, run.end - run.begun, self.now - run.begun
        kept = max(done for done in range(units) if round(work * done / units) <= spent)
        self.runs.remove(run)
        self.rows[run.row][6:] = [self.now, None, "preempted"]
        run.guest.line.insert(run.guest.lost, (job, begin + kept, tries + 1))
        run.guest.lost += 1

    def open(self, guest):
        """Whether a search is below its max_slots."""
        return guest.max_slots is None or len(self.of(guest)) < guest.max_slots

    def wants(self, guest):
        return self.open(guest) and (bool(guest.line) or guest.pull())

    def chosen(self):
        if self.policy == "fair_share":
            if len(self.here) == 1:
                return self.here[0] if self.wants(self.here[0]) else None
            offers = self.offers()
            below = [guest for guest in self.here if guest.line and len(self.of(guest)) < offers[guest.number]]
            return below[0] if below else None
        key = (lambda guest: guest.number) if self.policy == "fifo" else lambda guest: (guest.priority, guest.number)
        return next((guest for guest in sorted(self.here, key=key) if self.wants(guest)), None)

    def to_stop(self):
        if self.policy == "fair_share" and len(self.here) > 1:
            offers, out = self.offers(), []
            for guest in self.here:
                mine = sorted(self.of(guest), key=lambda run: run.order)
                out += mine[: max(0, len(mine) - offers[guest.number])]
            return out
        if self.policy != "preemption" or len(self.runs) < self.workers:
            return []
        for guest in sorted(self.here, key=lambda guest: (guest.priority, guest.number)):
            less = [run for run in self.runs if run.guest.priority > guest.priority]
            if less and self.wants(guest):
                return [max(less, key=lambda run: (run.guest.priority, run.order))]
        return []

    def offers(self):
        """The offers by guest; a guest whose demand is unknown is asked until it is known, as far as needed."""
        while self.made is None:
            found = filled([(*self.demand(guest), guest.weight) for guest in self.here], self.workers)
            offers = {guest.number: offer for guest, offer in zip(self.here, found, strict=True)}
            for guest in self.here:
                missing = offers[guest.number] - len(self.of(guest)) - len(guest.line)
                if not guest.silent and missing > 0 and not all(guest.pull() for _ in range(missing)):
                    break
            else:
                self.made = offers
        return self.made

    def demand(self, guest):
        """A guest's demand in slots, and its turn among equal demands of unknown size."""
        held = len(self.of(guest))
        known = held + len(guest.line) if guest.silent else ENDLESS
        turn = (0, 0) if guest.silent else (-held, guest.latest)
        return known if guest.max_slots is None else min(known, guest.max_slots), turn


def filled(demands, slots):
    """Progressive filling, for trials of one slot."""
    offers = [0] * len(demands)
    while True:
        wanting = (i for i, demand in enumerate(demands) if offers[i] < demand[0])
        unmet = sorted(wanting, key=lambda i: demands[i][:2])
        if not slots or not unmet:
            return offers
        start, total = slots, sum(demands[i][2] for i in unmet)
        for i in unmet:
            share = max(1, int(start * demands[i][2] / total))
            more = min(share, slots, demands[i][0] - offers[i])
            offers[i] += more
            slots -= more
