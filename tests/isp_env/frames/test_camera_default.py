import dataclasses

import numpy as np
import pytest
import torch
from fixtures.photographs import photograph
from fixtures.seeded import per_image

from isp_env.frames.batch import FrameBatch
from isp_env.frames.camera_default import (
    BRIGHT,
    CAPTURE_SHARPEN,
    HIGHEST_EV,
    LOWEST_EV,
    finishing,
    from_default,
    picture_exposure_ev,
)
from isp_env.params import IspParams
from isp_env.pipeline import finishing_amounts, render
from isp_env.raw import RawFrame
from isp_env.raw_io import files
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.dng import write_frame
from isp_env.raw_io.synthetic import synthesise

CLEAN, NOISY = torch.tensor([[2.5e-5, 1e-8]]), torch.tensor([[3e-3, 1e-5]])


def frame(iso: float = 100, light: float = 1.0) -> RawFrame:
    photo = photograph("coffee")[:, :96, :128].permute(1, 2, 0).numpy()
    made = synthesise(photo, CAMERAS["nikon-d850"], iso=iso, generator=np.random.default_rng(0))
    black = np.float32(made.black_level_dn[0])
    samples = ((made.samples - black).clip(0) * light + black).round().astype(np.uint16)
    return dataclasses.replace(made, samples=samples)


def test_a_control_goes_from_none_over_the_cameras_amount_to_the_largest():
    amounts = from_default(torch.full((5,), 0.4), torch.tensor([-1, -0.5, 0, 0.5, 1.0]), 2.0)
    torch.testing.assert_close(amounts, torch.tensor([0, 0.2, 0.4, 1.2, 2.0]))


def test_a_clean_picture_is_sharpened_and_not_denoised_a_noisy_one_less_and_more():
    zero = per_image(0)
    sharpen, luma, chroma = finishing(CLEAN, zero, zero, zero)
    assert (float(luma), float(chroma)) == (0, 0) and float(sharpen) == pytest.approx(CAPTURE_SHARPEN)
    less, more_luma, more_chroma = finishing(NOISY, zero, zero, zero)
    assert less < sharpen and more_luma > 0.3 and more_chroma > 0.3


def test_a_proxy_asks_for_what_its_frame_asks_for():
    whole = frame(iso=1600)
    batches = [FrameBatch.stack([each]) for each in (whole, whole.proxy(24), whole.proxy(48).proxy(24))]
    params = IspParams.from_dict({"denoise_luma": 0.2})
    first, *others = (finishing_amounts(batch, params, "camera") for batch in batches)
    assert first[1] > 0 and all(torch.equal(torch.cat(other), torch.cat(first)) for other in others)


def test_the_linear_look_starts_from_none():
    batch = FrameBatch.stack([frame(iso=1600)])
    assert torch.cat(finishing_amounts(batch, IspParams.default(1), "linear")).abs().max() == 0
    most = finishing_amounts(batch, IspParams.from_dict({"denoise_luma": 1.0}), "linear")
    assert float(most[1]) == 1


def test_the_darker_the_picture_the_more_exposure_within_bounds():
    found = [picture_exposure_ev(frame(light=light)) for light in (1e-4, 0.1, 0.3, 1.0)]
    assert found == sorted(found, reverse=True) and found[0] == pytest.approx(HIGHEST_EV, abs=1e-3)
    assert found[-1] >= LOWEST_EV and found[1] - found[-1] > 0.5


def under_a_sky(area: float) -> RawFrame:
    """A dark field, and above it an overcast sky well below clipping."""
    made = frame()
    black, white = made.black_level_dn[0], made.white_level_dn[0]
    samples = np.full((100, 100), black + 0.02 * (white - black), np.uint16)
    samples[: round(100 * area)] = round(black + 0.5 * (white - black))
    return dataclasses.replace(made, samples=samples, wb_as_shot=(1.0, 1.0, 1.0))


def test_a_dark_foreground_costs_no_sky():
    raises = [picture_exposure_ev(under_a_sky(area)) for area in (0.02, 0.06, 0.1)]
    assert 0 < raises[1] < raises[0] - 0.3 and raises[2] == pytest.approx(raises[1], abs=0.002)
    lit = dataclasses.replace(under_a_sky(0.1), baseline_exposure_ev=raises[2])
    picture = render(lit, IspParams.from_dict({"sharpen": -1.0, "denoise_luma": -1.0, "denoise_chroma": -1.0}))
    assert picture[..., :4, :].mean() == pytest.approx(BRIGHT, abs=0.01)


def test_the_exposure_found_is_of_the_picture_whatever_it_is_stored_as():
    whole = frame(light=0.3)
    assert picture_exposure_ev(whole) == pytest.approx(picture_exposure_ev(whole.proxy(64)), abs=0.05)


def test_only_a_file_without_baseline_exposure_gets_the_pictures(tmp_path, monkeypatch):
    dark = dataclasses.replace(frame(light=0.2), baseline_exposure_ev=0.25)
    write_frame(tmp_path / "dark.dng", dark)
    assert RawFrame.load(tmp_path / "dark.dng").baseline_exposure_ev == pytest.approx(0.25)
    read = files.tags_of
    monkeypatch.setattr(files, "tags_of", lambda *file: dataclasses.replace(read(*file), baseline_exposure_ev=None))
    without = RawFrame.load(tmp_path / "dark.dng")
    assert without.baseline_exposure_ev == picture_exposure_ev(without) > 0.25
    assert without.metadata["exposure_source"] == files.PICTURE_EXPOSURE


@pytest.mark.parametrize("contrast", [-0.6, 0.0, 0.6])
def test_blown_white_is_255(contrast):
    blown = dataclasses.replace(frame(), samples=np.full((64, 64), 65535, np.uint16))
    blown = dataclasses.replace(blown, samples=np.full((64, 64), int(blown.white_level_dn[0]), np.uint16))
    for ev in (0.0, 0.7):
        picture = render(
            dataclasses.replace(blown, baseline_exposure_ev=ev), IspParams.from_dict({"contrast": contrast})
        )
        assert ((picture * 255).round() == 255).all()
