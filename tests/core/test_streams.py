"""A draw belongs to its key: it is the same whatever was asked before, and follows its distribution."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from fractions import Fraction
from hashlib import sha256
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from simulator.cluster.durations import LogNormalSpan, Weibull
from simulator.cluster.stragglers import HalfNormal, LogNormal, Pareto, Quantiles, TwoPoint
from simulator.core.normals import normal_quantile
from simulator.core.streams import Drawn, Stream, integers, order, uniforms, words

MILLION = 1_000_000
#: Standard errors: by chance alone, one in a million tests is further off.
DEVIATIONS = 4.9
UNLIKELY = 1e-6


def mixed(word):
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB % 2**64
    return word ^ (word >> 31)


def hashed(seed, stream, key, index):
    """The hash with Python's integers, written independently: first the pieces of the key are mixed in, then come the steps."""
    pieces = []
    while seed or not pieces:
        seed, piece = divmod(seed, 2**64)
        pieces.append(piece)
    state = len(pieces)
    for piece in [*pieces, stream, *key]:
        state = mixed(((state ^ piece) + 0x9E3779B97F4A7C15) % 2**64)
    return mixed((state + (index + 1) * 0x9E3779B97F4A7C15) % 2**64)


@pytest.mark.parametrize("seed", [0, 1, 7, 2**31, 2**32 - 1, 2**40 + 3, 2**64 - 1, 2**64, 2**130 + 5])
@pytest.mark.parametrize("key", [(), (0,), (3, 0, 7), (1, 2, 3, 4, 5, 6), (2**32,), (2**64 - 1, 1)])
def test_a_number_is_a_hash_of_seed_stream_key_and_index(seed, key):
    for first in (0, 1, 10**6, 2**40):
        expected = [hashed(seed, Stream.DROP, key, first + place) for place in range(3)]
        assert words(seed, Stream.DROP, *key, n=3, first=first).tolist() == expected


def test_the_hash_is_that_of_splitmix64():
    """These are the first numbers after the state 1234567, as the program of its authors prints them."""
    states = [(1234567 + step * 0x9E3779B97F4A7C15) % 2**64 for step in (1, 2, 3)]

    assert [mixed(state) for state in states] == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_uniform_numbers_are_the_hash_s_first_52_bits_and_neither_0_nor_1():
    hashes = [hashed(5, Stream.CRASH, (1, 0), index) for index in range(1000)]
    exact = [Fraction(2 * (word >> 12) + 1, 2**53) for word in hashes]

    assert [Fraction(number) for number in uniforms(5, Stream.CRASH, 1, 0, n=1000).tolist()] == exact
    assert 0 < 0.5 * 2.0**-52 < (2**52 - 1 + 0.5) * 2.0**-52 < 1


def test_integers_are_the_hash_s_share_of_the_range():
    for below in (1, 2, 7, 1000, 2**31):
        expected = [(hashed(5, Stream.FIT, (4,), index) >> 32) * below >> 32 for index in range(3, 200)]
        assert integers(5, Stream.FIT, 4, below=below, n=197, first=3).tolist() == expected


def test_orders_of_four_are_all_as_likely():
    counts = np.zeros((4,) * 4)
    for key in range(24_000):
        counts[tuple(order(0, Stream.RESAMPLE, key, n=4))] += 1

    assert np.count_nonzero(counts) == math.factorial(4)
    assert stats.chisquare(counts[counts > 0]).pvalue > UNLIKELY
    assert sorted(order(1, Stream.RESAMPLE, n=1000)) == list(range(1000))


def test_a_draw_is_the_same_whatever_was_asked_before_and_however_many_are_computed_at_once():
    forwards, backwards = (Drawn(3, Stream.DROP, normal_quantile, block=block) for block in (16, 256))
    places = [(index, key) for index in (0, 15, 16, 100, 5000) for key in ((), (1,), (1, 2))]
    drawn = [forwards.at(index, *key) for index, key in places]

    assert [backwards.at(index, *key) for index, key in reversed(places)] == drawn[::-1]
    assert len(set(drawn)) == len(drawn)


