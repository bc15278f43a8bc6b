"""Suggestions for wrong entries: other libraries' words, signs beside numbers, short forms."""

from __future__ import annotations

import difflib
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import get_args

from simulator.curves.presets import Preset

#: Sets of words by which libraries and scenarios mean the same; the word that the searcher has is suggested.
SAME = (
    ("divisor", "reduction_factor", "factor", "eta", "halving_rate", "rf"),
    ("max_length", "max_t", "max_resource", "max_resources", "max_resource_level", "max_epochs", "max_iter",
     "max_budget", "r", "r_max"),
    ("max_trials", "num_samples", "n_trials", "n_candidates", "max_num_trials_started", "max_num_trials",
     "num_trials", "trials"),
    ("max_concurrent_trials", "max_concurrent", "concurrency", "n_jobs"),
    ("grace_period", "min_resource", "min_resources", "min_t", "min_budget", "min_iter", "min_resource_level"),
    ("num_rungs", "rungs"),
    ("workers", "n_workers", "num_workers", "gpus", "n_gpus", "num_gpus", "machines", "nodes"),
)  # fmt: skip
#: Words for the least resource. It is not a key here, since the number of rungs decides it.
LEAST = {*SAME[4], "min_early_stopping_rate"}
#: Keys that belong to another section or another searcher, with a hint for each.
ELSEWHERE = {
    **dict.fromkeys(SAME[-1], "the number of workers is cluster.workers"),
    "price": "a price stands in `plan`, or in a group of `cluster.groups`",
    "brackets": "one bracket is all it has; hyperband and async_hyperband have several",
}
#: Greatest number of sections that are named for one key.
MOST_NAMED = 2
#: Names of searchers in papers and libraries, without "_" and in small letters, with their names here.
NAMES = {
    "successivehalving": "sha", "ashascheduler": "ray_asha", "asynchyperbandscheduler": "ray_asha",
    "hyperbandscheduler": "ray_hyperband", "successivehalvingpruner": "optuna_successive_halving",
    "hyperbandpruner": "optuna_hyperband", "halvingrandomsearchcv": "sklearn_halving",
    "halvinggridsearchcv": "sklearn_halving",
}  # fmt: skip
#: For each section, the key that a bare value is probably meant for.
BARE = {
    "preemption": "up", "failures": "mtbf", "drops": "probability", "recovery": "on_loss", "stragglers": "kind",
    "stop": "time", "cluster": "workers", "curves": "kind", "searcher": "name", "target": "loss",
    "overheads": "trial_start",
}  # fmt: skip


def key(given: str, known: Iterable[str], homes: Mapping[str, Sequence[str]] = MappingProxyType({})) -> str:
    """A hint for an unknown key where the keys `known` are possible; `homes` has the sections of all other keys."""
    known, word = list(known), given.casefold()
    if word in LEAST and "num_rungs" in known:
        return "did you mean num_rungs? the lowest rung stands at max_length / divisor^(num_rungs - 1)"
    for words in SAME:
        meant = next((one for one in words if one in known), None)
        if word in words and meant is not None:
            return f"did you mean {meant}?"
    if word in SAME[-1] and "vary" in known:
        return "write `vary: {cluster.workers: [1, 2, 4]}`"
    if word in ELSEWHERE:
        return ELSEWHERE[word]
    home = _home(homes.get(given, ()))
    if home and any(path.endswith("*") or "." not in path for path in homes[given]):
        return home  # in a larger section, a similar key is hardly what was meant
    return near(given, known) or home or f"known here: {', '.join(known)}"


def _home(sections: Sequence[str]) -> str | None:
    """A text with the sections that a key belongs in; None if there are none, or too many to name."""
    sections = [path for path in sections if "*." not in path]
    if not sections or len(sections) > MOST_NAMED:
        return None
    named = [
        f"in an entry of `{path.removesuffix('.*')}`" if path.endswith("*")
        else f"in `{path}`" if path
        else "at the top of the file"
        for path in sections
    ]  # fmt: skip
    return f"it belongs {' or '.join(named)}"


def missing(key: str, known: Container[str]) -> str | None:
    """A hint on how to give a missing key, where the keys `known` are possible; None if its name says enough."""
    if key != "max_length":
        return None
    if "source_trial_id" not in known:  # a searcher of this project
        return "give the units that a trial is trained for in full, such as max_length: 81"
    if "divisor" not in known:  # the searcher is random, grid or single
        return (
            "give it, such as max_length: {epochs: 32}; from Determined 0.38 on, files leave it out and the training "
            "code says how long a trial trains"
        )
    return "give it, such as max_length: {epochs: 32}" + (
        ", or max_time with time_metric" if "max_time" in known else ""
    )


def near(given: object, known: Sequence[str]) -> str | None:
    """A question with the known word that was probably meant; None if no word is similar."""
    word = str(given).casefold()
    called = NAMES.get(word.replace("_", "").replace("-", "").replace(" ", ""))
    words = [called] if called in known else difflib.get_close_matches(word, known, n=1)
    return f"did you mean {words[0]}?" if words else None


def number(given: object) -> str | None:
    """A hint on how to write a number that has a sign or a currency; None if the text is not such a number."""
    text = str(given).strip() if isinstance(given, str) else ""
    if comma := re.fullmatch(r"([0-9]+),([0-9]{1,2})", text):  # with more digits it may be thousands
        return f"write {comma[1]}.{comma[2]}"
    if share := re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*%", text):
        return f"write {float(share[1]) / 100:.10g}"
    if money := re.fullmatch(
        r"(?:[$€£]|[A-Z]{3})?\s*([0-9]+(?:\.[0-9]+)?)\s*(?:[$€£]|[A-Z]{3})?(?:\s*/\s*\w+)?", text
    ):
        return f"write {money[1]}"
    return None


def section(where: Sequence[str | int], given: object) -> str | None:
    """A hint on how to write the section `where`, which was given as one bare value; None if that is unclear."""
    searcher = len(where) == 2 and where[0] == "searchers"  # noqa: PLR2004
    inside = "name" if searcher else BARE.get(str(where[-1]))
    if inside is None or not isinstance(given, (str, int, float)) or isinstance(given, bool):
        return None
    if inside in {"kind", "name", "on_loss"} and not isinstance(given, str):
        return None
    if where[-1] == "curves" and (meant := _curves(str(given))):
        return meant
    plain = number(given)
    return f"write {{{inside}: {plain.removeprefix('write ') if plain else given}}}"


def _curves(word: str) -> str | None:
    """A hint on how to write curves that were given as the name of a preset or of a file."""
    if word in get_args(Preset):
        return f"write {{kind: synthetic, preset: {word}}}"
    return f"write {{kind: recorded, file: {word}}}" if "." in word else None
