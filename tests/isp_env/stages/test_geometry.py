"""Distortion undone in the finished picture, and colours put together before it: identity, planted faults, edges, gradients."""

import dataclasses

import numpy as np
import pytest
import torch

from isp_env.frames.batch import FrameBatch
from isp_env.lens.geometry import TERMS, LensGeometry
from isp_env.lens.geometry_batch import GeometryBatch, LateralBatch
from isp_env.lens.resample import resample, weights
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame
from isp_env.stages.geometry import moves, undistort, warped
from isp_env.stages.lateral import put_rgb_together

HEIGHT, WIDTH = 120, 160


def geometry(*terms: float, red: float = 0.0, blue: float = 0.0, size=(HEIGHT, WIDTH)) -> LensGeometry:
    """Terms of even powers; `red` and `blue` are added to the first."""
    radial = np.zeros((3, TERMS))
    radial[:, : 2 * len(terms) : 2] = terms
    radial[0, 0] += red
    radial[2, 0] += blue
    centre = ((size[0] - 1) / 2, (size[1] - 1) / 2)
    radius = float(np.hypot(*centre))
    return LensGeometry(radial, np.zeros((3, 2)), centre, centre, (radius, radius))


def drawn_by(lens: LensGeometry, scene, plane: int = 1) -> torch.Tensor:
    """What a lens draws of a scene, which is a function of row and column: at each place, the place that is shown it."""
    rows, columns = np.meshgrid(np.arange(HEIGHT), np.arange(WIDTH), indexing="ij")
    shown = np.stack([rows, columns]).astype(np.float64)
    for _ in range(60):
        shown += np.stack([rows, columns]) - np.stack(lens.source_px(*shown, plane))
    return torch.from_numpy(scene(*shown)).float()


