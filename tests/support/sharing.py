"""Searches that share a cluster, without a clock: a scheduler's decisions carried out until there are no more."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.cluster.sharing.claims import Claim, Running


@dataclass(eq=False, slots=True)
class Asked(Claim):
    """A search that answers each request whether it has one more trial."""

    answers: list[bool] = field(default_factory=list)

    def ask(self):
        self.more = self.answers.pop(0)
        self.waiting += self.more
        return self.more


def asked(number, answers, **about):
    return Asked(number, more=True, answers=answers, **about)


def settled(policy, room, claims=()):
    """Let searches arrive, then stop and start trials as `policy` says until nothing changes; returns the steps."""
    for claim in claims:
        for trial in claim.running.values():
            room.take(trial.on)
        policy.arrive(claim)
    done, number = [], getattr(room, "started", 0)
    while True:
        for claim, trial in policy.release(room):
            room.give_back(trial.on)
            del claim.running[trial.started]
            claim.waiting += 1
            policy.stopped(claim)
            done.append(("stop", claim.number, trial.started))
        chosen = policy.choose(room)
        if chosen is None:
            return done
        on = room.place(chosen.slots)
        room.take(on)
        number += 1
        room.started = number
        chosen.waiting -= 1
        chosen.running[number] = Running(number, on)
        chosen.latest = number
        done.append(("start", chosen.number, on))
