"""Animations as MP4, which is sharper than a GIF, and as animated WebP, which is smaller."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from importlib.util import find_spec
from math import gcd
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simulator.core.errors import InputError, Problem
from simulator.io import writing
from simulator.render.animation.gif import Images
from simulator.render.options import current

#: Fewest frames a second that players expect.
SLOWEST_MS = 100


def check_mp4() -> None:
    """Raise InputError if the encoder of MP4 is not installed."""
    if find_spec("imageio_ffmpeg") is None:
        message = "needs imageio-ffmpeg, which is not installed: pip install 'asha-simulator[video]'"
        raise InputError(Problem("format mp4", message))


def write_mp4(path: Path, pictures: Images, palette: NDArray[np.uint8]) -> None:
    """Replace `path` by an H.264 video that any browser plays; each step is repeated for its duration."""
    check_mp4()
    steps = list(pictures.steps())
    whole = gcd(*(duration for _, duration in steps))
    frame_ms = max(length for length in range(10, SLOWEST_MS + 1, 10) if whole % length == 0)
    with (
        writing.replacing(path) as scratch,
        _encoder(scratch, steps[0][0].shape, Fraction(1000, frame_ms)) as encoder,
    ):
        for frame, duration in steps:
            encoder.write(palette[frame].tobytes() * (duration // frame_ms))


@contextmanager
def _encoder(path: Path, shape: tuple[int, ...], fps: Fraction) -> Iterator[IO[bytes]]:
    """An encoder that takes RGB frames and writes an MP4; raises OSError if it fails."""
    from imageio_ffmpeg import get_ffmpeg_exe

    height, width = shape
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(fps), "-i", "-"]
    even = ["-vf", f"scale={width + width % 2}:{height + height % 2}"] if width % 2 or height % 2 else []
    coded = ["-an", "-vcodec", "libx264", "-pix_fmt", "yuv420p", *even]
    # One thread, and no version of the encoder in the file: the same bytes every time.
    good = ["-preset", "veryfast", "-crf", "18", "-tune", "animation", "-movflags", "+faststart"]
    same = ["-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact"]
    command = [get_ffmpeg_exe(), "-y", "-v", "error", *raw, *coded, *good, *same, str(path)]
    with subprocess.Popen(
        command, stdin=PIPE, stdout=DEVNULL, stderr=PIPE, process_group=0, restore_signals=False
    ) as ffmpeg:
        try:
            assert ffmpeg.stdin is not None
            with suppress(BrokenPipeError):  # the encoder ended early, and says why
                yield ffmpeg.stdin
            _, said = ffmpeg.communicate()
        except BaseException:
            ffmpeg.kill()
            raise
    if ffmpeg.returncode:
        told = [number for number in writing.REMEDIES if os.strerror(number).encode() in said]
        number = told[0] if told else errno.EIO
        raise OSError(number, os.strerror(number))


def write_webp(path: Path, pictures: Images, palette: NDArray[np.uint8]) -> None:
    """Replace `path` by an animated WebP without loss; it plays as often as is asked, or for ever."""
    steps = list(pictures.steps())
    first, *others = (Image.fromarray(palette[frame]) for frame, _ in steps)
    durations = [duration for _, duration in steps]
    with writing.replacing(path) as scratch:
        first.save(
            scratch, format="WEBP", save_all=True, append_images=others, duration=durations, loop=current().loop,
            lossless=True, method=6, kmin=0, kmax=0,  # the best method without key frames takes a tenth of the bytes
        )  # fmt: skip
