import numpy as np
import pytest
import rawpy
import torch

from attiqa_core.errors import InputError
from attiqa_core.srgb import linear_from_srgb
from isp_env.colorimetry.colour import REC2020_TO_SRGB, white_balance_matrix
from isp_env.frames.batch import FrameBatch
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.dng import write_frame
from isp_env.raw_io.linear_png import load_linear_png
from isp_env.raw_io.synthetic import invert_tone, remosaic, synthesise
from isp_env.sensor.cfa import CFA_PATTERNS, cfa_sites
from isp_env.sensor.noise import add_noise

PATCHES = np.array(
    [[[0.8, 0.8, 0.8], [0.6, 0.3, 0.25], [0.25, 0.4, 0.6]], [[0.3, 0.5, 0.25], [0.9, 0.8, 0.3], [0.1, 0.1, 0.1]]]
)

LINEAR_PATCHES = linear_from_srgb(torch.from_numpy(PATCHES)).numpy()


def photo(cell=16):
    return PATCHES.repeat(cell, 0).repeat(cell, 1)


def linear_srgb(frame: RawFrame, cell=16) -> np.ndarray:
    """White-balanced linear sRGB at the middle of each patch, through the camera's own matrix."""
    batch = FrameBatch.stack([frame.proxy(min(frame.samples.shape[:2]) // 2)])
    gains, matrix = white_balance_matrix(batch.colour, torch.zeros(1), torch.zeros(1))
    camera = batch.samples[0].permute(1, 2, 0)[cell // 4 :: cell // 2, cell // 4 :: cell // 2]
    rec2020 = (camera * gains[0]) @ matrix[0].T * 2 ** batch.exposure_ev[0]
    return rec2020.numpy() @ REC2020_TO_SRGB.T


@pytest.mark.parametrize("camera", sorted(CAMERAS))
@pytest.mark.parametrize("kelvin,duv", [(2900, 0.0), (5500, 0.005), (9000, -0.005)])
def test_linear_render_without_noise_recovers_the_photo(camera, kelvin, duv):
    frame = synthesise(photo(), CAMERAS[camera], kelvin=kelvin, duv=duv, tone=False)
    expected = LINEAR_PATCHES
    step = 2 / (CAMERAS[camera].white_level_dn - CAMERAS[camera].black_level_dn)
    assert np.abs(linear_srgb(frame) - expected).max() < 3 * step + 1e-3


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
def test_every_phase_gives_the_same_colours(cfa):
    frame = synthesise(photo(), CAMERAS["canon-5d4"], cfa=cfa, tone=False)
    assert np.abs(linear_srgb(frame) - LINEAR_PATCHES).max() < 2e-3


@pytest.mark.slow
def test_exposure_scales_the_scene():
    camera = CAMERAS["nikon-d850"]
    dark = synthesise(photo(), camera, exposure_ev=-2.0)
    bright = synthesise(photo(), camera)
    assert np.allclose(dark.normalised() * 4, bright.normalised(), atol=3e-4)


def test_over_exposure_clips_at_the_white_level():
    frame = synthesise(photo(), CAMERAS["sony-a7m3"], exposure_ev=3.0)
    assert frame.samples.max() == 16383 and (frame.samples == 16383).mean() > 0.2


def test_tone_curve_inversion_undoes_smoothstep():
    shown = np.linspace(0, 1, 33)
    before = invert_tone(shown)
    assert np.allclose(3 * before**2 - 2 * before**3, shown, atol=1e-9)


@pytest.mark.slow
def test_noise_follows_the_stated_model():
    camera = CAMERAS["gopro-hero6"]
    grey = np.full((128, 128, 3), 0.7)
    clean = synthesise(grey, camera, iso=800).normalised()
    frame = synthesise(grey, camera, iso=800, generator=np.random.default_rng(5))
    shot, read = frame.noise
    for (row, column), colour in cfa_sites("RGGB").items():
        if colour != 0:
            continue
        level = clean[row::2, column::2].mean()
        noise = (frame.normalised() - clean)[row::2, column::2]
        assert noise.var() == pytest.approx(shot * level + read, rel=0.1)
        assert abs(noise.mean()) < 1e-3


def test_read_noise_reaches_below_black():
    frame = synthesise(
        np.zeros((32, 32, 3)), CAMERAS["canon-5d4"], noise=(1e-5, 1e-6), generator=np.random.default_rng(0)
    )
    assert 0.3 < (frame.normalised() < 0).mean() < 0.6


def test_same_seed_gives_the_same_raw():
    one, other = (
        synthesise(photo(), CAMERAS["pi-imx219"], generator=np.random.default_rng(9)).samples for _ in range(2)
    )
    assert np.array_equal(one, other)


@pytest.mark.slow
def test_input_photo_is_left_alone_and_uint8_equals_float():
    image = (photo() * 255).round().astype(np.uint8)
    before = image.copy()
    from_bytes = synthesise(image, CAMERAS["canon-5d4"]).samples
    assert np.array_equal(image, before)
    assert np.array_equal(from_bytes, synthesise(image / 255.0, CAMERAS["canon-5d4"]).samples)


@pytest.mark.parametrize("bad", [np.zeros((8, 8)), np.full((8, 8, 3), 1.5), np.full((8, 8, 3), np.nan)])
def test_photo_of_another_kind_is_refused(bad):
    with pytest.raises(InputError, match="shot: "):
        synthesise(bad, CAMERAS["canon-5d4"], name="shot")


@pytest.mark.parametrize("camera", ["canon-5d4", "nikon-d850", "sony-a7m3", "pi-imx219"])
def test_libraw_renders_the_dng_in_the_photos_colours(tmp_path, camera):
    """In D65 light, for which LibRaw's matrix holds: it does not adapt the matrix to other lights, we do."""
    frame = synthesise(photo(), CAMERAS[camera], kelvin=6504, duv=0.0032, tone=False, name="patches")
    write_frame(tmp_path / "a.dng", frame)
    with rawpy.imread(str(tmp_path / "a.dng")) as raw:
        rgb = raw.postprocess(
            use_camera_wb=True,
            gamma=(1, 1),
            no_auto_bright=True,
            output_bps=16,
            half_size=True,
            adjust_maximum_thr=0.0,
        )
    found = rgb[4::8, 4::8] / 65535
    assert np.abs(found - LINEAR_PATCHES).max() < 0.006
    again = RawFrame.load(tmp_path / "a.dng")
    assert np.array_equal(again.samples, frame.samples)


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
def test_remosaic_takes_each_site_from_its_channel(cfa):
    rgb = np.broadcast_to(np.array([0.25, 0.5, 0.75], np.float32), (10, 11, 3))
    frame = RawFrame.from_linear_rgb(rgb, wb_as_shot=(2.0, 1.0, 1.5))
    mosaic = remosaic(frame, cfa, black_level_dn=64.0, white_level_dn=1064.0)
    assert mosaic.samples.shape == (10, 10) and mosaic.samples.dtype == np.uint16
    assert np.allclose(mosaic.proxy(5).samples, (0.25, 0.5, 0.75))
    with pytest.raises(InputError, match="already"):
        remosaic(mosaic, cfa)


def test_add_noise_without_shot_noise_is_gaussian():
    noisy = add_noise(np.full((200, 200), 0.5), (0.0, 1e-4), np.random.default_rng(0))
    assert noisy.std() == pytest.approx(0.01, rel=0.05)


def test_real_linear_png_loads_with_its_measured_light(shared_data):
    path = sorted((shared_data / "raw" / "imx135_linear").glob("*.png"))[0]
    frame = load_linear_png(path)
    assert frame.samples.shape == (256, 384, 3) and frame.cfa is None
    mosaic = remosaic(frame, "GBRG")
    assert mosaic.wb_as_shot == frame.wb_as_shot
    assert np.abs(mosaic.proxy(128).samples - frame.proxy(128).samples).mean() < 0.01


def test_linear_png_without_its_light_is_named(tmp_path):
    with pytest.raises(InputError, match=r"a_metadata\.json"):
        load_linear_png(tmp_path / "a.png")
