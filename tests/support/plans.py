"""Small plans for tests."""

from __future__ import annotations

from simulator.scenario.loading import load

HEAD = """\
searchers:
  SHA: {name: sha, max_trials: 16, max_length: 16, divisor: 4}
  ASHA: {name: asha, max_trials: 16, max_length: 16, divisor: 4}
curves: {kind: synthetic, unit_time: 1 min}
cluster: {workers: 4}
"""

SMALL = (
    HEAD
    + """\
plan:
  vary: {cluster.workers: [2, 4, 8]}
  deadline: 40 min
  price: 3
  replicates: {min: 8, max: 24, width: 0.05}
"""
)


def written(tmp_path, text=SMALL, name="s.yaml"):
    path = tmp_path / name
    path.write_text(text)
    return path


def loaded(tmp_path, text=SMALL):
    return load(written(tmp_path, text))


def planned(plan, head=HEAD):
    return head + "plan:\n" + "".join(f"  {line}\n" for line in plan.splitlines())
