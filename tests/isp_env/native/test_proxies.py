"""Proxies through the native chain are those of torch, and so are their gradients, whatever the parameters and pixels."""

import dataclasses

import pytest
import torch
from fixtures.native_proxies import COUNT, HEIGHT, PICTURE, VALUES, WIDTH, batch, random_action, rendered
from fixtures.tolerances import SRGB_SLOPE, rounding
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from isp_env.frames.batch import FrameBatch
from isp_env.frames.scene import Look
from isp_env.native import proxies
from isp_env.params import NAMES, PARAMETERS, IspParams
from isp_env.pipeline import render_prepared

pytestmark = pytest.mark.usefixtures("built_kernel")

GRADIENT = 2e-3
"""Of the largest: two chains of some 200 roundings, amplified where differences of close numbers are divided by a small room
(1 - L^3 >= 1e-3 in the gamut's distance), so up to 400 u / 1e-3 = 2e-2 at single pixels, a tenth of that in their sums."""

BRIGHT = 20  # of the roundings, those at the magnitude of unclipped light: two matrices 6, to Oklab and back 10, their difference 4
ONE_VALUE = (
    0.1 * SRGB_SLOPE / (3 * HEIGHT * WIDTH)
)  # what one value on the steepest slope of encoding adds to a gradient
STEP = 1e-4  # of an action, in float64: moves pixels farther than float32 rounds, and bends no curve by GRADIENT

actions = st.lists(
    st.lists(st.sampled_from([-1.0, 0.0, 1.0]) | st.floats(-1, 1), min_size=len(PARAMETERS), max_size=len(PARAMETERS)),
    min_size=COUNT,
    max_size=COUNT,
)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(action=actions, look=st.sampled_from(["camera", "linear"]), scale=st.sampled_from([0.1, 0.3, 1.0]))
@pytest.mark.slow
def test_pictures_and_gradients_are_torchs_in_the_whole_box(action, look, scale):
    frames, action = batch(scale=scale), torch.tensor(action)
    ours = rendered(frames, action, look)
    with proxies.torch_alone():
        expected = rendered(frames, action, look)
    most = brightest(frames, action) if look == "linear" else 1.0
    torch.testing.assert_close(
        ours["picture"], expected["picture"], atol=PICTURE + rounding(BRIGHT, SRGB_SLOPE * most), rtol=0
    )
    torch.testing.assert_close(ours["over_range"], expected["over_range"], atol=PICTURE, rtol=PICTURE)
    torch.testing.assert_close(
        ours["gamut"], expected["gamut"], atol=PICTURE, rtol=GRADIENT * most
    )  # divided by the room too
    for name in VALUES:
        own, other = ours[f"{name} by actions"], expected[f"{name} by actions"]
        allowed = (
            GRADIENT * (most if name == "gamut" else 1) * (other.abs().amax(1, keepdim=True) + other.abs() + ONE_VALUE)
        )
        apart = (own - other).abs() > allowed
        for image, entry in apart.nonzero().tolist():
            assert name == "over_range", f"{NAMES[entry]}: {own[image, entry]}, by torch {other[image, entry]}"
            low, high = sides(frames, action, look, image, entry)
            for gradient in (own[image, entry], other[image, entry]):
                assert low - allowed[image, entry] <= gradient <= high + allowed[image, entry]


@pytest.mark.slow
def test_grey_pixels_on_the_kink_of_over_range_have_a_gradient_between_those_of_its_two_sides():
    """At saturation -1 all is grey, and what sharpening takes to 0 is off it by a rounding, to either side: any slope between
    is a gradient there. Torch's own of float32 and float64 are as far apart as ours is from them."""
    frames, action = batch(scale=1.0), torch.full((COUNT, len(PARAMETERS)), 0.3)
    saturation = NAMES.index("saturation")
    action[:, saturation], action[:, NAMES.index("sharpen")] = -1, 1
    ours = rendered(frames, action, "camera")["over_range by actions"][:, saturation]
    with proxies.torch_alone():
        expected = rendered(frames, action, "camera")["over_range by actions"][:, saturation]
        exact = rendered(in_double(frames), action.double(), "camera")["over_range by actions"][:, saturation]
    for image in range(COUNT):
        low, high = sides(frames, action, "camera", image, saturation)
        slack = GRADIENT * max(abs(low), abs(high))
        assert all(low - slack <= float(each[image]) <= high + slack for each in (ours, expected, exact))
    assert not torch.allclose(expected.double(), exact, rtol=0.01)


