"""The printed report of a plan: the first page of plan.html and the PDF."""

from __future__ import annotations

import re

import pytest

from simulator.planning.backend import WorkerPool
from simulator.planning.planner import answer
from simulator.planning.report import folder, page, sentences
from simulator.planning.report.assumptions import assumptions, span
from simulator.planning.report.one_search import contents
from simulator.planning.report.pdf import pdf
from tests.support.plans import HEAD, SMALL, loaded, planned
from tests.support.runner import asha_sim

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return answer(loaded(tmp_path_factory.mktemp("plan"), SMALL), pool=WorkerPool(jobs=1))


def sources(tmp_path, head, plan="vary: {cluster.workers: [4]}\nreplicates: 4"):
    made = answer(loaded(tmp_path, planned(plan, head)), pool=WorkerPool(jobs=1))
    return {what: (value, source) for what, value, source in assumptions(made)}


def test_every_number_has_a_source(found):
    told = {what: (value, source) for what, value, source in assumptions(found)}

    assert told["price"] == ("$3.00 for a worker and hour", "given")
    assert told["losses of trials"] == ("made up", "assumed")
    assert told["time a unit takes"] == ("1 min in the median, sd of its log 0.5", "assumed")
    assert told["machines"] == ("kept to the end", "assumed")
    assert told["stragglers"] == ("none: jobs take a trial's own time", "assumed")
    assert told["start-up of a machine"] == ("no time", "assumed")


def test_what_a_scenario_says_is_given(tmp_path):
    cluster = (
        "cluster: {groups: {a: {count: 4, price: 2, preemption: {up: 5 h, together: group}}}, crashes: 0.01, "
        "stragglers: {kind: log_normal, sigma: 0.2}, overheads: {worker_start: 3 min}, release: drained}\n"
    )
    told = sources(
        tmp_path,
        HEAD.replace("cluster: {workers: 4}\n", cluster),
        "vary: {cluster.groups.a.count: [4]}\nreplicates: 4",
    )

    assert told["machines"] == ("let go", "given")
    assert told["machines stay"] == ("5 h on average", "given")
    assert told["and are away"] == ("1 h on average", "assumed")
    assert told["stragglers"] == ("log normal sigma 0.2", "given")
    assert told["start-up of a machine"] == ("3 min", "given")
    assert told["crashes of jobs"] == ("1 %", "given")


CALIBRATED = """\
cluster:
  workers: 4
  decision_time: 0.03 s
  stragglers: {kind: two_point, probability: 0.1, factor: 4}
  failures: {mtbf: 2 h, repair: 10 min}
  overheads: {save: 2 s, restore: 1 s}
  crashes: 0.02
  recovery: {retry: last, retry_after: 4 s}
  uncertainty:
    stragglers.probability: [0.05, 0.2]
    failures.mtbf: [1 h, 10 h]
    overheads.save: [1 s, 3 s]
    recovery.retry_after: [2 s, 5 s]
  measured:
    decision_time: the same in 40 hand-overs
    stragglers.probability: 200 attempts
    stragglers.factor: the same in 20 attempts
    failures.mtbf: 5 losses
    overheads.save: 200 attempts
    recovery.retry_after: 3 lost attempts
"""


def test_what_runs_told_is_measured_and_has_its_interval_and_events(tmp_path):
    told = sources(tmp_path, HEAD.replace("cluster: {workers: 4}\n", CALIBRATED))

    assert told["the scheduler's time for a job"] == ("0.03 s (the same in 40 hand-overs)", "measured")
    assert told["stragglers"] == (
        "two point probability 0.1 (90 %: 0.05 to 0.2; 200 attempts), factor 4 (the same in 20 attempts)", "measured",
    )  # fmt: skip
    assert told["failures"] == ("one in 2 h (90 %: 1 h to 10 h; 5 losses)", "measured")
    assert told["saving a checkpoint"] == ("2 s (90 %: 1 s to 3 s; 200 attempts)", "measured")
    assert told["a lost job is tried again"] == ("after all other jobs", "given")
    assert told["from a loss until the job may be tried again"] == (
        "4 s (90 %: 2 s to 5 s; 3 lost attempts)", "measured",
    )  # fmt: skip
    assert told["a failed machine is away"] == ("10 min on average", "given")
    assert told["restoring one"] == ("1 s", "given")
    assert told["start of a trial"] == ("no time", "assumed")
    assert told["crashes of jobs"] == ("2 %", "given")


def test_what_an_option_of_the_plan_sets_is_not_the_measured_figure(tmp_path):
    head = HEAD.replace("cluster: {workers: 4}\n", CALIBRATED)
    told = sources(tmp_path, head, "vary: {cluster.decision_time: [1 s]}\nreplicates: 4")

    assert told["the scheduler's time for a job"] == ("1 s", "given")


@pytest.mark.parametrize(
    ("ticks", "text"),
    [(420_000_000, "7 min"), (5_400_000_000, "1.5 h"), (86_400_000_000, "1 d"), (1_500_000, "1.5 s")],
)
def test_times_stand_in_their_largest_unit(ticks, text):
    assert span(ticks) == text


def test_the_first_page_has_all_that_is_needed_to_decide(found):
    text = page.page(contents(found))
    first = text[text.index('<section class="first">') : text.index("</section>")]

    for part in (sentences.question(found), sentences.sentence(found), sentences.sure(found), sentences.risk(found)):
        assert part in first
    assert first.count("<svg") == 1
    assert [row.what for row in assumptions(found)] == re.findall(r'<th scope="row">([^<]+)</th>', first)
    assert ".first { break-after: page; }" in text


def test_the_table_is_whole_on_paper(found):
    text = page.page(contents(found))
    printed = text[text.rindex("@media print") :]

    assert ".table { overflow: visible;" in printed
    assert "white-space: normal" in printed


def test_the_pdf_is_the_same_every_time(found):
    made = pdf(contents(found))

    assert made.startswith(b"%PDF-")
    assert made == pdf(contents(found))
    assert made.count(b"/Type /Page\n") + made.count(b"/Type /Page ") == 2


def test_the_pdf_is_written_where_it_is_asked_for(found, tmp_path):
    assert not [path for path in folder.write(contents(found), tmp_path) if path.suffix == ".pdf"]
    assert folder.write(contents(found), tmp_path, pdf=True)[-1] == tmp_path / "plan.pdf"
    assert (tmp_path / "plan.pdf").read_bytes() == pdf(contents(found))


@pytest.mark.parametrize(
    ("options", "said"), [(("--format", "pdf"), "needs --out"), (("--format", "doc", "--out", "o"), "should be pdf")]
)
def test_wrong_formats(tmp_path, options, said):
    loaded(tmp_path)
    done = asha_sim("plan", "s.yaml", *options, cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.split())
