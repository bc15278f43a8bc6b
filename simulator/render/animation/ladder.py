"""The ladder: the number of trials that have reached each rung, as bars, the highest rung on top."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.render import style, words
from simulator.render.animation.axis import LABEL, px
from simulator.render.canvas import Canvas, Rect, measure

#: Greatest height of a rung in pixels, and the height from which on every rung has a label.
TALL, LABELLED = 24, 14


class LadderBars:
    """Bars inside `rect` for the rungs in `labels`; a bar of `most` trials fills the width."""

    def __init__(self, canvas: Canvas, rect: Rect, labels: Sequence[str], most: int) -> None:
        self._canvas, self._most = canvas, max(most, 1)
        rungs = len(labels)
        pitch = min(px(TALL), (rect.y1 - rect.y0) / rungs)
        left = rect.x0 + max(measure(label, px(LABEL)) for label in labels) + px(8)
        right = rect.x1 - measure(words.count(most), px(LABEL)) - px(6)
        self.rect = Rect(left, rect.y0, rect.x1, rect.y1)
        gap = 1 if pitch < px(6) else 2 if pitch < px(LABELLED) else px(6)
        self._bars = [
            Rect(left, int(rect.y1 - (rung + 1) * pitch), right, max(int(rect.y1 - rung * pitch) - gap, 1))
            for rung in range(rungs)
        ]
        every = 1 if pitch >= px(LABELLED) else int(px(LABELLED) // pitch) + 1
        self._labelled = set(range(0, rungs, every))
        for rung in self._labelled:
            canvas.text(left - px(8), self._baseline(rung), labels[rung], px(LABEL), ramp=style.MUTED, align="right")

    def draw(self, started: Sequence[int], settled: Sequence[int]) -> None:
        """Draw how many trials have begun on each rung, and how many of these are done there."""
        canvas, rungs = self._canvas, len(self._bars)
        canvas.fill(self.rect, style.PAGE)
        for rung, bar in enumerate(self._bars):
            colour = style.slot(rung, rungs)
            begun, done = (
                bar.x0 + -(-amount * (bar.x1 - bar.x0) // self._most) for amount in (started[rung], settled[rung])
            )
            canvas.fill(bar, style.PANEL)
            canvas.fill(Rect(bar.x0, bar.y0, begun, bar.y1), style.PALE + colour)
            canvas.fill(Rect(bar.x0, bar.y0, done, bar.y1), style.RUNG + colour)
            if rung in self._labelled:
                text = words.count(started[rung])
                canvas.text(self.rect.x1, self._baseline(rung), text, px(LABEL), align="right")

    def _baseline(self, rung: int) -> int:
        bar = self._bars[rung]
        return (bar.y0 + bar.y1) // 2 + px(5)
