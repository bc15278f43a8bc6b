"""Logs in forms that users have, one situation in each test: what the log contains, and how it is imported."""

from __future__ import annotations

import json

import numpy as np
import pytest

from simulator.core.errors import InputError
from simulator.curves import importers
from simulator.curves.files.tables import read_table
from simulator.trace.trace import Outcome
from tests.support.logs import csv, said, timed
from tests.support.sources import imported, lcbench_json, losses_of, ray_folder, seconds_of, syne_tune_folder

HOUR = 3600.0


def test_a_pause_of_eight_hours_is_no_training(tmp_path):
    made = csv(tmp_path, timed(*((0, at, 1 / at, 10 * at + 8 * HOUR * (at > 4)) for at in range(1, 10))))
    assert seconds_of(made) == [[10.0 * at for at in range(1, 10)]]
    assert any("taken for pauses, 28,800 s" in note for note in made.report.notes)


def test_a_gap_bound_of_ones_own(tmp_path):
    text = timed(*((0, at, 1 / at, 10 * at + 60 * (at > 4)) for at in range(1, 10)))
    assert seconds_of(csv(tmp_path, text))[0][-1] == 150
    assert seconds_of(csv(tmp_path, text, max_gap=30.0))[0][-1] == 90


def test_a_pause_is_a_gap_in_the_trace(tmp_path):
    rows = ((0, at, 1 / at, 1.7e9 + 10 * at + 8 * HOUR * (at > 4)) for at in range(1, 10))
    trace = csv(tmp_path, timed(*rows, head="trial,resource,loss,when"), time_column="when").trace
    assert (trace.to_resource.tolist(), trace.from_resource.tolist()) == ([4, 9], [0, 4])
    assert ((trace.end - trace.start) / 1e6).tolist() == [40, 50]
    assert trace.makespan / 1e6 == 90 + 8 * HOUR


def test_a_clock_that_starts_again_is_added_up(tmp_path):
    made = csv(tmp_path, timed(*((0, at, 1 / at, (at - 1) % 4 + 1) for at in range(1, 9))))
    assert seconds_of(made) == [[1.0, 2, 3, 4, 5, 6, 7, 8]]
    assert any("a clock starts again" in note for note in made.report.notes)


def test_a_clock_that_starts_again_at_a_checkpoint(tmp_path):
    steps, clock = (1, 2, 3, 4, 5, 4, 5, 6), (1, 2, 3, 4, 5, 1, 2, 3)
    made = csv(tmp_path, timed(*((0, at, 1 / at, when) for at, when in zip(steps, clock, strict=True))))
    assert seconds_of(made) == [[1.0, 2, 3, 4, 5, 6]]


def test_a_clock_that_starts_again_and_again(tmp_path):
    made = csv(tmp_path, timed(*((0, at, 1 / at, 12.5 * ((at - 1) % 3 + 1)) for at in range(1, 8))))
    assert seconds_of(made) == [[12.5 * at for at in range(1, 8)]]


def test_a_clock_that_starts_again_and_counts_a_start_up(tmp_path):
    made = csv(tmp_path, timed(*((0, at, 1 / at, when) for at, when in enumerate((10, 20, 30, 13, 23), start=1))))
    assert seconds_of(made) == [[10.0, 20, 30, 43, 53]]


def test_a_clock_that_starts_again_within_a_span_is_no_longer_busy_than_it_trained(tmp_path):
    rows = ((0, at, 1 / at, when, 1000, 8000) for at, when in enumerate((5, 10, 5, 10), start=1))
    text = timed(*rows, head="trial,resource,loss,elapsed_s,from,to")
    trace = csv(tmp_path, text, start_column="from", end_column="to").trace
    assert ((trace.end - trace.start - trace.overhead) / 1e6).tolist() == [20]


@pytest.mark.parametrize(
    ("factor", "what"), [(1, "Unix seconds"), (1000, "Unix milliseconds"), (10**6, "Unix micro")]
)
def test_unix_times(tmp_path, factor, what):
    text = timed(*((0, at, 1 / at, int((1.7e9 + 60 * at) * factor)) for at in range(1, 5)))
    made = csv(tmp_path, text)
    assert seconds_of(made) == [[60.0, 120, 180, 240]]
    assert what in made.report.times


@pytest.mark.parametrize(
    "spelling",
    [
        "2026-01-02T10:{:02d}:00Z", "2026-01-02 10:{:02d}:00", "2026-01-02T10:{:02d}:00+02:00", "20260102T10{:02d}00Z",
    ],
)  # fmt: skip
def test_dates_and_times(tmp_path, spelling):
    made = csv(tmp_path, timed(*((0, at, 1 / at, spelling.format(at)) for at in range(1, 5))))
    assert seconds_of(made) == [[60.0, 120, 180, 240]]


@pytest.mark.parametrize(("spelling", "unit"), [("00:{:02d}", 1.0), ("{:02d}:00", 60.0), ("0:{:02d}:00", 60.0)])
def test_durations(tmp_path, spelling, unit):
    made = csv(tmp_path, timed(*((0, at, 1 / at, spelling.format(at)) for at in range(1, 5))))
    assert seconds_of(made) == [[unit * at for at in range(1, 5)]]


