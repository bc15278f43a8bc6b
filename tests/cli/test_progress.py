"""The progress bar: it appears after a second and not before, and says how much is done."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from simulator.cli import progress


class Bar:
    """Records the progress that a bar receives."""

    def __init__(self):
        self.told = []

    def add_task(self, what):
        self.told.append(what)
        return 7

    def update(self, task, *, completed, total):
        self.told.append((task, completed, total))


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets, and the bars that were shown."""
    now, shown = [0.0], []

    @contextmanager
    def bar():
        shown.append(Bar())
        yield shown[-1]
        shown.append("gone")

    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    monkeypatch.setattr(progress, "progress_bar", bar)
    return now, shown


def test_what_takes_less_than_a_second_shows_nothing(clock):
    now, shown = clock
    with progress.late_bar("looking") as on_progress:
        for done in range(10):
            now[0] = done / 10
            on_progress(done, 10)

    assert shown == []


def test_beyond_a_second_a_bar_shows_once_and_goes_at_the_end(clock):
    now, shown = clock
    with progress.late_bar("looking") as on_progress:
        on_progress(1, 4)
        now[0] = progress.LATE + 0.1
        on_progress(2, 4)
        on_progress(3, 4)
    bar, gone = shown

    assert bar.told == ["looking", (7, 2, 4), (7, 3, 4)]
    assert gone == "gone"
