"""Answers to plans, and previews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.planning.planner import Answer
from simulator.planning.previewing import table as previewing
from simulator.planning.previewing.search import Preview
from simulator.planning.report import report, sentences
from simulator.planning.sharing import words
from simulator.planning.sharing.planner import SharedAnswer
from simulator.results.shown import Shown


@dataclass(frozen=True, eq=False, repr=False)
class Previewed(Shown):
    """Previews of searches; `previewed["ASHA"]` are the numbers of one of them.

    `previews` maps labels to previews; every number that varies has its least, mean and greatest value there.
    """

    name: str
    previews: Mapping[str, Preview]

    def __getitem__(self, label: str) -> Preview:
        return self.previews[label]

    @property
    def title(self) -> str:
        """The file's name."""
        return self.name

    @property
    def head(self) -> tuple[str, ...]:
        """Names of the columns."""
        return ("searcher", *previewing.RUNGS)

    def rows(self) -> list[tuple[str, ...]]:
        """A row for each rung of each bracket."""
        return [(label, *row) for label, seen in self.previews.items() for row in previewing.rungs(seen)]

    def findings(self) -> list[str]:
        """Sentences on each search and the number of workers that it can keep busy."""
        return [
            sentence
            for label, seen in self.previews.items()
            for sentence in (previewing.heading(label, seen), *previewing.sentences(seen))
        ]


@dataclass(frozen=True, eq=False, repr=False)
class Planned(Shown):
    """The answer to a scenario's `plan`; all its figures are in `answer`."""

    answer: Answer

    @property
    def title(self) -> str:
        """The scenario's title."""
        return self.answer.loaded.title

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        return sentences.sentence(self.answer)

    @property
    def head(self) -> tuple[str, ...]:
        """Names of the columns."""
        return report.head(self.answer)

    def rows(self) -> list[tuple[str, ...]]:
        """A row for each option."""
        return report.rows(self.answer)

    def findings(self) -> list[str]:
        """Sentences on the answer and its assumptions."""
        return [self.sentence, *sentences.remarks(self.answer)]


@dataclass(frozen=True, eq=False, repr=False)
class PlannedShared(Shown):
    """The answer to the `plan` of searches that share a cluster; all its figures are in `answer`."""

    answer: SharedAnswer

    @property
    def title(self) -> str:
        """The scenario's title."""
        return self.answer.loaded.title

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        return words.sentence(self.answer)

    @property
    def head(self) -> tuple[str, ...]:
        """Names of the columns."""
        return words.head(self.answer)

    def rows(self) -> list[tuple[str, ...]]:
        """A row for each option."""
        return words.rows(self.answer)

    def findings(self) -> list[str]:
        """Sentences on the answer and its assumptions."""
        return [self.sentence, *words.remarks(self.answer)]
