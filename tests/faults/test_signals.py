"""Ctrl-C, SIGTERM and a lost terminal, at any moment: status 128 + the signal, one line, nothing half-written."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.commands import (
    A_BLOCK,
    A_FILE,
    LONG,
    PATIENCE,
    SCENARIO,
    WRITING,
    all_gone,
    asha_sim,
    command,
    contents,
    ended,
    environment,
    go_on,
    halted,
    heard,
    place,
    scratch,
    session,
    started,
    until,
    workers,
)
from tests.support.budgets import FUZZ, some

WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated", signal.SIGHUP: "hung up"}
BOTH = (signal.SIGINT, signal.SIGTERM)
#: Signals that batch systems send when the time is up, or soon will be.
BATCH = {
    signal.SIGXCPU: "out of CPU time (ulimit -t)", signal.SIGUSR1: "stopped by SIGUSR1",
    signal.SIGUSR2: "stopped by SIGUSR2", signal.SIGALRM: "stopped by SIGALRM",
}  # fmt: skip
AGAIN = "no file is half-written; run it again"
RESUME = "no file is half-written; go on with --resume"
#: A run of minutes.
ENDLESS = SCENARIO.replace("max_trials: 9", "max_trials: 3_000_000")


@pytest.mark.parametrize("number", WORDS)
def test_run(number: signal.Signals, folder: Path) -> None:
    (folder / "endless.yaml").write_text(ENDLESS)
    process = started("run", "endless.yaml", "--out", folder / "out", cwd=folder)
    until(lambda: heard(process, number), process)
    time.sleep(1)  # some way into the run, on most machines
    process.send_signal(number)

    assert ended(process) == (128 + number, f"{WORDS[number]}: {AGAIN}\n")
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("options", "number"),
    some(
        [
            ((), signal.SIGTERM),
            (("--style", "timeline", "--format", "mp4"), signal.SIGINT),
            ((), signal.SIGINT),
            (("--style", "timeline", "--format", "mp4"), signal.SIGTERM),
        ],
        most=2,
    ),
)
def test_animate(options: tuple[str, ...], number: signal.Signals, folder: Path) -> None:
    line = ("animate", "s.yaml", *options, "--out", folder / "out")
    if options:
        pytest.importorskip("imageio_ffmpeg")
        process = halted(*line, cwd=folder, at="subprocess:Popen.communicate", before=True)  # the encoder is at work
    else:
        process = halted(*line, cwd=folder, at=A_FILE, count=2)
    assert scratch(folder / "out")
    os.killpg(process.pid, number)  # as the terminal does
    go_on(process)

    assert ended(process) == (128 + number, f"{WORDS[number]}: {AGAIN}\n")
    assert not (folder / "out").exists()
    assert all_gone(process.pid)


def test_pictures_that_were_there_stay(folder: Path) -> None:
    out = folder / "out"
    assert asha_sim(*WRITING["animate"], out, cwd=folder).returncode == 0
    before = contents(out)
    (folder / "s.yaml").write_text(SCENARIO.replace("workers: 4", "workers: 3"))
    process = halted(*WRITING["animate"], out, cwd=folder, at=A_FILE, count=2)
    assert scratch(out)
    process.terminate()
    go_on(process)

    assert ended(process)[0] == 143
    assert contents(out) == before
    assert scratch(out) == []


@pytest.mark.parametrize("number", some(BOTH))
def test_plan_and_its_workers(number: signal.Signals, folder: Path) -> None:
    out = folder / "out"
    process = started("plan", "long.yaml", "--jobs", "2", "--out", out, cwd=folder)
    until(lambda: list(out.glob("blocks/replicates-*")) and len(workers(process.pid)) == 2, process)
    os.killpg(process.pid, number)

    assert ended(process) == (128 + number, f"{WORDS[number]}: {RESUME}\n")
    assert all_gone(process.pid)
    assert scratch(out) == []
    assert set(contents(out)) > {"manifest.json"}


def test_plan_without_a_folder(folder: Path) -> None:
    process = started("plan", "long.yaml", "--jobs", "2", cwd=folder)
    until(lambda: len(workers(process.pid)) == 2, process)
    process.terminate()

    assert ended(process) == (143, f"terminated: {AGAIN}; with --out it could go on\n")
    assert all_gone(process.pid)


@pytest.mark.parametrize("jobs", some(["2", "1"]))
def test_a_plan_stopped_again_and_again_comes_to_the_same_bytes(jobs: str, folder: Path) -> None:
    whole = asha_sim(*WRITING["plan"], folder / "whole", cwd=folder)
    out, rng = folder / "out", random.Random(4)
    for round_, number in enumerate((*BOTH, *BOTH) if FUZZ else BOTH):
        process = halted("plan", "p.yaml", "--jobs", jobs, "--out", out, "--resume", cwd=folder, at=A_BLOCK)
        if round_:
            go_on(process)
            time.sleep(rng.uniform(0, 0.1))
        process.send_signal(number)  # in the first round it comes before anything else
        go_on(process)
        status, said = ended(process)
        assert scratch(out) == []
        if round_ and (out / "plan.json").exists():  # it was done before the signal came
            assert status in {0, 128 + number, -number}
            break
        assert (status, said) == (128 + number, f"{WORDS[number]}: {RESUME}\n")
    last = asha_sim("plan", "p.yaml", "--jobs", jobs, "--out", out, "--resume", cwd=folder)

    assert (last.returncode, last.stdout) == (0, whole.stdout)
    assert contents(out) == contents(folder / "whole")


@pytest.mark.parametrize("number", some(BOTH))
def test_record_goes_on(number: signal.Signals, folder: Path) -> None:
    pytest.importorskip("sklearn")
    path, partial = folder / "r.csv", folder / "r.csv.partial"
    process = started("curves", "record", "--configurations", "100000", "--epochs", "2", "-o", path, cwd=folder)
    until(lambda: partial.exists() and partial.read_bytes().count(b"\n") > 2, process)
    process.send_signal(number)

    assert ended(process) == (128 + number, f"{WORDS[number]}: {AGAIN}: it goes on from here\n")
    kept = "".join(
        partial.read_text().splitlines(keepends=True)[:6]
    )  # the first curves; training them all takes long
    assert kept.endswith("\n")
    assert [name for name in contents(folder) if name.startswith("r.")] == ["r.csv.partial"]
    done = kept.count("\n") - 1
    again = asha_sim("curves", "record", "--configurations", done, "--epochs", "2", "-o", path, cwd=folder)
    rows = path.read_text().splitlines()[1:]
    assert again.returncode == 0
    assert [",".join(row.split(",")[2:]) for row in rows] == [
        point for line in kept.splitlines()[1:] for point in json.loads(line)
    ]


@pytest.mark.parametrize("number", BOTH)
def test_any_moment_from_the_first_import_on(number: signal.Signals, folder: Path) -> None:
    rng = random.Random(number)
    for _ in range(12 if FUZZ else 3):
        process = started("run", "s.yaml", "--out", folder / "out", cwd=folder)
        time.sleep(rng.uniform(0, 1.2))
        process.send_signal(number)
        status, said = ended(process)

        # Before this program's first line and after its last, the system or Python itself ends the process in its own way.
        early = "KeyboardInterrupt" in said and not re.search(r"simulator/(?!__(init|main)__)\w", said)
        assert early or said in {"", f"{WORDS[number]}: {AGAIN}\n"}, said
        assert early or status in {0, 128 + number, -number}, said
        assert scratch(folder) == []


@pytest.mark.parametrize("number", some(BATCH, most=2))
def test_what_a_batch_system_sends(number: signal.Signals, folder: Path) -> None:
    process = halted(*WRITING["run"], folder / "out", cwd=folder, at=A_FILE, count=3)
    assert len(scratch(folder)) == 3
    process.send_signal(number)
    go_on(process)

    assert ended(process) == (128 + number, f"{BATCH[number]}: {AGAIN}\n")
    assert not (folder / "out").exists()


@pytest.mark.parametrize("number", some(reversed(BATCH)))
def test_a_plan_that_a_batch_system_ends_is_gone_on_with(number: signal.Signals, folder: Path) -> None:
    out = folder / "out"
    process = halted(*WRITING["plan --jobs 2"], out, cwd=folder, at=A_BLOCK)
    process.send_signal(number)
    go_on(process)

    assert ended(process) == (128 + number, f"{BATCH[number]}: {RESUME}\n")
    assert all_gone(process.pid)
    assert scratch(out) == []
    assert asha_sim(*WRITING["plan"], out, "--resume", cwd=folder).returncode == 0


def test_a_limit_on_the_time_of_the_processor(folder: Path) -> None:
    """The system itself sends the signal, at any point of the command."""
    (folder / "endless.yaml").write_text(ENDLESS)
    limit = """
