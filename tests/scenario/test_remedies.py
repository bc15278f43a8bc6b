"""Words of other libraries and of papers in a scenario, and the errors that translate them."""

import pytest

from simulator.core.errors import InputError
from simulator.experiment.experiment import Experiment
from simulator.planning.grid import Grid
from simulator.scenario.loading import check_document, load
from simulator.scenario.yaml_text import parse
from tests.support.runner import asha_sim

SCENARIO = """\
time_unit: h
searchers:
  S: {name: asha, max_trials: 9, max_length: 9}
curves: {kind: ordered}
cluster:
  workers: 3
"""


def said(text, path):
    path = path / "s.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load(path)
    assert "Value error" not in str(caught.value)
    return str(caught.value).removeprefix(f"{path}:")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("eta: 3", "unknown key; did you mean divisor?"),
        ("reduction_factor: 3", "unknown key; did you mean divisor?"),
        ("max_t: 81", "unknown key; did you mean max_length?"),
        ("R: 81", "unknown key; did you mean max_length?"),
        ("num_samples: 9", "unknown key; did you mean max_trials?"),
        ("n_trials: 9", "unknown key; did you mean max_trials?"),
        (
            "grace_period: 1",
            "unknown key; did you mean num_rungs? the lowest rung stands at max_length / divisor^(num_rungs - 1)",
        ),
    ],
)
def test_other_libraries_words_are_translated(tmp_path, written, told):
    text = SCENARIO.replace("max_length: 9}", f"max_length: 9, {written}}}")
    assert said(text, tmp_path) == f"3:49: searchers.S.{written.partition(':')[0]}: {told}"


@pytest.mark.parametrize(
    ("name", "written", "told"),
    [
        ("ray_asha", "max_trials", "did you mean num_samples?"),
        ("ray_asha", "eta", "did you mean reduction_factor?"),
        ("ray_hyperband", "max_length", "did you mean max_t?"),
        ("optuna_successive_halving", "num_samples", "did you mean n_trials?"),
        ("optuna_hyperband", "max_t", "did you mean max_resource?"),
        ("optuna_hyperband", "grace_period", "did you mean min_resource?"),
        ("syne_tune_promotion", "n_trials", "did you mean max_num_trials_started?"),
        ("syne_tune_stopping", "divisor", "did you mean reduction_factor?"),
        ("sklearn_halving", "reduction_factor", "did you mean factor?"),
        ("sklearn_halving", "max_length", "did you mean max_resources?"),
        ("hyperband", "eta", "did you mean divisor?"),
        ("asha", "num_workers", "the number of workers is cluster.workers"),
        ("asha", "brackets", "one bracket is all it has; hyperband and async_hyperband have several"),
    ],
)
def test_each_library_s_searcher_is_told_its_own_words(tmp_path, name, written, told):
    text = SCENARIO.replace("{name: asha, max_trials: 9, max_length: 9}", f"{{name: {name}, {written}: 9}}")
    assert f"searchers.S.{written}: unknown key; {told}" in said(text, tmp_path).splitlines()[-1]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("successive_halving", "sha"),
        ("ASHAScheduler", "ray_asha"),
        ("AsyncHyperBandScheduler", "ray_asha"),
        ("HyperBandScheduler", "ray_hyperband"),
        ("SuccessiveHalvingPruner", "optuna_successive_halving"),
        ("HyperbandPruner", "optuna_hyperband"),
        ("HalvingRandomSearchCV", "sklearn_halving"),
    ],
)
def test_names_of_papers_and_classes(tmp_path, written, meant):
    told = said(SCENARIO.replace("name: asha", f"name: {written}"), tmp_path)
    assert told == f"3:7: searchers.S.name: {written!r} is unknown; did you mean {meant}?"


@pytest.mark.parametrize("name", ["SHA", "Asha", "ASHA"])
def test_names_in_capitals(tmp_path, name):
    told = said(SCENARIO.replace("name: asha", f"name: {name}"), tmp_path)
    assert told == f"3:7: searchers.S.name: {name!r} is unknown; did you mean {name.lower()}?"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("crashes: 2%", "7:3: cluster.crashes: '2%' should be a number; write 0.02"),
        ("preemption: 5 h", "7:3: cluster.preemption: '5 h' should be keys and values; write {up: 5 h}"),
        ("failures: 90 d", "7:3: cluster.failures: '90 d' should be keys and values; write {mtbf: 90 d}"),
        ("drops: 0.01", "7:3: cluster.drops: 0.01 should be keys and values; write {probability: 0.01}"),
        ("drops: 2%", "7:3: cluster.drops: '2%' should be keys and values; write {probability: 0.02}"),
        ("price: 2", "7:3: cluster.price: unknown key; a price stands in `plan`, or in a group of `cluster.groups`"),
        ("leave: 2 d", "7:3: cluster.leave: unknown key; it belongs in an entry of `cluster.groups`"),
        ("notice: 2 min", "7:3: cluster.notice: unknown key; it belongs in `cluster.preemption`"),
        ("seed: 3", "7:3: cluster.seed: unknown key; it belongs at the top of the file"),
        ("loss: 0.1", "7:3: cluster.loss: unknown key; it belongs in `stop` or in `plan.target`"),
        ("gpus: 4", "7:3: cluster.gpus: unknown key; did you mean workers?"),
        ("failures: {mtbf: 1 month}", "7:14: cluster.failures.mtbf: '1 month' is not a duration; write seconds, or"),
        ("crashes: '0,5'", "7:3: cluster.crashes: '0,5' should be a number; write 0.5"),
        ("stragglers: pareto", "7:3: cluster.stragglers: 'pareto' should be keys and values; write {kind: pareto}"),
    ],
)
def test_signs_and_short_forms(tmp_path, written, told):
    assert said(f"{SCENARIO}  {written}\n", tmp_path).startswith(told)


