"""The command that plans: how many workers, at what price, how sure."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.notes import tell_notes
from simulator.cli.progress import progress_bar
from simulator.cli.scenario_file import Seed, Sets, what_was_set
from simulator.core.errors import InputError, Problem
from simulator.core.escaping import printable
from simulator.core.vocabulary import BackendName
from simulator.io import signals

if TYPE_CHECKING:
    from rich.table import Table

    from simulator.planning.report.contents import Contents
    from simulator.scenario.asking import Question
    from simulator.scenario.loading import Loaded

#: Heading in `--help` of the options that ask a question without a file.
QUESTION = "The question, without a file"
#: Options that may also be given with a scenario's file; there they set keys of its section `plan`.
IN_PLAN = ("--start", "--deadline", "--budget", "--confidence")
#: Greatest number of workers of a cluster.
MOST_WORKERS = 10**6
#: Number of characters up to which the name of a planning option is printed in one line.
OPTION = 16
#: Ends of the titles of columns that are left out first in a narrow terminal.
LEAST = ("best loss", "busy", "fastest 10 %", "slowest 10 %", "dearest 10 %", "worker-hours")
#: Number of characters that no table is as wide as.
UNBOUND = 10_000


def add_to(app: typer.Typer) -> None:
    """Add the command to `asha-sim`."""
    app.command()(plan)


def _question(metavar: str, text: str) -> Any:
    """A command-line option for a question without a file."""
    return typer.Option(metavar=metavar, help=text, show_default=False, rich_help_panel=QUESTION)


def plan(
    scenario: Annotated[
        Path | None,
        typer.Argument(
            metavar="SCENARIO",
            help="A scenario's YAML file with a section `plan`; without one the question is asked by options.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the report and for every finished block of runs.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print plan.json and nothing else.")] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1, max=10_000, help="Number of processes; default: one for each processor.", show_default=False
        ),
    ] = None,
    backend: Annotated[
        BackendName,
        typer.Option(help="Where the runs are made: in processes of this machine, or on a cluster that is there."),
    ] = "loky",
    address: Annotated[
        str | None, typer.Option(help="Address of the cluster, such as tcp://scheduler:8786.", show_default=False)
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the runs that are in --out already.")] = False,
    formats: Annotated[
        str | None,
        typer.Option("--format", metavar="pdf", help="Write plan.pdf beside the other files.", show_default=False),
    ] = None,
    extend: Annotated[
        bool,
        typer.Option(
            "--extend", help="If the answer is the smallest or the largest number of workers tried, try further ones."
        ),
    ] = False,
    seed: Seed = None,
    sets: Sets = None,
    workers: Annotated[
        str | None,
        _question(
            "N[,N…]",
            "Numbers of workers to try. With a Determined experiment file one number; a quarter, half and "
            "twice of it are tried, too.",
        ),
    ] = None,
    unit_time: Annotated[
        str | None, _question("TIME", "How long a unit (an epoch, a batch) takes, such as 7min.")
    ] = None,
    trials: Annotated[int | None, _question("N", "Number of trials that a search starts.")] = None,
    max_length: Annotated[
        int | None, _question("UNITS", "Number of units that the best trials are trained for.")
    ] = None,
    divisor: Annotated[int | None, _question("N", "One in N trials is promoted; default 4.")] = None,
    pilots: Annotated[
        Path | None, _question("FILE", "Learning curves of trials that were run, or the law that `curves fit` wrote.")
    ] = None,
    price: Annotated[float | None, _question("MONEY", "Price of a worker per hour, on demand.")] = None,
    spot_price: Annotated[
        float | None, _question("MONEY", "Price of a spot worker per hour. Spot is then tried too.")
    ] = None,
    spot_up: Annotated[str | None, _question("TIME", "Mean time until spot machines are taken away.")] = None,
    spot_down: Annotated[str | None, _question("TIME", "Mean time until spot machines come back.")] = None,
    start: Annotated[str | None, _question("WHEN", "Day and time of the start, such as '2026-12-04 18:00'.")] = None,
    deadline: Annotated[
        str | None,
        _question(
            "TIME",
            "Time within which it should be done, such as 62h; with --start also a day and time. It goes with a "
            "file, too.",
        ),
    ] = None,
    budget: Annotated[float | None, _question("MONEY", "Most that it may cost. It goes with a file, too.")] = None,
    confidence: Annotated[
        float | None, _question("SHARE", "How sure it should be, such as 0.9. It goes with a file, too.")
    ] = None,
    save: Annotated[
        Path | None, _question("FILE", "YAML file for the scenario that is made of these options.")
    ] = None,
) -> None:
    """Say how many workers a search needs, at what price, and how sure that is.

    The section `plan` of a scenario says what to vary and what is asked. Without a scenario, options ask the
    question.
    """
    from simulator.io import writing
    from simulator.planning.backend import WorkerPool
    from simulator.scenario.asking import Question, told_by_options

    pdf = _checked(out, formats, backend, address, resume=resume)
    question = Question(
        trials=trials, max_length=max_length, divisor=divisor, unit_time=unit_time, pilots=pilots, workers=workers,
        price=price, spot_price=spot_price, spot_up=spot_up, spot_down=spot_down, start=start, deadline=deadline,
        budget=budget, confidence=confidence,
    )  # fmt: skip
    loaded, text = _load(scenario, question, sets, save)
    how = "go on with --resume" if out else "run it again; with --out it could go on"
    with signals.going_on(how), progress_bar() as progress:
        task = progress.add_task("looking at the plan", total=None)

        def on_progress(done: int, total: int) -> None:
            progress.update(task, description=f"simulating {done:,} of {total:,} runs", completed=done, total=total)

        asked: dict[str, Any] = {
            "seed": seed,
            "folder": out,
            "resume": resume,
            "extend": extend,
            "pool": WorkerPool(backend, address, jobs or 0),
            "on_progress": on_progress,
        }
        with told_by_options(loaded) if scenario is None else nullcontext():
            told = _report_on(loaded, asked)
            if out is not None:
                from simulator.planning.report import folder

                folder.write(told, out, pdf=pdf)
        if save is not None and text:
            writing.write_text(save, text)
    with signals.going_on(how):  # the folder may hold results only with --resume
        if as_json:
            typer.echo(told.data["plan.json"], nl=False)
        else:
            _print(told)
            where = f"The scenario is in {save}:" if save else "The scenario (--save FILE writes it):"
            for line in ["", where, *text.splitlines()] if text else ():
                typer.echo(printable(line))


def _report_on(loaded: Loaded, asked: dict[str, Any]) -> Contents:
    """The report on a plan, for searchers that run one by one or for searches that share a cluster."""
    if loaded.scenario.searches is None:
        from simulator.planning.planner import answer
        from simulator.planning.report.one_search import contents

        return contents(answer(loaded, **asked))
    from simulator.planning.sharing.contents import contents as contents_of_shared
    from simulator.planning.sharing.planner import answer_shared

    return contents_of_shared(answer_shared(loaded, **asked))


def _checked(
    out: Path | None, formats: str | None, backend: BackendName, address: str | None, *, resume: bool
) -> bool:
    """Check the options together, and return whether a PDF is wanted; raises BadParameter for a conflict."""
    if formats not in (None, "html", "pdf", "html,pdf", "pdf,html"):
        raise typer.BadParameter(
            f"{formats!r} should be pdf, or html (which is always written).", param_hint="--format"
        )
    pdf = formats is not None and "pdf" in formats
    if pdf and out is None:
        raise typer.BadParameter("needs --out, the folder to write plan.pdf to.", param_hint="--format")
    if resume and out is None:
        raise typer.BadParameter("needs --out, the folder to go on with.", param_hint="--resume")
    if (address is None) == (backend == "dask") and backend != "ray":
        problem = "names no cluster; dask needs one" if address is None else "is for --backend dask or ray"
        raise typer.BadParameter(f"{problem}.", param_hint="--address")
    return pdf


def _load(
    scenario: Path | None, question: Question, sets: list[str] | None, save: Path | None
) -> tuple[Loaded, str | None]:
    """Load the scenario to plan; also returns its text if the options made it."""
    from simulator.scenario.asking import asked
    from simulator.scenario.loading import check_document
    from simulator.scenario.opening import with_changes

    if scenario is not None:
        if save is not None:
            raise InputError(Problem("--save", "is for a question without a file, and a scenario's file is given"))
        return _with_question(scenario, question, sets), None
    if save is not None:
        if save.suffix not in {".yaml", ".yml"}:
            raise InputError(Problem(str(save), "must end in .yaml or .yml"))
        if question.pilots is not None and save.resolve() == question.pilots.resolve():
            raise InputError(Problem("--save", "would replace the pilots' file; choose another name"))
    made = asked(question, save)
    loaded = check_document(with_changes(made.document, sets or ())) if sets else made
    tell_notes(loaded)
    return loaded, made.document.raw.decode()


def _with_question(scenario: Path, question: Question, sets: list[str] | None) -> Loaded:
    """Load a scenario's file with the options that may be given with it; raises InputError for other options."""
    from simulator.scenario.opening import open_scenario
    from simulator.scenario.yaml_text import Change

    given = question.options
    free = {"--workers", "--unit-time", *IN_PLAN}
    problems = [
        Problem(option, f"asks without a file, and {scenario} is given; set a key of the file with --set KEY=VALUE")
        for option in given
        if option not in free
    ]
    workers = None
    if question.workers is not None:
        if question.workers.isascii() and question.workers.isdigit() and 1 <= int(question.workers) <= MOST_WORKERS:
            workers = int(question.workers)
        else:
            message = f"{question.workers[:40]!r} should be one number, as a scenario's file is given"
            problems.append(Problem("--workers", f"{message}; it says itself what it varies (plan.vary)"))
    if problems:
        raise InputError(problems)
    changes = [Change(("plan", option[2:]), given[option], option) for option in IN_PLAN if option in given]
    loaded = open_scenario(scenario, sets or (), workers=workers, unit_time=question.unit_time, changes=changes)
    tell_notes(loaded)
    return loaded


