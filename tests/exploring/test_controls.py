"""What `--vary` accepts, and where a slider begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.core.errors import InputError
from simulator.exploring.controls import given, varied
from simulator.scenario import yaml_text
from simulator.scenario.loading import check_document

TEXT = """
searchers:
  SHA: {name: sha, max_trials: 9, max_length: 9, divisor: 3}
  a.b: {name: asha, max_trials: 9, max_length: 9, divisor: 3}
curves: {kind: ordered}
cluster: {workers: 4}
"""


def controls(*texts):
    return varied(check_document(yaml_text.parse(TEXT.encode(), Path("s"))), texts)


def test_values_are_those_of_yaml_and_a_slider_begins_at_the_scenarios_own():
    (workers,) = controls("cluster.workers=2,4,8")
    assert (workers.values, workers.names, workers.at) == ((2, 4, 8), ("2", "4", "8"), 1)
    (stragglers,) = controls("cluster.stragglers=null,{kind: two_point, factor: 4}")
    assert stragglers.values == (None, {"kind": "two_point", "factor": 4})
    assert stragglers.names == ("none", "{kind: two_point, factor: 4}")


def test_it_begins_at_the_nearest_where_its_own_is_not_among_them():
    (workers,) = controls("cluster.workers=1,3,50")
    assert workers.names[workers.at] == "3"


def test_keys_that_go_together_and_labels_with_dots():
    (divisor,) = controls("searchers.SHA.divisor & searchers.a.b.divisor=2,3")
    assert divisor.paths == (("searchers", "SHA", "divisor"), ("searchers", "a.b", "divisor"))
    assert [control.title for control in controls("cluster.workers=1", "searchers.a.b.divisor=2")] == [
        "workers",
        "a.b divisor",
    ]


def test_python_may_name_its_values():
    loaded = check_document(yaml_text.parse(TEXT.encode(), Path("s")))
    workers, curves = given(
        loaded, {"cluster.workers": [2, 4], "curves": {"equal": {"kind": "ordered"}, "drawn": {"kind": "synthetic"}}}
    )
    assert (workers.names, workers.at) == (("2", "4"), 1)
    assert (curves.names, curves.values[1], curves.at) == (("equal", "drawn"), {"kind": "synthetic"}, 0)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["cluster.workers"], "--vary cluster.workers: should be a key with dots and its values"),
        (["=1"], "--vary =1: should be a key with dots"),
        (["cluster.workers="], "names 0 values; give from 1 to 1,000"),
        (["cluster.workers=[1"], "has values that are not YAML"),
        (["cluster.workers=1,2,1"], "1 stands there twice"),
        (["title=a,b"], "title can't be varied"),
        (["seed=1", "seed=2"], "varies what another --vary varies"),
        ([f"seed={','.join(map(str, range(1001)))}"], "names 1,001 values; give from 1 to 1,000"),
    ],
)  # fmt: skip
def test_wrong_values_are_reported(texts, said):
    with pytest.raises(InputError) as caught:
        controls(*texts)
    assert said in str(caught.value)