def line(row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """A soft bright line, steep across the upper half."""
    return 0.1 + 0.8 * np.exp(-(((row - 18 - 0.05 * column) / 2.5) ** 2))


def test_a_picture_that_is_not_distorted_keeps_its_bits():
    picture = torch.rand(2, 3, 20, 30, generator=torch.Generator().manual_seed(0))
    assert torch.equal(undistort(picture, GeometryBatch.stack([None, None])), picture)


def test_a_bent_line_comes_out_straight_to_a_twentieth_of_a_pixel():
    lens = geometry(0.94, 0.05, 0.03)
    bent = drawn_by(lens, line)
    straight = undistort(bent.expand(1, 3, -1, -1), GeometryBatch.stack([lens]))[0, 0].numpy()

    def residual(picture: np.ndarray) -> float:
        rows = np.arange(HEIGHT // 2)[:, None]
        light = (picture[: HEIGHT // 2] - 0.1).clip(0)
        place = ((rows * light).sum(0) / light.sum(0))[8:-8]
        columns = np.arange(len(place))
        return float(np.abs(place - np.polyval(np.polyfit(columns, place, 1), columns)).max())

    assert residual(bent.numpy()) > 0.8
    assert residual(straight) < 0.05


def test_colours_that_a_lens_draws_apart_are_put_together():
    lens = geometry(1.0, red=0.01, blue=-0.008)
    scene = torch.stack([drawn_by(lens, line, plane) for plane in range(3)])[None]
    lateral = LateralBatch.stack([(lens, (HEIGHT, WIDTH))])
    assert lateral is not None
    together = put_rgb_together(scene, lateral)[..., 6:-6, 6:-6]
    apart = scene[..., 6:-6, 6:-6]
    assert (apart[:, 0] - apart[:, 1]).abs().max() > 0.1
    assert (together[:, 0] - together[:, 1]).abs().max() < 0.005
    assert (together[:, 2] - together[:, 1]).abs().max() < 0.005


def test_planted_lateral_colour_leaves_a_rendered_mosaic():
    lens = geometry(1.0, red=0.01, blue=-0.008)

    def rendered(planes: list[torch.Tensor], correction: LensGeometry | None) -> torch.Tensor:
        mosaic = np.empty((HEIGHT, WIDTH), np.float32)
        for site, plane in enumerate((0, 1, 1, 2)):
            mosaic[site // 2 :: 2, site % 2 :: 2] = planes[plane][site // 2 :: 2, site % 2 :: 2]
        samples = np.rint(mosaic * 60000).astype(np.uint16)
        frame = RawFrame.from_mosaic(samples, "RGGB", black_level_dn=0, white_level_dn=65535, iso=100)
        plain = IspParams.from_dict({"denoise_luma": -1, "denoise_chroma": -1, "sharpen": -1})
        return render(dataclasses.replace(frame, geometry=correction), plain, look="linear")[0, :, 8:-8, 8:-8]

    apart = [drawn_by(lens, line, plane) for plane in range(3)]
    clean = rendered([drawn_by(lens, line)] * 3, None)
    wrong, right = ((rendered(apart, each) - clean).abs().max() for each in (None, lens))
    assert wrong > 0.06
    assert right < 0.02


def test_beyond_the_frame_is_black_but_for_a_pixel():
    white = torch.ones(1, 3, 41, 41)
    shown = undistort(white, GeometryBatch.stack([geometry(1.2, size=(41, 41))]))[0, 0]
    assert (
        shown[20].round(decimals=6).tolist() == [0.0] * 3 + [1.0] * 35 + [0.0] * 3
    )  # 20 px from the middle / 1.2 is 16.7, and one is 17.5


def test_weights_add_up_and_follow_cubics():
    t = torch.linspace(0, 0.99, 34, dtype=torch.float64)
    taps = torch.arange(-2, 4)
    assert torch.allclose(sum(weights(t)), torch.ones_like(t))
    for power in (1, 2, 3):
        found = sum(weight * tap**power for weight, tap in zip(weights(t), taps.tolist(), strict=True))
        assert torch.allclose(found, t**power, atol=1e-12)


@pytest.mark.slow
def test_gradients_flow_to_the_picture_and_to_the_coefficients():
    generator = torch.Generator().manual_seed(1)
    picture = torch.rand(1, 1, 6, 7, dtype=torch.float64, generator=generator, requires_grad=True)
    batch = GeometryBatch.stack([geometry(0.93, 0.04, size=(6, 7))]).map(lambda each: each.double())
    radial = batch.radial.clone().requires_grad_()

    def shown(picture: torch.Tensor, radial: torch.Tensor) -> torch.Tensor:
        return warped(picture, dataclasses.replace(batch, radial=radial))

    assert torch.autograd.gradcheck(shown, (picture, radial))


def test_bands_meet_without_a_seam():
    lens = GeometryBatch.stack([geometry(0.95, 0.03)])
    picture = torch.rand(1, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(2))
    at_once = resample(picture, 0, *moves(lens, 0, HEIGHT, WIDTH))
    halves = [resample(picture, top, *moves(lens, top, top + 60, WIDTH)) for top in (0, 60)]
    assert torch.equal(torch.cat(halves, 2), at_once)


def test_a_batch_is_its_frames_one_by_one():
    lenses = [geometry(0.95, 0.03), None, geometry(1.02, -0.03)]
    pictures = torch.rand(3, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(3))
    alone = [
        undistort(picture[None], GeometryBatch.stack([lens])) for picture, lens in zip(pictures, lenses, strict=True)
    ]
    assert torch.equal(undistort(pictures, GeometryBatch.stack(lenses)), torch.cat(alone))


@pytest.mark.parametrize("kind", ["mosaic", "rgb"])
def test_a_tile_has_no_geometry_but_its_colours_still_lie_apart(kind):
    lens = geometry(0.95, 0.02, red=0.003, size=(40, 60))
    frame = (
        RawFrame.from_mosaic(np.full((40, 60), 500, np.uint16), "RGGB", black_level_dn=0, white_level_dn=1023)
        if kind == "mosaic"
        else RawFrame.from_linear_rgb(np.full((40, 60, 3), 0.3), wb_as_shot=(1.0, 1.0, 1.0))
    )
    batch = FrameBatch.stack([dataclasses.replace(frame, geometry=lens)])
    tile = batch.window(10, 30, 20, 50)
    assert batch.geometry is not None and tile.geometry is None
    assert batch.lateral is not None and tile.lateral is not None
    inside = moves(tile.lateral.red, 0, 20, 30)
    whole = moves(batch.lateral.red, 10, 30, 60)
    assert torch.allclose(inside[0], whole[0][..., 20:50], atol=1e-5)
