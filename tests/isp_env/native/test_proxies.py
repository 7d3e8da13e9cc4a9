"""Proxies through the native chain are those of torch, and so are their gradients, whatever the parameters and pixels."""

import dataclasses

import pytest
import torch
from fixtures.tolerances import SRGB_SLOPE, rounding
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from isp_env.frames.batch import FrameBatch
from isp_env.frames.scene import Look
from isp_env.native import denoising, proxies
from isp_env.params import NAMES, PARAMETERS, IspParams
from isp_env.pipeline import render_prepared
from isp_env.raw import RawFrame
from isp_env.stages.denoise import denoise_rgb

pytestmark = pytest.mark.usefixtures("built_kernel")

HEIGHT, WIDTH, COUNT = 24, 37, 3
PICTURE = rounding(200, SRGB_SLOPE)  # the longest chain of dependent roundings, as steep as the encoding is: 1.5e-4
GRADIENT = 2e-3
"""Of the largest: two chains of some 200 roundings, amplified where differences of close numbers are divided by a small room
(1 - L^3 >= 1e-3 in the gamut's distance), so up to 400 u / 1e-3 = 2e-2 at single pixels, a tenth of that in their sums."""

BRIGHT = 20  # of the roundings, those at the magnitude of unclipped light: two matrices 6, to Oklab and back 10, their difference 4
ONE_VALUE = (
    0.1 * SRGB_SLOPE / (3 * HEIGHT * WIDTH)
)  # what one value on the encoding's steepest slope adds to a gradient
STEP = 1e-4  # of an action, in float64: moves pixels farther than float32 rounds, and bends no curve by GRADIENT

actions = st.lists(
    st.lists(st.sampled_from([-1.0, 0.0, 1.0]) | st.floats(-1, 1), min_size=len(PARAMETERS), max_size=len(PARAMETERS)),
    min_size=COUNT,
    max_size=COUNT,
)


def batch(seed: int = 0, scale: float = 0.3) -> FrameBatch:
    """Proxies of light from -0.1 to 4, most of it below 1, with black, neutral and blown pixels."""
    generator = torch.Generator().manual_seed(seed)
    light = torch.rand(COUNT, 3, HEIGHT, WIDTH, generator=generator) ** 4
    light[1:] = light[1:] * 4.1 - 0.1
    wb = torch.tensor([1.9, 1.0, 1.4])
    light[:, :, 0, :4] = torch.tensor([0.0, 0.1, 0.5, 1.0]) / wb[:, None]
    gains = tuple(wb.tolist())
    pictures = [each.permute(1, 2, 0).numpy() for each in light]
    frames = [RawFrame.from_linear_rgb(each, wb_as_shot=gains, noise=(1e-3, 1e-5)) for each in pictures]
    stacked = FrameBatch.stack(frames)
    return dataclasses.replace(stacked, scale=torch.full((COUNT,), scale), prepared=True)


VALUES = ("picture", "over_range", "gamut")


def rendered(frames: FrameBatch, action: Tensor, look: Look, of_pixels: bool = False) -> dict[str, Tensor]:
    """The picture, the penalties, and the gradients of each and of all together."""
    action = action.clone().requires_grad_(True)
    frames = dataclasses.replace(frames, samples=frames.samples.clone().requires_grad_(of_pixels))
    images, penalties = render_prepared(frames, IspParams.from_action(action), look=look)
    weights = torch.randn(COUNT, *images.shape[1:], generator=torch.Generator().manual_seed(1))[: len(images)]
    values = ((images * weights.to(images)).mean((1, 2, 3)), 0.1 * penalties["over_range"], 0.01 * penalties["gamut"])
    found = {"picture": images, **penalties}
    for name, value in zip(VALUES, values, strict=True):
        (found[f"{name} by actions"],) = torch.autograd.grad(value.sum(), action, retain_graph=True)
    if of_pixels:
        (found["of pixels"],) = torch.autograd.grad(torch.stack(values).sum(), frames.samples)
    return {name: each.detach() for name, each in found.items()}


def random_action(seed: int = 0) -> Tensor:
    return torch.rand(COUNT, len(PARAMETERS), generator=torch.Generator().manual_seed(seed)) * 2 - 1


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


def test_a_batch_is_its_images_one_by_one():
    frames, action = batch(), random_action()
    with torch.no_grad():
        whole = render_prepared(frames, IspParams.from_action(action))[0]
        for index in range(COUNT):
            one = torch.tensor([index])
            alone = render_prepared(frames.take(one), IspParams.from_action(action[one]))[0]
            torch.testing.assert_close(alone[0], whole[index], atol=PICTURE, rtol=0)


