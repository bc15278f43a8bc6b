"""Animations as videos (MP4, WebM), which readers can pause, and as animated WebP, which is smaller than a GIF."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator, Sequence
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
from simulator.core.vocabulary import VIDEOS
from simulator.io import writing
from simulator.render.animation.gif import Images
from simulator.render.options import current

#: Smallest number of frames per second that players expect.
SLOWEST_MS = 100


#: Options of the encoders: H.264, and VP9 at the speed at which it needs no more time than H.264.
H264 = (
    "-vcodec", "libx264", "-preset", "veryfast", "-crf", "18", "-tune", "animation", "-movflags", "+faststart",
)  # fmt: skip
VP9 = (
    "-vcodec", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "6", "-crf", "28", "-b:v", "0",
    "-tune-content", "screen", "-row-mt", "0",
)  # fmt: skip


def check_encoder(formats: Sequence[str]) -> None:
    """Raise InputError if one of `formats` is a video and the encoder of videos is not installed."""
    asked = [kind for kind in VIDEOS if kind in formats]
    if asked and find_spec("imageio_ffmpeg") is None:
        message = "needs imageio-ffmpeg, which is not installed: pip install 'asha-simulator[video]'"
        raise InputError(Problem(f"format {asked[0]}", message))


def write_mp4(path: Path, pictures: Images, palette: NDArray[np.uint8]) -> None:
    """Replace the file `path` by an H.264 video, which any browser plays."""
    _write(path, pictures, palette, "mp4", H264)


def write_webm(path: Path, pictures: Images, palette: NDArray[np.uint8]) -> None:
    """Replace the file `path` by a VP9 video, for browsers without H.264."""
    _write(path, pictures, palette, "webm", VP9)


def _write(path: Path, pictures: Images, palette: NDArray[np.uint8], kind: str, coded: Sequence[str]) -> None:
    """Write a video in which each step is repeated for its duration."""
    check_encoder([kind])
    steps = list(pictures.steps())
    whole = gcd(*(duration for _, duration in steps))
    frame_ms = max(length for length in range(10, SLOWEST_MS + 1, 10) if whole % length == 0)
    with (
        writing.replacing(path) as scratch,
        _encoder(scratch, steps[0][0].shape, Fraction(1000, frame_ms), ["-f", kind, *coded]) as encoder,
    ):
        for frame, duration in steps:
            encoder.write(palette[frame].tobytes() * (duration // frame_ms))


@contextmanager
def _encoder(path: Path, shape: tuple[int, ...], fps: Fraction, coded: Sequence[str]) -> Iterator[IO[bytes]]:
    """An encoder that takes RGB frames and writes a video as `coded` says; raises OSError if it fails."""
    from imageio_ffmpeg import get_ffmpeg_exe

    height, width = shape
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(fps), "-i", "-"]
    even = ["-vf", f"scale={width + width % 2}:{height + height % 2}"] if width % 2 or height % 2 else []
    plain = ["-an", "-pix_fmt", "yuv420p", *even]
    # With one thread, and without the encoder's version in the file, the bytes are the same every time.
    same = ["-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact"]
    command = [get_ffmpeg_exe(), "-y", "-v", "error", *raw, *plain, *coded, *same, str(path)]
    with subprocess.Popen(
        command, stdin=PIPE, stdout=DEVNULL, stderr=PIPE, process_group=0, restore_signals=False
    ) as ffmpeg:
        try:
            assert ffmpeg.stdin is not None
            with suppress(BrokenPipeError):  # the encoder ended early, and its output says why
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
    """Replace the file `path` by a lossless animated WebP; it plays for ever, or as often as requested."""
    steps = list(pictures.steps())
    first, *others = (Image.fromarray(palette[frame]) for frame, _ in steps)
    durations = [duration for _, duration in steps]
    with writing.replacing(path) as scratch:
        first.save(
            scratch, format="WEBP", save_all=True, append_images=others, duration=durations, loop=current().loop,
            lossless=True, method=6, kmin=0, kmax=0,  # a tenth of the usual bytes
        )  # fmt: skip