def _print(told: Contents) -> None:
    from rich.console import Console
    from rich.text import Text

    head, rows = told.options.head, told.options.rows
    remarks = [*filter(None, [what_was_set(told.loaded)]), *told.remarks]
    console = Console()
    unbound = console.options.update(width=UNBOUND)
    if not console.is_terminal:
        console.width = UNBOUND  # a file has no width to keep to
    shown = list(range(len(head)))
    whole = console.measure(_table(head, rows, shown, broken=False), options=unbound).minimum
    broken = whole > console.width  # otherwise titles take two lines
    least = [at for end in LEAST for at in shown if head[at].endswith(end)]
    least += [at for at in reversed(shown[1:]) if at not in least]
    while (
        least and console.measure(_table(head, rows, shown, broken=broken), options=unbound).minimum > console.width
    ):
        shown.remove(least.pop(0))
    if len(shown) < len(head):
        *missing, last = (title for at, title in enumerate(head) if at not in shown)
        names = f"{', '.join(missing)} and {last}" if missing else last
        remarks = [f"This terminal is too narrow for {names}; --json and --out give all columns.", *remarks]
    console.print(Text(printable(told.answer), style="bold"), soft_wrap=True)
    console.print(_table(head, rows, shown, broken=broken))
    for remark in remarks:
        console.print(Text(printable(remark)), soft_wrap=True)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], shown: list[int], *, broken: bool) -> Table:
    """A table of the columns `shown`; names of options and titles may take two lines, numbers take one."""
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    texts = [[printable(row[at]) for at in shown] for row in (head, *rows)]
    if broken:
        texts[0] = [title.replace(", ", ",\n") for title in texts[0]]
    names, *figures = (
        max(cell_len(line) for text in column for line in text.split("\n")) for column in zip(*texts, strict=True)
    )
    grid = Table()
    grid.add_column(Text(texts[0][0]), min_width=min(names, OPTION))
    for title, width in zip(texts[0][1:], figures, strict=True):
        grid.add_column(Text(title), justify="right", min_width=width)
    for row in texts[1:]:
        grid.add_row(*map(Text, row))
    return grid
