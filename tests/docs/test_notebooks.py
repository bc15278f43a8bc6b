"""Every notebook runs, is as committed, and its text has only numbers that were computed above."""

from __future__ import annotations

import re
from contextlib import chdir

import nbformat
import pytest

from tools.notebooks import FOLDER, PLAYS, SOURCES, Cell, notebook, run, run_code

NAMES = [path.stem for path in SOURCES]
#: Numbers in prose that are written in digits; numbers in words are not checked.
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
#: Parts of the prose that claim nothing: code, links, references, the number of an exercise.
APART = re.compile(
    r"```.*?```|`[^`]*`|\]\([^)]*\)|arXiv [\d.]+|(?:Figure|Algorithm|section|appendix) [A-Z]?\.?\d+|^\d\. ",
    re.S | re.M,
)


def text_outputs(book):
    """The sources and the text outputs; pictures are left out, since they depend on matplotlib's version."""
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
    """The notebook is as committed.

    It asks a question, answers with a picture, ends with exercises, and has computed its numbers.
    """
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
    solved = [list(solutions(cell, names)) for cell in cells]
    assert list(unknown_numbers(cells, solved)) == []
    assert [words for found in solved for words, ran in found if not tells(words, ran)] == []


def solutions(cell, names):
    """The answers of exercises in words, and their code, which is run after all cells; empty for a cell of code."""
    for answer in re.findall(r"<details><summary>Solution</summary>(.*?)</details>", cell.source, re.S):
        words, code = re.fullmatch(r"(.*)```python\n(.*?)```", answer.strip(), re.S).groups()
        with chdir(FOLDER):
            yield words.strip(), run_code(Cell("code", code), dict(names))


def tells(words, ran):
    """Whether an answer is in sentences, with a number that its code prints, and only names that its code has."""
    shown = ran.said + ran.shown.get("text/plain", "")
    quoted = [text for text in re.findall(r"`([^`]*)`", words) if any(map(str.isdigit, text))]
    return words.endswith(".") and numbers(words) & numbers(shown) and all(text in shown for text in quoted)


def unknown_numbers(cells, solved):
    """Numbers in prose, with their cells, that no code above has or shows."""
    known = set()
    for cell, found in zip(cells, solved, strict=True):
        if cell.kind == "code":
            known |= numbers_of(cell)
            continue
        for _, ran in found:
            known |= numbers_of(ran)
        claimed = numbers(APART.sub(" ", cell.source))
        begun = bool(known)  # a small number before all code is the premise
        yield from ((n, cell.source) for n in claimed - known if begun or float(n) >= 10 or "." in n)


def numbers_of(cell):
    return numbers(cell.source) | numbers(cell.said) | numbers(cell.shown.get("text/plain", ""))


def numbers(text):
    """All numbers of a text, without commas between thousands."""
    return {found.replace(",", "").rstrip(".") for found in NUMBER.findall(text.replace("_", ""))}


def test_the_player_is_left_to_a_running_notebook():
    shown = [path.read_text(encoding="utf-8") for path in FOLDER.glob("*.ipynb")]

    assert any(PLAYS in text for text in shown)
    assert not any("<iframe" in text for text in shown)
    assert max(map(len, shown)) < 400_000
