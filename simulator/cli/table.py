"""Tables in a terminal, in which no figure is ever cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

#: Characters that each column adds to its text, for padding and a line; and the width of the line at the right end.
BESIDE, END = 3, 1


def print_table(console: Console, head: Sequence[str], rows: Sequence[Sequence[str]], *, named: int = 1) -> None:
    """Print a table; one that is wider than the terminal becomes several, each with the first `named` columns.

    With `named` 0 there is always one table, and a narrow terminal breaks its lines.
    """
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    widths = [max(map(cell_len, column)) + BESIDE for column in zip(head, *rows, strict=True)]
    bound = console.width - END if console.is_terminal and named else sum(widths)  # a file has no width to keep to
    rest = list(range(named, len(head)))
    while rest:
        shown, room = list(range(named)), bound - sum(widths[:named])
        while rest and (len(shown) == named or widths[rest[0]] <= room):
            room -= widths[rest[0]]
            shown.append(rest.pop(0))
        grid = Table()
        for at in shown:
            grid.add_column(Text(head[at]), justify="left" if at < named else "right", no_wrap=True)
        for row in rows:
            grid.add_row(*(Text(row[at]) for at in shown))
        before, console.width = console.width, END + sum(widths[at] for at in shown)
        console.print(grid)
        console.width = before
