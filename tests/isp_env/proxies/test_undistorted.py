"""Proxies and crops of frames whose lens distorts: what the corrected picture shows, small; crops where their detail came from."""

import dataclasses

import numpy as np
import pytest
import torch

from isp_env.lens.geometry import TERMS, LensGeometry
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.proxies.area import area_weights, narrowed
from isp_env.proxies.undistorted import source_corner
from isp_env.raw import RawFrame

HEIGHT, WIDTH = 240, 320


def lens(*terms: float, red: float = 0.0) -> LensGeometry:
    radial = np.zeros((3, TERMS))
    radial[:, : 2 * len(terms) : 2] = terms
    radial[0, 0] += red
    centre = ((HEIGHT - 1) / 2, (WIDTH - 1) / 2)
    radius = float(np.hypot(*centre))
    return LensGeometry(radial, np.zeros((3, 2)), centre, centre, (radius, radius))


def bars(geometry: LensGeometry | None) -> RawFrame:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    light = 0.25 + 0.1 * np.sin(columns / 9) + 0.1 * np.sin(rows / 13 + columns / 40)
    samples = np.rint(light * 16000).astype(np.uint16)
    frame = RawFrame.from_mosaic(samples, "RGGB", black_level_dn=0, white_level_dn=16383, iso=100)
    return dataclasses.replace(frame, geometry=geometry)


def small_of_large(frame: RawFrame, size: tuple[int, int]) -> torch.Tensor:
    plain = IspParams.from_dict({"denoise_luma": -1, "denoise_chroma": -1, "sharpen": -1})
    large = render(frame, plain, look="linear")[0]
    down, across = (torch.from_numpy(area_weights(*each)) for each in zip((HEIGHT, WIDTH), size, strict=True))
    return down @ large @ across.T


@pytest.mark.slow
@pytest.mark.parametrize("geometry", [lens(0.93, 0.05), lens(0.93, 0.05, red=0.002)])
def test_a_proxy_shows_the_corrected_picture(geometry):
    frame = bars(geometry)
    proxy = frame.proxy(60)
    assert proxy.geometry is None
    plain = IspParams.from_dict({"denoise_luma": -1, "denoise_chroma": -1, "sharpen": -1})
    shown = render(proxy, plain, look="linear")[0]
    expected = small_of_large(frame, (60, 80))
    bent = small_of_large(bars(None), (60, 80))
    assert (shown - expected).abs().mean() < 0.003  # display values; half of a step of 8 bits is 0.002
    assert (shown - bent).abs().mean() > 0.02


@pytest.mark.slow
def test_a_square_proxy_is_the_middle_of_the_corrected_picture():
    frame = bars(lens(0.93, 0.05))
    square, wide = frame.proxy(60, square=True).samples, frame.proxy(60).samples
    assert np.abs(square - wide[:, 10:70]).mean() < 0.003


@pytest.mark.slow
def test_crops_lie_where_their_detail_came_from():
    geometry = lens(0.9, 0.02)
    top, left = source_corner(geometry, (10, 20), 40, (HEIGHT, WIDTH))
    assert top % 2 == 0 and left % 2 == 0
    row, column = geometry.source_px(np.array(29.5), np.array(39.5))
    assert abs(top + 19.5 - row) <= 1 and abs(left + 19.5 - column) <= 1
    crops = bars(geometry).proxy(60, crops=2, crop_px=32).crops
    assert all(crop.frame.geometry is None for crop in crops)


@pytest.mark.slow
def test_crops_keep_the_colours_ways_alone():
    (crop,) = bars(lens(0.93, 0.05, red=0.002)).proxy(60, crops=1, crop_px=32).crops
    assert crop.frame.geometry is not None and crop.frame.geometry.is_plain and crop.frame.geometry.is_lateral
    inner = crop.centre(16).frame.geometry
    assert inner is not None and inner.centre_px[0] == crop.frame.geometry.centre_px[0] - 8


@pytest.mark.parametrize(("old", "new"), [(100, 37), (64, 16), (50, 50), (81, 80)])
def test_running_sums_are_the_means_over_areas(old, new):
    rows = torch.rand(3, 5, old, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(narrowed(rows, new), rows @ torch.from_numpy(area_weights(old, new)).T, atol=1e-6)