def test_a_time_of_day_or_a_duration_is_asked_for(tmp_path):
    text = timed(*((0, at, 1 / at, f"09:{15 + at}:30") for at in range(1, 5)))
    assert "say --time-is clock or --time-is elapsed" in said(tmp_path, text)
    assert seconds_of(csv(tmp_path, text, time_is="clock")) == [[60.0, 120, 180, 240]]
    assert seconds_of(csv(tmp_path, text, time_is="elapsed"))[0][0] == 9 * HOUR + 16 * 60 + 30


def test_times_of_day_go_on_past_midnight(tmp_path):
    text = timed(
        *((0, at, 1 / at, when) for at, when in enumerate(("23:58:00", "23:59:00", "00:00:00", "00:01:00"), 1))
    )
    assert seconds_of(csv(tmp_path, text, time_is="clock")) == [[60.0, 120, 180, 240]]


def test_a_date_that_may_be_read_two_ways_is_refused(tmp_path):
    assert "log.csv:2: elapsed_s: '01/03/2026 10:00' should be seconds, h:mm:ss, or a date" in said(
        tmp_path, timed((0, 1, 1, "01/03/2026 10:00"))
    )


def test_a_text_that_is_not_a_time_is_named_with_its_line(tmp_path):
    assert "log.csv:3: elapsed_s: 'soon' should be a date and a time" in said(
        tmp_path, timed((0, 1, 1, "2026-01-02 10:00:00"), (0, 2, 1, "soon"))
    )


def test_times_of_day_from_each_trials_start(tmp_path):
    rows = ((0, at, 1 / at, 1.7e9 + 5 + 60 * at, 1.7e9) for at in range(1, 4))
    text = timed(*rows, head="trial,resource,loss,when,begun")
    assert seconds_of(csv(tmp_path, text, time_column="when", start_column="begun")) == [[65.0, 125, 185]]


def test_seconds_an_epoch_are_refused_with_the_option(tmp_path):
    text = timed(*((0, at, 1 / at, 10) for at in range(1, 5)))
    assert "say --time-is per-step" in said(tmp_path, text)
    assert seconds_of(csv(tmp_path, text, time_is="per-step")) == [[10.0, 20, 30, 40]]


def test_seconds_an_epoch_that_vary_are_no_clock_that_starts_again(tmp_path):
    text = timed(*((0, at, 1 / at, 7 + (7 * at) % 5 / 10) for at in range(1, 9)))
    assert "say --time-is per-step" in said(tmp_path, text)


def test_no_times_on_request(tmp_path):
    made = csv(tmp_path, timed(*((0, at, 1 / at, 10) for at in range(1, 5))), no_times=True)
    assert made.report.times.startswith("none")


def test_no_times_means_no_schedule_either(tmp_path):
    text = timed((0, 1, 0.5, 1.7e9), (0, 2, 0.4, 1.7e9 + 60))
    assert csv(tmp_path, text).trace.makespan == 120_000_000
    assert csv(tmp_path, text, no_times=True).trace is None


def test_sparse_rows_keep_their_times(tmp_path):
    assert seconds_of(csv(tmp_path, timed(*((0, at, 1 / at, 2 * at) for at in (9, 18, 27))))) == [[18.0, 36, 54]]


def test_an_empty_metric_was_not_measured(tmp_path):
    made = csv(tmp_path, "trial,epoch,train,val\na,1,9,\na,1,,0.5\na,2,8,\na,2,,0.4\na,3,7,\n",
               metric="val", step_column="epoch", mode="min")  # fmt: skip
    assert losses_of(made) == [[0.5, 0.4]]
    assert (made.report.diverged, made.report.complete) == (0, 1)
    assert made.report.others == {"rows in which val was not measured": 3}


@pytest.mark.parametrize("word", ["NaN", "nan", "inf", "-inf"])
def test_an_explicit_nan_is_a_divergence(tmp_path, word):
    made = csv(tmp_path, timed((0, 1, 0.5, 1), (0, 2, word, 2), (1, 1, 0.6, 1), (1, 2, 0.5, 2)))
    assert (made.report.diverged, made.report.complete) == (1, 1)


@pytest.mark.parametrize("word", ["NA", "N/A", "#N/A", "null", "NULL", "None", "-", " "])
def test_words_for_not_measured(tmp_path, word):
    made = csv(tmp_path, timed((0, 1, word, 1), (0, 2, 0.5, 2), (0, 3, 0.4, 3), (0, 4, word, 4)))
    assert losses_of(made) == [[0.5, 0.4]]


def test_our_own_files_may_end_in_an_empty_loss(tmp_path):
    made = csv(tmp_path, timed((0, 1, 0.5, 1), (0, 2, "", 2), (1, 1, 0.6, 1), (1, 2, 0.5, 2)))
    assert made.report.diverged == 1


