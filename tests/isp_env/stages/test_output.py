import torch

from isp_env.stages.output import clip


def test_clip_is_exact_and_lets_gradients_through():
    display = torch.tensor([-0.3, 0.1234567, 1.7]).view(1, 3, 1, 1).requires_grad_()
    clipped = clip(display)
    clipped.sum().backward()
    assert torch.equal(clipped.detach(), display.detach().clamp(0, 1))
    assert display.grad.flatten().tolist() == [1, 1, 1]
