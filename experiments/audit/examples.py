"""The pictures of an audit: the camera default, the constant, the policy and the attack, of the best, median and worst raw."""

from dataclasses import dataclass

import torch

from agents.audit.constant import fixed
from agents.audit.examination import Examination
from agents.audit.nearness import POLICY, distances
from agents.audit.subject import Subject
from agents.audit.temptation import Temptation
from attiqa_core.tensors import PerImage
from experiments.pictures.encoders import encode_jpeg
from isp_env.core import Actions
from isp_env.reward import TERMS
from isp_env.stages.output import quantise

QUALITY = 88


@dataclass(frozen=True)
class Shown:
    """One picture: what it is of, its score, and the whole and its most detailed native crop as JPEG, None without crops."""

    of: str
    score: float
    whole: bytes
    crop: bytes | None


@dataclass(frozen=True)
class Example:
    """One raw: "best", "median" or "worst", its name, what the policy gains on it, and its pictures."""

    place: str
    raw: str
    gain: float
    shown: tuple[Shown, ...]


@torch.no_grad()
def examples(examination: Examination) -> list[Example]:
    """Return the raws of the best, the median and the worst gain among those that were examined: gain in score, or of who
    imitates, by how much it is nearer to the example than the camera default (Delta E)."""
    subject, imitates = examination.subject, examination.asked == "examples"
    ids = subject.examined
    gains = _nearer(subject)[ids] if imitates else (subject.tuned.score - subject.default.score)[ids]
    order = gains.argsort(descending=True).tolist()
    places = {"best": order[0], "median": order[len(order) // 2], "worst": order[-1]}
    actions = _actions(subject, None if imitates else examination.temptation)
    return [
        Example(
            place,
            subject.core.names[int(ids[row])],
            float(gains[row]),
            tuple(_shown(subject, int(ids[row]), of, each[row]) for of, each in actions.items()),
        )
        for place, row in places.items()
        if len(order) > 2 or place != "median"
    ]


def _nearer(subject: Subject) -> PerImage:
    """By how much each raw's picture is nearer to its example than the camera default's; 0 without examples."""
    if subject.examples is None or len(set(subject.scenes)) < 2:
        return torch.zeros(len(subject.core))
    off = distances(subject)
    return off["the camera default"] - off[POLICY]


def _actions(subject: Subject, temptation: Temptation | None) -> dict[str, Actions]:
    """What each column shows, of the raws that were examined."""
    core, known, ids = subject.core, subject.policy.policy, subject.examined
    found = {"camera default": core.identity.expand(len(ids), -1)}
    if known.actor is not None:
        found["its constant"] = fixed(known.base, subject, "constant")[ids]
    found["policy"] = subject.actions[ids]
    if temptation is not None:
        found["attacked from there"] = temptation.further_actions
    if subject.examples is not None:
        found["the example"] = subject.examples[ids]
    return found


def _shown(subject: Subject, index: int, of: str, action: torch.Tensor) -> Shown:
    core = subject.eyes
    seen = core.appraise(torch.tensor([index], device=core.device), action[None].to(core.device))
    crop = None if seen.crops is None else _jpeg(seen.crops[0])
    return Shown(of, float(seen.terms[0, TERMS.index("quality")]), _jpeg(seen.images[0]), crop)


def _jpeg(picture: torch.Tensor) -> bytes:
    return encode_jpeg(quantise(picture.clamp(0, 1).cpu().numpy(), 8), quality=QUALITY)
