import struct

import numpy as np
import pytest
from fixtures.opcode_bytes import bad_pixels, gain_map, opcode, opcode_list, vignette
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from isp_env.raw_io.opcodes.parsing import (
    BadPixels,
    BadPixelsConstant,
    GainMap,
    VignetteRadial,
    encode_gain_maps,
    parse_opcodes,
)

GAINS = 1 + np.arange(12, dtype=np.float32).reshape(3, 4) / 16
WHOLE = opcode_list(
    gain_map(GAINS, (0, 1, 60, 80), pitch=(2, 2), flags=3),
    vignette((0.3, 0.1, 0.0, -0.05, 0.0), (0.25, 0.75), flags=0),
    opcode(4, struct.pack(">2I", 17, 1)),
    bad_pixels([(3, 4), (5, 6)], [(7, 8, 9, 20)]),
    opcode(6, bytes(16), flags=0),
    opcode(99, b""),
)


def test_every_kind_is_read():
    shading, vignetting, constant, listed, trim, unknown = parse_opcodes(WHOLE)
    assert isinstance(shading.correction, GainMap) and shading.optional and shading.flags == 3
    assert shading.correction.area_px == (0, 1, 60, 80) and shading.correction.pitch_px == (2, 2)
    assert shading.correction.spacing == (1 / 2, 1 / 3) and np.array_equal(shading.correction.gains[..., 0], GAINS)
    assert vignetting.correction == VignetteRadial((0.3, 0.1, 0.0, -0.05, 0.0), (0.25, 0.75))
    assert not vignetting.optional and vignetting.version == 0x01030000
    assert constant.correction == BadPixelsConstant(17)
    assert isinstance(listed.correction, BadPixels)
    assert listed.correction.points_px.tolist() == [[3, 4], [5, 6]]
    assert listed.correction.areas_px.tolist() == [[7, 8, 9, 20]]
    assert (trim.name, trim.optional, trim.correction) == ("TrimBounds", False, None)
    assert (unknown.name, unknown.correction) == ("opcode 99", None)


@pytest.mark.slow
@settings(derandomize=True, max_examples=40, deadline=None, database=None)
@given(
    arrays.arrays(
        np.float32, arrays.array_shapes(min_dims=3, max_dims=3, max_side=5), elements=st.floats(0.0625, 16, width=32)
    ),
    st.tuples(*[st.floats(0.001, 1)] * 2, *[st.floats(-1, 1)] * 2),
)
def test_gain_maps_come_back_as_they_were_written(gains, geometry):
    spacing, origin = geometry[:2], geometry[2:]
    written = opcode_list(gain_map(gains, (0, 0, 9, 9), planes=3, spacing=spacing, origin=origin))
    (read,) = parse_opcodes(written)
    assert isinstance(read.correction, GainMap)
    assert (read.correction.spacing, read.correction.origin) == (spacing, origin)
    assert np.array_equal(read.correction.gains, gains)
    assert encode_gain_maps([read.correction]) == written


def damaged():
    yield b"", "no opcode list"
    yield b"\0\0\1", "no opcode list"
    yield struct.pack(">I", 2**32 - 1), "do not fit"
    yield WHOLE[:-20], "end|fit"
    yield WHOLE + bytes(4), "follow the last"
    yield opcode_list(opcode(9, bytes(10))), "GainMap of 10 bytes"
    yield opcode_list(opcode(9, bytes(76))), "0 x 0 knots"
    yield opcode_list(gain_map(GAINS, (0, 0, 4, 4))[:-4] + b""), "over the end"
    for gain in (np.nan, np.inf, -np.inf, 0.0, -1.0, 1e30, 21.0):
        yield opcode_list(gain_map(np.where(GAINS == 1, gain, GAINS), (0, 0, 4, 4))), "with gains"
    for spacing in ((0.0, 0.5), (-0.5, 0.5), (np.nan, 0.5), (np.inf, 0.5), (1e-300, 0.5)):
        yield opcode_list(gain_map(GAINS, (0, 0, 4, 4), spacing=spacing)), "apart"
    yield opcode_list(gain_map(GAINS, (0, 0, 4, 4), origin=(np.nan, 0.0))), "apart"
    yield opcode_list(gain_map(GAINS, (4, 0, 4, 4))), "empty area"
    yield opcode_list(gain_map(GAINS, (0, 0, 4, 4), pitch=(0, 2))), "pitch"
    yield opcode_list(gain_map(GAINS, (0, 0, 4, 4), planes=0)), "pitch"
    yield opcode_list(vignette((np.nan, 0, 0, 0, 0))), "FixVignetteRadial"
    yield opcode_list(vignette((-3.0, 0, 0, 0, 0))), "with gains -2"
    yield opcode_list(vignette((0.1, 0, 0, 0, 0), (0.5, 7.0))), "about"
    yield opcode_list(opcode(3, bytes(8))), "in place of 56"
    yield opcode_list(opcode(5, struct.pack(">3I", 0, 2**31, 2**31))), "in place of"
    yield opcode_list(opcode(4, b"")), "in place of 8"


def test_damaged_lists_are_refused_in_words():
    for content, message in damaged():
        with pytest.raises(ValueError, match=message) as caught:
            parse_opcodes(content)
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_mutated_lists_are_read_or_refused():
    """Bytes changed, cut out, repeated or made extreme: nothing but a ValueError, and no array larger than the list."""
    random = np.random.default_rng(0)
    refused = 0
    for _ in range(1000):
        content = bytearray(WHOLE)
        for _ in range(random.integers(1, 4)):
            at, length = (int(number) for number in random.integers(0, [len(content) + 1, 9]))
            pieces = [random.bytes(length), b"\xff" * length, bytes(length), content[at : at + 2 * length], b""]
            piece = pieces[random.integers(len(pieces))]
            content[at : at + int(random.integers(0, 9))] = piece
        try:
            opcodes = parse_opcodes(bytes(content))
        except ValueError:
            refused += 1
            continue
        gains = [each.correction.gains for each in opcodes if isinstance(each.correction, GainMap)]
        assert all(each.nbytes <= len(content) and np.isfinite(each).all() for each in gains)
    assert 200 < refused < 1000
