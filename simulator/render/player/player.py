"""The player: traces as one web page that loads nothing, for a browser or a notebook's cell."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files as resources
from pathlib import Path
from typing import get_args

from simulator.core import escaping
from simulator.core.errors import InputError, Problem
from simulator.core.vocabulary import ThemeName
from simulator.io import writing
from simulator.render import alt, style
from simulator.render.legend import extras
from simulator.render.options import current
from simulator.render.phrases import fates, manner
from simulator.render.player.data import Whose
from simulator.render.player.data import page as page_data
from simulator.trace import comparison, metrics
from simulator.trace.levels import levels
from simulator.trace.trace import Trace

#: Scripts, in the order in which they run.
SCRIPTS = ("run.js", "story.js", "view.js", "lanes.js", "ladder.js", "loss.js", "player.js")
#: Heights in a notebook, in pixels: of the page without runs, and of each run.
BASE, RUN = 420, 400


@dataclass(frozen=True)
class Player:
    """A page that plays runs; a notebook shows it when it is the last value of a cell."""

    html: str
    height: int  # in a notebook, in pixels

    def write(self, path: Path) -> None:
        """Replace `path` by the page."""
        writing.write_text(path, self.html)

    def _repr_html_(self) -> str:
        return (
            f'<iframe title="Player of the runs" srcdoc="{escape(self.html)}" sandbox="allow-scripts" '
            f'style="width:100%;height:{self.height}px;border:0"></iframe>'
        )


def play(
    scenes: Mapping[str, Sequence[Trace]], *, title: str, time_unit: str, whose: Mapping[str, Whose] | None = None
) -> Player:
    """Make the player of one or more scenes, each some runs on one clock; the page has a switch between them.

    A scene of one run may be coloured by `whose` a job is in place of its rung. Raises InputError where there
    is nothing to play.
    """
    if not scenes or not all(scenes.values()):
        raise InputError(Problem("player", "needs at least one searcher in every scene"))
    rungs = max(
        *(len(levels(traces)) for traces in scenes.values()), *(len(one.names) for one in (whose or {}).values()), 1
    )
    html = page(
        page_data(scenes, time_unit, whose),
        title=title,
        colours=colours(rungs),
        choice=_choice(list(scenes)),
        key=key(
            [trace for traces in scenes.values() for trace in traces], rungs, "search or rung" if whose else "rung"
        ),
        scenes="".join(scene(number, traces, time_unit) for number, traces in enumerate(scenes.values())),
    )
    return Player(html, BASE + RUN * max(len(traces) for traces in scenes.values()))


def page(
    data: Mapping[str, object],
    *,
    title: str,
    colours: str,
    key: str,
    scenes: str,
    choice: str = "",
    panel: str = "",
    more: Sequence[str] = (),
    connect: str = "'none'",
) -> str:
    """A page made of its parts, which are HTML except the title; `more` are scripts, `connect` is who it may ask."""
    first, script = asset("embedded.js"), "".join(asset(name) for name in (*SCRIPTS, *more))
    allowed = " ".join(_hash(text) for text in (first, script))
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}"
    return PAGE.format(
        policy=policy if connect == "'none'" else f"{policy}; connect-src {connect}",
        title=escaping.html(title),
        colours=colours,
        style=asset("player.css"),
        first=first,
        panel=panel,
        choice=choice,
        key=key,
        scenes=scenes,
        data=escaping.json_text(data, indent=None),
        script=script,
    )


def _hash(script: str) -> str:
    """The hash by which a page's policy allows a script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def asset(name: str) -> str:
    """The text of one of the files that pages are made of."""
    return (resources("simulator.render.player") / "assets" / name).read_text(encoding="utf-8")


def colours(rungs: int) -> str:
    """The themes as custom properties of CSS: the requested one, or the reader's; prints are light."""
    light, dark = (f"color-scheme:{name};{_properties(current().theme(name), rungs)}" for name in get_args(ThemeName))
    return (
        f":root{{{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n"
        f":root[data-theme=dark]{{{dark}}}\n"
        f"@media print{{:root:root{{{light}}}}}\n"
    )


def _properties(theme: style.Theme, rungs: int) -> str:
    plainly = ("page", "panel", "grid", "idle", "busy", "lost", "overhead", "down", "boot", "ink", "muted", "accent")
    table = theme.palette(rungs)
    pairs = [(name, getattr(theme, name)) for name in plainly]
    for name, first in (("rung", style.RUNG), ("pale", style.PALE)):
        pairs += [
            (f"{name}-{slot}", "#{:02X}{:02X}{:02X}".format(*table[first + slot].tolist()))
            for slot in range(min(rungs, style.MAX_RUNGS))
        ]
    return "".join(f"--{name}:{colour};" for name, colour in pairs)


