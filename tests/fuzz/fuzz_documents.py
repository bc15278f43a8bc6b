"""Coverage-guided fuzzing: `python -m tests.fuzz.fuzz_documents documents|curves|traces SECONDS`.

libFuzzer follows which lines of the simulator and of its YAML parser each input reaches, and changes those that reach
new ones. It prints what it finds, and keeps it beside the corpus; the exit status is then not 0.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["simulator", "ruamel.yaml"]):
    from simulator.core.errors import InputError
    from simulator.curves.files.tables import read_table
    from simulator.experiment.experiment import Experiment
    from simulator.scenario import loading, yaml_text
    from simulator.trace.reading import read_trace

from tests.fuzz.documents import AVAILABLE, CURVES, ROOT, SHIPPED, SMALL, SPELLS, TOKENS
from tests.fuzz.tables import DYING, SWEEP, TRACE, UNTIMED
from tests.fuzz.tables import TOKENS as CELLS

#: Seconds that one input may take, bytes that it may have, and megabytes that all may take.
LIMITS = ("-timeout=20", "-max_len=8192", "-rss_limit_mb=8192")


def document(raw: bytes, folder: Path) -> None:
    """Read and check a scenario, and make all its parts."""
    Experiment(loading.check_document(yaml_text.parse(raw, folder / "s.yaml")))


def curves(raw: bytes, folder: Path) -> None:
    """Read learning curves."""
    (folder / "c.csv").write_bytes(raw)
    read_table(folder / "c.csv", times_needed=len(raw) % 2 == 0)


def trace(raw: bytes, folder: Path) -> None:
    """Read a trace."""
    (folder / "t.csv").write_bytes(raw)
    read_trace(folder / "t.csv")


TARGETS = {
    "documents": (document, [text.encode() for text in (*SMALL, *SHIPPED)], TOKENS),
    "curves": (curves, [text.encode() for text in (CURVES, DYING, UNTIMED)], CELLS),
    "traces": (trace, [text.encode() for text in (TRACE, SWEEP)], CELLS),
}


def main(name: str, seconds: str) -> None:
    """Fuzz one target, from its seeds and earlier finds, in a separate folder."""
    target, seeds, tokens = TARGETS[name]
    folder = (ROOT / "outputs" / "fuzz" / name).resolve()
    (folder / "corpus").mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (folder / "corpus" / f"seed-{number}").write_bytes(seed)
    escaped = ("".join(map("\\x{:02x}".format, token)) for token in tokens if len(token) < 64)
    (folder / "tokens").write_text("".join(f'"{token}"\n' for token in escaped))
    (folder / "curves.csv").write_text(CURVES)
    (folder / "spells.csv").write_text(SPELLS)
    (folder / "available.csv").write_text(AVAILABLE)
    os.chdir(folder)

    def once(raw: bytes) -> None:
        try:
            target(raw, Path())
        except InputError as error:
            for problem in error.problems:
                assert problem.line, problem
                assert problem.column, problem
                assert str(problem).isprintable(), problem

    options = (f"-max_total_time={seconds}", f"-dict={folder / 'tokens'}", f"-artifact_prefix={folder}/", *LIMITS)
    atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", "-verbosity=0", str(folder / "corpus")], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
