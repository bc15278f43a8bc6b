"""The lists of words, and the function behind each word."""

from importlib import import_module
from typing import get_args

import pytest

from simulator.core import vocabulary as words
from simulator.render.plots import files


def test_every_kind_of_source_has_its_reader():
    assert tuple(words.IMPORTERS) == get_args(words.ImporterKind)


@pytest.mark.parametrize("name", sorted(set(words.IMPORTERS.values())))
def test_a_reader_reads_and_says_which_options_it_uses(name):
    module = import_module(f"simulator.curves.importers.{name}")
    assert callable(module.read)
    assert isinstance(module.USES, frozenset)


def test_every_kind_of_plot_has_its_drawing():
    assert (*words.PLOTS_OF_RUNS, *words.PLOTS_OF_REPLICATES) == words.PLOT_KINDS
    assert all(
        files.drawing(name).__doc__ for name in (*words.PLOTS_OF_RUNS.values(), *words.PLOTS_OF_REPLICATES.values())
    )
