"""Text that others chose, made harmless for where it goes: one function for each target, used everywhere."""

from __future__ import annotations

import json
import re
import unicodedata
from html import escape
from typing import Any

#: Characters that Unicode calls letters or marks and that show nothing.
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
#: What a spreadsheet takes for the beginning of a formula, in full width too.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r]")
#: What Markdown or its dialects may give a meaning inside a line.
_MARKS = "\\`*_[]#|~$"
#: What makes a line, at its beginning, something else than a paragraph.
_BLOCK = re.compile(r"(\d{1,9})([.)])(?=\s|$)|(>|[-+](?=\s|$)|-[-\s]*$|=+\s*$|:)")
#: What some dialects make a link of although it is not marked as one.
_BARE_LINK = re.compile(r"(?i)\b(https?|ftp)(:)|\b(www)(\.)")


#: Characters of a text that a picture may show.
MAX_CHARACTERS = 300
#: What JSON's own escapes leave as it is, and a terminal may obey: all that can't be printed, but for ends of lines.
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\n]")


def printable(text: str) -> str:
    """One line that no terminal takes for a command: names and values from files may hold anything."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def one_line(text: str) -> str:
    """One line of what can be shown: white space becomes a blank, control characters a replacement mark."""
    return "".join(
        " " if character.isspace() else "\ufffd" if unicodedata.category(character).startswith("C") else character
        for character in text
    )


def plain(text: str) -> str:
    """One line for a picture, of what can be drawn, and no longer than any picture is wide."""
    return one_line(text[:MAX_CHARACTERS])


def html(text: str) -> str:
    """Text for a page, between tags or in an attribute with double quotes: what it says and no mark-up; SVG alike."""
    return escape(" ".join(one_line(text).split()))


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """A value as JSON, which no terminal obeys: letters as they are, and the code of whatever can't be printed.

    Without `indent` it is for pages: ASCII, in one line, and no text ends the script that it stands in. Numbers must
    be finite.
    """
    if indent is None:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    text = json.dumps(value, indent=indent, allow_nan=False, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text)


def file_stem(text: str, longest: int) -> str:
    """Letters, digits and hyphens that remind of a text, for the name of a file; empty where it has none of those."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")[:longest].rstrip("-")


def of_name(name: str) -> str:
    """The text of a file's name; a byte of it that is no UTF-8 becomes a replacement mark."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def visible(text: str) -> bool:
    """Whether a text shows anything at all."""
    return any(_shows(character) for character in text)


def hidden(text: str) -> bool:
    """Whether some of its characters show nothing, blanks apart."""
    return any(character != " " and not _shows(character) for character in text)


def _shows(character: str) -> bool:
    if character in INVISIBLE or "\ufe00" <= character <= "\ufe0f":
        return False
    return not character.isspace() and unicodedata.category(character)[0] != "C"


def csv_cell(text: str) -> str:
    """Text for a cell of a CSV file: no formula in a spreadsheet, no control characters; numbers as they are."""
    shown = printable(text)
    return f"'{shown}" if _FORMULA.match(shown.lstrip("'")) and not _is_number(text) else shown


def of_csv_cell(cell: str) -> str:
    """The text of a cell that `csv_cell` made; control characters stay as they were written."""
    return cell[1:] if cell.startswith("'") and csv_cell(cell[1:]) == cell else cell


def markdown(text: str) -> str:
    """One line of text that Markdown shows as it is: no heading, list, rule, link, table or HTML, nothing hidden."""
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
