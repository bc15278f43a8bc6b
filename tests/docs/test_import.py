"""The page about imports: what it says to type is what the command takes."""

import re
import shlex
from pathlib import Path

import pytest

from simulator.core.vocabulary import IMPORTERS
from tests.support.runner import asha_sim

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "import.md").read_text()
LOGS = ROOT / "tests" / "data" / "logs"


def test_every_kind_stands_in_the_table():
    shown = set(re.findall(r"--from ([a-z-]+)", PAGE))
    assert {kind for kind in IMPORTERS if kind not in {"json", "jsonl", "parquet"}} <= shown | {"KIND"}


@pytest.mark.parametrize(
    ("typed", "source"),
    [
        ("--from ray EXPERIMENT --metric val/loss", "ray/nested-metric/log"),
        ("--from syne-tune EXPERIMENT", "syne-tune/promotion-0.13.0/log"),
        ("--from dvclive runs/ --metric val/loss", "dvclive/runs/log"),
    ],
)
def test_commands_do_what_the_page_says(tmp_path, typed, source):
    assert typed in PAGE
    words = shlex.split(typed)
    words[2] = str(LOGS / source)
    done = asha_sim("curves", "import", *words, "--censored", "hold", "-o", "curves.csv.gz", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"curves.csv.gz", "curves.trials.csv"}
