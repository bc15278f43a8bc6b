"""Hostile input of each kind: a quick error of one line that says where and what, and no file where none should be."""

from __future__ import annotations

import gzip
import io
import os
import re
import socket
import zipfile

import polars as pl
import pytest

from simulator.core.errors import InputError
from simulator.curves.files.tables import read_table
from simulator.experiment.experiment import Experiment
from simulator.io.frames import read_frame
from simulator.scenario.loading import load
from simulator.trace.reading import read_trace
from tests.support.runner import asha_sim
from tests.support.sources import imported

GOOD = """\
searcher: {name: sha, max_trials: 9, max_length: 9, divisor: 3}
curves: {kind: ordered}
cluster: {workers: 3}
"""
CURVES = "trial,resource,loss,elapsed_s\n" + "".join(
    f"{trial},{resource},{trial},{resource}\n" for trial in range(9) for resource in (1, 3, 9)
)
RECORDED = GOOD.replace("kind: ordered", "kind: recorded, file: c.csv")
SPOT = GOOD.replace("workers: 3", "workers: 3, preemption: {series: c.csv}")


def write(tmp_path, text):
    path = tmp_path / "s.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(tmp_path, text):
    with pytest.raises(InputError) as caught:
        Experiment(load(write(tmp_path, text)))
    return str(caught.value).replace(f"{tmp_path}/", "")


BOMB = "a0: &a0 {k: v}\n" + "".join(
    f"a{level}: &a{level} {{<<: *a{level - 1}, {', '.join(f'k{at}: *a{level - 1}' for at in range(9))}}}\n"
    for level in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(BOMB + GOOD, r"s\.yaml:\d+:\d+: expands to more than 20,000 entries", id="merged aliases"),
        pytest.param("a: &a {<<: *a}\n" + GOOD, r"s.yaml:1:\d+: expands to more than 50 levels", id="merges itself"),
        pytest.param("a: &a [*a]\n" + GOOD, r"s.yaml:1:\d+: expands to more than 50 levels", id="holds itself"),
        pytest.param("<<: 3\n" + GOOD, r"s.yaml:1:1: <<: should stand before keys and values", id="merges a number"),
        pytest.param("a:\n" + "".join(f"{' ' * at}a:\n" for at in range(1, 990)), r"s.yaml:\d+:\d+: ", id="deep blocks"),
        pytest.param("a: " + "{a: " * 3000, r"s.yaml:1:\d+: not valid YAML: nested more than 50 levels deep", id="deep"),
        pytest.param("a: " + "- " * 30_000, r"s.yaml:1:\d+: not valid YAML: ", id="deep lists"),
        pytest.param("? {a: b}\n: c\n", "s.yaml:1:3: a key should be a word", id="a mapping as a key"),
        pytest.param("a: !!set {b}\n", "s.yaml:1:4: a scenario can't have the tag set", id="a set"),
        pytest.param("a: !!python/object/apply:os.system [id]\n", "s.yaml:1:4: a scenario can't have the tag python/object/", id="code"),
        pytest.param("!!bool x: 1\n", "s.yaml:1:1: x: unknown key", id="a key with a tag"),
        pytest.param("a: !!int x\n", "s.yaml:1:4: 'x' is not a valid int", id="a word tagged as a number"),
        pytest.param("a: '" + "x" * 900_000, r"s.yaml:1:\d+: not valid YAML: found unexpected end", id="an endless scalar"),
        pytest.param("a: 1\n---\nb: 2\n", "s.yaml:2:1: not valid YAML: but found another document", id="two documents"),
        pytest.param("%YAML 9.9\n---\na: 1\n", "s.yaml:1:1: not valid YAML: found incompatible", id="another YAML"),
        pytest.param("a: \x07\n", r"s.yaml:1:4: not valid YAML: the character U\+0007 may not stand here", id="a bell"),
        pytest.param("a: \x00\n", r"s.yaml:1:4: not valid YAML: the character U\+0000 may not stand here", id="a NUL"),
        pytest.param(GOOD.encode("utf-16"), "s.yaml:1:1: byte 0xff is not UTF-8 text", id="UTF-16"),
        pytest.param(GOOD.encode() + b"a: \xe9\n", "s.yaml:4:4: byte 0xe9 is not UTF-8 text", id="Latin-1"),
        pytest.param(GOOD.encode() + b"\xed\xa0\x80: 1\n", "s.yaml:4:1: byte 0xed is not UTF-8 text", id="a surrogate"),
        pytest.param(GOOD + '"\\ud800": 1\n', r"s.yaml:4:1: half a character: ", id="an escaped surrogate"),
        pytest.param(GOOD.replace("9,", "9" * 2000 + ",", 1), "s.yaml:1:35: '9+'… is not a valid int, or has too many digits", id="long"),
        pytest.param(GOOD.replace("9,", "9" * 400 + ",", 1), "max_trials: 9+… should be less than or equal", id="huge"),
        pytest.param(GOOD.replace("9,", "-.inf,", 1), "s.yaml:1:23: searcher.max_trials: -inf should be a whole number", id="infinite"),
        pytest.param(GOOD.replace("divisor: 3", "divisor: .inf"), "divisor: inf should be", id="an infinite divisor"),
        pytest.param(GOOD.replace("divisor: 3", "divisor: -0.0"), "divisor: -0.0 should be greater than 1", id="minus 0"),
        pytest.param(GOOD + "stop: {time: .nan}\n", "s.yaml:4:8: stop.time: nan is out of range", id="no time"),
        pytest.param(GOOD + "stop: {time: -0.0}\n", "s.yaml:4:8: stop.time: -0.0 is out of range", id="minus no time"),
        pytest.param(GOOD + "seed: 9223372036854775808\n", "s.yaml:4:1: seed: 9223372036854775808 should be", id="2**63"),
        pytest.param(GOOD + "seed: -0.0\n", "s.yaml:4:1: seed: -0.0 should be a whole number", id="no seed"),
        pytest.param(GOOD + "\x1b[31mred: 1\n", "not valid YAML", id="a terminal's escape"),
        pytest.param(GOOD + '"\\e[31m": 1\n', r"s.yaml:4:1: \\x1b\[31m: unknown key", id="the same in quotes"),
        pytest.param(GOOD + '"a\\nb\\u202e": 1\n', r"s.yaml:4:1: a\\nb\\u202e: unknown key", id="a line's end in a key"),
    ],
)  # fmt: skip
def test_text(tmp_path, text, said):
    assert re.search(said, refused(tmp_path, text))


