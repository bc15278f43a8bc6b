"""The answer as files with the same content: plan.json, table.csv, plan.md, plan.html, and plan.pdf on request."""

from __future__ import annotations

from pathlib import Path

from simulator.core.errors import RunError
from simulator.io import writing
from simulator.planning.report.contents import Contents
from simulator.planning.report.markdown import markdown
from simulator.planning.report.page import page
from simulator.planning.report.pdf import pdf as pdf_of


def write(told: Contents, folder: Path, *, pdf: bool = False) -> list[Path]:
    """Write all files of the report to a folder, with `pdf` a PDF too; returns their paths.

    Raises RunError if the page can't be drawn; the other files are written all the same.
    """
    texts = {**told.data, "plan.md": markdown(told)}
    undrawn, sheets = None, b""
    try:
        texts["plan.html"] = page(told)
        if pdf:
            sheets = pdf_of(told)
    except (ValueError, TypeError, RuntimeError, OSError) as error:  # a library failed; the numbers are right
        undrawn = f"{folder / 'plan.html'}: can't be drawn: {error}; plan.json, table.csv and plan.md are written"
    with writing.together(folder):
        for name, text in texts.items():
            writing.write_text(folder / name, text)
        if sheets:
            with writing.replacing(folder / "plan.pdf") as aside:
                aside.write_bytes(sheets)
    if undrawn:
        raise RunError(undrawn)
    return [folder / name for name in (*texts, *(["plan.pdf"] if sheets else []))]
