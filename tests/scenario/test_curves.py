"""The `curves:` section: presets, knobs, and back from a law to a section."""

import pytest

from simulator.core.errors import InputError
from simulator.curves.presets import PRESETS
from simulator.curves.synthetic import Law, Like
from simulator.experiment.experiment import Experiment
from simulator.scenario.curves import SyntheticSection, section
from simulator.scenario.loading import load

HEAD = "searchers:\n  SHA: {name: sha, max_trials: 9, max_length: 9, divisor: 3}\ncluster: {workers: 3}\n"


def scenario(tmp_path, curves):
    path = tmp_path / "s.yaml"
    path.write_text(HEAD + curves)
    return load(path)


def refused(tmp_path, curves):
    with pytest.raises(InputError) as caught:
        Experiment(scenario(tmp_path, curves))
    return str(caught.value).replace(str(tmp_path) + "/", "")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_its_law(tmp_path, preset):
    assert scenario(tmp_path, f"curves: {{kind: synthetic, preset: {preset}}}").scenario.curves.law == PRESETS[preset]


def test_a_law_fitted_before_is_read_and_one_to_come_is_not(tmp_path):
    old = "kind: synthetic, family: pow4, levels: [.1, .2, .5], unit_times: [1, 2, 9], unit_time_quality: .1, crossings: .2"
    made = scenario(tmp_path, f"curves: {{{old}}}").scenario.curves

    assert made.law == Law(
        family="pow4", levels=(0.1, 0.2, 0.5), unit_times=(1, 2, 9), unit_quality=0.1, crossings=0.2
    )
    assert scenario(tmp_path, f"curves: {{{old}, version: 1}}").scenario.curves.law == made.law
    assert "curves.version: 3 should be 1 or 2" in refused(tmp_path, f"curves: {{{old}, version: 3}}")


def test_a_unit_time_beside_a_preset_takes_the_place_of_its_quantiles(tmp_path):
    made = scenario(
        tmp_path, "curves: {kind: synthetic, preset: language-model, unit_time: 90 s}"
    ).scenario.curves.law
    assert (made.unit_s, made.unit_sigma, made.unit_times) == (90, 0.41, ())


def test_keys_go_before_the_preset(tmp_path):
    law = scenario(tmp_path, "curves: {kind: synthetic, preset: hard, unit_time: 2 h, noise: 0}").scenario.curves.law
    assert (law.unit_s, law.noise, law.skew) == (7200, 0, PRESETS["hard"].skew)


@pytest.mark.parametrize(
    "law",
    [
        Law(),
        Law(family="mmf4", scale=3.0, waves=0.1, crossings=-0.5, unit_quality=0.2, logarithmic=True),
        Law(levels=(0.1, 0.5), unit_times=(1.0, 2.0, 5.0), diverged=0.1),
        Law(unit_times=(1.0, 2.0, 5.0), unit_s=3.0, noise=0.1, noise_units=3, death_times=(1.0, 4.0)),
        Law(
            family="exp4", noise_units=2, diverged=0.1, death_times=(1.0, 4.0), logarithmic=True,
            trials=(Like(0.1, 0.2, 0.3, 0.4, 5.0, 0.6, 0.7), Like(-1.0, -0.2, 1.3, 2.4, 3.0)),
        ),
    ],
)  # fmt: skip
def test_a_section_says_all_of_a_law(law):
    assert SyntheticSection.model_validate(section(law)).law == law


def test_hyperband_s_toy_model(tmp_path):
    law = scenario(tmp_path, "curves: {kind: synthetic, family: hyperband, alpha: 2, beta: 4}").scenario.curves.law
    assert (law.family, law.rate, law.rate_sigma, law.skew) == ("pow3", 0.5, 0, 0.25)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("preset: easier", "s.yaml:4:27: curves.preset: 'easier' should be 'easy', 'hard', 'language-model'"),
        ("family: pow5", "curves.family: 'pow5' should be"),
        ("family: hyperband", "curves: family hyperband goes with alpha and beta, and they with it"),
        ("alpha: 1", "curves: family hyperband goes with alpha and beta, and they with it"),
        ("levels: [2, 1]", "curves: levels should rise: they are quantiles"),
        ("unit_times: [2 s, 1 s]", "curves: unit_times should rise: they are quantiles"),
        ("death_times: [2, 1]", "curves: death_times should rise: they are quantiles"),
        ("noise_units: 0", "curves.noise_units: 0 should be greater than or equal to 1"),
        ("trials: []", "curves.trials: "),
        ("trials: [[1, 2, 3]]", "curves.trials.0: "),
        ("trials: [[1, 2, 3, 4, 5, 6, 7]], gain: 2", "curves: gain is given together with trials, which say it for each trial"),
        ("trials: [[1, 2, 3, 4, 5, 6, 7]], preset: easy", "curves: preset is given together with trials"),
        ("trials: [[1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 0, 6, 7]]", "curves: trials.1 has a rate, scale or time that is not"),
        ("trials: [[1, 2, 3, 4, 5, -6, 7]]", "or a noise or spread below 0"),
        ("crossings: 2", "curves.crossings: 2 should be less than or equal to 1"),
        ("diverged: -0.1", "curves.diverged: -0.1 should be greater than or equal to 0"),
        ("wave: 1", "curves.wave: unknown key; did you mean waves?"),
    ],
)  # fmt: skip
def test_what_is_wrong(tmp_path, keys, said):
    assert said in refused(tmp_path, f"curves: {{kind: synthetic, {keys}}}")


def test_recorded_curves_without_times(tmp_path):
    rows = "".join(f"{trial},{resource},{trial + 1 / resource}\n" for trial in range(9) for resource in (1, 3, 9))
    (tmp_path / "c.csv").write_text("trial,resource,loss\n" + rows)
    plain = "curves: {kind: recorded, file: c.csv"

    assert "c.csv:1:1: lacks the column elapsed_s" in refused(tmp_path, plain + "}")
    runs = [
        Experiment(scenario(tmp_path, plain + f", unit_time: 1 min, unit_time_sigma: {sigma}}}")).run("SHA")
        for sigma in (0, 0.5)
    ]
    assert runs[0].makespan == 60e6 * (3 + 2 + 6)  # nine jobs of one unit on three workers, three of two, one of six
    assert runs[1].makespan != runs[0].makespan
