"""Texts that another program may take for a command: one list for all outputs."""

from __future__ import annotations

TEXTS = {
    "formula": "=cmd|'/c calc'!A0", "plus": "+1+cmd|x", "minus": "-2+3+cmd", "at": "@SUM(1+1)", "tab": "\t=1+1", "return": "\r=1+1",
    "full width": "＝1+1", "escape": "\x1b[31mred\x1b]0;title\x07", "bell": "\x07", "C1": "\x9b31m", "override": "\u202egnp.exe",
    "isolate": "\u2066x\u2069", "zero width": "a\u200bb", "heading": "# big", "underline": "=====", "rule": "---", "stars": "***",
    "quote": "> said", "item": "- one", "number": "1. one", "link": "[here](http://x.example)", "image": "![x](http://x.example/x.png)",
    "bare link": "https://x.example", "www": "www.x.example", "autolink": "<http://x.example>", "fence": "```", "pipe": "a | b",
    "script": "<script>alert(1)</script>", "image tag": "<img src=x onerror=alert(1)>", "end of text": "</text><svg onload=alert(1)>",
    "entity": "&lt;b&gt;", "lines": "one\n\n# two", "line separator": "one\u2028# two", "shell": "$(touch pwned) `touch pwned`",
    "format": "%s {0} {x!r} [bold] $x^2$", "footnote": "[^1]", "table": "| --- |", "backslash": "\\",
    "quoted formula": "'=1+1", "filler": "a\u3164b", "jamo": "\u115f\u1160x", "half": "\uffa0x", "long": "x" * 900, "quotes": "\"'`",
}  # fmt: skip
#: Names that show nothing.
NOTHING = ("", " ", "\t", "\u3164", "\u115f\u1160", "\uffa0", "\u200b", "\u2800", "\u00ad", "\ufe0f", "\u034f")
