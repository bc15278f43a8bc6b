"""The grid, and what is wrong with plans: one line with a place for each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.core import ticks
from simulator.core.errors import InputError
from simulator.experiment.experiment import Experiment
from simulator.planning.backend import WorkerPool
from simulator.planning.grid import Grid
from simulator.planning.limits import check_deadline
from simulator.planning.planner import answer
from simulator.planning.report.sentences import remarks
from simulator.scenario.loading import load
from tests.support.plans import HEAD, loaded, planned

MANY = planned("vary:\n  cluster.workers: [2, 4]\n  searchers.ASHA.divisor: [2, 4, 8]\nreplicates: 50000")


def cells(tmp_path, plan, head=HEAD):
    return Grid(loaded(tmp_path, planned(plan, head))).cells()


def problems(tmp_path, text):
    with pytest.raises(InputError) as caught:
        answer(loaded(tmp_path, text), pool=WorkerPool(jobs=1))
    return str(caught.value).replace(str(tmp_path) + "/", "").splitlines()


def test_every_combination_the_last_axis_fastest(tmp_path):
    made = cells(tmp_path, "vary: {cluster.workers: [2, 4], searchers.ASHA.divisor: [2, 4], curves.unit_time: [1 h]}")

    assert [(cell.count, cell.setting) for cell in made] == [
        (2, "divisor 2, unit_time 1 h"),
        (2, "divisor 4, unit_time 1 h"),
        (4, "divisor 2, unit_time 1 h"),
        (4, "divisor 4, unit_time 1 h"),
    ]
    assert made[0].loaded.scenario.searchers["ASHA"].divisor == 2
    assert made[0].loaded.scenario.searchers["SHA"].divisor == 4
    assert made[0].name == "2 workers, divisor 2, unit_time 1 h"


def test_named_alternatives_are_merged_and_null_takes_away(tmp_path):
    head = HEAD.replace("{workers: 4}", "{groups: {V 1.5: {count: 4, price: 1}}, stragglers: {kind: two_point}}")
    plan = (
        "vary:\n"
        "  cluster.groups.V 1.5.count: [3]\n"
        "  cluster:\n"
        "    as it is: {}\n"
        "    plain: {groups: {V 1.5: {price: 0.3}}, stragglers: null}\n"
        "    other: {groups: null, workers: 7}\n"
    )
    first, second = cells(tmp_path, plan.replace("    other: {groups: null, workers: 7}\n", ""), head)
    group = second.loaded.scenario.cluster.groups["V 1.5"]

    assert (first.setting, second.setting) == ("as it is", "plain")
    assert (first.count, group.count, group.price, second.loaded.scenario.cluster.stragglers) == (3, 3, 0.3, None)
    assert first.loaded.scenario.cluster.stragglers.kind == "two_point"
    [cell] = cells(tmp_path, "vary: {cluster: {other: {groups: null, workers: 7}}}", head)
    assert cell.count == 7


def test_keys_that_go_together(tmp_path):
    plan = "vary: {cluster.workers & searchers.ASHA.max_concurrent_trials: [2, 4]}"
    made = cells(tmp_path, plan)

    assert [cell.loaded.scenario.searchers["ASHA"].max_concurrent_trials for cell in made] == [2, 4]
    assert [cell.name for cell in made] == ["2 workers", "4 workers"]


def test_the_searcher_of_a_file_with_one(tmp_path):
    head = "searcher: {name: asha, max_trials: 16, max_length: 16}\n" + "".join(HEAD.splitlines(True)[3:])
    first, second = cells(tmp_path, "vary: {searcher.divisor: [2, 4]}", head)

    assert [cell.loaded.scenario.searchers["asha"].divisor for cell in (first, second)] == [2, 4]


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("vary: {}", "s.yaml:7:3: plan.vary: is empty; name a key and its values: {cluster.workers: [8, 16]}"),
        ("deadline: 1 h", "s.yaml:6:1: plan.vary: is missing"),
        ("vary: {cluster.workers: []}", "s.yaml:7:10: plan.vary.cluster.workers: is empty; give at least one value"),
        (
            "vary: {cluster.workers: 8}",
            "s.yaml:7:10: plan.vary.cluster.workers: should be a list of values, or a name for each: [8, 16], "
            "{spot: …, on demand: …}",
        ),
        ("vary: {cluster.workers: [8, 16, 8]}", "s.yaml:7:10: plan.vary.cluster.workers: 8 stands there twice"),
        ("vary: {cluster..workers: [8]}", "s.yaml:7:10: plan.vary.cluster..workers: is not a dotted key, such as cluster.workers"),
        ("vary: {seed: [1, 2]}", "s.yaml:7:10: plan.vary.seed: seed can't be varied; all cells share it"),
        (
            "vary: {cluster.workers: [4, 0, -1]}",
            "s.yaml:7:31: cluster.workers: 0 should be greater than or equal to 1\n"
            "s.yaml:7:34: cluster.workers: -1 should be greater than or equal to 1",
        ),
        ("vary: {cluster.worker: [4, 5]}", "s.yaml:7:10: cluster.worker: unknown key; did you mean workers?"),
        ("vary:\n  cluster.worker:\n  - 4\n  - 5", "s.yaml:8:5: cluster.worker: unknown key; did you mean workers?"),
        ("vary: {\n  clster.workers: [4]}", "s.yaml:8:5: clster: unknown key; did you mean cluster?"),
        ("vary:\n  clster.workers: [4]", "s.yaml:8:5: clster: unknown key; did you mean cluster?"),
        (
            "vary:\n  searchers.Asha.divisor: [2]",
            "s.yaml:8:5: searchers.Asha: a plan varies it, and the file has no such searcher",
        ),
        (
            "vary:\n  cluster:\n    a: {}\n    b:\n      stragglers: {kind: pareto, alhpa: 2}",
            "s.yaml:11:36: cluster.stragglers.alhpa: unknown key; did you mean alpha?",
        ),
        (
            "vary: {searchers.SHA.num_rungs: [3, 9]}",
            "s.yaml:2:3: searchers.SHA: 9 rungs would stand at 0, 0, 0, 0, 0, 0, … of 16 units; each needs its own unit (in the "
            "cell 4 workers, num_rungs 9)",
        ),
        ("vary: {cluster.workers: [4]}\nreplicates: {min: 9, max: 3}", "s.yaml:8:3: plan.replicates: max is less than min; give at least as many"),
        ("vary: {cluster.workers: [4]}\nreplicates: {min: 9, settle: 3}", "s.yaml:8:3: plan.replicates: settle is less than min; give at least as many"),
        ("vary: {cluster.workers: [4]}\nreplicates: 1", "s.yaml:8:3: plan.replicates: 1 should be from 2 to 100,000"),
        ("vary: {cluster.workers: [4]}\ntarget: {loss: 0.1, quantile: 0.1}", "s.yaml:8:3: plan.target: give one of loss, quantile, full_length_trials"),
        ("vary: {cluster.workers: [4]}\nconfidence: 1", "s.yaml:8:3: plan.confidence: 1 should be less than 1"),
        ("vary: {cluster.workers: [4]}\nconfidence: 0", "s.yaml:8:3: plan.confidence: 0 should be greater than or equal to 0.5"),
        ("vary: {cluster.workers: [4]}\nassurance: 1", "s.yaml:8:3: plan.assurance: 1 should be less than 1"),
        ("vary: {cluster.workers: [4]}\nassurance: 0.5", "s.yaml:8:3: plan.assurance: 0.5 should be greater than 0.5"),
        ("vary: {cluster.workers: [4]}\nchoose_by: luck", "s.yaml:8:3: plan.choose_by: 'luck' should be 'lower_bound' or 'estimate'"),
        ("vary: {cluster.workers: [4]}\ntarget: {quantile: 0}", "s.yaml:8:12: plan.target.quantile: 0 should be greater than 0"),
        ("vary: {cluster.workers: [4]}\ntarget: {quantile: 1}", "s.yaml:8:12: plan.target.quantile: 1 should be less than 1"),
        ("vary: {cluster.workers: [4]}\ntarget: {loss: 1, at: end}", "s.yaml:8:21: plan.target.at: 'end' should be 'full_length' or 'any'"),
        (
            "vary: {cluster.workers: [4]}\ntarget: {full_length_trials: 1, at: any}",
            "s.yaml:8:3: plan.target: at goes with loss or quantile; full_length_trials are at full length anyway",
        ),
        ("vary: {cluster.workers: [4]}\nbugdet: 1", "s.yaml:8:3: plan.bugdet: unknown key; did you mean budget?"),
        (
            "vary: {cluster.workers: [4]}\nbudget: 10",
            "s.yaml:6:1: plan: gives workers no price; say what one costs an hour: `plan: {price: …}`",
        ),
        (
            "vary:\n  cluster:\n    plain: {}\n    both: {workers: null, groups: {a: {count: 2, price: 1}, b: {count: 2}}}\nprice: 1",
            "s.yaml:10:63: cluster.groups.b: has no price, and others have one",
        ),
        (
            "vary: {cluster.workers: [4]}\ndeadline: 5 s",
            "s.yaml:8:3: plan.deadline: 5 s is before the end of the fastest possible run",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(tmp_path, plan, said):
    found = problems(tmp_path, planned(plan))

    assert len(found) == len(said.splitlines())
    assert all(line.startswith(text) for line, text in zip(found, said.splitlines(), strict=True)), found


def test_a_scenario_without_a_plan(tmp_path):
    assert problems(tmp_path, HEAD) == ["s.yaml:1:1: plan: is missing; say what to vary: `plan: {vary: {…: […]}}`"]


@pytest.mark.slow
def test_the_bound_of_a_deadline_is_named_and_holds(tmp_path):
    [said] = problems(tmp_path, planned("vary: {cluster.workers: [4]}\ndeadline: 5 s\nreplicates: 20"))
    bound = float(said.split("takes ")[1].split(" s")[0].replace(",", ""))
    found = answer(
        loaded(tmp_path, planned(f"vary: {{cluster.workers: [64]}}\ndeadline: {bound + 1}\nreplicates: 20"))
    )

    assert "the fastest trial of 20 replicates takes" in said
    assert min(option.times.min() for option in found.advice.options) >= bound


def test_too_many_runs_says_how_many_and_how_long(tmp_path):
    [said] = problems(tmp_path, MANY)

    assert said.startswith(
        "s.yaml:7:3: plan.vary: 600,000 runs (6 cells × 2 searchers × 50,000 replicates) are more than the limit of 100,000, "
        "and would take about "
    )
    assert said.endswith("with 1 at a time; vary less, lower replicates.max, or raise plan.limit")


def test_a_grid_that_would_not_fit_in_memory_is_refused_at_once(tmp_path):
    axes = "".join(
        f"  curves.{key}: [{', '.join(f'0.{n:02}' for n in range(1, 100))}]\n"
        for key in ("noise", "waves", "best", "gain")
    )
    [said] = problems(tmp_path, planned(f"vary:\n{axes}"))

    assert "are more than the limit of 100,000" in said


class Counted(dict):
    """The places of a document's entries, which count how often all of them are read."""

    times = 0

    def items(self):
        self.times += 1
        return super().items()


