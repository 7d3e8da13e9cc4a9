"""The reward: the gain in the scorer's MOS, less named penalties, each of them logged on its own."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attiqa_core.srgb import luma
from attiqa_core.tensors import Images, PerImage, Scores
from isp_env.measures.reference import Reference
from isp_env.parameters.profiles import CORE, Profile
from isp_env.params import NAMES, IspParams
from isp_env.reward_weights import RewardWeights

TERMS = (
    *(
        "quality",
        "over_range",
        "gamut",
        "noise_gain",
        "grain",
        "chroma_loss",
        "chroma_excess",
        "cast",
        "white",
        "exposure",
    ),
    *("temperature", "tint", "hue", "prior"),
)
"""Terms of the value of a picture; a reward is the change of their sum."""

UNSEEN_NOISE = 0.25 / 255  # display sigma: of about rounding to 8 bits; less cannot be told from none
USUAL_LUMA = (0.3, 0.6)  # mean display luma of most finished photographs
KEPT_CHROMA = 0.95  # of the camera default's chroma: losing less than that is free
ALLOWED_CHROMA = 1.25  # times the camera default's chroma: gaining less than that is free
SMALLEST_CHROMA = (
    0.05  # relative to luma: shares of a picture with less are taken of this, or grey could not be denoised
)
CAST_TOLERANCE = 0.04  # in ln(R/G), ln(B/G) of display values: about 10 mired, or 0.003 Duv
MIRED_OF_TOLERANCE, DUV_OF_TOLERANCE = 10.0, 0.003  # each of which moves neutrals by about CAST_TOLERANCE
LEAST_SQUARE = 1e-12  # a distance of nothing has a gradient, too
TOLERATED_SHARE = 0.25  # of the default's cast, where that is more: so far from neutral it is rather a subject's colour
WHITE_POINT = ("temperature_mired", "tint_duv")
OWN_WEIGHT = {"temperature": "temperature_mired", "tint": "tint_duv", "hue": "hue_deg"}
"""Terms that measure one parameter's distance from identity, those of the white point from the right one where it is known;
`prior` is about all others."""
ACTION_TERMS = ("white", *OWN_WEIGHT, "prior")
"""Terms of actions alone: they are known without a picture."""
PRIOR_PARTS = len(NAMES) - len(OWN_WEIGHT)
"""The prior is the mean over so many parameters, those of `core`: what one of them costs is the same in every profile."""


@dataclass(frozen=True)
class KnownWhite:
    """What is known of each picture's white balance: by how many mired and Duv it was missed, NaN where nobody knows, and the
    actions that undo that."""

    missed: Float[Tensor, "batch 2"]
    right: Float[Tensor, "batch controls"]

    @classmethod
    def of(cls, missed: Float[Tensor, "batch 2"], profile: Profile) -> "KnownWhite | None":
        """Return it for a profile; None for another program's, in which nobody knows what undoes it."""
        return None if profile.foreign else cls(missed, right_actions(missed, profile))

    def take(self, ids: Int[Tensor, " some"]) -> "KnownWhite":
        return KnownWhite(self.missed[ids], self.right[ids])


def picture_terms(
    images: Images,
    seen: Reference,
    scores: Scores,
    limits: dict[str, PerImage],
    actions: Float[Tensor, "batch parameters"],
    reference: Reference,
    weights: RewardWeights,
    profile: Profile = CORE,
    known: "KnownWhite | None" = None,
) -> Float[Tensor, "batch terms"]:
    """Return the weighted terms, in the order of `TERMS`; `seen` is measured on `images`, `limits` are the penalties of
    `render_with_penalties`, `known` is what is known of the right white point.

    Differentiable in images and actions, so that gradient ascent climbs the very sum that the agents are rewarded by.
    """
    loss, excess = chroma_change(seen, reference)
    of_actions = action_terms(actions, weights, profile, known)
    terms = {
        "quality": scores,
        "over_range": -weights.over_range * limits["over_range"],
        "gamut": -weights.gamut * limits["gamut"],
        "noise_gain": -weights.noise_gain * (seen.noise - reference.noise).clamp_min(0),
        "grain": -weights.grain * added_grain(seen, reference),
        "chroma_loss": -weights.chroma_loss * loss,
        "chroma_excess": -weights.chroma_excess * excess,
        "cast": -weights.cast * added_cast(seen.cast, reference.cast),
        "exposure": -weights.exposure * unusual_luma(images),
        **dict(zip(ACTION_TERMS, of_actions.unbind(1), strict=True)),
    }
    return torch.stack([terms[name] for name in TERMS], 1)


def action_terms(
    actions: Float[Tensor, "batch parameters"],
    weights: RewardWeights,
    profile: Profile = CORE,
    known: "KnownWhite | None" = None,
) -> Float[Tensor, "batch action_terms"]:
    """Return the weighted terms that depend on the actions alone, in the order of `ACTION_TERMS`."""
    resting, missed = (None, None) if known is None else (known.right, known.missed)
    off = dict(zip(profile.names, squared_distances(actions, profile, resting).unbind(1), strict=True))
    nothing = torch.zeros_like(actions[:, 0])
    temperature, tint, hue = (off.pop(name, nothing) for name in OWN_WEIGHT.values())
    others = torch.stack(list(off.values()), 1) if off else nothing[:, None]
    return torch.stack(
        [
            -weights.white * missed_white(actions, missed, profile),
            -weights.temperature * temperature,
            -weights.tint * tint,
            -weights.hue * hue,
            -weights.prior * (others.sum(1) / PRIOR_PARTS),
        ],
        1,
    )


