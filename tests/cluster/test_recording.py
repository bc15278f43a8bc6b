"""Unpacked columns are those that were packed, cut at the end of the run."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest

from simulator.cluster.recording import CHUNK, ROW, unpack
from simulator.trace.trace import COLUMNS, Outcome


def pack(rows):
    return bytearray(b"".join(ROW.pack(*values) for values in rows))


@pytest.mark.parametrize("n", [0, 1, CHUNK, CHUNK + 1, 5 * CHUNK // 2 + 1])
def test_rows_of_any_number_are_unpacked_in_their_order(n):
    numbers = np.arange(n)
    packed = pack((i, i + 1, 2, 3, i + 4, i + 5, 6 * i, 6 * i + 7, i / 2, i + 8, i + 9, i % 5) for i in range(n))
    columns = unpack(packed, 7 * n + 7)

    expected = [
        numbers, numbers + 1, np.full(n, 2), np.full(n, 3), numbers + 4, numbers + 5,
        6 * numbers, 6 * numbers + 7, numbers % 5, numbers / 2, numbers + 8, numbers + 9,
    ]  # fmt: skip
    for name, column in zip(COLUMNS, expected, strict=True):
        np.testing.assert_array_equal(columns[name], column, name)
        assert columns[name].dtype == (np.float64 if name == "loss" else np.int64)
    assert set(columns) == set(COLUMNS)
    assert packed == b""


def test_what_still_runs_at_the_end_is_cut_there_and_was_useful():
    """One attempt ends exactly then, one is cut in its training, one is cut in its overhead, and one would be lost after the end."""
    rows = [
        (0, 0, 0, 0, 0, 1, 10, 50, 0.5, 7, 0, Outcome.COMPLETED),
        (1, 1, 0, 0, 0, 1, 20, 51, 0.5, 7, 0, Outcome.COMPLETED),
        (2, 2, 0, 0, 0, 1, 48, 90, 0.5, 7, 0, Outcome.COMPLETED),
        (3, 3, 0, 0, 0, 1, 40, 90, nan, 7, 30, Outcome.DROPPED),
        (4, 4, 0, 0, 0, 1, 40, 50, nan, 7, 3, Outcome.DROPPED),
    ]
    columns = unpack(pack(rows), 50)

    assert columns["end"].tolist() == [50] * 5
    assert columns["outcome"].tolist() == [Outcome.COMPLETED, *[Outcome.CUT] * 3, Outcome.DROPPED]
    assert columns["overhead"].tolist() == [7, 7, 2, 7, 7]
    assert columns["lost"].tolist() == [0, 0, 0, 0, 3]
    np.testing.assert_equal(columns["loss"], [0.5, nan, nan, nan, nan])
