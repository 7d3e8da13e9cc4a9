"""Proxies through the native chain have the same bits in any batch, for any number of threads, with gradients and without."""

import pytest
import torch
from fixtures.native_proxies import COUNT, HEIGHT, PICTURE, WIDTH, batch, random_action, rendered
from torch import Tensor

from isp_env.native import denoising, proxies
from isp_env.params import IspParams
from isp_env.pipeline import render_prepared

pytestmark = pytest.mark.usefixtures("built_kernel")


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
    rest = [
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
    ]  # as of `point_numbers`
    row = [*torch.eye(3).flatten().tolist(), *rest]
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
