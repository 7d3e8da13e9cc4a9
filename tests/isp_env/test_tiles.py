import numpy as np
import pytest
import torch
from fixtures.tolerances import render_tolerance

from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame
from isp_env.sensor.cfa import CFA_PATTERNS
from isp_env.tiles import render_in_tiles

EVERYTHING = {
    "exposure_ev": 0.3, "temperature_mired": 20, "contrast": 0.3, "shadows_ev": 0.8, "clarity": 0.8, "sharpen": 1.0,
    "sharpen_radius_px": 1.5, "denoise_luma": 0.7, "denoise_chroma": 0.7, "vibrance": 0.5, "hue_deg": 6, "blacks": -0.01,
}  # fmt: skip


def mosaic(cfa: str, height: int, width: int) -> RawFrame:
    generator = np.random.default_rng(0)
    coarse = torch.from_numpy(generator.uniform(300, 17000, (1, 1, height // 8, width // 8))).float()
    smooth = torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")[0, 0].numpy()
    noisy = (smooth + generator.normal(0, 60, smooth.shape)).clip(0, 16383).astype(np.uint16)
    return RawFrame.from_mosaic(noisy, cfa, black_level_dn=512, white_level_dn=16383, wb_as_shot=(1.8, 1, 1.5), iso=800)


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
@pytest.mark.slow
def test_tiles_are_seamless(cfa):
    frame, params = mosaic(cfa, 150, 170), IspParams.from_dict(EVERYTHING)
    torch.testing.assert_close(
        render_in_tiles(frame, params, tile=48), render(frame, params)[0], atol=render_tolerance(), rtol=0
    )


@pytest.mark.slow
def test_odd_sizes_and_linear_rgb_are_seamless_too():
    params = IspParams.from_dict(EVERYTHING)
    frame = mosaic("GRBG", 149, 131)
    torch.testing.assert_close(
        render_in_tiles(frame, params, tile=48), render(frame, params)[0], atol=render_tolerance(), rtol=0
    )
    small = frame.proxy(70)
    torch.testing.assert_close(
        render_in_tiles(small, params, tile=32), render(small, params)[0], atol=render_tolerance(), rtol=0
    )


def test_a_picture_smaller_than_a_tile():
    frame, params = mosaic("RGGB", 64, 72), IspParams.default(1)
    assert torch.equal(render_in_tiles(frame, params), render(frame, params)[0])
