"""`asha-sim explore`, as people type it."""

from __future__ import annotations

from tests.cli.test_commands import DOCS
from tests.support.runner import asha_sim


def test_a_page_is_written_and_named(tmp_path):
    out = tmp_path / "new" / "page.html"
    done = asha_sim("explore", DOCS, "--vary", "cluster.workers=5,10", "--seeds", "1", "-o", out)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{out}\n", "")
    assert "This page holds 2 worlds" in out.read_text()


def test_what_is_wrong_is_one_line_and_nothing_is_written(tmp_path):
    out = tmp_path / "page.html"
    done = asha_sim("explore", DOCS, "--vary", "cluster.workers=5,x", "-o", out)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("--vary workers x: ")
    assert "Traceback" not in done.stderr
    assert not out.exists()
