import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from simulator.experiment.experiment import Experiment
from simulator.io import inputs
from simulator.render import kept
from simulator.render.kept import Kept
from simulator.render.options import read_options
from simulator.render.pictures import Drawn, Pictures, draw_scenario
from simulator.scenario.loading import load

TINY = """
searchers: {A: {name: sha, max_trials: 4, max_length: 2, divisor: 2}, B: {name: asha, max_trials: 4, max_length: 2, divisor: 2}}
curves: {kind: ordered, unit_time: 6 h}
cluster: {workers: 2}
time_unit: h
"""
ENTRY = "e" * 64
ASKED = Pictures(styles=("docs",), options=read_options(theme="light", seconds=1))


def draw(folder: Path, out: str, asked: Pictures = ASKED, text: str = TINY, seed: int | None = None) -> Drawn:
    (folder / "s.yaml").write_text(text)
    with inputs.noted():
        experiment = Experiment(load(folder / "s.yaml"), seed)
        return draw_scenario(experiment, folder / out, asked, store=Kept(folder / "kept"))


def test_what_has_been_drawn_is_not_drawn_again(tmp_path: Path) -> None:
    first, again, elsewhere = draw(tmp_path, "one"), draw(tmp_path, "one"), draw(tmp_path, "two")
    assert (first.anew, again.anew, elsewhere.anew) == (True, False, False)
    assert [path.name for path in first.files] == ["a.gif", "a.png", "a.txt", "b.gif", "b.png", "b.txt"]
    assert again.files == first.files
    assert [path.read_bytes() for path in elsewhere.files] == [path.read_bytes() for path in first.files]


def test_files_that_are_right_are_left_alone_and_others_put_back(tmp_path: Path) -> None:
    first = draw(tmp_path, "one")
    right, wrong, gone = first.files[:3]
    before = right.stat().st_mtime_ns
    good = wrong.read_bytes()
    wrong.write_bytes(b"mine")
    gone.unlink()
    draw(tmp_path, "one")
    assert right.stat().st_mtime_ns == before
    assert wrong.read_bytes() == good
    assert gone.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"text": TINY.replace("6 h", "7 h")}, {"seed": 5}, {"asked": replace(ASKED, styles=("timeline",))},
        {"asked": replace(ASKED, options=read_options(theme="dark", seconds=1))},
        {"asked": replace(ASKED, options=read_options(theme="light", seconds=1, title="x"))},
        {"asked": replace(ASKED, snippet="html")},
    ],
)  # fmt: skip
def test_any_change_makes_another_digest(tmp_path: Path, change: dict[str, object]) -> None:
    # Nothing is drawn: a stand-in for the store receives the digest.
    class Asked(Exception):
        pass

    class Store(Kept):
        def take(self, digest, out):
            raise Asked(digest)

    def digest(**how) -> str:
        (tmp_path / "s.yaml").write_text(how.get("text", TINY))
        with inputs.noted():
            experiment = Experiment(load(tmp_path / "s.yaml"), how.get("seed"))
            with pytest.raises(Asked) as found:
                draw_scenario(experiment, tmp_path, how.get("asked", ASKED), store=Store(tmp_path))
        return str(found.value)

    assert digest() == digest()
    assert digest(**change) != digest()


def test_a_file_that_the_scenario_reads_is_part_of_it(tmp_path: Path) -> None:
    with inputs.noted():
        before = kept.digest([], {})
        path = tmp_path / "curves.csv"
        path.write_text("one")
        inputs.note_file(path)
        one = kept.digest([], {})
        path.write_text("two")
        assert len({before, one, kept.digest([], {})}) == 3


def test_what_was_damaged_counts_as_not_kept(tmp_path: Path) -> None:
    first = draw(tmp_path, "one")
    (tmp_path / "kept" / first.digest / "a.gif").write_bytes(b"broken")
    again = draw(tmp_path, "two")
    assert again.anew
    assert again.files[0].read_bytes() == first.files[0].read_bytes()


def test_many_put_and_take_the_same_at_once(tmp_path: Path) -> None:
    store, sources = Kept(tmp_path / "kept"), []
    for number in range(8):
        path = tmp_path / str(number) / "a.txt"
        path.parent.mkdir()
        path.write_text("same")
        sources.append(path)

    def both(path: Path) -> list[Path] | None:
        store.put(ENTRY, [path])
        return store.take(ENTRY, path.parent)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(both, sources)) == [[path] for path in sources]
    assert [entry.name for entry in (tmp_path / "kept").iterdir()] == [ENTRY]


def test_an_entry_that_another_process_makes_meanwhile_is_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("same")
    store, entry = Kept(tmp_path / "kept"), tmp_path / "kept" / ENTRY
    look, remove, removed = Kept._contents, shutil.rmtree, []

    def while_another_is_faster(self: Kept, digest: str) -> dict[str, bytes] | None:
        found = look(self, digest)
        monkeypatch.setattr(Kept, "_contents", look)
        Kept(tmp_path / "kept").put(digest, [tmp_path / "a.txt"])
        return found

    def noted(path: Path, **how: bool) -> None:
        removed.append(path)
        remove(path, **how)

    monkeypatch.setattr(shutil, "rmtree", noted)
    monkeypatch.setattr(Kept, "_contents", while_another_is_faster)
    store.put(ENTRY, [tmp_path / "a.txt"])

    assert entry not in removed
    assert store.take(ENTRY, tmp_path / "out") == [tmp_path / "out" / "a.txt"]


