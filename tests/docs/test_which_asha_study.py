"""The study of docs/which-asha.md: its page says what it found, and a part of it is run again."""

from __future__ import annotations

import json

import pytest

from tools.which_asha import ALT, PAGE, POOL, RESULTS, SEEDS, Found, blocks, study, written

RECORDED = json.loads(RESULTS.read_text(encoding="utf-8"))


def test_the_page_says_what_the_study_found():
    page = PAGE.read_text(encoding="utf-8")

    assert written(page, Found(RECORDED)) == page, "`python -m tools.which_asha page` writes it anew"
    assert f"{SEEDS} searches each" in page
    assert RECORDED["seeds"] == SEEDS


def test_searches_of_ten_trials_again(tmp_path):
    found = study(tmp_path, SEEDS, (10,), (POOL,))
    recorded = [one for one in RECORDED["cells"] if (one["trials"], one["workers"]) == (10, POOL)]

    assert [one["rule"] for one in found["cells"]] == list(blocks(10))
    assert found["cells"] == recorded
    assert found["pairs"] == [pair for pair in RECORDED["pairs"] if pair[3:5] == [10, POOL]]


@pytest.mark.parametrize("name", ["rules.png", "rules-dark.png"])
def test_the_figure_is_there_with_its_alternative_text(name):
    assert RESULTS.with_name(name).read_bytes().startswith(b"\x89PNG")
    assert f"outputs/gallery/rules/{name}" in PAGE.read_text(encoding="utf-8")
    assert ALT in PAGE.read_text(encoding="utf-8")
    assert RESULTS.with_name("rules.txt").read_text(encoding="utf-8").strip() == ALT
