import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulator.render import perfetto
from simulator.trace.promotions import promotions
from simulator.trace.trace import Spell, Spells, Trace
from tests.support.scenes import docs_scene, troubled

HOSTILE = "</script><img src=x onerror=alert(1)>"


def events(path: Path, traces: list[Trace], title: str = "") -> list[dict]:
    perfetto.write(path / "a.json", traces, title=title)
    return json.loads((path / "a.json").read_text())["traceEvents"]


def by_phase(found: list[dict]) -> dict[str, list[dict]]:
    kinds = defaultdict(list)
    for event in found:
        kinds[event["ph"]].append(event)
    return kinds


@pytest.mark.parametrize("traces", [docs_scene(), [troubled()]], ids=["docs", "troubled"])
def test_every_event_keeps_the_rules_of_the_format(tmp_path, traces):
    found = events(tmp_path, traces)
    kinds = by_phase(found)
    assert set(kinds) <= set("MXsfCi")
    for event in found:
        assert isinstance(event["pid"], int)
        assert isinstance(event["tid"], int)
        assert event["tid"] != event["pid"]
        assert event["ph"] == "M" or (type(event["ts"]) is int and event["ts"] >= 0)
    for event in kinds["X"]:
        assert type(event["dur"]) is int
        assert event["dur"] >= 0
    assert all(event["s"] == "p" for event in kinds["i"])


@pytest.mark.parametrize("traces", [docs_scene(), [troubled()]], ids=["docs", "troubled"])
def test_slices_of_a_lane_nest_or_do_not_overlap(tmp_path, traces):
    lanes = defaultdict(list)
    for event in by_phase(events(tmp_path, traces))["X"]:
        lanes[event["pid"], event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
    for lane in lanes.values():
        open_until: list[int] = []
        for start, end in sorted(lane, key=lambda slice_: (slice_[0], -slice_[1])):
            while open_until and open_until[-1] <= start:
                open_until.pop()
            assert not open_until or end <= open_until[-1]
            open_until.append(end)


def test_arrows_are_pairs_from_a_job_to_the_one_it_led_to(tmp_path):
    traces = docs_scene()
    kinds = by_phase(events(tmp_path, traces))
    starts = {event["id"]: event for event in kinds["s"]}
    ends = {event["id"]: event for event in kinds["f"]}
    assert len(starts) == len(kinds["s"]) == len(ends) == len(kinds["f"])
    assert set(starts) == set(ends)
    assert len(starts) == sum(int((promotions(trace).up >= 0).sum()) for trace in traces)
    jobs = [event for event in kinds["X"] if event["cat"] == "job"]

    def around(event: dict) -> dict:
        (job,) = (
            job for job in jobs
            if (job["pid"], job["tid"]) == (event["pid"], event["tid"])
            and job["ts"] <= event["ts"] < job["ts"] + job["dur"]
        )  # fmt: skip
        return job["args"]

    for number, start in starts.items():
        end = ends[number]
        assert end["bp"] == "e"
        assert (start["name"], start["cat"], start["pid"]) == (end["name"], end["cat"], end["pid"])
        assert start["ts"] < end["ts"]
        assert around(start)["trial"] == around(end)["trial"]
        assert around(start)["rung"] + 1 == around(end)["rung"]


def test_what_is_in_the_trace_is_in_the_file(tmp_path):
    trace = troubled()
    kinds = by_phase(events(tmp_path, [trace]))
    lengths = defaultdict(int)
    for event in kinds["X"]:
        lengths[event["name"]] += event["dur"]
    assert lengths["overhead"] == trace.overhead.sum()
    assert lengths["lost"] == trace.lost.sum()
    spells = trace.spells
    for kind, name in ((Spell.DOWN, "down"), (Spell.BOOT, "starting up")):
        assert lengths[name] == (spells.end - spells.start)[spells.kind == kind].sum()
    assert len([event for event in kinds["X"] if event["cat"] == "job"]) == len(trace)
    assert max(event["args"]["busy"] for event in kinds["C"]) <= trace.workers
    assert kinds["C"][-1]["args"]["busy"] == 0
    assert len({event["tid"] for event in kinds["M"]}) == trace.workers + 1


def test_rungs_differ_without_digits():
    names = [perfetto.rung_name(rung) for rung in range(12)]
    assert names[:5] == ["rung I", "rung II", "rung III", "rung IV", "rung V"]
    assert len(set(names)) == 12
    assert not any(character.isdigit() for name in names for character in name)


def test_hostile_words_are_words_and_bytes_repeat(tmp_path):
    trace = replace(docs_scene()[0], label=HOSTILE, meta={HOSTILE: "\x1b[31m"})
    for name in ("a", "b"):
        perfetto.write(tmp_path / name, [trace], title=HOSTILE)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    document = json.loads((tmp_path / "a").read_text())
    assert document["traceEvents"][0]["args"]["name"] == document["otherData"]["title"] == HOSTILE
    assert "\\u001b" not in (tmp_path / "a").read_text()


def test_jobs_of_no_length_have_no_arrow(tmp_path):
    trace = replace(docs_scene()[0])
    zero = replace(trace, end=np.where(trace.rung == 1, trace.start, trace.end), spells=Spells.from_rows([]))
    found = by_phase(events(tmp_path, [zero]))
    assert {event["id"] for event in found["s"]} == {event["id"] for event in found["f"]}