def test_normal_quantiles_are_those_of_the_standard_library():
    shares = np.concatenate(
        [uniforms(0, Stream.CURVES, n=2000), 10.0 ** -np.arange(1, 16), 1 - 10.0 ** -np.arange(1, 16),
         [0.5, 0.075, 0.925, 2.0**-53, 1 - 2.0**-53]]
    )  # fmt: skip
    expected = [NormalDist().inv_cdf(share) for share in shares.tolist()]

    assert normal_quantile(shares).tolist() == pytest.approx(expected, rel=1e-14, abs=1e-15)
    assert normal_quantile(shares.reshape(5, -1)).shape == (5, len(shares) // 5)


#: Each distribution with scipy's of the same law.
LAWS = {
    "uniform": (lambda share: share, stats.uniform()),
    "normal": (normal_quantile, stats.norm()),
    "exponential": (Weibull(1.0).quantile, stats.expon()),
    "wears out": (Weibull(3.0, 2.0).quantile, stats.weibull_min(2.0, scale=3 / math.gamma(1.5))),
    "heavy": (Weibull(3.0, 0.6).quantile, stats.weibull_min(0.6, scale=3 / math.gamma(1 + 1 / 0.6))),
    "log-normal span": (LogNormalSpan(2.0, 3.0).quantile, stats.lognorm(math.sqrt(2 * math.log(1.5)), scale=2)),
    "half-normal": (HalfNormal(0.7).quantile, stats.halfnorm(1, 0.7)),
    "log-normal": (LogNormal(0.4).quantile, stats.lognorm(0.4, scale=math.exp(-0.08))),
    "pareto": (Pareto(5.0).quantile, stats.pareto(5.0, scale=0.8)),
    "quantiles": (Quantiles([1.0, 2.0]).quantile, stats.uniform(1, 1)),
}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 12345])
@pytest.mark.parametrize("name", LAWS)
def test_a_million_numbers_have_the_law_s_mean_variance_and_distribution(name, seed):
    quantile, law = LAWS[name]
    numbers = quantile(uniforms(seed, Stream.STRAGGLER, list(LAWS).index(name), n=MILLION))
    mean, variance, _, excess = (float(moment) for moment in law.stats("mvsk"))
    fourth = (numbers - mean) ** 4 if not math.isfinite(excess) else np.array([(excess + 3) * variance**2])
    spread = math.sqrt((fourth.mean() - variance**2) / MILLION)

    assert abs(numbers.mean() - mean) < DEVIATIONS * math.sqrt(variance / MILLION)
    assert abs(numbers.var() - variance) < DEVIATIONS * spread
    assert stats.kstest(numbers, law.cdf).pvalue > UNLIKELY


def test_a_million_of_two_points():
    numbers = TwoPoint(0.1, 4.0).quantile(uniforms(0, Stream.STRAGGLER, n=MILLION))

    assert set(numbers.tolist()) == {1.0, 4.0}
    assert stats.binomtest(int((numbers == 4).sum()), MILLION, 0.1).pvalue > UNLIKELY


def _trials(step):
    numbers = uniforms(0, Stream.STRAGGLER, 0, 0, n=MILLION + step)
    return numbers[:-step], numbers[step:]


def _keys(one, other, many=500):
    """The numbers of pairs of keys; the functions make a seed, a stream and a key from a number."""
    return tuple(np.concatenate([uniforms(*of(number), n=400) for number in range(many)]) for of in (one, other))


