"""Logs that real programs wrote, compared with the diaries of their training functions.

Losses are compared exactly, and times within 3 %. Optuna logs only when each trial began and ended, so its own work
in between counts as training; that is within the 3 %, too.
"""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.support.sources import imported

LOGS = Path(__file__).parents[2] / "data" / "logs"
CASES = sorted(str(path.parent.relative_to(LOGS)) for path in LOGS.glob("*/*/truth.json"))
#: Cases whose log has no times of training.
TIMELESS = ("mlflow/uploaded-afterwards", "hugging-face/", "lightning/", "keras/", "keras-tuner/")
#: Tolerance as a share of the time really trained; and the seconds by which a clock of whole steps may be off in addition.
NEAR, GRAIN = 0.03, 0.05
#: The case in which trials continue from checkpoints of others, and Ray's total time includes theirs.
COPYING = "ray/population"
#: For each way to end, the ways in which the trial may be kept: a stopped trial is continued, as `--censored hold` asks.
ENDS = {
    "complete": {"complete", "held at their last loss"},
    "stopped": {"held at their last loss", "complete"},
    "paused": {"held at their last loss", "complete"},
    "failed": {"failed"},
    "diverged": {"diverged"},
    "running": {"held at their last loss", "complete"},
}


def truth_of(case):
    return json.loads((LOGS / case / "truth.json").read_text())


def source_of(case):
    log = LOGS / case / "log"
    return next(log.iterdir()) if case.startswith(("mlflow", "optuna", "keras-tuner")) else log


def made_of(case):
    """The import of a case, with the options that its program needs."""
    program = case.partition("/")[0]
    for extra in ("optuna", "mlflow", "tensorboard", "wandb"):
        if program == extra:
            pytest.importorskip(extra)
    truth = truth_of(case)
    kind = {"lightning": "csv", "keras": "csv", "hugging-face": "huggingface"}.get(program, program)
    options = {"metric": truth["metric"]}
    if program == "wandb" or kind == "csv":
        options["step_column"] = truth["step"]
    if program not in {"optuna", "syne-tune"}:
        options["mode"] = truth["mode"]
    if "study" in truth and program == "optuna":
        options["study"] = truth["study"]
    if truth.get("parts"):
        options["run"] = f"*/{truth['parts']}"
    options["no_times"] = case.startswith(TIMELESS)
    return truth, imported(source_of(case), kind, options=options, censored="hold")


READ = [case for case in CASES if case != "optuna/two-objectives"]


def pairs(case):
    """Each trial that was read with its truth."""
    truth, made = made_of(case)
    found = {curve.trial.name: curve for curve in made.curves}
    for name, told in truth["trials"].items():
        curve = found.get(name) or next((found[key] for key in found if key.startswith(f"{name}/")), None)
        if curve is not None:
            yield name, told, curve, made


@pytest.mark.slow
@pytest.mark.parametrize("case", READ)
def test_losses_are_those_that_were_reported(case):
    single = case.startswith("tensorboard")
    seen = 0
    for name, told, curve, made in pairs(case):
        sign = -1 if made.report.mode == "max" else 1
        logged = dict(zip(curve.trial.steps.tolist(), curve.trial.losses.tolist(), strict=True))
        for step, loss in logged.items():
            if str(step) not in told["losses"] and ("retry_of" in told or case == "mlflow/without-steps"):
                continue  # a retry takes over what the trial before it reported
            meant = float(told["losses"][str(step)])
            meant = float(np.float32(meant)) if single else meant
            assert loss == meant or (np.isnan(loss) and np.isnan(meant)), (name, step)
            seen += 1
        assert sign * curve.losses[0] == curve.trial.losses[np.argmin(curve.trial.steps)]
    assert seen


@pytest.mark.parametrize("case", READ)
def test_trials_end_as_they_did(case):
    for name, told, _, made in pairs(case):
        end = next(trial["end"] for trial in made.report.trials if trial["name"].startswith(name))
        assert end in ENDS[told["status"]], (name, told["status"], end)


@pytest.mark.slow
@pytest.mark.parametrize("case", READ)
def test_every_trial_is_accounted_for(case):
    truth, made = made_of(case)
    told = len(truth["trials"])
    seen = made.report.kept + sum(made.report.dropped.values()) + made.report.others.get(
        "earlier attempts of trials that were tried again", 0
    )  # fmt: skip
    assert seen == told


def unreported(told):
    """Seconds of steps that were trained just before an interruption, and again after it; they are in no log."""
    segments = told["segments"]
    return sum(
        (before["to"] - after["from"]) * before["trained_s"] / (before["to"] - before["from"])
        for before, after in pairwise(segments)
        if before["from"] <= after["from"] < before["to"]
    )


def trained(told):
    """Seconds that a trial really trained, by its diary."""
    return told["trained_s"] - unreported(told)


def with_first_try(case, told):
    """Seconds that a trial trained together with the killed trial that it retries from a checkpoint."""
    first = told.get("retry_of")
    return trained(told) + (0 if first is None else trained(truth_of(case)["trials"][str(first)]))


@pytest.mark.parametrize("case", [case for case in READ if not case.startswith(TIMELESS)])
def test_times_are_the_time_trained(case):
    for name, told, curve, _ in pairs(case):
        if not told["losses"]:
            continue
        last = float(curve.trial.elapsed[np.argmax(curve.trial.steps)])
        if case.startswith("ray"):  # its clock includes Ray's own work between two steps, which is a second at first
            assert trained(told) - GRAIN <= last, name
            assert case == COPYING or last == pytest.approx(on_rays_clock(case, name), abs=1e-6), name
        else:
            assert last == pytest.approx(with_first_try(case, told), rel=NEAR, abs=GRAIN), name


def on_rays_clock(case, name):
    """Seconds that Ray itself says a trial trained."""
    rows = (LOGS / case / "log" / name / "result.json").read_text().splitlines()
    return json.loads(rows[-1])["time_total_s"]


@pytest.mark.parametrize("case", [case for case in READ if not case.startswith(TIMELESS)])
def test_the_trace_has_the_workers_and_the_busy_time(case):
    truth, made = made_of(case)
    trace = made.trace

    assert trace.workers == truth["busiest"]
    busy = float((trace.end - trace.start - trace.overhead).sum()) / 1e6
    assert busy == pytest.approx(sum(map(trained, truth["trials"].values())), rel=NEAR)


def test_what_optuna_itself_takes_is_what_the_page_says():
    cases = [case for case in READ if case.startswith("optuna")]
    shares = sorted(100 * (made.report.trained_s / truth["trained_s"] - 1) for truth, made in map(made_of, cases))
    page = (LOGS.parents[2] / "docs" / "import.md").read_text()
    assert f"{shares[0]:.1f} to {shares[-1]:.1f} %" in page


@pytest.mark.parametrize("case", [case for case in READ if case.startswith(("ray", "syne-tune"))])
def test_attempts_are_the_segments(case):
    for name, told, curve, _ in pairs(case):
        segments = [segment for segment in told["segments"] if segment["to"] > segment["from"]]
        assert len(curve.trial.attempts) == len(segments), name


def test_one_objective_of_two():
    pytest.importorskip("optuna")
    truth = truth_of("optuna/two-objectives")
    made = imported(source_of("optuna/two-objectives"), "optuna", options={"metric": "0", "study": truth["study"]})

    assert {curve.resources.tolist()[0] for curve in made.curves} == {1}
    assert made.report.kept == len(truth["trials"])
