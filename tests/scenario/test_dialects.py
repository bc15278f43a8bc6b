"""Blocks in the words of Ray Tune, Optuna, Syne Tune and scikit-learn: what pastes in, and what is wrong with the rest."""

from __future__ import annotations

from collections import Counter

import pytest

from simulator.core.errors import InputError
from simulator.experiment.experiment import Experiment
from simulator.experiment.sharing import SharedExperiment
from simulator.planning.previewing.file import preview_file
from simulator.scenario.drawn_brackets import drawn_brackets
from simulator.scenario.loading import load
from simulator.scenario.searchers import SEARCHERS
from simulator.searchers.watched import Watched
from tests.support.runner import asha_sim

REST = "curves: {kind: ordered}\ncluster: {workers: 4}\n"

#: The required arguments of each library; the others have its defaults.
BLOCKS = {
    "ray_asha": "num_samples: 12",
    "ray_hyperband": "num_samples: 12",
    "optuna_successive_halving": "n_trials: 12, max_resource: 27",
    "optuna_hyperband": "n_trials: 12, max_resource: 27, study_name: mine",
    "syne_tune_stopping": "max_num_trials_started: 12, version: 0.13",
    "syne_tune_promotion": "max_num_trials_started: 12",
    "sklearn_halving": "n_candidates: 12, max_resources: 27",
}


def written(folder, block, rest=REST):
    path = folder / "scenario.yaml"
    path.write_text(f"searcher: {{{block}}}\n{rest}")
    return path


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_with_the_librarys_defaults_runs(name, tmp_path):
    loaded = load(written(tmp_path, f"name: {name}, {BLOCKS[name]}"))
    trace = Experiment(loaded).run(name)
    assert len(set(trace.trial.tolist())) == 12
    assert not trace.stopped
    assert trace.to_resource.max() <= trace.max_length == loaded.scenario.searchers[name].max_length
    assert not any("without effect" in str(note) for note in loaded.notes)


@pytest.mark.slow
@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_is_previewed(name, tmp_path):
    seen = preview_file(written(tmp_path, f"name: {name}, {BLOCKS[name]}"))[name]
    assert seen.trials.mean == 12
    assert seen.brackets[0].rungs[0].trials.max <= 12


def test_the_defaults_are_the_librarys(tmp_path):
    def numbers(name):
        block = load(written(tmp_path, f"name: {name}, {BLOCKS[name]}")).scenario.searchers[name]
        return {key: getattr(block, key) for key in type(block).model_fields if key not in block.model_fields_set}

    assert (
        numbers("ray_asha").items() >= {"max_t": 100, "grace_period": 1, "reduction_factor": 4, "brackets": 1}.items()
    )
    assert numbers("ray_hyperband").items() >= {"max_t": 81, "reduction_factor": 3}.items()
    assert numbers("optuna_successive_halving").items() >= {"min_resource": "auto", "reduction_factor": 4}.items()
    assert numbers("optuna_hyperband").items() >= {"min_resource": 1, "reduction_factor": 3}.items()
    assert numbers("syne_tune_stopping").items() >= {"max_t": 100, "reduction_factor": 3}.items()
    assert numbers("sklearn_halving").items() >= {"min_resources": "exhaust", "factor": 3}.items()


def test_what_has_no_effect_is_named(tmp_path):
    block = "name: ray_asha, num_samples: 3, metric: val_loss, mode: min, time_attr: epoch"
    notes = "\n".join(map(str, load(written(tmp_path, block)).notes))
    assert "time_attr, metric: accepted, and without effect here" in notes


@pytest.mark.parametrize(
    ("block", "named"),
    [
        (
            "syne_tune_promotion, max_num_trials_started: 3, max_t: 9, type: promotion, brackets: 1, searcher: random, "
            "resource_attr: epoch, max_resource_attr: epochs, random_seed: 1",
            "resource_attr, max_resource_attr, random_seed, searcher, type",
        ),
        ("syne_tune_stopping, max_num_trials_started: 3, version: 0.13, max_t: 9, type: stopping", "type"),
        ("syne_tune_stopping, max_num_trials_started: 3, version: 0.16, searcher: random_search", "searcher"),
        ("sklearn_halving, n_candidates: 3, max_resources: 9, min_resources: 3, return_train_score: false", "return_train_score"),
    ],
)  # fmt: skip
def test_a_whole_call_of_a_library_pastes_in(tmp_path, block, named):
    [note] = load(written(tmp_path, f"name: {block}")).notes
    assert str(note).endswith(f": {named}: accepted, and without effect here")


