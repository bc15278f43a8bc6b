"""Predicted against real, a point a run: draws the tables of docs/reality.md.

python tools/reality/picture.py
"""

from __future__ import annotations

from matplotlib.figure import Figure
from study import ROOT, table

from simulator.core.vocabulary import ThemeName
from simulator.render.options import current
from simulator.render.plots import figure as plots

FOLDER = ROOT / "outputs" / "gallery" / "reality"
PICTURES: dict[ThemeName, str] = {"light": "predicted-against-real.png", "dark": "predicted-against-real-dark.png"}
KINDS = {"b": "b: processes that sleep", "c": "c: Ray Tune", "d": "d: Optuna", "a": "a: real training"}
MARKS = {"b": "o", "c": "s", "d": "^", "a": "D"}
COLOURS: dict[ThemeName, dict[str, str]] = {
    "light": {"b": "#5b6b82", "c": "#1f6fb5", "d": "#a85f00", "a": "#0a2342"},
    "dark": {"b": "#9aa8bd", "c": "#6db3f2", "d": "#f0a13c", "a": "#ffffff"},
}
LIMITS = (1, 200)


def points(name: str, real: int, foreseen: int, interval: int | None = None) -> list[tuple[str, list[float]]]:
    """Kind of each run, and its real and foreseen makespan and the ends of its interval, by columns of a table."""
    made = []
    for line in table(name):
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 6 and cells[1][1:2] == "-" and cells[real].replace(".", "", 1).isdigit():
            ends = cells[interval].split(" to ") if interval else [cells[foreseen]] * 2
            made.append((cells[1][0], [float(value) for value in (cells[real], cells[foreseen], *ends)]))
    return made


def draw(theme: ThemeName) -> Figure:
    """Two panels: nothing calibrated, and calibrated on other runs."""
    page, colours = current().theme(theme), COLOURS[theme]
    with plots.look():
        figure = Figure(figsize=(9.6, 5.0), layout="constrained", facecolor=page.page)
        left, right = figure.subplots(1, 2, sharex=True, sharey=True)
        for axes, heading, found in (
            (left, "nothing calibrated", points("plain", 2, 3)),
            (right, "calibrated on other runs, 90 % intervals", points("held out", 3, 4, 5)),
        ):
            axes.plot(LIMITS, LIMITS, color=page.muted, lw=1)
            for kind, name in KINDS.items():
                own = [values for which, values in found if which == kind]
                x, y, low, high = (list(column) for column in zip(*own, strict=True))
                axes.vlines(x, low, high, color=colours[kind], alpha=0.35, lw=1.5)
                axes.plot(x, y, MARKS[kind], color=colours[kind], ms=5, ls="none", label=name)
            axes.set(xscale="log", yscale="log", xlim=LIMITS, ylim=LIMITS, aspect="equal", xlabel="real makespan, s")
            ticks = (1, 2, 5, 10, 20, 50, 100, 200)
            axes.set_xticks(ticks, [str(tick) for tick in ticks])
            axes.set_yticks(ticks, [str(tick) for tick in ticks])
            axes.minorticks_off()
            axes.set_title(heading, loc="left", color=page.ink)
            axes.set_facecolor(page.page)
            axes.tick_params(colors=page.ink)
            axes.xaxis.label.set_color(page.ink)
            for spine in axes.spines.values():
                spine.set_color(page.muted)
        left.set_ylabel("foreseen makespan, s", color=page.ink)
        left.legend(loc="upper left", frameon=False, labelcolor=page.ink)
        return figure


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for chosen, name in PICTURES.items():
        plots.write(draw(chosen), FOLDER / name)
