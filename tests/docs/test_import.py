"""The page about imports: every command in it is run here, and every option that it names exists."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from simulator.core.vocabulary import IMPORTERS
from tests.support.runner import asha_sim

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "import.md").read_text()
LOGS = ROOT / "tests" / "data" / "logs"
#: The commands of the page's table.
TYPED = re.findall(r"`(--from [^`]+)`", PAGE)

ROWS = [
    {"trial_id": 7, "steps_completed": 100 * at, "end_time": f"2026-01-01T00:{at:02d}:00Z",
     "metrics": {"validation_loss": 1 / at}}
    for at in range(1, 5)
]  # fmt: skip
LOG = {"time": [0, 5, 9, 14], "epoch": [0, 1, 2, 3], "Train/val_cross_entropy": [2, 0.9, 0.5, 0.4]}
#: The source for each command: a log of tests/data/logs, or the text of a file.
SOURCES = {
    "--from ray EXPERIMENT": LOGS / "ray/nested-metric/log",
    "--from syne-tune EXPERIMENT": LOGS / "syne-tune/promotion-0.13.0/log",
    "--from optuna study.db": LOGS / "optuna/pruned/log/study.db",
    "--from optuna sqlite:///study.db": LOGS / "optuna/pruned/log/study.db",
    "--from mlflow mlflow.db": "mlflow",
    "--from tensorboard LOGS": LOGS / "tensorboard/resumed/log",
    "--from wandb wandb/": LOGS / "wandb/offline/log/wandb",
    "--from wandb history.csv": "_step,_runtime,val/loss\n0,1.5,0.5\n1,3.1,0.4\n",
    "--from huggingface runs/": LOGS / "hugging-face/trials/log",
    "--from csv logs/": LOGS / "lightning/versions/log",
    "--from dvclive runs/": LOGS / "dvclive/runs/log",
    "--from determined metrics.jsonl": "\n".join(map(json.dumps, ROWS)),
    "--from keras-tuner project/": LOGS / "keras-tuner/grid/log/grid",
    "--from lcbench lcbench.json": json.dumps({"NAME": {"0": {"config": {"lr": 0.1}, "log": LOG}}}),
    "--from csv log.csv": "run,epoch,loss,seconds\na,1,0.5,3.1\na,2,0.4,6\nb,1,0.7,3\nb,2,0.6,6.2\n",
}  # fmt: skip
EXTRAS = ("optuna", "mlflow", "tensorboard", "wandb")


def test_every_kind_stands_in_the_table():
    shown = set(re.findall(r"--from ([a-z-]+)", PAGE))
    assert {kind for kind in IMPORTERS if kind not in {"json", "jsonl", "parquet"}} <= shown | {"KIND"}


def test_every_command_of_the_page_is_typed_here():
    assert sorted(" ".join(typed.split()[:3]) for typed in TYPED) == sorted(SOURCES)


@pytest.mark.parametrize("typed", TYPED)
def test_commands_do_what_the_page_says(tmp_path, typed):
    _, kind, named, *_ = words = shlex.split(typed)
    if kind in EXTRAS and named not in {"history.csv"}:
        pytest.importorskip(kind)
    place, source = tmp_path / named.removeprefix("sqlite:///"), SOURCES[" ".join(words[:3])]
    if source == "mlflow":
        source = next((LOGS / "mlflow/nested-runs/log").iterdir())
        words[words.index("val_loss")] = "loss"  # the metric's name in that log
    if isinstance(source, str):
        place.write_text(source)
    elif source.is_dir():
        shutil.copytree(source, place)
    else:
        shutil.copyfile(source, place)
    done = asha_sim("curves", "import", *words, "--censored", "hold", "-o", "curves.csv.gz", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {place.name, "curves.csv.gz", "curves.trials.csv"}


def test_every_option_that_the_page_names_is_one():
    named = set(re.findall(r"--[a-z][a-z-]+", PAGE))
    known = set(re.findall(r"--[a-z][a-z-]+", asha_sim("curves", "import", "--help").stdout))
    assert named <= known