@pytest.mark.parametrize("side", [2, 30])
def test_the_entries_of_a_file_are_gone_through_twice_however_many_cells_there_are(tmp_path, side):
    workers = ", ".join(map(str, range(1, side + 1)))
    given = loaded(tmp_path, planned(f"vary: {{cluster.workers: [{workers}], searchers.ASHA.divisor: [2, 4]}}"))
    keys = Counted(given.document.keys)
    made = Grid(replace(given, document=replace(given.document, keys=keys))).cells()

    assert (len(made), keys.times) == (2 * side, 2)


def test_cells_share_what_they_do_not_change_and_change_nothing_of_the_file(tmp_path):
    given = loaded(tmp_path, planned("vary: {cluster.workers: [2, 3], searchers.ASHA.divisor: [2, 4]}"))
    before = repr(given.document.values)
    made = Grid(given).cells()

    assert repr(given.document.values) == before
    assert [cell.loaded.document.values["cluster"] for cell in made] == [{"workers": n} for n in (2, 2, 3, 3)]
    assert made[0].loaded.document.values["curves"] is made[3].loaded.document.values["curves"]


def test_a_cell_whose_cluster_alone_is_hopeless_is_named(tmp_path):
    head = HEAD.replace("{workers: 4}", "{groups: {g: {count: 2, preemption: {up: 30 d, down: 1 min}}}}")
    said = problems(
        tmp_path, planned("vary: {cluster.groups.g.preemption.up: [30 d, 0.001 s]}\nreplicates: 20", head)
    )

    assert len(said) == 1
    assert "can be done" in said[0]
    assert "(in the cell 2 workers, up 0.001 s)" in said[0]


