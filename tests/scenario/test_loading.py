"""Scenario files: what they may say, and one line with a place for everything wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.core.errors import InputError
from simulator.experiment.experiment import Experiment
from simulator.experiment.sharing import SharedExperiment
from simulator.scenario.base import Section
from simulator.scenario.loading import load
from simulator.scenario.schema import schema_text
from simulator.scenario.values import TIME_TEXT, duration

SCENARIOS = Path(__file__).parents[2] / "scenarios"

GOOD = """\
searchers:
  SHA: {name: sha, max_trials: 27, max_length: 27, divisor: 3}
curves: {kind: ordered}
cluster: {workers: 10}
"""


def write(tmp_path, text):
    path = tmp_path / "s.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def problems(tmp_path, text):
    with pytest.raises(InputError) as caught:
        Experiment(load(write(tmp_path, text)))
    return str(caught.value).replace(str(tmp_path) + "/", "").splitlines()


def test_a_scenario(tmp_path):
    loaded = load(write(tmp_path, GOOD))

    assert loaded.title == "s"
    assert loaded.scenario.searchers["SHA"].max_trials == 27
    cluster = loaded.scenario.cluster
    assert (cluster.workers, cluster.assignment, cluster.resume) == (10, "on_demand", True)


def test_one_searcher_as_determined_writes_it(tmp_path):
    loaded = load(write(tmp_path, GOOD.replace("searchers:\n  SHA", "searcher")))

    assert list(loaded.scenario.searchers) == ["sha"]


@pytest.mark.parametrize(
    ("written", "ticks"),
    [
        ("90", 90e6),
        ("0.5", 5e5),
        ('"90 s"', 90e6),
        ("90 s", 90e6),
        ("1.5 min", 90e6),
        ("2 h", 7200e6),
        ("1d", 86400e6),
    ],
)
def test_durations(tmp_path, written, ticks):
    assert load(write(tmp_path, GOOD + f"stop: {{time: {written}}}\n")).scenario.stop.time == ticks


def test_numbers_as_people_type_them(tmp_path):
    text = GOOD.replace("{kind: ordered}", "{kind: synthetic, rate_sigma: 1e-3}")

    assert load(write(tmp_path, text)).scenario.curves.rate_sigma == 0.001


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("max_trials", "max_trails", "s.yaml:2:20: searchers.SHA.max_trails: unknown key; did you mean max_trials?"),
        ("kind: ordered", "kind: ordered, x: 1", "s.yaml:3:25: curves.x: unknown key; known here: kind, unit_time, order"),
        ("workers", "worker", "s.yaml:4:11: cluster.worker: unknown key; did you mean workers?"),
        ("curves", "curve", "s.yaml:3:1: curve: unknown key; did you mean curves?"),
        ("27, div", "x, div", "s.yaml:2:36: searchers.SHA.max_length: 'x' should be a whole number"),
        ("workers: 10", "workers: 1.5", "s.yaml:4:11: cluster.workers: 1.5 should be a whole number"),
        ("workers: 10", "workers: yes", "s.yaml:4:11: cluster.workers: 'yes' should be a whole number"),
        ("workers: 10", "workers: true", "s.yaml:4:11: cluster.workers: true should be a whole number"),
        ("workers: 10", "workers: 0", "s.yaml:4:11: cluster.workers: 0 should be greater than or equal to 1"),
        ("divisor: 3", "divisor: 1", "s.yaml:2:52: searchers.SHA.divisor: 1 should be greater than 1"),
        ("divisor: 3", "divisor: .nan", "s.yaml:2:52: searchers.SHA.divisor: nan should be"),
        ("max_trials: 27", "max_trials: 0", "searchers.SHA.max_trials: 0 should be greater than or equal to 1"),
        ("max_trials: 27, ", "", "s.yaml:2:3: searchers.SHA.max_trials: is missing"),
        ("name: sha", "name: shaa", "s.yaml:2:9: searchers.SHA.name: 'shaa' is unknown; did you mean sha?"),
        ("name: sha", "name: zzz", "'zzz' is unknown; should be one of "),
        ("kind: ordered", "kinds: ordered", "s.yaml:3:1: curves: `kind` is missing; should be one of recorded,"),
        ("SHA", "../SHA", "s.yaml:2:3: searchers.../SHA: '../SHA' can't name a searcher"),
        ("SHA", '"\\e[31m"', "can't name a searcher"),
        ("SHA", "Summary.json", "s.yaml:2:3: searchers.Summary.json: summary.json can't name a searcher"),
        ("  SHA: {name: sha, max_trials: 27, max_length: 27, divisor: 3}", "  {}", "should have at least 1 item"),
        ("{kind: ordered}", "3", "s.yaml:3:1: curves: 3 should be keys and values"),
        ("curves: {kind: ordered}\n", "", "s.yaml:1:1: curves: is missing"),
        ("max_trials: 27", "max_trials: 26", "s.yaml:2:3: searchers.SHA: 26 trials leave none for the top of 4 rungs"),
        ("divisor: 3", "divisor: 3, num_rungs: 5", "5 rungs would stand at 0, 1, 3, 9, 27 of 27 units"),
        ("divisor: 3", "divisor: 3, backfill: true", "s.yaml:2:3: searchers.SHA: never ends: give it max_trials, or"),
        ("sha, max_trials: 27", "asha", "never ends: give it max_trials, or add `stop: {time: …}`"),
        ("workers: 10}", "workers: 10}\nstop: {time: 3 fortnights}", "s.yaml:5:8: stop.time: '3 fortnights' is not a duration; write"),
        ("workers: 10}", "workers: 10}\nstop: {time: -1}", "stop.time: -1 is out of range; it lasts from 1"),
        ("workers: 10}", "workers: 10}\nseed: -1", "s.yaml:5:1: seed: -1 should be greater than or equal to 0"),
        ("kind: ordered", "kind: synthetic, best: 2", "curves: best is greater than worst; smaller losses are better"),
        ("kind: ordered", "kind: recorded, file: none.csv", "none.csv: cannot be read: No such file or directory"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(tmp_path, old, new, said):
    assert old in GOOD

    assert any(said in line for line in problems(tmp_path, GOOD.replace(old, new, 1)))


def test_an_endless_search_would_queue_without_end(tmp_path):
    text = GOOD.replace("sha, max_trials: 27", "asha").replace("10}", "10, assignment: queued}\nstop: {time: 1 h}")

    assert problems(tmp_path, text) == [
        "s.yaml:2:3: searchers.SHA: would queue jobs without end: give it max_concurrent_trials, or "
        "`assignment: on_demand`"
    ]
    Experiment(load(write(tmp_path, text.replace("name: asha", "name: asha, max_concurrent_trials: 9"))))


def test_all_problems_are_told_at_once(tmp_path):
    text = GOOD.replace("sha,", "shaa,").replace("10", "0").replace("curves", "curve")

    assert len(problems(tmp_path, text)) == 4


def test_labels_differ_in_more_than_case(tmp_path):
    text = GOOD.replace("curves", "  sha: {name: single, max_length: 27}\ncurves")

    assert problems(tmp_path, text) == ["s.yaml:3:3: searchers.sha: differs from SHA in case alone"]


@pytest.mark.parametrize("rows", ["0,1,1,1\n", "0,1,1,1\n0,4,1,4\n"])
def test_recorded_curves_must_have_the_trials_and_the_rungs(tmp_path, rows):
    (tmp_path / "c.csv").write_text("trial,resource,loss,elapsed_s\n" + rows)
    text = GOOD.replace("kind: ordered", "kind: recorded, file: c.csv")
    [said] = problems(tmp_path, text)
    assert "max_trials is 27 and 1 trials are recorded; lower it to 1, or say `resample: true`" in said

    [said] = problems(tmp_path, text.replace("kind: recorded", "kind: recorded, resample: true"))
    assert said.startswith("s.yaml:2:3: searchers.SHA: a rung stands at 3, where trial 0 of ")


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 9)
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "s.yaml:1:1: is empty"),
        ("# nothing\n", "s.yaml:1:1: should be keys and values"),
        ("[1, 2]\n", "s.yaml:1:1: should be keys and values"),
        (GOOD + "curves: {kind: ordered}\n", "s.yaml:5:1: curves: stands twice; first in line 3"),
        ("searchers: [\n", "s.yaml:2:1: not valid YAML"),
        ("a: *b\n", "s.yaml:1:4: not valid YAML: found undefined alias"),
        (BOMB, "expands to more than 20,000 entries; are aliases nested?"),
        ("&a [*a]\n", "levels; are aliases nested?"),
        ("[" * 5000, "s.yaml:1:51: not valid YAML: nested more than 50 levels deep"),
        ("a: 1\nb: \u00ff\n".encode("latin-1"), "s.yaml:2:4: byte 0xff is not UTF-8 text"),
        (b"\x00\x01\x02", "not valid YAML"),
        (GOOD.encode() + b"#" * 1_000_000, "is larger than 1,000,000 bytes"),
        (GOOD.replace("27", "9" * 5000, 1), "s.yaml:"),
        (
            "a: !!python/object:os.system x\n" + GOOD,
            "s.yaml:1:4: a scenario can't have the tag python/object:os.system",
        ),
        ("? [x]\n: y\n" + GOOD, "s.yaml:1:3: a key should be a word"),
    ],
)
def test_hostile_text(tmp_path, text, said):
    assert any(said in line for line in problems(tmp_path, text))


def test_a_missing_file_and_a_folder(tmp_path):
    for path, said in ((tmp_path / "none.yaml", "cannot be read: No such file"), (tmp_path, "is a folder")):
        with pytest.raises(InputError, match=said):
            load(path)


def test_windows_line_ends_and_a_byte_order_mark(tmp_path):
    assert load(write(tmp_path, "\ufeff" + GOOD.replace("\n", "\r\n"))).scenario.cluster.workers == 10


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.name)
def test_every_committed_scenario_is_sound_and_names_its_schema(path):
    loaded = load(path)
    (Experiment if loaded.scenario.searches is None else SharedExperiment)(loaded)

    assert path.read_text().startswith("# yaml-language-server: $schema=schema.json\n")


def kinds_of(section):
    """Every section of a scenario, with the ones that are built on it."""
    for kind in section.__subclasses__():
        yield kind
        yield from kinds_of(kind)


def test_the_default_of_a_time_that_an_editor_inserts_is_the_default():
    """In memory times are microseconds, and a bare number in a scenario is seconds."""
    document, found = json.loads(schema_text())["$defs"], 0
    for kind in kinds_of(Section):
        entries = document.get(kind.__name__.removesuffix("Section"), {"properties": {}})["properties"]
        for name, field in kind.model_fields.items():
            choices = entries.get(name, {}).get("anyOf", [])
            if type(field.default) is int and any(choice.get("pattern") == TIME_TEXT for choice in choices):
                assert duration(entries[name]["default"], least=0) == field.default, (kind, name)
                found += field.default > 0

    assert found >= 4


def test_the_committed_schema_is_fresh():
    assert (SCENARIOS / "schema.json").read_text() == schema_text()
    assert json.loads(schema_text())["properties"]["cluster"]
