"""Where two pictures of one photo show the same: found to the stated tolerance, or refused."""

import numpy as np
import pytest
import rawpy
import torch
from skimage import data
from skimage.transform import rotate

from attiqa_core.errors import InputError
from isp_env.finished_pictures.geometry import Window, place, resized
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.tiles import render_full


def picture(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.asarray(pixels, np.float32) / 255).permute(2, 0, 1)[None].contiguous()


@pytest.fixture(scope="module")
def ours() -> torch.Tensor:
    """(1, 3, 200, 300), of which nothing repeats."""
    return resized(picture(data.coffee()), (200, 300))


def graded(images: torch.Tensor) -> torch.Tensor:
    """Another look: brighter, flatter, warmer."""
    return images**0.6 * torch.tensor([1.0, 0.9, 0.75])[:, None, None]


def middle_of(images: torch.Tensor, share: float) -> torch.Tensor:
    height, width = images.shape[-2:]
    top, left = round(height * (1 - share) / 2), round(width * (1 - share) / 2)
    return images[..., top : height - top, left : width - left]


def test_the_same_picture_with_another_look_lies_where_it_is(ours):
    found = place(ours, graded(ours))
    assert (found.turns, found.shift_px) == (0, (0, 0)) and found.ours == found.theirs == Window(0, 0, 200, 300)


def test_a_border_of_some_pixels_is_found_to_the_pixel(ours):
    theirs = graded(ours)[..., 3:198, 1:294]
    found = place(ours, theirs)
    one, other = found.laid(graded(ours), theirs)
    assert one.shape == other.shape == theirs.shape and (one == other).all()


def test_a_larger_picture_than_ours_is_cut_to_what_both_show(ours):
    found = place(ours[..., 2:, :-4], graded(ours))
    one, other = found.laid(graded(ours)[..., 2:, :-4], graded(ours))
    assert one.shape[-2:] == (198, 296) and (one == other).all()


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_picture_on_its_side_or_its_head_is_turned_back(ours, turns):
    theirs = torch.rot90(graded(ours), -turns, (-2, -1))
    found = place(ours, theirs)
    assert found.turns == turns and (found.laid(ours, theirs)[1] == graded(ours)).all()


@pytest.mark.parametrize("size", [(100, 150), (120, 180), (267, 400)])
def test_a_picture_that_was_resized_whole_keeps_its_whole(ours, size):
    found = place(ours, graded(resized(ours, size)))
    assert found.ours == Window(0, 0, 200, 300) and found.theirs == Window(0, 0, *size)


@pytest.mark.parametrize("quarters", [(1, 2), (-3, 5), (6, -1)])
def test_a_shift_by_parts_of_a_pixel_is_found_to_a_quarter(quarters):
    large = picture(data.coffee())
    down, right = quarters
    ours, theirs = (
        resized(large[..., 8 + r : 392 + r, 8 + c : 592 + c], (96, 146)) for r, c in ((0, 0), (-down, -right))
    )
    found = place(ours, graded(theirs))
    assert np.abs(np.subtract(found.shift_px, (-down / 4, -right / 4))).max() <= 0.25


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95, 0.98])
def test_a_crop_is_refused_also_where_it_was_resized_to_our_size(ours, share):
    theirs = resized(graded(middle_of(ours, share)), (200, 300))
    with pytest.raises(InputError, match=r"a0009: .* cropped or straightened by the expert"):
        place(ours, theirs, "a0009")


def test_a_crop_of_another_shape_is_refused_by_its_size(ours):
    with pytest.raises(InputError, match="300x120"):
        place(ours, graded(ours)[..., :120, :])


@pytest.mark.parametrize("degrees", [1, -2])
def test_a_straightened_picture_is_refused(ours, degrees):
    turned = rotate(ours[0].permute(1, 2, 0).numpy(), degrees, mode="edge").astype(np.float32)
    with pytest.raises(InputError, match="straightened"):
        place(ours, graded(torch.from_numpy(turned).permute(2, 0, 1)[None]))


def test_another_photo_and_a_mirrored_one_are_refused(ours):
    other = resized(picture(data.rocket()), (200, 300))
    for theirs in (other, ours.flip(-1)):
        with pytest.raises(InputError, match="another photo"):
            place(ours, theirs)


def test_resizing_keeps_means_over_areas():
    images = torch.rand(1, 3, 12, 18, generator=torch.Generator().manual_seed(0))
    small = resized(images, (4, 6))
    assert (small - torch.nn.functional.avg_pool2d(images, 3)).abs().max() < 1e-6
    assert resized(images, (12, 18)).equal(images) and (resized(images, (5, 7)).mean() - images.mean()).abs() < 1e-6


@pytest.mark.slow
def test_another_programs_rendering_of_a_real_raw_is_found_to_the_pixel(shared_data):
    """LibRaw's own demosaicing, curve and brightness, with some pixels less on each side."""
    path = shared_data / "raw" / "gopro_whole" / "GOPR0024_bin4.dng"
    with rawpy.imread(str(path)) as raw:
        theirs = picture(raw.postprocess(use_camera_wb=True, no_auto_bright=True, bright=3.0))[..., 3:-5, 6:-2]
    found = place(render_full(RawFrame.load(path), IspParams.default(1))[None], theirs)
    assert found.ours == Window(3, 6, 745, 998) and found.theirs == Window(0, 0, 742, 992) and found.alike > 0.9
