"""Commands that compare simulations with real runs: calibrate and backtest."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.curves import _check_apart as check_apart
from simulator.cli.progress import progress_bar
from simulator.cli.scenario_file import Seed, Sets, load_with_settings
from simulator.core.errors import InputError, Problem
from simulator.core.escaping import json_text, printable
from simulator.core.vocabulary import ThemeName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.curves.protocol import Curves
    from simulator.experiment.backtest import Backtest
    from simulator.trace.trace import Trace

Workers = Annotated[
    int | None,
    typer.Option(min=1, max=10**6, help="Number of workers; default: as many as worked.", show_default=False),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `asha-sim`."""
    app.command()(calibrate)
    app.command()(backtest)


def calibrate(
    traces: Annotated[
        list[Path],
        typer.Argument(metavar="TRACE…", help="Schedules of real runs: .csv or .parquet.", show_default=False),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "-o", "--out", help="YAML file to write. It has a `cluster:` section for a scenario.", show_default=False
        ),
    ],
    curves: Annotated[
        list[Path] | None,
        typer.Option(
            help="Learning curves of the trials: one file, or one for each trace in their order.", show_default=False
        ),
    ] = None,
    smaller_is_better: Annotated[
        bool, typer.Option("--minimise/--maximise", help="Whether smaller or greater losses are better.")
    ] = True,
    workers: Workers = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Estimate a cluster from the schedules of real runs.

    It estimates speeds, stragglers, overheads, failures and decision time, each with its interval. It needs
    pip install 'asha-simulator[calibrate]'.
    """
    from simulator.cluster.calibration import calibrate as calibrating
    from simulator.cluster.calibration import section
    from simulator.io import writing

    if out.suffix not in {".yaml", ".yml"}:
        raise InputError(Problem(str(out), "must end in .yaml or .yml"))
    given = curves or []
    _check_given(traces, out, given)
    if len(given) not in {0, 1, len(traces)}:
        raise typer.BadParameter(
            f"{len(given)} files of curves for {len(traces)} traces; give one, or one for each.",
            param_hint="--curves",
        )
    read = [_labelled_by(trace, path) for trace, path in zip(_read(traces, workers), traces, strict=True)]
    made = calibrating.calibrate(read, _curves(given, len(traces), smaller_is_better=smaller_is_better))
    writing.write_text(out, section.yaml(made, [path.name for path in traces]))
    if as_json:
        typer.echo(json_text(section.as_dict(made)))
    else:
        for line in section.report(made):
            typer.echo(printable(line))


def backtest(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="TRACE… SCENARIO",
            help="Schedules of real runs, and last the scenario that they ran.",
            show_default=False,
        ),
    ],
    holdout: Annotated[
        bool, typer.Option("--holdout", help="Calibrate on every other trace, and test on the remaining ones.")
    ] = False,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Take the scenario's cluster as it is, and calibrate nothing.")
    ] = False,
    searcher: Annotated[
        str | None,
        typer.Option(help="Label of the searcher that ran, where the scenario has several.", show_default=False),
    ] = None,
    runs: Annotated[int, typer.Option(min=20, max=10_000, help="Number of simulated runs for each real run.")] = 200,
    figure: Annotated[
        Path | None,
        typer.Option(
            help="File for a picture of the first real run above a simulated one, and of the forecast: .png or .svg.",
            show_default=False,
        ),
    ] = None,
    theme: Annotated[ThemeName, typer.Option(help="Colours of the figure.")] = "light",
    workers: Workers = None,
    seed: Seed = None,
    sets: Sets = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Say whether simulations would have foreseen a real run.

    It simulates the same search on the cluster that `calibrate` estimates from the real runs. It needs
    pip install 'asha-simulator[calibrate]'.
    """
    from simulator.experiment import backtest as backtesting

    *traces, scenario = files
    _check_backtest(files, figure, holdout=holdout, as_is=as_is)
    loaded = load_with_settings(scenario, sets)
    if seed is not None:  # it also decides the synthetic curves, so these are then the ones of the real run
        loaded = replace(loaded, scenario=loaded.scenario.model_copy(update={"seed": seed}))
    cases = [backtesting.case(trace, loaded, searcher) for trace in _read(traces, workers)]
    cases = [replace(one, trace=_labelled_by(one.trace, path)) for one, path in zip(cases, traces, strict=True)]
    learned, tested = (cases[::2], cases[1::2]) if holdout else (cases, cases)
    found = None if as_is else backtesting.calibrated(learned)
    drift = backtesting.drift(learned, found) if holdout and found is not None and len(learned) > 1 else None
    made: list[Backtest] = []
    with progress_bar() as progress:
        task = progress.add_task("simulating", total=runs * len(tested))
        for one in tested:
            made.append(
                backtesting.backtest(
                    one, found, runs=runs, drift=drift,
                    on_progress=lambda done, _: progress.update(task, completed=done + runs * len(made)),
                )
            )  # fmt: skip
    if figure is not None:
        from simulator.render.plots import reality
        from simulator.render.plots.figure import write

        write(reality.backtest(made[0], theme=theme, title=loaded.title, time_unit=loaded.scenario.time_unit), figure)
        typer.echo(printable(reality.alternative(made[0])), err=True)
    if as_json:
        typer.echo(json_text(_as_dict(made, holdout=holdout)))
        return
    for test in made:
        typer.echo(printable(f"{test.real.label}: {runs} simulated runs of {test.label}"))
        for line in backtesting.lines(test):
            typer.echo(printable(line))
    if drift is not None:
        typer.echo(backtesting.corrected(drift))
    if len(made) > 1:
        inside = sum(bool(test["makespan_s"].inside) for test in made)
        typer.echo(
            f"makespans: {inside} of {len(made)} lie in their interval; median error "
            f"{backtesting.median_error(made):.1%}".replace("%", " %")
        )


