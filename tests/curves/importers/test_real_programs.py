"""Logs that the real programs wrote, held against what their training functions wrote down of themselves.

Losses are compared exactly, times within what the program's clock counts beside training, busy time within 3 %.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from simulator.trace.trace import Outcome
from tests.support.sources import imported

LOGS = Path(__file__).parents[2] / "data" / "logs"
CASES = sorted(str(path.parent.relative_to(LOGS)) for path in LOGS.glob("*/*/truth.json"))
#: Cases whose log has no times of training.
TIMELESS = ("mlflow/uploaded-afterwards", "hugging-face/", "lightning/", "keras/", "csv/")
#: Programs that count what they do between steps as training: their trials are an interval of start and end, or a
#: process's clock. A step there costs up to so many seconds more.
BETWEEN = {"mlflow": 0.15, "optuna": 0.25, "tensorboard": 0.05, "wandb": 0.06, "dvclive": 0.02}
#: Of the busy time, where the program's clock does not stop between steps; elsewhere 3 %.
BESIDE = {"mlflow": 0.35, "optuna": 1.0, "tensorboard": 0.05}
#: How a trial that ended so may be kept: one that was stopped goes on as `--censored hold` asks.
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
    return next(log.iterdir()) if case.startswith(("mlflow", "optuna")) else log


def made_of(case):
    """What is imported of a case with the options that its program needs."""
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


READ = [case for case in CASES if case not in {"optuna/two-objectives", "ray/hyperband-pauses"}]


def pairs(case):
    """Each trial that was read with its truth."""
    truth, made = made_of(case)
    found = {curve.trial.name: curve for curve in made.curves}
    for name, told in truth["trials"].items():
        curve = found.get(name) or next((found[key] for key in found if key.startswith(f"{name}/")), None)
        if curve is not None:
            yield name, told, curve, made


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


@pytest.mark.parametrize("case", READ)
def test_every_trial_is_accounted_for(case):
    truth, made = made_of(case)
    told = len(truth["trials"])
    seen = made.report.kept + sum(made.report.dropped.values()) + made.report.others.get(
        "earlier attempts of trials that were tried again", 0
    )  # fmt: skip
    assert seen == told


@pytest.mark.parametrize("case", [case for case in READ if not case.startswith(TIMELESS)])
def test_times_are_the_time_trained(case):
    program = case.partition("/")[0]
    for name, told, curve, _ in pairs(case):
        if "retry_of" in told or not told["losses"]:
            continue
        last = max(int(step) for step, loss in told["losses"].items())
        trained = float(curve.trial.elapsed[np.argmax(curve.trial.steps)])
        steps = max(int(segment["to"]) for segment in told["segments"]) if told["segments"] else last
        more = BETWEEN.get(program, 0.02) * max(steps, 1) + 0.05
        if program == "ray":
            assert told["trained_s"] - 0.05 <= trained, name
        else:
            assert told["trained_s"] - 0.05 <= trained <= told["trained_s"] + more, name


@pytest.mark.parametrize("case", [case for case in READ if not case.startswith(TIMELESS)])
def test_the_trace_has_the_workers_and_the_busy_time(case):
    truth, made = made_of(case)
    trace = made.trace

    assert trace.workers == truth["busiest"]
    beside = BESIDE.get(case.partition("/")[0], 0.03)
    retried = trace.where(Outcome.FAILED)
    busy = float((trace.end - trace.start - trace.overhead).sum()) / 1e6
    if case.startswith("ray"):  # whose own clock counts what it does between steps
        assert busy == pytest.approx(ray_total(case), rel=0.03)
    else:
        assert busy == pytest.approx(truth["trained_s"], rel=beside), (busy, int(retried.sum()))


def ray_total(case):
    """Seconds that Ray itself says its trials trained."""
    rows = [
        [json.loads(line) for line in path.read_text().splitlines()]
        for path in (LOGS / case / "log").rglob("result.json")
    ]
    return sum(trial[-1]["time_total_s"] for trial in rows if trial)


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