@pytest.mark.parametrize(
    "metric", ["neg_mean_squared_error", "-loss", "loss_scale", "score", "negative_loss", "1-error"]
)
def test_names_that_may_be_meant_either_way_are_asked_for(tmp_path, metric):
    assert "add --mode min or --mode max" in said(tmp_path, f"trial,resource,{metric}\n0,1,1\n", metric=metric)


@pytest.mark.parametrize("metric", ["val_loss", "RMSE", "eval/perplexity", "meanSquaredError", "cross-entropy"])
def test_names_that_cannot_be_mistaken_are_taken_and_said(tmp_path, metric):
    made = csv(tmp_path, f"trial,resource,{metric}\n0,1,1\n", metric=metric)
    assert (made.report.mode, made.report.mode_from) == ("min", "name")
    assert any("by its name" in line for line in made.report.lines())


@pytest.fixture
def negated(tmp_path):
    """A file of curves of a metric that was maximised."""
    from simulator.curves.files.writing import write_curves

    made = csv(tmp_path, "trial,resource,acc\n0,1,0.9\n1,1,0.5\n", metric="acc", mode="max")
    write_curves(tmp_path / "curves.csv", made.curves, metric=made.report.held)
    return tmp_path / "curves.csv"


def test_the_direction_travels_with_the_file_and_is_not_turned_twice(negated):
    assert read_table(negated, times_needed=False).metric == "-acc"
    again = read_table(negated, times_needed=False, smaller_is_better=False)
    assert again.loss.tolist() == [-0.9, -0.5]


def test_a_direction_that_the_file_denies_is_an_error(negated):
    negated.write_text(negated.read_text().replace("-acc", "acc"))
    with pytest.raises(InputError, match="holds acc, imported as a metric to minimise"):
        read_table(negated, times_needed=False, smaller_is_better=False)


def test_two_metrics_in_one_file_are_an_error(negated):
    negated.write_text(negated.read_text().replace("-acc", "acc", 1))
    with pytest.raises(InputError, match="a file holds one metric"):
        read_table(negated, times_needed=False)


def test_names_and_hyperparameters_come_along(tmp_path):
    made = csv(tmp_path, "trial,resource,loss,config_lr\nab7,1,.5,0.1\ncd9,1,.4,0.2\n")
    assert [trial["name"] for trial in made.report.trials] == ["ab7", "cd9"]
    assert made.report.trials[1]["config"] == {"config_lr": "0.2"}


@pytest.mark.parametrize(
    ("kind", "option"),
    [("ray", "time_column"), ("tensorboard", "study"), ("mlflow", "time_column"), ("optuna", "step_column"),
     ("csv", "study"), ("ray", "max_gap"), ("lcbench", "step_column"), ("syne-tune", "study"), ("huggingface", "study")],
)  # fmt: skip
def test_options_that_do_not_apply_are_refused(tmp_path, kind, option):
    (tmp_path / "source").mkdir()
    with pytest.raises(InputError, match="means nothing; leave it out"):
        imported(tmp_path / "source", kind, options={option: 1.0 if option == "max_gap" else "x"})


def test_fractional_epochs_take_a_scale(tmp_path):
    text = "trial,resource,loss\n0,0.25,1\n0,0.5,.5\n0,0.75,.4\n"
    assert "--step-scale FACTOR" in said(tmp_path, text)
    made = csv(tmp_path, text, step_scale=4.0)
    assert made.curves[0].resources.tolist() == [1, 2, 3]
    assert "steps are multiplied by 4 (--step-scale)" in made.report.notes


@pytest.mark.parametrize("scale", [1e300, 1e308])
@pytest.mark.parametrize("kind", ["csv", "ray", "lcbench"])
def test_a_scale_beyond_all_steps_is_refused(tmp_path, kind, scale):
    source = tmp_path / "log.csv" if kind == "csv" else tmp_path / "source"
    if kind == "csv":
        source.write_text("trial,resource,loss\n0,1,1\n")
    else:
        {"ray": ray_folder, "lcbench": lcbench_json}[kind](source)
    metric = "Train/val_cross_entropy" if kind == "lcbench" else "loss"
    with pytest.raises(InputError, match=r"steps beyond|whole number"):
        imported(source, kind, options={"metric": metric, "mode": "min", "step_scale": scale})


