"""Counts of what the fuzzers tried, over all processes."""

from __future__ import annotations

from tests.curves.importers.conftest import closed  # noqa: F401  (what MLflow and Optuna leave open here is closed too)
from tests.fuzz.oracle import tally

#: Counts that are shown even if they are 0, as they should be.
WRONG = ("tracebacks", "hangs", "partial outputs")


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["fuzz_tally"] = dict(tally)


def pytest_terminal_summary(terminalreporter):
    if tally:
        counts = tally | dict.fromkeys(WRONG, 0) | {name: tally[name] for name in WRONG}
        terminalreporter.write_line("fuzzed: " + ", ".join(f"{count:,} {name}" for name, count in counts.items()))


class Gather:
    """Adds up the counts of the processes of pytest-xdist."""

    def pytest_testnodedown(self, node):
        tally.update(getattr(node, "workeroutput", {}).get("fuzz_tally", {}))


def pytest_configure(config):
    if config.pluginmanager.hasplugin("dsession") or config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(Gather())
