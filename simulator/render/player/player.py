"""The player: traces as one web page that loads nothing, for a browser or a notebook's cell."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files as resources
from pathlib import Path
from string import Formatter
from typing import get_args

from simulator.core import escaping
from simulator.core.errors import InputError, Problem
from simulator.core.vocabulary import ThemeName
from simulator.io import writing
from simulator.render import alt, player_words, style, words
from simulator.render.legend import extras
from simulator.render.options import current
from simulator.render.phrases import fates, manner
from simulator.render.player.data import Whose
from simulator.render.player.data import page as page_data
from simulator.render.words import say
from simulator.trace import comparison, metrics
from simulator.trace.levels import levels
from simulator.trace.trace import Trace

#: Scripts, in the order in which they run.
SCRIPTS = ("run.js", "story.js", "view.js", "lanes.js", "ladder.js", "loss.js", "player.js")
#: Heights in a notebook in pixels: of the page without runs, and of each run.
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
    """Make the player of one or more scenes, each with runs on one clock; the page has a switch between scenes.

    A scene of one run may have a colouring `whose` in place of rungs. Raises InputError if there is nothing to play.
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
            [trace for traces in scenes.values() for trace in traces],
            rungs,
            "at work, by search or rung" if whose else "at work, by rung",
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
    """Make a page of its parts, which are HTML except the title.

    `more` are further scripts. `connect` is the address from which the page may request data.
    """
    said = {key: words.template(key) for key in (*player_words.SCRIPT, *player_words.SHARED)}
    first, script = asset("embedded.js"), "".join(asset(name) for name in (*SCRIPTS, *more))
    allowed = " ".join(_hash(text) for text in (first, script))
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}"
    return PAGE_PARTS.format(
        policy=policy if connect == "'none'" else f"{policy}; connect-src {connect}",
        title=escaping.html(title),
        colours=colours,
        style=asset("player.css"),
        first=first,
        panel=panel,
        choice=choice,
        key=key,
        scenes=scenes,
        data=escaping.json_text({**data, "words": said}, indent=None),
        **_interface(),
        script=script,
    )


def _hash(script: str) -> str:
    """The hash by which the page's security policy allows a script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def asset(name: str) -> str:
    """The text of one of the files that pages are made of."""
    return (resources("simulator.render.player") / "assets" / name).read_text(encoding="utf-8")


def colours(rungs: int) -> str:
    """The themes as custom properties of CSS: the requested theme, or the reader's choice; prints are light."""
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
    return f'<label>{_text("Run")} <select id="scene">{options}</select></label>'