RAY = "searcher: {{name: {}, num_samples: 3}}\ncurves: {{kind: synthetic}}\ncluster: {{workers: 2{}}}\n"


@pytest.mark.parametrize(
    ("name", "cluster", "told"),
    [
        ("ray_asha", ", failures: {}", True),
        ("ray_hyperband", ", crashes: 0.1", True),
        ("ray_asha", ", drops: {}, recovery: {checkpoint_every: 2}", True),
        ("ray_asha", ", preemption: {}, recovery: {retry: first}", False),
        ("ray_asha", ", preemption: {}, recovery: {retry: last}", False),
        ("ray_asha", ", preemption: {}, recovery: {on_loss: exit}", False),
        ("ray_asha", ", failures: {}, recovery: {on_loss: exit}", False),
        ("ray_asha", ", crashes: 0.1, recovery: {max_restarts: 0}", False),
        ("ray_asha", ", preemption: {}, recovery: {max_restarts: 0}", True),
        ("ray_asha", "", False),
    ],
)
def test_ray_tries_lost_trials_again_last(tmp_path, name, cluster, told):
    path = tmp_path / "s.yaml"
    path.write_text(RAY.format(name, cluster))
    notes = [str(note) for note in load(path).notes if "lost trials" in str(note)]

    assert [note.partition("; ")[2] for note in notes] == [
        "`recovery: {retry: last}` does as the library does"
    ] * told


