"""The answer and its table as Markdown."""

from __future__ import annotations

import re

from simulator.core import escaping
from simulator.planning.report.contents import Contents


def markdown(told: Contents) -> str:
    """The title, the answer, the remarks and the table of all options."""
    head, rows = told.options.head, told.options.rows
    return "\n".join(
        [
            f"# {escaping.markdown(told.title)}",
            "",
            f"**{_with_code(told.answer)}**",
            "",
            *(f"- {_with_code(remark)}" for remark in told.remarks),
            "",
            "| " + " | ".join(head) + " |",
            "| --- |" + " ---: |" * (len(head) - 1),
            *("| " + " | ".join(escaping.markdown(cell) for cell in row) + " |" for row in rows),
            "",
        ]
    )


def _with_code(text: str) -> str:
    """A text as Markdown; what stands between backticks is code, unless it has characters that must be escaped."""

    def code(found: re.Match[str]) -> str:
        inside = found[1].replace("\\_", "_")
        return found[0] if re.search(r"[\\&]", inside) else f"`{inside}`"

    return re.sub(r"\\`(.+?)\\`", code, escaping.markdown(text))
