from pathlib import Path

import pytest

from simulator.core.errors import InputError
from simulator.render import palette
from simulator.render.style import THEMES
from simulator.scenario.examples import folder

VIOLET = (folder() / "palettes" / "violet.yaml").read_text()


def problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        palette.read(path)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in refused.value.problems]


@pytest.mark.parametrize("name", THEMES)
def test_our_own_colours_pass(name: str) -> None:
    assert list(palette.indistinct(THEMES[name])) == []


def test_the_palette_that_comes_with_the_package_is_read() -> None:
    themes = palette.read(folder() / "palettes" / "violet.yaml")
    assert list(themes) == ["light", "dark"]
    assert themes["light"].rungs[0] == "#AC7FDC"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '["#fff", "#000", "#f00"]',
            "p.yaml:1: has 3 colours; a palette has `light:`, `dark:` or both, each with page",
        ),
        ('light: ["#fff", "#000", "#f00"]', "p.yaml:1:1: light: has 3 colours without names; it should have page"),
        (
            "light: {page: '#fff', ink: '#000', idle: '#f00'}",
            "p.yaml:1:1: light: has 3 of 14 colours; it lacks panel",
        ),
        ("", "p.yaml:1: has no theme; a palette has `light:`"),
        ("pink: {}", "p.yaml:1: has no theme; a palette has `light:`"),
    ],
)
def test_a_palette_of_three_colours(tmp_path: Path, text: str, said: str) -> None:
    found = problems(tmp_path, text)
    assert len(found) == 1
    assert found[0].startswith(said)


def test_colours_that_can_not_be_told_apart_are_refused_with_the_numbers(tmp_path: Path) -> None:
    found = problems(tmp_path, VIOLET.replace('"#7C4DB8"', '"#A97CD8"', 1))
    line = VIOLET[: VIOLET.index("rungs:")].count("\n") + 1
    assert found
    assert all(said.startswith(f"p.yaml:{line}:") for said in found)
    nearest = min(float(said.split(" are ")[1].split(" apart")[0]) for said in found if " apart" in said)
    assert nearest < 5
    assert any("#AC7FDC and #A97CD8 (rungs) are" in said and said.endswith("they need 15") for said in found)


def test_letters_that_can_not_be_read_are_refused_with_the_numbers(tmp_path: Path) -> None:
    [said] = problems(tmp_path, VIOLET.replace('"#57606A"', '"#999"', 1))
    assert "light.muted: #999999 has a contrast of 2.8 to page #FFFFFF; it needs 4.5 or more" in said


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ('"red"', "'red' is not a colour such as"),
        ("7", "'7' is not a colour such as"),
        ('["#123456"]', "is not a colour"),
    ],
)
def test_a_text_that_is_not_a_colour(tmp_path: Path, new: str, said: str) -> None:
    [found] = problems(tmp_path, VIOLET.replace('"#57606A"', new, 1))
    assert said in found