def key(traces: Sequence[Trace], rungs: int, by: str = "at work, by rung") -> str:
    """The legend of the colours; `by` is the text that says what the colours of jobs mean."""
    slots = range(min(rungs, style.MAX_RUNGS))
    entries = [
        ([f"rung-{slot}" for slot in slots], say(by)),
        ([f"pale-{slot}" for slot in slots], say("running now")),
        (["idle"], say("idle")),
        *(([name], text) for name, text in extras(traces)),
        (["busy"], say("busy share")),
        (["accent"], say("best loss")),
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
        f'<tr><th scope="row">{escaping.html(_row(name, unit))}</th>'
        + "".join(f"<td>{escaping.html(_cell(cell))}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in comparison.table(summaries, unit)
    )
    found = "".join(f"<p>{escaping.html(_sentence(one))}</p>" for one in comparison.compare(summaries, unit))
    caption = _text("The numbers")
    runs = "".join(_run(f"run-{number}-{place}", trace, unit) for place, trace in enumerate(traces))
    return (
        f'<div class="scene"{" hidden" if number else ""}><div class="findings">{found}</div>{runs}'
        f'<div class="table" tabindex="0" role="region" aria-label="{caption}"><table>'
        f"<caption>{caption}</caption>"
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table></div></div>"
    )


def _row(name: str, unit: str) -> str:
    """The name of a row of the table."""
    what, mark, _ = name.partition(f", worker-{unit}")
    if mark:
        return say("the numbers: in worker time", what=say(f"the numbers: {what}"), unit=say(unit))
    return say(f"the numbers: {name}")


def _cell(text: str) -> str:
    """A cell of the table."""
    jobs, mark, _ = text.partition(" cut)")
    if not mark:
        return words.translated(text)
    done, _, cut = jobs.partition(" (")
    return say("cut jobs", jobs=words.translated(done), cut=words.translated(cut))


def _sentence(found: comparison.Finding) -> str:
    """A sentence on how the runs differ."""
    amounts = {place: words.translated(amount) for place, amount in found.amounts.items()}
    return say(f"the runs: {found.key}", **found.labels, **amounts)


def _text(key: str, **places: object) -> str:
    """A text of the page as HTML."""
    return escaping.html(say(key, **places))


def _spaced(text: str) -> str:
    """A part of a text as HTML; blanks at its ends are kept."""
    return " " * text[:1].isspace() + escaping.html(text) + " " * text[-1:].isspace()


def _interface() -> dict[str, str]:
    """The texts of the controls, by their places in the page."""
    keys = {
        "language": "language", "playback": "Playback", "play": "Play", "previous": "Previous result",
        "following": "Next result", "back": "previous result, in short", "next": "next result, in short",
        "time": "Time", "speed": "Speed", "by_colours": "Colours", "without_script": "without a script",
        "every_decision": "Every decision", "pointing": "point at a job",
    }  # fmt: skip
    names = {"space": _text("Space"), "left": "←", "right": "→", "back": ",", "next": "."}
    pieces = Formatter().parse(words.template("keys of the player"))
    hint = "".join(
        _spaced(text) + ("" if name is None else f"<kbd>{names[name]}</kbd>") for text, name, _, _ in pieces
    )
    return {**{place: _text(key) for place, key in keys.items()}, "keys": hint}


def _run(name: str, trace: Trace, unit: str) -> str:
    label = escaping.html(trace.label)
    numbers = "".join(
        f"<div><dt>{_text(meaning)}</dt><dd>–</dd></div>"
        for meaning in ("busy so far", "idle so far", "trials started", "best loss so far")
    )
    return RUN_PART.format(
        name=name,
        label=label,
        manner=escaping.html(manner(trace)),
        numbers=numbers,
        lanes=_text("the lanes", alt=alt.of_run(trace, unit)),
        on_rungs=_text("Trials on each rung"),
        ladder=_text("the ladder", label=trace.label),
        when=_text("Losses, when they were known"),
        marks=_text("filled and hollow", left=say(fates(trace).left), stayed=say(fates(trace).stayed)),
        losses=_text("the losses", label=trace.label),
    )


RUN_PART = """
<section class="run" aria-labelledby="{name}">
<header><h2 id="{name}">{label} <span>{manner}</span></h2><p class="state"></p><dl>{numbers}</dl></header>
<div class="lanes"><canvas role="img" tabindex="0" aria-label="{lanes}"></canvas></div>
<div class="ladder"><h3>{on_rungs}</h3>\
<canvas role="img" aria-label="{ladder}"></canvas></div>
<div class="loss"><h3>{when} <span>{marks}</span></h3>\
<canvas role="img" aria-label="{losses}"></canvas></div>
</section>"""

PAGE_PARTS = """<!doctype html>
<html lang="{language}">
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
{panel}<div class="controls" role="group" aria-label="{playback}">
<button id="play" type="button">{play}</button>
<button id="back" type="button" aria-label="{previous}" title="{previous} (,)">{back}</button>
<button id="next" type="button" aria-label="{following}" title="{following} (.)">{next}</button>
<input id="clock" type="range" min="0" max="1000000" step="1" value="0" aria-label="{time}">
<output id="now"></output>
<label>{speed} <select id="speed"><option value="0.25">¼ ×</option><option value="0.5">½ ×</option>\
<option value="1" selected>1 ×</option><option value="2">2 ×</option><option value="4">4 ×</option></select></label>
{choice}
</div>
<ul class="key" aria-label="{by_colours}">{key}</ul>
<noscript><p>{without_script}</p></noscript>
{scenes}
<details id="decisions" hidden><summary>{every_decision}</summary><ol></ol><p></p></details>
<p class="hint">{pointing} {keys}</p>
<div id="story" role="status" hidden></div>
</main>
<script type="application/json" id="data">{data}</script>
<script type="module">{script}</script>
</body>
</html>
"""