def test_a_number_in_the_place_of_a_kind(tmp_path):
    assert (
        said(f"{SCENARIO}  stragglers: 0.5\n", tmp_path) == "7:3: cluster.stragglers: 0.5 should be keys and values"
    )


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("curves: easy", "4:1: curves: 'easy' should be keys and values; write {kind: synthetic, preset: easy}"),
        ("curves: a.csv", "4:1: curves: 'a.csv' should be keys and values; write {kind: recorded, file: a.csv}"),
        ("curves: ordered", "4:1: curves: 'ordered' should be keys and values; write {kind: ordered}"),
    ],
)
def test_curves_in_a_word(tmp_path, section, told):
    assert said(SCENARIO.replace("curves: {kind: ordered}", section), tmp_path) == told


def test_a_searcher_in_a_word(tmp_path):
    told = said(SCENARIO.replace("{name: asha, max_trials: 9, max_length: 9}", "asha"), tmp_path)
    assert told == "3:3: searchers.S: 'asha' should be keys and values; write {name: asha}"


def test_workers_of_a_plan(tmp_path):
    told = said(f"{SCENARIO}plan: {{vary: {{}}, workers: [1, 2]}}\n", tmp_path)
    assert told.endswith("plan.workers: unknown key; write `vary: {cluster.workers: [1, 2, 4]}`")


def test_money(tmp_path):
    text = SCENARIO.replace("workers: 3", "groups: {a: {count: 1, price: $2.10}}")
    assert said(text, tmp_path).endswith("cluster.groups.a.price: '$2.10' should be a number; write 2.10")


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("62 hours", 62),
        ("2 days", 48),
        ("30 mins", 0.5),
        ("90 minutes", 1.5),
        ("7200 sec", 2),
        ("1 hr", 1),
        ("1day", 24),
        ("90 Minutes", 1.5),
        ("3 H", 3),
        ("1.5 weeks", 252),
    ],
)
def test_units_of_time_in_words(tmp_path, written, hours):
    path = tmp_path / "s.yaml"
    path.write_text(f"{SCENARIO}stop: {{time: {written}}}\n")
    assert load(path).scenario.stop.time == hours * 3600 * 10**6


@pytest.mark.parametrize("written", ["5 months", "5 m", "5 parsecs", "h"])
def test_unknown_units_of_time(tmp_path, written):
    assert "is not a duration; write seconds, or a number with s, min, h, d or week" in said(
        f"{SCENARIO}stop: {{time: {written}}}\n", tmp_path
    )


def notes(text, path):
    return [str(note) for note in check_document(parse(text.encode(), path / "s.yaml")).notes]


def test_a_number_without_a_unit_is_said_to_be_seconds(tmp_path):
    text = f"{SCENARIO}plan:\n  vary: {{cluster.workers: [1, 2]}}\n  deadline: 62\n"
    (note,) = notes(text, tmp_path)
    assert note.endswith(
        "s.yaml:9:3: plan.deadline: 62 was read as 62 s, while times are shown in h; write 62 h if meant so"
    )
    assert notes(text.replace("62", "62 s"), tmp_path) == []
    assert notes(text.replace("time_unit: h", "time_unit: s"), tmp_path) == []
    (tmp_path / "s.yaml").write_text(text)
    done = asha_sim("check", "s.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "s.yaml: sound; searchers S\n")
    assert done.stderr.startswith("note: s.yaml:9:3: plan.deadline: 62 was read as 62 s")


def test_a_searcher_that_a_plan_varies_and_the_file_has_not(tmp_path):
    text = f"{SCENARIO}plan:\n  vary:\n    searchers.T.divisor: [2, 4]\n  deadline: 62 h\n"
    (tmp_path / "s.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        Grid(load(tmp_path / "s.yaml")).cells()
    assert str(caught.value).endswith("9:5: searchers.T: a plan varies it, and the file has no such searcher")


@pytest.mark.parametrize("trials", [1, 9, 100, 1000])
def test_a_queue_that_fills_the_first_bracket_is_said(tmp_path, trials):
    """Its turn ends when the units of its new trials make up those of a bracket, and then the next bracket's begins."""
    text = SCENARIO.replace("name: asha", "name: async_hyperband") + "  assignment: queued\n"
    text = text.replace("max_trials: 9", f"max_trials: {trials}")
    (note,) = notes(text, tmp_path)
    (tmp_path / "s.yaml").write_text(text)
    trace = Experiment(load(tmp_path / "s.yaml")).run("S")
    first = int(((trace.bracket == 0) & (trace.rung == 0)).sum())

    assert note.endswith(
        f"s.yaml:3:3: searchers.S: a queue asks for all its trials at once, and {first:,} of the {trials:,} fall to its "
        "first bracket; give it max_concurrent_trials, such as the number of workers, or `assignment: on_demand`"
    )
    assert notes(text.replace("max_length: 9", "max_length: 1"), tmp_path) == []  # there is one bracket
    assert notes(text.replace("max_length: 9", "max_length: 9, max_concurrent_trials: 3"), tmp_path) == []
    assert notes(text.replace("queued", "on_demand"), tmp_path) == []


@pytest.mark.parametrize("command", [["run"], ["curves", "describe"]])
def test_an_address_in_the_place_of_a_file(tmp_path, command):
    done = asha_sim(*command, "https://example.org/s.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is an address, and only files on this machine are read; download it first" in done.stderr
    assert done.stderr.count("\n") == 1
