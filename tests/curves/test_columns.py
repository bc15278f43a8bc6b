"""The fast reader agrees with the careful one, or leaves the file to it."""

import numpy as np
import pytest

from simulator.curves.files import columns, rows
from simulator.curves.files.rows import Problems

GOOD = "trial,resource,loss,elapsed_s,note,exit\n0,1,.5,1,x,\n0,2,nan,2.25,,errored\n1,1,,1e-6,y,\n1,2,1e-07,3,z,\n"


@pytest.mark.parametrize("text", [GOOD, GOOD.rstrip("\n"), GOOD.replace("\n", "\r\n")])
def test_both_readers_agree(tmp_path, text):
    quick, careful = columns.of_csv(text.encode()), rows.read_rows(text, Problems(tmp_path), timed=True)

    assert quick is not None
    for name in ("line", "trial", "resource", "loss", "seconds"):
        assert np.array_equal(getattr(quick, name), getattr(careful, name), equal_nan=True)
    assert quick.exits == careful.exits == {1: "errored"}


@pytest.mark.parametrize(
    "text",
    [
        GOOD + "\n1,3,1,4,,\n",
        GOOD + "1,3,1,4\n",
        GOOD + "1,3,1,4,,,\n",
        GOOD + '1,3,1,4,"a",\n',
        GOOD + "1,3,inf,4,,\n",
        GOOD + "1,0,1,4,,\n",
        GOOD + "-1,3,1,4,,\n",
        GOOD + "1,3,1,-4,,\n",
        GOOD + "1,3,1,1e305,,\n",
        GOOD + "1,3,1,,,\n",
        GOOD + "1,3,1,4,,dead\n",
        GOOD + "1,x,1,4,,\n",
        GOOD + "1,9999999999999999,1,4,,\n",
        GOOD.replace("note", "trial"),
        "resource,loss\n1,1\n",
        "trial,resource,loss\n",
        "",
    ],
)
def test_anything_odd_is_left_to_the_careful_reader(text):
    assert columns.of_csv(text.encode()) is None
