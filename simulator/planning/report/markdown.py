"""The answer and its table as Markdown."""

from __future__ import annotations

from simulator.core import escaping
from simulator.planning.report.contents import Contents


def markdown(told: Contents) -> str:
    """The title, the answer, the remarks and the table of all options."""
    head, rows = told.options.head, told.options.rows
    return "\n".join(
        [
            f"# {escaping.markdown(told.title)}",
            "",
            f"**{escaping.markdown(told.answer)}**",
            "",
            *(f"- {escaping.markdown(remark)}" for remark in told.remarks),
            "",
            "| " + " | ".join(head) + " |",
            "| --- |" + " ---: |" * (len(head) - 1),
            *("| " + " | ".join(escaping.markdown(cell) for cell in row) + " |" for row in rows),
            "",
        ]
    )
