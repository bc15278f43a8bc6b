"""Import curves that other programs logged: each kind of source has a reader, and all have the same checks."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import numpy as np

from simulator.core import ticks
from simulator.core.errors import InputError, Problem
from simulator.core.vocabulary import IMPORTERS, Censored, ImporterKind
from simulator.curves.importers import schedule
from simulator.curves.importers.assemble import assemble
from simulator.curves.importers.imported_curve import ImportedCurve
from simulator.curves.importers.report import ImportReport
from simulator.curves.importers.source import Found, Importer, Options, listed, wrong
from simulator.io.reading import check_file
from simulator.trace.trace import Trace

__all__ = [
    "ImportReport",
    "Imported",
    "ImportedCurve",
    "Options",
    "import_curves",
    "place_of",
]


#: Options that only some readers use, each with its name on the command line; a reader's USES lists those it takes.
OPTIONS = {
    "study": "--study", "trial_column": "--trial-column", "step_column": "--step-column",
    "time_column": "--time-column", "start_column": "--start-column", "end_column": "--end-column",
    "worker_column": "--worker-column", "seconds": "--time-unit", "time_is": "--time-is", "max_gap": "--max-gap",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Imported:
    """The curves in order of trials, a report of what was changed, and the schedule if the source has one."""

    curves: list[ImportedCurve]
    report: ImportReport
    trace: Trace | None


@np.errstate(over="ignore")  # a number that overflows becomes infinite; trials with such times are dropped
def import_curves(
    path: Path,
    kind: ImporterKind,
    options: Options | None = None,
    *,
    censored: Censored | None = None,
    offset: int | None = None,
    grid: tuple[int, ...] = (),
) -> Imported:
    """Read a source of `kind`, one of `IMPORTERS`; `assemble` describes the other arguments.

    Raises InputError, one line for each thing that is wrong.
    """
    options = options or Options()
    if not path.is_dir():
        check_file(path, "a source is a file or a folder")  # the same words for all kinds of source
    module = import_module(f"{__name__}.{IMPORTERS[kind]}")
    reader: Importer = module.read
    _check_options(path, kind, options, module.USES)
    found = reader(path, options)
    _choose(path, found, options)
    if options.step_scale is not None:
        found.notes.append(f"steps are multiplied by {options.step_scale:g} (--step-scale)")
    made, report = assemble(
        path, kind, found, mode=options.mode, censored=censored, offset=offset, grid=grid, max_gap=options.max_gap
    )
    label = path.resolve().name.partition(".")[0] or kind
    first = {id(curve.trial): number for number, curve in enumerate(made)}
    trials = sorted(found.trials, key=lambda trial: first.get(id(trial), len(first)))  # numbers as in the curves
    trace = schedule.trace(trials, label=label, maximise=report.mode == "max", offset=report.offset)
    if trace is not None:
        trace = replace(
            trace,
            names={number: trial.name for number, trial in enumerate(trials)},
            configs={
                number: {key: str(value) for key, value in trial.config.items()}
                for number, trial in enumerate(trials)
            },
        )
        report.workers = trace.workers
        report.trained_s = ticks.to_seconds(int((trace.end - trace.start - trace.overhead - trace.lost).sum()))
    return Imported(made, report, trace)


#: Servers that are not read, by the beginning of their address, and how to get a file from each.
SERVERS: dict[str, str] = {
    "optuna": "copy the study into a file: optuna.copy_study(from_study_name=NAME, from_storage=ADDRESS, "
    "to_storage='sqlite:///study.db')",
    "mlflow": "write what MlflowClient.get_metric_history says into a table with trial, resource, loss, elapsed_s "
    "and import that by --from csv; or import the server's own SQLite file",
    "wandb": "export the histories: wandb.Api().run(PATH).history() of each run into a CSV file of a folder",
}
ADDRESS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*):/(?P<rest>/.*)", re.DOTALL)


def place_of(source: str, kind: ImporterKind) -> Path:
    """The file or folder that a source names, maybe as `sqlite:///FILE`; raises InputError for a server's address."""
    found = ADDRESS.fullmatch(source)
    if found is None:
        return Path(source)
    scheme, rest = found["scheme"], found["rest"]
    if scheme in {"sqlite", "file"} or scheme.startswith("sqlite+"):
        return Path(rest.removeprefix("//" if scheme != "file" else "/") or ".")
    how = SERVERS.get(kind, "save what it holds as a file")
    raise InputError(Problem(source, f"is the address of a server, which is not read here: {how}"))


def _check_options(path: Path, kind: ImporterKind, options: Options, uses: frozenset[str]) -> None:
    """Raise InputError for an option that this kind's reader would silently ignore."""
    for name, option in OPTIONS.items():
        if name not in uses and getattr(options, name) not in {None, False}:
            raise wrong(path, f"is read by --from {kind}, for which {option} means nothing; leave it out")


def _choose(path: Path, found: Found, options: Options) -> None:
    """Leave out the trials that `run` does not match, and with `no_times` all times."""
    if options.run is not None:
        names = [trial.name for trial in found.trials]
        found.trials = [trial for trial in found.trials if options.takes(trial.name)]
        if not found.trials and names:
            raise wrong(path, f"has no trial whose name matches {options.run!r}; it has {listed(names)}")
        if len(names) > len(found.trials):
            found.others[f"not named as --run {options.run} asks"] += len(names) - len(found.trials)
    if options.no_times:
        found.trials = [replace(trial, elapsed=None, attempts=()) for trial in found.trials]