import resource, time, simulator.__main__
resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 2, 600))
"""
    process = started("run", "endless.yaml", "--out", folder / "out", cwd=folder, first=limit)

    assert ended(process) == (128 + signal.SIGXCPU, f"{BATCH[signal.SIGXCPU]}: {AGAIN}\n")
    assert not (folder / "out").exists()


def test_a_hard_limit_on_the_time_of_the_processor_is_cleared_after(folder: Path) -> None:
    """The process can't tidy up then; the next command in the folder does it."""
    burn = """
import resource, time, simulator.io.writing as writing
def begun(*arguments, real=writing._begun):
    made = real(*arguments)
    if "trace" in made.name:
        limit = int(time.process_time()) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        while True:
            pass
    return made
writing._begun = begun
"""
    status, _ = ended(started(*WRITING["run"], folder / "out", cwd=folder, first=burn))
    left = scratch(folder)
    again = asha_sim(*WRITING["run"], folder / "out", cwd=folder)

    assert status in {-signal.SIGKILL, -signal.SIGXCPU}
    assert len(left) == 1
    assert again.returncode == 0
    assert scratch(folder) == []


@pytest.mark.parametrize("name", some(["plot", "plan", "run", "animate", "import"], most=2))
def test_what_a_killed_command_left_the_next_one_clears(name: str, folder: Path) -> None:
    out = place(name, folder)
    process = halted(*WRITING[name], out, cwd=folder, at=A_FILE, count=1 if name == "import" else 2)
    process.kill()
    process.communicate()
    left = scratch(folder)
    (folder / ".mine.0123abcd.csv").touch()  # as it might be called by somebody
    again = asha_sim(*WRITING[name], out, *(["--resume"] if name == "plan" else []), cwd=folder)

    assert left
    assert again.returncode == 0
    assert scratch(folder) == [".mine.0123abcd.csv"]


