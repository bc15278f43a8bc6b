"""How a command may end, whatever its input: well, or with a refusal that names a place; in time, and without leftovers.

Commands run in this process, through the entry point of the command line, because thousands are tried.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from subprocess import CompletedProcess

from tests.support import runner

#: Counts of what was tried and of what went wrong, for the last line of `make fuzz`.
tally: Counter[str] = Counter()


def asha_sim(*args: object, cwd: Path, limit: float = runner.LIMIT) -> CompletedProcess[str]:
    """Run a command and count how it ends."""
    try:
        ended = runner.asha_sim(*args, cwd=cwd, limit=limit)
    except runner.Hang:
        tally["hangs"] += 1
        raise
    except BaseException:
        tally["tracebacks"] += 1
        raise
    tally["commands"] += 1
    return ended


def content(folder: Path) -> set[str]:
    """Everything in a folder, at any depth, with hidden files."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def check(ended: CompletedProcess[str], places: re.Pattern[str], before: set[str], folder: Path) -> None:
    """Check that a command ended in an allowed way: each line of a refusal begins as `places` says, and `folder` is unchanged then."""
    said = f"asha-sim {' '.join(ended.args)[:300]!r} ended with {ended.returncode}, saying {ended.stderr[:2000]!r}"
    assert ended.returncode in {0, 1, 2}, said
    assert "Traceback" not in ended.stderr, said
    if ended.returncode:
        left = content(folder) - before
        tally["partial outputs"] += bool(left)
        assert not left, f"{said}, and left {sorted(left)}"
        assert ended.stdout == "", said
        lines = ended.stderr.splitlines()
        assert lines, said
        if ended.returncode == 2:
            assert all(places.match(line) for line in lines), said
        else:
            assert len(lines) == 1, said
            assert lines[0].startswith("the run failed: "), said
        assert all(line.isprintable() for line in lines), said
    else:
        # There may be notes on what has no effect.
        assert all(line.startswith("note: ") for line in ended.stderr.splitlines()), said
        assert not [name for name in content(folder) if Path(name).name.startswith(".")], said
    tally[f"ended with {ended.returncode}"] += 1
