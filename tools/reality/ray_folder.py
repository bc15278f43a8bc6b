"""A copy of the folder that Ray Tune writes: its text files, without pickles, checkpoints and the machine's name.

python tools/reality/ray_folder.py EXPERIMENT COPY
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

#: The keys that are kept of a trial's entry in the experiment's state; others are pickled, or also in the trial's results.
SPEC = ("trainable_name", "trial_id", "config", "experiment_tag", "stopping_criterion", "status", "relative_logdir")
RUN = ("start_time", "num_failures", "last_result_time")


def copy(source: Path, to: Path) -> None:
    """Copy results, parameters and the state of an experiment; every host is called `host`."""
    to.mkdir(parents=True)
    for state in source.glob("experiment_state-*.json"):
        pairs = [[json.loads(part) for part in pair] for pair in json.loads(state.read_text())["trial_data"]]
        kept = [
            [json.dumps({key: spec[key] for key in SPEC}), json.dumps({key: run[key] for key in RUN})]
            for spec, run in pairs
        ]
        (to / state.name).write_text(json.dumps({"trial_data": kept}) + "\n")
    for results in sorted(source.glob("*/result.json")):
        folder = to / results.parent.name
        folder.mkdir()
        rows = [json.loads(line) for line in results.read_text().splitlines()]
        lines = [json.dumps(row | {"hostname": "host", "node_ip": "127.0.0.1"}) for row in rows]
        (folder / "result.json").write_text("\n".join([*lines, ""]))
        shutil.copy(results.parent / "params.json", folder / "params.json")
        errors = results.parent / "error.txt"
        if errors.exists():  # without what it says of the machine
            lines = [line for line in errors.read_text().splitlines() if line.startswith("Failure #")]
            (folder / "error.txt").write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    copy(Path(sys.argv[1]), Path(sys.argv[2]))
