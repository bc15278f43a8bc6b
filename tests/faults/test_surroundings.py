"""Outputs have the same bytes on machines with any clock, language, time zone, terminal and umask."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import commands
from tests.faults.commands import CURVES, PATIENCE, WRITING, asha_sim, command, contents, environment, started, until
from tests.support.budgets import some

SCENARIO = """\
title: Größe und Zeit – naïve ½ ✓
time_unit: min
searchers:
  SHÄ: {name: sha, max_trials: 9, max_length: 9, divisor: 3}
  Iıİi: {name: asha, max_trials: 9, max_length: 9, divisor: 3}
curves: {kind: synthetic, unit_time: 1 min}
cluster: {groups: {büro: {count: 3, price: 1.5}}, drops: {}}
plan: {vary: {cluster.groups.büro.count: [2, 3]}, deadline: 40 min, replicates: 8}
"""
#: Code that runs all commands in one process, since starting a process for each would take most of the time.
ALL = """
import sys
from simulator.cli import main as cli
for line in [
    "run s.yaml --out run",
    "animate s.yaml --style timeline --format gif,webp,html,perfetto --width 480 --seconds 1 --fps 10 --out animate",
    "plot s.yaml --kind gantt --format png,svg --out plot", "plan s.yaml --jobs 2 --out plan",
    "curves import c.csv --from csv -o curves/c.csv.gz", "curves import c.csv --from csv -o curves/c.parquet",
]:
    sys.argv = ["asha-sim", *line.split()]
    try:
        cli.main()
    except SystemExit as done:
        if done.code:
            raise
"""
JUMPING_CLOCK = """
import time
from itertools import count
ticks, real = count(), time.time
def jump():
    return real() + (-1) ** next(ticks) * 86_400 * 365
