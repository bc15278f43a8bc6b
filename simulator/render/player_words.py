"""The texts of the player and of the file for trace viewers in English; words.py adds them to those of pictures.

Texts of the page's script have the same form: numbers and names replace the parts in braces.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from simulator.trace import comparison

#: The texts of the page.
PAGE: Mapping[str, str] = MappingProxyType({
    "language": "en",
    "Playback": "Playback",
    "previous result, in short": "◂ result",
    "next result, in short": "result ▸",
    "Previous result": "Previous result",
    "Next result": "Next result",
    "Time": "Time",
    "Speed": "Speed",
    "Run": "Run",
    "Colours": "Colours",
    "at work, by search or rung": "at work, by search or rung",
    "best loss": "best loss",
    "coloured by search": "coloured by search",
    "coloured by rung": "coloured by rung",
    "odd searches": "{label}, 1st, 3rd, … searches",
    "even searches": "{label}, 2nd, 4th, … searches",
    "without a script": "The numbers are below; playing the runs needs JavaScript.",
    "Every decision": "Every decision, one result after the other",
    "point at a job": "Point at a job for its story, click to keep it.",
    "Space": "Space",
    "keys of the player":
        "{space} plays, {left} {right} move the clock, {back} and {next} go from result to result; with the workers "
        "in focus the arrow keys go from job to job.",
    "the lanes": "What each worker did over time. {alt} Arrow keys go from job to job.",
    "Trials on each rung": "Trials on each rung",
    "the ladder": "Trials that came to each rung of {label}",
    "Losses, when they were known": "Losses, when they were known",
    "filled and hollow": "filled {left} or in full · hollow {stayed}",
    "the losses": "Losses of {label} over time, and the best so far",
    "The numbers": "The numbers",
})  # fmt: skip

#: The texts of the page's script: what it says about a job and about a decision.
SCRIPT: Mapping[str, str] = MappingProxyType({
    "Play": "Play",
    "Pause": "Pause",
    "the first decisions": "The first {n} of {count}.",
    "share busy": "{label} {share} busy",
    "1st": "{n}st",
    "2nd": "{n}nd",
    "3rd": "{n}rd",
    "4th": "{n}th",
    "on a rung": "Trial {trial} on rung {rung}",
    "on a rung of a bracket": "Trial {trial} on bracket {bracket}, rung {rung}",
    "an attempt": "{heading}, {nth} attempt",
    "a worker's job": "{label}, worker {worker}: {start} → {units}",
    "from to": "{start} to {end}",
    "since": "since {start}, still running",
    "before the training": "{time} of it before the training began",
    "training lost": "{time} of training lost",
    "in the log": "in the log: {name}",
    "losses so far": "losses so far: {losses}",
    "its loss": "loss {loss}",
    "the trial died": "the trial died: it is not promoted",
    "dropped": "dropped: the job was lost",
    "interrupted": "interrupted: the worker was taken away",
    "failed": "failed",
    "cut off": "cut off: the run was stopped",
    "trained in full": "trained in full: there is no higher rung",
    "result of all": "result {n} of {count}",
    "place of one": "{nth} of {n} result",
    "place": "{nth} of {n} results",
    "place there of one": "{nth} of {n} result there",
    "place there": "{nth} of {n} results there",
    "best one may leave": "the best one may leave",
    "best may leave": "the best {n} may leave",
    "promoted there": "{place}: promoted",
    "promoted among": "{place}; {may}: promoted",
    "goes on there": "{place}: goes on",
    "goes on among": "{place}; {may}: goes on",
    "it died": "it died: it is not promoted",
    "nobody may leave, stopped": "{place}; nobody may leave: it is stopped",
    "nobody may leave, stays": "{place}; nobody may leave: it stays",
    "nobody may leave, stays paused": "{place}; nobody may leave: it stays, paused",
    "nobody may leave yet": "{place}; nobody may leave before there are {opens}: it waits",
    "nobody may leave yet, paused": "{place}; nobody may leave before there are {opens}: it waits, paused",
    "behind, stopped": "{place}; {may}: stopped",
    "behind, paused": "{place}; {may}: not promoted, paused",
    "behind, not promoted and stopped": "{place}; {may}: not promoted, stopped",
    "behind": "{place}; {may}: not promoted",
    "may, but not yet": "{place}; {may}, {left} left before: it may, but does not yet",
    "may, but not yet, paused": "{place}; {may}, {left} left before: it may, but does not yet, paused",
    "there, waits": "{place}: it waits, paused",
    "there, stopped": "{place}: stopped",
    "there, paused": "{place}: not promoted, paused",
    "there, not promoted": "{place}: not promoted",
    "trial is promoted": "trial {trials} is promoted to rung {rung}",
    "trials are promoted": "trials {trials} are promoted to rung {rung}",
    "the rung waits for one": "the rung waits for trial {trials}",
    "the rung waits for": "the rung waits for trials {trials}",
    "and more": "{names} and {n} more",
    "of the rung, left": "{trial} ({loss}, left)",
    "the rung now": "rung {rung} now, best first: {trials}",
    "a decision": "{time} · {label}: trial {trial} on rung {rung}, loss {loss}; {said}.",
    "promoted by then": "promoted to rung {rung} at {time}: {place} by then",
    "goes on by then": "goes on to rung {rung} at {time}: {place} by then",
    "stopped in the end": "stopped there: {place} in the end",
    "stopped with its rung": "not promoted: {place} in the end; stopped when its rung was decided",
    "not promoted yet": "not promoted yet",
    "not promoted yet, paused": "not promoted yet; it is paused",
    "not promoted in the end": "not promoted: {place} in the end",
    "not promoted in the end, paused": "not promoted: {place} in the end; it is paused",
})  # fmt: skip

#: Rows of the player's table, and sentences on how its runs differ.
NUMBERS: Mapping[str, str] = MappingProxyType({
    **{f"the numbers: {name}": name for name in comparison.NAMES},
    "the numbers: in worker time": "{what}, worker-{unit}",
    "cut jobs": "{jobs} ({cut} cut)",
    **{f"the runs: {key}": text for key, text in comparison.SENTENCES.items()},
})  # fmt: skip

#: Names in the file for trace viewers that pictures don't have.
TRACE: Mapping[str, str] = MappingProxyType({"promotion": "promotion", "new best": "new best"})

PLAYER: Mapping[str, str] = MappingProxyType({**PAGE, **SCRIPT, **NUMBERS, **TRACE})

#: Texts of pictures that the page's script uses, too.
SHARED = (
    "decimal point", "thousands separator", "percent", "seconds", "minutes", "hours", "days", "worker seconds",
    "worker minutes", "worker hours", "worker days", "one unit", "units", "shown", "running", "worker below a number",
    "workers below a number",
)  # fmt: skip
