"""The built package outside the project: what it contains, and that commands of the pages print what the pages show."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.docs.test_docs import APART, BLOCK, COMMAND, GUIDES, fits
from tools.pages import ROOT

#: Pages with the commands that users type first; those of other pages are run in the clone.
PAGES = [page for page in GUIDES if page.name in {"README.md", "quick-start.md", "explain.md", "scenarios.md"}]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with the package as a wheel installs it; dependencies come from the environment of the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, check=True,
        capture_output=True,
    )  # fmt: skip
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    return folder / "site"


def run(site, line, cwd):
    """What a command prints, to both streams, with the package in `site` only."""
    words = shlex.split(COMMAND.sub("", line, count=1), comments=True)
    where = {"PYTHONPATH": str(site), "NO_COLOR": "1", "COLUMNS": "110", "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "simulator", *words], cwd=cwd, capture_output=True, text=True, check=False,
        env={**os.environ, **where},
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.stderr + done.stdout


def test_it_carries_the_examples_their_curves_and_the_schema_once(site):
    carried = {
        path.relative_to(site / "simulator" / "scenarios"): path.read_bytes()
        for path in (site / "simulator" / "scenarios").rglob("*")
        if path.is_file()
    }
    ours = {
        path.relative_to(ROOT / "scenarios"): path.read_bytes()
        for path in (ROOT / "scenarios").rglob("*")
        if path.is_file()
    }

    assert carried == ours
    assert sum(map(len, carried.values())) <= 1_000_000
    assert not (ROOT / "simulator" / "scenarios").exists(), "the repository has one copy"


def test_python_finds_them(site, tmp_path):
    code = "import simulator; print(simulator.__file__, simulator.simulate(simulator.examples()['digits'])['SHA'].trials)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(site)},
    )  # fmt: skip

    assert done.stdout.split() == [str(site / "simulator" / "__init__.py"), "360"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_print_what_the_page_shows(page, site, tmp_path):
    run(site, "asha-sim init all scenarios", tmp_path)
    said = ""
    for file, language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if file:
            Path(tmp_path / file).write_text(text, encoding="utf-8")
        elif language == "sh":
            lines = [line for line in text.replace("\\\n", " ").splitlines() if COMMAND.match(line)]
            said = "".join(run(site, line, tmp_path) for line in lines if not APART.match(line))
        elif language == "text" and said:
            assert fits(text, said), f"{page.name} shows\n{text}\nand it is\n{said}"
            said = ""


def test_the_page_of_the_package_has_no_link_that_leads_nowhere(site):
    """A package index shows the page by itself: no link or picture of it is relative."""
    [about] = site.glob("*.dist-info/METADATA")
    text = about.read_text(encoding="utf-8")

    assert re.findall(r"\]\((?!https?:)[^)]*\)|(?:src|srcset|href)=", text) == []
    assert "asha-sim init plan" in text
