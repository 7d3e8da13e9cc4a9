"""Batch normalisation folded into the convolutions before it: the same function in two thirds of the passes over memory."""

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from attiqa_core.network.same_padding import fold_same_padding


def fold(encoder: nn.Module) -> None:
    """Make an encoder faster in place, for inference only: normalisations and lopsided paddings go into its kernels."""
    fold_batch_norms(encoder)
    fold_same_padding(encoder)


@torch.no_grad()
def fold_batch_norms(encoder: nn.Module) -> int:
    """Fold every BatchNorm2d that directly follows a Conv2d, in place, and return how many there were.

    For inference only. Which convolution feeds which normalisation is seen by sending one small picture through; what
    timm's BatchNormAct2d does besides (its activation) stays in the normalisation's place.
    """
    encoder.eval()
    pairs = _pairs(encoder)
    for conv, norm in pairs:
        assert norm.running_mean is not None and norm.running_var is not None
        conv.weight, conv.bias = fuse_conv_bn_weights(
            conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
    rests = {id(norm): _activation(norm) for _, norm in pairs}
    for parent in list(encoder.modules()):
        for name, child in list(parent.named_children()):
            if id(child) in rests:
                setattr(parent, name, rests[id(child)])
    return len(pairs)


def _pairs(encoder: nn.Module) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Convolutions and the normalisations that receive their output untouched."""
    produced: dict[int, tuple[nn.Conv2d, Tensor]] = {}
    pairs: list[tuple[nn.Conv2d, nn.BatchNorm2d]] = []

    def after_conv(conv: nn.Conv2d, inputs: tuple, output: Tensor) -> None:
        produced[id(output)] = (conv, output)  # the tensor is kept, so that its id is not used again

    def before_norm(norm: nn.BatchNorm2d, inputs: tuple) -> None:
        if id(inputs[0]) in produced:
            pairs.append((produced[id(inputs[0])][0], norm))

    hooks = [m.register_forward_hook(after_conv) for m in encoder.modules() if isinstance(m, nn.Conv2d)]
    hooks += [m.register_forward_pre_hook(before_norm) for m in encoder.modules() if isinstance(m, nn.BatchNorm2d)]
    encoder(torch.zeros(1, 3, 64, 64, device=next(encoder.parameters()).device))
    for hook in hooks:
        hook.remove()
    return pairs


def _activation(norm: nn.BatchNorm2d) -> nn.Module:
    """What a normalisation does after normalising: nothing, or timm's dropout and activation."""
    parts = [part for name in ("drop", "act") if (part := getattr(norm, name, None)) is not None]
    return nn.Sequential(*parts) if parts else nn.Identity()
