"""The quick tier leaves out exactly the tests that it says it leaves out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TESTS = """
import os, subprocess, sys
import pytest

def test_plain(): pass

def test_process(): subprocess.run([sys.executable, "-c", ""], check=True)

def test_fork():
    if os.fork() == 0:
        os._exit(0)

@pytest.mark.slow
def test_slow(): pass
"""


def outcomes(folder, *options):
    """The counts in the last line of pytest's output for a run over these tests."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", *options, "tests"],
        cwd=folder, capture_output=True, text=True, check=False, env={"PATH": ""},
    )  # fmt: skip
    return done.stdout.splitlines()[-1].partition(" in ")[0]


def test_it_skips_processes_and_leaves_out_what_takes_long(tmp_path):
    folder = tmp_path / "tests"
    (folder / "faults").mkdir(parents=True)
    (folder / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (folder / "test_these.py").write_text(TESTS)
    (folder / "faults" / "test_disk.py").write_text("def test_disk(): pass\n")

    assert outcomes(tmp_path) == "5 passed"
    assert outcomes(tmp_path, "--quick") == "1 passed, 2 skipped, 2 deselected"