def test_a_hundred_megabytes_are_not_even_read(tmp_path):
    with write(tmp_path, "a: ").open("r+b") as file:
        file.truncate(100_000_000)
    with pytest.raises(InputError, match=r"s.yaml: is larger than 1,000,000 bytes; a scenario is a small YAML file"):
        load(tmp_path / "s.yaml")


@pytest.mark.parametrize(
    "text",
    [GOOD.replace("\n", "\r\n"), GOOD.replace("\n", "\r"), "\ufeff" + GOOD, "---\n" + GOOD + "...\n", "%YAML 1.1\n---\n" + GOOD],
    ids=["CRLF", "CR", "a byte order mark", "marks of a document", "YAML 1.1"],
)  # fmt: skip
def test_text_as_other_systems_write_it(tmp_path, text):
    assert load(write(tmp_path, text)).scenario.cluster.workers == 3


def test_a_label_means_the_same_however_its_accents_are_written(tmp_path):
    decomposed = GOOD.replace("searcher: {", "searchers:\n  Zo\u0065\u0301: {")
    assert list(load(write(tmp_path, decomposed)).scenario.searchers) == ["Zo\u00e9"]

    twice = decomposed.replace("curves", "  Zo\u00e9: {name: single, max_length: 9}\ncurves")
    assert refused(tmp_path, twice) == "s.yaml:3:3: Zo\u00e9: stands twice; first in line 2"
    worse = decomposed.replace("divisor: 3", "divisor: 1")
    assert refused(tmp_path, worse).startswith("s.yaml:2:51: searchers.Zo\u00e9.divisor: 1 should be greater than 1")


@pytest.mark.slow
@pytest.mark.parametrize(
    "label",
    ["..", ".", "../x", "a/b", "/etc", "a\\\\b", ".hidden", "a\\0b", "\\e[31m", "<script>", "a&b", "$(id)", "`id`", "a;b", "a|b", "-x", "", " ", "x" * 41, "\\u202e", "a\\nb"],
)  # fmt: skip
def test_no_label_leads_out_of_the_folder_or_into_a_shell(tmp_path, label):
    text = GOOD.replace("searcher: {", f'searchers:\n  "{label}": {{')

    assert "can't name a searcher: use up to 40 letters" in refused(tmp_path, text)


