"""The server: the requests that it answers and refuses, and how it ends. Each test runs a real one in a process."""

from __future__ import annotations

import http.client
import io
import json
import signal
import socket
import time
import zipfile
from contextlib import closing, suppress
from urllib.parse import quote

import pytest

from simulator.scenario import yaml_text
from simulator.scenario.loading import check_document, load
from tests.support.runner import ROOT, asha_sim
from tests.support.served import PATIENCE, served, started

SCENARIO = """
title: "</title><script>alert(1)</script>"
searchers:
  SHA: {name: sha, max_trials: 27, max_length: 27, divisor: 3}
  ASHA: {name: asha, max_trials: 27, max_length: 27, divisor: 3}
curves: {kind: synthetic}
cluster: {workers: 4}
"""
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    path = tmp_path_factory.mktemp("served") / "s.yaml"
    path.write_text(SCENARIO)
    with served(path) as address:
        yield int(address.split(":")[2].strip("/"))


def ask(port, path="/", names=None, headers=None, body=None):
    """The status and body of an answer; names of values are sent by POST."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # it may refuse before all is sent
            if names is not None or body is not None:
                said = json.dumps(names) if body is None else body
                connection.request("POST", path, said, {**JSON, **(headers or {})})
            else:
                connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_the_page_is_the_scenarios_and_a_title_is_text(port):
    status, page = ask(port)
    assert status == 200
    assert b"<script>alert" not in page
    assert page.count(b"</script>") == 3
    assert b"connect-src 'self'" in page


def test_a_world_is_what_run_makes(port):
    status, body = ask(port, "/world", {"cluster.workers": "8"})
    scene = json.loads(body)["scene"]
    assert status == 200
    assert [run["workers"] for run in scene["runs"]] == [8, 8]
    assert json.loads(ask(port, "/spread", {})[1])["said"][0].endswith("over 20 seeds).")


def test_it_listens_on_this_machine_alone(port):
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    for address in others | {"127.0.0.2"}:
        with socket.socket() as other:
            other.settimeout(5)
            assert other.connect_ex((address, port)) != 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:1"},
        {"Host": "127.0.0.1.evil.example:{port}"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_requests_from_elsewhere_are_refused(port, headers):
    given = {name: value.format(port=port) for name, value in headers.items()}
    assert ask(port, "/world", {}, given)[0] == 403
    assert ask(port, "/scenario.yaml", None, given)[0] == 403


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_its_own_pages_are_answered(port, name):
    given = {"Host": f"{name}:{port}", "Origin": f"http://{name}:{port}", "Sec-Fetch-Site": "same-origin"}
    assert ask(port, "/world", {}, given)[0] == 200


def test_a_link_from_elsewhere_shows_the_page(port):
    assert ask(port, "/", None, {"Sec-Fetch-Site": "cross-site"})[0] == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"x" * 10_000_000, 413), (b'{"a": "' + b"x" * 20_000 + b'"}', 413), (b"", 400), (b"[]", 400), (b"{", 400), (b"[" * 9_000, 400),
        (b'{"cluster.workers": 8}', 400), (b"\xff\xfe", 400), (b'{"cluster.workers": "x"}', 400), (b'{"cluster.workers": "0"}', 400),
        (b'{"cluster.workers": "1e999"}', 400), (b'{"cluster.workers": "1.5"}', 400), (b'{"seed": "-1"}', 400), (b'{"curves.file": "/etc/passwd"}', 400),
        (b'{"cluster.workers": "1001"}', 400), (b'{"searchers.SHA.max_trials & searchers.ASHA.max_trials": "100000"}', 400),
    ],
)  # fmt: skip
def test_a_request_that_is_not_a_question_is_refused_with_a_message(port, body, status):
    found, answer = ask(port, "/world", body=body)
    assert found == status
    assert json.loads(answer)["problem"]


def test_a_request_above_a_limit_names_the_limit(port):
    said = json.loads(ask(port, "/world", {"cluster.workers": "1001"})[1])["problem"]
    assert said == "cluster: 1,001 workers are too many to draw at once; the most here is 1,000"


def test_ten_megabytes_without_a_length_are_refused(port):
    assert ask(port, "/world", body=iter([b"x" * 1000] * 10_000))[0] == 413


def test_a_form_of_another_page_is_no_question(port):
    assert ask(port, "/world", {}, {"Content-Type": "text/plain"})[0] == 415


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/s.yaml", "/.git/config", "/static/player.js", "/scenario.yaml/../s.yaml"],
)  # fmt: skip
def test_no_file_of_the_disk_can_be_read(port, path):
    status, body = ask(port, path)
    assert status == 404
    assert b"root:" not in body


def test_files_to_keep(port):
    query = f"?cluster.workers=8&{quote('searchers.SHA.divisor & searchers.ASHA.divisor')}=2"
    _, text = ask(port, f"/scenario.yaml{query}")
    assert check_document(yaml_text.parse(text, ROOT / "s.yaml")).scenario.cluster.workers == 8
    assert ask(port, f"/picture.png{query}")[1].startswith(b"\x89PNG")
    assert ask(port, f"/animation.gif{query}")[1].startswith(b"GIF89a")
    with zipfile.ZipFile(io.BytesIO(ask(port, f"/trace.zip{query}")[1])) as archive:
        assert archive.namelist() == ["SHA/trace.csv", "ASHA/trace.csv"]
        assert archive.read("SHA/trace.csv").startswith(b"worker,trial,")


@pytest.mark.slow
def test_a_slow_run_ends_when_its_page_has_gone_on(tmp_path):
    """Two runs that would take up to 20 s are left; the next one does not wait for them."""
    path = tmp_path / "s.yaml"
    text = SCENARIO.replace("max_trials: 27, max_length: 27", "max_trials: 9, max_length: 9")
    path.write_text(text.replace("{workers: 4}", "{workers: 4, crashes: 0.0, recovery: {max_restarts: 10000}}"))
    with served(path, "--seeds", "1000") as address:
        port = int(address.split(":")[2].strip("/"))
        ask(port)
        left = []
        for _ in range(2):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request(
                "POST", "/spread", json.dumps({"searchers.SHA.max_trials & searchers.ASHA.max_trials": "2000"}), JSON
            )
            left.append(connection)
        time.sleep(1)
        for connection in left:
            connection.close()
        began = time.monotonic()
        assert ask(port, "/world", {})[0] == 200
        assert time.monotonic() - began < 15


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_it_ends_in_good_order_while_somebody_waits(number, status, tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO)
    process = started(path, "--seeds", "1000")
    port = int(process.stdout.readline().split()[0].split(":")[2].strip("/"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("POST", "/spread", "{}", JSON)
    time.sleep(0.5)
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    connection.close()
    assert process.returncode == status
    assert out == ""
    assert err == ("" if status == 0 else "terminated: no file is half-written; run it again\n")


def test_a_port_that_is_taken_is_told(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = asha_sim("explore", path, "--no-open", "--port", taken.getsockname()[1])
    assert (done.returncode, done.stdout) == (2, "")
    assert "can't be used" in done.stderr


def test_a_scenario_that_is_too_large_is_told(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO.replace("max_trials: 27", "max_trials: 3000", 1))
    done = asha_sim("explore", path, "--no-open", "--port", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "SHA: 3,000 trials are too many to draw at once; the most here is 2,000\n"


@pytest.mark.slow
def test_without_the_extra_it_says_how_to_install_it(tmp_path, monkeypatch):
    from simulator.core.errors import InputError
    from simulator.exploring import server

    monkeypatch.setattr(server, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'asha-simulator\[explore\]'"):
        server.check_installed()
    assert load(ROOT / "scenarios/docs.yaml").title
