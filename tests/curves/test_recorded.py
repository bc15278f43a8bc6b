"""Recorded curves are read back exactly, their trials die where they died, and resources off the grid are refused."""

import gzip
from math import inf

import polars as pl
import pytest

from simulator.core.errors import InputError
from simulator.curves.files.tables import read_table
from simulator.curves.protocol import Exit
from simulator.curves.recorded import Recorded, Resampled

GOOD = """trial,resource,loss,elapsed_s
0,1,0.9,10
0,3,0.5,30.5
1,1,0.8,7
1,3,0.6,21
"""


def table(tmp_path, text, name="curves.csv", **options):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return read_table(path, **options)


def problems(tmp_path, text, name="curves.csv"):
    with pytest.raises(InputError) as caught:
        table(tmp_path, text, name)
    return str(caught.value).replace(str(tmp_path) + "/", "")


@pytest.mark.parametrize("name", ["curves.csv", "curves.csv.gz"])
def test_time_between_rows_and_the_loss_of_the_later(tmp_path, name):
    curves = Recorded(table(tmp_path, GOOD, name))

    assert curves.trials == 2
    assert curves.train(0, 0, 3) == (30_500_000, 0.5, None)
    assert curves.train(0, 1, 3) == (20_500_000, 0.5, None)
    assert curves.reach((1, 3)) is None


def test_parquet(tmp_path):
    frame = pl.DataFrame({"trial": [0, 0], "resource": [1, 3], "loss": [0.5, None], "elapsed_s": [1.5, 2.0]})
    frame.write_parquet(tmp_path / "curves.parquet")
    curves = Recorded(read_table(tmp_path / "curves.parquet"))

    assert curves.train(0, 0, 1) == (1_500_000, 0.5, None)
    assert curves.train(0, 1, 3) == (500_000, inf, Exit.DIVERGED)


def test_rows_may_stand_in_any_order_and_columns_too(tmp_path):
    header, *lines = GOOD.splitlines()
    mixed = "\n".join([header, *reversed(lines)])

    assert Recorded(table(tmp_path, mixed)).train(0, 1, 3) == (20_500_000, 0.5, None)
    swapped = "note,elapsed_s,loss,resource,trial\nx,10,0.9,1,0\n"
    assert Recorded(table(tmp_path, swapped)).train(0, 0, 1) == (10_000_000, 0.9, None)


def test_windows_line_ends_and_a_byte_order_mark(tmp_path):
    assert Recorded(table(tmp_path, "\ufeff" + GOOD.replace("\n", "\r\n"))).trials == 2


def test_losses_to_maximise_are_negated(tmp_path):
    assert Recorded(table(tmp_path, GOOD, smaller_is_better=False)).train(0, 0, 1)[1] == -0.9


@pytest.mark.parametrize("missing", ["", "nan", "inf", "-inf"])
@pytest.mark.parametrize("better", [True, False])
def test_a_curve_that_ends_without_a_loss_diverged(tmp_path, missing, better):
    text = f"trial,resource,loss,elapsed_s\n0,1,0.9,10\n0,2,{missing},20\n1,1,0.9,10\n1,2,0.8,20\n1,3,0.7,30\n"
    curves = Recorded(table(tmp_path, text, smaller_is_better=better))

    assert curves.train(0, 0, 1)[2] is None
    assert curves.train(0, 0, 2) == (20_000_000, inf, Exit.DIVERGED)
    assert curves.train(0, 1, 3) == (10_000_000, inf, Exit.DIVERGED)
    assert curves.reach((1, 2, 3)) is None


def test_a_trial_that_goes_on_after_a_row_without_a_loss_is_refused(tmp_path):
    with pytest.raises(InputError, match="2:3: loss: is not a number, though trial 0 goes on in line 3"):
        table(tmp_path, "trial,resource,loss,elapsed_s\n0,1,,10\n0,2,0.5,20\n")


@pytest.mark.parametrize(("word", "exit_"), [("errored", Exit.ERRORED), ("invalid", Exit.INVALID)])
def test_a_trial_dies_at_its_exit(tmp_path, word, exit_):
    text = f"trial,resource,loss,elapsed_s,exit\n0,1,0.9,10,\n0,2,0.8,15,{word}\n"
    curves = Recorded(table(tmp_path, text))

    assert curves.train(0, 0, 1)[2] is None
    assert curves.train(0, 1, 9) == (5_000_000, inf, exit_)


def test_a_resource_off_the_grid_is_an_error_unless_interpolated(tmp_path):
    strict = Recorded(table(tmp_path, GOOD))
    between = Recorded(table(tmp_path, GOOD), interpolate=True)

    assert strict.reach((1, 2, 3)).endswith(
        "curves.csv has no row; its nearest are 1 and 3 (`interpolate: linear` reads between them)"
    )
    with pytest.raises(InputError, match="trial 0 has no row at resource 2"):
        strict.train(0, 0, 2)
    assert between.reach((1, 2, 3)) is None
    assert between.train(0, 0, 2) == (20_250_000, pytest.approx(0.7), None)
    assert "its rows go from 1 to 3" in between.reach((1, 9))