def test_a_filter_on_names(tmp_path):
    made = csv(tmp_path, "trial,resource,loss\na/val,1,1\na/train,1,2\n", run="*/val")
    assert losses_of(made) == [[1.0]]
    assert made.report.others == {"not named as --run */val asks": 1}
    assert "has no trial whose name matches 'x'" in said(tmp_path, "trial,resource,loss\na,1,1\n", run="x")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("trial;resource;loss\na;1;0,5\na;2;0,25\n", "log.csv"),
        ("trial\tresource\tloss\na\t1\t0.5\na\t2\t0.25\n", "log.tsv"),
        ("trial\tresource\tloss\na\t1\t0.5\na\t2\t0.25\n", "log.csv"),
        ("trial,resource,loss\na,1,0.5\na,2,0.25\n\n\n", "log.csv"),
        ("# a note\ntrial,resource,loss\na,1,0.5\n# more\na,2,0.25\n", "log.csv"),
        (" trial, resource, loss\na,  1,   0.5\na,  2,  0.25\n", "log.csv"),
        ("trial,resource,loss\r\na,1,0.5\r\na,2,0.25\r\n", "log.csv"),
        ("\ufefftrial,resource,loss\na,1,0.5\na,2,0.25\n", "log.csv"),
        ("trial,resource,loss\na,1,0.5\na,2,0.25\n".encode("utf-16"), "log.csv"),
        ("trial,resource,loss,ä\na,1,0.5,\na,2,0.25,\n".encode("utf-16-le"), "log.csv"),
        ("trial,resource,loss,ä\na,1,0.5,\na,2,0.25,\n".encode("utf-16-be"), "log.csv"),
        ("trial,resource,loss,note\na,1,0.5,é\na,2,0.25,\n".encode("latin-1"), "log.csv"),
        ('"trial","resource","loss"\n"a","1","0.5"\n"a","2","0.25"\n', "log.csv"),
        ("sep=;\ntrial;resource;loss\na;1;0,5\na;2;0,25\n", "log.csv"),
        ("trial,resource,loss\ra,1,0.5\ra,2,0.25\r", "log.csv"),
        ("trial resource  loss\na     1         0.5\na     2         0.25\n", "log.txt"),
        ("# run: 7\n# trial resource loss\n7 1 0.5\n7 2 0.25\n", "log.txt"),
        ("trial,resource,loss\na,1,0.5\ntrial,resource,loss\na,2,0.25\n", "log.csv"),
        ('[{"trial": "a", "resource": 1, "loss": 0.5}, {"trial": "a", "resource": 2, "loss": 0.25}]', "log.json"),
        ('{"trial": "a", "resource": [1, 2], "loss": [0.5, 0.25]}', "log.json"),
        (
            '{"trial": {"0": "a", "1": "a"}, "resource": {"0": 1, "1": 2}, "loss": {"0": 0.5, "1": 0.25}}',
            "log.json",
        ),
        ('{"columns": ["trial", "resource", "loss"], "data": [["a", 1, 0.5], ["a", 2, 0.25]]}', "log.json"),
        ('{"trial": "a", "resource": [1, 2], "loss": [0.5, 0.25], "config": {"layers": [8, 8, 8]}}', "log.json"),
        ('{"trial": "a", "resource": 1, "loss": 0.5}\n\n{"trial": "a", "resource": 2, "loss": 0.25}\n', "log.jsonl"),
    ],
)
def test_tables_that_cannot_be_mistaken_are_read(tmp_path, text, name):
    assert losses_of(csv(tmp_path, text, name)) == [[0.5, 0.25]]


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("trial,resource,loss\na,1,.5\na,2,.4,9\n", "log.csv", "log.csv:3: is not sound CSV: has 4 fields"),
        ("trial,resource,loss\na,1,.5,9\na,2\n", "log.csv", "log.csv:2: is not sound CSV: has 4 fields"),
        ("trial,resource,loss\na,1,.5\n\na,2\n", "log.csv", "log.csv:4: is not sound CSV: has 2 fields"),
        ("trial;resource;loss\na;1;1,234\n", "log.csv", "log.csv:2: loss: '1,234' should be a number"),
        ("trial,resource,loss\n\na,x,1\n", "log.csv", "log.csv:3: resource: 'x' should be a number"),
        ('{"trial": 1, "resource": 1, "loss": NaN}\n{"trial": 1,\n', "log.jsonl", "log.jsonl:2:"),
        (
            '{"trial": 1, "resource": 1, "loss": 1}\n{"trial": 1, "resource": 2,, "loss": 1}\n',
            "log.jsonl",
            "log.jsonl:2:28:",
        ),
        (
            '{"trial": 1, "resource": 1, "loss": 1}\n\n{"trial": 1, "resource": 2, "loss": "x"}\n',
            "log.jsonl",
            "log.jsonl:3: loss: 'x' should be a number",
        ),
        ('{"trial": "a", "resource": [1, 2], "loss": [1]}', "log.json", "lists of unequal lengths"),
        (b"trial,resource,loss\n\x00\x01\xff,1,1\n", "log.csv", "log.csv:2: byte 0xff is not UTF-8 text"),
        ("trial,trial,loss\n1,1,1\n", "log.csv", "has the column 'trial' twice"),
        ("trial,loss,,\n1,1,,\n", "log.csv", "log.csv:1: has several columns without a name"),
    ],
)
def test_tables_that_can_be_mistaken_are_refused_with_the_line(tmp_path, text, name, message):
    assert message in said(tmp_path, text, name)


def test_tables_in_one_json_file_are_a_trial_each(tmp_path):
    rows = {name: [{"epoch": at, "loss": loss / at} for at in (1, 2)] for name, loss in (("a", 0.5), ("b", 1.0))}
    made = csv(tmp_path, json.dumps(rows), "log.json", step_column="epoch")
    assert losses_of(made) == [[0.5, 0.25], [1, 0.5]]
    assert [trial["name"] for trial in made.report.trials] == ["a", "b"]