NEIGHBOURS = {
    "trials": lambda: _trials(1),
    "trials two apart": lambda: _trials(2),
    "trials a block apart": lambda: _trials(256),
    "rungs": lambda: _keys(lambda k: (k, Stream.DROP, 0, 0), lambda k: (k, Stream.DROP, 1, 0)),
    "attempts": lambda: _keys(lambda k: (k, Stream.DROP, 1, 0), lambda k: (k, Stream.DROP, 1, 1)),
    "a rung's attempt and another's": lambda: _keys(
        lambda k: (k, Stream.DROP, 0, 1), lambda k: (k, Stream.DROP, 1, 0)
    ),
    "machines": lambda: _keys(lambda k: (0, Stream.FAILURE, k), lambda k: (0, Stream.FAILURE, k + 1)),
    "waves of curves": lambda: _keys(lambda k: (0, Stream.CURVE_WAVE, k), lambda k: (0, Stream.CURVE_WAVE, k + 1)),
    "seeds": lambda: _keys(lambda k: (k, Stream.CRASH, 0, 0), lambda k: (k + 1, Stream.CRASH, 0, 0)),
    "great seeds": lambda: _keys(lambda k: (k, Stream.CRASH), lambda k: (k + 2**64, Stream.CRASH)),
    "a seed and a stream changed about": lambda: _keys(
        lambda k: (k + 6, Stream.DROP), lambda k: (5, Stream.CRASH, k)
    ),
}


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_neighbours_have_nothing_to_do_with_each_other(name):
    beyond_chance(*NEIGHBOURS[name]())


@pytest.mark.slow
def test_neighbouring_spells_have_nothing_to_do_with_each_other():
    spells = np.array([uniforms(0, Stream.REPAIR, machine, n=16) for machine in range(20_000)])

    beyond_chance(spells[:, :-1].ravel(), spells[:, 1:].ravel())


def test_no_two_streams_have_anything_to_do_with_each_other():
    numbers = np.array([uniforms(0, stream, 0, 0, n=100_000) for stream in Stream])
    correlations = np.corrcoef(numbers)[np.triu_indices(len(Stream), 1)]

    assert np.abs(correlations).max() * math.sqrt(100_000) < DEVIATIONS + 0.5  # the greatest of 171


def beyond_chance(one, other):
    """Whether the correlation, or the counts of pairs in 32 x 32 squares, are beyond chance."""
    squares = np.histogram2d(one, other, 32, ((0, 1), (0, 1)))[0]

    assert abs(np.corrcoef(one, other)[0, 1]) * math.sqrt(len(one)) < DEVIATIONS
    assert stats.chisquare(squares.ravel()).pvalue > UNLIKELY


#: Digests of 100,000 numbers of each distribution, rounded as in the simulator; computed on x86-64 with numpy 2.4.
DIGEST = "4f868df12877899a7857990f00447e0122ee61f950e07faa6a2436d354829eb1"
PRINT = """\
from hashlib import sha256
import numpy as np
from tests.core.test_streams import rounded
print(sha256(rounded().tobytes()).hexdigest())
"""


def rounded():
    """100,000 numbers of each distribution: factors with nine digits, spans in ticks, and integers."""
    numbers = uniforms(3, Stream.STRAGGLER, 1, 0, n=100_000)
    factors = [numbers, *(np.round(quantile(numbers), 9) for quantile, _ in LAWS.values())]
    spans = [np.rint(of.quantile(numbers)) for of in (Weibull(3.6e9, 0.7), LogNormalSpan(3.6e9, 7.2e9))]
    whole = integers(3, Stream.RESAMPLE, below=1797, n=100_000).astype(float)
    return np.array([*factors, *spans, whole]).astype("<f8")


def test_numbers_are_the_same_bytes_everywhere():
    assert sha256(rounded().tobytes()).hexdigest() == DIGEST


@pytest.mark.slow
def test_numbers_are_the_same_bytes_on_a_processor_without_this_one_s_extensions():
    """numpy computes exp, log and pow differently there."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    if not found:
        pytest.skip("numpy uses none here")
    environment = os.environ | {"NPY_DISABLE_CPU_FEATURES": " ".join(found)}
    ran = subprocess.run([sys.executable, "-c", PRINT], env=environment, capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == DIGEST
