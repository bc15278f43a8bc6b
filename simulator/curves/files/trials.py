"""Names and hyperparameters of the trials in a file of curves, as the imported log has them.

The trials of `curves.csv.gz` are in `curves.trials.csv`, with the columns trial, name, end, and one for each
hyperparameter.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simulator.core.errors import InputError, Problem
from simulator.core.escaping import csv_cell, of_csv_cell, printable
from simulator.curves.table import Identity
from simulator.io import reading, writing

OWN = ("trial", "name", "end")
SUFFIX = ".trials.csv"
#: Prefix of the columns of hyperparameters, so that none has the name of another column.
PREFIX = "config/"
#: Size in bytes of the largest file that is read.
MAX_BYTES = 1 << 28
MEANT = "names of trials are a CSV file with the columns trial and name"


def path_of(curves: Path) -> Path:
    """The path of the file with the trials' names, for a file of curves."""
    return curves.with_name(curves.name.removesuffix(".gz").rpartition(".")[0] + SUFFIX)


def write(path: Path, trials: Sequence[Mapping[str, Any]]) -> None:
    """Replace the file `path` by the trials, each with its keys trial, name, end and config."""
    keys = list(dict.fromkeys(key for trial in trials for key in trial["config"]))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*OWN, *(PREFIX + printable(key) for key in keys)])
    for trial in trials:
        config = trial["config"]
        cells = [*(trial[name] for name in OWN), *(config.get(key, "") for key in keys)]
        writer.writerow([csv_cell(cell) if isinstance(cell, str) else cell for cell in cells])
    writing.write_text(path, text.getvalue())


def read_trials(curves: Path, count: int) -> tuple[Identity, ...]:
    """The identities of the `count` trials of a file of curves; empty if there is no file beside it.

    Raises InputError if the file beside it describes other trials.
    """
    path = path_of(curves)
    if not path.exists():
        return ()
    text = reading.csv_text(path, reading.read_at_most(path, MAX_BYTES, MEANT))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    header = rows[0] if rows else []
    if not {"trial", "name"} <= set(header):
        raise InputError(Problem(str(path), f"lacks the column trial or name; {MEANT}", 1, 1))
    found: dict[str, Identity] = {}
    for line, fields in enumerate(rows[1:], start=2):
        if len(fields) != len(header):
            message = f"has {len(fields)} fields where the header has {len(header)}"
            raise InputError(Problem(str(path), message, line, 1))
        cells = dict(zip(header, fields, strict=True))
        config = {
            key.removeprefix(PREFIX): of_csv_cell(cell)
            for key, cell in cells.items()
            if key.startswith(PREFIX) and cell
        }
        found[cells["trial"]] = Identity(of_csv_cell(cells["name"]), config)
    wanted = [str(number) for number in range(count)]
    if set(wanted) != set(found):
        message = f"names {len(found):,} trials and {curves.name} holds {count:,}"
        message += f"; import again, or remove {path.name}"
        raise InputError(Problem(str(path), message))
    return tuple(found[number] for number in wanted)
