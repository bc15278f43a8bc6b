"""The report as one web page, in light and dark, which loads nothing and runs no script."""

from __future__ import annotations

import re
from importlib.metadata import version

from simulator.core.escaping import html
from simulator.planning.report.contents import Contents, Table
from simulator.planning.report.drawing import colours
from simulator.render.plots.figure import look
from simulator.render.style import THEMES

#: Number of characters of the longest number in a table, "97.5 % (94.25–99.75 %)"; a longer cell is text.
LONGEST_FIGURE = 24


def page(told: Contents) -> str:
    """The page of a report."""
    with look():  # a matplotlibrc of this machine has no effect
        first, *others = (
            f"<figure><figcaption>{html(chart.title)}</figcaption>{chart.svg}</figure>" for chart in told.charts()
        )
    return PAGE.format(
        title=html(told.title),
        light=_properties("light"),
        dark=_properties("dark"),
        question=html(told.question),
        answer=html(told.answer),
        sure=html(told.sure),
        risk=_with_code(told.risk),
        first=first,
        assumptions=_table(told.assumptions),
        remarks="".join(f"<li>{_with_code(remark)}</li>" for remark in told.remarks),
        figures="".join(others),
        tables="\n".join(map(_table, (told.options, *told.further))),
        source=(
            f"asha-simulator {html(version('asha-simulator'))}, seed {told.seed}, scenario "
            f"<code>{told.loaded.digest[:12]}</code>"
        ),
    )


def _with_code(text: str) -> str:
    """A text as HTML, in which what stands between backticks is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", html(text))


def _properties(theme: str) -> str:
    named = colours(THEMES["dark" if theme == "dark" else "light"])
    return "".join(f"--{name}:{colour};" for name, colour in named.items())


def _table(table: Table) -> str:
    caption, head, rows, best = table
    titles = "".join(f'<th scope="col">{html(cell)}</th>' for cell in head[1:])
    body = "".join(
        f"<tr{' class=best' if number == best else ''}>"
        f'<th scope="row">{html(name)}</th>' + "".join(map(_cell, cells)) + "</tr>"
        for number, (name, *cells) in enumerate(rows)
    )
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{html(caption)}"><table>'
        f"<caption>{html(caption)}</caption><thead><tr><td>{html(head[0])}</td>{titles}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(text: str) -> str:
    """A table cell; a text may wrap, a number never does."""
    return f"<td{' class=text' if len(text) > LONGEST_FIGURE else ''}>{html(text)}</td>"


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
:root{{color-scheme:light dark;{light}}}
@media (prefers-color-scheme:dark){{:root{{{dark}}}}}
@media print{{:root{{color-scheme:light;{light}}}}}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: var(--page); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }}
main {{ max-width: 1080px; margin: 0 auto; padding: 16px; }}
h1 {{ margin: 0; font-size: 16px; font-weight: 600; color: var(--muted); overflow-wrap: anywhere; }}
h2 {{ margin: 16px 0 4px; font-size: 13px; font-weight: 600; color: var(--muted); }}
.question {{ margin: 6px 0 0; overflow-wrap: anywhere; }}
.sides {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 0 24px; }}
.sides p {{ margin: 0; overflow-wrap: anywhere; }}
.sides figure {{ margin-top: 16px; }}
.first td, .first thead th {{ text-align: left; white-space: normal; }}
.answer {{ margin: 6px 0 12px; font-size: 22px; line-height: 1.35; font-weight: 600; overflow-wrap: anywhere; }}
ul {{ margin: 0; padding-left: 20px; overflow-wrap: anywhere; }}
.figures {{
  display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 24px; margin: 24px 0;
}}
figure {{ margin: 0; min-width: 0; }}
figcaption {{ font-size: 13px; font-weight: 600; color: var(--muted); margin-bottom: 4px; }}
svg {{ display: block; width: 100%; max-width: 500px; height: auto; }}
.table {{ overflow-x: auto; margin-top: 24px; }}
table {{ border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }}
caption {{ margin-bottom: 4px; font-weight: 600; color: var(--muted); text-align: left; }}
th, td {{ padding: 3px 14px 3px 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--grid); }}
td.text {{ text-align: left; }}
thead th {{ color: var(--muted); font-weight: 600; }}
tr > :first-child {{
  position: sticky; left: 0; background: var(--page); text-align: left; font-weight: normal;
}}
.best > *, .best > :first-child {{ background: var(--panel); font-weight: 700; }}
footer {{ margin-top: 24px; font-size: 13px; color: var(--muted); overflow-wrap: anywhere; }}
:focus-visible {{ outline: 3px solid var(--accent); outline-offset: 2px; }}
@media (max-width: 480px) {{ .answer {{ font-size: 18px; }} }}
@page {{ size: A4; margin: 14mm 12mm; }}
@media print {{
  body {{ font-size: 12px; }}
  main {{ max-width: none; padding: 0; }}
  .answer {{ font-size: 17px; margin: 4px 0 8px; }}
  .first {{ break-after: page; }}
  .sides {{ grid-template-columns: 1fr 1fr; gap: 0 16px; }}
  .sides .table {{ margin-top: 16px; }}
  .figures {{ grid-template-columns: 1fr 1fr; gap: 12px; margin: 12px 0; }}
  .table {{ overflow: visible; margin-top: 12px; }}
  table {{ font-size: 10px; width: 100%; }}
  th, .text, .first td {{ white-space: normal; }}
  th, td {{ padding: 2px 6px 2px 0; }}
  tr > :first-child {{ position: static; }}
  thead {{ display: table-header-group; }}
  figure, tr, li {{ break-inside: avoid; }}
  caption {{ break-after: avoid; }}
}}
</style>
</head>
<body>
<main>
<section class="first">
<h1>{title}</h1>
<p class="question">{question}</p>
<p class="answer">{answer}</p>
<div class="sides">
<div>
<h2>How sure</h2>
<p>{sure}</p>
<h2>Main risk</h2>
<p>{risk}</p>
{first}
</div>
{assumptions}
</div>
</section>
<h2>What else the runs say</h2>
<ul>{remarks}</ul>
<div class="figures">{figures}</div>
{tables}
<footer>{source}</footer>
</main>
</body>
</html>
"""
