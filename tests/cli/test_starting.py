"""The first minutes: what the command prints without arguments, the examples and their files, help and completion."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import get_args

import pytest
import typer

import simulator
from simulator.cli import guidance
from simulator.cli.completing import with_commas
from simulator.cli.main import app
from simulator.cli.starting import Kind
from simulator.scenario import examples as starting
from simulator.scenario.opening import open_scenario
from tests.support.runner import ROOT, asha_sim

#: Options that make a scenario of an experiment file.
OPTIONS = {"determined": {"workers": 2, "unit_time": "1 min"}}

#: What `init docs` writes.
DOCS = {"docs.yaml", "schema.json", "texts/german.yaml", "texts/chinese.yaml", "palettes/violet.yaml"}


def files_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_alone_it_says_the_three_uses():
    done = asha_sim()

    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("To ")] == [
        "explain",
        "teach",
        "plan",
    ]
    assert all(f"asha-sim init {kind}" in done.stdout for kind in ("docs", "teach", "plan"))


def test_the_kinds_are_those_that_there_are():
    assert get_args(Kind) == (*starting.STARTS, "all")
    shown = asha_sim("init").stdout
    assert all(f"asha-sim init {kind} " in shown for kind in get_args(Kind))


@pytest.mark.parametrize("kind", starting.STARTS)
def test_what_is_written_is_sound_and_commented(tmp_path, kind):
    first, *_ = starting.write(kind, tmp_path / "made")

    assert open_scenario(first, **OPTIONS.get(kind, {})).title
    assert first.read_text(encoding="utf-8").count("#") > 2
    assert (tmp_path / "made" / "schema.json").read_bytes() == (ROOT / "scenarios" / "schema.json").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("command", [command for start in starting.STARTS.values() for command, _ in start.steps])
def test_what_to_type_next_runs(tmp_path, command):
    kind = next(kind for kind, start in starting.STARTS.items() if command in dict(start.steps))
    starting.write(kind, tmp_path)
    few = ["--set", "plan.replicates={min: 2, max: 2}", "--jobs", "1"] if " plan " in command else []
    done = asha_sim(*shlex.split(command)[1:], *few, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_nothing_is_overwritten(tmp_path):
    done = asha_sim("init", "docs", cwd=tmp_path)
    assert done.returncode == 0
    assert files_in(tmp_path).keys() == DOCS
    written, _, _ = done.stdout.partition("Next, type:")
    assert {line.partition(" ")[0] for line in written.splitlines()} == DOCS, "every file that was written is named"
    assert asha_sim("init", "docs", cwd=tmp_path).returncode == 0, "the same files are left"

    (tmp_path / "docs.yaml").write_text("mine")
    done = asha_sim("init", "docs", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "docs.yaml: is there already, and nothing was written; name another folder, or move the file away\n"
    )
    assert asha_sim("init", "all", cwd=tmp_path).returncode == 2
    assert (tmp_path / "docs.yaml").read_text() == "mine"
    assert files_in(tmp_path).keys() == DOCS


def test_a_file_in_the_place_of_a_folder(tmp_path):
    (tmp_path / "curves").write_text("mine")
    done = asha_sim("init", "teach", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert files_in(tmp_path) == {"curves": b"mine"}


def test_a_folder_whose_name_is_too_long(tmp_path):
    done = asha_sim("init", "plan", "x" * 300, cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{'x' * 300}: cannot be a folder: File name too long\n"


def test_all_writes_every_example_where_commands_of_the_docs_look_for_it(tmp_path):
    assert asha_sim("init", "all", "scenarios", cwd=tmp_path).returncode == 0

    assert files_in(tmp_path / "scenarios") == files_in(ROOT / "scenarios")
    assert sum(map(len, files_in(tmp_path).values())) <= 1_000_000


def test_examples_are_listed_and_printed():
    shown = asha_sim("examples").stdout

    assert simulator.examples().keys() == {path.stem for path in (ROOT / "scenarios").glob("*.yaml")}
    assert all(any(line.startswith(f"{name} ") for line in shown.splitlines()) for name in simulator.examples())
    assert "360 networks on the digits, 8 workers" in shown
    assert asha_sim("examples", "digits").stdout == (ROOT / "scenarios" / "digits.yaml").read_text(encoding="utf-8")
    assert asha_sim("examples", "none").returncode == 2


def commands(group=None, above=""):
    """Every command with its full name."""
    for name, command in (group or typer.main.get_command(app)).commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_examples_that_it_takes(name):
    assert "Example" in COMMANDS[name].epilog
    for example in guidance.EXAMPLES[name]:
        assert example.startswith(f"asha-sim {name}")
        words = shlex.split(example.partition(" > ")[0])[1 + len(name.split()) :]
        COMMANDS[name].make_context(name, words).close()  # a wrong option or value raises


def test_every_command_has_its_place_in_the_list():
    named = [name for group in guidance.GROUPS.values() for name in group]
    shown = asha_sim("--help").stdout

    assert sorted(named) == sorted(typer.main.get_command(app).commands)
    assert all(f"{title}:" in shown for title in guidance.GROUPS)
    assert "..." not in shown.partition("\n\n")[2], "what a command does fits its line"
    assert "asha-sim run digits.yaml\n" in asha_sim("run", "--help").stdout


def test_the_last_of_several_words_is_completed():
    complete = with_commas(("gif", "mp4", "webm", "webp"))

    assert complete("") == ["gif", "mp4", "webm", "webp"]
    assert complete("gif,web") == ["gif,webm", "gif,webp"]
    assert complete("webm,web") == ["webm,webp"], "none is given twice"


def as_installed(**variables):
    """Run the installed command without arguments, in a shell with these variables."""
    code = "import sys; sys.argv = ['asha-sim']; from simulator.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ, **variables}
    )
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell):
    asked = {
        "COMP_WORDS": "asha-sim ani", "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "asha-sim ani",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }  # fmt: skip

    assert "_ASHA_SIM_COMPLETE=complete_" in as_installed(_ASHA_SIM_COMPLETE=f"source_{shell}")
    assert "animate" in as_installed(_ASHA_SIM_COMPLETE=f"complete_{shell}", **asked)
    assert "compare" not in as_installed(_ASHA_SIM_COMPLETE=f"complete_{shell}", **asked)


@pytest.mark.slow
def test_completion_of_a_value():
    words = {"COMP_WORDS": "asha-sim examples spot", "COMP_CWORD": "2"}
    assert as_installed(_ASHA_SIM_COMPLETE="complete_bash", **words).split() == ["spot-fleet"]