time.time = jump
time.time_ns = lambda: int(jump() * 1e9)
"""
NO_UTF_8: dict[str, str | None] = {
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
    "PYTHONIOENCODING": None,
}
SURROUNDINGS: dict[str, dict[str, str | None]] = {
    "plain": {"LC_ALL": "POSIX", "LANG": None, "TZ": "Pacific/Chatham", "PYTHONHASHSEED": "7", "TMPDIR": None},
    "Turkish": {
        "LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "de", "COLUMNS": "20", "LINES": "5", "TERM": "dumb", "NO_COLOR": None,
        "FORCE_COLOR": "1", "SOURCE_DATE_EPOCH": "1", "MPLBACKEND": "svg",
    },
}  # fmt: skip


def outputs(folder: Path, env: dict[str, str | None] | None = None, umask: int = 0o022) -> dict[str, bytes]:
    (folder / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    (folder / "c.csv").write_text("".join(CURVES.splitlines(keepends=True)[:61]))
    done = subprocess.run(
        [sys.executable, "-c", ALL], cwd=folder, env=environment(env), capture_output=True, check=False, timeout=PATIENCE,
        umask=umask,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return contents(folder)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """All outputs in usual surroundings."""
    return outputs(tmp_path_factory.mktemp("usual"))


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_the_same_bytes(name: str, usual: dict[str, bytes], tmp_path: Path) -> None:
    """The umask also decides who may read the files."""
    assert outputs(tmp_path, SURROUNDINGS[name], umask=0o077) == usual
    assert len(usual) > 20
    made = [path for path in tmp_path.rglob("*") if path.name not in {"s.yaml", "c.csv", "lock"}]
    assert {path.stat().st_mode & 0o777 for path in made if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in made if path.is_dir()} == {0o700}


def test_the_same_bytes_without_utf_8_where_names_need_none(folder: Path) -> None:
    text = commands.SCENARIO.replace("Nine trials", "Größe und Zeit – ½ ✓")
    (folder / "s.yaml").write_text(text, encoding="utf-8")
    for out, env in (("usual", {}), ("plain", NO_UTF_8)):
        done = asha_sim("run", "s.yaml", "--out", out, cwd=folder, env=env)
        assert (done.returncode, done.stderr) == (0, "")

    assert contents(folder / "usual") == contents(folder / "plain")


def test_names_that_a_locale_does_not_know(folder: Path) -> None:
    (folder / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    done = asha_sim("run", "s.yaml", "--out", "out", cwd=folder, env=NO_UTF_8)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "'out/SH\\xc4/trace.csv': cannot be written: ascii names alone are possible here; set LC_ALL=C.UTF-8, or choose another name\n"
    )
    assert not (folder / "out").exists()


def test_the_same_bytes_whatever_the_clock_says(usual: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(JUMPING_CLOCK)
    (tmp_path / "work").mkdir()
    path = os.pathsep.join([str(tmp_path / "site"), environment()["PYTHONPATH"]])

    assert outputs(tmp_path / "work", {"PYTHONPATH": path}) == usual


def test_files_from_the_future_are_gone_on_with(folder: Path) -> None:
    out = folder / "out"
    first = asha_sim("plan", "p.yaml", "--jobs", "1", "--out", out, cwd=folder)
    before = contents(out)
    for number, path in enumerate(sorted(out.rglob("*"))):
        os.utime(path, (number, number) if number % 2 else (4e9 + number, 4e9 + number))
    again = asha_sim("plan", "p.yaml", "--jobs", "1", "--out", out, "--resume", cwd=folder)

    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert contents(out) == before


def test_a_home_where_nothing_can_be_kept(folder: Path) -> None:
    """A library that wants to keep a list of fonts there must not print a warning about it."""
    nowhere = {
        "HOME": "/dev/null",
        "XDG_CACHE_HOME": None,
        "XDG_CONFIG_HOME": None,
        "MPLCONFIGDIR": None,
        "TMPDIR": str(folder),
    }
    done = asha_sim(*WRITING["plot"], "out", cwd=folder, env=nowhere)

    assert (done.returncode, done.stderr) == (0, "")


# Standard output.


@pytest.mark.parametrize("line", ["schema", "run s.yaml", "run s.yaml --json", "curves describe c.csv --json"])
def test_a_reader_that_has_seen_enough(line: str, folder: Path) -> None:
    process = subprocess.Popen(
        command(*line.split()),
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()

    assert (process.wait(), said) == (0, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_streams_that_are_closed(closed: str, folder: Path) -> None:
    for line, status in (("run s.yaml --out out", 0), ("check nothing.yaml", 2)):
        done = subprocess.run(
            ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *command(*line.split())], cwd=folder, env=environment(),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == status, done
        assert "Traceback" not in done.stderr
    assert (folder / "out" / "summary.json").exists()


@pytest.mark.parametrize("closed", some([">&- 2>&- <&-", ">&-", "2>&-"]))
def test_a_plan_with_streams_that_are_closed(closed: str, folder: Path) -> None:
    line = command("plan", "p.yaml", "--jobs", "2", "--out", "out")
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *line], cwd=folder, env=environment(), capture_output=True,
        text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert {"plan.html", "plan.json", "plan.md", "table.csv"} <= {path.name for path in (folder / "out").iterdir()}


@pytest.mark.parametrize(
    ("name", "text"),
    some(
        [
            ("SOURCE_DATE_EPOCH", "1.5"), ("JOBLIB_MULTIPROCESSING", "0"), ("SOURCE_DATE_EPOCH", ""), ("SOURCE_DATE_EPOCH", "abc"),
        ],
        most=2,
    ),
)  # fmt: skip
def test_a_plan_with_variables_of_libraries(name: str, text: str, folder: Path) -> None:
    done = asha_sim("plan", "p.yaml", "--jobs", "2", "--out", "out", cwd=folder, env={name: text})

    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "out" / "plan.html").exists()


@pytest.mark.parametrize(("name", "text"), [("LOKY_MAX_CPU_COUNT", "abc"), ("POLARS_MAX_THREADS", "0")])
def test_a_variable_that_no_library_can_read(name: str, text: str, folder: Path) -> None:
    done = asha_sim("plan", "p.yaml", "--out", "out", cwd=folder, env={name: text})

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{name}: {text!r} should be a whole number from 1 on; set it so, or unset it\n"
    assert not (folder / "out").exists()


def test_a_plan_does_not_need_its_terminal(folder: Path) -> None:
    process = started("plan", "p.yaml", "--jobs", "2", "--out", folder / "out", cwd=folder)
    until(lambda: list((folder / "out").glob("blocks/replicates-*")), process)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()

    assert (process.wait(), said) == (0, "")
    assert (folder / "out" / "plan.html").exists()
