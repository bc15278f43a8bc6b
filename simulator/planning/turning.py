"""Changes of a decision: the factor of a quantity beyond which another option is to be taken.

A few replicates of the options in question, with half and with twice as much of a quantity under the same seeds, show
how much longer and more expensive each becomes. For a factor in between, times and costs of all runs are taken to
change by a power of the factor. Changes of prices need no runs. Other pilots are the sets that the plan has drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import NamedTuple

import numpy as np

from simulator.planning.advice import Advice, advise
from simulator.planning.choice import does
from simulator.planning.ignorance import Ignorance, by_set
from simulator.planning.options import Option, option
from simulator.planning.runs import BILLS, Runs
from simulator.planning.sensitivity import LEAST, MOST, PRICE, Variation
from simulator.scenario.plan import PlanSection

#: Greatest number of options that are compared: the chosen one, its neighbours, and those chosen in other series.
CONTENDERS = 8
#: Number of replicates of each option with half, and with twice, as much of a quantity.
LOOKS = 12
#: Factors to try first, those nearest to 1 first; the change is then located between two of them.
UP, DOWN = (1.1, 1.2, 1.35, 1.5, 1.75, MOST), (0.9, 0.8, 0.7, 0.6, LEAST)
#: Name of the change to other pilots, or to another cluster within the calibration's uncertainty.
FIT = "fit"
#: Accuracy of the factor at which a decision changes.
NEAR = 0.01
#: The decision counts as uncertain if at least this share of the drawn sets of pilots leads to another one.
OFTEN = 0.25


class Growth(NamedTuple):
    """Growth of the logarithms of time, worker-hours and money."""

    time: float = 0.0
    hours: float = 0.0
    cost: float = 0.0

    def times(self, share: float) -> Growth:
        """The growth multiplied by `share`."""
        return Growth(*(share * value for value in self))


@dataclass(frozen=True, eq=False)
class Turn:
    """A change of the decision: with more than `factor` times as much of `what`, the option `now` is chosen instead.

    If `factor` is below 1, the decision changes with less than that. `now` is None if no option is chosen then. If
    other pilots change the decision, they do so in a `share` of the sets, and `factor` has no meaning.
    """

    what: str
    factor: float
    now: Option | None
    share: float | None = None

    @property
    def far(self) -> float:
        """Distance of the factor from 1, as a logarithm; 0 for other pilots."""
        return 0.0 if self.share is not None else abs(log(self.factor))


def contenders(advice: Advice) -> list[Option]:
    """The options that may be chosen if quantities are a little different."""
    chosen = advice.chosen or advice.nearest
    own = advice.series_of(chosen)
    at = own.options.index(chosen)
    near = sorted(own.options, key=lambda one: abs(own.options.index(one) - at))
    others = [one.chosen for one in advice.series if one.chosen is not None and one is not own]
    beside = [
        found
        for one in advice.series
        if one is not own
        for found in sorted(one.options, key=lambda found: abs(log(found.count / chosen.count)))[:2]
    ]
    order = [*near[:4], *others, *beside, *near[4:]]
    return list(dict.fromkeys(order))[:CONTENDERS]


class Turning:
    """The decision among some options; `runs` and `unknown` have an entry for each option, in order."""

    def __init__(
        self, options: Sequence[Option], runs: Sequence[Runs], unknown: Sequence[Ignorance | None], plan: PlanSection
    ) -> None:
        self._options, self._runs, self._unknown, self._plan = options, runs, unknown, plan
        self._chosen = self._place(self._advice([Growth()] * len(options), plan))

    def turns(self, what: str, less: Sequence[Growth], more: Sequence[Growth]) -> Iterator[Turn]:
        """Changes of the decision with more or less of a quantity; `less` and `more` are the growths at both ends."""
        for ends, steps in ((more, UP), (less, DOWN)):

            def grown(factor: float, ends: Sequence[Growth] = ends, end: float = steps[-1]) -> list[Growth]:
                return [one.times(log(factor) / log(end)) for one in ends]

            found = self._first(grown, steps)
            if found is not None:
                yield Turn(what, *found)

    def priced(self, settings: Sequence[str]) -> Iterator[Turn]:
        """Changes with prices: of all settings, and of each alone if there are several."""
        for setting in [None, *settings] if len(settings) > 1 else [None]:
            mine = [setting is None or one.cell.setting == setting for one in self._options]
            ends = [[Growth(cost=log(end) if own else 0.0) for own in mine] for end in (LEAST, MOST)]
            yield from self.turns(Variation(PRICE, MOST, setting).what, *ends)

    def not_known(self, sets: Sequence[Runs | None]) -> Iterator[Turn]:
        """A change if the chosen option often fails with other pilots and other possible clusters, and how often.

        The runs of each option are in order of sets.
        """
        grown = [_by_set(runs) for runs in sets]
        count = max(map(len, grown), default=0)
        if not count or self._chosen is None:
            return
        plan = self._plan.model_copy(update={"choose_by": "estimate"})  # each set is treated as the truth
        held, taken = 0, Counter[int | None]()
        for number in range(count):
            advice = self._advice([one[number] if one else Growth() for one in grown], plan, sure=True)
            if does(advice.options[self._chosen].met, plan):
                held += 1
            else:
                taken[self._place(advice)] += 1
        share = 1 - held / count
        if share >= OFTEN:
            place = taken.most_common(1)[0][0]
            yield Turn(FIT, 1.0, None if place is None else self._options[place], share)

    def _first(
        self, grown: Callable[[float], list[Growth]], steps: Sequence[float]
    ) -> tuple[float, Option | None] | None:
        """The factor beyond which the decision changes, and the option chosen then; None if it never changes."""
        holds = 1.0
        for step in steps:
            advice = self._advice(grown(step), self._plan)
            if self._holds(advice, self._plan):
                holds = step
                continue
            turned = step
            while abs(turned - holds) > NEAR:
                middle = (holds + turned) / 2
                between = self._advice(grown(middle), self._plan)
                if self._holds(between, self._plan):
                    holds = middle
                else:
                    turned, advice = middle, between
            place = self._place(advice)
            return turned, None if place is None else self._options[place]
        return None

    def _holds(self, advice: Advice, plan: PlanSection) -> bool:
        """Whether the chosen option is still good: it does what is asked, and no other option is clearly better."""
        if self._chosen is None:
            return advice.chosen is None
        mine = advice.options[self._chosen]
        return advice.chosen is mine or (mine in advice.tied and does(mine.known.met, plan))

    def _place(self, advice: Advice) -> int | None:
        return None if advice.chosen is None else advice.options.index(advice.chosen)

    def _advice(self, grown: Sequence[Growth], plan: PlanSection, *, sure: bool = False) -> Advice:
        options = []
        for one, runs, unknown, growth in zip(self._options, self._runs, self._unknown, grown, strict=True):
            searcher = int(runs["searcher"][0])
            options.append(option(one.cell, searcher, _grown(runs, growth), plan, None if sure else unknown))
        return advise(options, plan)


def growth(own: Runs, varied: Runs) -> Growth:
    """The growth from `own` runs to `varied` runs under the same seeds, as means of differences of logarithms."""
    return Growth(*(_mean_log(own[name], varied[name]) for name in ("time_s", "worker_hours", "cost")))


def _mean_log(one: np.ndarray, other: np.ndarray) -> float:
    both = np.isfinite(one) & np.isfinite(other) & (one > 0) & (other > 0)
    return float(np.log(other[both] / one[both]).mean()) if both.any() else 0.0


def _grown(runs: Runs, growth: Growth) -> Runs:
    made = runs.copy()
    made["time_s"] *= exp(growth.time)
    made["worker_hours"] *= exp(growth.hours)
    for name in BILLS:
        made[name] *= exp(growth.cost)
    return made


def _by_set(runs: Runs | None) -> list[Growth]:
    """The growth from the mean of all sets to the runs of each set."""
    if runs is None or not len(runs):
        return []
    logs = [by_set(runs, name) for name in ("time_s", "worker_hours", "cost")]
    return [Growth(*map(float, row)) for row in np.stack(logs, axis=1)]