def chain_inputs() -> tuple[Tensor, Tensor, Tensor, proxies.Base]:
    """What `finished` takes, all with gradients, of three images."""
    generator = torch.Generator().manual_seed(0)
    camera_rgb = torch.rand(COUNT, 3, HEIGHT, WIDTH, generator=generator)
    row = [
        1.0,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        1,
        0.26,
        0.68,
        0.06,
        0.01,
        0.3,
        0.4,
        0.2,
        0.5,
        1.35,
        0.9,
        1.1,
        0.1,
        1.2,
        0.3,
        0.9,
        0.1,
    ]
    finish = torch.tensor([[0.6, 0.5, 0.2, 0.04, 0.009, 0.001]] * COUNT)
    coefficients = torch.rand(COUNT, 2, HEIGHT, WIDTH, generator=generator)
    tensors = [each.requires_grad_(True) for each in (camera_rgb, torch.tensor([row] * COUNT), finish, coefficients)]
    return tensors[0], tensors[1], tensors[2], proxies.Base(tensors[3], 1)


def chain_gradients(inputs: tuple[Tensor, Tensor, Tensor, proxies.Base]) -> list[Tensor]:
    images, penalties = proxies.finished(*inputs, camera_look=True)
    value = images.square().sum() + penalties["gamut"].sum() + penalties["over_range"].sum()
    return list(torch.autograd.grad(value, (*inputs[:3], inputs[3].coefficients)))


def denoised_and_gradient() -> tuple[Tensor, Tensor]:
    frames, strengths = batch(), torch.tensor([0.3, 0.6, 0.9]).requires_grad_(True)
    given_ = (frames.samples * 0.1, frames.noise, frames.sensor_noise, frames.wb_as_shot, frames.scale)
    denoised = denoising.denoise_rgb(*given_, strengths, strengths)
    return denoised.detach(), torch.autograd.grad(denoised.square().sum(), strengths)[0]


def test_the_adjoint_has_the_same_bits_for_any_number_of_threads_and_in_any_batch():
    inputs, threads = chain_inputs(), torch.get_num_threads()
    expected, denoised = chain_gradients(inputs), denoised_and_gradient()
    try:
        for count in (2, 3):
            torch.set_num_threads(count)
            assert all(map(torch.equal, chain_gradients(inputs), expected))
            assert all(map(torch.equal, denoised_and_gradient(), denoised))
    finally:
        torch.set_num_threads(threads)
    alone = (*(each[1:2] for each in inputs[:3]), proxies.Base(inputs[3].coefficients[1:2], 1))
    assert all(torch.equal(one[0], all_[1]) for one, all_ in zip(chain_gradients(alone), expected, strict=True))


def test_with_and_without_gradients_the_picture_has_the_same_bits():
    frames, action = batch(), random_action()
    with torch.no_grad():
        plain = render_prepared(frames, IspParams.from_action(action))[0]
    assert torch.equal(rendered(frames, action, "camera")["picture"], plain)


def test_a_second_backward_is_refused():
    action = random_action().requires_grad_(True)
    images, _ = render_prepared(batch(), IspParams.from_action(action))
    (first,) = torch.autograd.grad(images.mean(), action, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()
    images, _ = render_prepared(batch(), IspParams.from_action(action))
    images.mean().backward()
    with pytest.raises(RuntimeError, match="second time"):
        images.mean().backward()


@pytest.mark.parametrize("scale", [0.1, 0.3, 1.0])
@pytest.mark.parametrize("strength", [0.0, 0.4, 1.0])
@pytest.mark.slow
def test_denoising_and_its_gradient_are_torchs(scale, strength):
    frames = batch(scale=scale)
    given_ = (frames.samples * 0.1, frames.noise, frames.sensor_noise, frames.wb_as_shot, frames.scale)
    weights, results = torch.randn(frames.samples.shape, generator=torch.Generator().manual_seed(2)), []
    for stage in (denoising.denoise_rgb, denoise_rgb):
        strengths = torch.tensor([[strength, 0.7 * strength]] * COUNT).requires_grad_(True)
        denoised = stage(*given_, *strengths.unbind(1))
        (gradient,) = torch.autograd.grad((denoised * weights).sum(), strengths)
        results.append((denoised.detach(), gradient))
    (ours, our_gradient), (expected, gradient) = results
    torch.testing.assert_close(ours, expected, atol=rounding(40), rtol=0)
    torch.testing.assert_close(
        our_gradient, gradient, atol=rounding(400, float(gradient.abs().max())), rtol=rounding(400)
    )
    assert strength > 0 or torch.equal(ours, given_[0])


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
