import numpy as np
import pytest
import rawpy

from attiqa_core.errors import InputError
from isp_env.colorimetry.colour import CameraCalibration
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import GOPRO_CALIBRATION
from isp_env.raw_io.dng import read_tags, write_dng, write_frame
from isp_env.sensor.cfa import CFA_PATTERNS, cfa_sites, orient, orient_cfa

TIFF_TO_FLIP = {1: 0, 2: 1, 3: 3, 4: 2, 5: 4, 6: 6, 7: 7, 8: 5}
"""TIFF's Orientation as LibRaw's flip bits: 1 mirrors columns, 2 mirrors rows, then 4 transposes."""

BLACKS = (100.0, 200.0, 300.0, 400.0)
FORWARD = np.array([[0.62, 0.24, 0.10], [0.25, 0.74, 0.01], [0.03, 0.02, 0.78]])
CALIBRATION = CameraCalibration(GOPRO_CALIBRATION.xyz_to_camera, (2850.0, 6500.0), (FORWARD, FORWARD))


def mosaic(height=64, width=96):
    return np.random.default_rng(3).integers(500, 16000, (height, width)).astype(np.uint16)


def write(path, cfa="RGGB", samples=None, **options):
    write_dng(
        path,
        mosaic() if samples is None else samples,
        cfa,
        black_level_dn=BLACKS,
        white_level_dn=16383,
        calibration=CALIBRATION,
        as_shot_neutral=(0.522449, 1.0, 0.571429),
        **options,
    )
    return path


def colour_of_each_sample(frame):
    """(H, W) colours 0 to 3, so that a sample's colour can be followed through turns and crops."""
    colours = np.empty(frame.samples.shape, int)
    for (row, column), colour in cfa_sites(frame.cfa).items():
        colours[row::2, column::2] = colour
    return colours


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
@pytest.mark.parametrize("orientation", sorted(TIFF_TO_FLIP))
def test_written_frame_reads_back(tmp_path, cfa, orientation):
    frame = RawFrame.load(write(tmp_path / "a.dng", cfa, orientation=orientation))
    flip = TIFF_TO_FLIP[orientation]
    assert np.array_equal(frame.samples, orient(mosaic(), flip))
    assert frame.cfa == orient_cfa(cfa, flip, 64, 96)
    greens = (BLACKS[2], BLACKS[1]) if flip & 4 else (BLACKS[1], BLACKS[2])
    assert frame.black_level_dn == (BLACKS[0], *greens, BLACKS[3])
    assert frame.white_level_dn == tuple(black + 16383 - max(BLACKS) for black in frame.black_level_dn)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("height,width", [(63, 96), (64, 95), (63, 95)])
def test_odd_sizes_keep_each_samples_colour_when_turned(tmp_path, orientation, height, width):
    upright = RawFrame.load(write(tmp_path / "a.dng", samples=mosaic(height, width)))
    turned = RawFrame.load(write(tmp_path / "b.dng", samples=mosaic(height, width), orientation=orientation))
    is_red = orient(colour_of_each_sample(upright) == 0, TIFF_TO_FLIP[orientation])
    assert np.array_equal(colour_of_each_sample(turned) == 0, is_red)


@pytest.mark.parametrize("orientation", [2, 3, 4, 5, 6, 7, 8])
def test_orientation_is_libraws(tmp_path, orientation):
    """Our turned samples lie where LibRaw's own render shows them: both agree on a bright corner."""
    samples = np.full((64, 96), 1000, np.uint16)
    samples[:16, :24] = 15000
    path = write(tmp_path / "a.dng", samples=samples, orientation=orientation)
    with rawpy.imread(str(path)) as raw:
        rendered = raw.postprocess(no_auto_bright=True, use_camera_wb=True).mean(-1)
    ours = RawFrame.load(path).samples
    assert rendered.shape == ours.shape
    assert np.array_equal(rendered[4::16, 4::16] > 100, ours[4::16, 4::16] > 8000)


