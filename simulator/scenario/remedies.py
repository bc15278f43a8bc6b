"""What was probably meant by an entry that is wrong: other libraries' words, signs beside numbers, short forms."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

#: What other libraries and papers call a key, and what it is called here.
CALLED_HERE = {
    "eta": "divisor", "reduction_factor": "divisor", "factor": "divisor", "halving_rate": "divisor", "rf": "divisor",
    "max_t": "max_length", "max_resource": "max_length", "max_resources": "max_length",
    "max_resource_level": "max_length", "max_epochs": "max_length", "max_iter": "max_length",
    "max_budget": "max_length",
    "r": "max_length",
    "num_samples": "max_trials", "n_trials": "max_trials", "n_candidates": "max_trials", "trials": "max_trials",
    "num_trials": "max_trials", "max_num_trials": "max_trials", "max_num_trials_started": "max_trials",
    "max_concurrent": "max_concurrent_trials", "concurrency": "max_concurrent_trials",
    "n_jobs": "max_concurrent_trials", "rungs": "num_rungs", "n_workers": "workers", "num_workers": "workers",
}  # fmt: skip
#: The least resource is no key here: the number of rungs gives it.
LEAST = {"grace_period", "min_t", "min_resource", "min_resources", "min_budget", "min_iter", "min_resource_level"}
#: The key that a section's bare value is probably for.
BARE = {
    "preemption": "up", "failures": "mtbf", "drops": "probability", "recovery": "on_loss", "stragglers": "kind",
    "stop": "time", "cluster": "workers", "curves": "kind", "searcher": "name", "target": "loss",
}  # fmt: skip


def key(given: str, known: Iterable[str]) -> str:
    """What to do about an unknown key where `known` ones may stand."""
    known, word = list(known), given.casefold()
    if word in LEAST and "num_rungs" in known:
        return "did you mean num_rungs? the lowest rung stands at max_length / divisor^(num_rungs - 1)"
    called = CALLED_HERE.get(word)
    if called in known:
        return f"did you mean {called}?"
    return near(given, known) or f"known here: {', '.join(known)}"


def near(given: object, known: Sequence[str]) -> str | None:
    """The known word that was probably meant, as a question; None where none is like it."""
    words = difflib.get_close_matches(str(given).casefold(), known, n=1)
    return f"did you mean {words[0]}?" if words else None


def number(given: object) -> str | None:
    """How to write a text that is a number with a sign or a unit of money; None where it is none."""
    text = str(given).strip() if isinstance(given, str) else ""
    if share := re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*%", text):
        return f"write {float(share[1]) / 100:.10g}"
    if money := re.fullmatch(
        r"(?:[$€£]|[A-Z]{3})?\s*([0-9]+(?:\.[0-9]+)?)\s*(?:[$€£]|[A-Z]{3})?(?:\s*/\s*\w+)?", text
    ):
        return f"write {money[1]}"
    return None


def section(name: object, given: object) -> str | None:
    """How to write a section that was given as one bare value; None where nobody can tell."""
    inside = BARE.get(str(name))
    if inside is None or not isinstance(given, (str, int, float)) or isinstance(given, bool):
        return None
    return f"write {{{inside}: {given}}}"