def in_double(frames: FrameBatch) -> FrameBatch:
    """The same batch in float64, which torch alone takes."""
    wide = frames._map(lambda each: each.double() if each.is_floating_point() else each, frames.colour)
    return dataclasses.replace(
        wide, colour=frames.colour._map(lambda each: each.double() if each.is_floating_point() else each)
    )


def sides(frames: FrameBatch, action: Tensor, look: Look, image: int, entry: int) -> tuple[float, float]:
    """The slope of `over_range` below and above an entry of an action, lower one first: differences in float64.

    Of a kink of that kind, |x - clip(x)|, every gradient lies between, for each pixel and so for their mean.
    """
    one = torch.tensor([image])
    wide = in_double(frames.take(one))
    moved = action[one].double().repeat(3, 1)
    moved[:, entry] += torch.tensor([-STEP, 0, STEP]).double()
    with torch.no_grad():
        found = [
            0.1 * float(render_prepared(wide, IspParams.from_action(each[None]), look=look)[1]["over_range"])
            for each in moved
        ]
    slopes = ((found[1] - found[0]) / STEP, (found[2] - found[1]) / STEP)
    return min(slopes), max(slopes)


def brightest(frames: FrameBatch, action: Tensor) -> float:
    """The largest light that the linear look can hold before the clip."""
    params = IspParams.from_action(action)
    stops = params["exposure_ev"] + sum(
        params[name].clamp_min(0) for name in ("highlights_ev", "shadows_ev", "whites_ev")
    )
    balanced = frames.samples.amax((2, 3)) * frames.wb_as_shot
    return float((balanced.amax(1) * torch.exp2(stops)).max().clamp_min(1))


@pytest.mark.parametrize("look", ["camera", "linear"])
@pytest.mark.slow
def test_gradients_of_pixels_are_torchs(look):
    ours = rendered(batch(), random_action() * 0.5, look, of_pixels=True)["of pixels"][0]
    with proxies.torch_alone():
        expected = rendered(batch(), random_action() * 0.5, look, of_pixels=True)["of pixels"][0]
    torch.testing.assert_close(ours, expected, atol=GRADIENT * float(expected.abs().max()), rtol=0)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(action=actions, look=st.sampled_from(["camera", "linear"]), seed=st.integers(0, 9))
@pytest.mark.slow
def test_gradients_are_finite_in_the_whole_box(action, look, seed):
    found = rendered(batch(seed), torch.tensor(action), look, of_pixels=True)
    assert all(torch.isfinite(each).all() for each in found.values())


@pytest.mark.parametrize("broken", ["samples", "action", "noise", "wb_as_shot"])
def test_what_is_not_finite_reaches_the_picture_as_by_torch(broken):
    frames, action = batch(), random_action()
    if broken == "action":
        action[1, NAMES.index("contrast")] = float("nan")
    else:
        spoiled = getattr(frames, broken).clone()
        spoiled[1].view(-1)[1] = float("nan")
        frames = dataclasses.replace(frames, **{broken: spoiled})
    with torch.no_grad():
        ours, penalties = render_prepared(frames, IspParams.from_action(action))
        with proxies.torch_alone():
            expected, _ = render_prepared(frames, IspParams.from_action(action))
    lost = torch.isfinite(ours).flatten(1).all(1)
    assert lost.tolist() == torch.isfinite(expected).flatten(1).all(1).tolist() == [True, False, True]
    assert not torch.isfinite(penalties["over_range"][1])


def test_other_kinds_of_samples_are_left_to_torch():
    proxy = torch.zeros(1, 3, 20, 20)
    assert proxies.takes(proxy)
    assert not any(map(proxies.takes, (proxy.double(), proxy[..., :8], proxy.to("meta"))))
