"""The committed pictures are, byte for byte, what the code draws today, and pages describe them correctly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GALLERY = ROOT / "outputs" / "gallery"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("docs", ["--style", "docs"]),
        ("digits", ["--style", "timeline", "--format", "gif,html", "--also", "scenarios/digits-40-workers.yaml"]),
        ("team", []),
    ],
)
def test_the_gallery_is_fresh(tmp_path, name, options):
    command = ["animate", f"scenarios/{name}.yaml", *options, "--out", str(tmp_path)]
    subprocess.run([sys.executable, "-m", "simulator", *command], cwd=ROOT, check=True, capture_output=True)
    drawn = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    committed = {path.name: path.read_bytes() for path in (GALLERY / name).iterdir()}

    assert sorted(drawn) == sorted(committed)
    assert [name for name in drawn if drawn[name] != committed[name]] == []


def test_pages_show_pictures_that_exist_with_their_alt_texts():
    for name, page in (
        ("docs/sha", "docs/explain.md"),
        ("docs/asha", "docs/explain.md"),
        ("digits/timeline", "README.md"),
        ("team/timeline", "docs/sharing.md"),
    ):
        readme = (ROOT / page).read_text()
        for suffix in (".gif", "-dark.gif", ".png", "-dark.png"):
            assert f"outputs/gallery/{name}{suffix}" in readme
            assert (GALLERY / f"{name}{suffix}").exists()
        assert (GALLERY / f"{name}.txt").read_text().strip() in readme


def test_the_page_for_teachers_shows_what_run_prints():
    command = [sys.executable, "-m", "simulator", "run", "scenarios/digits.yaml"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, env={"COLUMNS": "100"})

    assert done.stdout.strip() in (ROOT / "docs" / "teach.md").read_text()