def test_more_trials_than_recorded(tmp_path):
    recorded = Recorded(table(tmp_path, GOOD))

    with pytest.raises(InputError, match=r"holds 2 trials and a searcher asks for trial 2; .* say `resample: true`"):
        recorded.train(2, 0, 1)


def test_resampled_trials_are_recorded_ones_and_belong_to_their_number(tmp_path):
    text = "trial,resource,loss,elapsed_s\n" + "".join(f"{trial},1,{trial},1\n" for trial in range(50))
    recorded = Recorded(table(tmp_path, text))
    first, second = Resampled(recorded, 1), Resampled(recorded, 1)
    losses = [first.train(trial, 0, 1)[1] for trial in range(3000)]

    assert [second.train(trial, 0, 1)[1] for trial in reversed(range(3000))] == losses[::-1]
    assert set(losses) == set(range(50))
    assert losses[:10] != [Resampled(recorded, 2).train(trial, 0, 1)[1] for trial in range(10)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "curves.csv:1:1: is empty; it should hold the columns trial, resource, loss, elapsed_s"),
        ("trial,resource,loss\n", "curves.csv:1:1: lacks the column elapsed_s"),
        ("trial,trial,resource,loss,elapsed_s\n", "curves.csv:1:1: trial: stands twice in the header"),
        ("trial,resource,loss,elapsed_s\n", "curves.csv:1:1: holds no rows"),
        (GOOD + "1,4,2\n", "curves.csv:6:1: has 3 fields where the header has 4"),
        (GOOD + "1,x,2,30\n", "curves.csv:6:2: resource: 'x' should be a whole number, 1 or more"),
        (GOOD + "1,0,2,30\n", "curves.csv:6:2: resource: '0' should be a whole number, 1 or more"),
        (GOOD + "-1,1,2,30\n", "curves.csv:6:1: trial: '-1' should be a whole number, 0 or more"),
        (GOOD + "1,4,bad,30\n", "curves.csv:6:3: loss: 'bad' should be a number, or empty for a diverged trial"),
        (GOOD + "1,4,1,-30\n", "curves.csv:6:4: elapsed_s: '-30' should be the seconds trained so far, 0 or more"),
        (GOOD + "1,4,1,nan\n", "curves.csv:6:4: elapsed_s: 'nan' should be the seconds trained so far, 0 or more"),
        (GOOD + "1,4,1,21\n", "curves.csv:6:4: elapsed_s: 21.0 should be greater than at the resource before"),
        (GOOD + "1,4,1,20\n", "curves.csv:6:4: elapsed_s: 20.0 should be greater than at the resource before"),
        (GOOD + "0,3,1,40\n", "curves.csv:6:2: resource: trial 0 at resource 3 stands in line 3 already"),
        (GOOD + "5,1,1,40\n", "curves.csv:6:1: trial: trial 2 is missing; trials are numbered 0, 1, 2, …"),
        (GOOD.replace("0,1,", "9,1,"), "trial: trial 2 is missing"),
        ("trial,resource,loss,elapsed_s,exit\n0,1,1,1,boom\n", "curves.csv:2:5: exit: 'boom' should be errored, invalid"),
        (
            "trial,resource,loss,elapsed_s,exit\n0,1,1,1,errored\n0,2,1,2,\n",
            "curves.csv:2:5: exit: an exit should stand in the trial's last row",
        ),
        ("trial,resource,loss,elapsed_s\n0,1," + "9" * 200_000 + ",1\n", "curves.csv:2:1: is not CSV: field larger"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line_and_column(tmp_path, text, said):
    assert said in problems(tmp_path, text)


def test_a_file_whose_only_row_is_wrong_does_not_lack_rows(tmp_path):
    assert problems(tmp_path, "trial,resource,loss,elapsed_s\n0,1,bad,1\n") == (
        "curves.csv:2:3: loss: 'bad' should be a number, or empty for a diverged trial"
    )


def test_no_more_than_ten_problems_are_told(tmp_path):
    assert len(problems(tmp_path, GOOD + "x,x,x,x\n" * 50).splitlines()) == 10


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("a.csv", b"trial,resource\n0,\xff\n", "a.csv:2:2: byte 0xff is not UTF-8 text"),
        ("a.csv.gz", b"\x00\x01junk", "a.csv.gz: is not a sound gzip file"),
        ("a.csv.gz", gzip.compress(GOOD.encode(), mtime=0)[:-12], "a.csv.gz: is not a sound gzip file"),
        ("a.parquet", b"PAR1 junk", "a.parquet: is not a sound Parquet file"),
        (
            "a.txt",
            b"x",
            "a.txt: is of an unknown kind; learning curves are a file that ends in .csv, .csv.gz or .parquet",
        ),
    ],
)
def test_files_that_are_no_tables(tmp_path, name, raw, said):
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / name)

    assert said in str(caught.value)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(InputError, match="is a folder"):
        read_table(tmp_path)


def test_a_gzip_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.curves.files.tables.MAX_BYTES", 1000)
    with pytest.raises(InputError, match=r"unpacks to more than 1,000 bytes"):
        table(tmp_path, GOOD + " " * 2000, "curves.csv.gz")
