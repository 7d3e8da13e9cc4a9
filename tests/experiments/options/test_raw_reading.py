from pathlib import Path

import numpy as np
import pytest

from attiqa_core.errors import UsageError
from experiments.options.raw_reading import RawReading
from isp_env.raw_io.own_sensor.description import Layout


def test_nothing_said_is_nothing_known():
    described = RawReading().description()
    assert all(value is None for value in vars(described).values())


def test_options_come_before_the_sensor_file(tmp_path):
    (tmp_path / "own.toml").write_text("[levels]\nblack_dn = 64\nwhite_dn = 1023\n")
    described = RawReading(sensor=tmp_path / "own.toml", black=(60.0, 61.0, 62.0, 63.0)).description()
    assert (described.black_dn, described.white_dn) == ((60.0, 61.0, 62.0, 63.0), 1023.0)


def test_a_layout_a_balance_and_a_matrix_are_read():
    given = RawReading(
        raw_size=(96, 64),
        cfa="BGGR",
        packing="mipi10",
        row_bytes=128,
        wb=(4.0, 2.0, 3.0),
        ccm=(2, 0, 0, 0, 1, 0, 0, 0, 1),
    )
    described = given.description()
    assert described.layout == Layout(96, 64, "BGGR", "mipi10", row_bytes=128)
    assert described.gains == (2.0, 1.0, 1.5)
    assert np.array_equal(described.ccm, np.eye(3))  # rows scaled to one


@pytest.mark.parametrize(
    "options,sentence",
    [
        ({"raw_size": (96, 64)}, "needs both"),
        ({"cfa": "RGGB"}, "needs both"),
        ({"packing": "10p"}, "give --raw-size and --cfa"),
        ({"black": (1.0, 2.0)}, "one, or four"),
        ({"ccm": (1.0,)}, "give nine"),
    ],
)
def test_what_does_not_go_together_is_refused(options, sentence):
    with pytest.raises(UsageError, match=sentence):
        RawReading(**options).check()


@pytest.mark.parametrize(
    "options",
    [
        {"wb": (0.0, 1.0, 1.0)},
        {"ccm": (0.0,) * 9},
        {"raw_size": (0, 64), "cfa": "RGGB"},
        {"sensor": Path("no.toml")},
        {"black": (600.0,), "white": 500.0},
    ],
)
def test_numbers_that_cannot_be_are_refused(options):
    with pytest.raises(ValueError, match=r"--wb|--ccm|--raw-size|no.toml|black 600 is not below white 500"):
        RawReading(**options).check()