NO_TABLES = {
    "/etc/passwd": "is of an unknown kind; learning curves are a file that ends in .csv",
    "../../../../../../../../etc/passwd": "is of an unknown kind; learning curves are a file that ends in .csv",
    "/dev/zero": "is a device; learning curves are",
    ".": "is a folder; learning curves are",
    "": "is a folder; learning curves are",
    "none.csv": "none.csv: cannot be read: No such file or directory",
    "c\\0.csv": "cannot be read: embedded null byte",
    "x" * 300 + ".csv": "cannot be read: File name too long",
    "s.yaml/c.csv": "cannot be read: Not a directory",
}


@pytest.mark.parametrize("path", NO_TABLES, ids=lambda path: path[:40] or "nothing")
def test_a_path_of_curves_that_leads_to_none_is_named_with_its_place_in_the_scenario(tmp_path, path):
    said = refused(tmp_path, RECORDED.replace("c.csv", f'"{path}"'))

    assert said.startswith("s.yaml:2:26: curves.file: ")
    assert NO_TABLES[path] in said


def test_a_path_of_spells_that_leads_to_none_is_named_too(tmp_path):
    said = refused(tmp_path, SPOT)
    assert said == "s.yaml:3:36: cluster.preemption.series: c.csv: cannot be read: No such file or directory"

    group = SPOT.replace("workers: 3, preemption: {", "groups: {spot: {count: 3, preemption: {").replace("}}", "}}}}")
    assert refused(tmp_path, group).startswith(
        "s.yaml:3:50: cluster.groups.spot.preemption.series: c.csv: cannot be read"
    )


@pytest.mark.parametrize(
    ("text", "place"), [(RECORDED, "c.csv:1:1: lacks the column"), (SPOT, "c.csv:1:1: should have")]
)
def test_what_is_wrong_inside_a_file_is_named_by_its_own_line_and_column(tmp_path, text, place):
    (tmp_path / "c.csv").write_text("a,b\n1,2\n")

    assert refused(tmp_path, text).startswith(place)


def test_a_search_that_outruns_its_recorded_trials_is_named_by_its_place(tmp_path):
    """Invalid trials are replaced by others, here by more than were recorded."""
    (tmp_path / "c.csv").write_text(
        "trial,resource,loss,elapsed_s,exit\n" + "".join(f"{trial},1,1,1,invalid\n" for trial in range(9))
    )
    write(tmp_path, RECORDED)
    done = asha_sim("run", "s.yaml", "--json", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "s.yaml:1:1: searcher: c.csv: holds 9 trials and a searcher asks for trial 9; lower"
    )


# Things that are not files, in every place where a file may be named.


def pipe(path):
    os.mkfifo(path)
    return "is a pipe"


def folder(path):
    path.mkdir()
    return "is a folder|holds no table"  # a folder may be imported: it has a table per run


def device(path):
    path.symlink_to("/dev/zero")
    return "is a device"


def unix_socket(path):
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path.relative_to(path.cwd())))
    return "is a socket"


def loop(path):
    path.symlink_to(path.name)
    return "cannot be read: Too many levels of symbolic links"


@pytest.mark.parametrize("make", [pipe, folder, device, unix_socket, loop])
def test_nothing_without_an_end_is_opened(tmp_path, make, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for read, name in (
        (load, "x.yaml"),
        (read_table, "x.csv"),
        (read_table, "x.csv.gz"),
        (read_trace, "y.csv"),
        (read_trace, "y.parquet"),
        (lambda path: imported(path, "jsonl"), "z.jsonl"),
        (lambda path: imported(path, "lcbench"), "z.json"),
    ):
        said = make(tmp_path / name)
        with pytest.raises(InputError, match=said):
            read(tmp_path / name)


def test_nothing_without_an_end_is_opened_inside_a_folder_of_logs(tmp_path):
    (tmp_path / "exp" / "a").mkdir(parents=True)
    os.mkfifo(tmp_path / "exp" / "a" / "progress.csv")
    with pytest.raises(InputError, match=r"1 can't be read \(is a pipe; results are a file\)"):
        imported(tmp_path / "exp", "ray")


def test_links_to_files_are_followed_and_links_in_the_output_replaced(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "c.csv").write_text(CURVES)
    (tmp_path / "c.csv").symlink_to("real/c.csv")
    (tmp_path / "link.yaml").symlink_to(write(tmp_path, RECORDED).name)
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "summary.json").symlink_to(tmp_path / "precious")
    done = asha_sim("run", "link.yaml", "--out", "out", cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (tmp_path / "out" / "summary.json").is_symlink()


# Files that unpack to more than they seem.


def test_a_gzip_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.curves.files.tables.MAX_BYTES", 10_000_000)
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(CURVES.encode() + b"\n" * 11_000_000))
    said = refused(tmp_path, RECORDED.replace("c.csv", "c.csv.gz"))

    assert said == "s.yaml:2:26: curves.file: c.csv.gz: unpacks to more than 10,000,000 bytes"


