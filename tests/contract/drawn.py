"""Random searchers, each with its promotion law and a slow version that sorts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Any, NamedTuple

from simulator.searchers import determined
from simulator.searchers import determined_layouts as layouts
from simulator.searchers.geometry import bracket_units, rung_resources, rung_sizes
from simulator.searchers.halving import asha, random, sha, single
from simulator.searchers.hyperband import async_hyperband, hyperband, hyperband_brackets
from tests.support.oracles.sorting_bracket import InTurn, OneAfterTheOther, SideBySide, SortingBracket


class Law(NamedTuple):
    """The promotion law of a bracket: `kind` is barrier, certain, asynchronous, delayed or stopping."""

    kind: str
    resources: tuple[int, ...]
    sizes: tuple[int, ...] = ()  # of the rungs, under the first two kinds
    part: Callable[[int], int] = lambda n: 0  # of n results, under the others
    max_trials: int | None = None
    max_concurrent: int | None = None
    replaces: bool = True  # an invalid trial; else it counts as dead
    reopens: bool = True

    def leaves(self, rung, n):
        """How many of n results are the best."""
        if self.kind == "barrier":
            return self.sizes[rung + 1] if n >= self.sizes[rung] else 0
        if self.kind == "certain":
            return max(0, n - (self.sizes[rung] - self.sizes[rung + 1]))
        return max(self.part(n), self.kind == "stopping")

    def oracle(self, number=0, trials=None):
        """A bracket under this law."""
        return SortingBracket(
            self.resources,
            self.leaves,
            number=number,
            trials=trials,
            capped=self.kind == "delayed",
            reopens=self.reopens,
            stops=self.kind == "stopping",
            replaces=self.replaces,
            max_trials=self.max_trials,
            max_concurrent=self.max_concurrent,
        )


@dataclass(frozen=True)
class Drawn:
    """A random case: `make` and `oracle` make searchers that must agree.

    `laws` are the laws of the brackets; the last law holds for all further brackets.
    """

    make: Callable[[], Any]
    laws: tuple[Law, ...]
    oracle: Callable[[], Any]
    max_trials: int | None = None  # of all brackets together
    max_concurrent: int | None = None
    options: dict[str, Any] | None = None  # for messages

    def law(self, bracket):
        return self.laws[min(bracket, len(self.laws) - 1)]


def one(make, options, law):
    return Drawn(lambda: make(**options), (law,), law.oracle, law.max_trials, law.max_concurrent, options)


def exact(divisor):
    ratio = Fraction(str(divisor))
    return lambda n: n // ratio


def geometry(rng):
    """Draw options of a searcher with rungs that fit, and the rungs' resources."""
    while True:
        divisor, rungs = rng.choice([2, 3, 4, 2.5, 1.5]), rng.randint(1, 4)
        length = rng.choice([int(divisor ** (rungs - 1)), rng.randint(1, 90)])
        try:
            resources = rung_resources(length, rungs, divisor)
        except ValueError:  # two rungs would have the same unit
            continue
        return {"max_length": length, "divisor": divisor, "num_rungs": rungs}, resources