@pytest.mark.parametrize("corner", [(0, 0), (2, 4), (1, 1), (2, 3), (3, 2)])
def test_cfa_and_black_levels_follow_the_active_area(tmp_path, corner):
    """The value of every sample tells its colour in the active area's own 2x2 grid."""
    top, left = corner
    samples = np.zeros((64, 96), np.uint16)
    for (row, column), colour in cfa_sites("GRBG").items():
        samples[top + row :: 2, left + column :: 2] = 1000 * (colour + 1)
    path = write(tmp_path / "a.dng", "GRBG", samples, active_area=(top, left, 62, 94))
    frame = RawFrame.load(path)
    assert np.array_equal(frame.samples, 1000 * (colour_of_each_sample(frame) + 1))
    assert frame.black_level_dn == BLACKS


def test_colour_noise_and_exposure_read_back(tmp_path):
    path = write(
        tmp_path / "a.dng",
        noise_profile=(1.5e-4, 4.9e-8),
        baseline_exposure_ev=0.35,
        iso=400,
        exposure_s=0.01,
        make="Maker",
        model="One",
    )
    frame = RawFrame.load(path)
    assert np.allclose(frame.wb_as_shot, (1 / 0.522449, 1, 1 / 0.571429), rtol=1e-6)
    assert np.allclose(frame.calibration.xyz_to_camera, CALIBRATION.xyz_to_camera)
    assert np.allclose(frame.calibration.white_to_d50, CALIBRATION.white_to_d50)
    assert frame.calibration.illuminant_kelvin == (2850.0, 6500.0)
    assert frame.noise == (1.5e-4, 4.9e-8)
    assert frame.baseline_exposure_ev == pytest.approx(0.35)
    assert frame.metadata["iso"] == 400 and frame.metadata["exposure_s"] == pytest.approx(0.01)
    assert (frame.metadata["make"], frame.metadata["model"]) == ("Maker", "One")


def test_the_time_of_capture_reads_back_and_is_none_where_it_was_never_set(tmp_path):
    for written in ("2026-11-27T13:37:24", None):
        path = write(tmp_path / "a.dng", captured_at=written)
        assert RawFrame.load(path).metadata["captured_at"] == written
    assert RawFrame.load(write(tmp_path / "b.dng", captured_at="0000-00-00T00:00:00")).metadata["captured_at"] is None


@pytest.mark.slow
def test_a_cameras_own_file_says_when_it_was_taken(shared_data):
    tags = read_tags(shared_data / "raw" / "gopro_full" / "GOPR0024.dng")
    assert tags is not None and tags.captured_at == "2016-01-01T23:07:27"


def test_libraw_sees_the_same_levels_and_white_balance(tmp_path):
    with rawpy.imread(str(write(tmp_path / "a.dng", "GBRG"))) as raw:
        assert raw.black_level_per_channel == [100, 200, 400, 300]  # LibRaw's order: R, G, B, G
        assert raw.white_level == 16383
        assert np.allclose(raw.camera_whitebalance[:3], (1 / 0.522449, 1, 1 / 0.571429), rtol=1e-4)
        assert np.array_equal(raw.raw_image, mosaic())


def test_frame_reads_back_as_it_was(tmp_path):
    frame = RawFrame.load(write(tmp_path / "a.dng", "BGGR", noise_profile=(1e-4, 1e-8)))
    write_frame(tmp_path / "b.dng", frame)
    again = RawFrame.load(tmp_path / "b.dng")
    assert np.array_equal(frame.samples, again.samples)
    assert (frame.cfa, frame.black_level_dn, frame.noise) == (again.cfa, again.black_level_dn, again.noise)


def test_linear_rgb_cannot_be_written_as_mosaic(tmp_path):
    frame = RawFrame.from_linear_rgb(np.zeros((8, 8, 3)), wb_as_shot=(2.0, 1.0, 1.5))
    with pytest.raises(InputError, match="remosaic"):
        write_frame(tmp_path / "a.dng", frame)


def test_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.dng"
    path.write_bytes(b"old")
    with pytest.raises(KeyError):
        write(path, "RGBG?")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_other_files_have_no_tags(tmp_path):
    (tmp_path / "a.nef").write_bytes(b"not a TIFF at all")
    assert read_tags(tmp_path / "a.nef") is None


def test_a_black_level_below_zero_is_refused(tmp_path):
    samples = np.full((4, 4), 9, np.uint16)
    frame = RawFrame.from_mosaic(samples, "RGGB", black_level_dn=-20.0, white_level_dn=4000.0)
    with pytest.raises(InputError, match="is below 0, which a DNG cannot state; add an offset"):
        write_frame(tmp_path / "a.dng", frame)
