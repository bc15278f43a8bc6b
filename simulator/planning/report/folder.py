"""The answer as files: plan.json, table.csv, plan.md and plan.html; all say the same."""

from __future__ import annotations

from pathlib import Path

from simulator.core.errors import RunError
from simulator.io import writing
from simulator.planning.planner import Answer
from simulator.planning.report import report
from simulator.planning.report.page import page


def write(answer: Answer, folder: Path) -> list[Path]:
    """Write all files of the report to a folder; returns their paths.

    Raises RunError where the page can't be drawn; the other files are written then.
    """
    texts = {
        "plan.json": report.json_text(answer),
        "table.csv": report.csv_text(answer),
        "plan.md": report.markdown(answer),
    }
    undrawn = None
    try:
        texts["plan.html"] = page(answer)
    except (ValueError, TypeError, RuntimeError, OSError) as error:  # of a library: the numbers stand all the same
        undrawn = f"{folder / 'plan.html'}: can't be drawn: {error}; plan.json, table.csv and plan.md are written"
    with writing.together(folder):
        for name, text in texts.items():
            writing.write_text(folder / name, text)
    if undrawn:
        raise RunError(undrawn)
    return [folder / name for name in texts]
