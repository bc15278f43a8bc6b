"""Whether a metric is minimised or maximised, as the source, the user or the metric's name says."""

from __future__ import annotations

import re
from pathlib import Path

from simulator.curves.importers.report import Teller
from simulator.curves.importers.source import wrong

#: Words in a metric's name that say that smaller values are better.
DOWN = frozenset({"loss", "error", "err", "rmse", "mse", "mae", "perplexity", "ppl", "nll", "entropy", "logloss"})
#: Words in a metric's name beside which the words above do not count.
AGAINST = frozenset({
    "neg", "negative", "negated", "minus", "inverse", "inv", "scale", "scaling", "weight", "score", "acc", "accuracy",
    "reward", "return", "gain", "improvement", "reduction", "r2", "auc", "f1", "precision", "recall", "no", "free",
})  # fmt: skip
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+[0-9]*|[0-9]+")


def maximised(path: Path, metric: str, said: bool | None, mode: str | None) -> tuple[bool, Teller]:
    """Whether to maximise the metric, and who says so; raises InputError if nobody says it, or two disagree."""
    if mode is not None:
        if said is not None and said != (mode == "max"):
            says = "maximised" if said else "minimised"
            raise wrong(path, f"says that {metric} is to be {says}, and --mode {mode} says otherwise")
        return mode == "max", "option"
    if said is not None:
        return said, "source"
    words = {word.lower() for word in WORDS.findall(metric)}
    if words & DOWN and not words & AGAINST and not metric.startswith(("-", "1-", "1 ", "1_")):
        return False, "name"
    raise wrong(path, f"does not say which way {metric} is better; add --mode min or --mode max")
