"""Where in a picture its score comes from: contributions of positions that add up to the score.

A Scorer pools its encoder's maps into features and reads scores from those, so positions meet only in the pooling. The
features' share in a score is found by integrated gradients from a baseline's features (Sundararajan, Taly and Yan 2017);
it is then handed to the positions exactly: a mean's in proportion to each position's value, a standard deviation's to
each position's squared deviation. With linear heads on means this is class activation mapping (Zhou et al. 2016).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from timm.layers import SelectAdaptivePool2d  # type: ignore[attr-defined]
from torch import Tensor, nn
from torch.nn import functional as F

from attiqa_core.errors import UsageError
from attiqa_core.network.model import AttiqaNet
from attiqa_core.network.views import crops_of
from attiqa_core.photos.images import resize_short_edge
from attiqa_core.scorer import Scorer
from attiqa_core.tensors import Embeddings, Images

STEPS = 64
"""Points of the midpoint rule along the path; only the heads are evaluated at them, not the encoder."""

Moments = list[tuple[str, Tensor]]
"""The pooled features in order: ("mean" or "deviation", the maps (1, channels, height, width) they are taken of)."""


@dataclass(frozen=True)
class AttributeMaps:
    """Contributions of a picture's pixels to its MOS on the scale of `Scores` and to its attribute scores.

    `contributions[k].sum() == values[k] - baseline[k]` up to the path's quadrature; positive raises the score. The
    picture is at the scorer's own size. Pixels that several crops see weigh more, as they do in the score.
    """

    names: tuple[str, ...]
    contributions: Float[Tensor, "outputs height width"]
    values: Float[Tensor, " outputs"]
    baseline: Float[Tensor, " outputs"]


def attribute_maps(scorer: Scorer, image: Images, steps: int = STEPS) -> AttributeMaps:
    """Return the maps of one picture (1, 3, height, width), MOS first, attributes after it.

    The baseline is the scorer's average photo where it knows one (features pooled of all stages, standardised), else
    empty maps. A position of the last map has seen hundreds of pixels around it: maps point to regions, not to edges.
    Raises: UsageError for a backbone that does not end in a mean over positions.
    """
    assert image.shape[0] == 1, "attribute maps are of one picture"
    with torch.inference_mode(False), torch.no_grad():
        resized = resize_short_edge(image.clone().to(scorer.device), scorer.preprocessing.at(min(image.shape[-2:]))[0])
        crops = crops_of(resized, scorer.preprocessing, scorer.crops)
        canvas, values, baseline = None, 0.0, 0.0
        places = _places(resized.shape[-2:], crops.shape[-1], scorer.crops)
        for crop, (top, left) in zip(crops.split(1), places, strict=True):
            here, value, base = _of_crop(scorer.net, crop, steps)
            canvas = here.new_zeros(len(here), *resized.shape[-2:]) if canvas is None else canvas
            canvas[:, top : top + crop.shape[-2], left : left + crop.shape[-1]] += here / scorer.crops
            values, baseline = values + value / scorer.crops, baseline + base / scorer.crops
    assert canvas is not None and isinstance(values, Tensor) and isinstance(baseline, Tensor)
    return AttributeMaps(("MOS", *scorer.attribute_names), canvas, values, baseline)


def _places(sides: torch.Size, crop: int, crops: int) -> list[tuple[int, int]]:
    """Top and left of every crop, in the order and rounding of `images.five_crops` and `images.centre_crop`."""
    height, width = sides
    if crops == 1:
        return [((height - crop) // 2, (width - crop) // 2)]
    down, right = height - crop, width - crop
    return [(0, 0), (0, right), (down, 0), (down, right), (round(down / 2), round(right / 2))]


def _of_crop(net: AttiqaNet, crop: Images, steps: int) -> tuple[Tensor, Tensor, Tensor]:
    """Contributions (outputs, height, width) of one crop's pixels, its scores, and the baseline's."""
    moments = _moments(net, crop)
    features = torch.cat([_pool(kind, maps) for kind, maps in moments], 1)
    start = _baseline(net, features)
    weights = _mean_gradients(net, start, features, steps)
    total = torch.zeros(len(weights), *crop.shape[-2:], device=crop.device)
    for (kind, maps), base, share in zip(moments, _split(start, moments), _split(weights, moments), strict=True):
        total += _spread(_positions(kind, maps, base, share), crop.shape[-2:])
    return total, _outputs(net, features)[0], _outputs(net, start)[0]


def _split(features: Tensor, moments: Moments) -> tuple[Tensor, ...]:
    return features.split([maps.shape[1] for _, maps in moments], 1)


def _positions(kind: str, maps: Tensor, base: Tensor, weights: Tensor) -> Float[Tensor, "outputs height width"]:
    """Hand out `weights * (pooled - base)` of each channel to the positions, and add up the channels."""
    maps = maps[0]
    if kind == "mean":
        return torch.einsum("oc,chw->ohw", weights, maps - base[0, :, None, None]) / maps[0].numel()
    squared = (maps - maps.mean((1, 2), keepdim=True)).square() + 1e-12
    gained = weights * (_pool(kind, maps[None]) - base)
    return torch.einsum("oc,chw->ohw", gained, squared / squared.sum((1, 2), keepdim=True))


def _spread(contributions: Float[Tensor, "outputs height width"], sides: torch.Size) -> Tensor:
    """Enlarge bilinearly to the crop's sides, every map's sum kept."""
    height, width = contributions.shape[-2:]
    large = F.interpolate(contributions[None], tuple(sides), mode="bilinear", align_corners=False)[0]
    large *= height * width / (sides[0] * sides[1])
    missing = contributions.sum((1, 2)) - large.sum((1, 2))
    return large + missing[:, None, None] / (sides[0] * sides[1])


def _mean_gradients(
    net: AttiqaNet, start: Embeddings, end: Embeddings, steps: int
) -> Float[Tensor, "outputs features"]:
    """Every output's gradient to the features, averaged over the straight path from `start` to `end`."""
    along = (torch.arange(steps, device=end.device) + 0.5)[:, None] / steps
    with torch.enable_grad():
        path = (start + along * (end - start)).detach().requires_grad_(True)
        outputs = _outputs(net, path)
        gradients = [
            torch.autograd.grad(outputs[:, k].sum(), path, retain_graph=True)[0].mean(0)
            for k in range(outputs.shape[1])
        ]
    return torch.stack(gradients)