def test_a_bomb_in_a_bomb_is_no_table(tmp_path):
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(gzip.compress(b"\0" * 1_000_000)))
    with pytest.raises(InputError, match=r"c.csv.gz:1:1: byte 0x8b is not UTF-8 text"):
        read_table(tmp_path / "c.csv.gz")


@pytest.mark.slow
def test_a_parquet_bomb(tmp_path):
    """A column of thirty million equal numbers takes a few kilobytes."""
    rows = 30_000_000
    pl.DataFrame({"trial": pl.zeros(rows, pl.UInt8, eager=True)}).write_parquet(tmp_path / "c.parquet")
    assert (tmp_path / "c.parquet").stat().st_size < 100_000
    with pytest.raises(InputError, match=r"c.parquet: holds 30,000,000 rows; the most is 20,000,000"):
        read_table(tmp_path / "c.parquet")


@pytest.mark.slow
def test_a_parquet_file_of_few_and_enormous_cells(tmp_path, monkeypatch):
    pl.DataFrame({"trial": ["x" * 1_000_000] * 50}).write_parquet(tmp_path / "c.parquet")
    monkeypatch.setattr("simulator.io.frames.MAX_BYTES", 10_000)
    with pytest.raises(InputError, match=r"c.parquet: unpacks to more than 10,000 bytes"):
        read_table(tmp_path / "c.parquet")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_bomb(tmp_path, monkeypatch, method):
    monkeypatch.setattr("simulator.curves.importers.frames.MAX_BYTES", 1_000_000)
    with zipfile.ZipFile(tmp_path / "results.csv.zip", "w", method) as packed:
        packed.writestr("results.csv", b"\0" * 2_000_000)
    said = (
        "unpacks to more than 1,000,000 bytes" if method == zipfile.ZIP_DEFLATED else "is not compressed by deflate"
    )
    with pytest.raises(InputError, match=said):
        imported(tmp_path, "syne-tune")


