"""The widget with sliders in JupyterLab, in Chromium: a real server, a real kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from tests.browser.conftest import PATIENCE
from tests.browser.test_explore import TEXT
from tests.support.runner import ROOT

for module in ("jupyterlab", "anywidget", "ipykernel"):
    pytest.importorskip(module, reason="JupyterLab is not installed: pip install 'asha-simulator[notebook]'")
#: Metadata without which JupyterLab asks for a kernel.
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
CELL = 'import simulator\nsimulator.explore("s.yaml")'
#: Seconds after which the test fails instead of hanging.
LONGEST = PATIENCE / 1000


@pytest.fixture
def lab(tmp_path) -> Iterator[str]:
    """The address of a notebook of one cell, in a JupyterLab that has no settings but its own."""
    (tmp_path / "s.yaml").write_text(TEXT)
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(CELL)], metadata=KERNEL), tmp_path / "n.ipynb")
    folders = {f"JUPYTER_{name}_DIR": str(tmp_path / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0", "--IdentityProvider.token=secret", f"--ServerApp.root_dir={tmp_path}",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, **folders, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield f"{url(tmp_path / 'runtime', process)}lab/tree/n.ipynb?token=secret"
    finally:
        process.terminate()
        process.wait(LONGEST)


def url(runtime: Path, process: subprocess.Popen) -> str:
    """The server's address, from the file that it writes when it listens."""
    end = time.monotonic() + LONGEST
    while not (found := list(runtime.glob("jpserver-*.json"))):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.1)
    return json.loads(found[0].read_text())["url"]


def test_a_slider_in_a_cell_moves_the_picture(browser, lab):
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(lab)
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").click()
    page.keyboard.press("Control+Enter")
    page.locator(".jp-OutputArea iframe").wait_for()
    frame = page.locator(".jp-OutputArea iframe").element_handle().content_frame()
    frame.wait_for_function("() => window.player?.ready && window.explorer")
    frame.locator("#slider-0").focus()
    page.keyboard.press("ArrowRight")
    frame.wait_for_function("() => explorer.moves === 1 && !explorer.flight")

    assert frame.evaluate("player.scene.runs.map(run => run.workers)") == [5, 5]
    frame.wait_for_function("() => document.getElementById('said').textContent.includes('over 20 seeds')")
    with page.expect_download() as download:
        frame.get_by_text("Trace (CSV)").click()
    assert download.value.suggested_filename == "trace.zip"
    context.close()
