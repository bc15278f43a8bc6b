"""Removes traces of the machine from a log: its name, user, addresses, paths and process numbers."""

from __future__ import annotations

import getpass
import os
import re
import sys
import tempfile
from pathlib import Path

#: What replaces them; the address is one reserved for documentation.
HOST, USER, ADDRESS, FOLDER, PYTHON = "a-host", "a-user", "192.0.2.1", "/experiments", "/python"


def replacements() -> list[tuple[str, str]]:
    """Texts of this machine and their replacements, the longest first."""
    names = {
        os.environ["EXPERIMENT"]: FOLDER,
        sys.prefix: PYTHON,
        sys.base_prefix: PYTHON,
        str(Path(__file__).resolve().parent): "/tools/logs",
        os.uname().nodename: HOST,
        str(Path.home()): "/home/" + USER,
        tempfile.gettempdir(): "/scratch",
    }
    return sorted(names.items(), key=lambda pair: -len(pair[0]))


def scrub(folder: Path) -> None:
    """Rewrite the text files below `folder`, rename files with the host's name in theirs, and then check every byte."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file():
            try:
                text = path.read_bytes().decode()
            except UnicodeDecodeError:
                pass
            else:
                path.write_bytes(clean(text).encode())
        if clean(path.name) != path.name:
            path.rename(path.with_name(clean(path.name)))
    inspect(folder)


def clean(text: str) -> str:
    """The text without traces of the machine."""
    for mine, neutral in replacements():
        text = text.replace(mine, neutral)
    text = re.sub(r'("(?:user|username|owner)": )"[^"]*"', rf'\1"{USER}"', text)
    return re.sub(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])", ADDRESS, text)


def inspect(folder: Path) -> None:
    """Raise an error if any trace of the machine is left."""
    mine = [name.encode() for name, _ in replacements()] + [b"/root"]
    if getpass.getuser() not in {"root", USER}:  # a script may have changed it
        mine.append(getpass.getuser().encode())
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes() + path.name.encode()
            left = [name for name in mine if name in content]
            if left:
                raise ValueError(f"{path} still holds {left[0]!r}")
