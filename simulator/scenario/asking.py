"""A question without a scenario file: the options of `asha-sim plan` become the text of a scenario."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from simulator.core.errors import InputError, Problem
from simulator.core.escaping import printable
from simulator.scenario import yaml_text
from simulator.scenario.loading import Loaded, check_document
from simulator.scenario.values import is_duration

#: The name that messages give to the source of a question, in place of a file's name.
NAME = "question.yaml"
#: Greatest number of numbers of workers in one question.
MOST_COUNTS = 100
#: Endings of the names of files that hold a fitted law instead of learning curves.
LAWS = {".yaml", ".yml"}


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question, as the options of the command line give it; None for an option that was not given.

    Times are texts such as "7min". `pilots` is a file of learning curves; without one, trials are made up around
    `unit_time`.
    """

    trials: int | None = None
    max_length: int | None = None
    divisor: int | None = None
    unit_time: str | None = None
    pilots: Path | None = None
    workers: str | None = None
    price: float | None = None
    spot_price: float | None = None
    spot_up: str | None = None
    spot_down: str | None = None
    start: str | None = None
    deadline: str | None = None
    budget: float | None = None
    confidence: float | None = None

    @property
    def options(self) -> dict[str, object]:
        """The options that were given, by their names on the command line."""
        given = {f"--{field.name.replace('_', '-')}": getattr(self, field.name) for field in fields(self)}
        return {option: value for option, value in given.items() if value is not None}


def asked(question: Question, path: Path | None = None) -> Loaded:
    """The scenario of a question, as if it were in the file `path`; its text is `document.raw`.

    Raises InputError for every option that is missing or wrong.
    """
    problems = list(_problems(question))
    if problems:
        raise InputError(problems)
    text = scenario_text(question, path.parent if path else Path())
    try:
        return check_document(yaml_text.parse(text.encode(), path or Path(NAME)))
    except InputError as error:
        raise InputError(_of_option(problem) for problem in error.problems) from None


@contextmanager
def told_by_options(loaded: Loaded) -> Iterator[None]:
    """In the problems of a scenario that was made from options, name the option instead of a line of the file."""
    try:
        yield
    except InputError as error:
        path = str(loaded.document.path)
        problems = (_of_option(problem) if _is_of(problem, path) else problem for problem in error.problems)
        raise InputError(problems) from None


def _is_of(problem: Problem, path: str) -> bool:
    return bool(problem.source) and os.path.realpath(problem.source) == os.path.realpath(path)


def scenario_text(question: Question, folder: Path) -> str:
    """The YAML of a question whose options are sound; the pilots' file is named relative to `folder`."""
    units, divisor = question.max_length, question.divisor or 4
    search = f"max_trials: {question.trials}, max_length: {units}, divisor: {divisor}"
    trials = f"{question.trials:,} trials of up to {units:,} units"
    options = " ".join(f"{option} {_shown(value)}" for option, value in question.options.items())
    lines = [
        f"# Asked with: asha-sim plan {options}",
        f'title: "{trials}: how many workers?"',
        "time_unit: h",
        "searchers:",
        f"  SHA: {{name: sha, {search}}}",
        f"  ASHA: {{name: asha, {search}}}",
        *_curves(question, folder),
        "cluster:",
        "  groups:",
        *_group(question),
        "plan:",
        "  vary:",
        f"    cluster.groups.workers.count: [{', '.join(map(str, counts_of(question.workers or '')))}]",
        *_markets(question),
    ]
    given = {key: getattr(question, key) for key in ("start", "deadline", "budget", "confidence")}
    lines += [f"  {key}: {_scalar(value)}" for key, value in given.items() if value is not None]
    return "\n".join([*lines, ""])


