"""The examples in the package: where they are, what each shows, and which are good to start from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from simulator.core.errors import InputError, Problem
from simulator.io import writing

#: The file of the schema. The first line of a scenario names it, and editors check the scenario by it.
SCHEMA = "schema.json"


@dataclass(frozen=True)
class Start:
    """The files that `asha-sim init` writes for a purpose, as (example, new name), and the command to type next."""

    purpose: str
    files: tuple[tuple[str, str], ...]
    steps: tuple[tuple[str, str], ...]


_DIGITS = (("digits.yaml", "digits.yaml"), ("curves/digits.csv.gz", "curves/digits.csv.gz"))
#: Starts, by the word that a user types.
STARTS: Mapping[str, Start] = MappingProxyType({
    "docs": Start(
        "explain SHA and ASHA in a page of documentation",
        (
            ("docs.yaml", "docs.yaml"),
            ("texts/german.yaml", "texts/german.yaml"),
            ("texts/chinese.yaml", "texts/chinese.yaml"),
            ("palettes/violet.yaml", "palettes/violet.yaml"),
        ),
        (
            (
                "asha-sim animate docs.yaml --style docs --width 1296 --height 432 --out pictures",
                "sha.gif and asha.gif in the size of Determined's own, dark ones, stills, alternative texts",
            ),
            (
                "asha-sim animate docs.yaml --style side --width 740 --theme light --out pictures",
                "both next to each other, in side.gif",
            ),
            (
                "asha-sim animate docs.yaml --style docs --texts texts/german.yaml --snippet md --out german",
                "the same in German, and what to paste into a page",
            ),
            ("asha-sim run docs.yaml", "the numbers behind them"),
        ),
    ),
    "teach": Start(
        "teach with 360 networks that were really trained",
        (*_DIGITS, ("equal-times.yaml", "equal-times.yaml")),
        (
            ("asha-sim animate digits.yaml --format html --out pictures", "a page with a player"),
            ("asha-sim compare digits.yaml", "what 20 orders of the trials say"),
            ("asha-sim run equal-times.yaml", "a case in which asynchrony gains nothing"),
        ),
    ),
    "plan": Start(
        "find out how many workers to pay for",
        (("plan.yaml", "plan.yaml"),),
        (
            ("asha-sim plan plan.yaml --out report", "the answer, and report/plan.html with figures"),
            ("asha-sim plan plan.yaml --set plan.deadline=6h", "another deadline for the same search"),
        ),
    ),
    "cluster": Start(
        "see how long searches wait on a cluster that a team shares, and what spot machines do",
        (("team.yaml", "cluster.yaml"), ("spot-fleet.yaml", "spot-fleet.yaml")),
        (
            ("asha-sim run cluster.yaml", "how long a search waits and how long it stays"),
            ("asha-sim run cluster.yaml --set scheduler.policy=fifo", "the same under another scheduler"),
            ("asha-sim run spot-fleet.yaml", "busy, idle, lost and down time, on machines that are taken away"),
        ),
    ),
    "ray": Start(
        "simulate Ray Tune's schedulers with Ray's own arguments",
        (("ray.yaml", "ray.yaml"),),
        (("asha-sim run ray.yaml", "both schedulers beside SHA, on the same trials"),),
    ),
    "optuna": Start(
        "simulate Optuna's pruners with Optuna's own arguments",
        (("optuna.yaml", "optuna.yaml"),),
        (("asha-sim run optuna.yaml", "both pruners beside ASHA, on the same trials"),),
    ),
    "determined": Start(
        "simulate a Determined experiment file as it is",
        (("experiments/experiment.yaml", "experiment.yaml"),),
        (
            ("asha-sim preview experiment.yaml", "brackets, rungs, and how many workers the search can use"),
            ("asha-sim run experiment.yaml --workers 16 --unit-time 2min", "how long it takes on 16 workers"),
            ("asha-sim plan experiment.yaml --workers 16 --unit-time 2min", "how long it takes on 4 to 32 workers"),
        ),
    ),
})  # fmt: skip


def folder() -> Path:
    """The folder of the examples: inside an installed package, or beside it in a clone."""
    package = Path(__file__).parents[1]
    inside = package / "scenarios"
    return inside if inside.is_dir() else package.parent / "scenarios"


def examples() -> dict[str, Path]:
    """Every example scenario by its name, such as "docs", with its file.

    >>> sorted(examples())[:3]
    ['backfill', 'determined', 'digits']
    """
    return {path.stem: path for path in sorted(folder().glob("*.yaml"))}


def said_by(path: Path) -> str:
    """An example's title."""
    found = re.search(r"^(?:title|name): (.*?)(?:\s+#.*)?$", path.read_text(encoding="utf-8"), re.M)
    return found[1].strip("\"'") if found else path.stem


def write(kind: str, target: Path) -> list[Path]:
    """Write starting examples into `target`, and the schema beside them; return the files.

    `kind` is one of STARTS, or "all" for every example. A file that already has the same content stays. Raises
    InputError if another file has one of the names; then nothing is written.
    """
    source = folder()
    writing.check_folder(target)
    if kind == "all":
        names = [(str(path.relative_to(source)),) * 2 for path in sorted(source.rglob("*")) if path.is_file()]
        names = [pair for pair in names if pair[0] != SCHEMA]
    else:
        names = list(STARTS[kind].files)
    bytes_of = {target / name: (source / example).read_bytes() for example, name in (*names, (SCHEMA, SCHEMA))}
    problems = [
        Problem(str(path), "is there already, and nothing was written; name another folder, or move the file away")
        for path, content in bytes_of.items()
        if _is_other(path, content)
    ]
    if problems:
        raise InputError(problems)
    missing = {path: content for path, content in bytes_of.items() if not path.exists()}
    with writing.together(target):
        for path, content in missing.items():
            with writing.replacing(path) as scratch:
                scratch.write_bytes(content)
    return [path for path in bytes_of if path.name != SCHEMA]


def _is_other(path: Path, content: bytes) -> bool:
    """Whether a file of this name exists and has other content."""
    if not path.exists() and not path.is_symlink():
        return False
    return not path.is_file() or path.stat().st_size != len(content) or path.read_bytes() != content
