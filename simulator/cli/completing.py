"""Completion of values in a shell, for options that take several words with commas."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def with_commas(words: Sequence[str]) -> Callable[[str], list[str]]:
    """A function that completes the last of several words with commas, none of them given before."""

    def complete(incomplete: str) -> list[str]:
        before, comma, begun = incomplete.rpartition(",")
        given = before.split(",")
        return [f"{before}{comma}{word}" for word in words if word.startswith(begun) and word not in given]

    return complete