def draw_sha(rng, *, backfill=False):
    options, resources = geometry(rng)
    rungs, divisor = options["num_rungs"], options["divisor"]
    least = -(-(Fraction(str(divisor)) ** (rungs - 1)) // 1)
    options["max_trials"] = trials = rng.choice([int(least), rng.randint(int(least), int(least) + 20)])
    law = Law("barrier", resources, rung_sizes(trials, rungs, divisor), max_trials=trials)
    if not backfill:
        return one(sha, options, law)

    def oracle():
        trials = count()
        return OneAfterTheOther(law.oracle(number, trials) for number in count())

    return Drawn(lambda: sha(backfill=True, **options), (law,), oracle, options=options)


def draw_asha(rng, *, delayed=False):
    options, resources = geometry(rng)
    options |= {
        "max_trials": rng.choice([None, rng.randint(1, 60)]),
        "max_concurrent_trials": rng.choice([None, None, rng.randint(1, 9)]),
    }
    law = Law(
        "delayed" if delayed else "asynchronous",
        resources,
        part=exact(options["divisor"]),
        max_trials=options["max_trials"],
        max_concurrent=options["max_concurrent_trials"],
    )
    return one(asha, options | {"delayed": delayed}, law)


def draw_random(rng):
    options = {
        "max_trials": rng.choice([None, rng.randint(1, 40)]),
        "max_length": rng.randint(1, 9),
        "max_concurrent_trials": rng.choice([None, 0, rng.randint(1, 9)]),
    }
    return one(random, options, plain(options["max_trials"], options, replaces=True))


def draw_single(rng):
    options = {"max_length": rng.randint(1, 9)}
    return one(single, options, plain(1, options, replaces=False))


def draw_grid(rng):
    options = {
        "points": rng.randint(1, 40),
        "max_length": rng.randint(1, 9),
        "max_concurrent_trials": rng.choice([0, rng.randint(1, 9)]),
    }
    return one(determined.grid, options, plain(options["points"], options, replaces=False))


def plain(trials, options, *, replaces):
    """One rung, which no trial leaves."""
    at_once = options.get("max_concurrent_trials") or None
    return Law(
        "barrier", (options["max_length"],), (0,), max_trials=trials, max_concurrent=at_once, replaces=replaces
    )


def draw_hyperband(rng):
    options, brackets = hyperband_geometry(rng)
    laws = tuple(Law("barrier", resources, sizes, max_trials=sizes[0]) for resources, sizes in brackets)

    def oracle():
        trials = count()
        return OneAfterTheOther(law.oracle(number, trials) for number, law in enumerate(laws))

    return Drawn(lambda: hyperband(**options), laws, oracle, sum(law.sizes[0] for law in laws), options=options)


def draw_async_hyperband(rng):
    options, brackets = hyperband_geometry(rng)
    limits = {
        "max_trials": rng.choice([None, rng.randint(1, 60)]),
        "max_concurrent": rng.choice([None, None, rng.randint(1, 9)]),
    }
    laws = tuple(Law("asynchronous", resources, part=exact(options["divisor"])) for resources, _ in brackets)
    budgets = [bracket_units(resources, sizes) for resources, sizes in brackets]
    options |= {"max_trials": limits["max_trials"], "max_concurrent_trials": limits["max_concurrent"]}

    def oracle():
        trials = count()
        return InTurn([law.oracle(number, trials) for number, law in enumerate(laws)], budgets, **limits)

    return Drawn(lambda: async_hyperband(**options), laws, oracle, **limits, options=options)


def hyperband_geometry(rng):
    divisor, length = rng.choice([(2, 1), (2, 2), (2, 4), (2, 7), (3, 3), (3, 9), (3, 10), (4, 16), (2.5, 7)])
    options = {"max_length": length, "divisor": divisor, "rounding": rng.choice(["algorithm", "table"])}
    if divisor % 1:
        options["rounding"] = "algorithm"  # `table` needs whole divisors
    return options, hyperband_brackets(**options)


def draw_sync_halving(rng):
    options = determined_options(rng) | {"num_rungs": rng.randint(1, 4)}
    options["budget"] = rng.randint(1, 12 * options["max_length"])
    return determined_sync(determined.sync_halving, options, [layouts.sync_halving_layout(**options)])


def draw_adaptive(rng):
    options = determined_options(rng) | tournament_options(rng, "bracket_rungs")
    options["budget"] = rng.randint(1, 20 * options["max_length"])
    return determined_sync(determined.adaptive, options, layouts.adaptive_layouts(**options))


def draw_adaptive_simple(rng):
    options = determined_options(rng) | tournament_options(rng) | {"max_trials": rng.randint(1, 40)}
    return determined_sync(determined.adaptive_simple, options, layouts.adaptive_simple_layouts(**options))


def draw_async_halving(rng, *, stop_once=False):
    options = determined_options(rng) | concurrency(rng) | {"num_rungs": rng.randint(1, 4)}
    layout = layouts.async_halving_layout(**options)
    return determined_async(determined.async_halving, options, [layout], stop_once=stop_once)


def draw_adaptive_asha(rng, *, mode, stop_once=False):
    options = determined_options(rng) | concurrency(rng) | tournament_options(rng, "bracket_rungs") | {"mode": mode}
    made = layouts.adaptive_asha_layouts(**options)
    return determined_async(determined.adaptive_asha, options, made, stop_once=stop_once)


def determined_options(rng):
    return {"max_length": rng.choice([1, 4, 16, 27, 64, 100]), "divisor": rng.choice([2, 3, 4, 2.5, 1.1])}


def concurrency(rng):
    return {"max_trials": rng.randint(1, 50), "max_concurrent_trials": rng.choice([0, 1, 3, 9])}


def tournament_options(rng, *extra):
    options = {"mode": rng.choice(["aggressive", "standard", "conservative"]), "max_rungs": rng.randint(1, 4)}
    if extra and rng.random() < 0.3:
        options["bracket_rungs"] = [rng.randint(1, 4) for _ in range(rng.randint(1, 3))]
    return options


def determined_sync(make, options, made):
    laws = [
        Law("certain", layout.resources, layout.sizes, max_trials=layout.sizes[0], replaces=False) for layout in made
    ]
    return side_by_side(lambda: make(**options), laws, options)


def determined_async(make, options, made, *, stop_once):
    divisor, kind = options["divisor"], "stopping" if stop_once else "asynchronous"
    laws = [
        Law(
            kind,
            layout.resources,
            part=lambda n: int(n / divisor),
            max_trials=layout.max_trials,
            max_concurrent=layout.concurrent,
            reopens=False,
        )
        for layout in made
    ]
    return side_by_side(lambda: make(**options, stop_once=stop_once), laws, options)


def side_by_side(make, laws, options):
    def oracle():
        trials = count()
        return SideBySide([law.oracle(number, trials) for number, law in enumerate(laws)])

    return Drawn(make, tuple(laws), oracle, sum(law.max_trials for law in laws), options=options)


#: For every searcher by name, the function that draws one from a random.Random.
SEARCHERS: dict[str, Callable[..., Drawn]] = {
    "sha": draw_sha,
    "sha, backfilled": lambda rng: draw_sha(rng, backfill=True),
    "asha": draw_asha,
    "asha, delayed": lambda rng: draw_asha(rng, delayed=True),
    "random": draw_random,
    "single": draw_single,
    "grid": draw_grid,
    "hyperband": draw_hyperband,
    "async_hyperband": draw_async_hyperband,
    "sync_halving": draw_sync_halving,
    "adaptive": draw_adaptive,
    "adaptive_simple": draw_adaptive_simple,
    "async_halving": draw_async_halving,
    "async_halving, stop once": lambda rng: draw_async_halving(rng, stop_once=True),
    **{
        f"adaptive_asha, {mode}{', stop once' * stops}": (
            lambda rng, mode=mode, stops=stops: draw_adaptive_asha(rng, mode=mode, stop_once=stops)
        )
        for mode in ("aggressive", "standard", "conservative")
        for stops in (False, True)
    },
}
