"""NIQE: a picture is good if the patterns of its luma are those of pristine photos; no human score was ever asked.

Source: Mittal, Soundararajan, Bovik 2013, Making a "completely blind" image quality analyzer. Two departures: pictures
are looked at no larger than `SHORT_EDGE_PX`, so that a render of any size is held against photos as people see them on a
screen; and the photos are halved before the sharp patches of each are taken, because a soft photo's sharpest is soft.
BRISQUE reads the same statistics through human scores, so there is none of it beside this.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.judges.naturalness import Naturalness, Pristine, enough
from attiqa_core.judges.scene_statistics import PATCH_PX, SCENE_STATISTICS, PatchFeatures, scene_features
from attiqa_core.photos.images import resize_short_edge
from attiqa_core.tensors import Images, PerImage

NIQE = "niqe"
SHORT_EDGE_PX = 512
SHARP = 0.75  # of the sharpest patch of its photo, from where a patch counts. Source: II.C
SHARPEST_PHOTOS = 0.5  # the share of the photos whose sharpest patches count
PATCHES_PER_STATISTIC = 2  # below which a covariance says little


class Niqe(Naturalness):
    """Scores in [0, 1] by NIQE's distance from pristine photos, `naturalness` of it; 0 for a picture of one colour.

    Without gradients: the shapes of distributions are looked up. Raises: InputError for a picture smaller than a patch.
    """

    kind = NIQE
    differentiable = False
    statistics = SCENE_STATISTICS

    def squared_distance(self, image: Images) -> PerImage:
        return patch_distance(niqe_statistics(image)[0], self.mean, self.covariance)


def niqe_statistics(image: Images) -> tuple[PatchFeatures, Tensor]:
    """Return the 36 numbers of each patch of one image as it is looked at, and the patches' sharpness.

    Raises: InputError for a picture smaller than a patch.
    """
    height, width = image.shape[2:]
    if min(height, width) < PATCH_PX:
        raise InputError(f"{NIQE}: a picture of {width}x{height} px is too small; it looks at patches of {PATCH_PX} px")
    return scene_features(resize_short_edge(image, min(SHORT_EDGE_PX, height, width)))


def patch_distance(features: PatchFeatures, mean: Tensor, covariance: Tensor) -> PerImage:
    """Return the squared distance of a picture's own Gaussian over its patches from the pristine one; one number.

    Infinite without a patch; one patch alone has no spread. Source: equation 10.
    """
    if not len(features):
        return mean.new_full((1,), torch.inf)
    own = features.T.cov() if len(features) > 1 else torch.zeros_like(covariance)
    off = features.mean(0) - mean
    return (off @ torch.linalg.pinv((covariance + own) / 2, hermitian=True) @ off).clamp_min(0)[None]


def fit_niqe(photos: Sequence[tuple[PatchFeatures, Tensor]]) -> Pristine:
    """Return the Gaussian over the sharp patches of pristine photos, of which `niqe_statistics` gives one entry each.

    Raises: InputError if the photos or their sharp patches are too few.
    """
    photos = [(features, sharpness) for features, sharpness in photos if len(features)]
    enough(photos, NIQE)
    sharpest = torch.stack([sharpness.max() for _, sharpness in photos])
    least = sharpest.quantile(1 - SHARPEST_PHOTOS)
    sharp = torch.cat([
        features[sharpness >= SHARP * best]
        for (features, sharpness), best in zip(photos, sharpest, strict=True) if best >= least
    ])  # fmt: skip
    fewest = PATCHES_PER_STATISTIC * len(SCENE_STATISTICS)
    if len(sharp) < fewest:
        raise InputError(
            f"{NIQE}: {len(sharp)} sharp patches of {PATCH_PX} px in {len(photos)} photos are too few, "
            f"{fewest} are needed; give more photos, or larger ones"
        )
    mean, covariance = sharp.mean(0), sharp.T.cov()
    distances = torch.cat([patch_distance(features, mean, covariance) for features, _ in photos])
    return Pristine(mean, covariance, distances.median().sqrt())


def open_niqe(reference: str | Path, device: str | torch.device = "cpu", crops: int = 1) -> Niqe:
    """Return the judge that ships, or one fitted on photos of one's own; what `create_metric` calls."""
    return Niqe.load(reference, device, crops)
