"""Times of units for curves without recorded times, drawn from a stated distribution."""

import numpy as np
import pytest

from simulator.core.errors import InputError
from simulator.curves.files.tables import read_table
from simulator.curves.unit_times import UnitTimes


def test_times_belong_to_the_trial():
    trial, resource = np.repeat(np.arange(3000), 2), np.tile([1, 9], 3000)
    clock = UnitTimes(60_000_000, 0.4, seed=1).clock(trial, resource)

    assert (clock[1::2] == 9 * clock[::2]).all()
    assert np.log(clock[::2] / 60e6).mean() == pytest.approx(0, abs=0.03)
    assert np.log(clock[::2] / 60e6).std() == pytest.approx(0.4, abs=0.02)
    some = np.array([7, 2999])
    assert UnitTimes(60_000_000, 0.4, seed=1).clock(some, np.array([1, 1])).tolist() == clock[::2][some].tolist()
    assert set(UnitTimes(5).clock(trial, resource).tolist()) == {5, 45}


def test_a_file_without_times(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("trial,resource,loss\n0,1,1\n0,2,0.5\n")

    table = read_table(path, unit_times=UnitTimes(3_000_000))
    assert table.clock.tolist() == [3_000_000, 6_000_000]
    assert not table.timed
    with pytest.raises(
        InputError, match="lacks the column elapsed_s; add it, or say how long a unit takes by unit_time"
    ):
        read_table(path)
    path.write_text("trial,resource,loss,elapsed_s\n0,1,1,1\n")
    with pytest.raises(InputError, match="has the column elapsed_s, and unit_time is given too; drop one of them"):
        read_table(path, unit_times=UnitTimes(1))
