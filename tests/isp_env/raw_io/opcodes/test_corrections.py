"""Opcodes of written DNGs as frames have them: at every orientation, active area and phase, against the specification's words."""

import numpy as np
import pytest
import torch
from fixtures.opcode_bytes import bad_pixels, bilinear, gain_map, opcode, opcode_list, vignette

from attiqa_core.errors import InputError
from isp_env.frames.batch import FrameBatch
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import GOPRO_CALIBRATION
from isp_env.raw_io.dng import write_dng, write_frame
from isp_env.sensor.cfa import CFA_PATTERNS, orient
from isp_env.stages.lens_shading import plane_gains
from isp_env.stages.mosaic import pack, pad_to_even, unpack

pytestmark = pytest.mark.slow

TIFF_TO_FLIP = {1: 0, 2: 1, 3: 3, 4: 2, 5: 4, 6: 6, 7: 7, 8: 5}
HEIGHT, WIDTH = 24, 34
RANDOM = np.random.default_rng(4)
MAPS = RANDOM.uniform(0.8, 2.0, (4, 3, 4)).astype(np.float32)  # one for each site of the 2x2 block, row by row
SPACING, ORIGIN = (0.4, 0.3), (0.1, 0.05)
GAIN_TOLERANCE = 2e-6  # two float32 interpolations of values up to 2, at places in float32


