"""A Dask scheduler that goes away, does not answer, or has no workers: status 1, and one line that says how to go on."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults import commands
from tests.faults.commands import (  # fmt: skip
    A_BLOCK,
    UNFOLLOWED,
    WRITING,
    asha_sim,
    contents,
    ended,
    environment,
    go_on,
    halted,
    scratch,
    started,
    until,
)
from tests.support.budgets import some

distributed = pytest.importorskip("distributed")

#: Python code before a command: a scheduler that does not answer, or has no workers, is given up after seconds.
IMPATIENT = "import simulator.planning.remote as remote; remote.LOOK, remote.ANSWER, remote.EMPTY = 0.5, 20.0, 3.0\n"


class Scheduler:
    """A Dask scheduler and a worker, in separate processes."""

    def __init__(self, folder: Path, *, workers: int = 1) -> None:
        self._folder, self._started = folder, list[subprocess.Popen[bytes]]()
        about = folder / "scheduler.json"
        self.process = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", about)
        while not about.exists() or not about.read_text().endswith("}"):
            assert self.process.poll() is None
            time.sleep(0.05)
        self.address = json.loads(about.read_text())["address"]
        self.workers = [
            self._start("worker", self.address, "--nthreads", 1, "--no-nanny", "--death-timeout", 20)
            for _ in range(workers)
        ]
        with distributed.Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(workers)

    def _start(self, what: str, *arguments: object) -> subprocess.Popen[bytes]:
        line = [sys.executable, "-m", f"distributed.cli.dask_{what}", *map(str, arguments), "--no-dashboard"]
        made = subprocess.Popen(
            line, cwd=self._folder, env=environment(UNFOLLOWED), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._started.append(made)
        return made

    def end(self) -> None:
        """Kill the scheduler and the worker."""
        for process in self._started:
            process.kill()
            process.wait()


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[Scheduler]:
    """A scheduler with a worker."""
    made = Scheduler(tmp_path)
    yield made
    made.end()


def planning(scheduler: Scheduler, folder: Path, *options: str) -> subprocess.Popen[str]:
    """Start a plan of many seconds; returns it when some blocks are done."""
    line = ("plan", "long.yaml", "--backend", "dask", "--address", scheduler.address, *options)
    process = started(*line, cwd=folder, first=IMPATIENT)
    if options:
        until(lambda: list((folder / "out").glob("blocks/replicates-*")), process)
    return process


@pytest.mark.parametrize("how", some([signal.SIGSTOP, signal.SIGKILL, signal.SIGTERM], most=2))
def test_a_scheduler_that_goes_away(how: signal.Signals, scheduler: Scheduler, folder: Path) -> None:
    process = planning(scheduler, folder, "--out", str(folder / "out"))
    scheduler.process.send_signal(how)
    status, said = ended(process)

    where = f"dask's cluster at {scheduler.address}"
    assert (status, said) == (
        1, f"the run failed: {where} does not answer any more; start it again, then go on with --resume\n",
    )  # fmt: skip
    assert scratch(folder / "out") == []


def test_without_a_folder_it_says_what_would_help(scheduler: Scheduler, folder: Path) -> None:
    line = ("plan", "long.yaml", "--backend", "dask", "--address", scheduler.address)
    process = halted(*line, cwd=folder, at="simulator.planning.sweep:checked")
    scheduler.process.kill()
    go_on(process)
    status, said = ended(process)

    assert status == 1
    assert said.endswith("does not answer any more; start it again, then run it again; with --out it could go on\n")


def test_finished_blocks_are_kept_and_resumed(scheduler: Scheduler, folder: Path) -> None:
    whole = asha_sim(*WRITING["plan"], folder / "whole", cwd=folder)
    line = ("plan", "p.yaml", "--backend", "dask", "--address", scheduler.address, "--out", folder / "out")
    process = halted(*line, cwd=folder, at=A_BLOCK)
    scheduler.process.kill()
    go_on(process)
    status, _ = ended(process)
    kept = contents(folder / "out")
    again = asha_sim("plan", "p.yaml", "--jobs", "1", "--out", folder / "out", "--resume", cwd=folder)

    assert status == 1
    assert len(kept) > 1
    assert (again.returncode, again.stdout) == (0, whole.stdout)
    assert contents(folder / "out") == contents(folder / "whole")


def test_workers_that_are_all_gone_are_not_waited_for_without_end(scheduler: Scheduler, folder: Path) -> None:
    process = planning(scheduler, folder, "--out", str(folder / "out"))
    for worker in scheduler.workers:
        os.kill(worker.pid, signal.SIGKILL)
    status, said = ended(process)

    assert status == 1
    assert said.endswith("has had no worker for 3 s; start some, then go on with --resume\n")


def test_a_scheduler_that_is_not_there(folder: Path) -> None:
    line = ("plan", "p.yaml", "--backend", "dask", "--address", "tcp://127.0.0.1:1")
    done = asha_sim(*line, cwd=folder, first="import simulator.planning.remote as remote; remote.REACH = 1.0\n")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("--address: tcp://127.0.0.1:1 can't be reached: ")
    assert done.stderr.count("\n") == 1


@pytest.fixture
def stranger() -> Iterator[socket.socket]:
    """A server that is not a scheduler; it accepts connections, and the test decides what it answers."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.mark.parametrize(
    ("said", "told"),
    [(b"HTTP/1.0 400 Bad request\r\n\r\n" + b"x" * 300, "what answers there is not a Dask cluster"),
     (b"", "there was no answer within 1 s")],
    ids=["a web server", "nothing"],
)  # fmt: skip
def test_an_address_of_something_else(said: bytes, told: str, stranger: socket.socket, folder: Path) -> None:
    taken = []

    def answer() -> None:
        with suppress(OSError):  # the test is over
            while True:
                connection, _ = stranger.accept()
                taken.append(connection)
                if said:
                    connection.recv(1 << 16)
                    connection.sendall(said)

    threading.Thread(target=answer, daemon=True).start()
    address = f"127.0.0.1:{stranger.getsockname()[1]}"
    line = ("plan", "p.yaml", "--backend", "dask", "--address", address)
    done = asha_sim(*line, cwd=folder, first="import simulator.planning.remote as remote; remote.REACH = 1.0\n")
    for connection in taken:
        connection.close()

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"--address: {address} can't be reached: {told}\n"


def test_an_address_that_needs_a_certificate(folder: Path) -> None:
    done = asha_sim("plan", "p.yaml", "--backend", "dask", "--address", "tls://127.0.0.1:1", cwd=folder)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("--address: tls://127.0.0.1:1 can't be reached: ")
    assert done.stderr.count("\n") == 1


def test_a_disk_that_is_full_is_not_taken_for_a_scheduler_that_is_gone(scheduler: Scheduler, folder: Path) -> None:
    line = ("plan", "p.yaml", "--backend", "dask", "--address", scheduler.address, "--out", folder / "out")
    done = asha_sim(*line, cwd=folder, first=commands.FILES_OF.format(900), env=commands.NO_BYTECODE)

    assert done.returncode == 1
    assert "cannot be written: File too large" in done.stderr
    assert done.stderr.count("\n") == 1
