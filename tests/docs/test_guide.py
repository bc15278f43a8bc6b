"""The worked examples of docs/contributing.md, carried out in a copy of the tree with exactly the edits that it names."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.support.runner import ROOT

GUIDE = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.M | re.S)
SCENARIO = """\
title: {name}
searchers: {{it: {{name: asha, max_trials: 9, max_length: 9, divisor: 3}}}}
curves: {{kind: synthetic}}
cluster: {{workers: 3}}
plan: {{vary: {{cluster.workers: [2, 3]}}, replicates: 2}}
"""
ASHA = "{name: asha, max_trials: 9, max_length: 9, divisor: 3}"

Edit = Callable[[str], str]


def definition(name):
    """The text of a function or class in the guide, with its decorators."""
    [found] = [
        made.group(0)
        for block in BLOCKS
        for made in [re.search(rf"^(@[^\n]*\n)?(def|class) {name}\b.*?(?=^\S|\Z)", block, re.M | re.S)]
        if made
    ]
    return found.rstrip() + "\n"


def appended(*names, imports=""):
    """The edit that adds definitions of the guide at a file's end, and imports at its start."""
    return lambda text: f"{imported(text, imports)}\n\n" + "\n\n".join(map(definition, names))


def member(name, union, imports):
    """The edit that adds a model of the guide before a union of the scenario, and makes it the union's first member."""

    def edit(text):
        head, mark, rest = imported(text, imports).partition(f"\n{union} = Annotated[\n")
        assert mark
        return f"{head}\n{definition(name)}\n\n{union} = Annotated[\n    {name} |\n{rest}"

    return edit


def imported(text, imports):
    return re.sub(
        r"^from __future__ import annotations\n", lambda line: line.group(0) + imports, text, count=1, flags=re.M
    )


def importer(_):
    """The guide's importer as a module: the block up to the example of its use."""
    [block] = [block for block in BLOCKS if "def read(" in block]
    return '"""Plain logs."""\n\n' + block.partition("\n\nlogs = ")[0] + "\n"


def words(kind, literal, table, value):
    """The edit of core/vocabulary.py: a word in a Literal, and its entry in a table."""

    def edit(text):
        text, one = re.subn(rf"^({literal} = Literal\[\s*)", rf'\g<1>"{kind}", ', text, flags=re.M)
        text, two = re.subn(rf"^({table}: .* = {{\n)", rf'\g<1>    "{kind}": "{value}",\n', text, flags=re.M)
        assert one == two == 1
        return text

    return edit


#: For each example: the files of the source that the guide names, and how it changes each.
EXAMPLES: dict[str, dict[str, Edit]] = {
    "patient": {
        "searchers/halving.py": appended(
            "Patient", "patient",
            imports="from dataclasses import dataclass\nfrom simulator.searchers.rung import Rung\n",
        ),
        "scenario/searchers.py": member(
            "PatientSection", "Searcher", "from simulator.searchers.halving import patient\n"
        ),
    },
    "exponential": {
        "cluster/stragglers.py": appended("Exponential"),
        "scenario/stragglers.py": member(
            "ExponentialStragglerSection", "Straggler", "from simulator.cluster.stragglers import Exponential\n"
        ),
    },
    "epoch-logs": {
        "curves/importers/epoch_logs.py": importer,
        "core/vocabulary.py": words("epoch-logs", "ImporterKind", "IMPORTERS", "epoch_logs"),
    },
    "best": {
        "render/plots/plots.py": appended("best_so_far"),
        "core/vocabulary.py": words("best", "PlotKind", "PLOTS_OF_RUNS", "plots.best_so_far"),
    },
}  # fmt: skip