@pytest.mark.parametrize(
    ("searcher", "units"),
    [
        ("asha, max_trials: 3, max_length: 64, divisor: 4", 1),
        ("optuna_successive_halving, n_trials: 4, max_resource: 64, min_resource: 2, bootstrap_count: 9", 2),
        ("ray_hyperband, num_samples: 3, max_t: 100, reduction_factor: 4", 64),
        ("sha, max_trials: 64, max_length: 64, divisor: 4", 64),
    ],
)
def test_a_deadline_is_possible_if_a_search_may_be_done_by_then(tmp_path, searcher, units):
    """Searches of few trials, or that stop them all, are done without a trial trained in full."""
    text = (
        f"searcher: {{name: {searcher}}}\ncurves: {{kind: ordered, unit_time: 1 s}}\ncluster: {{workers: 64}}\n"
        "plan: {vary: {cluster.workers: [64]}, replicates: 2, deadline: DEADLINE}\n"
    )
    said = []
    for deadline in (f"{units} s", f"{units - 0.5} s"):
        path = tmp_path / "s.yaml"
        path.write_text(text.replace("DEADLINE", deadline))
        grid = Grid(load(path))
        try:
            check_deadline(grid, grid.cells(), 0)
        except InputError as error:
            said.append(str(error))
    assert len(said) == 1
    assert f"takes {ticks.show(units * ticks.PER_SECOND, 's', 3)} to" in said[0]


