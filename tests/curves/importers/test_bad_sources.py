"""What is wrong with any kind of source: one line, status 2, and no output."""

import builtins
import json
import os

import pytest

from simulator.core.errors import InputError
from simulator.core.vocabulary import IMPORTERS
from tests.support.runner import asha_sim
from tests.support.sources import LOSSES, imported, loop, optuna_database, optuna_study, ray_folder


@pytest.mark.parametrize("kind", IMPORTERS)
def test_a_loop_of_links_and_a_missing_file(tmp_path, kind):
    with pytest.raises(InputError, match="cannot be read: Too many levels of symbolic links"):
        imported(loop(tmp_path / "loop.csv"), kind)
    with pytest.raises(InputError, match="cannot be read: No such file or directory"):
        imported(tmp_path / "none.csv", kind)


@pytest.mark.parametrize("kind", IMPORTERS)
def test_an_empty_file_and_an_empty_folder(tmp_path, kind):
    for name, extra in (("optuna", "optuna"), ("mlflow", "mlflow"), ("tensorboard", "tensorboard")):
        if kind == name:
            pytest.importorskip(extra)
    (tmp_path / "empty.csv").touch()
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "empty.csv", tmp_path / "folder"):
        with pytest.raises(InputError) as caught:
            imported(path, kind)
        assert "\n" not in str(caught.value)


def test_a_loop_inside_a_folder_is_passed_by(tmp_path):
    ray_folder(tmp_path / "exp")
    (tmp_path / "exp" / "loop").symlink_to(tmp_path / "exp")
    (tmp_path / "exp" / "zz").mkdir()
    loop(tmp_path / "exp" / "zz" / "result.json")

    assert imported(tmp_path / "exp", "ray").report.kept == 4


@pytest.mark.parametrize("kind", ["optuna", "mlflow", "tensorboard"])
def test_without_the_library(tmp_path, kind, monkeypatch):
    (tmp_path / "source").write_bytes(b"SQLite format 3\0")

    def no_extra(name, *rest, **how):
        if name.partition(".")[0] == kind:
            raise ImportError(name)
        return real(name, *rest, **how)

    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", no_extra)
    with pytest.raises(InputError) as caught:
        imported(tmp_path / "source", kind)
    assert str(caught.value).endswith(f'can only be read with an extra: pip install "asha-simulator[{kind}]"')


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path):
    (tmp_path / "a.csv").write_text("x")
    (tmp_path / "a.csv").chmod(0)
    with pytest.raises(InputError, match="Permission denied"):
        imported(tmp_path / "a.csv", "csv")


@pytest.mark.slow
def test_the_command(tmp_path):
    pytest.importorskip("optuna")
    optuna_study(optuna_database(tmp_path / "s.db"), prune_at={1: 3})
    command = ("curves", "import", "s.db", "--from", "optuna", "-o", "out.csv.gz", "--trace", "trace.csv")
    refused = asha_sim(*command, cwd=tmp_path)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.count("\n") == 1
    assert "say --censored drop, hold or extrapolate" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["s.db"]
    done = asha_sim(*command, "--censored", "hold", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("s.db: 4 of 4 trials, 20 points\n")
    assert {path.name for path in tmp_path.iterdir()} == {"s.db", "out.csv.gz", "out.trials.csv", "trace.csv"}
    assert "worker" in asha_sim("trace", "describe", "trace.csv", cwd=tmp_path).stdout


def test_bad_options(tmp_path):
    ray_folder(tmp_path / "exp", LOSSES[:2])
    for arguments, said in (
        (("-o", "out.txt"), "out.txt: must end in .csv, .csv.gz or .parquet"),
        (("-o", "out.csv", "--trace", "t.txt"), "t.txt: must end in .csv or .parquet"),
        (("-o", "out.csv", "--grid", "1,x"), "should be resources such as 1,3,9,27"),
        (("-o", "no/such/../exp/params", "--metric", "loss"), "must end in"),
    ):
        done = asha_sim("curves", "import", "exp", "--from", "ray", *arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert said in done.stderr
    (tmp_path / "file").write_text("x")
    done = asha_sim("curves", "import", "exp", "--from", "ray", "-o", "file/out.csv", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "file/out.csv: cannot be written: File exists\n")


def test_the_report_as_json(tmp_path):
    ray_folder(tmp_path / "exp", LOSSES[:2], metric="\x9b31m\u202eloss")
    result = tmp_path / "exp" / "train_00000_lr=0.0" / "result.json"
    result.write_text(result.read_text() + result.read_text())
    (tmp_path / "exp" / "none").mkdir()
    (tmp_path / "exp" / "none" / "result.json").write_text("[]\n")
    done = asha_sim("curves", "import", "exp", "--from", "ray", "-o", "out.csv", "--json", cwd=tmp_path)

    report = json.loads(done.stdout)
    assert (report["kept"], report["metric"]) == (2, "\x9b31m\u202eloss")
    assert report["dropped"] == {"has no training_iteration: not a result of Ray Tune": 1}
    assert report["changed"] == {"repeated steps, the last report of each kept": 5}
    assert all(line.isprintable() for line in done.stdout.splitlines())


@pytest.mark.parametrize("kind", ["wandb"])
@pytest.mark.parametrize(
    "rows", ["0,1,1e30,.5\n1,2,,.4\n", "0,,,.5\n1,,,.4\n", "0,1e300,-1e300,.5\n1,2e300,1e300,.4\n", "0,nan,nan,.5\n1,inf,inf,.4\n"]
)  # fmt: skip
def test_clocks_that_cannot_be(tmp_path, kind, rows):
    (tmp_path / "in.csv").write_text("_step,_runtime,_timestamp,loss\n" + rows)
    try:
        assert imported(tmp_path / "in.csv", kind).trace is None
    except InputError as error:
        assert "in.csv: leaves no trial: 1 has " in str(error)  # noqa: PT017


def test_steps_and_grids_out_of_all_proportion(tmp_path):
    (tmp_path / "in.csv").write_text("trial,resource,loss\n0,1,.5\n0,2,.4\n")
    for arguments in (
        ("--offset", "9" * 20),
        ("--offset", "9" * 5000),
        ("--grid", "1," + "9" * 20),
        ("--grid", "1," + "9" * 5000),
    ):
        done = asha_sim("curves", "import", "in.csv", "--from", "csv", "-o", "out.csv", *arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]
