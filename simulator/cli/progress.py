"""The progress bar of every command that takes long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

    from simulator.experiment.experiment import Experiment
    from simulator.searchers.protocol import Searcher
    from simulator.trace.trace import Trace


#: Seconds after which the bar appears.
LATE = 1.0
#: Number of results after which a search's progress is shown again.
LOOK = 200


@contextmanager
def late_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that takes the amount done and the total; after a second it shows a bar."""
    began, shown = monotonic(), None
    with ExitStack() as stack:

        def on_progress(done: int, total: int) -> None:
            nonlocal shown
            if shown is None and monotonic() - began > LATE:
                progress = stack.enter_context(progress_bar())
                shown = progress, progress.add_task(what)
            if shown is not None:
                progress, task = shown
                progress.update(task, completed=done, total=total)

        yield on_progress


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress bar on stderr, which is only shown on a terminal and vanishes when the work is done."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress


def simulate_with_bar(experiment: Experiment) -> dict[str, Trace]:
    """Run every searcher; on a terminal a bar shows each one's own progress and the time left."""
    traces = {}
    with progress_bar() as progress:
        task = progress.add_task("simulating", total=len(experiment.labels))
        for number, label in enumerate(experiment.labels):
            progress.update(task, description=f"simulating {label}", completed=number)

            def watch(searcher: Searcher, number: int = number) -> Searcher:
                from simulator.searchers.watched import Watched

                results = count(1)

                def heard() -> None:
                    if next(results) % LOOK == 0:
                        progress.update(task, completed=number + searcher.progress)

                return Watched(searcher, heard)

            traces[label] = experiment.run(label, None if progress.disable else watch)
    return traces
