"""Animations as MP4 and as animated WebP, for those who can show them: sharper than a GIF, or smaller."""

from __future__ import annotations

from importlib.util import find_spec
from math import gcd
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simulator import files
from simulator.errors import InputError, Problem
from simulator.render.gif import Images

#: Players expect at least so many frames a second.
SLOWEST_MS = 100


def check_mp4() -> None:
    """Raise InputError where there is nothing to write MP4 with."""
    if find_spec("imageio_ffmpeg") is None:
        message = "needs imageio-ffmpeg, which is not installed: pip install 'asha-simulator[video]'"
        raise InputError(Problem("format mp4", message))


def write_mp4(path: Path, pictures: Images, palette: NDArray[np.uint8]) -> None:
    """Replace `path` by H.264 that any browser plays; each step is repeated for as long as it is shown."""
    check_mp4()
    import imageio.v2 as imageio  # noqa: PLC0415

    steps = list(pictures.steps())
    whole = gcd(*(duration for _, duration in steps))
    frame_ms = max(length for length in range(10, SLOWEST_MS + 1, 10) if whole % length == 0)
    # One thread, and no word of the encoder's version where it can be left out: the same bytes every time.
    good = ["-preset", "veryfast", "-crf", "18", "-tune", "animation", "-movflags", "+faststart"]
    same = ["-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact"]
    with files.replacing(path) as scratch:
        writer = imageio.get_writer(
            scratch, format="FFMPEG", mode="I", fps=1000 / frame_ms, codec="libx264", pixelformat="yuv420p",
            macro_block_size=2, ffmpeg_log_level="error",
            output_params=[*good, *same],
        )  # fmt: skip
        with writer:
            for frame, duration in steps:
                for _ in range(duration // frame_ms):
                    writer.append_data(palette[frame])


def write_webp(path: Path, pictures: Images, palette: NDArray[np.uint8]) -> None:
    """Replace `path` by an animated WebP that loops for ever, without loss."""
    steps = list(pictures.steps())
    first, *others = (Image.fromarray(palette[frame]) for frame, _ in steps)
    durations = [duration for _, duration in steps]
    with files.replacing(path) as scratch:
        first.save(
            scratch, format="WEBP", save_all=True, append_images=others, duration=durations, loop=0, lossless=True,
            method=6, kmin=0, kmax=0,  # the best method, and no key frames: a tenth of the bytes
        )  # fmt: skip
