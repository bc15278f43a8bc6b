"""Every notebook runs, is as committed, and says no number that was not computed above it."""

from __future__ import annotations

import re
from functools import cache

import nbformat
import pytest

from tests.notebooks import FOLDER, PLAYS, SOURCES, Cell, notebook, run, run_code

NAMES = [path.stem for path in SOURCES]
#: Numbers in prose; those below 10 are words.
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
#: What is no claim: code, links, references.
APART = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)|arXiv [\d.]+|(?:Figure|Algorithm|section|appendix) [A-Z]?\.?\d+", re.S)


@cache
def executed(name):
    cells, names = run(FOLDER / f"{name}.py")
    return tuple(cells), names


def text_outputs(book):
    """Sources and what is text of the outputs: pictures depend on matplotlib's version."""
    return [
        (
            cell.source,
            [
                output.text
                if output.output_type == "stream"
                else {kind: text for kind, text in output.data.items() if kind.startswith("text/")}
                for output in cell.get("outputs", ())
            ],
        )
        for cell in book.cells
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_notebook_is_fresh(name):
    committed = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    now = nbformat.reads(notebook(executed(name)[0]), as_version=4)

    assert text_outputs(committed) == text_outputs(now), "`make notebooks` writes it anew"


@pytest.mark.parametrize("name", NAMES)
def test_it_asks_answers_with_a_picture_and_ends_with_exercises(name):
    cells, _ = executed(name)
    first, *_, last = cells

    assert first.kind == "markdown"
    assert "?" in first.source
    assert any("image/png" in cell.shown for cell in cells)
    assert "## Exercises" in last.source
    assert last.source.count("<details>") == last.source.count("</details>") >= 2
    assert all("def " not in cell.source and "class " not in cell.source for cell in cells if cell.kind == "code")


@pytest.mark.parametrize("name", NAMES)
def test_each_number_in_prose_was_computed_above_it(name):
    cells, names = executed(name)
    known = set()
    for cell in cells:
        if cell.kind == "code":
            known |= numbers(cell.source) | numbers(cell.said) | numbers(cell.shown.get("text/plain", ""))
            continue
        claimed = APART.sub(" ", cell.source)
        for code in re.findall(r"```python\n(.*?)```", cell.source, re.S):  # solutions
            known |= solved(name, code, names)
        assert {number for number in numbers(claimed) if float(number) >= 10 or "." in number} <= known, cell.source


def solved(name, code, names):
    """Numbers that a solution has and shows."""
    from contextlib import chdir

    with chdir(FOLDER):
        cell = run_code(Cell("code", code), dict(names))
    return numbers(code) | numbers(cell.said) | numbers(cell.shown.get("text/plain", ""))


def numbers(text):
    """All of them, without the commas of thousands."""
    return {found.replace(",", "") for found in NUMBER.findall(text.replace("_", ""))}


def test_the_player_is_left_to_a_running_notebook():
    assert any(PLAYS in cell.shown.get("text/plain", "") for name in NAMES for cell in executed(name)[0])
