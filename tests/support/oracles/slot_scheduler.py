"""A slow scheduler for machines of several slots: each decision is made anew from the running trials and their places.

It uses no class of the simulator. A guest is [slots, weight, priority, max_slots, waiting, {started: places}], in
order of arrival; places are (machine, slots). Shares are fractions, and the rules are written as Determined describes
them.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

SLOTS, WEIGHT, PRIORITY, MOST, WAITING, RUNNING = range(6)


def settled(policy, machines, guests, started=0):
    """The steps, one after the other, until nothing more changes: ("stop", guest, started) or ("start", guest, places)."""
    done, found = [], offers(machines, guests)  # fair shares are computed from the capacity at the last change
    while True:
        for number, which in to_stop(policy, machines, guests, found):
            del guests[number][RUNNING][which]
            guests[number][WAITING] += 1
            done.append(("stop", number, which))
        number = to_start(policy, machines, guests, found)
        if number is None:
            return done
        guest, places = guests[number], place(machines, guests, guests[number][SLOTS])
        started += 1
        guest[WAITING] -= 1
        guest[RUNNING][started] = places
        done.append(("start", number, places))


def free(machines, guests, without=()):
    left = list(machines)
    for number, guest in enumerate(guests):
        for started, places in guest[RUNNING].items():
            if (number, started) not in without:
                for machine, slots in places:
                    left[machine] -= slots
    return left


def place(machines, guests, slots, without=()):
    """The tightest machine that fits, or else whole idle machines of one size, the largest that divides the need."""
    left = free(machines, guests, without)
    if max(machines) >= slots:
        there = [(left[machine], machine) for machine in range(len(machines)) if left[machine] >= slots]
        return ((min(there)[1], slots),) if there else None
    for size in sorted(set(machines), reverse=True):
        idle = [machine for machine in range(len(machines)) if machines[machine] == left[machine] == size]
        if slots % size == 0 and len(idle) >= slots // size:
            return tuple((machine, size) for machine in next(combinations(idle, slots // size)))
    return None


def held(guest):
    return guest[SLOTS] * len(guest[RUNNING])


def wants(guest):
    return guest[WAITING] > 0 and (guest[MOST] is None or held(guest) + guest[SLOTS] <= guest[MOST])


def urgency(guests):
    return sorted(range(len(guests)), key=lambda number: (guests[number][PRIORITY], number))


def to_start(policy, machines, guests, found):
    if policy == "fair_share" and len(guests) > 1:
        return next(
            (n for n, guest in enumerate(guests)
             if guest[WAITING] and held(guest) + guest[SLOTS] <= found[n] and place(machines, guests, guest[SLOTS])),
            None,
        )  # fmt: skip
    order = urgency(guests) if policy in {"priority", "preemption"} else range(len(guests))
    refused = None  # the priority of a trial that waits without room
    for number in order:
        guest = guests[number]
        if not wants(guest):
            continue
        if refused is not None and guest[PRIORITY] > refused:
            return None
        if place(machines, guests, guest[SLOTS]):
            return number
        if policy == "priority" and refused is None:
            refused = guest[PRIORITY]
    return None


def to_stop(policy, machines, guests, found):
    if policy == "fair_share" and len(guests) > 1:
        stopped = []
        for number, guest in enumerate(guests):
            mine = sorted(guest[RUNNING])
            while len(mine) * guest[SLOTS] > found[number]:
                stopped.append((number, mine.pop(0)))
        return stopped
    for number in urgency(guests) if policy == "preemption" else ():
        guest = guests[number]
        if not wants(guest):
            continue
        if place(machines, guests, guest[SLOTS]):
            return []
        less = sorted(
            ((other[PRIORITY], started, at) for at, other in enumerate(guests) for started in other[RUNNING]),
            reverse=True,
        )
        victims = [(at, started) for priority, started, at in less if priority > guest[PRIORITY]]
        for many in range(1, len(victims) + 1):
            if place(machines, guests, guest[SLOTS], victims[:many]):
                return victims[:many]
    return []


def offers(machines, guests):
    """Rounds of shares by weight, the smallest demand first; the youngest whose trial can't start is left out."""
    capacity, found = sum(machines), [0] * len(guests)
    demand = [
        0
        if guest[SLOTS] > capacity
        else min(held(guest) + guest[WAITING] * guest[SLOTS], guest[MOST] or capacity * 99)
        for guest in guests
    ]
    inside = {number for number in range(len(guests)) if demand[number]}
    left = capacity
    while True:
        while left and (unmet := [n for n in inside if found[n] < demand[n]]):
            start, total = left, sum(Fraction(guests[n][WEIGHT]) for n in unmet)
            for n in sorted(unmet, key=lambda n: (demand[n], n)):
                more = min(max(1, start * guests[n][WEIGHT] // total), left, demand[n] - found[n])
                found[n] += more
                left -= more
        if left:
            return found
        short = [n for n in inside if guests[n][WAITING] and found[n] < guests[n][SLOTS]]
        giving = [n for n in short if found[n]]
        if not giving:
            return found
        youngest = max(giving)
        inside -= {n for n in short if n >= youngest}
        left, found[youngest] = found[youngest], 0
