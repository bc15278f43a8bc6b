"""docs/asha-paper-appendix.md says what the code finds today."""

from __future__ import annotations

import pytest

from tools import appendix


@pytest.mark.parametrize(
    ("figure", "simulate_cell", "std", "p", "digits"),
    [("fig7", appendix.figure_7, 1.33, 0.01, 2), ("fig8", appendix.figure_8, 0, 0.0001, 1)],
)
def test_a_cell_of_each_table(monkeypatch, figure, simulate_cell, std, p, digits):
    points = {
        method: [cell for cell in cells if cell[0] == p] for method, cells in appendix.published(figure)[std].items()
    }
    monkeypatch.setattr(appendix, "published", lambda _: {std: points})
    [(_, _, means, row)] = appendix.cells(figure, simulate_cell, digits)

    assert f"| {' | '.join(row)} |" in appendix.PAGE.read_text()
    assert (means["ASHA"] >= means["SHA"]) == (figure == "fig7")


def test_asha_is_ahead_in_every_cell():
    page = appendix.PAGE.read_text()

    assert "ASHA is ahead of SHA in 20 of 20 cells." in page
    assert "ASHA is ahead of SHA in 42 of 42 cells." in page


def test_the_picture_shows_the_tables(tmp_path):
    appendix.draw(appendix.PAGE.read_text(), tmp_path / "picture.png")

    assert (tmp_path / "picture.png").read_bytes() == appendix.PICTURE.read_bytes()
