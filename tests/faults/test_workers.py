"""Worker processes of a plan: one that dies, one without memory, all of them; and a machine without memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from simulator.core.errors import MachineError
from simulator.planning.backend import WorkerPool
from tests.faults.commands import (
    PATIENCE,
    WRITING,
    all_gone,
    asha_sim,
    contents,
    ended,
    environment,
    started,
)

#: Python code before a command: a process that is about to do the 20th replicate or a later one is killed, as the
#: system kills a process that takes too much memory; here under a condition.
KILLED = """
import os, signal
from pathlib import Path
import simulator.planning.sweep as sweep
def run_block(work, block, real=sweep.run_block):
    if block.replicates[0] >= 20 and {condition}:
        Path("died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return real(work, block)
sweep.run_block = run_block
"""


def test_the_plan_goes_on_when_a_worker_is_killed(folder: Path) -> None:
    """The worker dies with work to do: one that dies after its last task has lost nothing, and nothing is said."""
    whole = asha_sim(*WRITING["plan"], folder / "whole", cwd=folder)
    out = folder / "out"
    once = KILLED.format(condition='not Path("died").exists()')
    process = started(*WRITING["plan --jobs 2"], out, cwd=folder, first=once)
    printed, said = process.communicate(timeout=PATIENCE)

    assert (process.returncode, printed) == (0, whole.stdout), said
    assert said == "a worker process died; runs that it may have had are done once more\n"
    assert contents(out) == contents(folder / "whole")
    assert all_gone(process.pid)


def test_if_every_worker_is_killed_the_error_names_the_runs_and_how_to_go_on(folder: Path) -> None:
    whole = asha_sim(*WRITING["plan"], folder / "whole", cwd=folder)
    out = folder / "out"
    status, said = ended(
        started("plan", "p.yaml", "--jobs", "2", "--out", out, cwd=folder, first=KILLED.format(condition="True"))
    )

    assert status == 1
    assert re.fullmatch(
        r"(a worker process died; runs that it may have had are done once more\n)+"
        r"the run failed: replicates \d+ to \d+ of cells \d to \d(, \w+ \w+ . 20 %)?: its worker process died, and again when it "
        r"was tried once more, alone; try fewer --jobs, or find more memory, then go on with --resume\n",
        said,
    ), said
    assert asha_sim(*WRITING["plan"], out, "--resume", cwd=folder).stdout == whole.stdout
    assert contents(out) == contents(folder / "whole")


# Functions at the top level, so that a worker process can find them.


def siblings(_: int) -> int:
    """The number of processes that this one's parent has started."""
    return len(Path(f"/proc/{os.getppid()}/task/{os.getppid()}/children").read_text().split())


def squeezed(folder: str, number: int) -> int:
    """Run out of memory: on 3 the first time, on 5 each time."""
    mark = Path(folder) / "squeezed"
    if number == 5 or (number == 3 and not mark.exists()):
        mark.touch()
        np.ones(1 << 47)  # a petabyte, so that no limit is needed, which other threads would meet, too
    return 2 * number


def test_a_worker_without_memory_tries_again(tmp_path: Path) -> None:
    done = dict(WorkerPool(jobs=2).run(partial(squeezed, str(tmp_path)), [0, 1, 2, 3, 4], str))

    assert done == {number: 2 * number for number in range(5)}


def test_processes_without_a_task_are_not_started() -> None:
    """A plan of two blocks with --jobs 10000 would take all memory before its first run."""
    asked, tasks = 40, [1, 2, 3]
    most = max(len(tasks), os.cpu_count() or 1) + 3  # and those that look after them
    if most >= asked:
        pytest.skip("this machine has more processors than the test asks for")
    assert all(found <= most for _, found in WorkerPool(jobs=asked).run(siblings, tasks, str))


@pytest.mark.parametrize(
    ("jobs", "said"), [(1, "out of memory"), (2, "its worker process ran out of memory, and again")]
)
def test_runs_that_lack_memory_twice_are_named(jobs: int, said: str, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=f"^task 5: {said}") as caught:
        list(WorkerPool(jobs=jobs).run(partial(squeezed, str(tmp_path)), [0, 5, 1], lambda number: f"task {number}"))

    assert caught.value.remedy == "try fewer --jobs, or find more memory"


def test_a_command_without_memory_says_so(folder: Path) -> None:
    """The command asks for a petabyte, since Python itself may hang if it can't get a single byte more."""
    code = """
import numpy as np
from simulator.experiment import experiment
experiment.Experiment.run = lambda *_, **__: np.ones(1 << 47)
from simulator.__main__ import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, "run", "s.yaml", "--out", "out"], cwd=folder, capture_output=True, text=True,
        check=False, env=environment(),
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr == "the run failed: out of memory; end other programs, then run it again\n"
    assert not (folder / "out").exists()
