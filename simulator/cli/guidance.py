"""Help of the command line: its three uses, its commands by purpose, and examples of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter

USES = """\
asha-sim simulates successive halving on a pool of workers, synchronous (SHA) and asynchronous (ASHA).

To explain it in a page of documentation:
  asha-sim init docs
  asha-sim animate docs.yaml --style docs --out pictures
To teach it, with a page to play with:
  asha-sim init teach
  asha-sim animate digits.yaml --format html --out pictures
To plan how many workers to pay for:
  asha-sim init plan
  asha-sim plan plan.yaml

asha-sim --help lists every command, asha-sim init every way to begin."""

#: Commands by purpose, in the order in which `--help` lists them.
GROUPS = {
    "Begin": ("init", "examples"),
    "Explain and teach": ("run", "animate", "plot", "explore", "compare"),
    "Plan": ("preview", "plan"),
    "Bring your own runs": ("curves", "calibrate", "backtest", "trace"),
    "Write scenarios": ("check", "schema"),
}

#: Examples that a user may type, by a command's full name, on files that `asha-sim init` writes.
EXAMPLES = {
    "init": ("asha-sim init plan", "asha-sim init all scenarios"),
    "examples": ("asha-sim examples", "asha-sim examples spot-fleet > mine.yaml"),
    "run": (
        "asha-sim run digits.yaml",
        "asha-sim run digits.yaml --set cluster.workers=40 --out results",
        "asha-sim run experiment.yaml --workers 16 --unit-time 2min",
    ),
    "animate": (
        "asha-sim animate docs.yaml --style docs --out pictures",
        "asha-sim animate docs.yaml --style side --width 740 --seconds 12 --out pictures",
        "asha-sim animate digits.yaml --format html --out pictures",
    ),
    "plot": ("asha-sim plot digits.yaml --kind gantt,incumbent --out pictures",),
    "explore": ("asha-sim explore digits.yaml --vary cluster.workers=4,8,16,40 -o explore.html",),
    "compare": ("asha-sim compare digits.yaml", "asha-sim compare digits.yaml --seeds 100 --json"),
    "preview": ("asha-sim preview digits.yaml", "asha-sim preview experiment.yaml --workers 8"),
    "plan": (
        "asha-sim plan plan.yaml",
        "asha-sim plan plan.yaml --set plan.deadline=6h --out report",
        "asha-sim plan experiment.yaml --workers 16 --unit-time 2min",
    ),
    "calibrate": ("asha-sim calibrate results/ASHA/trace.csv -o cluster.yaml",),
    "backtest": ("asha-sim backtest results/ASHA/trace.csv digits.yaml --searcher ASHA",),
    "check": ("asha-sim check digits.yaml", "asha-sim check digits.yaml --set cluster.workers=0"),
    "schema": ("asha-sim schema > schema.json",),
    "curves import": (
        "asha-sim curves import sqlite:///study.db --from optuna --metric loss --mode min -o mine.csv.gz",
        "asha-sim curves import ray_results/sweep --from ray --metric loss --mode min -o mine.csv.gz",
    ),
    "curves describe": ("asha-sim curves describe curves/digits.csv.gz",),
    "curves fit": ("asha-sim curves fit curves/digits.csv.gz -o like-digits.yaml",),
    "curves record": ("asha-sim curves record -o mine.csv.gz --configurations 20 --epochs 9",),
    "trace describe": ("asha-sim trace describe results/ASHA/trace.csv",),
}


#: Plain words for the messages of Pydantic that Typer passes on.
PLAINLY = {
    "Input should be a valid integer, unable to parse string as an integer": "It should be a whole number.",
    "Input should be a valid number, unable to parse string as a number": "It should be a number.",
}


class Grouped(TyperGroup):
    """A command group whose help lists its commands by purpose; a command without a purpose comes last."""

    def invoke(self, ctx: Context) -> object:
        """Run the command; the error for a wrong or missing value of an option is in plain words."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            if not error.message:  # an option is missing, and Typer ends the sentence itself
                error.message = (getattr(error.param, "help", None) or "").rstrip(".")
            error.message = PLAINLY.get(error.message, error.message.removeprefix("Value error, "))
            raise

    def list_commands(self, ctx: Context) -> list[str]:
        """All names, in the order of the groups."""
        names = [name for group in GROUPS.values() for name in group if name in self.commands]
        return names + [name for name in super().list_commands(ctx) if name not in names]

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write a list of commands for each group."""
        rest = [name for name in self.list_commands(ctx) if all(name not in group for group in GROUPS.values())]
        for title, names in {**GROUPS, "More": rest}.items():
            rows = [(name, self.commands[name].get_short_help_str(78)) for name in names if name in self.commands]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def add_examples(app: typer.Typer, above: str = "") -> None:
    """Add its examples to every command of `app` and of the groups below it."""
    for command in app.registered_commands:
        name = command.name or (command.callback.__name__ if command.callback else "")
        command.epilog = "\n\n".join(_paragraphs(EXAMPLES.get(f"{above}{name}", ()))) or command.epilog
    for group in app.registered_groups:
        if group.typer_instance is not None:
            add_examples(group.typer_instance, f"{above}{group.name} ")


def _paragraphs(examples: tuple[str, ...]) -> Iterator[str]:
    """The examples as a paragraph whose line breaks stay as they are in the help."""
    if examples:
        title = "Example:" if len(examples) == 1 else "Examples:"
        yield "\n".join(["\b", title, *(f"  {line}" for line in examples)])
