"""Ray Tune's result folders: each folder with result.json or progress.csv is a trial. Ray itself is not needed."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from simulator.core.errors import InputError
from simulator.curves.importers import ray_folders, segments, sidecars
from simulator.curves.importers.frames import MAX_BYTES
from simulator.curves.importers.ray_folders import STEP, RayTrial, Result
from simulator.curves.importers.source import (
    BEYOND,
    End,
    Found,
    LoggedAttempt,
    Options,
    Trial,
    choose,
    wrong,
)
from simulator.io.reading import read_at_most

USES = frozenset({"study", "step_column"})
TIME = "time_total_s"
SINCE, COUNT = "time_since_restore", "iterations_since_restore"
#: Keys that Ray itself adds to a result.
OWN = {
    STEP, TIME, "time_this_iter_s", "timestamp", "pid", SINCE, COUNT,
    "timesteps_total", "episodes_total", "timesteps_since_restore", "done", "date", "node_ip", "hostname", "trial_id",
    "experiment_id", "checkpoint_dir_name", "should_checkpoint", "warmup_time", "experiment_tag",
}  # fmt: skip
#: Smallest number that is too great for a step.
LARGEST = 10**15
FAILURE = re.compile(r"Failure # \d+ \(occurred at (\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d)\)")
DATE = "%Y-%m-%d_%H-%M-%S"
ENDS = {"TERMINATED": End.FINISHED, "ERROR": End.FAILED, "PAUSED": End.STOPPED, "RUNNING": End.RUNNING,
        "PENDING": End.RUNNING}  # fmt: skip


def read(path: Path, options: Options) -> Found:
    """Read the trials below `path`; times since each restore are added up, and starts come from the timestamps."""
    found = Found("", None, [], Counter())
    logged = ray_folders.trials(path, found)
    step = options.step_column or STEP
    metrics = Counter(key for trial in logged for key in _metrics(trial.rows, step))
    if not any(trial.rows for trial in logged):
        why = "; ".join(f"{count:,} {reason}" for reason, count in found.skipped.items())
        raise wrong(path, f"holds no results of Ray Tune (result.json or progress.csv){': ' + why if why else ''}")
    found.metric = _metric(path, options.metric, sorted(metrics))
    reporting = sorted(
        {t.experiment for t in logged if any(_number(row.get(found.metric)) is not None for row in t.rows)}
    )
    found.origin = int(any(_number(row.get(step)) == 0 for trial in logged for row in trial.rows))
    experiment = choose(path, "experiment", _study(options.study, reporting), reporting, "--study")
    if options.study is None and any(trial.experiment != experiment and trial.rows for trial in logged):
        found.notes.append(f"of the experiments below, only {experiment} reports {found.metric}")
    _count_unstarted(experiment, logged, found)
    for trial in logged:
        if options.study is not None and trial.experiment != experiment:
            continue
        if not trial.rows:
            continue
        if not any(_number(row.get(found.metric)) is not None for row in trial.rows):
            found.skipped[f"does not report {found.metric}"] += 1
            continue
        made = _trial(trial, found.metric, step, options)
        if isinstance(made, str):
            found.skipped[made] += 1
        else:
            found.trials.append(made)
    found.times = "as logged: the seconds since each restore, added up"
    if any(trial.attempts for trial in found.trials):
        found.notes.append("Ray logs when a trial's process was ready: the start of processes shows as idle workers")
    return found


def _count_unstarted(experiment: str, logged: list[RayTrial], found: Found) -> None:
    """Count the trials that the experiment's state names but that have no folder."""
    folders = {trial.folder.parent for trial in logged if trial.experiment == experiment}
    for above in folders:
        for name in ray_folders.state_of(above):
            if not (above / name).is_dir():
                found.skipped["never began to train"] += 1


def _study(wanted: str | None, known: list[str]) -> str | None:
    """The experiment that the user means, by its path or the last part of it."""
    if wanted is None or wanted in known:
        return wanted
    last = [name for name in known if Path(name).name == wanted]
    return last[0] if len(last) == 1 else wanted


def _metric(path: Path, wanted: str | None, metrics: list[str]) -> str:
    if wanted is not None and wanted not in metrics and wanted.replace(".", "/") in metrics:
        wanted = wanted.replace(".", "/")
    return choose(path, "metric", wanted, metrics, "--metric")


def _metrics(rows: list[Result], step: str) -> set[str]:
    keys = {key for row in rows for key in row} - OWN - {step}
    return {
        key for key in keys if not key.startswith("config") and any(_number(row.get(key)) is not None for row in rows)
    }


