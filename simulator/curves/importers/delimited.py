"""Delimited text in any usual form: encoding, separator, decimal commas, comments and blank lines are recognised.

A form with only one meaning is read, and the report notes it. A form with several meanings is refused, with its line.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulator.core.errors import InputError, Problem
from simulator.curves.importers.source import wrong

if TYPE_CHECKING:
    import polars as pl

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
#: Number of lines that are examined to find the separator.
SAMPLE = 20
COMMA = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+(?:[eE][+-]?\d+)?")
#: Matches a comma that can't group thousands.
DECIMAL = re.compile(r"[+-]?(?:0\d*,\d+|\d{4,},\d+|\d+,(?!\d{3}$)\d+.*|\d{1,3}(?:\.\d{3})+,\d+)")
#: Matches points that group thousands, in a table with decimal commas.
GROUPED = r"^[+-]?[1-9]\d{0,2}(?:\.\d{3})+$"
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
#: A first line that tells spreadsheets the separator.
SEP = re.compile(rb"(sep=[,;\t|]\r?)\n", re.IGNORECASE)
SPACES = "its fields are separated by spaces"
#: Smallest numbers of columns and lines of a table whose fields are separated by spaces.
FEWEST = 2
#: Bytes that a text file does not contain.
BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f]")


@dataclass(frozen=True, eq=False)
class Delimited:
    """A table of texts; `lines` has each row's line, None if row i stands in line i + 2."""

    frame: pl.DataFrame
    lines: NDArray[np.int64] | None = None
    notes: list[str] = field(default_factory=list)


def parse(path: Path, raw: bytes) -> Delimited:
    """Read a table from the bytes of a file; raises InputError with the line of each mistake."""
    notes: list[str] = []
    raw = _utf8(path, raw, notes)
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    told = SEP.match(raw)
    if told is not None:  # (the line end stays, so that the other lines keep their numbers)
        raw = raw[told.end(1) :]
    raw = _spaced(raw, notes)
    head, _, _ = raw.partition(b"\n")
    sample = [line.decode("utf-8", "replace") for line in raw[: 1 << 16].splitlines()[: 4 * SAMPLE]]
    separator = _separator(path, [line for line in sample if line.strip() and not line.startswith("#")][:SAMPLE])
    if separator != "," and SPACES not in notes:
        notes.append(f"its fields are separated by {SEPARATORS[separator]}")
    plain = not raw.startswith(b"#") and b"\n#" not in raw and b"\n" + head.rstrip() not in raw
    if b'"' not in raw and plain and head.strip():
        quick = _quick(raw, head, separator)
        if quick is not None:
            return Delimited(_points(quick, separator, notes), None, notes)
    return _slow(path, raw, separator, notes)


def _spaced(raw: bytes, notes: list[str]) -> bytes:
    """The text with tabs between its fields, if only spaces separate them and all lines have equally many."""
    begin = raw[: 1 << 16].split(b"\n")
    head = next((line.strip() for line in begin if line.strip() and not line.startswith(b"#")), b"")
    if any(mark.encode() in head for mark in SEPARATORS) or len(head.split()) < FEWEST or b'"' in raw:
        return raw
    lines = raw.split(b"\n")
    rows = [line.split() for line in lines if not line.startswith(b"#")]
    filled = [row for row in rows if row]
    if len(filled) < FEWEST or len({len(row) for row in filled}) > 1:
        return raw
    notes.append(SPACES)
    return b"\n".join(
        b"#" + b"\t".join(line.lstrip(b"#").split()) if line.startswith(b"#") else b"\t".join(line.split())
        for line in lines
    )


def _utf8(path: Path, raw: bytes, notes: list[str]) -> bytes:
    """The text as UTF-8; its encoding is read from a byte order mark, or guessed from its bytes."""
    for mark, name in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if raw.startswith(mark):
            try:
                text = raw.decode("utf-8-sig" if name == "utf-8" else name)
            except UnicodeDecodeError:
                raise wrong(path, f"begins as {name.upper()} text does and is not sound") from None
            if name != "utf-8":
                notes.append(f"its text is {name.upper()}")
            return text.encode()
    if raw[1:200:2].count(0) > len(raw[1:200:2]) // 2 or raw[0:200:2].count(0) > len(raw[0:200:2]) // 2:
        order = "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"
        try:
            text = raw.decode(order)
        except UnicodeDecodeError:
            raise wrong(path, "looks like UTF-16 text and is not sound") from None
        notes.append("its text is UTF-16, without a byte order mark")
        return text.encode()
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{raw[error.start]:02x} is not UTF-8 text"
        if BINARY.search(raw):
            raise InputError(Problem(str(path), f"{what}; is it a table?", line)) from None
        notes.append(f"line {line} is not UTF-8: its text is taken for Latin-1")
        return raw.decode("latin-1").encode()
    if b"\0" in raw:
        raise InputError(Problem(str(path), "the byte 0x00 is not text", raw.count(b"\n", 0, raw.index(b"\0")) + 1))
    return raw


