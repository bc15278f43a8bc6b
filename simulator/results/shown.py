"""What all results have in common: a title, a table and sentences, for a terminal and for a notebook."""

from __future__ import annotations

from simulator.core import escaping
from simulator.core.escaping import plain


class Shown:
    """A title, a table and sentences, as text and as HTML."""

    @property
    def title(self) -> str:
        """The result's title."""
        raise NotImplementedError

    @property
    def head(self) -> tuple[str, ...]:
        """Names of the table's columns."""
        raise NotImplementedError

    def rows(self) -> list[tuple[str, ...]]:
        """The table's rows, as text."""
        raise NotImplementedError

    def findings(self) -> list[str]:
        """Findings, one sentence each."""
        raise NotImplementedError

    def __repr__(self) -> str:
        table = [self.head, *self.rows()]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = (
            "  ".join(cell.rjust(width) if place else cell.ljust(width)
                      for place, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
            for row in table
        )  # fmt: skip
        return "\n".join(map(plain, (self.title, *lines, *self.findings())))

    def _repr_html_(self) -> str:
        head, *body = (
            "".join(f"<{tag}>{escaping.html(cell)}</{tag}>" for cell in row)
            for tag, rows in (("th", [self.head]), ("td", self.rows()))
            for row in rows
        )
        rows = "".join(f"<tr>{row}</tr>" for row in body)
        found = "".join(f"<p>{escaping.html(sentence)}</p>" for sentence in self.findings())
        return (
            f"<table><caption>{escaping.html(self.title)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{found}"
        )