def test_tables_of_training_and_validation_in_one_json_file_are_no_trials(tmp_path):
    text = json.dumps({name: [{"epoch": 1, "loss": loss}] for name, loss in (("train", 0.25), ("val", 0.5))})
    message = "has loss of train, val below one run, which are not separate trials; choose which to take"
    assert f"{message}, for example by --run 'val'" in said(tmp_path, text, "log.json", step_column="epoch")
    assert losses_of(csv(tmp_path, text, "log.json", step_column="epoch", run="val")) == [[0.5]]


def test_numbered_entries_of_lists_are_reported(tmp_path):
    made = csv(tmp_path, '{"loss": [0.5, 0.25]}', "log.json")
    assert any("the entries of its lists are numbered 1, 2, 3" in note for note in made.report.notes)


def test_a_folder_of_json_files_alone(tmp_path):
    for run in ("a", "b"):
        csv(tmp_path, '{"epoch": [1, 2], "loss": [0.5, 0.25]}', f"{run}.json")
    (tmp_path / "config.json").write_text("{}")
    assert [trial["name"] for trial in imported(tmp_path, "json").report.trials] == ["a", "b"]


def test_a_folder_in_which_json_files_stand_beside_tables(tmp_path):
    (tmp_path / "20260101_101010.log.json").write_text('{"seed": 0}\n{"epoch": 1, "loss": 0.5}\n')
    (tmp_path / "summary.json").write_text('{"best": 0.5}')
    made = imported(tmp_path, "json", options={"step_column": "epoch"})
    assert losses_of(made) == [[0.5]]
    assert made.report.others["files in .json or .txt, which more often are settings and notes than tables"] == 1


def test_points_that_group_thousands_beside_decimal_commas(tmp_path):
    made = csv(tmp_path, "trial;resource;loss;elapsed_s\na;1.000;1.234,5;1.200\na;2.000;0,5;2.400\n")
    assert (losses_of(made), seconds_of(made)) == ([[1234.5, 0.5]], [[1200.0, 2400]])
    assert made.curves[0].resources.tolist() == [1000, 2000]
    assert "its points group thousands and are left out (resource)" in made.report.notes


def test_a_point_before_decimals_groups_no_thousands(tmp_path):
    made = csv(tmp_path, "trial;resource;loss;elapsed_s\na;1;0,9;0.125\na;2;0,5;1.250\n")
    assert seconds_of(made) == [[0.125, 1.25]]


def test_list_columns_and_nested_columns_of_parquet(tmp_path):
    import polars as pl

    pl.DataFrame({"trial": ["a", "b"], "loss": [[0.5, float("nan")], [0.3, 0.2]]}).write_parquet(
        tmp_path / "lists.parquet"
    )
    made = imported(tmp_path / "lists.parquet", "csv")
    assert made.report.diverged == 1
    assert losses_of(made)[1] == [0.3, 0.2]
    pl.DataFrame({"trial": ["a"], "at": [{"epoch": 1}], "val": [{"loss": 0.5}]}).write_parquet(tmp_path / "s.parquet")
    how = {"metric": "val/loss", "step_column": "at/epoch"}
    assert losses_of(imported(tmp_path / "s.parquet", "csv", options=how)) == [[0.5]]


def test_dates_of_parquet_with_a_zone(tmp_path):
    from datetime import UTC, datetime

    import polars as pl

    when = [datetime(2026, 1, 1, 10, at, tzinfo=UTC) for at in (1, 2, 3)]
    frame = pl.DataFrame({"trial": ["a"] * 3, "resource": [1, 2, 3], "loss": [3.0, 2.0, 1.0], "when": when})
    frame.write_parquet(tmp_path / "log.parquet")
    made = imported(tmp_path / "log.parquet", "csv", options={"time_column": "when"})
    assert seconds_of(made) == [[60.0, 120, 180]]


def test_nan_in_json_lines_is_a_divergence(tmp_path):
    rows = '{"trial": 1, "resource": 1, "loss": 0.5}\n{"trial": 1, "resource": 2, "loss": NaN}\n'
    assert csv(tmp_path, rows, "log.jsonl").report.diverged == 1


def test_nested_keys(tmp_path):
    rows = '{"trial": 1, "at": {"epoch": 1}, "val": {"loss": 0.5}}\n'
    for metric, step in (("val/loss", "at/epoch"), ("val.loss", "at.epoch")):
        assert losses_of(csv(tmp_path, rows, "log.jsonl", metric=metric, step_column=step)) == [[0.5]]


def test_a_header_line_and_lines_without_the_metric(tmp_path):
    rows = [
        '{"env": "x"}',
        '{"mode": "train", "epoch": 1, "loss": 9}',
        '{"mode": "val", "epoch": 1, "bbox_mAP": 0.3}',
    ]
    made = csv(tmp_path, "\n".join(rows), "20260101.log.json", metric="bbox_mAP", step_column="epoch", mode="max")
    assert losses_of(made) == [[-0.3]]


