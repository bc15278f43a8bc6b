import re
from pathlib import Path

import pytest

from simulator.core.errors import InputError
from simulator.render import words, words_file
from simulator.render.player.player import SCRIPTS, asset
from simulator.render.player_words import SCRIPT, SHARED
from simulator.render.words import ENGLISH, say, use_words
from simulator.scenario.examples import folder

GERMAN = (folder() / "texts" / "german.yaml").read_text()


@pytest.mark.parametrize("name", ["german", "chinese"])
def test_the_languages_that_come_with_the_package_have_every_word(name: str) -> None:
    assert list(words_file.read(folder() / "texts" / f"{name}.yaml")) == list(ENGLISH)


def test_numbers_and_units_in_another_language() -> None:
    with use_words(words_file.read(folder() / "texts" / "german.yaml")):
        assert words.count(12_345) == "12.345"
        assert words.time("1.5 h") == "1,5 h"
        assert words.workers(2) == "2 Worker"
        assert say("idle") == "untätig"
    assert say("idle") == "idle"


def problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "t.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        words_file.read(path)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in refused.value.problems]


def changed(old: str, new: str) -> tuple[str, int]:
    """The German words with a line changed, and the number of that line."""
    assert GERMAN.count(old) == 1
    return GERMAN.replace(old, new), GERMAN[: GERMAN.index(old)].count("\n") + 1


def test_a_missing_word_is_named_with_the_line_to_put_it_after(tmp_path: Path) -> None:
    text, line = changed('idle: "untätig"\n', "")
    # The word before it stands above a blank line and a heading.
    assert problems(tmp_path, text) == [
        f"t.yaml:{line - 3}:1: lacks the word 'idle'; put it after 'rung and units', in English it is: idle"
    ]


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ('idle: "untätig"\nidel: "x"\n', "t.yaml:{next}:1: idel: is not a word of a picture; did you mean idle?"),
        ('idle: "{n} untätig"\n', "t.yaml:{line}:1: idle: {{n}} is not one of its places: none"),
        ('idle: "{untätig"\n', "t.yaml:{line}:1: idle: has a brace that opens or closes no place; its places are none"),
        ('idle: [1]\n', "t.yaml:{line}:1: idle: '[1]' should be a text, such as 'idle'; put it in quotes"),
    ],
)  # fmt: skip
def test_a_word_that_is_wrong(tmp_path: Path, new: str, said: str) -> None:
    text, line = changed('idle: "untätig"\n', new)
    assert problems(tmp_path, text) == [said.format(line=line, next=line + 1)]


def test_a_missing_place_is_named(tmp_path: Path) -> None:
    text, line = changed('shown: "{n} gezeigt"', 'shown: "gezeigt"')
    assert problems(tmp_path, text) == [f"t.yaml:{line}:1: shown: lacks {{n}}; its places are {{n}}"]


@pytest.mark.parametrize("text", ["", "[]", "3"])
def test_a_file_of_something_else(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text) == ["t.yaml:1: should be keys and words, such as `idle: untätig`"]


def test_the_script_of_the_player_says_only_texts_that_its_page_has() -> None:
    script = "".join(asset(name) for name in SCRIPTS)
    said = set(re.findall(r'say\("([^"]+)"', script))
    assert len(said) > 20
    assert said <= {*SCRIPT, *SHARED}


@pytest.mark.parametrize(
    ("english", "german"),
    [("1.5 h", "1,5 h"), ("42%", "42 %"), ("1,200", "1.200"), ("9 units", "9 Einheiten"), ("1 trial", "1 Versuch"),
     ("—", "—"), ("12 (best, so far)", "12 (best, so far)")],
)  # fmt: skip
def test_amounts_of_tables_in_another_language(english: str, german: str) -> None:
    assert words.translated(english) == english
    with use_words(words_file.read(folder() / "texts" / "german.yaml")):
        assert words.translated(english) == german
