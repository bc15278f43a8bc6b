"""Every notebook runs, is as committed, and says no number that was not computed above it."""

from __future__ import annotations

import re
from contextlib import chdir

import nbformat
import pytest

from tools.notebooks import FOLDER, PLAYS, SOURCES, Cell, notebook, run, run_code

NAMES = [path.stem for path in SOURCES]
#: Numbers in prose; those below 10 are words.
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
#: What is no claim: code, links, references.
APART = re.compile(
    r"```.*?```|`[^`]*`|\]\([^)]*\)|arXiv [\d.]+|(?:Figure|Algorithm|section|appendix) [A-Z]?\.?\d+", re.S
)


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
def test_notebook(name):
    """It is as committed; asks, answers with a picture and ends with exercises; and has computed what it says."""
    cells, names = run(FOLDER / f"{name}.py")
    committed = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    first, *_, last = cells

    assert text_outputs(committed) == text_outputs(notebook(cells)), "`make notebooks` writes it anew"
    assert (first.kind, last.kind) == ("markdown", "markdown")
    assert "?" in first.source
    assert any("image/png" in cell.shown for cell in cells)
    assert "## Exercises" in last.source
    assert last.source.count("<details>") == last.source.count("</details>") >= 2
    assert not any(re.search(r"^\s*(def|class) ", cell.source, re.M) for cell in cells if cell.kind == "code")
    assert list(unknown_numbers(cells, names)) == []


def unknown_numbers(cells, names):
    """Numbers in prose that no code above them has or shows, each with its cell."""
    known = set()
    for cell in cells:
        if cell.kind == "code":
            known |= numbers_of(cell)
            continue
        for code in re.findall(r"```python\n(.*?)```", cell.source, re.S):  # solutions
            with chdir(FOLDER):
                known |= numbers_of(run_code(Cell("code", code), dict(names)))
        claimed = numbers(APART.sub(" ", cell.source))
        yield from ((number, cell.source) for number in claimed - known if float(number) >= 10 or "." in number)


def numbers_of(cell):
    return numbers(cell.source) | numbers(cell.said) | numbers(cell.shown.get("text/plain", ""))


def numbers(text):
    """All of them, without the commas of thousands."""
    return {found.replace(",", "").rstrip(".") for found in NUMBER.findall(text.replace("_", ""))}


def test_the_player_is_left_to_a_running_notebook():
    shown = [path.read_text(encoding="utf-8") for path in FOLDER.glob("*.ipynb")]

    assert any(PLAYS in text for text in shown)
    assert not any("<iframe" in text for text in shown)
    assert max(map(len, shown)) < 400_000
