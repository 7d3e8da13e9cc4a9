"""The reward: the gain in the scorer's MOS, less named penalties, each of them logged on its own."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.srgb import luma
from attiqa_core.tensors import Images, PerImage, Scores
from isp_env.observe import mean_chroma_map, noise_level
from isp_env.params import PARAMETERS, IspParams
from isp_env.reward_weights import RewardWeights

TERMS = ("quality", "over_range", "gamut", "noise_gain", "saturation_excess", "exposure", "prior")
"""Terms of the value of a picture; a reward is the change of their sum, less the cost of a step."""

USUAL_LUMA = (0.3, 0.6)  # mean display luma of most finished photographs
CHROMA_FLOOR = 0.12  # mean display chroma below which nothing counts as oversaturated
CHROMA_FACTOR = 1.5  # nor does a gain up to this factor over the camera default


@dataclass(frozen=True)
class Reference:
    """What of the camera-default render the penalties are measured against."""

    noise: PerImage
    chroma: PerImage

    @classmethod
    def of(cls, images: Images) -> "Reference":
        return cls(noise_level(images), mean_chroma_map(images).mean((1, 2)))

    def take(self, ids: Tensor) -> "Reference":
        return Reference(self.noise[ids], self.chroma[ids])


def picture_terms(
    images: Images,
    scores: Scores,
    limits: dict[str, PerImage],
    actions: Float[Tensor, "batch parameters"],
    reference: Reference,
    weights: RewardWeights,
) -> Float[Tensor, "batch terms"]:
    """Return the weighted terms, in the order of `TERMS`; `limits` are the penalties of `render_with_penalties`.

    Differentiable in images and actions, so that gradient ascent climbs the very sum that the agents are rewarded by.
    """
    chroma = mean_chroma_map(images).mean((1, 2))
    allowed = (CHROMA_FACTOR * reference.chroma).clamp_min(CHROMA_FLOOR)
    spread = actions.new_tensor([parameter.usual_spread for parameter in PARAMETERS])
    distance = ((actions - IspParams.identity_action().to(actions)) / spread).pow(2).mean(1)
    mean_luma = luma(images).mean((1, 2, 3))
    off = (USUAL_LUMA[0] - mean_luma).clamp_min(0) + (mean_luma - USUAL_LUMA[1]).clamp_min(0)
    return torch.stack(
        [
            scores,
            -weights.over_range * limits["over_range"],
            -weights.gamut * limits["gamut"],
            -weights.noise_gain * (noise_level(images) - reference.noise).clamp_min(0),
            -weights.saturation_excess * (chroma - allowed).clamp_min(0),
            -weights.exposure * off,
            -weights.prior * distance,
        ],
        1,
    )
