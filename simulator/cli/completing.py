"""Completion in a shell for options whose value is a list of words with commas."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def with_commas(words: Sequence[str]) -> Callable[[str], list[str]]:
    """Make a function that completes the last word of such a list to any of `words` that the list does not have."""

    def complete(incomplete: str) -> list[str]:
        before, comma, begun = incomplete.rpartition(",")
        given = before.split(",")
        return [f"{before}{comma}{word}" for word in words if word.startswith(begun) and word not in given]

    return complete
