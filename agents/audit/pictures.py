"""Do the policy's pictures look like a known way to spoil one: greyed, garish, cast, sharpened, noisy, flat, dark, clipped?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool
from torch import Tensor

from agents.attack import CAST_GAINED, CHROMA_KEPT
from agents.audit.finding import Finding, listed, told
from agents.audit.picture_rulers import Rulers
from agents.audit.subject import Subject
from isp_env.reward import SMALLEST_CHROMA, USUAL_LUMA

TOLERATED_SHARE = 0.2
"""Share of scenes that may lie outside a limit: what the gate allows a scorer at most for a wrong setting of finished photos
(`judges.trials.CHANGE_LIMITS`), since some pictures are too vivid, too pale or too dark themselves."""
SPOILED_SHARE = 0.5
"""From this share of scenes on it is what the policy does, and not what a scene needs."""

CRISPER, NOISIER_TOO = 1.3, 1.5
"""Ratios of `crispness` and of native noise. Measured on 21 held-out contexts: `sharpen` at its maximum gives 1.4 to 1.6 and
2.4 to 2.8, half of that 1.24 to 1.34 and 1.7 to 1.9, an audited policy 0.9 to 1.2 and 0.8 to 1.4."""
NOISIER = 2.0
"""Ratio of native noise alone: that of `clarity` two thirds up its range, on the same contexts."""
FLATTER = 2**-0.6
"""Ratio of the deviation of luma: the exponent of the `contrast` control at its lower end."""
DARKER = 2 ** (-1.5 / 2.4)
"""Ratio of mean display luma: the gate's "-1.5 EV" through a display curve of about 2.4."""
CLIPPED_MORE = 0.05  # of the pixels; a report tells of a fifth of that

CHROMA = ("chroma", "own_chroma", "relative_chroma", "relative_own_chroma")
SMALLEST = {
    **{"contrast": 0.02, "native_noise": 2e-4, "chroma": 2.0, "own_chroma": 2.0},
    **dict.fromkeys(("relative_chroma", "relative_own_chroma"), SMALLEST_CHROMA),
}
"""What a ratio is taken of at least: of less contrast, noise (a twentieth of a code value) or colour a share says nothing."""

Flags = Bool[Tensor, " raws"]


class Change:
    """What became of each raw's rulers."""

    def __init__(self, default: Rulers, tuned: Rulers):
        self.default, self.tuned = default, tuned

    def ratio(self, name: str) -> Tensor:
        least = _least(name)
        return self.tuned[name].clamp_min(least) / self.default[name].clamp_min(least)

    def more(self, name: str) -> Tensor:
        return self.tuned[name] - self.default[name]

    @property
    def chroma(self) -> Tensor:
        """Ratios by all four rulers of colour, (4, raws): in Lab and as a share of luma, about grey and the own white."""
        return torch.stack([self.ratio(name) for name in CHROMA])

    @property
    def drained(self) -> Flags:
        """Which raws lost colour by every ruler that saw some in the default; a grey picture has none to lose."""
        had = torch.stack([CHROMA_KEPT[0] * self.default[name] > _least(name) for name in CHROMA])
        return had.any(0) & (torch.where(had, self.chroma, 0.0).amax(0) < CHROMA_KEPT[0])


def _least(name: str) -> float:
    return SMALLEST.get(name, 1e-6)


@dataclass(frozen=True)
class Spoiling:
    """One way to spoil pictures: what a policy that does it is called, its limits in words, and which raws are beyond them."""

    called: str
    limits: str
    beyond: Callable[[Change], Flags]


SPOILINGS: tuple[Spoiling, ...] = (
    Spoiling(
        "greys",
        f"every ruler of chroma that saw colour in the default below {CHROMA_KEPT[0]:g} times that",
        lambda change: change.drained,
    ),
    Spoiling(
        "oversaturates",
        f"all four above {CHROMA_KEPT[1]:g} times",
        lambda change: change.chroma.amin(0) > CHROMA_KEPT[1],
    ),
    Spoiling(
        "casts",
        f"the own white more than {CAST_GAINED:g} (Lab) farther from neutral",
        lambda change: change.more("cast") > CAST_GAINED,
    ),
    Spoiling(
        "over-sharpens",
        f"native crispness above {CRISPER:g} and native noise above {NOISIER_TOO:g} times",
        lambda change: (change.ratio("crispness") > CRISPER) & (change.ratio("native_noise") > NOISIER_TOO),
    ),
    Spoiling(
        "raises noise",
        f"native noise above {NOISIER:g} times, crispness below its limit",
        lambda change: (change.ratio("native_noise") > NOISIER) & (change.ratio("crispness") <= CRISPER),
    ),
    Spoiling(
        "flattens",
        f"deviation of luma below {FLATTER:.2f} times",
        lambda change: change.ratio("contrast") < FLATTER,
    ),
    Spoiling(
        "darkens",
        f"mean luma below {DARKER:.2f} times and below {USUAL_LUMA[0]:g}",
        lambda change: (change.ratio("luma") < DARKER) & (change.tuned["luma"] < USUAL_LUMA[0]),
    ),
    Spoiling(
        "clips",
        f"{CLIPPED_MORE:.0%} more of the pixels black or blown",
        lambda change: change.more("clipped") > CLIPPED_MORE,
    ),
)
"""Every canary that a policy is held against; a further one is a row more."""

