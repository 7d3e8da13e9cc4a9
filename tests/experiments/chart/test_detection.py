"""The chart is found in any orientation, light and size, and nothing else is."""

import numpy as np
import pytest
import torch
from fixtures.charts import CORNERS as PICTURE_CORNERS
from fixtures.charts import chart_picture
from fixtures.photographs import noise

from experiments.chart.detection import find_chart, laid_better
from experiments.chart.placement import CORNERS, place
from experiments.chart.reference import read_reference

pytestmark = pytest.mark.slow
LAB = read_reference("classic24").lab
NEAR_PX = 4.0  # a patch's measured middle stays inside of it up to 11 px


@pytest.fixture(scope="module")
def upright_chart() -> torch.Tensor:
    return chart_picture(place(PICTURE_CORNERS), LAB, 640, 440)


def corners_found(picture: torch.Tensor) -> np.ndarray:
    found = find_chart(picture, LAB)
    assert found is not None
    return found.placement.picture(CORNERS)


def test_an_upright_chart_is_found_where_it_is(upright_chart):
    assert np.abs(corners_found(upright_chart) - PICTURE_CORNERS).max() < NEAR_PX


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_turned_chart_is_found_with_dark_skin_first(upright_chart, quarter_turns):
    points = np.array(PICTURE_CORNERS)
    width, height = 640, 440
    for _ in range(quarter_turns):  # anticlockwise: x, y -> y, width - 1 - x
        points = np.stack([points[:, 1], width - 1 - points[:, 0]], 1)
        width, height = height, width
    assert np.abs(corners_found(torch.rot90(upright_chart, quarter_turns, (1, 2))) - points).max() < NEAR_PX


def test_a_chart_in_a_mirror_is_found_and_said_to_be(upright_chart):
    found, upright = find_chart(upright_chart.flip(2), LAB), find_chart(upright_chart, LAB)
    assert found is not None and found.mirrored and upright is not None and not upright.mirrored
    assert np.abs(found.placement.picture(CORNERS) - (639, 0) + np.array(PICTURE_CORNERS) * (1, -1)).max() < NEAR_PX


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: picture * torch.tensor([1.0, 0.8, 0.55])[:, None, None],
        lambda picture: picture * 0.4,
        lambda picture: (picture * torch.linspace(0.6, 1.1, 640)).clamp(0, 1),
        lambda picture: (picture + 0.03 * torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))).clamp(
            0, 1
        ),
    ],
    ids=["a warm cast", "too dark", "uneven light", "noise"],
)
def test_bad_light_does_not_hide_it(upright_chart, change):
    assert np.abs(corners_found(change(upright_chart)) - PICTURE_CORNERS).max() < NEAR_PX


def test_a_small_chart_in_a_large_picture_is_found(upright_chart):
    large = torch.full((3, 1100, 1700), 0.4)
    large[:, 500:940, 900:1540] = upright_chart
    assert np.abs(corners_found(large) - (900, 500) - PICTURE_CORNERS).max() < NEAR_PX


def test_pictures_without_a_chart_have_none():
    plain = torch.full((3, 300, 400), 0.5)
    random = torch.from_numpy(noise(0, 120, 160)).permute(2, 0, 1).float() / 255
    chess = torch.from_numpy(np.kron(np.indices((6, 8)).sum(0) % 2, np.ones((50, 50)))).float().expand(3, -1, -1)
    tiles = chart_picture(place(PICTURE_CORNERS), np.random.default_rng(0).permutation(LAB), 640, 440)
    assert [find_chart(each, LAB) for each in (plain, random, chess, tiles)] == [None] * 4


def test_real_photographs_hold_none(shared_data):
    from attiqa_core.photos.decode import decode_rgb

    paths = sorted((shared_data / "photos" / "kodak").glob("*.png"))[:3]
    if not paths:
        pytest.skip("no Kodak photographs here")
    for path in paths:
        picture = torch.from_numpy(np.array(decode_rgb(path.read_bytes(), path.name))).permute(2, 0, 1).float() / 255
        assert find_chart(picture, LAB) is None, path.name


def test_corners_begun_at_another_patch_are_seen_by_the_colours(upright_chart):
    right = place(PICTURE_CORNERS)
    wrong = place([PICTURE_CORNERS[index] for index in (2, 3, 0, 1)])
    better = laid_better(upright_chart, wrong, LAB)
    assert laid_better(upright_chart, right, LAB) is None
    assert better is not None and np.allclose(better.picture(CORNERS), PICTURE_CORNERS)
