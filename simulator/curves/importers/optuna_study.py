"""Optuna's studies, from an SQLite storage or a journal file."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.core.errors import InputError
from simulator.curves.files.columns import LARGEST
from simulator.curves.importers import databases, segments, sidecars
from simulator.curves.importers.source import (
    BEFORE,
    BEYOND,
    End,
    Found,
    Options,
    Trial,
    choose,
    listed,
    missing_extra,
    shortened,
    wrong,
)

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

USES = frozenset({"study"})
SPREAD = "the trial's duration, in proportion to the resource: Optuna logs no times of steps"
#: A failed trial was dead for a while before Optuna noticed, if its pace is this many times the median of the others.
STALE = 10.0


def read(path: Path, options: Options) -> Found:
    """Read the trials of a study with their intermediate values; pruned trials end early.

    A trial that was tried again is one trial with several attempts. A study of several objectives has no intermediate
    values, so its final values are read.
    """
    try:
        import optuna
        from optuna.trial import TrialState
    except ImportError:
        raise missing_extra(path, "optuna") from None
    ends = {
        TrialState.COMPLETE: End.FINISHED,
        TrialState.PRUNED: End.STOPPED,
        TrialState.FAIL: End.FAILED,
        TrialState.RUNNING: End.RUNNING,
    }
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with _storage(path) as storage:
        names = [summary.study_name for summary in optuna.get_all_study_summaries(storage, include_best_trial=False)]
        if not names:
            raise wrong(path, "holds no study")
        study = optuna.load_study(study_name=choose(path, "study", options.study, names, "--study"), storage=storage)
        directions = [direction.name for direction in study.directions]
        place, metric = _objective(path, study, options)
        found = Found(metric, directions[place] == "MAXIMIZE", [], Counter(), times=SPREAD)
        logged: dict[int, _Logged] = {}
        unreported: dict[int, list[_Unreported]] = {}
        every = study.get_trials(deepcopy=False)
        retried = {number for trial in every for number in trial.system_attrs.get("retry_history", ())}
        for trial in every:
            one = _logged(trial, ends.get(trial.state), options, None if len(directions) == 1 else place)
            if isinstance(one, _Logged):
                logged[trial.number] = one
            elif trial.number in retried and (span := _span(trial)) and span[1] is not None:
                found.others["attempts that were lost before they reported"] += 1
                first = trial.system_attrs.get("failed_trial", trial.number)
                unreported.setdefault(first, []).append(_Unreported(span[0], span[1] - span[0], None))
            else:
                found.skipped[one] += 1
        if len(directions) > 1:
            found.notes.append(
                "a study of several objectives logs no steps: the values at the end stand at resource 1"
            )
        found.trials = _timed(_chains(logged), unreported, found)
    return found


@dataclass(frozen=True, eq=False)
class _Logged:
    """A trial as Optuna logged it; `again` is the number of the trial that it retries."""

    name: str
    steps: NDArray[np.int64]
    losses: NDArray[np.float64]
    end: End
    span: tuple[float, float | None] | None
    config: dict[str, object]
    again: int | None


class _Unreported(NamedTuple):
    """An attempt that was lost before its first report.

    `seconds` passed until the loss was noticed. `inherited` is the last step of the attempt before it, if any.
    """

    start: float
    seconds: float
    inherited: int | None


def _objective(path: Path, study: Study, options: Options) -> tuple[int, str]:
    """The index of the objective that the user means, by name or number."""
    count = len(study.directions)
    names = list(study.metric_names or (["objective"] if count == 1 else [f"objective-{at}" for at in range(count)]))
    if options.metric is not None and options.metric.isascii() and options.metric.isdigit() and count > 1:
        at = int(options.metric)
        if at < count:
            return at, names[at]
    if count > 1 and options.metric is None:
        message = (
            f"is a study of {count} objectives; only one can be a loss: choose one of {listed(names)} by --metric"
        )
        raise wrong(path, message)
    if options.metric not in {None, *names}:
        raise wrong(path, f"has no metric {options.metric!r} but {listed(names)}")
    at = names.index(options.metric) if options.metric is not None else 0
    return at, names[at]


def _logged(trial: FrozenTrial, end: End | None, options: Options, objective: int | None) -> _Logged | str:
    if end is None:
        return "never began to train"
    if objective is not None:
        if trial.values is None:
            return "reports no value at its end"
        values: dict[int, float] = {1: trial.values[objective]}
    else:
        values = trial.intermediate_values
    if not values:
        return "reports no intermediate value"
    scaled = [options.resource(step) for step in values]
    if max(map(abs, scaled)) >= LARGEST:
        return BEYOND
    steps = np.array([round(step) for step in scaled], np.int64)
    if options.step_scale is not None and not np.allclose(steps, np.array(scaled, np.float64), atol=1e-6):
        return "has steps that are not whole numbers, even after --step-scale"
    losses = np.array(list(values.values()), np.float64)
    order = np.argsort(steps, kind="stable")
    again = trial.system_attrs.get("failed_trial")
    config = {**trial.params, **{f"user/{name}": value for name, value in trial.user_attrs.items()}}
    return _Logged(
        str(trial.number), steps[order], losses[order], end, _span(trial), sidecars.flat(config),
        again if isinstance(again, int) else None,
    )  # fmt: skip


def _span(trial: FrozenTrial) -> tuple[float, float | None] | None:
    """When a trial began and ended, as Unix times in the log; None for what the log lacks."""
    began, ended = trial.datetime_start, trial.datetime_complete
    return (began.timestamp(), ended.timestamp() if ended else None) if began else None


def _chains(logged: dict[int, _Logged]) -> dict[int, list[_Logged]]:
    """Each trial together with its retries; keys are the numbers of first attempts, in increasing order."""
    chains: dict[int, list[_Logged]] = {}
    for number in sorted(logged):
        one = logged[number]  # the attribute names the first trial, also after several retries
        chains.setdefault(number if one.again is None else one.again, []).append(one)
    return dict(sorted(chains.items()))


def _timed(chains: dict[int, list[_Logged]], unreported: dict[int, list[_Unreported]], found: Found) -> list[Trial]:
    """The trials with training times that are spread in proportion to the resource."""
    shift = int(any((one.steps == 0).any() for chain in chains.values() for one in chain))
    spent = [_spent(chain, shift) for chain in chains.values()]
    paces = [pace for parts in spent for pace in _paces(parts)]
    usual = float(np.median(paces)) if paces else np.inf
    made = []
    for (first, chain), parts in zip(chains.items(), spent, strict=True):
        lost = unreported.get(first, [])
        if len(chain) > 1:
            found.others["earlier attempts of trials that were tried again"] += len(chain) - 1
        segs = []
        for place, (one, (seconds, units, end)) in enumerate(zip(chain, parts, strict=True)):
            fresh = _fresh(chain, place)
            pace = None if seconds is None else seconds / units
            if pace is not None and end is End.FAILED:
                pace = _likely(pace, parts, usual, found)
            steps, losses = one.steps[fresh], one.losses[fresh]
            if not len(steps):
                if one.span and seconds is not None:
                    lost.append(_Unreported(one.span[0], seconds, int(one.steps.max())))
                continue
            before = int(one.steps.max()) - units
            clock = np.full(len(steps), np.nan) if pace is None else pace * (steps - before).astype(float)
            how = one.end if place == len(chain) - 1 else End.RETRIED
            segs.append(
                segments.Segment(steps, losses, clock, how, one.span[0] if one.span and pace is not None else None)
            )
        last = chain[-1]
        if not segs:
            segs = [segments.Segment(last.steps, last.losses, np.full(len(last.steps), np.nan), last.end)]
        if any(np.isnan(segment.clock).any() for segment in segs):
            made.append(Trial(last.name, last.steps, last.losses, None, last.end, (), last.config))
        else:
            trial = segments.joined(last.name, segs, last.end, last.config)
            made.append(_with_lost(_with_ends(trial, chain), lost, min(_paces(parts), default=usual)))
    return made


def _paces(parts: list[tuple[float | None, int, End]]) -> list[float]:
    """Seconds per unit, for each attempt that did not fail and has times."""
    return [seconds / units for seconds, units, end in parts if seconds is not None and end is not End.FAILED]


def _likely(pace: float, parts: list[tuple[float | None, int, End]], usual: float, found: Found) -> float:
    """The likely pace of a failed attempt: at most `pace`, since its end may have been noticed only later.

    It is the best pace of the attempts in `parts` that did not fail. If all failed, it is `usual` where `pace` is far
    slower than that.
    """
    likely = min(_paces(parts), default=usual if pace > STALE * usual else pace)
    if likely >= pace:
        return pace
    late = "failed trials that were found dead only later"
    note = f"{late} get the usual pace, or that of their next attempt"
    if note not in found.notes:
        found.notes.append(note)
    return likely


def _with_lost(trial: Trial, lost: Sequence[_Unreported], pace: float) -> Trial:
    """Add attempts that were lost before their first report; each lasts half of the time that it can have trained."""
    if not lost:
        return trial
    attempts = list(trial.attempts)
    for start, seconds, inherited in lost:
        length = min(seconds, pace) / 2
        reached = int(trial.steps.min()) if inherited is None else inherited + 1
        before = BEFORE if inherited is None else inherited
        attempts.append(segments.unreported(start, length, reached, before=before))
    return replace(trial, attempts=tuple(sorted(attempts, key=lambda attempt: attempt.start)))


def _with_ends(trial: Trial, chain: list[_Logged]) -> Trial:
    """A trial of one attempt lasts from its start to its end as logged, exact to a microsecond."""
    span = chain[0].span
    if len(chain) > 1 or len(trial.attempts) != 1 or span is None or span[1] is None or chain[0].end is End.FAILED:
        return trial
    return replace(trial, attempts=(replace(trial.attempts[0], end=span[1], trained=None),))


def _spent(chain: list[_Logged], shift: int) -> list[tuple[float | None, int, End]]:
    """For each attempt, its seconds, the units that it trained in that time, and how it ended."""
    made = []
    for place, one in enumerate(chain):
        fresh = _fresh(chain, place)
        inherited = one.steps[~fresh]
        base = int(inherited.max()) if len(inherited) else -shift
        units = max(int(one.steps.max()) - base, 1)
        seconds = one.span[1] - one.span[0] if one.span and one.span[1] is not None else None
        made.append((seconds if seconds is None or seconds > 0 else None, units, one.end))
    return made


def _fresh(chain: list[_Logged], place: int) -> NDArray[np.bool_]:
    """Mask of an attempt's values that are its own, not copied from the attempt before."""
    one = chain[place]
    if place == 0:
        return np.ones(len(one.steps), bool)
    before = dict(zip(chain[place - 1].steps.tolist(), chain[place - 1].losses.tolist(), strict=True))
    same = [
        step in before and (before[step] == loss or (before[step] != before[step] and loss != loss))  # noqa: PLR0124
        for step, loss in zip(one.steps.tolist(), one.losses.tolist(), strict=True)
    ]
    own = ~np.array(same)
    return own | (one.steps > one.steps[own].min(initial=2**62)) if own.any() else own


