"""The advice: which option to take, and what else a reader should know. choice.py explains the words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from simulator.planning.choice import Choice, Conflict, Edge, Ground, Series, expense
from simulator.planning.differences import Difference, differences
from simulator.planning.options import Option
from simulator.planning.tradeoff import front, knee
from simulator.scenario.plan import PlanSection


@dataclass(frozen=True, eq=False)
class Advice:
    """All conclusions from a sweep; `ground` is the criterion by which the option was chosen.

    `base` is the option to whose expense the others were compared; None if the ground is not expense, or if no option
    can be taken. `open` are the options of which more replicates may settle the choice.
    """

    options: tuple[Option, ...]
    series: tuple[Series, ...]
    best: Series | None
    ground: Ground
    priced: bool
    base: Option | None
    tied: tuple[Option, ...]
    open: tuple[Option, ...]
    front: tuple[Option, ...]
    knee: Option | None
    conflict: Conflict | None
    differences: tuple[Difference, ...]

    @property
    def chosen(self) -> Option | None:
        """The option to take."""
        return self.best.chosen if self.best else None

    @property
    def edges(self) -> dict[int, Edge]:
        """The numbers of workers of the chosen option and of the base that are the fewest or the most tried."""
        found: dict[int, Edge] = {}
        for option in (self.chosen, self.base):
            edge = None if option is None else self.series_of(option).edge(option)
            if option is not None and edge is not None:
                found.setdefault(option.count, edge)
        return found

    def series_of(self, option: Option) -> Series:
        """The options that differ from one only in the number of workers, with itself."""
        return next(one for one in self.series if option in one.options)

    @property
    def by_knee(self) -> bool:
        """Whether only a target was asked for, so that the knee of the trade-off is taken."""
        return self.ground == "knee"

    @property
    def nearest(self) -> Option:
        """The option to name if none can be taken."""

        def order(option: Option) -> tuple[float, ...]:
            spent = expense(option, priced=self.priced).estimate
            return -option.met.estimate, -option.reached, option.time_s.middle, spent, option.count

        return min(self.options, key=order)


def advise(options: Sequence[Option], plan: PlanSection) -> Advice:
    """Draw the conclusions from all options of a sweep."""
    choice = Choice(options, plan)
    series = tuple(choice.series(group) for group in _grouped(options))
    chosen = choice.taken(options)
    best = next((one for one in series if chosen in one.options), None)
    if (
        best is not None and chosen is not None and best.chosen is not chosen
    ):  # the knee of all options may not be the knee of its series
        turned = choice.picked(best.options, chosen)
        series, best = tuple(turned if one is best else one for one in series), turned
    bend = knee(choice.points(options))
    base = choice.base(options) if choice.ground == "expense" else None
    tied = () if chosen is None else tuple(choice.tied(chosen, base))
    return Advice(
        options=tuple(options),
        series=series,
        best=best,
        ground=choice.ground,
        priced=choice.priced,
        base=base,
        tied=tied,
        open=tuple(choice.open(chosen, base, tied)),
        front=tuple(options[at] for at in front(choice.points(options))),
        knee=None if bend is None else options[bend],
        conflict=choice.conflict() if chosen is None else None,
        differences=tuple(differences(options, plan.confidence, targeted=plan.target is not None)),
    )


def settled(
    advice: Advice, replicates: int, most: int, more: Callable[[Sequence[Option], int], Advice]
) -> tuple[Advice, int]:
    """The advice when its open options have been run until the choice is settled, and how many replicates they have.

    `more` runs options up to so many replicates, at most `most`, and advises anew. Each round has half as many again.
    """
    while advice.open and replicates < most:
        replicates = min(ceil(1.5 * replicates), most)
        advice = more(advice.open, replicates)
    return advice, replicates


def _grouped(options: Sequence[Option]) -> list[tuple[Option, ...]]:
    groups: dict[tuple[str, str], list[Option]] = {}
    for option in options:
        groups.setdefault((option.cell.setting, option.label), []).append(option)
    return [tuple(sorted(group, key=lambda option: option.count)) for group in groups.values()]
