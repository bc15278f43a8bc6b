"""Pages of the documentation: their commands and their Python are run, outputs are compared, and links lead somewhere."""

from __future__ import annotations

import io
import json
import re
import shlex
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from urllib.parse import unquote

import pytest

from simulator.cli.main import main
from tools.pages import PAGES, ROOT, anchor

DOCS = sorted((ROOT / "docs").glob("*.md"))
GUIDES = [ROOT / "README.md", *(page for page in DOCS if page.name not in PAGES)]
COMMAND = re.compile(r"(\.venv/bin/)?asha-sim ")
#: Commands that are not run here: those that set up and test the project, and a plan of thousands of runs, which
#: takes a minute and whose report is in the gallery.
APART = re.compile(r"make |git |cd |python -m tests|pip install |(\.venv/bin/)?asha-sim plan scenarios/plan_spot")
BLOCK = re.compile(r"^(?:<!-- file: (\S+) -->\n)?```(\w+)\n(.*?)^```$", re.M | re.S)


def said_by(line):
    """What a command prints, to both streams."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["asha-sim", *shlex.split(COMMAND.sub("", line, count=1), comments=True)])
        patch.setenv("NO_COLOR", "1")
        patch.setenv("COLUMNS", "110")
        with suppress(SystemExit):
            main()
    return said.getvalue()


def fits(shown, said):
    """Whether `shown` is the same as `said`; a line of … stands for lines that are left out."""
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == "…" else re.escape(line) + r" *\n" for line in shown.splitlines()
    )
    return re.fullmatch(pattern, said) is not None


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_commands_print_what_the_page_shows(page, tmp_path):
    for name in ("scenarios", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    said = ""
    with chdir(tmp_path):
        for file, language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if file:
                Path(file).write_text(text, encoding="utf-8")
            elif language == "sh":
                lines = [line for line in text.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
                assert [line for line in lines if not COMMAND.match(line) and not APART.match(line)] == []
                said = "".join(said_by(line) for line in lines if not APART.match(line))
            elif language == "text" and said:
                assert fits(text, said), f"{page.name} shows\n{text}\nand it is\n{said}"
                said = ""


@pytest.mark.parametrize(
    "page", [page for page in GUIDES if "```python" in page.read_text()], ids=lambda page: page.name
)
def test_python_runs(page, tmp_path):
    """The blocks of a page one after the other, as one program."""
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    names = {"__name__": page.stem}
    with chdir(tmp_path), redirect_stdout(io.StringIO()):
        for _, language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if language == "python":
                exec(compile(text, page.name, "exec", dont_inherit=True), names)


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_fresh(name):
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAGES[name](), "`make docs` writes it anew"


PLAN = ROOT / "outputs" / "gallery" / "plan" / "plan.json"


@pytest.mark.skipif(not PLAN.exists(), reason="the gallery has no plan")
def test_the_plan_that_is_shown_is_the_gallery_s():
    report = json.loads(PLAN.read_text(encoding="utf-8"))
    shown = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8").splitlines()

    assert report["answer"] in shown
    assert any(remark in shown for remark in report["remarks"])


def headings(path):
    """Addresses of a page's headings."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    return {anchor(re.sub(r"[`*]", "", title)) for title in re.findall(r"^#+ (.*)$", text, re.M)}


PAGES_WITH_LINKS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "notebooks/README.md")),
    *DOCS,
    *sorted((ROOT / "notebooks").glob("*.py")),
]


@pytest.mark.parametrize("page", PAGES_WITH_LINKS, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?:", link):
            continue
        path, _, place = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not place or place in headings(target), link
        assert target.is_relative_to(ROOT), link


def test_named_tests_and_files_exist():
    """Every path of the project that a page names as code exists."""
    for page in GUIDES:
        for name in re.findall(
            r"`((?:tests|simulator|scenarios|notebooks)/[\w./-]*\w)`", page.read_text(encoding="utf-8")
        ):
            assert (ROOT / name).exists(), f"{page.name}: {name}"
        for module, test in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.read_text(encoding="utf-8")):
            assert f"def {test}(" in (ROOT / module).read_text(encoding="utf-8"), f"{page.name}: {module}::{test}"


def test_every_notebook_stands_in_the_list_of_notebooks():
    text = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")

    assert [path.name for path in sorted((ROOT / "notebooks").glob("*.ipynb")) if f"({path.name})" not in text] == []
