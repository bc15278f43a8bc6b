"""Text from users and files, made harmless for its destination: one function for each destination."""

from __future__ import annotations

import json
import re
import unicodedata
from html import escape
from typing import Any

#: Characters that Unicode classes as letters or marks and that are drawn as nothing.
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
#: Beginnings of a cell that a spreadsheet takes for a formula, full-width characters included.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r]")
#: Characters to which Markdown or one of its dialects gives a meaning inside a line.
_MARKS = "\\`*_[]#|~$"
#: Beginnings of a line that make it something other than a paragraph in Markdown.
_BLOCK = re.compile(r"(\d{1,9})([.)])(?=\s|$)|(>|[-+](?=\s|$)|-[-\s]*$|=+\s*$|:)")
#: Addresses that some Markdown dialects turn into a link although they are not marked as one.
_BARE_LINK = re.compile(r"(?i)\b(https?|ftp)(:)|\b(www)(\.)")


#: Number of characters that a picture shows of a text at most.
MAX_CHARACTERS = 300
#: Characters that JSON need not escape but that a terminal may obey; plain ASCII and newlines are excluded.
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\n]")


def printable(text: str) -> str:
    """The text with its unprintable characters escaped, so that a file's content can't control a terminal."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def one_line(text: str) -> str:
    """The text as one line: white space becomes a blank, a control character becomes a replacement mark."""
    return "".join(
        " " if character.isspace() else "\ufffd" if unicodedata.category(character).startswith("C") else character
        for character in text
    )


def plain(text: str) -> str:
    """One line for a picture, without characters that can't be drawn, cut to MAX_CHARACTERS."""
    return one_line(text[:MAX_CHARACTERS])


def html(text: str) -> str:
    """Text for HTML or SVG, between tags or in an attribute in double quotes; nothing in it acts as mark-up."""
    return escape(" ".join(one_line(text).split()))


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """A value as JSON in which no character controls a terminal: letters stay, unprintable characters become codes.

    Without `indent` the JSON is for pages: ASCII in one line, and no text in it can end the script element that holds
    it. Numbers must be finite.
    """
    if indent is None:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    text = json.dumps(value, indent=indent, allow_nan=False, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text)


def file_stem(text: str, longest: int) -> str:
    """A file's name made from a text: its letters, digits and hyphens; empty where the text has none."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")[:longest].rstrip("-")


def of_name(name: str) -> str:
    """The name of a file as text; a byte that is not UTF-8 becomes a replacement mark."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def visible(text: str) -> bool:
    """Whether any character of a text can be seen."""
    return any(_shows(character) for character in text)


def hidden(text: str) -> bool:
    """Whether a text has invisible characters other than blanks."""
    if text.isascii() and text.isprintable():
        return False
    return any(character != " " and not _shows(character) for character in text)


def _shows(character: str) -> bool:
    if character in INVISIBLE or "\ufe00" <= character <= "\ufe0f":
        return False
    return not character.isspace() and unicodedata.category(character)[0] != "C"


def csv_cell(text: str) -> str:
    """Text for a cell of a CSV file that a spreadsheet takes for text, without control characters; numbers stay."""
    shown = printable(text)
    return f"'{shown}" if _FORMULA.match(shown.lstrip("'")) and not _is_number(text) else shown


def of_csv_cell(cell: str) -> str:
    """The text from which `csv_cell` made a cell; control characters stay escaped."""
    return cell[1:] if cell.startswith("'") and csv_cell(cell[1:]) == cell else cell


def markdown(text: str) -> str:
    """One line of text that Markdown shows as it is, and not as a heading, list, rule, link, table or HTML."""
    line = " ".join(printable(part) for part in text.split())
    begins = _BLOCK.match(line)
    line = line.replace("&", "&amp;").replace("<", "&lt;")
    line = "".join(f"\\{character}" if character in _MARKS else character for character in line)
    if begins:
        at = begins.start(2) if begins[2] else 0
        line = line if line.startswith("\\") else f"{line[:at]}\\{line[at:]}"
    return _BARE_LINK.sub(lambda found: f"{found[1] or found[3]}\\{found[2] or found[4]}", line)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