@contextmanager
def _storage(path: Path) -> Iterator[BaseStorage]:
    """Open a copy of the file with Optuna's own reader, which may write to the file that it opens."""
    from optuna.storages import JournalStorage, RDBStorage
    from optuna.storages.journal import JournalFileBackend
    from sqlalchemy.pool import NullPool

    if path.is_dir():
        raise wrong(path, "is a folder; Optuna's storage is an SQLite or a journal file")
    what = "storage" if databases.is_sqlite(path) else "journal"
    try:
        if what == "storage":
            with databases.copied(path, {"studies", "trials", "version_info"}, "Optuna") as copy:
                # Without a pool, a connection is closed after use, even if the file is not a storage of Optuna's.
                unpooled = {"poolclass": NullPool}
                yield RDBStorage(f"sqlite:///{copy}", engine_kwargs=unpooled, skip_compatibility_check=False)
            return
        with tempfile.TemporaryDirectory(prefix="asha-simulator-") as folder:
            copy = Path(folder) / "journal.log"
            shutil.copyfile(path, copy)
            yield JournalStorage(JournalFileBackend(str(copy)))
    except (InputError, OSError, MemoryError):
        raise
    except ValueError as error:  # for broken JSON or dates, among other things
        raise wrong(path, f"is not a sound {what}: {_first_line(error)}") from None
    except Exception as error:  # (Optuna may raise anything for a storage that it did not write)
        raise wrong(
            path, f"is not a {what} of this version of Optuna: {_first_line(getattr(error, 'orig', None) or error)}"
        ) from None


def _first_line(error: BaseException) -> str:
    return shortened(" ".join(str(error).split()) or type(error).__name__)
