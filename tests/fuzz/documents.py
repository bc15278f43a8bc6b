"""Scenario documents as bytes: valid ones, nearly valid ones and hostile ones."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from simulator.scenario import yaml_text
from simulator.scenario.schema import schema_text

ROOT = Path(__file__).parents[2]

#: Valid documents that run quickly; together they use most keys of a scenario.
SMALL = (
    "searchers:\n  SHA: {name: sha, max_trials: 9, max_length: 9, divisor: 3}\n"
    "  ASHA: {name: asha, max_trials: 9, max_length: 9, divisor: 3, delayed: true, max_concurrent_trials: 4}\n"
    "curves: {kind: ordered, unit_time: 1 min, order: improving}\ncluster: {workers: 3, resume: false}\n",
    "title: Zwei\nseed: 7\ntime_unit: h\nsearcher: {name: hyperband, max_length: 9, divisor: 3, rounding: table}\n"
    "curves: {kind: synthetic, preset: language-model, unit_time: 90 s}\n"
    "cluster:\n  workers: 4\n  stragglers: {kind: two_point, probability: 0.1, factor: 3}\n"
    "  drops: {probability: 0.01, per: 1 min}\n  crashes: 0.1\n  failures: {mtbf: 9 h, repair: {mean: 1 h, shape: 0.7}}\n"
    "  recovery: {on_loss: restart, checkpoint_every: 2, max_restarts: 3, retry: last, retry_after: 3 s}\n"
    "  overheads: {worker_start: 10 s, trial_start: 5, save: 1, restore: 2}\n"
    "  uncertainty: {failures.mtbf: [5 h, 20 h], stragglers.factor: [2, 5], crashes: [0, 0.3]}\n"
    "  measured: {failures.mtbf: 5 losses, stragglers.factor: the same in 9 attempts}\nstop: {time: 20 h}\n",
    "searchers:\n  A: {name: adaptive_asha, max_length: {epochs: 16}, max_trials: 20, max_concurrent_trials: 4, "
    "bracket_rungs: [2, 1], divisor: 2}\n  B: {name: async_halving, num_rungs: 3, max_trials: 9, max_length: 9, "
    "divisor: 3, stop_once: true}\n  C: {name: adaptive, max_length: 8, budget: 40, max_rungs: 2, mode: aggressive}\n"
    "curves: {kind: synthetic, family: exp4, unit_time: 5, unit_time_sigma: 0.3, noise: 0.1, waves: 0.1, diverged: 0.2}\n"
    "cluster:\n  groups:\n    rack: {count: 4, price: 2, release: {idle: 30 s}, failures: {mtbf: 2 h, repair: 5 min, together: rack of 2}}\n"
    "    all: {count: 3, price: 1, release: drained, billing: hour, preemption: {availability: available.csv, play_from: start}}\n"
    "    zone: {count: 2, preemption: {up: 1 h, down: 5 min, together: group, first_wait: 1 min}}\n"
    "  assignment: queued\n  max_wait: 1 d\n  billing: minute\n  decision_time: 1 s\n"
    "  slow_spells: {every: 1 h, length: {mean: 9 min, median: 5 min}, factor: 3}\n",
    "searchers:\n  Recorded: {name: async_hyperband, max_trials: 8, max_length: 9, divisor: 3}\n"
    "  R: {name: random, max_trials: 4, max_length: 3, max_concurrent_trials: 2}\n"
    "curves: {kind: recorded, file: curves.csv, interpolate: linear, resample: true, smaller_is_better: false}\n"
    "cluster:\n  groups:\n    a b: {count: 2, speed: 2, price: 1.5, slots: 4, join: 1 min, ramp_up: 1 min}\n"
    "    spot: {count: 2, price: 0.5, slots: 2, leave: 5 h, preemption: {series: spells.csv, notice: 30 s}}\n"
    "  policy: cheapest\n  slots_per_trial: 2\n  stragglers: {kind: quantiles, values: [1, 1.5, 4], per: worker}\n"
    "stop: {cost: 100, time: 9 h, loss: 0.01, full_length_trials: 3}\n",
    "searchers:\n  sync: {name: sync_halving, num_rungs: 2, max_length: 9, budget: 60, divisor: 3}\n"
    "  simple: {name: adaptive_simple, max_trials: 8, max_length: 16, mode: conservative, max_rungs: 2}\n"
    "  one: {name: single, max_length: {batches: 5}}\n  grid: {name: grid, points: 4, max_length: 2, metric: loss}\n"
    "curves: {kind: synthetic, family: hyperband, alpha: 2, beta: 3, levels: [0.1, 0.2, 0.9], best: 0, worst: 1}\n"
    "cluster: {workers: 2, preemption: {up: {median: 9 min, mean: 2 h}, down: 9 min, notice: 5}}\n",
    "searchers:\n  backfill: {name: sha, max_trials: 4, max_length: 4, divisor: 2, backfill: true}\n"
    "curves: {kind: synthetic, unit_time: 1 h, unit_times: [1 h, 2 h, 5 h], logarithmic: true, crossings: 0.5}\n"
    "cluster: {groups: {g: {count: 2, failures: {}}}, stragglers: {kind: pareto}}\nstop: {time: 20 h}\n"
    "plan:\n  vary: {cluster.groups.g.count: [1, 2], cluster.stragglers: {none: null, worse: {kind: half_normal}}}\n"
    "  deadline: 30 h\n  target: {quantile: 0.5}\n  price: 0.5\n  replicates: {min: 2, max: 2, width: 0.5}\n",
    "searcher: {name: asha, max_trials: 9, max_length: 9, divisor: 3}\n"
    "curves:\n  kind: synthetic\n  trials: [[0.1, 1, 0.5, 1, 60, 0.01, 0.02], [0.2, 1, 0.5, 1, 90, 0, 0]]\n"
    "  others: [" + ", ".join(["{diverged: 0.1, trials: [[1, 0.03], [0, 0]]}"] * 8) + "]\ncluster: {workers: 2}\n",
    "searches:\n  a:\n    searcher: {name: asha, max_trials: 9, max_length: 9, divisor: 3}\n    weight: 2\n    max_slots: 4\n"
    "    arrivals: {kind: every, gap: 1 h, jitter: 5 min}\n    count: 3\n    curves: {kind: ordered, unit_time: 1 min}\n"
    "  b:\n    searcher: {name: random, max_trials: 4, max_length: 2}\n    slots_per_trial: 2\n"
    "    arrivals: {kind: at, times: [0 h, 3 h]}\n    until: 1 d\nwarm_up: 5 min\nscheduler: {policy: fair_share}\n"
    "curves: {kind: recorded, file: curves.csv, resample: true}\ncluster:\n  groups:\n"
    "    pool: {count: 3, slots: 2, price: 2, purchase_price: 900, lifetime: 1 d, running_cost: 0.1, "
    "scaling: {min: 1, target: 0.5, up_delay: 1 min, down_delay: 5 min}}\n"
    "plan:\n  vary: {cluster.groups.pool.count: [2, 3]}\n  target: {stay: 2 h}\n  replicates: 2\n",
    "searchers:\n  ray: {name: ray_asha, num_samples: 9, max_t: 9, brackets: 2, reduction_factor: 2.5, report_every: 2, mode: min}\n"
    "  bands: {name: ray_hyperband, num_samples: 12, max_t: 9, pending: 3, time_attr: epoch}\n"
    "  pruned: {name: optuna_successive_halving, n_trials: 8, max_resource: 9, direction: minimize}\n"
    "  named: {name: optuna_hyperband, n_trials: 8, max_resource: 9, study_name: s, bootstrap_count: 2}\n"
    "  old: {name: syne_tune_stopping, version: '0.13', max_num_trials_started: 8, max_t: 9}\n"
    "  new: {name: syne_tune_stopping, version: 0.16, max_num_trials_started: 8, max_t: 9, do_minimize: true}\n"
    "  paused: {name: syne_tune_promotion, max_num_trials_started: 8, max_t: 9, reduction_factor: 2}\n"
    "  rounds: {name: sklearn_halving, n_candidates: 9, max_resources: 9, aggressive_elimination: true}\n"
    "curves: {kind: synthetic, diverged: 0.1}\ncluster: {workers: 3, stragglers: {kind: log_normal}, crashes: 0.1}\n",
    "name: experiment\nhyperparameters:\n  rate: {type: log, minval: -4, maxval: 0, count: 3}\n"
    "  depth: {type: int, minval: 1, maxval: 4, count: 9}\n  kind: {type: categorical, vals: [a, b]}\n  c: 1\n"
    "searcher: {name: grid, metric: loss, max_length: {batches: 100}}\n",
)
#: The valid documents of the package, which take too long to run by the thousand.
SHIPPED = tuple(path.read_text() for path in sorted((ROOT / "scenarios").glob("*.yaml")))

#: Files beside every document: a curve file, a file of spells and one of availability.
CURVES = "trial,resource,loss,elapsed_s\n" + "".join(
    f"{trial},{resource},{trial / resource},{resource * (trial + 1)}\n"
    for trial in range(8)
    for resource in (1, 3, 9)
)
SPELLS = "up_s,down_s\n3600,60\n90,30.5\n"
#: How many machines of a group were there.
AVAILABLE = "time_s,count\n0,3\n3600,0\n3700,2\n7200,1\n7300,0\n"

NUMBERS: tuple[float, ...] = (
    0, 1, 2, 3, 7, -1, 0.5, 1.5, -0.0, 1.0000001, 1 + 2**-52, 1e-300, 5e-324, 1e300, math.nan, math.inf, -math.inf, 64, 65,
    1000, 2**31, 10**6, 10**6 + 1, 10**9, 10**12, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30, 10**400, -(10**400),
)  # fmt: skip
TEXTS = (
    "", " ", "a", "é", "e\u0301", "nan", "1 s", "0 s", "90 s", "2 h", "1e-9 s", "9e99 d", "1e999 s", "-1 s", "1.2.3 s", "1_000",
    "0x10", "~", "null", "yes", "loss", "sha", "asha", "recorded", "linear", "queued", "cluster.workers", "cluster..", ".", " & ",
    "curves.csv", "none.csv", "../../etc/passwd", "/etc/passwd", "/dev/zero", "/dev/null", ".", "c\0.csv", "s.yaml",
    "<script>alert(1)</script>", '"><svg onload=alert(1)>', "\x1b[31mred\x1b]0;title\x07", "$(reboot)", "`id`", "a; rm -rf /", "a\nb",
    "\u202egnp.exe", "\ud800", "\u2028", "x" * 300, "%s{0}{x}", "🙂", "__class__",
)  # fmt: skip
TREES: tuple[Any, ...] = (
    None,
    True,
    False,
    [],
    {},
    [1],
    [[]],
    {"a": 1},
    {"mean": 1},
    {"epochs": 4},
    [1, "a", None],
    {"kind": "x"},
)
VALUES = st.one_of(
    st.sampled_from(NUMBERS), st.sampled_from(TEXTS), st.sampled_from(TREES), st.floats(), st.integers()
)

#: Pieces of YAML that have a meaning to some reader.
TOKENS = (
    b"&a ", b"*a", b"<<: *a\n", b"<<: [*a, {}]\n", b"? ", b": ", b"- ", b"| \n", b">+\n", b"%YAML 1.1\n---\n", b"---\n", b"...\n", b"\t", b"\r", b"\0",
    b"!!binary aGk=", b"!!set {a}", b"!!omap [a: 1]", b"!!python/name:os.system", b"!!timestamp 2001-01-01", b"2001-01-01", b"!!float x",
    b"!!int x", b"!!bool x", b"!!str ", b"!!map ", b"!!null x", b"!x ", b"0o17", b"0b1", b"1:30:00", b".inf", b".nan", b"-.inf", b"~", b"=", b"1e400",
    b"[[[[[[[[", b"{{{{", b"]", b"}", b"'", b'"', b'"\\x', b'"\\ud800"', b"#", b",", b"\xef\xbb\xbf", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xc2\x85",
    b"\xe2\x80\xa8", b"9" * 5000, b"[" * 500, b"a: " * 30, b"@", b"`", b"%TAG ! x\n", b"\\", b"\x1b[31m", b"\x7f", b"@/", b"{? [a]: b}", b"!<a> ",
)  # fmt: skip


def written(values: Any) -> str:
    """A tree as YAML in one line, which is JSON except for its numbers."""
    if isinstance(values, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))}: {written(value)}" for key, value in values.items()) + "}"
    if isinstance(values, list):
        return "[" + ", ".join(map(written, values)) + "]"
    if isinstance(values, float) and not math.isfinite(values):
        return ".nan" if math.isnan(values) else ".inf" if values > 0 else "-.inf"
    if isinstance(values, int) and not isinstance(values, bool):
        return f"{'-' * (values < 0)}{_digits(abs(values))}"
    return json.dumps(values)


def _digits(number: int) -> str:
    """Decimal digits; `str` takes no more than 4,300."""
    return str(number) if number < 10**1000 else "1" + "0" * 400


def _parsed(text: str) -> Any:
    return yaml_text.parse(text.encode(), Path("s.yaml")).values


TREES_OF = {True: [_parsed(text) for text in SMALL], False: [_parsed(text) for text in SHIPPED]}


def _keys(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from _keys(value)


KEYS = sorted({*_keys(json.loads(schema_text())), "searcher", "epochs", "vals", "count", "hyperparameters"})


def places(tree: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all entries of a tree."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield (*where, key)
        yield from places(value, (*where, key))


def above(tree: Any, where: tuple[Any, ...]) -> Any:
    for key in where[:-1]:
        tree = tree[key]
    return tree


@st.composite
def trees(draw: Callable[..., Any], small: bool) -> Any:
    """A valid tree with no changes, or a few."""
    tree = deepcopy(draw(st.sampled_from(TREES_OF[small])))
    for _ in range(draw(st.sampled_from((0, 1, 1, 1, 2, 2, 3, 5)))):
        there = list(places(tree))
        if not there:
            break
        where = draw(st.sampled_from(there))
        owner, key = above(tree, where), where[-1]
        match draw(st.sampled_from(("value", "value", "value", "drop", "add", "rename", "move", "wrap", "nearby"))):
            case "value":
                owner[key] = deepcopy(draw(VALUES))
            case "drop":
                owner.pop(key)
            case "add" if isinstance(owner, dict):
                owner[draw(st.sampled_from((*KEYS, *TEXTS)))] = deepcopy(draw(VALUES))
            case "rename" if isinstance(owner, dict):
                owner[draw(st.sampled_from((*KEYS, *TEXTS, str(key).upper(), f"{key}s")))] = owner.pop(key)
            case "move":
                owner[key] = deepcopy(_at(draw, draw(st.sampled_from(TREES_OF[small]))))
            case "wrap":
                owner[key] = draw(
                    st.sampled_from(([owner[key]], {key: owner[key]}, {"mean": owner[key]}, {"epochs": owner[key]}))
                )
            case "nearby" if isinstance(owner[key], (int, float)) and abs(owner[key]) < 10**300:
                owner[key] = owner[key] * draw(st.sampled_from((0, -1, 0.5, 1.001, 2, 10))) + draw(
                    st.sampled_from((0, 1, -1))
                )
    return tree


def _at(draw: Callable[..., Any], tree: Any) -> Any:
    """The value at a place in a tree."""
    where = draw(st.sampled_from(list(places(tree))))
    return above(tree, where)[where[-1]]


@st.composite
def damaged(draw: Callable[..., Any], text: bytes, tokens: tuple[bytes, ...] = TOKENS) -> bytes:
    """A text with some of its bytes changed, lost, doubled or moved, or in another encoding."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        to = min(at + draw(st.integers(0, 40)), len(text))
        match draw(st.sampled_from(("insert", "insert", "insert", "flip", "cut", "double", "end", "swap", "move"))):
            case "insert":
                text = text[:at] + draw(st.sampled_from(tokens)) + text[at:]
            case "flip" if at < len(text):
                text = text[:at] + bytes([text[at] ^ (1 << draw(st.integers(0, 7)))]) + text[at + 1 :]
            case "cut":
                text = text[:at] + text[to:]
            case "double":
                text = text[:to] + text[at:to] + text[to:]
            case "end":
                text = text[:at]
            case "swap":
                text = text[:at] + draw(st.binary(max_size=4)) + text[to:]
            case "move":
                lines = text.splitlines(keepends=True)
                text = b"".join(draw(st.permutations(lines))) if 1 < len(lines) < 30 else text
    return _encoded(text, draw(st.sampled_from(("", "", "", "", "", "", "crlf", "cr", "bom", "utf-16", "latin-1"))))


def _encoded(text: bytes, how: str) -> bytes:
    match how:
        case "crlf":
            return text.replace(b"\n", b"\r\n")
        case "cr":
            return text.replace(b"\n", b"\r")
        case "bom":
            return b"\xef\xbb\xbf" + text
        case "utf-16" | "latin-1":
            return text.decode("utf-8", "replace").encode(how, "replace")
    return text


@st.composite
def documents(draw: Callable[..., Any]) -> bytes:
    """A document, three in four of them from a small one."""
    small = draw(st.sampled_from((True, True, True, False)))
    if draw(st.booleans()):
        return written(draw(trees(small))).encode("utf-8", "surrogatepass")
    return draw(damaged(draw(st.sampled_from(SMALL if small else SHIPPED)).encode()))