def test_a_folder_of_one_file_a_run(tmp_path):
    for version in (0, 1):
        folder = tmp_path / "logs" / f"version_{version}"
        folder.mkdir(parents=True)
        (folder / "metrics.csv").write_text("epoch,train_loss,val_loss\n0,9,\n0,,1.0\n1,8,\n1,,0.5\n")
        (folder / "hparams.yaml").write_text(f"lr: 0.{version}\n")
    made = imported(tmp_path / "logs", "csv", options={"metric": "val_loss", "step_column": "epoch"})
    assert [trial["name"] for trial in made.report.trials] == ["version_0", "version_1"]
    assert losses_of(made) == [[1.0, 0.5]] * 2
    assert made.report.trials[1]["config"] == {"lr": 0.1}


def test_a_file_without_a_trial_column_is_one_trial(tmp_path):
    assert losses_of(csv(tmp_path, "epoch,loss\n1,.5\n2,.25\n")) == [[0.5, 0.25]]


def test_training_is_not_validation(tmp_path):
    assert "has loss, which may be of the training data, and val_loss" in said(
        tmp_path, "epoch,accuracy,loss,val_loss\n1,1,1,2\n"
    )


def test_two_seeds_under_one_name_are_refused_with_the_option(tmp_path):
    text = "config,seed,resource,loss\nc,0,1,.5\nc,0,2,.4\nc,1,1,.6\nc,1,2,.3\n"
    assert "as in --trial-column config,seed" in said(tmp_path, text, trial_column="config")
    made = csv(tmp_path, text, trial_column="config,seed")
    assert [trial["name"] for trial in made.report.trials] == ["c/0", "c/1"]


@pytest.mark.parametrize(
    ("source", "kind", "place"),
    [("sqlite:///x.db", "optuna", "x.db"), ("sqlite:////a/x.db", "mlflow", "/a/x.db"), ("a/b", "csv", "a/b")],
)
def test_addresses_of_files(source, kind, place):
    assert str(importers.place_of(source, kind)) == place


@pytest.mark.parametrize("source", ["mysql://u@h/db", "postgresql://h/db", "http://127.0.0.1:5000", "redis://h"])
def test_addresses_of_servers_are_refused_with_the_way_to_a_file(source):
    with pytest.raises(InputError, match="is the address of a server, which is not read here: "):
        importers.place_of(source, "optuna")


