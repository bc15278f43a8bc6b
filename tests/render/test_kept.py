from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
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
    # Nothing is drawn: the digest is found where something else is kept under it.
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
        store.put("digest", [path])
        return store.take("digest", path.parent)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(both, sources)) == [[path] for path in sources]
    assert [entry.name for entry in (tmp_path / "kept").iterdir()] == ["digest"]


def test_a_folder_that_can_not_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Kept(tmp_path / "file" / "kept")
    store.put("digest", [tmp_path / "file"])
    assert store.take("digest", tmp_path) is None


def test_where_the_command_line_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kept.VARIABLE, "off")
    assert kept.usual() is None
    monkeypatch.setenv(kept.VARIABLE, "/somewhere")
    assert kept.usual()._folder == Path("/somewhere")
    monkeypatch.delenv(kept.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert kept.usual()._folder == Path("/caches/asha-simulator/pictures")


def test_the_folder_forgets_pictures_that_are_no_longer_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 3)
    path = tmp_path / "a.txt"
    path.write_text("")
    for number in range(5):
        Kept(tmp_path / "kept").put(str(number), [path])
    assert len(list((tmp_path / "kept").iterdir())) == 3