class Tree:
    """A copy of the tree, and commands run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("simulator", "tests", "tools", "docs", "scenarios"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / name, folder)

    def python(self, *args) -> str:
        done = subprocess.run(
            [sys.executable, *map(str, args)], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def asha_sim(self, *commands: Sequence[str]) -> list[str]:
        """Run commands one after the other, in one process; returns what each printed."""
        code = (
            "import json, sys; from tests.support.runner import asha_sim\n"
            "done = [asha_sim(*words) for words in json.loads(sys.argv[1])]\n"
            "print(json.dumps([[each.args, each.returncode, each.stdout, each.stderr] for each in done]))"
        )
        told = json.loads(self.python("-c", code, json.dumps(commands)))
        for words, status, stdout, stderr in told:
            assert status == 0, f"{words}: {stdout} {stderr}"
        return [stdout for _, _, stdout, _ in told]

    def does_everything(self, scenario: str, *kinds: str) -> None:
        """Check, preview, run, plan, animate and plot a scenario."""
        folder = self.folder
        shutil.rmtree(folder / "planned", ignore_errors=True)
        (folder / "s.yaml").write_text(scenario)
        said, *_ = self.asha_sim(
            ("check", "s.yaml"),
            ("preview", "s.yaml"),
            ("run", "s.yaml", "--out", "out"),
            ("plan", "s.yaml", "--jobs", "1", "--out", "planned"),
            ("animate", "s.yaml", "--style", "timeline", "--format", "html", "--out", "out"),
            ("plot", "s.yaml", "--kind", ",".join(("rungs", *kinds)), "--out", "out"),
        )
        assert "sound" in said
        assert json.loads((folder / "out" / "summary.json").read_text())["searchers"]["it"]["trials"] == 9
        assert {f"{kind}-dark.png" for kind in ("rungs", *kinds)} <= {
            path.name for path in (folder / "out").iterdir()
        }


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The tree with all of the guide's examples in it."""
    made = Tree(tmp_path_factory.mktemp("tree"))
    for edits in EXAMPLES.values():
        for path, edit in edits.items():
            file = made.folder / "simulator" / path
            file.write_text(edit(file.read_text(encoding="utf-8") if file.exists() else ""), encoding="utf-8")
    made.python("-m", "tools.pages")
    return made


def test_an_example_takes_two_files_of_the_source():
    assert {name: len(edits) for name, edits in EXAMPLES.items()} == dict.fromkeys(EXAMPLES, 2)
    for edits in EXAMPLES.values():
        assert all(f"`simulator/{path}`" in GUIDE or path.startswith("curves/importers/") for path in edits)


def test_a_searcher(tree):
    block = "{name: patient, max_trials: 9, max_length: 9, patience: 4}"
    tree.does_everything(SCENARIO.format(name="patient").replace(ASHA, block))
    said = tree.python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "patient", "tests/contract/test_unions.py"
    )
    assert "2 passed" in said, "it runs, previews, plans and is drawn; it is in the schema and in the reference"


def test_a_straggler_model(tree):
    cluster = "{workers: 3, stragglers: {kind: exponential, mean: 2}}"
    tree.does_everything(SCENARIO.format(name="exponential").replace("{workers: 3}", cluster))
    said = tree.python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "exponential", "tests/contract/test_unions.py"
    )
    assert "2 passed" in said


def test_an_importer(tree):
    logs = tree.folder / "logs"
    logs.mkdir()
    for trial in range(9):
        lines = [f"epoch {epoch}: loss {1 / (trial + epoch):.4f} after {20 * epoch} s" for epoch in range(1, 10)]
        (logs / f"run-{trial}.log").write_text("\n".join(lines))
    (logs / "empty.log").write_text("no result\n")
    [told] = tree.asha_sim(("curves", "import", "logs", "--from", "epoch-logs", "-o", "curves.csv"))
    assert "9 of 10 trials" in told
    assert "has no line of a result" in told
    recorded = "{kind: recorded, file: curves.csv}"
    tree.does_everything(SCENARIO.format(name="epoch-logs").replace("{kind: synthetic}", recorded))
    tree.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/core/test_vocabulary.py")


def test_a_picture(tree):
    assert "best" in tree.asha_sim(("plot", "--help"))[0]
    tree.does_everything(SCENARIO.format(name="best"), "best")


def test_the_types_of_all_examples(tree):
    """mypy has most files in its cache if it has checked the tree itself."""
    assert "Success" in tree.python("-m", "mypy", "--cache-dir", ROOT / ".mypy_cache")
