"""The report's figures as SVG, in which every colour is the name of one of the page's own colours."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import isfinite
from textwrap import fill
from typing import TYPE_CHECKING, NamedTuple

from simulator.core import escaping
from simulator.core.ticks import UNITS, to_seconds
from simulator.planning.advice import Advice, Series
from simulator.planning.options import Option, Spread
from simulator.planning.planner import Answer
from simulator.render.plots.figure import letter, look, named
from simulator.render.style import THEMES, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Size of a figure in inches, chosen so that a phone shows it about as large as it is drawn.
SIZE = (4.3, 3.3)
#: Most series in a figure, those of the answer first; more can't be told apart.
SHOWN = 6
DASHES = ("-", "--", ":", "-.")
MARKS = ("o", "s", "^", "D", "v", "P")
#: Most numbers of workers along an axis.
TICKS = 8
SPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
#: Longest line of a legend, and longest of two lines side by side, in characters.
LONGEST, BESIDE = 56, 24
#: Ratio of the largest to the smallest number of workers from which the axis is logarithmic.
WIDE = 4


class Limit(NamedTuple):
    """A line that should not be crossed."""

    value: float
    name: str


class Chart(NamedTuple):
    """A figure: its title, which says what it shows, and its SVG."""

    title: str
    svg: str


def colours(theme: Theme) -> dict[str, str]:
    """The colours that the figures use: their names, and their values in a theme."""
    names = ("page", "panel", "grid", "ink", "muted", "accent", "lost", "overhead", "busy")
    return {"blue": theme.rungs[1], **{name: getattr(theme, name) for name in names}}


def charts(answer: Answer) -> Iterator[Chart]:
    """All figures of an answer: times and expense by workers, the trade-off, and the paired differences."""
    advice, plan, unit = answer.advice, answer.plan, answer.loaded.scenario.time_unit
    hour = UNITS[unit] / UNITS["s"]
    money = "cost ($)" if advice.priced else "worker-hours"
    shown = _shown(advice)
    deadline = None if plan.deadline is None else Limit(to_seconds(plan.deadline) / hour, "deadline")
    kept = _kept(len(shown), len(advice.series))
    title = f"Time by number of workers: half of the runs (line), four in five (band){kept}"
    yield _by_workers(shown, lambda option: _scaled(option.time_s, hour), f"time ({unit})", deadline, title)
    budget = None if plan.budget is None else Limit(plan.budget, "budget")
    title = (
        f"{'Cost' if advice.priced else 'Worker-hours'} by number of workers: half of the runs, four in five{kept}"
    )
    yield _by_workers(
        shown, lambda option: option.cost if advice.priced else option.worker_hours, money, budget, title
    )
    yield _trade_off(advice, shown, hour, unit, money)
    if any(found.comparable for found in advice.differences):
        yield _differences(advice, hour, unit)


def _shown(advice: Advice) -> list[Series]:
    chosen = advice.chosen
    order = sorted(
        advice.series,
        key=lambda one: chosen is not None and (one.setting != chosen.cell.setting, one.label != chosen.label),
    )
    kept = order[:SHOWN]
    return [one for one in advice.series if one in kept]


def _kept(shown: int, there: int) -> str:
    """The end of a figure's title if not all series are shown."""
    return f" ({shown} of {there:,} lines)" if shown < there else ""


def _by_workers(
    shown: Sequence[Series],
    spread: Callable[[Option], Spread],
    unit: str,
    limit: Limit | None,
    title: str,
) -> Chart:
    figure, axes = _sheet()
    _lines(axes, shown, spread, unit, limit)
    return _chart(figure, axes, title)


def draw_times(answer: Answer, axes: Axes) -> str:
    """Draw the first of the figures, times by workers, and return its title."""
    unit, deadline = answer.loaded.scenario.time_unit, answer.plan.deadline
    hour = UNITS[unit] / UNITS["s"]
    limit = None if deadline is None else Limit(to_seconds(deadline) / hour, "deadline")
    shown = _shown(answer.advice)
    _lines(axes, shown, lambda option: _scaled(option.time_s, hour), f"time ({unit})", limit)
    kept = _kept(len(shown), len(answer.advice.series))
    return f"Time by number of workers: half of the runs (line), four in five (band){kept}"


