"""The command that plans: how many workers, at what price, how sure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.progress import progress_bar
from simulator.cli.scenario_file import ScenarioFile, Seed, Sets, UnitTime, Workers, opened, what_was_set
from simulator.core.escaping import printable
from simulator.core.vocabulary import BackendName
from simulator.io import signals

if TYPE_CHECKING:
    from rich.table import Table

#: Characters that an option's name may take before it goes on in another line.
OPTION = 16
#: Ends of the titles of columns that a narrow terminal leaves out first.
LEAST = ("best loss", "busy", ", 10 %", ", 90 %", "worker-h")
#: More characters than a table has.
UNBOUND = 10_000


def add_to(app: typer.Typer) -> None:
    """Add the command to `asha-sim`."""
    app.command()(plan)


def plan(
    scenario: ScenarioFile,
    out: Annotated[
        Path | None, typer.Option(help="Write the report here, and every finished block of runs.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print plan.json and nothing else.")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Processes; default: one a processor.", show_default=False)
    ] = None,
    backend: Annotated[
        BackendName,
        typer.Option(help="Who does the runs: processes of this machine, or an existing cluster."),
    ] = "loky",
    address: Annotated[
        str | None, typer.Option(help="Where the cluster is, such as tcp://scheduler:8786.", show_default=False)
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what is in --out already.")] = False,
    seed: Seed = None,
    sets: Sets = None,
    workers: Workers = None,
    unit_time: UnitTime = None,
) -> None:
    """Say how many workers it takes, at what price and how sure.

    The section `plan` of the scenario says what to vary and what is asked.
    """
    from simulator.planning.backend import WorkerPool
    from simulator.planning.planner import answer
    from simulator.planning.report import report, sentences

    if resume and out is None:
        raise typer.BadParameter("needs --out, the folder to go on with.", param_hint="--resume")
    if (address is None) == (backend == "dask") and backend != "ray":
        problem = "names no cluster; dask needs one" if address is None else "is for --backend dask or ray"
        raise typer.BadParameter(f"{problem}.", param_hint="--address")
    loaded = opened(scenario, sets, workers, unit_time)
    if loaded.scenario.searches is not None:
        from simulator.cli.shared import plan_shared

        plan_shared(loaded, seed, out, as_json=as_json)
        return
    how = "go on with --resume" if out else "run it again; with --out it could go on"
    with signals.going_on(how), progress_bar() as progress:
        task = progress.add_task("looking at the plan", total=None)

        def on_progress(done: int, total: int) -> None:
            progress.update(task, description=f"simulating {done:,} of {total:,} runs", completed=done, total=total)

        found = answer(
            loaded,
            seed=seed,
            folder=out,
            resume=resume,
            pool=WorkerPool(backend, address, jobs or 0),
            on_progress=on_progress,
        )
        if out is not None:
            from simulator.planning.report import folder

            folder.write(found, out)
    with signals.going_on(how):  # a folder with results is refused without --resume
        if as_json:
            typer.echo(report.json_text(found), nl=False)
        else:
            remarks = [*filter(None, [what_was_set(loaded)]), *sentences.remarks(found)]
            _print(sentences.sentence(found), remarks, report.head(found), report.rows(found))


def _print(sentence: str, remarks: list[str], head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    unbound = console.options.update(width=UNBOUND)
    if not console.is_terminal:
        console.width = UNBOUND  # a file takes lines of any length
    shown = list(range(len(head)))
    least = [at for end in LEAST for at in shown if head[at].endswith(end)]
    least += [at for at in reversed(shown[1:]) if at not in least]
    while least and console.measure(_table(head, rows, shown), options=unbound).minimum > console.width:
        shown.remove(least.pop(0))
    if len(shown) < len(head):
        *missing, last = (title for at, title in enumerate(head) if at not in shown)
        names = f"{', '.join(missing)} and {last}" if missing else last
        remarks = [f"This terminal is too narrow for {names}; --json and --out tell all.", *remarks]
    console.print(Text(printable(sentence), style="bold"), soft_wrap=True)
    console.print(_table(head, rows, shown))
    for remark in remarks:
        console.print(Text(printable(remark)), soft_wrap=True)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]], shown: list[int]) -> Table:
    """The columns that are `shown`; the options' names may take two lines, the rest is as wide as it needs to be."""
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    texts = [[printable(row[at]) for at in shown] for row in (head, *rows)]
    names, *figures = (max(map(cell_len, column)) for column in zip(*texts, strict=True))
    grid = Table()
    grid.add_column(Text(texts[0][0]), min_width=min(names, OPTION))
    for title, width in zip(texts[0][1:], figures, strict=True):
        grid.add_column(Text(title), justify="right", min_width=width)
    for row in texts[1:]:
        grid.add_row(*map(Text, row))
    return grid