def _check_backtest(files: Sequence[Path], figure: Path | None, *, holdout: bool, as_is: bool) -> None:
    if len(files) < 2:  # noqa: PLR2004
        message = "give traces of real runs and, last, the scenario that they ran."
        raise typer.BadParameter(message, param_hint="TRACE… SCENARIO")
    if figure is not None and figure.suffix not in {".png", ".svg"}:
        raise InputError(Problem(str(figure), "must end in .png or .svg"))
    _check_given(files, figure)
    if holdout and as_is:
        raise typer.BadParameter("calibrates, and --as-is does not.", param_hint="--holdout")
    if holdout and len(files) < 3:  # noqa: PLR2004
        raise typer.BadParameter("needs two traces: one to calibrate on, one to test.", param_hint="--holdout")


def _read(paths: Sequence[Path], workers: int | None) -> list[Trace]:
    from simulator.trace.reading import read_trace

    return [read_trace(path, workers=workers) for path in paths]


def _check_given(traces: Sequence[Path], out: Path | None, curves: Sequence[Path] = ()) -> None:
    """Raise InputError if a trace is given twice, or if the file to write is one of those to read."""
    for place, path in enumerate(traces):
        if any(os.path.realpath(path) == os.path.realpath(other) for other in traces[:place]):
            raise InputError(Problem(str(path), "is given twice; give each run once"))
    for path in (*traces, *curves):
        check_apart(path, out)


def _labelled_by(trace: Trace, path: Path) -> Trace:
    """The trace, with its file's name as the label that messages use."""
    return replace(trace, label=str(path))


def _curves(paths: Sequence[Path], count: int, *, smaller_is_better: bool) -> list[Curves] | None:
    from simulator.curves.files.tables import read_table
    from simulator.curves.recorded import Recorded

    if not paths:
        return None
    made: list[Curves] = [
        Recorded(read_table(path, smaller_is_better=smaller_is_better), interpolate=True) for path in paths
    ]
    return made * count if len(made) == 1 else made


def _as_dict(made: Sequence[Backtest], *, holdout: bool) -> dict[str, Any]:
    from simulator.experiment.backtest import median_error, share_inside

    return {
        "holdout": holdout,
        "median_error": median_error(made),
        "share_inside": share_inside(made),
        "runs": [
            {
                "trace": one.real.label, "searcher": one.label, "simulated": len(one.makespans),
                "figures": {
                    row.name: {
                        "real": row.real, "low": row.low, "median": row.middle, "high": row.high,
                        "quantile": row.quantile, "inside": row.inside,
                    }
                    for row in one.rows
                },
            }
            for one in made
        ],
    }  # fmt: skip