def counts_of(text: str) -> list[int]:
    """Numbers of workers from text such as "8,16,32"; raises ValueError with what is wrong."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts) or not all(map(int, parts)):
        raise ValueError(f"{text[:40]!r} should be numbers of workers such as 8,16,32")
    counts = [int(part) for part in parts]
    if len(counts) > MOST_COUNTS or max(counts) > 10**6:
        raise ValueError(f"takes up to {MOST_COUNTS} numbers of workers, each up to 1,000,000")
    twice = next((count for place, count in enumerate(counts) if count in counts[:place]), None)
    if twice is not None:
        raise ValueError(f"has {twice} twice")
    return sorted(counts)


def _problems(question: Question) -> Iterator[Problem]:
    """Problems of the options: an option is missing, is not a number, or has no effect."""
    needed = {"--trials": "how many trials a search starts, such as 300",
              "--max-length": "how many units (epochs) the best of them are trained for, such as 81",
              "--workers": "the numbers of workers to try, such as 8,16,32"}  # fmt: skip
    given = question.options
    for option, what in needed.items():
        if option not in given:
            yield Problem(option, f"is missing: give {what}, or a scenario's file")
    if question.unit_time is None and question.pilots is None:
        yield Problem("--unit-time", "is missing: say how long a unit takes, such as 7min, or give --pilots FILE")
    if question.workers is not None:
        try:
            counts_of(question.workers)
        except ValueError as error:
            yield Problem("--workers", str(error))
    yield from _of_money(given)


def _of_money(given: dict[str, object]) -> Iterator[Problem]:
    """Problems of prices, and of options that need a price."""
    for option in ("--price", "--spot-price", "--budget", "--confidence"):
        value = given.get(option)
        if isinstance(value, float) and not math.isfinite(value):
            yield Problem(option, f"{value} is not a number")
    for option in ("--spot-up", "--spot-down"):
        if option in given and "--spot-price" not in given:
            yield Problem(option, "is of spot machines: give their --spot-price too")
        elif option in given and not is_duration(str(given[option])):
            yield Problem(option, f"{str(given[option])[:40]!r} is not a duration; write it as in 5h or 90 min")
    if "--spot-price" in given and "--price" not in given:
        yield Problem("--spot-price", "needs --price too, that of a machine on demand: the two are compared")
    if "--budget" in given and "--price" not in given:
        yield Problem("--budget", "needs --price, the money for a worker and hour")


def _curves(question: Question, folder: Path) -> list[str]:
    if question.pilots is None:
        return ["curves:  # made up: give --pilots FILE to go by trials of yours", "  kind: synthetic",
                f"  unit_time: {_scalar(question.unit_time)}"]  # fmt: skip
    if question.pilots.suffix in LAWS:
        return _law(question)
    name = _text(os.path.relpath(question.pilots, folder) if str(folder) != "." else str(question.pilots))
    times = [] if question.unit_time is None else [f"  unit_time: {_scalar(question.unit_time)}"]
    return ["curves:", "  kind: recorded", f"  file: {name}", "  resample: true", "  interpolate: linear", *times]


def _law(question: Question) -> list[str]:
    """The section `curves` that `curves fit` wrote; raises InputError for a file that holds anything else."""
    path = question.pilots or Path()
    document = yaml_text.read_document(path)
    values = document.values if isinstance(document.values, dict) else {}
    law = values.get("curves")
    if list(values) != ["curves"] or not isinstance(law, dict) or law.get("kind") != "synthetic":
        message = "should hold learning curves, or the one section `curves` that `asha-sim curves fit` writes"
        raise InputError(Problem("--pilots", f"{path} {message}"))
    if question.unit_time is not None:
        message = f"goes with pilots without times; {path} has the times that were fitted"
        raise InputError(Problem("--unit-time", message))
    lines = document.raw.decode("utf-8-sig").splitlines()
    return [line for line in lines if line.strip() and not line.startswith(("#", "---", "..."))]


def _group(question: Question) -> list[str]:
    price = "" if question.price is None else f"price: {_number(question.price)}, "
    return [
        f"    workers: {{count: 1, {price}release: drained}}  # let go after its last work; `end`: kept to the end"
    ]


def _markets(question: Question) -> list[str]:
    if question.spot_price is None:
        return []
    up = _scalar(question.spot_up) if question.spot_up else "{median: 30 min, mean: 2.5 h}"
    down = _scalar(question.spot_down) if question.spot_down else "{median: 23 min, mean: 2.5 h}"
    return [
        "    cluster.groups.workers:",
        f"      on demand: {{price: {_number(question.price)}}}",
        "      spot:",
        f"        price: {_number(question.spot_price)}",
        "        preemption:  # machines of one type and zone go together",
        f"          {{up: {up}, down: {down}, notice: 2 min, together: group}}",
    ]


def _number(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _scalar(value: object) -> str:
    """An option's value in YAML: a number, a span or a time of day is unchanged, any other text is in quotes."""
    text = _number(value)
    return text if re.fullmatch(r"[0-9][\w.+ -]*(\d\d:\d\d(:\d\d)?)?", text, re.ASCII) else _text(text)


def _shown(value: object) -> str:
    """An option's value in a comment, on one line."""
    text = printable(" ".join(_number(value).split()))
    return f'"{text}"' if " " in text else text


def _text(text: str) -> str:
    """Text in YAML's double quotes, as JSON has it."""
    return json.dumps(text)


def _of_option(problem: Problem) -> Problem:
    """A problem of a scenario that was made from options, with the option as its place."""
    options = {
        "max_trials": "--trials", "max_length": "--max-length", "divisor": "--divisor", "unit_time": "--unit-time",
        "file": "--pilots", "count": "--workers", "start": "--start", "deadline": "--deadline", "budget": "--budget",
        "confidence": "--confidence", "up": "--spot-up", "down": "--spot-down",
    }  # fmt: skip
    parts = problem.key.split(".")
    option = next((options[part] for part in reversed(parts) if part in options), None)
    if parts[-1] == "price":
        option = "--spot-price" if "spot" in parts else "--price"
    if option is None:
        option = "--trials" if parts[0] == "searchers" else "--pilots" if parts[0] == "curves" else None
    return problem if option is None else Problem(option, problem.message)
