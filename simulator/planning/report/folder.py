"""The answer as files: plan.json, table.csv, plan.md and plan.html; all say the same."""

from __future__ import annotations

from pathlib import Path

from simulator.io import writing
from simulator.planning.planner import Answer
from simulator.planning.report import report
from simulator.planning.report.page import page


def write(answer: Answer, folder: Path) -> list[Path]:
    """Write all files of the report to a folder; returns their paths."""
    texts = {
        "plan.json": report.json_text(answer),
        "table.csv": report.csv_text(answer),
        "plan.md": report.markdown(answer),
        "plan.html": page(answer),
    }
    with writing.together(folder):
        for name, text in texts.items():
            writing.write_text(folder / name, text)
    return [folder / name for name in texts]
