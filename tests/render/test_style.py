from itertools import combinations

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
@pytest.mark.parametrize("rungs", [1, 4, 5, 8, 11])
def test_graphics_stand_out_3_to_1_and_text_4_5_to_1(theme: style.Theme, rungs: int) -> None:
    colours = theme.palette(rungs)
    for rung in range(rungs):
        assert contrast(colours[style.RUNG + rung], colours[style.PAGE]) >= 3
        assert contrast(colours[style.RUNG + rung], colours[style.IDLE]) >= 1.99
    for ramp in (style.INK, style.MUTED, style.ACCENT):
        assert contrast(colours[ramp + style.STEPS - 1], colours[style.PAGE]) >= 4.5
    assert contrast(colours[style.ON_IDLE + style.STEPS - 1], colours[style.IDLE]) >= 4.5
    assert contrast(colours[style.BUSY], colours[style.PANEL]) >= 3
    for kind in (style.OVERHEAD, style.LOST, style.DOWN):
        assert contrast(colours[kind], colours[style.PAGE]) >= 3
    assert contrast(colours[style.BOOT], colours[style.PAGE]) >= 2.2  # never without a word beside it


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("rungs", [2, 4, 7, 11])
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


#: Machado, Oliveira & Fernandes 2009, severity 1.0, on linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(colour: np.ndarray, deficiency: str) -> np.ndarray:
    """CIELAB (D65) of a colour as a person with `deficiency` sees it."""
    channels = colour / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(DEFICIENCIES[deficiency]) @ linear, 0, 1)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    ratio = np.array(to_xyz) @ linear / [0.95047, 1, 1.08883]
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_colours_are_told_apart_under_every_deficiency(theme: style.Theme, deficiency: str) -> None:
    colours = theme.palette(4)
    kinds = [style.RUNG, style.RUNG + 1, style.RUNG + 2, style.RUNG + 3, style.IDLE, style.BUSY]
    kinds += [style.OVERHEAD, style.LOST, style.DOWN, style.BOOT]
    seen = [lab(colours[kind].astype(float), deficiency) for kind in kinds]
    distances = {
        (kinds[one], kinds[other]): float(np.linalg.norm(seen[one] - seen[other]))
        for one, other in combinations(range(len(kinds)), 2)
    }
    assert min(distances.values()) >= 15, min(distances, key=distances.get)
    idle = [distance for pair, distance in distances.items() if style.IDLE in pair]
    assert min(idle) >= 17