def test_a_zip_that_says_it_is_small(tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.curves.importers.frames.MAX_BYTES", 1_000_000)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("results.csv", b"a" * 2_000_000)
    raw = made.getvalue().replace((2_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    (tmp_path / "results.csv.zip").write_bytes(raw)
    with pytest.raises(InputError, match=r"is not a sound zip file"):
        imported(tmp_path, "syne-tune")


# Files that would end the process that reads them.


def test_json_nested_so_deeply_that_a_stack_would_overflow(tmp_path):
    for depth in (1_000, 100_000):
        (tmp_path / "c.jsonl").write_bytes(b'{"a":' * depth + b"1" + b"}" * depth + b"\n")
        with pytest.raises(InputError, match=r"c.jsonl:1: is not a sound JSON file: is nested too deeply"):
            imported(tmp_path / "c.jsonl", "jsonl")


@pytest.mark.slow
def test_damaged_parquet_says_one_line_and_nothing_of_what_went_on_inside(tmp_path):
    """Some of these make the library panic, and one asks for 2**61 bytes, which ends any process."""
    made = io.BytesIO()
    pl.DataFrame(
        {"trial": [0] * 50, "resource": range(1, 51), "loss": [0.5] * 50, "exit": [None] * 49 + ["errored"]}
    ).write_parquet(made)
    raw = made.getvalue()
    for at in range(4, len(raw), len(raw) // 6):
        damaged = bytearray(raw)
        damaged[at] ^= 0x41
        (tmp_path / "c.parquet").write_bytes(damaged)
        done = asha_sim("curves", "describe", "c.parquet", cwd=tmp_path)
        assert (done.returncode == 0) == (done.stderr == "")
        assert done.returncode in {0, 2}
        assert all(line.startswith("c.parquet") for line in done.stderr.splitlines())
        assert not {"panicked", "unwrap", "backtrace", "Traceback"} & set(re.findall(r"\w+", done.stderr))


def test_a_reader_that_dies_is_a_file_that_is_damaged(tmp_path, monkeypatch):
    (tmp_path / "reader.py").write_text("import os\nos.abort()\n")
    monkeypatch.setattr("simulator.io.frames.READER", tmp_path / "reader.py")
    with pytest.raises(InputError, match=r"c.parquet: is not a sound Parquet file: it is damaged"):
        read_frame(tmp_path / "c.parquet", b"PAR1", "parquet")


def test_a_reader_that_never_ends_is_given_up(tmp_path, monkeypatch):
    (tmp_path / "reader.py").write_text("while True: pass\n")
    monkeypatch.setattr("simulator.io.frames.READER", tmp_path / "reader.py")
    monkeypatch.setattr("simulator.io.frames.PATIENCE", 0.5)
    with pytest.raises(InputError, match=r"takes more than 0.5 s to read; is it damaged?"):
        read_frame(tmp_path / "c.parquet", b"PAR1", "parquet")


# Names that another program may take for a command.

NAMES = {
    "shell": "$(touch pwned) `touch pwned`; touch pwned",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "SVG": "</text><svg onload=alert(1)>",
    "terminal": "\x1b[31mred\x1b]0;title\x07\x9b31m\u202egnp",
    "format": "%s {0} {x!r} [bold] $x^2$",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_title_is_text_wherever_it_stands(tmp_path, name):
    escaped = "".join(f"\\u{ord(character):04x}" for character in name)
    write(tmp_path, f'title: "{escaped}"\n' + GOOD)
    shown = asha_sim("run", "s.yaml", cwd=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert all(line.isprintable() for line in shown.stdout.splitlines())
    made = ("animate", "s.yaml", "--out", "out", "--style", "timeline", "--format", "html,perfetto")
    assert asha_sim(*made, cwd=tmp_path).returncode == 0
    plotted = asha_sim("plot", "s.yaml", "--out", "out", "--kind", "rungs", "--format", "svg", cwd=tmp_path)
    assert (plotted.returncode, plotted.stderr) == (0, "")
    for path in (tmp_path / "out").iterdir():
        if path.suffix in {".html", ".svg"}:
            page = path.read_text()
            assert not re.search(r"<script>alert|<img src=x|<svg onload", page)
            assert not re.search("[\x00-\x08\x0b\x1b\x9b\u202e]", page)
    assert not (tmp_path / "pwned").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_file_name_is_text_too(tmp_path, name):
    name = name.replace("/", "-")
    (tmp_path / f"{name}.csv").write_text(CURVES)
    (tmp_path / f"{name}.yaml").write_text(GOOD.replace("divisor: 3", "divisor: x"))
    for arguments, status in (
        (("curves", "describe", f"{name}.csv", "--figure", "out.png"), 0),
        (("curves", "import", f"{name}.csv", "--from", "csv", "-o", "out.csv"), 0),
        (("trace", "describe", f"{name}.csv"), 2),
        (("check", f"{name}.yaml"), 2),
    ):
        done = asha_sim(*arguments, cwd=tmp_path)
        assert done.returncode == status
        assert all(line.isprintable() for line in (done.stdout + done.stderr).splitlines())
    assert not (tmp_path / "pwned").exists()


def test_a_grid_of_more_points_than_can_be_counted(tmp_path):
    """The product of the counts would have 45,000 digits."""
    parameters = "".join(f"  p{at}: {{type: double, minval: 0, maxval: 1, count: {'9' * 900}}}\n" for at in range(50))
    write(tmp_path, f"hyperparameters:\n{parameters}searcher: {{name: grid, metric: loss, max_length: 10}}\n")
    done = asha_sim("preview", "s.yaml", cwd=tmp_path)

    assert done.returncode == 2
    assert "s.yaml:52:1: searcher.points: number of trials for grid search must be <= 2000, not" in done.stderr


def test_a_plan_of_more_cells_than_anybody_can_look_at(tmp_path):
    axes = "".join(f"    stop.{key}: [{', '.join(map(str, range(1, 201)))}]\n" for key in ("time", "loss", "cost"))
    write(tmp_path, GOOD + f"plan:\n  limit: 1000000000\n  replicates: 2\n  vary:\n{axes}")
    done = asha_sim("check", "s.yaml", cwd=tmp_path)

    assert (done.returncode, done.stderr) == (
        2,
        "s.yaml:7:3: plan.vary: 8,000,000 cells are more than 20,000; vary less\n",
    )
