import numpy as np
import pytest

from simulator.render import style
from simulator.render.style import THEMES


def luminance(colour: np.ndarray) -> float:
    channels = colour / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("rungs", [1, 4, 5, 8, 12])
def test_graphics_stand_out_3_to_1_and_text_4_5_to_1(theme: style.Theme, rungs: int) -> None:
    colours = theme.palette(rungs)
    for rung in range(rungs):
        assert contrast(colours[style.RUNG + rung], colours[style.PAGE]) >= 3
        assert contrast(colours[style.RUNG + rung], colours[style.IDLE]) >= 1.99
    for ramp in (style.INK, style.MUTED, style.ACCENT):
        assert contrast(colours[ramp + style.STEPS - 1], colours[style.PAGE]) >= 4.5
    assert contrast(colours[style.ON_IDLE + style.STEPS - 1], colours[style.IDLE]) >= 4.5
    assert contrast(colours[style.BUSY], colours[style.PANEL]) >= 3


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("rungs", [2, 4, 7, 12])
def test_the_ramp_gets_stronger_rung_by_rung(theme: style.Theme, rungs: int) -> None:
    colours = theme.palette(rungs)
    strengths = [contrast(colours[style.RUNG + rung], colours[style.PAGE]) for rung in range(rungs)]
    assert strengths == sorted(set(strengths))


def test_the_anchors_are_the_colours_of_a_ladder_of_four() -> None:
    colours = THEMES["light"].palette(4)
    assert [tuple(colours[style.RUNG + rung].tolist()) for rung in range(4)] == [
        style.rgb(anchor) for anchor in THEMES["light"].rungs
    ]


def test_a_long_ladder_shares_colours_in_order() -> None:
    slots = [style.slot(rung, 30) for rung in range(30)]
    assert slots == sorted(slots)
    assert set(slots) == set(range(style.MAX_RUNGS))
