"""The guide's worked examples, done: in a copy of the tree, with the edits that docs/contributing.md names and no others."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.M | re.S)


def definition(name):
    """A function or class as the guide has it, with its decorators."""
    [found] = [
        made.group(0)
        for block in BLOCKS
        for made in [re.search(rf"^(@\w+.*\n)?(def|class) {name}\b.*?(?=^\S|\Z)", block, re.M | re.S)]
        if made
    ]
    return found.rstrip() + "\n"


#: For each example: of a file of the source the definitions that go into it, the union that gets a member, and imports.
EXAMPLES = {
    "patient": {
        "searchers/halving.py": (
            ["Patient", "patient"], None, "from dataclasses import dataclass\nfrom simulator.searchers.rung import Rung\n",
        ),
        "scenario/searchers.py": (["PatientSearch"], "Searcher", "from simulator.searchers.halving import patient\n"),
    },
    "exponential": {
        "cluster/stragglers.py": (["Exponential"], None, ""),
        "scenario/stragglers.py": (
            ["ExponentialStraggler"], "Straggler", "from simulator.cluster.stragglers import Exponential\n",
        ),
    },
}  # fmt: skip


def edited(text, names, union, imports):
    """A file with some definitions and their imports; before the union, which gets the last of them as a member."""
    text = re.sub(
        r"^from __future__ import annotations\n", lambda line: line.group(0) + imports, text, count=1, flags=re.M
    )
    made = "\n\n".join(map(definition, names))
    if union is None:
        return f"{text}\n\n{made}"
    head, mark, rest = text.partition(f"\n{union} = Annotated[\n")
    assert mark
    return f"{head}\n{made}\n\n{union} = Annotated[\n    {names[-1]} |\n{rest}"


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_takes_two_files_and_passes_the_contract(name, tmp_path):
    for part in ("simulator", "tests", "tools", "docs", "scenarios"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path, edit in EXAMPLES[name].items():
        file = tmp_path / "simulator" / path
        file.write_text(edited(file.read_text(encoding="utf-8"), *edit), encoding="utf-8")

    def python(*args):
        done = subprocess.run([sys.executable, *args], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    assert len(EXAMPLES[name]) == 2
    python("-m", "tools.pages")
    said = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", name, "tests/contract/test_unions.py")
    assert "2 passed" in said, "it runs, previews, plans and is drawn; it is in the schema and in the reference"
