"""What is seen of raws under actions: the terms of their value, what judges say, and what rulers measure."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from agents.audit.picture_rulers import Rulers, rulers
from attiqa_core.judges.judge import Judge
from attiqa_core.tensor_files import part_of
from attiqa_core.tensors import PerImage
from isp_env.core import CHUNK, Actions, IspCore
from isp_env.rendering.appraisal import Appraisal
from isp_env.rendering.squares import Pictures, read_whole
from isp_env.reward import TERMS

Judges = Mapping[str, Judge]


@dataclass(frozen=True)
class Looked:
    """Of each raw: the terms of its value, each judge's score, and the rulers by name; all on the CPU."""

    terms: Float[Tensor, "raws terms"]
    judged: dict[str, PerImage]
    measured: Rulers

    @property
    def value(self) -> PerImage:
        """What rewards are changes of."""
        return self.terms.sum(1)

    @property
    def score(self) -> PerImage:
        return self.terms[:, TERMS.index("quality")]

    def to_tensors(self) -> dict[str, torch.Tensor]:
        """Return everything by name, for a file."""
        named = {"judged": self.judged, "measured": self.measured}
        parts = {f"{kind}.{name}": each for kind, own in named.items() for name, each in own.items()}
        return {"terms": self.terms, **parts}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor]) -> "Looked":
        """Return what `to_tensors` was made of."""
        return cls(tensors["terms"], part_of(tensors, "judged."), part_of(tensors, "measured."))

    @classmethod
    def concatenate(cls, parts: "list[Looked]") -> "Looked":
        first = parts[0]
        return cls(
            torch.cat([part.terms for part in parts]),
            {name: torch.cat([part.judged[name] for part in parts]) for name in first.judged},
            {name: torch.cat([part.measured[name] for part in parts]) for name in first.measured},
        )


@torch.no_grad()
def looked(core: IspCore, eyes: IspCore, actions: Actions, judges: Judges) -> Looked:
    """Return what is seen under absolute actions, one for each raw of the core.

    `eyes` hold the same raws with the native crops that the audit looks at: the core itself where its task has crops.
    A judge's score is the mean of what it says of the whole picture and of the crops, where there are any.
    """
    parts = []
    for ids in torch.arange(len(core), device=core.device).split(CHUNK):
        own = core.appraise(ids, actions[ids])
        seen = own if eyes is core else eyes.appraise(ids, actions[ids])
        judged = {name: _judged(judge, seen).cpu() for name, judge in judges.items()}
        measured = rulers(seen.images, seen.crops, eyes.task.crops)
        parts.append(Looked(own.terms.cpu(), judged, {name: each.cpu() for name, each in measured.items()}))
    return Looked.concatenate(parts)


def _judged(judge: Judge, seen: Appraisal) -> PerImage:
    whole = _score(judge, seen.images)
    if seen.crops is None:
        return whole
    return (whole + _score(judge, seen.crops).view(len(whole), -1).mean(1)) / 2


def _score(judge: Judge, pictures: Pictures) -> PerImage:
    return read_whole(judge, pictures)[0]
