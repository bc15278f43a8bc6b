"""The snippet of `animate --snippet md` in a page of MkDocs Material, in Chromium: the page's switch chooses the theme."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from simulator.cli.main import main
from tests.browser.conftest import PATIENCE
from tests.support.sphinx_builds import SCENARIO

pytest.importorskip("material", reason="group mkdocs is not installed")

CONFIG = """\
site_name: Tried
use_directory_urls: false
plugins: []
markdown_extensions: [attr_list]
theme:
  name: material
  font: false
  palette:
    - {scheme: default, toggle: {icon: material/weather-night, name: Dark}}
    - {scheme: slate, toggle: {icon: material/weather-sunny, name: Light}}
"""


def test_the_snippet_follows_the_switch(browser: Browser, tmp_path: Path, monkeypatch) -> None:
    pages = tmp_path / "docs"
    pages.mkdir()
    (tmp_path / "nine.yaml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "mkdocs.yml").write_text(CONFIG, encoding="utf-8")
    command = ["animate", str(tmp_path / "nine.yaml"), "--style", "docs", "--snippet", "md", "--out", str(pages)]
    monkeypatch.setattr(sys, "argv", ["asha-sim", *command])
    with pytest.raises(SystemExit, match=r"^0$"):
        main()
    snippet = (pages / "snippet.md").read_text(encoding="utf-8").partition("With MkDocs Material")[2]
    images = [line for line in snippet.splitlines() if line.startswith("![")]
    (pages / "snippet.md").unlink()
    (pages / "index.md").write_text("# Title\n\n" + "\n\n".join(images), encoding="utf-8")
    command = [sys.executable, "-W", "ignore", "-m", "mkdocs", "build", "--strict", "-q"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    context = browser.new_context(color_scheme="light", offline=True)
    context.set_default_timeout(PATIENCE)
    page, missed = context.new_page(), []
    page.on("requestfailed", lambda request: missed.append(request.url))
    page.goto((tmp_path / "site" / "index.html").as_uri())

    def seen() -> list[tuple[str, str]]:
        shown = page.locator("article img:visible")
        shown.evaluate_all("all => Promise.all(all.map(image => image.decode()))")
        return shown.evaluate_all("all => all.map(one => [one.alt.slice(0, 5), one.src.split('/').at(-1)])")

    assert seen() == [["SHA k", "sha.gif#only-light"], ["ASHA ", "asha.gif#only-light"]]
    page.locator("[data-md-component=palette] label:visible").click()
    assert seen() == [["SHA k", "sha-dark.gif#only-dark"], ["ASHA ", "asha-dark.gif#only-dark"]]
    assert missed == []
    context.close()
