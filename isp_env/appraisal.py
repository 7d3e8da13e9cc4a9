"""Pictures of raws under parameters, and what is said of them: rendered, read by the judge, weighed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.judges.judge import Judge
from attiqa_core.tensors import AttributeScores, Images, PerImage, Scores
from isp_env.frame_groups import Rows, in_order, order_of
from isp_env.params import IspParams
from isp_env.pipeline import clarity_base, scene_map
from isp_env.reference import Reference
from isp_env.squares import Pictures, read_whole

Render = Callable[..., tuple[Images, dict[str, PerImage]]]


@dataclass(frozen=True)
class Appraisal:
    """Renders of some raws and their crops, what of them is measured, what the scorer says of them together, and the terms
    of their value."""

    images: Pictures
    crops: Images | None
    seen: Reference
    scores: Scores
    attributes: AttributeScores
    terms: Float[Tensor, "batch terms"]

    @property
    def values(self) -> PerImage:
        """The sum of the terms: what rewards are changes of, and what search and gradient ascent climb."""
        return self.terms.sum(1)

    @classmethod
    def in_order(cls, rows: Sequence[Rows], parts: "Sequence[Appraisal]") -> "Appraisal":
        """Return the appraisals of a batch's groups as one, in the order of the batch."""
        if len(parts) == 1:
            return parts[0]
        crops = [part.crops for part in parts if part.crops is not None]
        order = torch.tensor(order_of(rows), device=parts[0].scores.device)
        return cls(
            pictures_in_order(rows, [part.images for part in parts]),
            in_order(rows, crops) if crops else None,
            Reference.concatenate([part.seen for part in parts]).take(order),
            *(in_order(rows, [getattr(part, name) for part in parts]) for name in ("scores", "attributes", "terms")),
        )


def pictures_in_order(rows: Sequence[Rows], parts: Sequence[Pictures]) -> Pictures:
    """Return the groups' pictures in the order of the batch."""
    if len(parts) == 1:
        return parts[0]
    pictures = [picture for part in parts for picture in part]
    return [pictures[index] for index in order_of(rows)]


def pictures_of(rows: Rows, params: IspParams, render: Render) -> tuple[Images, Images | None, dict[str, PerImage]]:
    """Return renders of a group's rows, of their crops, and the penalties of `render_with_penalties`; what is global in a crop
    is its proxy's."""
    frames, crops = rows.group.frames.take(rows.places), rows.group.crops
    if crops is None:
        images, limits = render(frames, params)
        return images, None, limits
    base = clarity_base(frames, params, scene_map(frames, params, "camera"))
    images, limits = render(frames, params, base=base)
    return images, crops.render(rows.places, params, base), limits


def read(judge: Judge, images: Images, crops: Images | None, share: float) -> tuple[Scores, AttributeScores]:
    """Return MOS and attributes of whole and crops together: crops have `share` of both."""
    scores, attributes = read_whole(judge, images)
    if crops is None:
        return scores, attributes
    of_crops, attributes_of_crops = (each.unflatten(0, (len(images), -1)).mean(1) for each in judge.read(crops))
    return torch.lerp(scores, of_crops, share), torch.lerp(attributes, attributes_of_crops, share)