def _outputs(net: AttiqaNet, features: Embeddings) -> Float[Tensor, "batch outputs"]:
    mos, attributes = net.read(features)
    return torch.cat([mos[:, None], attributes], 1)


def _baseline(net: AttiqaNet, features: Embeddings) -> Embeddings:
    """The average photo's features if the network has them, else those of empty maps."""
    mean = getattr(net.standardise, "running_mean", None)
    return torch.zeros_like(features) if mean is None else mean[None].to(features)


def _pool(kind: str, maps: Tensor) -> Embeddings:
    mean = maps.mean((2, 3))
    if kind == "mean":
        return mean
    return ((maps.square().mean((2, 3)) - mean.square()).clamp_min(0) + 1e-6).sqrt()


def _moments(net: AttiqaNet, crop: Images) -> Moments:
    inputs = ((crop - net.mean) / net.std).contiguous(memory_format=torch.channels_last)
    if net.arch.pooling == "stages":
        last, stages = net.encoder.forward_intermediates(inputs)
        return [(kind, maps) for maps in (*stages, last) for kind in ("mean", "deviation")]
    return [("mean", _last_map(net, inputs))]


def _last_map(net: AttiqaNet, inputs: Tensor) -> Tensor:
    """The maps that the encoder averages into its features, caught where they enter its pooling."""
    entering: list[Tensor] = []
    pools = [
        module for module in net.encoder.modules() if isinstance(module, nn.AdaptiveAvgPool2d | SelectAdaptivePool2d)
    ]
    hooks = [pool.register_forward_pre_hook(lambda _, args: entering.append(args[0])) for pool in pools]
    try:
        features = net.encoder(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    for maps in reversed(entering):
        fits = maps.ndim == 4 and maps.shape[1] == features.shape[1]
        if fits and torch.allclose(maps.mean((2, 3)), features, rtol=1e-3, atol=1e-4):
            return maps
    raise UsageError(f"{net.arch.backbone}: its features are not a mean over positions, so it has no attribute maps")
