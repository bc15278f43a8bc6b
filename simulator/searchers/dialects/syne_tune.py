"""Syne Tune's schedulers: ASHA by stopping and by promotion of 0.13.0, and by stopping of 0.16.0.

The rules are those of `syne_tune/optimizer/schedulers`: `hyperband_stopping.py`, `hyperband_promotion.py` and
`hyperband.py` (0.13.0), `asha.py` (0.16.0). In 0.13 the quantile at a level is the level divided by the next level,
not 1 / reduction_factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import count, pairwise
from math import inf, isnan
from typing import Literal

import numpy as np

from simulator.searchers.bracket import Bracket
from simulator.searchers.dialects.ray import BracketOf, stopping_brackets
from simulator.searchers.dialects.reports import DecidingReport, report_bracket
from simulator.searchers.dialects.syne_tune_order import Order
from simulator.searchers.far_results import Entry
from simulator.searchers.gate import Judge
from simulator.searchers.progress import endless, trials_of
from simulator.searchers.protocol import Searcher


def syne_tune_stopping(
    *,
    max_num_trials_started: int | None,
    version: Literal["0.13", "0.16"] = "0.16",
    max_t: int = 100,
    grace_period: int = 1,
    reduction_factor: float = 3,
    brackets: int = 1,
    report_every: int = 1,
    maximised: bool = False,
    bracket_of: BracketOf | None = None,
) -> Searcher:
    """ASHA by stopping: a trial stops at once or goes on where it is, up to `max_t`.

    Of version 0.13 only one bracket is simulated; it skips a level at which a trial does not report.
    """
    if version == "0.16":
        return stopping_brackets(
            ShareJudge,
            max_num_trials_started,
            max_t,
            grace_period,
            reduction_factor,
            brackets,
            report_every,
            bracket_of,
        )
    quantiles = level_quantiles(max_t, grace_period, reduction_factor)
    reported = [(level, quantile) for level, quantile in quantiles if level % report_every == 0]
    reports = [DecidingReport(level, (rung,), ()) for rung, (level, _) in enumerate(reported)]
    judges = [QuantileJudge(quantile, maximised=maximised) for _, quantile in reported]
    return report_bracket(
        [*reports, DecidingReport(max_t, (), ())], judges, count(), max_trials=max_num_trials_started
    )


def syne_tune_promotion(
    *,
    max_num_trials_started: int | None,
    max_t: int = 100,
    grace_period: int = 1,
    reduction_factor: float = 3,
    maximised: bool = False,
) -> Searcher:
    """ASHA by promotion of 0.13: a trial pauses at every level and leaves it when it is good enough.

    It goes on promoting after all trials have started; Syne Tune's own tuner ends the search there.
    """
    quantiles = level_quantiles(max_t, grace_period, reduction_factor)
    return Bracket(
        [*(level for level, _ in quantiles), max_t],
        PromotionRung([quantile for _, quantile in quantiles], maximised),
        count(),
        max_trials=max_num_trials_started,
        meter=endless if max_num_trials_started is None else trials_of(max_num_trials_started),
    )


def level_quantiles(max_t: int, grace_period: int, reduction_factor: float) -> list[tuple[int, float]]:
    """Levels of version 0.13 below `max_t`, each with its quantile: the level divided by the next level."""
    levels: list[int] = []
    power = 0
    while (level := round(grace_period * reduction_factor**power)) < max_t:
        levels.append(level)
        power += 1
    return [(low, low / high) for low, high in pairwise([*levels, max_t])]


class Quantile:
    """The place of version 0.13's quantile among n losses, by linear interpolation between two of them."""

    def __init__(self, quantile: float, *, maximised: bool) -> None:
        self._quantile = 1 - quantile if maximised else quantile
        self._maximised = maximised

    def place(self, results: int) -> tuple[int, float]:
        """The number of losses up to the better of the two, and the weight of the worse one."""
        index = (results - 1) * self._quantile + 1
        whole = int(index)
        weight = index - whole
        return (results - whole, 1 - weight) if self._maximised else (whole, weight)


