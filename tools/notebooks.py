"""The notebooks: `python -m tools.notebooks` runs notebooks/*.py and writes each with its outputs as an .ipynb beside it.

The sources are plain Python in the percent format (jupytext, VS Code), so that a diff is a diff of text; code hosts
show the .ipynb. Cells are run as a kernel would run them, but without a kernel: this takes a tenth of the time, and
leaves no time stamps and counts.
"""

from __future__ import annotations

import ast
import base64
import io
import re
import sys
from collections.abc import Mapping
from contextlib import chdir, redirect_stdout
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from unittest.mock import patch

import nbformat
from nbformat import v4

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
SOURCES = sorted(FOLDER.glob("[0-9]*.py"))
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
}
#: Text in place of the player, which needs scripts.
PLAYS = "The player shows here when you run this cell."


class Cell(NamedTuple):
    """A part of a source, Markdown or code, with its text output and what it displayed (MIME type: content)."""

    kind: str
    source: str
    said: str = ""
    shown: Mapping[str, str] = MappingProxyType({})


def cells_of(path):
    """The cells of a source in the percent format; the text before the first cell is a header."""
    _, *parts = re.split(r"^# %%(.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for mark, body in zip(parts[::2], parts[1::2], strict=True):
        if "[markdown]" in mark:
            yield Cell("markdown", "\n".join(line[2:] for line in body.strip().splitlines()))
        else:
            yield Cell("code", body.strip())


def run(path):
    """The cells of a source with their outputs, and the names they leave behind."""
    names = {"__name__": "__main__"}
    with chdir(path.parent), patch.object(sys, "path", [str(path.parent), *sys.path]):  # as in Jupyter
        return [run_code(cell, names) if cell.kind == "code" else cell for cell in cells_of(path)], names


def run_code(cell, names):
    """Run a cell; its value is that of the last line, if this is an expression."""
    tree = ast.parse(cell.source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    said = io.StringIO()
    with redirect_stdout(said):
        exec(compile(tree, "cell", "exec", dont_inherit=True), names)
        value = (
            None
            if last is None
            else eval(compile(ast.Expression(last.value), "cell", "eval", dont_inherit=True), names)
        )
    return cell._replace(said=said.getvalue(), shown={} if value is None else display(value))


def display(value):
    """A value in the form in which a notebook shows it."""
    html = value._repr_html_() if hasattr(value, "_repr_html_") else ""
    if "<iframe" in html:
        return {"text/plain": PLAYS}
    shown = {"text/plain": repr(value)}
    if html:
        shown["text/html"] = html
    if hasattr(value, "_repr_png_"):
        shown["image/png"] = base64.b64encode(value._repr_png_()).decode()
    return shown


def notebook(cells):
    """Cells as a notebook."""
    made = v4.new_notebook(metadata=KERNEL)
    for number, cell in enumerate(cells):
        name = f"cell-{number}"
        if cell.kind == "markdown":
            made.cells.append(v4.new_markdown_cell(cell.source, id=name))
            continue
        outputs = [v4.new_output("stream", name="stdout", text=cell.said)] if cell.said else []
        if cell.shown:
            outputs.append(v4.new_output("display_data", data=cell.shown))
        made.cells.append(v4.new_code_cell(cell.source, id=name, outputs=outputs))
    nbformat.validate(made)
    return made


def main():
    """Write all notebooks."""
    for path in SOURCES:
        text = nbformat.writes(notebook(run(path)[0]))
        path.with_suffix(".ipynb").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
