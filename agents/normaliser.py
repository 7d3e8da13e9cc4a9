"""Standardisation of observations, fixed before training by the training contexts, and what it has not seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import torch
from jaxtyping import Float
from torch import Tensor

CLIP = 10.0
"""Standardised observations stay inside [-CLIP, CLIP]."""

SMALLEST_SIGMA = 0.1
"""Of a statistic: what hardly varied in training, such as `baseline_exposure_ev` of one camera, moves no action far."""
AS_IT_IS = ("action_", "time_left", "goal_")
"""Entries that begin so are of order 1 by what they are: neither shifted nor scaled."""

UNFAMILIAR = 2.0
"""Standard deviations outside the range of the training contexts from which on an entry is called unfamiliar."""


@dataclass(frozen=True)
class Normaliser:
    """Mean and deviation of each statistic over the training contexts, and the range that it had there.

    Entries beyond these, those of small pictures, pass through.
    """

    mean: Float[Tensor, " statistics"]
    sigma: Float[Tensor, " statistics"]
    low: Float[Tensor, " statistics"]
    high: Float[Tensor, " statistics"]

    @classmethod
    def of(cls, observations: Float[Tensor, "contexts observation"], names: Sequence[str]) -> "Normaliser":
        """Return the normaliser that the first observations of all contexts make; `names` are those of the statistics."""
        seen = observations[:, : len(names)].double().cpu()
        as_it_is = torch.tensor([name.startswith(AS_IT_IS) for name in names])
        mean = torch.where(as_it_is, 0.0, seen.mean(0))
        sigma = torch.where(as_it_is, 1.0, seen.std(0, correction=0).clamp_min(SMALLEST_SIGMA))
        low = torch.where(as_it_is, -1.0, seen.amin(0))
        high = torch.where(as_it_is, 1.0, seen.amax(0))
        return cls(*(each.float() for each in (mean, sigma, low, high)))

    def __call__(self, observations: Float[Tensor, "batch observation"]) -> Float[Tensor, "batch observation"]:
        """Return the statistics standardised, inside [-CLIP, CLIP], and the rest as it is."""
        statistics = observations[:, : len(self.mean)]
        scaled = ((statistics - self.mean) / self.sigma).clamp(-CLIP, CLIP)
        return torch.cat([scaled, observations[:, len(self.mean) :]], 1)

    def tensors(self) -> dict[str, Tensor]:
        """Return what is stored of it, by names that begin with "normaliser."."""
        return {f"normaliser.{name}": each for name, each in vars(self).items()}

    @classmethod
    def from_tensors(cls, stored: Mapping[str, Tensor]) -> "Normaliser":
        """Return the normaliser that is among stored tensors. Raises: KeyError if it is not."""
        return cls(*(stored[f"normaliser.{field.name}"] for field in fields(cls)))

    def to(self, device: str | torch.device) -> "Normaliser":
        return Normaliser(*(each.to(device) for each in (self.mean, self.sigma, self.low, self.high)))

    def unfamiliar(self, observation: Float[Tensor, " observation"], names: Sequence[str]) -> list[str]:
        """Return a phrase for each entry that lies far outside of what the training contexts held, the farthest first."""
        values = observation[: len(names)].cpu()
        outside = torch.maximum(self.low - values, values - self.high) / self.sigma
        order = [int(index) for index in outside.argsort(descending=True) if outside[index] > UNFAMILIAR]
        return [f"{names[i]} {values[i]:.3g} (training: {self.low[i]:.3g} to {self.high[i]:.3g})" for i in order]
