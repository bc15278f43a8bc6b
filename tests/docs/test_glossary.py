"""The glossary of docs/concepts.md has the words that pages define and that tables use."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
CONCEPTS = (DOCS / "concepts.md").read_text(encoding="utf-8")
WORDS = re.findall(r"^\| ([a-z][a-z -]*) \| ", CONCEPTS.partition("## Glossary")[2].partition("\n## ")[0], re.M)[1:]
#: A word that a page defines: bold, at the beginning of an entry or of a sentence, with its meaning after it.
DEFINED = re.compile(r"(?:^[-*] |[.*] |: )\*\*([A-Z][a-z -]+)\*\*(?::| is )", re.M)
#: Entries in bold that are not terms but topics of their page.
TOPICS = {"searchers that learn", "the network and the disk", "other users"}
#: A table that a command prints has its names in the first row, or in the first column.
TABLE = re.compile(r"┏.*?┛|┏.*?┘", re.S)


def has(text):
    """Whether a text has a word of the glossary, in the singular or in the plural."""
    return any(re.search(rf"\b{re.escape(word)}s?\b", text.lower()) for word in WORDS)


def test_words_are_in_order_and_stand_once():
    assert sorted(set(WORDS)) == WORDS


@pytest.mark.parametrize("page", ["concepts.md", "sharing.md"])
def test_words_that_a_page_defines_are_in_the_glossary(page):
    defined = {word.lower() for word in DEFINED.findall((DOCS / page).read_text(encoding="utf-8"))} - TOPICS

    assert len(defined) >= 4
    assert [word for word in sorted(defined) if not has(word)] == []


@pytest.mark.parametrize(("page", "of_columns"), [("quick-start.md", False), ("plan.md", True)])
def test_names_in_tables_have_a_word_of_the_glossary(page, of_columns):
    first = TABLE.findall((DOCS / page).read_text(encoding="utf-8"))
    names = {
        name.strip()
        for table in first
        for name in (re.findall(r"┃([^┃\n]+)", table) if of_columns else re.findall(r"^│ ([^│\n]+)│", table, re.M))
    }
    names -= {"", "trained to", "limited by"}

    assert len(names) >= 9
    assert [name for name in sorted(names) if not has(name)] == []
