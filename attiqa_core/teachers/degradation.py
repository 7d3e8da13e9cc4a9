"""The degradation teacher: among versions of one photo, the known level of a distortion is the label."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.distortions import axes as distortions
from attiqa_core.distortions.axes import AXES, distort
from attiqa_core.teachers import VERSIONS
from attiqa_core.teachers.teacher import Lesson
from attiqa_core.tensors import AttributeScores, Images

VISIBLE_LEVEL = 0.1  # levels nearer to 0 become 0: nobody sees them
STRATUM = (0.2, 0.8)  # the part of each stratum that levels are drawn from: no two versions come too close
GREY_CHROMA = 0.04  # a photo whose RGB values never differ by more has no colour to take away or add


@dataclass(frozen=True)
class DegradationTeacher:
    """Shows `versions` of every photo that differ along `fewest_axes` to `most_axes` of the five axes.

    The labels are the levels; versions agree (tie) on the other axes. Groups are the photos, as levels say
    nothing about different photos. Colourfulness is NaN for grey photos.
    """

    versions: int = VERSIONS
    fewest_axes: int = 1
    most_axes: int = 3

    @property
    def name(self) -> str:
        return "degradation"

    def lesson(self, photos: Images, generator: torch.Generator) -> Lesson:
        """The versions of each photo lie beside each other: images are (B * versions, 3, H, W)."""
        batch = photos.shape[0]
        levels = self.levels(batch, generator).to(photos.device)
        images = distort(photos.repeat_interleave(self.versions, 0), levels, generator)
        grey = (photos.amax(1) - photos.amin(1)).amax((1, 2)) <= GREY_CHROMA
        labels = levels.clone()
        colour = ATTRIBUTES.index("colorfulness")
        labels[:, colour] = labels[:, colour].masked_fill(grey.repeat_interleave(self.versions), torch.nan)
        groups = torch.arange(batch, device=photos.device).repeat_interleave(self.versions)
        return Lesson(images, labels, groups, across_photos=False)

    def levels(self, photos: int, generator: torch.Generator) -> AttributeScores:
        """Random levels (photos * versions, 5): stratified over each active axis, 0 on the others."""

        def uniform(*shape: int) -> Tensor:
            return torch.rand(*shape, generator=generator, device=generator.device)

        place = uniform(photos, self.versions, len(ATTRIBUTES)).argsort(1)
        within = STRATUM[0] + (STRATUM[1] - STRATUM[0]) * uniform(*place.shape)
        low = within.new_tensor([AXES[attribute].low for attribute in ATTRIBUTES])
        high = within.new_tensor([AXES[attribute].high for attribute in ATTRIBUTES])
        levels = low + (high - low) * (place + within) / self.versions
        levels = levels.masked_fill(levels.abs() < VISIBLE_LEVEL, 0.0)
        active = self.fewest_axes + uniform(photos, 1) * (self.most_axes - self.fewest_axes + 1)
        rank = uniform(photos, len(ATTRIBUTES)).argsort(1).argsort(1)
        return torch.where((rank < active.floor())[:, None], levels, 0.0).flatten(0, 1)

    def provenance(self) -> dict[str, Any]:
        return {
            "teacher": self.name,
            "versions": self.versions,
            "axes": [self.fewest_axes, self.most_axes],
            "blur_sigma_px_at_512": distortions.BLUR_SIGMA_512,
            "unsharp_amount": distortions.UNSHARP_AMOUNT,
            "contrast_gains": list(distortions.CONTRAST_GAINS),
            "exposures_ev": list(distortions.EXPOSURES_EV),
            "saturations": list(distortions.SATURATIONS),
            "noise_sigma": distortions.NOISE_SIGMA,
        }