def _lines(
    axes: Axes, shown: Sequence[Series], spread: Callable[[Option], Spread], unit: str, limit: Limit | None
) -> None:
    palette = colours(THEMES["light"])
    spreads = [spread(option) for one in shown for option in one.options]
    known = [value for found in spreads for value in found if isfinite(value)]
    ceiling = 1.05 * max([*known, limit.value if limit else 0.0]) or 1.0
    for one, colour, dash, mark in _styled(shown):
        points = [(option.count, spread(option)) for option in one.options if isfinite(spread(option).middle)]
        if not points:
            continue
        counts, middles = [count for count, _ in points], [found.middle for _, found in points]
        tops = [min(found.high, ceiling) for _, found in points]
        lows = [found.low for _, found in points]
        axes.plot(counts, middles, dash, marker=mark, ms=4, color=palette[colour], label=named(_name(one)))
        if len(points) > 1:
            axes.fill_between(counts, lows, tops, color=palette[colour], alpha=0.15, lw=0)
        else:
            axes.vlines(counts, lows, tops, color=palette[colour], lw=2, alpha=0.5)
    if limit is not None:
        axes.axhline(limit.value, color=palette["ink"], lw=1, ls=(0, (1, 2)))
        axes.annotate(limit.name, (1, limit.value), xycoords=("axes fraction", "data"), ha="right", va="bottom",
                      color=palette["ink"], xytext=(-3, 3), textcoords="offset points", zorder=9,
                      bbox={"fc": palette["panel"], "ec": "none", "pad": 1})  # fmt: skip
    axes.set_ylim(0, None if len(known) == 3 * len(spreads) else ceiling)  # an infinite one leaves the picture
    _counts(axes, sorted({option.count for one in shown for option in one.options}))
    axes.set_ylabel(unit)


def _trade_off(advice: Advice, shown: Sequence[Series], hour: float, unit: str, money: str) -> Chart:
    figure, axes = _sheet()
    palette = colours(THEMES["light"])

    def place(option: Option) -> tuple[float, float]:
        spent = option.mean_cost if advice.priced else option.mean_hours
        return option.time_s.middle / hour, spent.estimate

    axes.plot(*_columns(map(place, advice.front)), color=palette["muted"], lw=5, alpha=0.35, label="best trade-offs")
    for one, colour, _, mark in _styled(shown):
        points = [place(option) for option in one.options if isfinite(option.time_s.middle)]
        axes.plot(*_columns(points), mark, ms=5, color=palette[colour], label=named(_name(one)))
    marked: dict[Option, str] = {}
    if advice.knee is not None:
        marked[advice.knee] = f"knee: {advice.knee.count:,}"
    if advice.chosen is not None:
        both = advice.chosen is advice.knee
        marked[advice.chosen] = f"recommended{' (knee)' if both else ''}: {advice.chosen.count:,}"
    for number, (option, text) in enumerate(marked.items()):
        axes.annotate(
            text, place(option), xytext=(14, 46 - 24 * number), textcoords="offset points",
            color=palette["ink"], zorder=9,
            bbox={"fc": palette["panel"], "ec": "none", "pad": 1},
            arrowprops={"arrowstyle": "-", "ec": palette["ink"]},
        )  # fmt: skip
        axes.plot(*_columns([place(option)]), "o", ms=11, mfc="none", mec=palette["ink"], mew=1.2)
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.set_xlabel(f"time, median ({unit})")
    axes.set_ylabel(f"{money}, mean")
    kept = _kept(len(shown), len(advice.series))
    return _chart(figure, axes, f"Time against cost; the grey line joins the best{kept}")


def _differences(advice: Advice, hour: float, unit: str) -> Chart:
    figure, axes = _sheet()
    palette = colours(THEMES["light"])
    names = ("blue", "accent", "lost", "busy", "overhead")
    groups: dict[str, list[tuple[int, float, float, float]]] = {}
    for found in advice.differences:
        if found.comparable:  # otherwise slow runs would be missing, or less work would look quicker
            setting = f", {found.one.cell.setting}" if found.one.cell.setting else ""
            text = f"{found.one.label} − {found.other.label}{setting}"
            middle, low, high = (value / hour for value in found.seconds)
            groups.setdefault(text, []).append((found.one.count, middle, low, high))
    for number, (text, points) in enumerate(list(groups.items())[:SHOWN]):
        counts, middles, lows, highs = zip(*sorted(points), strict=True)
        colour = palette[names[number % len(names)]]
        axes.plot(counts, middles, marker=MARKS[number % len(MARKS)], ms=4, lw=1, color=colour, label=named(text))
        axes.vlines(counts, lows, highs, color=colour, lw=2.5, alpha=0.5)
    axes.axhline(0, color=palette["ink"], lw=1)
    _counts(axes, sorted({found.one.count for found in advice.differences if found.comparable}))
    axes.set_ylabel(f"difference of times ({unit})")
    kept = _kept(min(len(groups), SHOWN), len(groups))
    return _chart(figure, axes, f"The same seeds in both: mean difference with its interval; 0 is none{kept}")