def ray_rows(folder, rows, name="t_0", **files):
    """A trial's folder as Ray writes it."""
    (folder / name).mkdir(parents=True)
    (folder / name / "result.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for file, text in files.items():
        (folder / name / file.replace("_", ".")).write_text(text)


def segment(first, last, since=0.0, stamp=1.7e9, **more):
    return [
        {"training_iteration": at, "iterations_since_restore": at - first + 1, "loss": 1 / at,
         "time_since_restore": 2.0 * (at - first + 1), "time_total_s": 2.0 * at, "timestamp": int(stamp + 2 * at),
         "date": f"2026-01-01_00-00-{at:02d}", "done": False, **more}
        for at in range(first, last + 1)
    ]  # fmt: skip


def test_ray_a_pause_is_no_training(tmp_path):
    ray_rows(tmp_path, segment(1, 3) + segment(4, 6, stamp=1.7e9 + 8 * HOUR))
    made = imported(tmp_path, "ray")
    assert seconds_of(made) == [[2.0, 4, 6, 8, 10, 12]]
    assert ((made.trace.end - made.trace.start) / 1e6).tolist() == [6, 6]
    assert made.trace.outcome.tolist()[0] == Outcome.COMPLETED


def test_ray_a_retried_trial_that_ended_well_did_not_fail(tmp_path):
    rows = segment(1, 3) + segment(4, 6, stamp=1.7e9 + 60)
    rows[-1]["done"] = True
    ray_rows(tmp_path, rows, error_txt="Failure # 1 (occurred at 2026-01-01_00-00-03)\nTraceback")
    made = imported(tmp_path, "ray")
    assert (made.report.failed, made.report.retried, made.report.complete) == (0, 1, 1)
    assert made.trace.outcome.tolist() == [Outcome.FAILED, Outcome.COMPLETED]


def test_ray_a_nan_of_32_bits_is_a_divergence(tmp_path):
    rows = segment(1, 4)
    rows[-1]["loss"] = "null"
    ray_rows(tmp_path, rows)
    assert imported(tmp_path, "ray").report.diverged == 1


def test_ray_trials_without_any_result_are_counted(tmp_path):
    ray_rows(tmp_path, segment(1, 3))
    (tmp_path / "t_1").mkdir()
    (tmp_path / "t_1" / "error.txt").write_text("Failure # 1")
    assert imported(tmp_path, "ray").report.dropped == {"failed before its first report": 1}


def test_ray_two_experiments_are_not_one(tmp_path):
    for name in ("one", "two"):
        ray_folder(tmp_path / name)
    with pytest.raises(InputError, match="has experiment one, two; choose one by --study"):
        imported(tmp_path, "ray")
    assert imported(tmp_path, "ray", options={"study": "two"}).report.kept == 4


def test_ray_another_column_as_the_step(tmp_path):
    ray_rows(tmp_path, [{**row, "epoch": 10 * row["training_iteration"]} for row in segment(1, 3)])
    assert imported(tmp_path, "ray", options={"step_column": "epoch"}).curves[0].resources.tolist() == [10, 20, 30]


def test_ray_a_last_result_that_is_written_twice_is_no_restart(tmp_path):
    rows = segment(1, 3)
    ray_rows(tmp_path, [*rows, {**rows[-1], "done": True}])
    made = imported(tmp_path, "ray")
    assert seconds_of(made) == [[2.0, 4, 6]]
    assert len(made.trace.start) == 1


def test_ray_a_blank_line_is_passed_over(tmp_path):
    ray_rows(tmp_path, segment(1, 3))
    (file,) = tmp_path.rglob("result.json")
    file.write_text(file.read_text().replace("\n", "\n\n", 1))
    assert imported(tmp_path, "ray").curves[0].resources.tolist() == [1, 2, 3]


def test_syne_tune_a_trial_that_fell_silent_crashed(tmp_path):
    from tests.support.sources import LOSSES

    syne_tune_folder(tmp_path / "e", [LOSSES[0][:2], *LOSSES[1:]])
    import zipfile

    with zipfile.ZipFile(tmp_path / "e" / "results.csv.zip") as packed:
        text = packed.read("results.csv").decode().replace("Completed", "InProgress")
    with zipfile.ZipFile(tmp_path / "e" / "results.csv.zip", "w") as packed:
        packed.writestr("results.csv", text)
    made = imported(tmp_path / "e", "syne-tune")
    assert (made.report.failed, made.report.complete) == (1, 3)


def test_hugging_face_the_newest_checkpoint_of_each_run(tmp_path):
    for run in ("a", "b"):
        for steps in (2, 4):
            folder = tmp_path / run / f"checkpoint-{10 * steps}"
            folder.mkdir(parents=True)
            entries = [{"step": 10 * at, "epoch": at, "eval_loss": 1 / at, "loss": 9} for at in range(1, steps + 1)]
            (folder / "trainer_state.json").write_text(
                json.dumps({"log_history": entries, "global_step": 10 * steps})
            )
    made = imported(tmp_path, "huggingface", options={"metric": "eval_loss"})
    assert [curve.trial.name for curve in made.curves] == ["a", "b"]
    assert made.curves[0].resources.tolist() == [10, 20, 30, 40]


def test_syne_tune_a_folder_of_experiments_says_which_there_are(tmp_path):
    syne_tune_folder(tmp_path / "run-1")
    with pytest.raises(InputError, match="import one of the experiments in it: run-1"):
        imported(tmp_path, "syne-tune")


def test_hugging_face_times_of_several_sessions_are_unknown_and_reported(tmp_path):
    entries = [{"step": 10, "eval_loss": 0.5}, {"step": 10, "train_runtime": 9}, {"step": 20, "train_runtime": 7}]
    (tmp_path / "trainer_state.json").write_text(json.dumps({"log_history": entries}))
    report = imported(tmp_path, "huggingface", options={"metric": "eval_loss"}).report
    assert report.times.startswith("none")
    assert "1 runs have several train_runtime, as they were trained again: their times are unknown" in report.notes


def test_hugging_face_a_metric_without_a_step_says_which_option_takes_another(tmp_path):
    (tmp_path / "trainer_state.json").write_text(json.dumps({"log_history": [{"epoch": 1.0, "eval_loss": 0.5}]}))
    with pytest.raises(InputError, match="reports eval_loss without step; --step-column takes another"):
        imported(tmp_path, "huggingface", options={"metric": "eval_loss"})


def test_hugging_face_an_evaluation_before_the_training_is_no_unit(tmp_path):
    entries = [{"step": 10 * at, "epoch": at, "eval_loss": 9 - at} for at in range(4)]
    (tmp_path / "trainer_state.json").write_text(json.dumps({"log_history": entries, "global_step": 30}))
    made = imported(tmp_path, "huggingface", options={"metric": "eval_loss"})
    assert (made.curves[0].resources.tolist(), losses_of(made)) == ([10, 20, 30], [[8.0, 7, 6]])
    assert made.report.changed["points before the first unit left out"] == 1


def test_hugging_face_what_is_better_is_said_of_one_metric(tmp_path):
    entries = [{"step": 10, "eval_loss": 1, "eval_accuracy": 0.5}]
    state = {"log_history": entries, "greater_is_better": True, "metric_for_best_model": "accuracy"}
    (tmp_path / "trainer_state.json").write_text(json.dumps(state))
    assert imported(tmp_path, "huggingface", options={"metric": "eval_loss"}).report.mode == "min"
    assert imported(tmp_path, "huggingface", options={"metric": "eval_accuracy"}).report.mode == "max"


def test_determined_a_validation_before_the_training_is_no_unit(tmp_path):
    rows = [
        {"trial_id": 7, "steps_completed": 100 * at, "end_time": f"2026-01-01T00:{at:02d}:00Z",
         "metrics": {"validation_metrics": {"loss": 9 - at}}}
        for at in range(3)
    ]  # fmt: skip
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = imported(tmp_path / "rows.jsonl", "determined")
    assert (made.curves[0].resources.tolist(), seconds_of(made)) == ([100, 200], [[60.0, 120]])


def test_determined_rows_with_nested_metrics_and_dates(tmp_path):
    rows = [
        {"trial_id": 7, "steps_completed": 100 * at, "end_time": f"2026-01-01T00:{at:02d}:00Z",
         "metrics": {"validation_loss": 1 / at}}
        for at in range(1, 5)
    ]  # fmt: skip
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)))
    made = imported(tmp_path / "m.jsonl", "determined")
    assert seconds_of(made) == [[60.0, 120, 180, 240]]
    assert made.report.metric == "validation_loss"


