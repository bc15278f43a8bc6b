"""Text that others chose, made harmless for where it goes: one function for each target, used everywhere."""

from __future__ import annotations

import re
import unicodedata

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
    shown = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )
    return f"'{shown}" if _FORMULA.match(text) and not _is_number(text) else shown


def markdown(text: str) -> str:
    """One line of text that Markdown shows as it is: no heading, list, rule, link, table or HTML, nothing hidden."""
    line = " ".join(
        "".join(c if c.isprintable() or c.isspace() else c.encode("unicode_escape").decode() for c in text).split()
    )
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
