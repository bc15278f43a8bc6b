import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simulator.core.errors import InputError
from simulator.core.vocabulary import Motion
from simulator.render import style
from simulator.render.animation import gif, video
from simulator.render.animation.animate import WRITERS, animate
from simulator.render.animation.configurations import DocsPicture, Scales
from tests.support.scenes import docs_scene, tiny

PALETTE = style.THEMES["light"].palette(4)


@pytest.fixture(scope="module")
def pictures() -> gif.Images:
    traces = docs_scene()
    picture = DocsPicture(traces[0], Scales(traces, "min"), "")
    return gif.images(picture.canvas, picture.steps())


def test_steps_have_the_images_and_the_time_of_the_gif(pictures: gif.Images) -> None:
    steps = list(pictures.steps())
    assert len(steps) == 43
    assert sum(duration for _, duration in steps) == sum(pictures.durations_ms)
    assert np.array_equal(steps[-1][0], pictures.frames[-1])


def test_webp_is_without_loss_and_small(tmp_path: Path, pictures: gif.Images) -> None:
    for name in ("a.webp", "b.webp"):
        video.write_webp(tmp_path / name, pictures, PALETTE)
    assert (tmp_path / "a.webp").read_bytes() == (tmp_path / "b.webp").read_bytes()
    assert (tmp_path / "a.webp").stat().st_size < 60_000
    steps = list(pictures.steps())
    with Image.open(tmp_path / "a.webp") as image:
        assert image.n_frames == len(steps)
        for number in (0, 20, len(steps) - 1):
            image.seek(number)
            assert np.array_equal(np.array(image.convert("RGB")), PALETTE[steps[number][0]])


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_a_video_has_the_frames_and_the_same_bytes(tmp_path: Path, pictures: gif.Images, kind: Motion) -> None:
    ffmpeg = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    # The last two steps.
    few = pictures._replace(**{name: column[-10:] for name, column in pictures._asdict().items()})
    for name in ("a", "b"):
        WRITERS[kind](tmp_path / f"{name}.{kind}", few, PALETTE)
    assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()
    command = [ffmpeg, "-loglevel", "error", "-i", tmp_path / f"a.{kind}", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    height, width = few.frames[0].shape
    frames = np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)
    assert len(frames) == sum(duration for _, duration in few.steps()) // 100  # ten a second
    wanted = PALETTE[few.frames[-1]]
    assert np.abs(frames[-1].astype(int) - wanted).mean() < 4  # half of the colours' resolution is lost


def test_without_ffmpeg_the_message_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(video, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'asha-simulator\[video\]'"):
        animate([tiny([])], tmp_path, style="docs", theme="light", title="", time_unit="h", formats=["gif", "mp4"])
    assert list(tmp_path.iterdir()) == []
