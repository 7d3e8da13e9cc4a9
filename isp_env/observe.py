"""What an agent sees of a picture: statistics of the render, the scorer's attributes, parameters, time, exposure."""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.photos.images import averaged_down
from attiqa_core.srgb import chroma_map, luma
from attiqa_core.tensors import AttributeScores, Crops, Images, PerImage, Scores
from isp_env.frames.batch import FrameBatch
from isp_env.params import NAMES

LUMA_LEVELS = tuple(2.0 ** (-6 + 0.5 * step) for step in range(12))  # log2-spaced display luma, 1/64 to 0.71
RGB_LEVELS = (0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95)
PERCENTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
CLIPPED_LOW, CLIPPED_HIGH = 2 / 255, 253 / 255
SMALL_EDGE = 72  # px: histograms and colours are read off an area-averaged picture of this short edge
LIMIT = 10.0  # an observation never leaves [-LIMIT, LIMIT]

STATISTICS: tuple[str, ...] = (
    *(f"luma_below_{level:.3f}" for level in LUMA_LEVELS),
    *(f"{channel}_below_{level:g}" for channel in ("red", "green", "blue") for level in RGB_LEVELS),
    *(f"luma_percentile_{100 * share:g}" for share in PERCENTILES),
    "clipped_low",
    "clipped_high",
    "chroma_mean",
    "chroma_std",
    "cast_red",
    "cast_blue",
    "sharpness",
    "noise",
)
COLOURS = ("own_chroma", "plain_chroma", "own_cast_red", "own_cast_blue")
"""What the reward reads off a picture's colours, of the present render: `Reference.colours`."""
DEFAULTS = ("default_noise", *(f"default_{name}" for name in COLOURS))
"""The camera default's noise and colours, which the reward measures against: `Reference.observed`."""
EXPOSURE = (
    *("log_gain_red", "log_gain_blue", "as_shot_mired", "as_shot_duv"),
    *("log_shot_noise", "log_read_noise", "baseline_exposure_ev"),
)


def observation_names(controls: tuple[str, ...], goals: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the names of an observation's entries, in order, where an action sets these parameters and these weights vary."""
    return (
        *STATISTICS,
        "score",
        *(f"attribute_{name}" for name in ATTRIBUTES),
        *(f"action_{name}" for name in controls),
        "time_left",
        *EXPOSURE,
        *COLOURS,
        *DEFAULTS,
        *(f"goal_{name}" for name in goals),
    )


OBSERVATION: tuple[str, ...] = observation_names(NAMES)
"""The entries where an action sets every row of `PARAMETERS`, as it does in the profile `core`."""


def picture_statistics(images: Images, crops: Crops | None = None) -> Float[Tensor, "batch statistics"]:
    """Return the statistics named in `STATISTICS`: shares, display code values, and logarithms of detail and noise.

    Detail and noise are those of the native-resolution crops, where there are any: averaging hides both.
    """
    small = averaged_down(images, SMALL_EDGE)
    grey = luma(small).flatten(1)
    colours = small.flatten(2)
    percentiles = torch.quantile(grey, grey.new_tensor(PERCENTILES), dim=1).T
    chroma = chroma_map(small)
    means = colours.mean(2).clamp_min(1e-3)
    return torch.cat(
        [
            _shares_below(grey, LUMA_LEVELS),
            *(_shares_below(colours[:, channel], RGB_LEVELS) for channel in range(3)),
            percentiles,
            torch.stack(
                [
                    (luma(images) < CLIPPED_LOW).float().mean((1, 2, 3)),
                    (images.amax(1) > CLIPPED_HIGH).float().mean((1, 2)),
                    chroma.mean((1, 2)),
                    chroma.std((1, 2)),
                    (means[:, 0] / means[:, 1]).log2(),
                    (means[:, 2] / means[:, 1]).log2(),
                    most_detail(images, crops).clamp_min(1e-4).log10() + 2,
                    shown_noise(least_noise(images, crops)),
                ],
                1,
            ),
        ],
        1,
    )


def observation(
    statistics: Float[Tensor, "batch statistics"],
    scores: Scores,
    attributes: AttributeScores,
    actions: Float[Tensor, "batch parameters"],
    time_left: PerImage,
    exposure: Float[Tensor, "batch exposure"],
    colours: Float[Tensor, "batch 4"],
    defaults: Float[Tensor, "batch 5"],
    goals: Float[Tensor, "batch goals"],
) -> Float[Tensor, "batch observation"]:
    """Return the entries that `observation_names` names, inside [-LIMIT, LIMIT]."""
    parts = [statistics, scores[:, None], attributes, actions, time_left[:, None], exposure, colours, defaults, goals]
    return torch.cat(parts, 1).clamp(-LIMIT, LIMIT)


def five_attributes(attributes: Float[Tensor, "batch known"], names: tuple[str, ...]) -> AttributeScores:
    """Return the columns of `ATTRIBUTES`; 0 where a judge does not know one, as pyiqa's metrics know none."""
    if names == ATTRIBUTES:
        return attributes
    unknown = attributes.new_zeros(len(attributes))
    return torch.stack([attributes[:, names.index(name)] if name in names else unknown for name in ATTRIBUTES], 1)


def exposure_features(frames: FrameBatch) -> Float[Tensor, "batch exposure"]:
    """Return the entries of `EXPOSURE`: how the raw was taken, from its own metadata.

    Gains are the camera's own numbers; hundreds of mired and hundredths of Duv say of any camera which light it took for white.
    """
    noise = frames.noise.clamp_min(1e-9).log10() + 4
    gains = frames.wb_as_shot.log2()
    white = (frames.colour.white_mired / 100, frames.colour.white_duv * 100)
    return torch.stack([gains[:, 0], gains[:, 2], *white, noise[:, 0], noise[:, 1], frames.exposure_ev], 1)


def detail(images: Images) -> PerImage:
    """Return the mean absolute difference of neighbouring lumas, in display code values."""
    grey = luma(images)
    across = (grey[..., 1:] - grey[..., :-1]).abs().mean((1, 2, 3))
    return (across + (grey[..., 1:, :] - grey[..., :-1, :]).abs().mean((1, 2, 3))) / 2


def noise_level(images: Images) -> PerImage:
    """Return a noise sigma of the luma, in display code values: the second difference, which edges mostly cancel in.

    Source: Immerkaer 1996, Fast noise variance estimation.
    """
    grey = luma(images)
    across = grey[..., 2:] - 2 * grey[..., 1:-1] + grey[..., :-2]
    both = across[..., 2:, :] - 2 * across[..., 1:-1, :] + across[..., :-2, :]
    return both.abs().mean((1, 2, 3)) * (torch.pi / 2) ** 0.5 / 6


def most_detail(images: Images, crops: Crops | None) -> PerImage:
    """Return the detail of each image's most detailed crop; of the image itself without crops."""
    return detail(images) if crops is None else detail(crops).view(len(images), -1).amax(1)


def least_noise(images: Images, crops: Crops | None) -> PerImage:
    """Return the noise of each image's calmest crop, texture reads as noise; of the image itself without crops."""
    return noise_level(images) if crops is None else noise_level(crops).view(len(images), -1).amin(1)


def shown_noise(noise: PerImage) -> PerImage:
    """Return a noise sigma as an observation has it: its decimal logarithm, 0 at 0.01, from -2 up."""
    return noise.clamp_min(1e-4).log10() + 2


def _shares_below(values: Float[Tensor, "batch pixels"], levels: tuple[float, ...]) -> Float[Tensor, "batch levels"]:
    return torch.stack([(values < level).float().mean(1) for level in levels], 1)