def chroma_change(seen: Reference, default: Reference) -> tuple[PerImage, PerImage]:
    """Return the shares of the default's chroma that were lost and gained, beyond what is free.

    Gained is what both kinds of chroma gained: removing a strong cast uncovers colours about the own white, but brings none
    into the picture.
    """
    whole, plain_whole = (chroma.clamp_min(SMALLEST_CHROMA) for chroma in (default.chroma, default.plain_chroma))
    loss = KEPT_CHROMA * default.chroma - seen.chroma
    gain = (seen.chroma - ALLOWED_CHROMA * default.chroma) / whole
    plain_gain = (seen.plain_chroma - ALLOWED_CHROMA * default.plain_chroma) / plain_whole
    return loss.clamp_min(0) / whole, gain.minimum(plain_gain).clamp_min(0)


def added_grain(seen: Reference, default: Reference) -> PerImage:
    """Return by how many doublings noise exceeds the default's, as a share of each picture's own contrast.

    The eye tells noise by its ratio to the noise that was there, as it tells light: in a soft picture little is much. Light and
    contrast that grow with the noise in them hide it as before: raising an exposure adds no grain.
    """
    as_contrasty = seen.noise * default.contrast / seen.contrast
    return ((as_contrasty + UNSEEN_NOISE) / (default.noise + UNSEEN_NOISE)).log2().clamp_min(0)


def added_cast(cast: Float[Tensor, "batch 2"], default: Float[Tensor, "batch 2"]) -> PerImage:
    """Return how far a cast lies outside the disc whose diameter runs from neutral to the default's, beyond what is free.

    Keeping the cast and removing it both cost nothing, nor does any step between. A right white balance lies in that disc:
    where the own white is biased by b, as by a meadow, and the camera erred by an independent e, the default's cast is
    b + e and the right one b, on the rim whenever b and e are at right angles. Overdoing it, or adding a cast, leaves it.
    Free are CAST_TOLERANCE and TOLERATED_SHARE.
    """
    size = torch.linalg.vector_norm(default, dim=1)
    outside = torch.linalg.vector_norm(cast - default / 2, dim=1) - size / 2
    return (outside - (TOLERATED_SHARE * size).clamp_min(CAST_TOLERANCE)).clamp_min(0)


def missed_white(
    actions: Float[Tensor, "batch controls"], missed: Float[Tensor, "batch 2"] | None, profile: Profile = CORE
) -> PerImage:
    """Return how far neutrals are from neutral, about in ln(R/G), ln(B/G) and beyond CAST_TOLERANCE, where temperature and tint
    do not undo a white balance that was missed by so much; 0 where that is not known (None, NaN).

    It is known where the error was drawn (`missed_white_balance` of `contexts/variations.py`). An agent is never shown it, only
    the light that was taken for white: it learns from it what a missed white balance looks like. It is asked of the white point,
    not of the picture: a paler picture has less cast.
    """
    if missed is None or not {*WHITE_POINT} & {*profile.names}:
        return torch.zeros_like(actions[:, 0])
    params = IspParams.from_action(actions, profile)
    known = torch.isfinite(missed).all(1)
    off = torch.stack([params[name] for name in WHITE_POINT], 1) - missed.nan_to_num()
    off = off / off.new_tensor([MIRED_OF_TOLERANCE, DUV_OF_TOLERANCE])
    distance = CAST_TOLERANCE * (off.square().sum(1) + LEAST_SQUARE).sqrt()
    return torch.where(known, (distance - CAST_TOLERANCE).clamp_min(0), torch.zeros_like(distance))


def unusual_luma(images: Images) -> PerImage:
    """Return how far mean display luma lies outside USUAL_LUMA."""
    mean_luma = luma(images).mean((1, 2, 3))
    return (USUAL_LUMA[0] - mean_luma).clamp_min(0) + (mean_luma - USUAL_LUMA[1]).clamp_min(0)


def right_actions(missed: Float[Tensor, "batch 2"], profile: Profile = CORE) -> Float[Tensor, "batch controls"]:
    """Return the actions that undo a missed white balance, as far as their range goes, and nothing else; identity where it is
    not known."""
    known = torch.isfinite(missed).all(1)
    params = IspParams.default(len(missed), missed.device, profile)
    places = torch.tensor([params.names.index(name) for name in WHITE_POINT], device=missed.device)
    undone = torch.where(known[:, None], missed, params.values[:, places])
    return replace(params, values=params.values.index_copy(1, places, undone)).to_action(profile).clamp(-1, 1)


def squared_distances(
    actions: Float[Tensor, "batch controls"], profile: Profile, resting: Float[Tensor, "batch controls"] | None = None
) -> Float[Tensor, "batch controls"]:
    """Return each control's squared distance from `resting`, None: identity, in units of its usual spread."""
    spread = actions.new_tensor([control.spread for control in profile.controls])
    resting = IspParams.identity_action(profile).to(actions) if resting is None else resting
    return ((actions - resting) / spread).square()
