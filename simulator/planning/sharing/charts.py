"""The figures of a plan over searches: the share done in time, and the mean stay, by number of workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from simulator.core.formatting import level
from simulator.core.ticks import UNITS, to_seconds
from simulator.planning.report.drawing import (
    LINES,
    MARKS,
    SHOWN,
    Chart,
    chart,
    colours,
    kept_of,
    mark_counts,
    sheet,
)
from simulator.planning.sharing import words
from simulator.planning.sharing.options import LEVEL, SharedOption
from simulator.planning.sharing.planner import SharedAnswer
from simulator.planning.statistics import Interval
from simulator.render.plots.figure import named
from simulator.render.style import THEMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Distance in points between the marks of two settings with the same number of workers.
APART = 5
#: Height of the axis of stays, as a multiple of the highest end of an interval.
MARGIN = 1.05
#: Free space beside the first and the last number of workers, as a share of the axis.
BESIDE = 0.08
#: Upper end of the axis of shares in percent, so that a mark at 100 % is drawn whole.
TOP = 105


def charts(found: SharedAnswer) -> Iterator[Chart]:
    """The figures of an answer; an option that is overloaded has a cross in place of a figure."""
    for draw in (draw_shares, _draw_stays):
        figure, axes = sheet()
        title = draw(found, axes)
        yield chart(figure, axes, title)


def draw_shares(found: SharedAnswer, axes: Axes) -> str:
    """Draw the shares of searches done in time and the share that was asked for; returns the figure's title."""
    kept = _draw(found, axes, lambda option: option.in_time, 100, "searches done in time (%)")
    axes.set_ylim(0, TOP)
    asked, ink = found.plan.confidence, colours(THEMES["light"])["ink"]
    axes.axhline(100 * asked, color=ink, lw=1, ls=(0, (1, 2)), label=f"asked: {level(asked)}")
    return f"Searches done within {words.stay(found)}, with {level(LEVEL)} intervals{kept}"


def _draw_stays(found: SharedAnswer, axes: Axes) -> str:
    unit = found.loaded.scenario.time_unit
    scale = to_seconds(UNITS[unit])
    kept = _draw(found, axes, lambda option: option.mean_stay_s, 1 / scale, f"mean stay ({unit})")
    tops = [one.high for option in found.options if not option.overloaded and (one := option.mean_stay_s) is not None]
    axes.set_ylim(0, MARGIN * max(tops, default=scale) / scale)
    return f"Mean stay of a search, with {level(LEVEL)} intervals{kept}"


def _draw(
    found: SharedAnswer, axes: Axes, of: Callable[[SharedOption], Interval | None], scale: float, what: str
) -> str:
    """Draw a figure of each option, with a line per setting; returns a note for the title if some are missing."""
    from matplotlib.transforms import ScaledTranslation

    whole = axes.get_figure(root=True)
    assert whole is not None
    palette = colours(THEMES["light"])
    settings = _settings(found)
    shown = settings[:SHOWN]
    crosses = []
    for number, setting in enumerate(shown):
        colour, mark = palette[LINES[number % len(LINES)]], MARKS[number % len(MARKS)]
        options = [option for option in found.options if option.cell.setting == setting]
        aside = APART * (number - (len(shown) - 1) / 2) / 72
        place = axes.transData + ScaledTranslation(aside, 0, whole.dpi_scale_trans)
        points = [
            (option.cell.count, *(scale * value for value in figure))
            for option in options
            if not option.overloaded and (figure := of(option)) is not None
        ]
        counts, middles, lows, highs = zip(*points, strict=True) if points else ((),) * 4
        axes.plot(
            counts, middles, marker=mark, ms=5, lw=1, color=colour, label=named(setting or what), transform=place
        )
        axes.vlines(counts, lows, highs, color=colour, lw=2.5, alpha=0.5, transform=place)
        crosses += [(option.cell.count, colour, place) for option in options if option.overloaded]
    for number, (count, colour, place) in enumerate(crosses):
        label = None if number else "overloaded"
        axes.plot([count], [0], "x", ms=8, mew=2, color=colour, transform=place, label=label, clip_on=False, zorder=5)
    numbers = sorted({option.cell.count for option in found.options})
    mark_counts(axes, numbers)
    _set_span(axes, numbers)
    axes.set_ylabel(what)
    return kept_of(len(shown), len(settings))


def _set_span(axes: Axes, counts: Sequence[int]) -> None:
    """Set the axis of numbers of workers; matplotlib would leave out marks that are moved aside."""
    first, last = counts[0], counts[-1]
    if first == last:
        axes.set_xlim(first - 1, last + 1)
    elif axes.get_xscale() == "log":
        room = (last / first) ** BESIDE
        axes.set_xlim(first / room, last * room)
    else:
        room = BESIDE * (last - first)
        axes.set_xlim(first - room, last + room)


def _settings(found: SharedAnswer) -> Sequence[str]:
    """All settings, with that of the answer first."""
    first = found.named.cell.setting
    return list(dict.fromkeys([first, *(option.cell.setting for option in found.options)]))
