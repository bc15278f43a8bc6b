"""Ratios, measured in one run: our timeline against a plain matplotlib animation of the same scene."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib import animation
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from simulator.cluster.engine import Cluster, simulate
from simulator.core import ticks
from simulator.curves.synthetic import Law, Synthetic
from simulator.render import style
from simulator.render.animation import gif
from simulator.render.animation.timeline import FRAME_MS, FRAMES, TimelinePicture
from simulator.searchers.halving import asha
from simulator.trace import metrics, replay
from simulator.trace.levels import levels
from simulator.trace.trace import Trace

LAW = Law(best=0.1, worst=1.0, gain=1.0, gain_sigma=0.5, rate=0.7, rate_sigma=0.3, unit_s=60.0, unit_sigma=0.5)
WIDTH, HEIGHT = 800, 450


def scene() -> Trace:
    """25 workers, 256 trials, four rungs: 361 jobs."""
    return simulate(asha(max_trials=256, max_length=64), Synthetic(LAW, 10), Cluster(25), label="ASHA")


def ours(trace: Trace, path: Path) -> None:
    """The timeline as the project draws it."""
    picture = TimelinePicture([trace], "Benchmark", "h", size=(WIDTH, HEIGHT))
    gif.write(path, gif.images(picture.canvas, picture.steps()), style.THEMES["light"].palette(4))


def plain(trace: Trace, path: Path) -> None:
    """The same scene as one would draw it first: clear the axes, draw everything again, for each frame."""
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100)
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 2, width_ratios=[3, 1], height_ratios=[4, 1])
    lanes, share, ladder = (figure.add_subplot(place) for place in (grid[0, 0], grid[1, 0], grid[:, 1]))
    theme = style.THEMES["light"]
    at = np.linspace(0, trace.makespan, FRAMES + 1)[1:].astype(np.int64)
    rungs = replay.ladder(trace, at, levels([trace]))
    worked, best = replay.worked(trace, at), replay.best_loss(trace, at)
    busy = metrics.busy_workers(trace)

    def draw(frame: int) -> list[object]:
        now = int(at[frame])
        for axes in (lanes, share, ladder):
            axes.clear()
        for row in np.flatnonzero(trace.start < now):
            lanes.barh(
                trace.worker[row], min(trace.end[row], now) - trace.start[row], left=trace.start[row],
                color=theme.rungs[trace.rung[row]],
            )  # fmt: skip
        lanes.set(xlim=(0, trace.makespan), ylim=(trace.workers, -1))
        past = busy.times <= now
        share.fill_between(busy.times[past], busy.values[past], step="post", color=theme.busy)
        share.set(xlim=(0, trace.makespan), ylim=(0, trace.workers))
        ladder.barh(range(4), rungs.started[frame], color=theme.pale)
        ladder.barh(range(4), rungs.settled[frame], color=theme.rungs)
        ladder.set(xlim=(0, 256))
        ladder.set_title(f"{ticks.show(now, 'h')}\nbest {best[frame]:.3g}\n{worked[frame] / now / trace.workers:.0%}")
        return []

    player = animation.FuncAnimation(figure, draw, frames=FRAMES, blit=False)
    player.save(path, writer=animation.PillowWriter(fps=1000 / FRAME_MS), dpi=100)


def cpu(draw: Callable[[Trace, Path], None], trace: Trace, path: Path) -> float:
    """CPU seconds of a call."""
    start = time.process_time()
    draw(trace, path)
    return time.process_time() - start


def main() -> None:
    """Print the table."""
    trace = scene()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.gif")
        ours(trace, path)  # imports and fonts are not what is measured
        fast = min(cpu(ours, trace, path) for _ in range(3))
        small = path.stat().st_size / 1000
        slow = cpu(plain, trace, path)
        big = path.stat().st_size / 1000
    print(f"{trace.workers} workers, {len(trace)} jobs, {FRAMES} frames of {WIDTH}x{HEIGHT}")
    print(f"{'':>24} {'CPU s':>7} {'kB':>7}")
    print(f"{'timeline':>24} {fast:>7.2f} {small:>7.0f}")
    print(f"{'plain FuncAnimation':>24} {slow:>7.2f} {big:>7.0f}")
    print(f"{'ratio':>24} {slow / fast:>7.0f} {big / small:>7.1f}")


if __name__ == "__main__":
    main()