def test_a_folder_that_can_not_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Kept(tmp_path / "file" / "kept")
    store.put("digest", [tmp_path / "file"])
    assert store.take("digest", tmp_path) is None


def test_where_the_command_line_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kept.VARIABLE, "off")
    assert kept.user_store() is None
    monkeypatch.setenv(kept.VARIABLE, "/somewhere")
    assert kept.user_store()._folder == Path("/somewhere")
    monkeypatch.delenv(kept.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert kept.user_store()._folder == Path("/caches/asha-simulator/pictures")


def test_the_folder_forgets_pictures_that_are_no_longer_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 3)
    path = tmp_path / "a.txt"
    path.write_text("")
    for number in range(5):
        Kept(tmp_path / "kept").put(f"{number:064x}", [path])
    assert len(list((tmp_path / "kept").iterdir())) == 3


# Folders in which others were.


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    """A folder with one entry, which holds a file a.txt."""
    path = tmp_path / "a.txt"
    path.write_text("mine")
    Kept(tmp_path / "kept").put(ENTRY, [path])
    return tmp_path / "kept" / ENTRY


def is_put_right(tmp_path: Path) -> None:
    """A damaged entry counts as missing, and the next pictures are kept in its place."""
    store, out = Kept(tmp_path / "kept"), tmp_path / "out"
    assert store.take(ENTRY, out) is None
    assert not out.exists()
    store.put(ENTRY, [tmp_path / "a.txt"])
    assert store.take(ENTRY, out) == [out / "a.txt"]


@pytest.mark.parametrize(
    "text",
    [
        "[]", "5", "null", "{}", "[" * 100_000, '{"a":' * 100_000, '"a.txt"', '{"a.txt": 5}', '{"a.txt": null}', "9" * 9000, "\0", "",
        '{"a\\u0000.txt": "x"}', '{"' + "x" * 5000 + '": "x"}', '{"..": "x"}', '{"": "x"}',
    ],
)  # fmt: skip
def test_a_list_of_files_that_is_none_counts_as_not_kept(text: str, entry: Path, tmp_path: Path) -> None:
    (entry / kept.LIST).write_text(text)
    is_put_right(tmp_path)


@pytest.mark.parametrize("name", ["../precious", "/precious", "b/../../precious", "./a.txt"])
def test_an_entry_leads_to_no_other_folder(name: str, entry: Path, tmp_path: Path) -> None:
    precious = tmp_path / "kept" / "precious"
    precious.write_text("mine")
    (entry / "b").mkdir()
    name = str(tmp_path / "kept") + name if name.startswith("/") else name
    listed = {"a.txt": sha256(b"mine").hexdigest(), name: sha256(b"mine").hexdigest()}
    (entry / kept.LIST).write_text(json.dumps(listed))
    is_put_right(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "kept", "out"]


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), Path.mkdir, Path.touch])
@pytest.mark.parametrize("name", [kept.LIST, "a.txt"])
def test_what_is_no_picture_is_not_read(name: str, make, entry: Path, tmp_path: Path) -> None:
    (entry / name).unlink()
    make(entry / name)
    is_put_right(tmp_path)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), Path.touch])
def test_an_entry_that_is_no_folder_counts_as_not_kept(make, entry: Path, tmp_path: Path) -> None:
    shutil.rmtree(entry)
    make(entry)
    store = Kept(tmp_path / "kept")
    assert store.take(ENTRY, tmp_path / "out") is None
    store.put(ENTRY, [tmp_path / "a.txt"])
    assert store.take(ENTRY, tmp_path / "out") is None


def test_folders_of_others_are_never_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 1)
    path, folder = tmp_path / "a.txt", tmp_path / "kept"
    path.write_text("")
    left, young = folder / f"{kept.MAKING}left", folder / f"{kept.MAKING}young"
    for place in (folder / "photographs", folder / f"{'f' * 63}g", left, young):
        place.mkdir(parents=True)
    (folder / "letter.txt").touch()
    (folder / ("d" * 64)).symlink_to("photographs")
    for place in folder.iterdir():
        if place != young:
            os.utime(place, (1, 1), follow_symlinks=False)
    for number in range(3):
        Kept(folder).put(f"{number:064x}", [path])

    others = {"photographs", f"{'f' * 63}g", "letter.txt", "d" * 64, young.name}
    assert {place.name for place in folder.iterdir()} == {*others, f"{2:064x}"}


def test_pictures_are_kept_under_the_curves_that_were_read(tmp_path: Path) -> None:
    """If a file is replaced after it was read, pictures are kept under the file that was read."""
    path = tmp_path / "curves.csv"
    digests = []
    for later in ("one", "two"):
        with inputs.noted():
            path.write_text("one")
            inputs.note(path, path.read_bytes())
            path.write_text(later)
            digests.append(kept.digest([], {}))
    assert digests[0] == digests[1]