def test_keras_tuner(tmp_path):
    (tmp_path / "trial_00").mkdir()
    about = {"status": "COMPLETED", "hyperparameters": {"values": {"lr": 0.1}}, "metrics": {"metrics": {
        "val_loss": {"direction": "min", "observations": [{"value": [0.5], "step": 3}]}}}}  # fmt: skip
    (tmp_path / "trial_00" / "trial.json").write_text(json.dumps(about))
    made = imported(tmp_path, "keras-tuner")
    assert (losses_of(made), made.report.trials[0]["config"]) == ([[0.5]], {"lr": 0.1})


def test_keras_tuner_trials_that_never_reported_are_counted_by_what_became_of_them(tmp_path):
    for number, status in enumerate(("COMPLETED", "FAILED", "INVALID")):
        (tmp_path / f"trial_{number}").mkdir()
        reported = {"val_loss": {"direction": "min", "observations": [{"value": [0.5], "step": 3}]}}
        about = {"status": status, "metrics": {"metrics": {} if number else reported}}
        (tmp_path / f"trial_{number}" / "trial.json").write_text(json.dumps(about))
    assert imported(tmp_path, "keras-tuner").report.dropped == {
        "failed before its first report": 1, "failed before its first report, as invalid": 1,
    }  # fmt: skip


def test_a_folder_without_the_metric_says_what_it_has(tmp_path):
    for version in (0, 1):
        (tmp_path / f"v{version}").mkdir()
        (tmp_path / f"v{version}" / "metrics.csv").write_text("epoch,val_loss\n0,1\n")
    with pytest.raises(InputError, match="has no column 'loss' but epoch, val_loss; choose one by --metric"):
        imported(tmp_path, "csv")


def test_wandb_a_clock_that_starts_again_is_a_gap_in_the_trace(tmp_path):
    rows = "_step,_runtime,_timestamp,loss\n0,5,1700000005,.5\n1,10,1700000010,.4\n"
    (tmp_path / "h.csv").write_text(rows + "2,5,1700036005,.3\n3,10,1700036010,.2\n")
    made = imported(tmp_path / "h.csv", "wandb")
    assert seconds_of(made) == [[5.0, 10, 15, 20]]
    assert ((made.trace.end - made.trace.start) / 1e6).tolist() == [10, 10]
    assert made.report.paused == 1


def test_wandb_the_time_since_wandb_init_is_a_start_up_after_a_resume_too(tmp_path):
    rows = "".join(f"{at},{5 + 2 * (at % 5)},{1700000000 + 9000 * (at >= 5) + 2 * at},.5\n" for at in range(10))
    (tmp_path / "h.csv").write_text("_step,_runtime,_timestamp,loss\n" + rows)
    made = imported(tmp_path / "h.csv", "wandb")
    assert seconds_of(made) == [[2.0 * at for at in range(1, 11)]]
    assert (made.trace.overhead / 1e6).tolist() == [3, 3]


def test_wandb_the_time_since_wandb_init_is_a_start_up(tmp_path):
    rows = (f"{at},{4 + 3 * at},{1700000000 + 3 * at},{1 / (at + 1)}" for at in range(5))
    (tmp_path / "h.csv").write_text("_step,_runtime,_timestamp,loss\n" + "\n".join(rows) + "\n")
    made = imported(tmp_path / "h.csv", "wandb")
    assert seconds_of(made) == [[3.0, 6, 9, 12, 15]]
    assert (made.trace.overhead / 1e6).tolist() == [1]


def test_a_chart_over_another_axis(tmp_path):
    (tmp_path / "c.csv").write_text(
        "epoch,r - val_loss,r - val_loss__MIN,r - val_loss__MAX\n1,.5,.5,.5\n2,.4,.4,.4\n"
    )
    assert losses_of(imported(tmp_path / "c.csv", "wandb")) == [[0.5, 0.4]]


def test_every_trial_stands_in_the_report(tmp_path):
    made = csv(tmp_path, timed((0, 1, 0.5, 1), (0, 2, 0.4, 2), (1, 1, 0.6, 1), (2, 1, "nan", 1)), censored="drop")
    assert [(trial["name"], trial["end"]) for trial in made.report.trials] == [
        ("0", "complete"), ("2", "diverged"), ("1", "dropped: stops early"),
    ]  # fmt: skip
    assert np.isnan(made.curves[1].losses[-1])
