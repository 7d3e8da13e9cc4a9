"""References at the size of what they are compared with."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from fixtures.fitted import frame_of
from fixtures.photographs import photograph
from skimage.transform import resize

from attiqa_core.errors import InputError
from attiqa_core.srgb import linear_from_srgb, srgb_from_linear
from isp_env.fitting.fit import FitRecipe, fit_each
from isp_env.fitting.matching import Laid, crop_of, laid, shrunk
from isp_env.fitting.search_space import SearchSpace
from isp_env.fitting.views import Pair
from isp_env.parameters.profiles import CORE, Profile
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.proxies.proxy import Window
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise

PLANTED = {"exposure_ev": 0.5, "saturation": 0.3, "sharpen": 0.5}


def test_a_picture_is_averaged_in_linear_light():
    picture = torch.zeros(3, 4, 4)
    picture[:, :, ::2] = 1.0
    assert torch.allclose(shrunk(picture, (2, 2)), srgb_from_linear(torch.full((3, 2, 2), 0.5)), atol=1e-6)


def test_a_picture_of_the_size_is_left_alone():
    picture = torch.rand(3, 6, 8)
    assert shrunk(picture, (6, 8)) is picture


@pytest.mark.parametrize("size", [(80, 60), (60, 60)])
def test_a_picture_of_another_shape_is_refused_by_the_raws_name(wide, size):
    with pytest.raises(InputError, match="wide: its reference is"):
        Laid.on_whole(wide, torch.rand(3, *size))


@pytest.mark.parametrize("px", [32, 48, 50])
def test_a_picture_of_the_frames_shape_is_taken_whatever_size_the_proxy_is_rounded_to(px):
    frame = frame_of(edge=128)
    frame = replace(frame, samples=frame.samples[:96])
    assert Pair.of(frame, torch.rand(3, 96, 128), px).crops is not None
    assert Pair.of(frame, torch.rand(3, 64, 86), px).crops is None


def test_a_crop_of_the_reference_shows_what_the_crop_of_the_raw_shows(frame):
    proxy = frame.proxy(32, by_area=True, crops=1, crop_px=24)
    (crop,) = proxy.crops
    picture = torch.from_numpy(linear_from_srgb(torch.rand(3, 64, 64)).numpy())
    top, left = (round(place * crop.proxy_px) for place in crop.place)
    assert torch.equal(crop_of(picture, crop), picture[:, top : top + 24, left : left + 24])


@pytest.fixture(scope="module")
def wide() -> RawFrame:
    """160 x 240 px of a photograph, of which nothing repeats."""
    colours = np.asarray(resize(photograph("coffee").permute(1, 2, 0).numpy() / 255.0, (160, 240), anti_aliasing=True))
    return RawFrame(**vars(synthesise(colours, CAMERAS["sony-a7m3"], name="wide")))


@pytest.fixture(scope="module")
def shown(wide) -> torch.Tensor:
    """A picture of it in another look, (3, 160, 240)."""
    return render(wide, IspParams.from_dict(PLANTED))[0]


def turned(picture: torch.Tensor, quarters: int) -> torch.Tensor:
    return torch.rot90(picture, quarters, (-2, -1))


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_border_that_the_reference_lacks_is_left_out_of_the_raw_whichever_way_it_lies(wide, shown, quarters):
    found = laid(wide, turned(shown[:, 1:-3, 4:-2], quarters), "x.tif")
    assert found.native and found.window == Window(1, 4, 157, 238) and found.picture.equal(shown[:, 1:-3, 4:-2])


def test_a_border_that_the_raw_lacks_is_left_out_of_the_reference(wide, shown):
    frame = replace(wide, samples=wide.samples[2:-2, 4:-2])
    found = laid(frame, shown, "x.tif")
    assert found.native and found.window == Window(0, 0, 156, 234) and found.picture.equal(shown[:, 2:-2, 4:-2])


def test_a_reference_of_another_size_is_taken_whole_and_is_not_native(wide, shown):
    found = laid(wide, shrunk(shown, (107, 160)), "x.tif")
    assert not found.native and found.window == Window(0, 0, 160, 240) and found.picture.shape == (3, 107, 160)


def test_what_was_cropped_is_refused_by_the_references_name(wide, shown):
    with pytest.raises(InputError, match=r"x\.tif: .* cropped or straightened"):
        laid(wide, shrunk(shown[:, 16:-16, 24:-24], (160, 240)), "x.tif")


def test_pixels_that_lie_between_the_raws_are_not_native(wide, shown):
    halfway = (shown[:, :-1, :-1] + shown[:, 1:, 1:]) / 2
    assert not laid(wide, halfway, "x.tif").native


FEW = Profile("few", tuple(each for each in CORE.controls if each.name in PLANTED))


def fitted(frame, reference, name):
    """In half widths of the ranges, what was planted; parameters that could trade places with these are left out."""
    pair = Pair.of_laid(frame, laid(frame, reference, name), 64)
    return SearchSpace.of(FEW).point(fit_each([pair], FitRecipe(FEW, starts=1))[0].params)


@pytest.mark.slow
def test_borders_turns_and_sizes_do_not_change_what_is_fitted(wide, shown):
    """A border: by 0.02 of half a range; a turn: not at all; two thirds of the size: by 0.08, and sharpening stays the start's."""
    plain, bordered = (fitted(wide, each, "x.tif") for each in (shown, shown[:, 4:, 6:]))
    planted = SearchSpace.of(FEW).point(PLANTED)
    assert (plain - planted).abs().max() < 0.06 and (bordered - plain).abs().max() < 0.02
    assert laid(wide, turned(shown, 1), "x.tif").picture.equal(laid(wide, shown, "x.tif").picture)
    soft = render(wide, IspParams.from_dict({**PLANTED, "sharpen": 0.0}))[0]
    off = fitted(wide, shrunk(soft, (107, 160)), "x.tif") - planted
    assert off[:-1].abs().max() < 0.08 and off[-1] == -PLANTED["sharpen"]
