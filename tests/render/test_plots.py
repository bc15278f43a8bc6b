from pathlib import Path

import numpy as np
import pytest

from simulator import metrics
from simulator.render import plots, style
from tests.render.scenes import timeline_scene, tiny

HOUR = 3600 * 10**6


@pytest.mark.parametrize("theme", style.THEMES)
def test_the_areas_are_the_busy_workers_and_the_rest(theme: style.ThemeName) -> None:
    traces = timeline_scene()
    figure = plots.utilization(traces, theme=theme, title="Title", time_unit="h")
    assert len(figure.axes) == len(traces)
    for axes, trace in zip(figure.axes, traces, strict=True):
        idle, busy = axes.collections
        steps = metrics.busy_workers(trace)
        corners = busy.get_paths()[0].vertices
        assert corners[:, 0].max() == pytest.approx(trace.makespan / HOUR)
        assert corners[:, 1].max() == steps.values.max()
        assert idle.get_paths()[0].vertices[:, 1].max() == trace.workers
        assert np.allclose(busy.get_facecolor()[0][:3] * 255, style.rgb(style.THEMES[theme].busy))


def test_the_same_bytes_twice_and_any_title(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        figure = plots.utilization([tiny([])], theme="light", title="$\\frac \x00 名前", time_unit="h")
        plots.write_png(figure, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
