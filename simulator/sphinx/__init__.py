"""Sphinx extension: `.. asha-sim:: scenario.yaml` draws a scenario at its place, in reStructuredText and in MyST.

Add `extensions = ["simulator.sphinx"]` to conf.py. Pages are light or dark as the switch of their theme says. Other
outputs, such as LaTeX, get the last frame as a figure. docs/embedding.md lists all options.
"""

from __future__ import annotations

from importlib.metadata import version

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from simulator.sphinx import pages
from simulator.sphinx.directive import AshaSim
from simulator.sphinx.drawing import KeptCollector
from simulator.sphinx.pages import Drawing


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension; Sphinx calls this."""
    app.add_config_value("asha_sim_kept", None, "env", (str,))
    app.add_node(Drawing, html=(pages.visit, None))
    app.add_directive("asha-sim", AshaSim)
    app.add_env_collector(KeptCollector)
    app.connect("doctree-resolved", pages.still)
    app.connect("builder-inited", pages.write_assets)
    app.connect("html-page-context", pages.link_assets)
    return {
        "version": version("asha-simulator"),
        "env_version": KeptCollector.FORM,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