def test_other_libraries_have_no_note_on_lost_trials(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(RAY.format("asha", ", failures: {}").replace("num_samples: 3", "max_trials: 3, max_length: 9"))
    assert not load(path).notes


@pytest.mark.parametrize(
    ("trials", "told"),
    [
        ("", True),
        ("max_trials: 9, ", False),
        ("max_concurrent_trials: 2, ", False),
        ("max_concurrent_trials: 9, ", False),
    ],
)
def test_an_endless_search_never_comes_to_what_is_tried_again_last(tmp_path, trials, told):
    """With a limit of jobs under way, lost trials are under way, too, until no new one may begin."""
    path = tmp_path / "s.yaml"
    text = RAY.format("asha", ", crashes: 0.3, recovery: {retry: last}")
    path.write_text(text.replace("num_samples: 3", f"{trials}max_length: 9") + "stop: {time: 9 h}\n")
    loaded = load(path)
    trace = Experiment(loaded).run("asha")
    again = len(trace) > len(set(zip(trace.trial.tolist(), trace.rung.tolist(), strict=True)))

    assert ["never tried again" in str(note) for note in loaded.notes] == [True] * told
    assert again is not told


@pytest.mark.parametrize(
    ("searcher", "recovery"),
    [
        ("{name: asha, max_length: 9}", "{on_loss: exit, retry: last}"),
        ("{name: random, max_length: 9, max_concurrent_trials: 2}", "{retry: last}"),
    ],
)
def test_an_endless_search_that_waits_or_tries_nothing_again_has_no_such_note(tmp_path, searcher, recovery):
    path = tmp_path / "s.yaml"
    path.write_text(
        f"searcher: {searcher}\ncurves: {{kind: synthetic}}\nstop: {{time: 9 h}}\n"
        f"cluster: {{workers: 2, failures: {{}}, recovery: {recovery}}}\n"
    )
    assert not load(path).notes


def test_a_default_that_a_version_lacks_is_told(tmp_path):
    block = "name: syne_tune_stopping, max_num_trials_started: 3, version: 0.13"
    assert "max_t is 100, the default of version 0.16" in str(load(written(tmp_path, block)).notes[0])


def test_the_two_classes_of_sklearn_differ_in_a_default(tmp_path):
    random = load(written(tmp_path, "name: sklearn_halving, n_candidates: exhaust, max_resources: 27"))
    block = random.scenario.searchers["sklearn_halving"]
    assert (block.min_resources, block.trials, int(block.max_length)) == ("smallest", 27, 27)
    assert not random.notes
    unsaid = load(written(tmp_path, "name: sklearn_halving, n_candidates: 9, max_resources: 27"))
    assert "min_resources is exhaust, the default of HalvingGridSearchCV" in str(unsaid.notes[0])


@pytest.mark.parametrize("name", [name for name in BLOCKS if SEARCHERS[name].in_place])
def test_a_trial_on_its_own_worker_never_begins_again(name, tmp_path):
    """`resume: false` is about promoted trials; these stay where they are, alone or beside other searches."""
    loaded = load(written(tmp_path, f"name: {name}, {BLOCKS[name]}"))
    again = REST.replace("{workers", "{resume: false, workers")
    told = load(written(tmp_path, f"name: {name}, {BLOCKS[name]}", again))
    [label] = loaded.scenario.searchers
    ends = [Experiment(one).run(label).end.tolist() for one in (loaded, told)]
    path = tmp_path / "shared.yaml"
    path.write_text(
        f"searches: {{a: {{searcher: {{name: {name}, {BLOCKS[name]}}}, arrivals: {{kind: at, times: [0]}}}}}}\n"
        "curves: {kind: ordered}\ncluster: {workers: 4, resume: false}\n"
    )
    shared = SharedExperiment(load(path)).run()

    assert "its trials always go on from their last result" in str(told.notes[-1])
    assert ends[0] == ends[1] == shared.trace.end.tolist()


@pytest.mark.parametrize("name", BLOCKS)
def test_a_run_is_the_same_whoever_watches_it(name, tmp_path):
    """`simulate`, `explore` and the player listen to the searcher; its trials stay on their workers all the same."""
    rest = "curves: {kind: synthetic}\ncluster: {workers: 5, overheads: {trial_start: 1 s}}\n"
    experiment = Experiment(load(written(tmp_path, f"name: {name}, {BLOCKS[name]}", rest)))
    [label] = experiment.loaded.scenario.searchers
    traces = [
        experiment.run(label),
        experiment.run(label, with_decisions=True),
        experiment.run(label, lambda searcher: Watched(searcher, lambda: None)),
    ]

    assert len({(tuple(trace.worker.tolist()), tuple(trace.end.tolist())) for trace in traces}) == 1


@pytest.mark.parametrize(
    ("block", "told", "last"),
    [
        (
            "sklearn_halving, n_candidates: 9, max_resources: 81, min_resources: 1",
            "no trial trains to max_resources, 81",
            9,
        ),
        (
            "ray_hyperband, num_samples: 12, max_t: 100, reduction_factor: 4",
            "longer searches have brackets that end before max_t, 100",
            64,
        ),
        (
            "ray_hyperband, num_samples: 40, max_t: 100, reduction_factor: 4",
            "some brackets end before max_t, 100",
            64,
        ),
    ],
)
def test_what_is_trained_in_full_is_told_where_trials_end_before_the_end(tmp_path, block, told, last):
    loaded = load(written(tmp_path, f"name: {block}"))
    [note] = loaded.notes
    assert str(note).endswith(f"{told} units; a trial counts as trained in full from {last} units on")
    [searcher] = loaded.scenario.searchers.values()
    assert searcher.build().resources[-1] == (100 if "ray" in block else last)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("name: ray_asha, num_samples: 3, max_t: 9, grace_period: 10", "grace_period is 10 and max_t 9"),
        ("name: ray_asha, num_samples: 3, reduction_factor: 1", "should be greater than 1"),
        ("name: ray_asha, num_samples: 3, eta: 3", "unknown key"),
        ("name: ray_asha, num_samples: 3, stop_last_trials: false", "false should be true"),
        ("name: optuna_hyperband, n_trials: 3, max_resource: 9", "study_name: is missing"),
        ("name: optuna_successive_halving, n_trials: 3, max_resource: 9, bootstrap_count: 2", "exclude each other"),
        ("name: syne_tune_stopping, max_num_trials_started: 3", "version: is missing"),
        ("name: syne_tune_stopping, max_num_trials_started: 3, version: 0.16, mode: min", "of version 0.13"),
        ("name: syne_tune_stopping, max_num_trials_started: 3, version: 0.13, do_minimize: true", "of version 0.16"),
        ("name: syne_tune_stopping, max_num_trials_started: 3, version: 0.13, reduction_factor: 1.5", "2 or more"),
        ("name: syne_tune_stopping, max_num_trials_started: 3, version: 0.13, brackets: 2", "only 1 is simulated"),
        ("name: syne_tune_promotion, max_num_trials_started: 3, version: 0.16", "should be '0.13'"),
        ("name: syne_tune_promotion, max_num_trials_started: 3, max_t: 9, type: stopping", "should be 'promotion'"),
        ("name: syne_tune_promotion, max_num_trials_started: 3, max_t: 9, brackets: 2", "2 should be 1"),
        ("name: syne_tune_promotion, max_num_trials_started: 3, max_t: 9, searcher: bayesopt", "'random'"),
        (
            "name: sklearn_halving, n_candidates: exhaust, min_resources: exhaust, max_resources: 9",
            "cannot both be exhaust",
        ),
        ("name: sklearn_halving, n_candidates: 9, max_resources: 9, min_resources: 10", "should not be greater"),
        ("name: sklearn_halving, n_candidates: 9, max_resources: 9, resource: n_samples", "give it as a number"),
        ("name: ray_asha, num_samples: 9, reduction_factor: 1.0000001", "makes 46,051,705 rungs up to 100; take"),
        (
            "name: ray_asha, num_samples: 9, reduction_factor: 1.0000001, brackets: 2",
            "rungs up to 100; take a greater",
        ),
        ("name: sklearn_halving, n_candidates: 9, max_resources: 9, factor: 1.0000001", "rounds; take a greater one"),
        ("name: ray_hyperband, num_samples: 9, max_t: 10, reduction_factor: 1.2", "moves a milestone from 4 to 4"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(block, message, tmp_path):
    with pytest.raises(InputError) as caught:
        Experiment(load(written(tmp_path, block)))
    [problem] = caught.value.problems
    assert message in str(problem)
    assert "\n" not in str(problem)


@pytest.mark.parametrize(
    "block",
    [
        "name: syne_tune_stopping, max_num_trials_started: 3, version: 0.16, mode: min",
        "name: ray_asha, num_samples: 3, max_t: 9, grace_period: 10",
        "name: ray_asha, num_samples: 3, reduction_factor: 1",
        "name: optuna_hyperband, n_trials: 3, max_resource: 9",
    ],
)
def test_the_command_line_says_so_in_a_line(block, tmp_path):
    done = asha_sim("run", written(tmp_path, block))
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1


def test_more_trials_than_curves(tmp_path):
    (tmp_path / "two.csv").write_text("trial,resource,loss,elapsed_s\n0,1,1,1\n1,1,1,1\n")
    rest = "curves: {kind: recorded, file: two.csv}\ncluster: {workers: 4}\n"
    path = written(tmp_path, "name: ray_asha, num_samples: 3, max_t: 1", rest)
    with pytest.raises(InputError, match="num_samples is 3 and 2 trials are recorded; lower it to 2"):
        Experiment(load(path))
    assert len(asha_sim("run", path).stderr.strip().splitlines()) == 1


def test_jobs_that_queue_are_no_place_for_a_trial_that_goes_on_in_place(tmp_path):
    rest = "curves: {kind: ordered}\ncluster: {workers: 4, assignment: queued}\n"
    with pytest.raises(InputError, match="use `assignment: on_demand`"):
        load(written(tmp_path, "name: ray_asha, num_samples: 3", rest))


def test_searchers_agree_on_what_is_better(tmp_path):
    path = tmp_path / "scenario.yaml"
    path.write_text(
        "searchers:\n  a: {name: ray_asha, num_samples: 3, mode: max}\n"
        f"  b: {{name: optuna_successive_halving, n_trials: 3, max_resource: 9, direction: minimize}}\n{REST}"
    )
    with pytest.raises(InputError, match="wants smaller losses, and elsewhere greater ones"):
        load(path)


def test_brackets_are_drawn_by_their_weights_whatever_was_asked_before():
    weights = [0.67, 0.24, 0.09]
    forwards, backwards = drawn_brackets(weights, 3), drawn_brackets(weights, 3)
    drawn = [forwards(trial) for trial in range(10_000)]
    assert drawn == [backwards(trial) for trial in reversed(range(10_000))][::-1]
    counts = Counter(drawn)
    for bracket, weight in enumerate(weights):
        assert abs(counts[bracket] - 10_000 * weight) < 4 * (10_000 * weight * (1 - weight)) ** 0.5


def test_another_seed_puts_trials_into_other_brackets(tmp_path):
    block = "name: ray_asha, num_samples: 40, brackets: 3, reduction_factor: 3"
    [spec] = load(written(tmp_path, block)).scenario.searchers.values()
    one, other = (spec.build(seed) for seed in (1, 2))
    assert [one.next_job().bracket for _ in range(40)] != [other.next_job().bracket for _ in range(40)]


@pytest.mark.parametrize("num_samples", [3, 12, 13, 42, 43, 60])
def test_brackets_of_ray_hyperband_are_said_to_end_before_max_t_if_they_do(tmp_path, num_samples):
    """The first two brackets, of 4 and 8 trials, end at 100 units; the third, of 22, ends at 96."""
    block = f"name: ray_hyperband, num_samples: {num_samples}, max_t: 100, reduction_factor: 4"
    loaded = load(written(tmp_path, block))
    trace = Experiment(loaded).run("ray_hyperband")
    ends = [int(trace.to_resource[trace.bracket == bracket].max()) for bracket in set(trace.bracket.tolist())]

    assert ("some brackets end before" in str(loaded.notes[0])) is (min(ends) < 100)