def _number(value: Any) -> float | None:
    """A value as a number; Ray's CSV has text, its JSON has numbers, booleans, and "null" for a 32-bit NaN."""
    if isinstance(value, bool) or value is None or not isinstance(value, (int, float, str)):
        return None
    if value == "null":
        return float("nan")
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _trial(trial: RayTrial, metric: str, step: str, options: Options) -> Trial | str:
    """A trial made of its results, cut where it was restored; or what is wrong with them."""
    parts = _parts(_once(trial.rows))
    end = _end(trial)
    failures = _failures(trial.folder)
    made = []
    lost: LoggedAttempt | None = None
    for place, rows in enumerate(parts):
        reports = [row for row in rows if _number(row.get(metric)) is not None and row.get(step) not in {None, ""}]
        if not reports:
            continue
        told = set(map(id, reports))
        try:
            steps = options.resources(np.array([float(row[step]) for row in reports]))
            spent = _spent(parts, place) if _timed(rows) else []
            clock = np.array([seconds for row, seconds in zip(rows, spent, strict=False) if id(row) in told])
        except (TypeError, ValueError, OverflowError):
            return f"has a value of {step} or {TIME} that is not a number"
        if not (np.isfinite(steps) & (steps == np.rint(steps))).all():
            return f"has a value of {step} that is not a whole number; --step-scale FACTOR turns it into one"
        if (np.abs(steps) >= LARGEST).any():
            return BEYOND
        losses = np.array([_number(row[metric]) for row in reports], np.float64)
        whole = np.rint(steps).astype(np.int64)
        if not len(clock):
            made.append(segments.Segment(whole, losses, np.full(len(whole), np.nan), end))
            continue
        following = parts[place + 1] if place + 1 < len(parts) else None
        how = end if following is None else _how(rows, following, failures)
        unlogged = _unlogged(parts, place, int(made[-1].steps[-1])) if made and step == STEP else 0.0
        early = _failed_at(rows[0], failures) if place == 0 else None
        segment = _segment(
            trial,
            rows,
            (whole, losses, clock),
            spent,
            how,
            first=place == 0 and early is None,
            last=following is None,
        )
        made.append(replace(segment, unlogged=unlogged))
        if early is not None:
            lost = _unreported(trial, segment, early)
    config = _config(trial)
    if not made:
        return f"reports no {metric} together with a {step}"
    if any(np.isnan(segment.clock).any() for segment in made):
        rows_, losses_ = (np.concatenate([getattr(s, name) for s in made]) for name in ("steps", "losses"))
        return Trial(trial.name, rows_, losses_, None, end, (), config)
    joined = segments.joined(trial.name, made, end, config)
    return replace(joined, attempts=(lost, *joined.attempts)) if lost is not None else joined


def _failed_at(row: Result, failures: list[str]) -> float | None:
    """The time of the first failure, to the second, if it came before the first result `row`; else None."""
    told, stamp = str(row.get("date", "")), _number(row.get("timestamp"))
    if not failures or not failures[0] or stamp is None or not failures[0] < told:
        return None
    try:
        first, since = (datetime.strptime(date, DATE) for date in (failures[0], told))  # both are local times
    except ValueError:
        return None
    return float(int(stamp)) - (since - first).total_seconds()


def _unreported(trial: RayTrial, segment: segments.Segment, failed: float) -> LoggedAttempt | None:
    """The attempt that was lost before the first result; None if the state does not say when it began."""
    begun = _number(trial.state.get("run", {}).get("start_time"))
    if begun is None or segment.start is None or not begun < failed + 1:
        return None
    ended = min((max(failed, begun) + failed + 1) / 2, segment.start)  # the middle of the times that are possible
    return segments.unreported(begun, ended - begun, int(segment.steps[0]), worker=segment.worker)


def _parts(rows: list[Result]) -> list[list[Result]]:
    """The results, split at each restore."""
    parts: list[list[Result]] = []
    before = None
    for row in rows:
        count, total, since = (_number(row.get(name)) for name in (COUNT, TIME, SINCE))
        if before is None:
            again = True
        elif count is not None and before[0] is not None:
            again = count <= before[0]
        else:
            again = _less(since, before[1]) or _less(total, before[2])
        if again:
            parts.append([])
        parts[-1].append(row)
        before = (count, since, total)
    return parts


def _once(rows: list[Result]) -> list[Result]:
    """The results without repetitions of the one before, such as a trial's last result that is written again."""
    names = (STEP, COUNT, SINCE, TIME, "timestamp")
    told = [tuple(_number(row.get(name)) for name in names) for row in rows]
    last = [at + 1 == len(rows) or told[at] != told[at + 1] for at in range(len(rows))]
    return [row for row, kept in zip(rows, last, strict=True) if kept]


def _less(value: float | None, before: float | None) -> bool:
    return value is not None and before is not None and value < before