def four_maps(height=HEIGHT, width=WIDTH) -> bytes:
    return opcode_list(
        *(
            gain_map(MAPS[site], (site // 2, site % 2, height, width), pitch=(2, 2), spacing=SPACING, origin=ORIGIN)
            for site in range(4)
        )
    )


def expected_gains(height=HEIGHT, width=WIDTH) -> np.ndarray:
    gains = np.empty((height, width))
    for site in range(4):
        part = np.s_[site // 2 :: 2, site % 2 :: 2]
        gains[part] = bilinear(MAPS[site], height, width, SPACING, ORIGIN)[part]
    return gains


def load(path, opcodes, cfa="RGGB", samples=None, size=(HEIGHT, WIDTH), **options) -> RawFrame:
    samples = np.random.default_rng(1).integers(600, 9000, size).astype(np.uint16) if samples is None else samples
    levels = {"black_level_dn": (256.0,) * 4, "white_level_dn": 16383}
    colour = {"calibration": GOPRO_CALIBRATION, "as_shot_neutral": (0.5, 1.0, 0.6)}
    write_dng(path, samples, cfa, **levels, **colour, opcode_lists=opcodes, **options)
    return RawFrame.load(path)


def gains_of(frame: RawFrame) -> np.ndarray:
    """The gain of every sample of a mosaic, as the pipeline applies it."""
    batch = FrameBatch.stack([frame])
    assert batch.shading is not None
    planes = pack(pad_to_even(batch.samples), batch.cfa_index)
    gains = unpack(plane_gains(batch.shading, batch.cfa_index, planes), batch.cfa_index)
    return gains[0, 0, : frame.samples.shape[0], : frame.samples.shape[1]].numpy()


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
@pytest.mark.parametrize("orientation", sorted(TIFF_TO_FLIP))
def test_each_sample_gets_its_sites_gain_however_the_picture_is_turned(tmp_path, cfa, orientation):
    frame = load(tmp_path / "a.dng", {2: four_maps()}, cfa, orientation=orientation)
    expected = orient(expected_gains(), TIFF_TO_FLIP[orientation])
    assert np.abs(gains_of(frame) - expected).max() < GAIN_TOLERANCE
    assert frame.metadata["corrections"] == {"applied": ["GainMap"], "not_applied": []}


@pytest.mark.parametrize("orientation", [2, 4, 6])
def test_odd_sizes_keep_their_gains_when_turned(tmp_path, orientation):
    frame = load(tmp_path / "a.dng", {2: four_maps(23, 33)}, size=(23, 33), orientation=orientation)
    expected = orient(expected_gains(23, 33), TIFF_TO_FLIP[orientation])
    assert np.abs(gains_of(frame) - expected).max() < GAIN_TOLERANCE


@pytest.mark.parametrize("corner", [(2, 4), (1, 1), (2, 3)])
def test_gains_count_from_the_active_area(tmp_path, corner):
    top, left = corner
    area = (top, left, top + HEIGHT, left + WIDTH)
    frame = load(tmp_path / "a.dng", {2: four_maps()}, size=(HEIGHT + 6, WIDTH + 6), active_area=area)
    height, width = frame.samples.shape  # LibRaw may cut an odd margin by one more
    offset = HEIGHT - height, WIDTH - width
    assert np.abs(gains_of(frame) - expected_gains()[offset[0] :, offset[1] :]).max() < GAIN_TOLERANCE


def test_one_map_serves_all_sites_and_two_multiply(tmp_path):
    one = gain_map(MAPS[0], (0, 0, 0, 0), spacing=SPACING, origin=ORIGIN)
    single = bilinear(MAPS[0], HEIGHT, WIDTH, SPACING, ORIGIN)
    assert np.abs(gains_of(load(tmp_path / "a.dng", {2: opcode_list(one)})) - single).max() < GAIN_TOLERANCE
    flat = gain_map(np.full((1, 1), 1.5), (0, 0, HEIGHT, WIDTH))
    both = gains_of(load(tmp_path / "b.dng", {2: opcode_list(one, flat)}))
    assert np.abs(both - 1.5 * single).max() < 0.02  # other knots: a common grid, its own kinks smoothed by half a cell


def test_a_vignette_follows_its_polynomial(tmp_path):
    coefficients, centre = (0.3, 0.2, 0.0, 0.1, 0.05), (0.4, 0.6)
    gains = gains_of(load(tmp_path / "a.dng", {3: opcode_list(vignette(coefficients, centre))}))
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    across, down = centre[0] * (WIDTH - 1), centre[1] * (HEIGHT - 1)
    furthest = max((a - across) ** 2 + (d - down) ** 2 for a in (0, WIDTH - 1) for d in (0, HEIGHT - 1))
    squared = ((x - across) ** 2 + (y - down) ** 2) / furthest
    expected = 1 + sum(k * squared ** (power + 1) for power, k in enumerate(coefficients))
    assert np.abs(gains - expected).max() < 1e-3


def test_gains_after_demosaicing_go_to_their_colours(tmp_path):
    planes = np.array([1.1, 1.2, 1.4], np.float32).reshape(1, 1, 3)
    frame = load(tmp_path / "a.dng", {3: opcode_list(gain_map(planes, (0, 0, HEIGHT, WIDTH), planes=3))})
    assert frame.shading is not None and np.allclose(frame.shading.gains[:, 0, 0], (1.1, 1.2, 1.2, 1.4))


def test_what_is_not_applied_is_named_with_whether_it_is_optional(tmp_path):
    part = gain_map(MAPS[0], (0, 0, HEIGHT // 2, WIDTH))
    opcodes = opcode_list(
        opcode(6, b"x", flags=0), opcode(6, b"y", flags=0), opcode(10, b""), part, vignette([0.0] * 5)
    )
    frame = load(tmp_path / "a.dng", {1: opcode_list(vignette([0.1] * 5)), 2: opcodes})
    named = [
        "FixVignetteRadial (optional)",
        "TrimBounds (not optional)",
        "DeltaPerRow (optional)",
        "GainMap (optional)",
    ]
    assert frame.metadata["corrections"] == {"applied": ["FixVignetteRadial"], "not_applied": named}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_damaged_lists_are_refused_with_the_tags_name(tmp_path, number):
    outside = gain_map(MAPS[0], (0, WIDTH, HEIGHT, WIDTH + 20))
    for bad in (b"\0\0\0\7", opcode_list(outside)):
        with pytest.raises(InputError, match=rf"a\.dng: .*OpcodeList{number}.*copy it") as caught:
            load(tmp_path / "a.dng", {number: bad})
        assert "\n" not in str(caught.value)


def test_bad_pixels_become_their_neighbours_median(tmp_path):
    samples = np.full((HEIGHT, WIDTH), 3000, np.uint16)
    samples[5, 7], samples[0, 0], samples[10:12, :12] = 16000, 16000, 16000
    listed = opcode_list(bad_pixels([(5, 7), (0, 0), (500, 500)], [(10, 0, 12, 12)]))
    for number, orientation in ((1, 1), (2, 3), (1, 6)):
        frame = load(tmp_path / "a.dng", {number: listed}, samples=samples, orientation=orientation)
        assert (frame.samples == 3000).all() and frame.metadata["corrections"]["applied"] == ["FixBadPixelsList"]
    samples[samples == 16000] = 0
    constant = opcode_list(opcode(4, bytes(8)))
    assert (load(tmp_path / "a.dng", {1: constant}, samples=samples).samples == 3000).all()
    assert (load(tmp_path / "a.dng", {2: constant}, samples=samples).samples == 0).any()  # not the file's values there


def test_listed_bad_pixels_count_from_the_stored_corner_in_list_1(tmp_path):
    samples = np.full((HEIGHT, WIDTH), 3000, np.uint16)
    samples[9, 9] = 16000
    for number, place in ((1, (9, 9)), (2, (7, 5))):
        listed = {number: opcode_list(bad_pixels([place]))}
        frame = load(tmp_path / "a.dng", listed, samples=samples, active_area=(2, 4, HEIGHT, WIDTH))
        assert (frame.samples == 3000).all()


def test_a_list_that_calls_most_of_the_picture_bad_is_refused(tmp_path):
    everything = bad_pixels([], [(0, 0, 2**31 - 1, 2**31 - 1)] * 1000)
    with pytest.raises(InputError, match="FixBadPixelsList names"):
        load(tmp_path / "a.dng", {1: opcode_list(everything)})


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
def test_a_frame_with_shading_is_written_and_read_back(tmp_path, cfa):
    frame = load(tmp_path / "a.dng", {2: four_maps()}, cfa, orientation=6)
    write_frame(tmp_path / "b.dng", frame)
    again = RawFrame.load(tmp_path / "b.dng")
    assert np.array_equal(again.samples, frame.samples)
    assert np.abs(gains_of(again) - gains_of(frame)).max() < GAIN_TOLERANCE


def test_frames_without_opcodes_have_no_shading(tmp_path):
    frame = load(tmp_path / "a.dng", {})
    assert frame.shading is None and FrameBatch.stack([frame]).shading is None
    assert frame.metadata["corrections"] == {"applied": [], "not_applied": []}
    assert torch.equal(FrameBatch.stack([frame]).to("cpu").samples, FrameBatch.stack([frame]).samples)