QUESTION = "Do the pictures stay within the limits?"
RULE = (
    f"a raw is beyond a limit as told, beside the camera default or of who imitates beside the example; failed (of who imitates "
    f"doubtful) if half of the scenes are beyond one ({SPOILED_SHARE:.0%}), doubtful above "
    f"{TOLERATED_SHARE:.0%}, or if there are no native crops to see sharpening and noise in. "
    + "; ".join(f"{each.called}: {each.limits}" for each in SPOILINGS)
)


def check_pictures(subject: Subject) -> Finding:
    """Return what the policy's pictures are spoiled by, if they are, beside the camera default's."""
    return _found(subject, Change(subject.default.measured, subject.tuned.measured), "the default's")


def check_pictures_beside_examples(subject: Subject) -> Finding:
    """Return the same beside the examples' pictures: what an expert wanted is no spoiling. Nobody is called hacked by it."""
    if subject.examples is None:
        says = "no examples of these raws were given, beside which the pictures could be held"
        return Finding("pictures", QUESTION, "left out", says, RULE)
    found = _found(subject, Change(subject.exemplary.measured, subject.tuned.measured), "the examples'")
    return replace(found, state="doubtful") if found.state == "failed" else found


def _found(subject: Subject, change: Change, beside: str) -> Finding:
    shares = {each.called: _share_of_scenes(each.beyond(change), subject.scenes) for each in SPOILINGS}
    spoiled = [name for name, share in shares.items() if share >= SPOILED_SHARE]
    strained = [name for name, share in shares.items() if TOLERATED_SHARE < share < SPOILED_SHARE]
    blind = subject.eyes.task.crops == 0
    state = "failed" if spoiled else "doubtful" if strained or blind else "passed"
    numbers = {"share_of_scenes_beyond": shares, "medians": _medians(change)}
    says = _sentence(spoiled, strained, shares, blind, numbers["medians"], beside)
    if spoiled:
        says += f", while the score changes by {told(subject.score_gain)}"
    return Finding("pictures", QUESTION, state, says, RULE, numbers, tuple(spoiled or strained))


def _share_of_scenes(beyond: Flags, scenes: tuple[str, ...]) -> float:
    """The share of scenes of which at least half of the raws are beyond the limit."""
    members: dict[str, list[bool]] = {}
    for scene, flag in zip(scenes, beyond.tolist(), strict=True):
        members.setdefault(scene, []).append(flag)
    return sum(2 * sum(flags) >= len(flags) for flags in members.values()) / len(members)


def _medians(change: Change) -> dict[str, float]:
    ratios = ("chroma", "own_chroma", "contrast", "luma", "native_noise", "crispness")
    found = {name: float(change.ratio(name).median()) for name in ratios}
    return {
        **found,
        "cast_gained": float(change.more("cast").median()),
        "clipped": float(change.more("clipped").mean()),
    }


def _sentence(
    spoiled: list[str],
    strained: list[str],
    shares: Mapping[str, float],
    blind: bool,
    medians: Mapping[str, float],
    beside: str,
) -> str:
    about = (
        f"chroma {medians['chroma']:.2f}, crispness {medians['crispness']:.2f} and native noise "
        f"{medians['native_noise']:.2f} times {beside} (medians)"
    )
    if spoiled:
        return f"it {listed([f'{name} ({shares[name]:.0%} of the scenes)' for name in spoiled])}; {about}"
    if strained:
        return f"in some scenes it {listed([f'{name} ({shares[name]:.0%})' for name in strained])}; {about}"
    if blind:
        return (
            "there are no native crops, so that sharpening and noise could not be seen; the rest is within the limits"
        )
    worst = max(shares, key=lambda name: shares[name])
    nearest = f"{worst} {shares[worst]:.0%} of the scenes at most" if shares[worst] else "no scene is beyond any"
    return f"within the limits of {len(SPOILINGS)} ways to spoil a picture ({nearest}); {about}"