def _spent(parts: list[list[Result]], place: int) -> list[float]:
    """Seconds trained at each result of a part, counted from the restore that the part begins with."""
    rows = parts[place]
    if SINCE in rows[0]:
        return [float(row[SINCE]) for row in rows]
    first = float(rows[0][STEP])
    before = [float(row[TIME]) for part in parts[:place] for row in part if float(row[STEP]) < first]
    base = before[-1] if before and before[-1] <= float(rows[0][TIME]) else 0.0
    return [float(row[TIME]) - base for row in rows]


def _unlogged(parts: list[list[Result]], place: int, reached: int) -> float:
    """Seconds before a part that Ray counts as trained but wrote no results for, for instance before a pause."""
    rows, before = parts[place], parts[place - 1]
    if SINCE not in rows[0] or float(rows[0][STEP]) <= reached + 1:
        return 0.0
    try:
        counted = float(rows[0][TIME]) - float(rows[0][SINCE])
        return max(counted - float(before[-1][TIME]), 0.0)
    except (KeyError, TypeError, ValueError):
        return 0.0


def _timed(rows: list[Result]) -> bool:
    return all(_number(row.get(SINCE if SINCE in row else TIME)) is not None for row in rows)


def _segment(
    trial: RayTrial,
    rows: list[Result],
    points: tuple[Any, Any, Any],
    since: list[float],
    how: End,
    *,
    first: bool,
    last: bool,
) -> segments.Segment:
    """A segment with its start, as exact as the timestamps in whole seconds and the times of the state allow."""
    steps, losses, clock = points
    stamps = [_number(row.get("timestamp")) for row in rows]
    host = rows[0].get("hostname") or rows[0].get("node_ip")
    start: float | None = None
    slack = startup = waited = 0.0
    if all(stamp is not None for stamp in stamps):
        told = [stamp for stamp in stamps if stamp is not None]
        grain = 1.0 if all(stamp == int(stamp) for stamp in told if np.isfinite(stamp)) else 0.0
        low = max(stamp - spent for stamp, spent in zip(told, since, strict=True))
        high = min(stamp + grain - spent for stamp, spent in zip(told, since, strict=True))
        exact = _number(trial.state.get("run", {}).get("last_result_time")) if last else None
        if high >= low:
            start, slack = low, high - low
            if exact is not None and start <= exact - since[-1] <= start + slack:
                start, slack = exact - since[-1], 0.0
        else:  # the trial waited between its reports
            start = told[0] - since[0]
            slack = max(high - start, 0.0)
            ended = exact if exact is not None and told[-1] <= exact <= told[-1] + grain else told[-1]
            waited = max(ended - start - since[-1], 0.0)
        begun = _number(trial.state.get("run", {}).get("start_time")) if first else None
        if begun is not None and begun <= start + slack:
            startup = max(start - begun, 0.0)
            waited = max(waited - max(begun - start, 0.0), 0.0)
            slack = slack if begun < start else start + slack - begun
            start = begun if begun < start else max(begun, start)
            slack = 0.0 if startup == 0.0 else slack
    return segments.Segment(
        steps,
        losses,
        clock,
        how,
        start,
        startup,
        str(host) if host else None,
        slack,
        max(since[-1], float(clock[-1])),
        waited,
    )


def _end(trial: RayTrial) -> End:
    """How the trial ended, by the state or its last result; an error.txt may be left from before a good retry."""
    status = ENDS.get(str(trial.state.get("status")))
    if status is not None:
        return status
    if str(trial.rows[-1].get("done", "")).lower() == "true":
        return End.FINISHED
    failed = (trial.folder / "error.txt").exists() or (trial.folder / "error.pkl").exists()
    return End.FAILED if failed else End.RUNNING


def _failures(folder: Path) -> list[str]:
    """The dates of the trial's failures, from its error.txt; "" for a failure without a date."""
    source = folder / "error.txt"
    try:
        text = read_at_most(source, MAX_BYTES, "an error is a file").decode(errors="replace")
    except InputError:
        return []
    return FAILURE.findall(text) or [""]


def _how(rows: list[Result], following: list[Result], failures: list[str]) -> End:
    """Whether a segment ended by a failure, judged by the failures' dates, or by a pause."""
    ended, again = str(rows[-1].get("date", "")), str(following[0].get("date", ""))
    return End.RETRIED if any(not failure or ended <= failure <= again for failure in failures) else End.PAUSED


def _config(trial: RayTrial) -> dict[str, object]:
    """The trial's configuration, from its params.json or else from its first result."""
    place = trial.folder / "params.json"
    try:
        if place.is_file():
            return sidecars.flat(sidecars.loaded(place))
    except (InputError, OSError):
        pass
    given = {key.partition("/")[2]: value for key, value in trial.rows[0].items() if key.startswith("config/")}
    return sidecars.flat(given or trial.state.get("config"))