def test_what_another_command_is_writing_is_left_to_it(folder: Path) -> None:
    out = folder / "out"
    first = halted(*WRITING["run"], out, cwd=folder, at=A_FILE, count=3)
    held = scratch(out)
    assert asha_sim(*WRITING["run"], out, cwd=folder).returncode == 0
    assert scratch(out) == held
    assert asha_sim(*WRITING["plot"], out, cwd=folder).returncode == 0
    assert scratch(out) == held
    go_on(first)

    assert ended(first) == (0, "")
    assert scratch(out) == []


#: A command in which a library turns a signal into its own error, as pydantic does while it builds a model.
SWALLOWED = """
import os, signal, time
from simulator.cli import main as cli
from simulator.core import errors
from simulator.io import signals

def app():
    with signals.going_on("go on with --resume"):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        except signals.Interrupted as stop:
            raise {error} from stop

cli.app = app
with signals.orderly():
    cli.main()
"""


@pytest.mark.parametrize(
    "error", ["ValueError(15)", "OSError(5, 'no more')", "errors.InputError(errors.Problem('s.yaml', 'is damaged'))"]
)
def test_a_signal_of_which_a_library_makes_an_error_of_its_own(error: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SWALLOWED.format(error=error)], cwd=folder, env=environment(), capture_output=True,
        text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip

    assert (done.returncode, done.stdout, done.stderr) == (143, "", f"terminated: {RESUME}\n")


