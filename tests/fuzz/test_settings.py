"""Any text after `--set` is a key and value of the scenario, or an error says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from simulator.core.errors import InputError
from simulator.scenario import yaml_text
from simulator.scenario.opening import complete
from tests.fuzz.documents import SHIPPED
from tests.support.budgets import budget

KEYS = st.sampled_from(
    [
        "searchers.SHA.max_trials", "searchers", "searcher", "cluster", "cluster.workers", "cluster.groups.spot.count", "curves.file",
        "plan.vary.cluster.workers", "plan.vary", "stop.time", "title", "seed", "searches.team.count", "a.b.c", "0", ".", "searchers.SHA.0",
    ]
)  # fmt: skip
VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["[1, 2", "{a: 1}", "[[[[]]]]", "null", "'", '"', "&a [*a]", "!!python/object:x", "1e400", "\udcff", "\x1b[31m", "=", "- 1", "a: b"]),
    st.integers().map(str),
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=20), st.tuples(KEYS, VALUES).map("=".join))


@given(st.sampled_from(SHIPPED), st.lists(TEXTS, min_size=1, max_size=3))
@budget(100, 20_000)
def test_any_settings(scenario, texts):
    document = yaml_text.parse(scenario.encode(), Path("s.yaml"))
    settings, problems = {}, ()
    try:
        settings = complete(document, texts).settings
    except InputError as error:
        problems = error.problems

    assert settings or problems
    assert all(problem.source in {"--set", "s.yaml"} for problem in problems)
