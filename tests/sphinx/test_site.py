"""The project's own documentation as `make site` builds it: every page is read, every link and picture is found."""

from __future__ import annotations

import pytest

from tests.support.runner import ROOT
from tests.support.sphinx_builds import build

pytest.importorskip("sphinx", reason="group sphinx is not installed")
pytest.importorskip("myst_parser", reason="group sphinx is not installed")


@pytest.mark.filterwarnings("ignore:'myst_parser")  # it calls what Sphinx 11 will have no longer
def test_the_pages_become_a_site_without_a_warning(tmp_path):
    assert build(ROOT / "docs", tmp_path / "site", builder="dummy") == (0, [])