@pytest.mark.parametrize(
    ("machines", "remedy"),
    [
        ("workers: 4, preemption: {}", "Say so with `preemption: {together: group}`."),
        (
            "workers: 4, preemption: {series: s.csv}",
            "Say so with `up`, `down` and `together: group` in place of `series`.",
        ),
        ("workers: 4, preemption: {together: group}", None),
        ("workers: 1, preemption: {}", None),
    ],
)
def test_machines_that_are_taken_away_one_by_one(tmp_path, machines, remedy):
    """Whether more or fewer runs are in time then depends on the deadline: 16 machines that stay or go together finish a
    short search undisturbed far more often than 16 that go one by one."""
    (tmp_path / "s.csv").write_text("up_s,down_s\n3600,60\n7200,60\n")
    head = HEAD.replace("workers: 4", machines)
    found = answer(loaded(tmp_path, planned("vary: {cluster.max_wait: [9 d]}\nreplicates: 2", head)))
    told = [text for text in remarks(found) if "one by one" in text]

    assert [text.partition("differ more. ")[2] for text in told] == ([] if remedy is None else [remedy])


@pytest.mark.parametrize(("together", "least", "most"), [("machine", 0, 0), ("group", 8, 20)])
def test_machines_that_go_together_may_let_more_runs_be_in_time(tmp_path, together, least, most):
    text = (
        "searcher: {name: random, max_trials: 16, max_length: 10}\ncurves: {kind: ordered, unit_time: 1 min}\n"
        f"cluster: {{workers: 16, preemption: {{together: {together}}}}}\n"
    )
    experiment = loaded(tmp_path, text)
    ends = [Experiment(experiment, seed).run("random").makespan for seed in range(20)]

    assert least <= sum(end <= 10.5 * ticks.UNITS["min"] for end in ends) <= most
