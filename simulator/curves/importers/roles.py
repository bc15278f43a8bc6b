"""Which data a log's numbers are about: training data or data held out. Neither makes a trial of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.curves.importers.source import listed, wrong

if TYPE_CHECKING:
    from simulator.curves.importers.frames import LogTable

#: Words in the name of a folder, a file or a row, and the data that each means.
ROLES = {
    "train": "train", "training": "train", "learn": "train", "val": "validation", "valid": "validation",
    "validation": "validation", "validate": "validation", "eval": "validation", "evaluation": "validation",
    "dev": "validation", "test": "test", "testing": "test",
}  # fmt: skip
#: Names of columns that say which data a row is about.
SPLITS = frozenset({
    "split", "phase", "mode", "stage", "subset", "set", "partition", "partition_type", "group", "group_name", "type",
    "dataset", "kind", "prefix", "metric_type",
})  # fmt: skip
#: Names of columns that say which metric a row holds.
NAMES = frozenset({"metric", "metric_name", "variable", "tag", "key", "measure", "name"})
#: Greatest number of different values of such a column that are examined.
MOST = 1000


def role(name: str) -> str | None:
    """The data that a name mentions: train, validation or test; None if it mentions none."""
    return next((ROLES[word] for word in re.split(r"[^a-z]+", name.lower()) if word in ROLES), None)


def check_names(path: Path, names: Iterable[str], metric: str) -> None:
    """Raise InputError if runs have separate folders or files for training and validation: these are not trials.

    Such names differ only in the word that says which data they are about.
    """
    groups: dict[str, dict[str, str]] = {}
    for name in names:
        above, _, last = name.rpartition("/")
        of = role(last)
        if of is not None:
            rest = re.sub("[a-z]+", lambda word: "" if word[0] in ROLES else word[0], last.lower())
            groups.setdefault(f"{above}/{rest}", {})[last] = of
    for inside in (inside for _, inside in sorted(groups.items()) if len(inside) > 1):
        above = next(name.rpartition("/")[0] for name in names if name.rpartition("/")[2] in inside)
        held_out = next((last for last in sorted(inside) if inside[last] != "train"), min(inside))
        shared = len(groups) > 1 and not above
        word = next(word for word in re.split(r"[^a-z]+", held_out.lower()) if word in ROLES)
        pattern = f"*/{held_out}" if above else f"*{word}*" if shared else held_out
        raise wrong(
            path,
            f"has {metric} of {listed(sorted(inside))} below one run{f' ({above})' if above else ''}, "
            f"which are not separate trials; choose which to take, for example by --run '{pattern}'",
        )


def check_rows(table: LogTable, metric: str, step: str, trial_columns: list[str]) -> None:
    """Raise InputError if a column says that rows are about several metrics, or about training data and other data.

    There is no error if that column is part of a trial's name.
    """
    for column in table.columns:
        known = column.lower().replace("-", "_").replace(" ", "_").rpartition("/")[2]
        if column in {metric, step, *trial_columns} or known not in SPLITS | NAMES:
            continue
        values = [str(value).strip() for value in table.frame[column].drop_nulls().unique().head(MOST).to_list()]
        roles = {role(value) for value in values} - {None}
        several = len(set(values) - {""}) > 1 and not any(_number(value) for value in values)
        if len(roles) > 1 or (known in NAMES - {"name"} and several):
            held_out = next((value for value in sorted(values) if role(value) not in {None, "train"}), min(values))
            names = ",".join([*(trial_columns or ["TRIAL"]), column])
            what = "data that were trained on and others" if len(roles) > 1 else "several metrics"
            raise wrong(
                table.path,
                f"holds rows of {what} ({column}: {listed(sorted(values))}); choose which to take, for example by "
                f"--trial-column {names} --run '*/{held_out}'",
            )


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
