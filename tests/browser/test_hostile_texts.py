"""Hostile texts in the player and in the pages of plans: shown as they are, with no script run and no layout broken."""

from __future__ import annotations

import json

from simulator.core import escaping
from tests.browser.conftest import PATIENCE
from tests.fuzz.oracle import asha_sim
from tests.support.hostile_texts import TEXTS

SHOWN = [text for text in TEXTS.values() if escaping.visible(text) and len(text) < 100]
SCENARIO = """\
searchers:
  SHA: {name: sha, max_trials: 9, max_length: 9, divisor: 3}
curves: {kind: recorded, file: c.csv}
cluster: {workers: 4, overheads: {save: 1}}
time_unit: s
"""


SHARED = """\
searches:
  a: {searcher: {name: random, max_trials: 2, max_length: 1}, arrivals: {kind: every, gap: 9 s}, count: 20}
curves: {kind: ordered, unit_time: 1 s}
cluster: {workers: 2}
time_unit: s
warm_up: 0 s
"""


def test_pages_show_hostile_texts_and_obey_none(browser, tmp_path):
    rows = [
        {"id": f"{number} {SHOWN[number % len(SHOWN)]}", "step": step, "loss": number + 1 / step, "time": float(step),
         "config": {text: text for text in SHOWN}}
        for number in range(9) for step in (1, 3, 9)
    ]  # fmt: skip
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    title = json.dumps(" / ".join(SHOWN)[:180])
    (tmp_path / "s.yaml").write_text(f"title: {title}\n{SCENARIO}")
    vary = json.dumps(dict.fromkeys(SHOWN, 2))
    plan = f"plan:\n  replicates: 2\n  vary:\n    cluster.overheads.save: {vary}\n"
    (tmp_path / "p.yaml").write_text(f"title: {title}\n{SCENARIO}{plan}")
    asked = plan.replace("cluster.overheads.save", "cluster.overheads.trial_start") + "  target: {stay: 3 s}\n"
    (tmp_path / "q.yaml").write_text(f"title: {title}\n{SHARED}{asked}")
    for line in (
        "curves import log.jsonl --from jsonl --trial-column id --step-column step --metric loss --time-column time "
        "-o c.csv",
        "animate s.yaml --style timeline --format html --out made",
        "plan p.yaml --jobs 1 --out plan",
        "plan q.yaml --jobs 1 --out shared",
    ):
        done = asha_sim(*line.split(), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    pages = [*(tmp_path / "made").rglob("*.html"), *(tmp_path / "plan").rglob("*.html")]
    pages += (tmp_path / "shared").rglob("*.html")
    assert len(pages) >= 3
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    context.set_default_timeout(PATIENCE)
    heard: list[str] = []
    for path in pages:
        page = context.new_page()
        page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith("file://") else heard.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_timeout(300)
        assert page.title().startswith(SHOWN[0]), page.title()
        kinds = "script[src], img[src='x'], svg[onload], a[href*='x.example'], [onerror]"
        assert page.locator(kinds).count() == 0
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        page.screenshot(path=tmp_path / f"{path.parent.name}-{path.stem}.png", full_page=True)
    context.close()
    assert heard == []
