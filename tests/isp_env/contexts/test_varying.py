from dataclasses import replace

import numpy as np
import pytest
import torch
from fixtures.photographs import smooth_scene

from isp_env.camera_rgb.prepared import prepare
from isp_env.colorimetry.colour import ColourBatch
from isp_env.contexts.variations import Variation, missed_white_balance
from isp_env.contexts.varying import mirrored, photographed, vary, with_white_balance_error
from isp_env.frames.batch import FrameBatch
from isp_env.lens.shading import LensShading
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise

CFA = ("RGGB", "BGGR", "GRBG", "GBRG")


def generator():
    return np.random.default_rng(0)


def rendered(frame: RawFrame) -> torch.Tensor:
    return render(frame, IspParams.default(1))[0]


def clean(cfa="RGGB", exposure_ev=-1.0, camera="sony-a7m3", **scene) -> RawFrame:
    return synthesise(smooth_scene(**scene), CAMERAS[camera], exposure_ev=exposure_ev, cfa=cfa, name="clean")


def grey(level: float, gains=(2.0, 1.0, 1.6), noise=(1e-4, 1e-6), size=128) -> RawFrame:
    """A field that is grey where it is not clipped: green at `level`."""
    dn = {"R": level / gains[0], "G": level, "B": level / gains[2]}
    block = np.array([[dn[letter] for letter in row] for row in ("RG", "GB")])
    samples = np.rint(np.tile(block, (size // 2, size // 2)).clip(0, 1) * 15000 + 512).astype(np.uint16)
    return RawFrame.from_mosaic(
        samples, "RGGB", black_level_dn=512, white_level_dn=15512, wb_as_shot=gains, noise=noise, iso=100
    )


def test_no_variation_leaves_the_samples_themselves():
    frame = clean()
    same = vary(frame, Variation(), generator())
    assert same.samples is frame.samples and same.noise == frame.noise and same.wb_as_shot == frame.wb_as_shot


@pytest.mark.parametrize("cfa", CFA)
@pytest.mark.parametrize("width", [128, 127])
def test_the_picture_of_a_mirrored_mosaic_is_the_mirrored_picture(cfa, width):
    frame = clean(cfa)
    frame = replace(frame, samples=frame.samples[:, :width])
    inside = np.s_[:, 8:-8, 8:-8]  # demosaicing sees the border otherwise
    difference = (rendered(mirrored(frame)).flip(-1) - rendered(frame))[inside].abs()
    assert difference.mean() < 0.002


@pytest.mark.parametrize("cfa", CFA)
def test_the_picture_of_a_window_is_the_window_of_the_picture(cfa):
    frame = clean(cfa, exposure_ev=-1.5)
    part = Variation(crop_scale=0.6, place=(0.7, 0.3)).part_of(*frame.samples.shape)
    window = vary(frame, Variation(crop_scale=0.6, place=(0.7, 0.3)), generator())
    assert window.cfa == cfa and window.samples.shape == (part.bottom - part.top, part.right - part.left)
    seen = rendered(frame)[:, part.top : part.bottom, part.left : part.right]
    assert (rendered(window) - seen)[:, 8:-8, 8:-8].abs().mean() < 0.01  # clarity's base is the whole picture's


def test_shading_follows_window_and_mirror():
    gains = (1 + np.random.default_rng(0).random((4, 5, 7))).astype(np.float32)
    shading = LensShading(gains, (3.0, 5.0), (22.0, 19.0))
    frame = replace(clean(), shading=shading)
    varied = vary(frame, Variation(crop_scale=0.5, place=(0.5, 0.9), mirror=True), generator())
    part = Variation(crop_scale=0.5, place=(0.5, 0.9)).part_of(*frame.samples.shape)
    planes = _shaded(frame)[part.top : part.bottom, part.left : part.right][:, ::-1]
    np.testing.assert_allclose(_shaded(varied)[4:-4, 4:-4], planes[4:-4, 4:-4], rtol=1e-5)


def _shaded(frame: RawFrame) -> np.ndarray:
    return prepare(FrameBatch.stack([frame])).samples[0, 0].numpy()


@pytest.mark.parametrize("exposure_ev", [-2.0, -0.5, 0.6])
@pytest.mark.parametrize("stops", [0.0, 2.0])
def test_light_and_noise_are_what_the_frame_then_says(exposure_ev, stops):
    level, size = 0.4, 256
    (shot, read) = noise = (4e-4, 4e-6)
    field = grey(level, noise=noise, size=size)
    noisy = replace(field, samples=_with_noise(field, noise))
    varied = vary(noisy, Variation(exposure_ev=exposure_ev, noise_stops=stops), generator())
    green = varied.normalised()[0::2, 1::2]
    expected = level * 2**exposure_ev
    variance = varied.noise[0] * expected + varied.noise[1]
    count = green.size
    assert green.mean() == pytest.approx(expected, abs=5 * np.sqrt(variance / count) + 1e-4)
    assert green.var() == pytest.approx(variance, rel=5 * np.sqrt(2 / count) + 0.01)
    gain = 2**stops
    assert varied.noise[0] == pytest.approx(max(gain, 2**exposure_ev) * shot)
    assert varied.noise[1] == pytest.approx(max(gain, 2**exposure_ev) ** 2 * read)
    assert varied.metadata["iso"] == 100 * gain


def _with_noise(frame: RawFrame, noise: tuple[float, float]) -> np.ndarray:
    random = np.random.default_rng(1).normal(size=frame.samples.shape)
    sigma = np.sqrt(noise[0] * frame.normalised().clip(0) + noise[1]) * 15000
    return np.rint(frame.samples + sigma * random).astype(np.uint16)


def test_what_is_brightened_clips_at_the_sensors_white():
    varied = vary(grey(0.8, noise=(0, 0)), Variation(exposure_ev=1.0), generator())
    assert varied.samples.max() == 15512 and (varied.normalised()[0::2, 1::2] == 1).all()
    assert varied.normalised()[0, 0] == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize("exposure_ev", [-2.2, -1.0, -0.4])
def test_a_blown_white_is_still_neutral_when_it_was_exposed_shorter(exposure_ev):
    blown = grey(5.0, noise=(0, 0))
    assert blown.normalised().min() == 1
    varied = vary(blown, Variation(exposure_ev=exposure_ev), generator())
    red, green, blue = rendered(varied).mean((1, 2)).tolist()
    assert max(red, green, blue) - min(red, green, blue) < 0.005 and green > 0.4


@pytest.mark.parametrize("cfa", [*CFA, None])
def test_strips_do_not_show(cfa, monkeypatch):
    frame = clean(cfa or "RGGB", height=70)
    if cfa is None:
        frame = RawFrame.from_linear_rgb(smooth_scene(height=70), wb_as_shot=(2.0, 1.0, 1.5))
    frame = replace(frame, noise=(0.0, 0.0))
    whole = vary(frame, Variation(exposure_ev=-1.0), generator())
    monkeypatch.setattr("isp_env.contexts.varying.STRIP_ROWS", 16)
    np.testing.assert_array_equal(vary(frame, Variation(exposure_ev=-1.0), generator()).samples, whole.samples)


def test_a_white_balance_error_of_nothing_is_none_and_more_mired_taken_makes_the_picture_bluer():
    frame = clean()
    assert with_white_balance_error(frame, 0.0).wb_as_shot == pytest.approx(frame.wb_as_shot, rel=1e-6)
    red, _, blue = with_white_balance_error(frame, 30.0).wb_as_shot
    assert red < frame.wb_as_shot[0] and blue > frame.wb_as_shot[2]
    red, _, blue = with_white_balance_error(frame, 0.0, 0.01).wb_as_shot
    assert red > frame.wb_as_shot[0] and blue > frame.wb_as_shot[2], "light taken for greener makes the picture magenta"


def test_the_isps_own_shift_undoes_the_error():
    frame = clean()
    wrong = with_white_balance_error(frame, 25.0, 0.006)
    colours = [ColourBatch.stack([each.calibration], [each.wb_as_shot]) for each in (frame, wrong)]
    assert float(colours[1].white_mired - colours[0].white_mired) == pytest.approx(25.0, abs=0.5)
    assert float(colours[1].white_duv - colours[0].white_duv) == pytest.approx(0.006, abs=2e-4)


def test_the_same_generator_gives_the_same_raw_and_another_other_noise():
    frame = clean()
    change = Variation(exposure_ev=-1.5, noise_stops=2)
    first, again, other = (vary(frame, change, np.random.default_rng(seed)).samples for seed in (0, 0, 1))
    assert (first == again).all() and not (first == other).all()


def test_the_light_of_a_photo_lies_off_the_locus_as_a_real_one_does_and_its_white_is_right():
    """Else an as-shot white off the locus would give the drawn error away."""
    photo = (smooth_scene() * 255).astype(np.uint8)
    raws = [photographed(photo, "photo", Variation(), np.random.default_rng(seed)) for seed in range(24)]
    whites = ColourBatch.stack([raw.calibration for raw in raws], [raw.wb_as_shot for raw in raws])
    true = torch.tensor([raw.metadata["duv"] for raw in raws])
    assert torch.allclose(whites.white_duv, true, atol=2e-4)
    assert 0.003 < true.std() < 0.012 and true.abs().max() <= 0.021
    assert all(missed_white_balance(raw.metadata) == (0.0, 0.0) for raw in raws)


def test_a_photo_becomes_a_raw_of_the_variation():
    photo = (smooth_scene() * 255).astype(np.uint8)
    change = Variation(crop_scale=0.5, exposure_ev=-1.0, mirror=True, noise_stops=2.0)
    raw = photographed(photo, "photo_v1", change, generator())
    assert raw.samples.shape == (48, 64) and raw.is_mosaic and raw.name == "photo_v1"
    assert raw.metadata["iso"] == 400 and raw.metadata["exposure_ev"] == -1.0
    assert raw.metadata["variation"]["mirror"] is True