def _choice(names: Sequence[str]) -> str:
    if len(names) == 1:
        return ""
    options = "".join(f"<option>{escaping.html(name)}</option>" for name in names)
    return f'<label>Run <select id="scene">{options}</select></label>'


def key(traces: Sequence[Trace], rungs: int, by: str = "rung") -> str:
    """The legend of the colours; jobs are coloured `by` their rung or something else."""
    slots = range(min(rungs, style.MAX_RUNGS))
    entries = [
        ([f"rung-{slot}" for slot in slots], f"at work, by {by}"),
        ([f"pale-{slot}" for slot in slots], "running now"),
        (["idle"], "idle"),
        *(([name], text) for name, text in extras(traces)),
        (["busy"], "busy share"),
        (["accent"], "best loss"),
    ]
    squares = [
        "".join(f'<i style="background:var(--{name})"></i>' for name in names) + escaping.html(text)
        for names, text in entries
    ]
    return "".join(f"<li>{square}</li>" for square in squares)


def scene(number: int, traces: Sequence[Trace], unit: str) -> str:
    """A scene's HTML: sentences about its runs, their places on the page, and a table of their numbers."""
    summaries = {trace.label: metrics.summarize(trace) for trace in traces}
    head = "".join(f'<th scope="col">{escaping.html(label)}</th>' for label in summaries)
    rows = "".join(
        f'<tr><th scope="row">{escaping.html(name)}</th>'
        + "".join(f"<td>{escaping.html(cell)}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in comparison.table(summaries, unit)
    )
    found = "".join(f"<p>{escaping.html(sentence)}</p>" for sentence in comparison.findings(summaries, unit))
    runs = "".join(_run(f"run-{number}-{place}", trace, unit) for place, trace in enumerate(traces))
    return (
        f'<div class="scene"{" hidden" if number else ""}><div class="findings">{found}</div>{runs}'
        '<div class="table" tabindex="0" role="region" aria-label="The numbers"><table>'
        "<caption>The numbers</caption>"
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table></div></div>"
    )


def _run(name: str, trace: Trace, unit: str) -> str:
    label = escaping.html(trace.label)
    numbers = "".join(
        f"<div><dt>{meaning}</dt><dd>–</dd></div>"
        for meaning in ("busy so far", "idle so far", "trials started", "best loss so far")
    )
    return RUN_PART.format(
        name=name,
        label=label,
        manner=escaping.html(manner(trace)),
        numbers=numbers,
        alt=escaping.html(alt.of_run(trace, unit)),
        left=fates(trace).left,
        stayed=fates(trace).stayed,
    )


RUN_PART = """
<section class="run" aria-labelledby="{name}">
<header><h2 id="{name}">{label} <span>{manner}</span></h2><p class="state"></p><dl>{numbers}</dl></header>
<div class="lanes"><canvas role="img" tabindex="0" aria-label="What each worker did over time. {alt} \
Arrow keys go from job to job."></canvas></div>
<div class="ladder"><h3>Trials on each rung</h3>\
<canvas role="img" aria-label="Trials that came to each rung of {label}"></canvas></div>
<div class="loss"><h3>Losses, when they were known <span>filled {left} or in full · hollow {stayed}</span></h3>\
<canvas role="img" aria-label="Losses of {label} over time, and the best so far"></canvas></div>
</section>"""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<link rel="icon" href="data:,">
<title>{title}</title>
<style id="colours">
{colours}</style>
<style>
{style}</style>
<script>{first}</script>
</head>
<body>
<main>
<h1>{title}</h1>
{panel}<div class="controls" role="group" aria-label="Playback">
<button id="play" type="button">Play</button>
<button id="back" type="button" aria-label="Previous result" title="Previous result (,)">◂ result</button>
<button id="next" type="button" aria-label="Next result" title="Next result (.)">result ▸</button>
<input id="clock" type="range" min="0" max="1000000" step="1" value="0" aria-label="Time">
<output id="now"></output>
<label>Speed <select id="speed"><option value="0.25">¼ ×</option><option value="0.5">½ ×</option>\
<option value="1" selected>1 ×</option><option value="2">2 ×</option><option value="4">4 ×</option></select></label>
{choice}
</div>
<ul class="key" aria-label="Colours">{key}</ul>
<noscript><p>The numbers are below; playing the runs needs JavaScript.</p></noscript>
{scenes}
<details id="decisions" hidden><summary>Every decision, one result after the other</summary><ol></ol><p></p></details>
<p class="hint">Point at a job for its story, click to keep it. <kbd>Space</kbd> plays, <kbd>←</kbd> <kbd>→</kbd> \
move the clock, <kbd>,</kbd> and <kbd>.</kbd> go from result to result; with the workers in focus the arrow keys go \
from job to job.</p>
<div id="story" role="status" hidden></div>
</main>
<script type="application/json" id="data">{data}</script>
<script type="module">{script}</script>
</body>
</html>
"""