#: A command whose tidying up never ends.
STUCK = """
import os, signal, time
from simulator.cli import main as cli
from simulator.io import signals
signals.GRACE = 0.1

def app():
    with signals.going_on("go on with --resume"):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            time.sleep(600)

cli.app = app
with signals.orderly():
    cli.main()
"""


def test_what_cannot_be_tidied_up_in_time_is_left_and_how_to_go_on_is_said_all_the_same(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STUCK], cwd=folder, env=environment(), capture_output=True, text=True, check=False,
        timeout=PATIENCE,
    )  # fmt: skip

    assert (done.returncode, done.stdout, done.stderr) == (143, "", f"terminated: {RESUME}\n")


@pytest.mark.parametrize("name", ["animate", "plan --jobs 2"])
def test_more_signals_during_the_clean_up_change_nothing(name: str, folder: Path) -> None:
    """Signals that come while it tidies up change nothing."""
    (folder / "p.yaml").write_text(LONG)
    process = halted(*WRITING[name], folder / "out", cwd=folder, at=A_FILE if name == "animate" else A_BLOCK)
    process.send_signal(signal.SIGTERM)
    go_on(process)
    while process.poll() is None:
        for number in BOTH:
            process.send_signal(number)
        time.sleep(0.002)
    status, said = ended(process)

    # Two signals at the same moment are delivered in the order of their numbers.
    assert (status, said) in [
        (128 + one, f"{WORDS[one]}: {AGAIN if name == 'animate' else RESUME}\n") for one in BOTH
    ]
    assert scratch(folder) == []
    assert all_gone(process.pid)


def test_an_ignored_signal_stays_ignored(folder: Path) -> None:
    """nohup and shells' background jobs ignore signals in this way."""
    shell = ["/bin/sh", "-c", 'trap "" INT HUP; : > ready; exec "$@"', "sh", *command("run", "s.yaml", "--json")]
    process = subprocess.Popen(
        shell, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    until((folder / "ready").exists, process)
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGHUP)
        time.sleep(0.01)

    assert ended(process) == (0, "")


def test_the_terminal_is_gone(folder: Path) -> None:
    (folder / "endless.yaml").write_text(ENDLESS)
    process = started("run", "endless.yaml", "--out", folder / "out", cwd=folder)
    assert process.stderr is not None
    until(lambda: heard(process, signal.SIGHUP), process)
    time.sleep(1)
    process.stderr.close()
    process.send_signal(signal.SIGHUP)

    assert process.wait() == 129
    assert process.stdout is not None
    process.stdout.close()


def test_a_signal_during_a_finalizer_ends_the_command() -> None:
    """In a finalizer, Python would only print the exception and go on."""
    code = """
import signal
from simulator.io import signals
class Loud:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)
with signals.orderly():
    one = Loud()
    del one
    print("went on")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment()
    )

    assert (done.returncode, done.stdout, done.stderr) == (143, "", f"terminated: {AGAIN}\n")


def test_a_plan_that_is_killed_leaves_no_process(folder: Path) -> None:
    process = started("plan", "long.yaml", "--jobs", "2", "--out", folder / "out", cwd=folder)
    until(lambda: list((folder / "out").glob("blocks/replicates-*")), process)
    assert session(process.pid)
    process.kill()

    assert all_gone(process.pid)
    assert ended(process)[0] == -signal.SIGKILL