def _separator(path: Path, lines: list[str]) -> str:
    """The separator of the fields: the character that is as often in every line as in the header."""
    if not lines:
        raise wrong(path, "holds no rows")
    counts = {mark: [line.count(mark) for line in lines] for mark in SEPARATORS}
    whole = [mark for mark, count in counts.items() if count[0] and len(set(count)) == 1]
    if len(whole) == 1:
        return whole[0]
    if "," in whole or not any(count[0] for count in counts.values()):
        return ","
    return max(SEPARATORS, key=lambda mark: counts[mark][0])


def _quick(raw: bytes, head: bytes, separator: str) -> pl.DataFrame | None:
    """The table as polars reads it, if all lines have equally many fields; None if it must be read row by row."""
    import polars as pl

    body = raw.rstrip(b"\r\n")
    cells = [cell.strip() for cell in head.split(separator.encode())]
    if len(set(cells)) < len(cells):
        return None
    lines = body.count(b"\n") + 1
    if b"\n\n" in body or b"\n\r" in body or body.count(separator.encode()) != lines * head.count(separator.encode()):
        return None
    try:
        frame = pl.read_csv(io.BytesIO(body), infer_schema=False, separator=separator, quote_char=None)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        return None  # the error of polars does not name the line
    names = [name.strip() for name in frame.columns]
    if frame.height != lines - 1 or len(set(names)) < len(names):
        return None
    return frame.rename(dict(zip(frame.columns, names, strict=True)))


def _slow(path: Path, raw: bytes, separator: str, notes: list[str]) -> Delimited:  # noqa: C901, PLR0912
    """Read the table row by row: a line in the wrong form is named in an error, or skipped and counted."""
    import polars as pl

    text = raw.decode()
    rows: list[list[str]] = []
    lines: list[int] = []
    comments: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    blank = 0
    try:
        for fields in reader:
            if not any(field.strip() for field in fields):
                blank += 1
            elif fields[0].startswith("#"):
                comments.append((reader.line_num, fields))
            else:
                rows.append(fields)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise InputError(Problem(str(path), f"is not sound CSV: {error}", reader.line_num)) from None
    if comments and rows and all(NUMBER.fullmatch(cell.strip()) for cell in rows[0]):
        before = [fields for line, fields in comments if line < lines[0] and len(fields) == len(rows[0])]
        if before:
            rows.insert(0, [before[-1][0].lstrip("# "), *before[-1][1:]])
            lines.insert(0, 0)
            comments.pop()
    if not rows:
        raise wrong(path, "holds no rows")
    header = [name.strip() for name in rows[0]]
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        what = f"the column {twice[:40]!r} twice" if twice else "several columns without a name"
        raise InputError(Problem(str(path), f"has {what}", max(lines[0], 1)))
    for line, fields in zip(lines, rows, strict=True):
        if len(fields) != len(header):
            message = f"has {len(fields)} fields where the header has {len(header)}"
            raise InputError(Problem(str(path), f"is not sound CSV: {message}", line))
    kept = [at for at, fields in enumerate(rows) if not at or [name.strip() for name in fields] != header]
    if len(kept) < len(rows):
        notes.append(f"{len(rows) - len(kept):,} lines that repeat the header are left out")
        rows, lines = [rows[at] for at in kept], [lines[at] for at in kept]
    if comments:
        notes.append(f"{len(comments):,} lines that begin with # are left out")
    columns = list(zip(*rows[1:], strict=True)) or [()] * len(header)
    frame = pl.DataFrame(
        {name: pl.Series(list(column), dtype=pl.String) for name, column in zip(header, columns, strict=True)}
    )
    return Delimited(_points(frame, separator, notes), np.array(lines[1:], np.int64), notes)


def _points(frame: pl.DataFrame, separator: str, notes: list[str]) -> pl.DataFrame:
    """Replace decimal commas by points, if no comma of the table can group thousands."""
    import polars as pl

    if separator == "," or not frame.height:
        return frame
    found = {}
    for series in frame.get_columns():
        cells = series.str.strip_chars()
        with_comma = cells.filter(cells.str.contains(",", literal=True).fill_null(value=False))
        if len(with_comma) and with_comma.str.contains(f"^(?:{COMMA.pattern})$").all():
            found[series.name] = (cells, with_comma)
    sure = any(DECIMAL.fullmatch(cell) for _, cells in found.values() for cell in cells.head(1000).to_list())
    dotted = any(cells.str.contains(r"^[+-]?\d*\.\d+(?:[eE]|$)").any() for cells, _ in found.values())
    if not sure or dotted:
        return frame
    notes.append(f"its decimal commas are read as points ({', '.join(found)})")
    made = [
        pl.Series(name, cells.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True))
        for name, (cells, _) in found.items()
    ]
    for series in frame.get_columns():
        cells = series.str.strip_chars()
        points = cells.filter(cells.str.contains(".", literal=True).fill_null(value=False))
        if series.name not in found and len(points) and points.str.contains(GROUPED).all():
            made.append(pl.Series(series.name, cells.str.replace_all(".", "", literal=True)))
            notes.append(f"its points group thousands and are left out ({series.name})")
    return frame.with_columns(made)
