"""Raws beside the pictures that they are to look like: proxies, and windows at native resolution where sizes agree."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attiqa_core.tensors import Images
from isp_env.finished_pictures.geometry import Placement
from isp_env.fitting.distance import Weights, seen_at_scales, weights_of
from isp_env.fitting.matching import Laid, Picture, crop_of, shrunk
from isp_env.frames.raw_samples import RawSamples
from isp_env.params import IspParams
from isp_env.pipeline import clarity_base, render_prepared, scene_map
from isp_env.raw import RawFrame
from isp_env.rendering.frame_groups import FrameGroup, FrameGroups

CROPS, CROP_PX = 2, 96
CROPS_SHARE = 1.0  # of the distance, beside the proxy and its coarse copy, each of which has 1
Seen = Float[Tensor, "rows 3 places"]


@dataclass(frozen=True)
class Pair:
    """A raw's proxy of what its reference shows as well, and the reference at the proxy's size and, where that is native, in its crops.

    `reference`: (3, H, W) display sRGB; `crops`: (K, 3, h, w), None where the reference's pixels are of another size than the
    frame's, or a lens's distortion is undone: nothing at native resolution lies in the same place then. `placement`: where the
    reference lies on the frame, None where that was known.
    """

    proxy: RawFrame
    reference: Float[Tensor, "3 height width"]
    crops: Float[Tensor, "crops 3 edge edge"] | None
    placement: Placement | None = None

    @classmethod
    def of(cls, frame: RawFrame, picture: Picture, px: int) -> "Pair":
        """Return the pair of a full frame and a whole picture of it. Raises: InputError if they show different parts."""
        return cls.of_laid(frame, Laid.on_whole(frame, picture), px)

    @classmethod
    def of_laid(cls, frame: RawFrame, laid: Laid, px: int) -> "Pair":
        """Return the pair of a full frame and a reference that was laid over it."""
        more = CROPS if laid.native else 0
        proxy = frame.proxy(px, by_area=True, crops=more, crop_px=CROP_PX, within=laid.window)
        small = shrunk(laid.picture, proxy.samples.shape[:2])
        crops = torch.stack([crop_of(laid.picture, crop) for crop in proxy.crops]) if proxy.crops else None
        return cls(proxy, small, crops, laid.placement)

    @property
    def size(self) -> tuple[int, ...]:
        """What has to agree for pairs to be a batch."""
        return (*self.proxy.samples.shape, *(() if self.crops is None else self.crops.shape))


@dataclass(frozen=True)
class Views:
    """Pairs of one size as a batch: what is rendered, and what it is compared with: proxies, and where `native` crops as well."""

    group: FrameGroup
    wanted: Seen
    weights: Weights
    native: bool

    @classmethod
    def stack(cls, pairs: Sequence[Pair], device: str | torch.device = "cpu", *, native: bool = False) -> "Views":
        """Return the batch of pairs whose proxies and crops have one size; `native` only where they have crops."""
        proxies: list[RawSamples] = [pair.proxy for pair in pairs]
        (group,) = FrameGroups.stack(proxies, native, device).groups
        references = torch.stack([pair.reference for pair in pairs]).to(device)
        wanted, weights = seen_at_scales(references), weights_of(references)
        if not native:
            return cls(group, wanted, weights, native)
        crops = torch.stack([pair.crops for pair in pairs if pair.crops is not None]).to(device)
        counting = weights_of(crops.flatten(0, 1), coarse=False).unflatten(0, crops.shape[:2])
        counting = counting.movedim(1, 2).flatten(2) * (CROPS_SHARE / crops.shape[1])
        return cls(group, torch.cat([wanted, _of_crops(crops)], 2), torch.cat([weights, counting], 2), native)

    def rendered(self, places: Int[Tensor, " rows"], params: IspParams) -> Seen:
        """Return what is compared of renders of some of the raws, each under a row of parameters."""
        frames = self.group.frames.take(places)
        if not self.native:
            return seen_at_scales(render_prepared(frames, params)[0])
        base = clarity_base(frames, params, scene_map(frames, params, "camera"))
        assert self.group.crops is not None
        crops = self.group.crops.render(places, params, base).unflatten(0, (len(places), -1))
        return torch.cat([seen_at_scales(render_prepared(frames, params, base=base)[0]), _of_crops(crops)], 2)

    @torch.no_grad()
    def images(self, params: IspParams) -> Images:
        """Return renders at the size of the proxies."""
        return render_prepared(self.group.frames, params)[0]

    def __len__(self) -> int:
        return len(self.wanted)


def _of_crops(crops: Float[Tensor, "batch crops 3 edge edge"]) -> Seen:
    seen = seen_at_scales(crops.flatten(0, 1), coarse=False)
    return seen.unflatten(0, crops.shape[:2]).movedim(1, 2).flatten(2)
