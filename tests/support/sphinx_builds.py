"""Documentation that is built by Sphinx in this process."""

from __future__ import annotations

from pathlib import Path

#: Some 30 units of time, so that its animations have about as many frames, where shorter ones have 120.
SCENARIO = """\
title: Nine trials
time_unit: min
searchers:
  SHA: {name: sha, max_trials: 9, max_length: 9, divisor: 3}
  ASHA: {name: asha, max_trials: 9, max_length: 9, divisor: 3}
curves: {kind: ordered, unit_time: 2 min}
cluster: {workers: 3}
"""


def write(folder: Path, files: dict[str, str], *, theme: str = "basic", more: str = "") -> Path:
    """A documentation's sources: its files by name, beside a scenario and a conf.py, to which `more` is added."""
    folder.mkdir(parents=True, exist_ok=True)
    extensions = ["simulator.sphinx", *(["myst_parser"] if any(name.endswith(".md") for name in files) else [])]
    conf = f"extensions = {extensions}\nhtml_theme = {theme!r}\nproject = 'Tried'\nhtml_copy_source = False\n{more}"
    for name, text in {"conf.py": conf, "nine.yaml": SCENARIO, **files}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def build(source: Path, out: Path, *options: str, builder: str = "html") -> tuple[int, list[str]]:
    """Build it; the exit status, and the lines of its warnings, places relative to the sources."""
    from sphinx.cmd.build import build_main

    told = out.with_suffix(".warnings")
    status = build_main(["-q", "-N", "-b", builder, "-w", str(told), *options, str(source), str(out)])
    lines = told.read_text(encoding="utf-8").replace(f"{source}/", "").splitlines() if told.exists() else []
    return status, lines