def _sheet() -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    palette = colours(THEMES["light"])
    with look():
        figure = Figure(figsize=SIZE, facecolor="none", layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
    axes.set_facecolor(palette["panel"])
    axes.tick_params(colors=palette["muted"])
    axes.grid(color=palette["grid"], lw=0.8)
    axes.set_axisbelow(True)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(palette["muted"])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure, axes


def _styled(shown: Sequence[Series]) -> Iterator[tuple[Series, str, str, str]]:
    """Each series with its look: a colour for the searcher, dashes and a mark for the setting; no two are alike."""
    names = ("blue", "accent", "lost", "busy", "overhead")
    labels = list(dict.fromkeys(one.label for one in shown))
    settings = list(dict.fromkeys(one.setting for one in shown))
    taken: set[tuple[str, int]] = set()
    for one in shown:
        colour = names[labels.index(one.label) % len(names)]
        own = settings.index(one.setting)
        place = next(at for at in (*range(own, len(MARKS)), *range(own)) if (colour, at) not in taken)
        taken.add((colour, place))
        yield one, colour, DASHES[place % len(DASHES)], MARKS[place]


def _counts(axes: Axes, counts: Sequence[int]) -> None:
    """Label the x axis with numbers of workers."""
    if counts and counts[-1] >= WIDE * counts[0]:
        axes.set_xscale("log", base=2)
    step = -(-len(counts) // TICKS)
    marked = counts[::-1][::step][::-1]
    axes.set_xticks(marked, [f"{count:,}" for count in marked])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("workers")


def _chart(figure: Figure, axes: Axes, title: str) -> Chart:
    handles, labels = axes.get_legend_handles_labels()
    labels = [fill(label, LONGEST) for label in labels]
    palette = colours(THEMES["light"])
    across = 2 if max(map(len, labels), default=0) <= BESIDE else 1
    with look():
        made = figure.legend(
            handles, labels, loc="outside lower left", frameon=False, labelcolor=palette["ink"], ncols=across,
            fontsize=9, borderpad=0, columnspacing=1.2, handlelength=2.2,
        )  # fmt: skip
        letter(made, labels)
        out = io.StringIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
            figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return Chart(title, _inline(out.getvalue(), title))


def _inline(svg: str, title: str) -> str:
    """A figure as part of a page: without prologue, with unique names, in the page's colours."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    used = set(re.findall(r"#([\w-]+)[\")]", svg))
    prefix = f"{sum(map(ord, title)):x}-"

    def of_page(tag: re.Match[str]) -> str:
        """Rewrite a tag; the text between tags, which may be anything, stays."""
        made = re.sub(r' id="([^"]+)"', lambda found: found[0] if found[1] in used else "", tag[0])
        made = re.sub(r'(id="|url\(#|xlink:href="#)', lambda found: found[1] + prefix, made)
        for name, colour in colours(THEMES["light"]).items():
            made = made.replace(colour.lower(), f"var(--{name})")
        return re.sub(r"'?DejaVu Sans'?(, [^;\"]*)?", "system-ui, sans-serif", made)

    box = re.search(r'viewBox="[^"]+"', svg)
    head = f'<svg {box[0] if box else ""} role="img" aria-label="{escaping.html(title)}" {SPACES}>'
    return re.sub(r"<[^>]*>", of_page, head + svg[svg.index(">") + 1 :]).strip()


def _scaled(spread: Spread, unit: float) -> Spread:
    return Spread(*(value / unit for value in spread))


def _columns(points: Iterable[tuple[float, float]]) -> tuple[list[float], list[float]]:
    pairs = list(points)
    return [x for x, _ in pairs], [y for _, y in pairs]


def _name(series: Series) -> str:
    return f"{series.label}, {series.setting}" if series.setting else series.label
