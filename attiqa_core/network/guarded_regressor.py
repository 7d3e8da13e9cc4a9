"""The guarded regressor: a linear map whose score falls where any of a few guards sees a spoiled picture.

A linear map on pooled features likes more of an edge for ever, and the optimiser behind a reward finds that out. Guards
stay silent on photos and take off where spoiled versions of photos would score as high as the photos themselves.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attiqa_core.network.ridge import ridge_regression
from attiqa_core.tensors import Scores

GUARDS = 8
REACH = 12.0  # standard deviations: what lies farther out, as noise does, counts as this far
MARGIN = 0.15  # of the MOS range: how far below its photo a spoiled version has to score
SPOILED_WEIGHT = 2.0  # of the squared shortfall of that margin, against the squared error of the MOS
GUARD_PENALTY = 1.0  # on the guards' squared weights, for standardised inputs
RIDGE_SHARE = 0.3  # of the ridge's own penalty: guards bound the linear map too
FIRST_BIAS = -0.05  # guards begin just asleep
STEPS = 60  # all chosen on development splits 100 to 103 of CLIVE and CID22 (LOG, 2026-11-22)

SpoiledViews = Float[Tensor, "images versions features"]
"""Pooled features of the central crop of spoiled versions of each picture."""


class GuardedRegressor(nn.Module):
    """linear(z) - sum of relu(guards(z)), z the inputs standardised and cut off at `REACH`."""

    centre: Tensor
    scale: Tensor

    def __init__(self, features: int):
        super().__init__()
        self.linear, self.guards = nn.Linear(features, 1), nn.Linear(features, GUARDS)
        self.register_buffer("centre", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))

    def forward(self, inputs: Float[Tensor, "batch features"]) -> Float[Tensor, "batch 1"]:
        standardised = ((inputs - self.centre) / self.scale).clamp(-REACH, REACH)
        return self.linear(standardised) - self.guards(standardised).relu().sum(1, keepdim=True)

    @torch.enable_grad()
    def fit(
        self,
        inputs: Float[Tensor, "images features"],
        mos: Scores,
        photos: Float[Tensor, "pairs features"],
        spoiled: Float[Tensor, "pairs features"],
        seed: int = 0,
    ) -> None:
        """Fit MOS in [0, 1] and the order of each photo and its spoiled version, together, by L-BFGS.

        It starts from the ridge regression of the MOS (alpha by leave-one-out).
        """
        ridge_pipeline = ridge_regression().fit(inputs.cpu().numpy(), mos.cpu().numpy())
        scaler, ridge = (ridge_pipeline.named_steps[step] for step in ("standardscaler", "ridgecv"))
        self.centre.copy_(torch.from_numpy(scaler.mean_))
        self.scale.copy_(torch.from_numpy(scaler.scale_))
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            self.linear.weight.copy_(torch.from_numpy(ridge.coef_)[None])
            self.linear.bias.fill_(float(ridge.intercept_))
            self.guards.weight.copy_(
                torch.randn(self.guards.weight.shape, generator=generator) * 0.02 / inputs.shape[1] ** 0.5
            )
            self.guards.bias.fill_(FIRST_BIAS)
        self._climb([each.to(self.centre) for each in (inputs, mos, photos, spoiled)], ridge.alpha_)

    def _climb(self, known: Sequence[Tensor], alpha: float) -> None:
        inputs, mos, photos, spoiled = known
        penalty = RIDGE_SHARE * alpha / len(inputs)
        parameters = list(self.parameters())
        optimizer = torch.optim.LBFGS(parameters, max_iter=STEPS, history_size=20, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            optimizer.zero_grad()
            error = (self(inputs).squeeze(1) - mos).square().mean()
            shortfall = (MARGIN - (self(photos) - self(spoiled))).relu().square().mean()
            weights = penalty * self.linear.weight.square().sum() + GUARD_PENALTY * self.guards.weight.square().sum()
            total = error + SPOILED_WEIGHT * shortfall + weights
            total.backward()
            return total

        required = [parameter.requires_grad for parameter in parameters]
        for parameter in parameters:
            parameter.requires_grad_(True)
        optimizer.step(loss)
        for parameter, before in zip(parameters, required, strict=True):
            parameter.requires_grad_(before)
            parameter.grad = None