class QuantileJudge(Judge):
    """Lets a trial go on if its loss is not above the quantile of the losses here, its own included.

    The first trial goes on. `order` replaces the sorted losses once one of them is NaN.
    """

    __slots__ = ("_quantile", "order")

    def __init__(self, quantile: float, *, maximised: bool = False) -> None:
        super().__init__()
        self._quantile = Quantile(quantile, maximised=maximised)
        self.order: Order | None = None

    def __len__(self) -> int:
        return len(self._recorded)

    def places(self, results: int) -> int:
        """The number of losses up to the better of the two between which the quantile lies."""
        return self._quantile.place(results)[0]

    def bar(self) -> float:
        """The quantile; inf if there are fewer than two losses, so that every trial is good enough."""
        results = len(self)
        if results < 2:  # noqa: PLR2004
            return inf
        place, weight = self._quantile.place(results)
        if self.order is not None:
            better, worse = self.order.losses[place - 1 : place + 1]
        else:
            better, worse = self._cutoff.inside, self._cutoff.outside
        return weight * worse + (1 - weight) * better

    def goes_on(self, trial: int, loss: float) -> bool:
        """Record the loss and decide."""
        self.record(trial, loss)
        return len(self) < 2 or loss <= self.bar()  # noqa: PLR2004

    def record(self, trial: int, loss: float) -> int:
        """Add a loss; returns how many there are."""
        if self.order is None and isnan(loss):
            self.order = Order(self._recorded)
        if self.order is None:
            return super().record(trial, loss)
        self._recorded[trial] = loss
        self.order.add(trial, loss)
        return len(self)

    def forget(self, trial: int) -> bool:
        """Drop the loss of `trial`, if there is one."""
        if self.order is not None and trial in self:
            self.order.take_out(trial)
        return super().forget(trial)


class ShareJudge(Judge):
    """Lets a trial go on if at most 1 in `reduction_factor` of the losses here is strictly better.

    Its own loss is one of these. Once a loss is NaN, the number of better losses is what Python's sort and NumPy's
    search give for such a list. The sort gives another result from Python 3.13 on, and the search from NumPy 2.5 on,
    here and in the real class. Simulated runs never report NaN.
    """

    __slots__ = ("_share",)

    def __init__(self, reduction_factor: float) -> None:
        super().__init__()
        self._share = 1 / reduction_factor

    def places(self, results: int) -> int:
        """The greatest number of losses that may be better, plus one."""
        better = int(results * self._share)
        while (better + 1) / results <= self._share:
            better += 1
        while better / results > self._share:
            better -= 1
        return better + 1

    def goes_on(self, trial: int, loss: float) -> bool:
        """Record the loss and decide."""
        self.record(trial, loss)
        if len(self._recorded) == len(self):
            return loss <= self._cutoff.inside
        losses = np.array(list(self._recorded.values()))
        better = int(np.searchsorted(sorted(losses), losses)[-1])
        return len(losses) == 1 or better / len(losses) <= self._share


@dataclass(frozen=True)
class PromotionRung:
    """The rule of `syne_tune_promotion`: the best paused trial of a level leaves if it is within the quantile."""

    quantiles: Sequence[float]
    maximised: bool

    def rung(self, index: int) -> PromotionLevel:
        """An empty level `index`."""
        return PromotionLevel(self.quantiles[index], maximised=self.maximised)


class PromotionLevel:
    """A level of `syne_tune_promotion`; its candidates are the trials paused there. A dead trial is not recorded."""

    __slots__ = ("_arrivals", "_judge", "_results", "candidates")

    def __init__(self, quantile: float, *, maximised: bool) -> None:
        self._judge = QuantileJudge(quantile, maximised=maximised)
        self._arrivals = count()
        self._results = 0
        self.candidates: list[Entry] = []

    def __len__(self) -> int:
        return self._results

    def record(self, trial: int, loss: float) -> bool:
        """Take a result; returns whether `promote` may find a trial."""
        self._results += 1
        if loss != inf:
            self._judge.record(trial, loss)
            heappush(self.candidates, (loss, next(self._arrivals), trial))
        return self._open()

    def promote(self) -> Entry | None:
        """Let the best paused trial leave, if its loss is good enough; None if none leaves."""
        if not self._open():
            return None
        if self._judge.order is None:
            return heappop(self.candidates)
        trial, _ = self._first_paused(self._judge.order)
        self._judge.order.add(trial, self._judge.order.take_out(trial))
        place = [entry[2] for entry in self.candidates].index(trial)
        return self.candidates.pop(place)

    def withdraw(self, trial: int) -> bool:
        """Forget the result of `trial`."""
        if not self._judge.forget(trial):
            return False
        self._results -= 1
        self.candidates = [entry for entry in self.candidates if entry[2] != trial]
        heapify(self.candidates)
        return True

    def _open(self) -> bool:
        if len(self._judge) < 2 or not self.candidates:  # noqa: PLR2004
            return False
        order = self._judge.order
        loss = self.candidates[0][0] if order is None else self._first_paused(order)[1]
        return not loss > self._judge.bar()

    def _first_paused(self, order: Order) -> tuple[int, float]:
        return order.first({trial for _, _, trial in self.candidates})
