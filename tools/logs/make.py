"""Makes the logs in tests/data/logs: each program runs small experiments in a separate environment.

    python tools/logs/make.py ray_tune syne_tune …       (default: all)

The head of a program's script (PEP 723) lists the packages that it needs. They are installed into an environment in a
temporary folder, or in the folder that ENVIRONMENTS names; nothing else is changed. Each script writes the folders of
its cases, with the machine's names removed and `truth.json` beside each log.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "tests" / "data" / "logs"


def main() -> None:
    """Run the scripts named on the command line, or all."""
    names = sys.argv[1:] or sorted(path.stem for path in HERE.glob("*.py") if needs(path))
    environments = Path(os.environ.get("ENVIRONMENTS") or tempfile.mkdtemp(prefix="environments-"))
    for name in names:
        script = HERE / f"{name}.py"
        python = environment(environments / name, needs(script))
        with tempfile.TemporaryDirectory(prefix="experiment-") as folder:
            variables = os.environ | {"PYTHONPATH": str(HERE), "EXPERIMENT": folder, "PYTHONHASHSEED": "0"}
            subprocess.run([python, script, DATA], check=True, cwd=folder, env=variables)
    if "ENVIRONMENTS" not in os.environ:
        shutil.rmtree(environments)


def needs(script: Path) -> list[str]:
    """The packages that a script's head names."""
    block = re.search(r"^# /// script\n(.*?)^# ///$", script.read_text(), re.MULTILINE | re.DOTALL)
    text = "".join(line[2:] or "\n" for line in block[1].splitlines(keepends=True)) if block else ""
    return list(tomllib.loads(text).get("dependencies", []))


def environment(folder: Path, packages: list[str]) -> Path:
    """The Python of an environment with these packages, which is made if it does not exist."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    return python


if __name__ == "__main__":
    main()
