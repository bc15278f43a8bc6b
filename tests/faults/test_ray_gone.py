"""A Ray cluster that goes away: one line, status 1, and how to go on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.commands import UNFOLLOWED, ended, environment, scratch, started, until

pytest.importorskip("ray")

#: Python code before a command: a cluster that does not answer is given up after seconds.
IMPATIENT = "import simulator.planning.remote as remote; remote.LOOK, remote.ANSWER, remote.EMPTY = 0.5, 20.0, 3.0\n"


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A Ray cluster with one CPU on this machine, in a separate session; gives its address."""
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # it is reached from this machine only
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = [
        sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--num-cpus", "1", "--port", str(port),
        "--node-ip-address", "127.0.0.1", "--include-dashboard", "false", "--disable-usage-stats",
    ]  # fmt: skip
    more = {**UNFOLLOWED, "RAY_gcs_rpc_server_reconnect_timeout_s": "5"}
    process = subprocess.Popen(
        line,
        cwd=tmp_path,
        env=environment(more),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout is not None
    for said in process.stdout:
        if b"Ray runtime started" in said:
            break
    yield process, f"127.0.0.1:{port}"
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def test_a_cluster_that_goes_away(cluster: tuple[subprocess.Popen[bytes], str], folder: Path) -> None:
    head, address = cluster
    line = ("plan", "long.yaml", "--backend", "ray", "--address", address, "--out", str(folder / "out"))
    process = started(*line, cwd=folder, first=IMPATIENT)
    until(lambda: list((folder / "out").glob("blocks/replicates-*")), process)
    os.killpg(head.pid, signal.SIGKILL)
    status, said = ended(process)

    where = f"ray's cluster at {address}"
    assert (status, said) == (
        1, f"the run failed: {where} does not answer any more; start it again, then go on with --resume\n",
    )  # fmt: skip
    assert scratch(folder / "out") == []
