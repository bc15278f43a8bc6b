"""Curves that other programs logged: a reader for each kind of source, and one way to make them sound."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal, get_args

from simulator.curves.importers import schedule
from simulator.curves.importers.assemble import Censored, Curve, assemble
from simulator.curves.importers.report import Report
from simulator.curves.importers.source import Importer, Options
from simulator.io.reading import check_file
from simulator.trace.trace import Trace

__all__ = ["KINDS", "Censored", "Curve", "Imported", "Kind", "Options", "Report", "import_curves"]

Kind = Literal["csv", "parquet", "jsonl", "optuna", "ray", "mlflow", "tensorboard", "wandb", "lcbench", "syne-tune"]
KINDS: tuple[Kind, ...] = get_args(Kind)

MODULES: dict[Kind, str] = {
    "csv": "tabular",  # the file's name says which of the three it is
    "parquet": "tabular",
    "jsonl": "tabular",
    "optuna": "optuna_study",
    "ray": "ray_results",
    "mlflow": "mlflow_runs",
    "tensorboard": "tensorboard_events",
    "wandb": "wandb_history",
    "lcbench": "lcbench",
    "syne-tune": "syne_tune_results",
}


@dataclass(frozen=True, eq=False)
class Imported:
    """Curves in order of their trials, what was done to get them, and the schedule where the source has one."""

    curves: list[Curve]
    report: Report
    trace: Trace | None


def import_curves(
    path: Path,
    kind: Kind,
    options: Options | None = None,
    *,
    censored: Censored | None = None,
    offset: int | None = None,
    grid: tuple[int, ...] = (),
) -> Imported:
    """Read a source of `kind`, see `assemble` for the rest. Raises InputError, one line for what is wrong."""
    options = options or Options()
    if not path.is_dir():
        check_file(path, "a source is a file or a folder")  # the same words for every kind
    reader: Importer = import_module(f"{__name__}.{MODULES[kind]}").read
    found = reader(path, options)
    made, report = assemble(path, kind, found, mode=options.mode, censored=censored, offset=offset, grid=grid)
    label = path.resolve().name.partition(".")[0] or kind
    trace = schedule.trace(found.trials, label=label, maximise=report.mode == "max", offset=report.offset)
    return Imported(made, report, trace)
