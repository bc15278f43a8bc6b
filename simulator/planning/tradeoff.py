"""The front and the knee of a trade-off between two quantities of which less is better."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the finite points that no other point beats, in rising order of the first coordinate.

    A point beats another if it is at least as good in both coordinates and better in one.
    """
    order = sorted((at for at, point in enumerate(points) if max(point) < inf), key=lambda at: (*points[at], at))
    best, found = inf, []
    for at in order:
        if points[at][1] < best:
            best = points[at][1]
            found.append(at)
    return found


def knee(points: Sequence[tuple[float, float]]) -> int | None:
    """The knee of a trade-off: the point of its front that is furthest below the straight line between the ends.

    Both axes are scaled to the range of the front. None for fewer than three points, or if no point is below the
    line.
    """
    order = front(points)
    if len(order) < 3:  # noqa: PLR2004
        return None
    (x0, y0), (x1, y1) = points[order[0]], points[order[-1]]
    depths = [1 - (points[at][0] - x0) / (x1 - x0) - (points[at][1] - y1) / (y0 - y1) for at in order]
    deepest = max(range(len(order)), key=depths.__getitem__)
    return order[deepest] if depths[deepest] > 0 else None
