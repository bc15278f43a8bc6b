"""What each stage of `asha-sim run` and `animate` takes: reading, drawing curves, simulating, measuring, writing, painting."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from simulator.curves.synthetic import Synthetic
from simulator.render import style
from simulator.render.animation import gif
from simulator.render.animation.timeline import TimelinePicture
from simulator.scenario.loading import load
from simulator.trace import metrics
from simulator.trace.trace import Trace
from tests.benchmarks.measure import Task, cpu, least, table
from tests.benchmarks.workload import LAW, RUNGS, draw, run

ROOT = Path(__file__).parents[2]
WORKERS = 500
#: Number of trials from which two turns are enough.
MANY = 100_000


def compare(sizes: tuple[int, ...], turns: int) -> str:
    """A table of CPU seconds on 500 workers, a stage a row."""
    with TemporaryDirectory() as folder:
        columns = [_stages(trials, Path(folder), turns if trials < MANY else min(turns, 2)) for trials in sizes]
    rows = [[name, *(f"{column[name]:.3f}" for column in columns)] for name in columns[0]]
    return table(["CPU s", *(f"{trials:,} trials" for trials in sizes)], rows)


def _stages(trials: int, folder: Path, turns: int) -> dict[str, float]:
    curves = Synthetic(LAW, trials)  # of no other size, whose draws might still be known
    drawing = cpu(lambda: draw(curves, trials))
    trace = run("asha", trials, WORKERS, curves)
    tasks: dict[str, Task] = {
        "parse docs.yaml": lambda: load(ROOT / "scenarios" / "docs.yaml"),
        "simulate": lambda: run("asha", trials, WORKERS, curves),
        "metrics": lambda: metrics.summarize(trace, LAW.best),
        "write trace.csv": lambda: trace.write_csv(folder / "trace.csv"),
        "write trace.parquet": lambda: trace.write_parquet(folder / "trace.parquet"),
        "render timeline.gif": lambda: _render(trace, folder / "timeline.gif"),
    }
    if trials < MANY:
        for task in tasks.values():
            task()  # imports, fonts and threads are not what is measured
    measured = least(tasks, turns)
    return {"parse docs.yaml": measured.pop("parse docs.yaml"), "curves": drawing, **measured}


def _render(trace: Trace, path: Path) -> None:
    picture = TimelinePicture([trace], "Benchmark", "h")
    gif.write(path, gif.images(picture.canvas, picture.steps()), style.THEMES["light"].palette(len(RUNGS)))
