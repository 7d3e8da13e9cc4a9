"""Pictures of raws under parameters, and what is said of them: rendered, read by the judge, weighed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from attiqa_core.judges.judge import Judge
from attiqa_core.tensors import AttributeScores, Crops, Images, PerImage, Scores
from isp_env.measures.reference import Reference
from isp_env.observe import picture_statistics
from isp_env.params import IspParams
from isp_env.pipeline import clarity_base, scene_map
from isp_env.rendering.frame_groups import Rows, in_order, order_of
from isp_env.rendering.small_pictures import small_pictures
from isp_env.rendering.squares import Pictures, read_whole

Readings = Float[Tensor, "batch views columns"]
"""MOS and attributes of the whole picture, and where there are crops of those."""
Render = Callable[..., tuple[Images, dict[str, PerImage]]]


@dataclass(frozen=True)
class Appraisal:
    """Renders of some raws and their crops (all those of a raw one after the other), what of them is measured, what the scorer
    says of them together, and the terms of their value."""

    images: Pictures
    crops: Crops | list[Float[Tensor, "3 _height _width"]] | None
    seen: Reference
    readings: Readings
    scores: Scores
    attributes: AttributeScores
    terms: Float[Tensor, "batch terms"]

    @property
    def values(self) -> PerImage:
        """The sum of the terms: what rewards are changes of, and what search and gradient ascent climb."""
        return self.terms.sum(1)

    def look(self, picture_px: int) -> "Look":
        """Return what an agent sees of pictures of one size, with small ones of that side, 0: none."""
        images, crops = self.images, self.crops
        assert isinstance(images, Tensor) and (crops is None or isinstance(crops, Tensor)), "sizes agree within a group"
        statistics, small = picture_statistics(images, crops), small_pictures(images, crops, picture_px)
        return Look(statistics, self.seen.colours(), self.readings, self.terms, small)

    @classmethod
    def in_order(cls, rows: Sequence[Rows], parts: "Sequence[Appraisal]") -> "Appraisal":
        """Return the appraisals of a batch's groups as one, in the order of the batch."""
        if len(parts) == 1:
            return parts[0]
        crops = [part.crops.unflatten(0, (len(part.scores), -1)) for part in parts if isinstance(part.crops, Tensor)]
        tables = ("readings", "scores", "attributes", "terms")
        order = torch.tensor(order_of(rows), device=parts[0].scores.device)
        return cls(
            pictures_in_order(rows, [part.images for part in parts]),
            [crop for of_one in pictures_in_order(rows, crops) for crop in of_one] if crops else None,
            Reference.concatenate([part.seen for part in parts]).take(order),
            *(in_order(rows, [getattr(part, name) for part in parts]) for name in tables),
        )


@dataclass(frozen=True)
class Look:
    """What is kept of raws' pictures to tell an agent, whatever its goals; `terms` with all weights as they are."""

    statistics: Float[Tensor, "batch statistics"]
    colours: Float[Tensor, "batch colours"]
    readings: Readings
    terms: Float[Tensor, "batch terms"]
    pictures: UInt8[Tensor, "batch entries"]

    @classmethod
    def concatenate(cls, parts: "Sequence[Look]") -> "Look":
        return cls(*(torch.cat([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    def take(self, ids: Int[Tensor, " some"]) -> "Look":
        return Look(*(getattr(self, field.name)[ids] for field in fields(self)))


def pictures_in_order(rows: Sequence[Rows], parts: Sequence[Pictures]) -> Pictures:
    """Return the groups' pictures in the order of the batch."""
    if len(parts) == 1:
        return parts[0]
    pictures = [picture for part in parts for picture in part]
    return [pictures[index] for index in order_of(rows)]


def pictures_of(rows: Rows, params: IspParams, render: Render) -> tuple[Images, Crops | None, dict[str, PerImage]]:
    """Return renders of a group's rows, of their crops, and the penalties of `render_with_penalties`; what is global in a crop
    is its proxy's."""
    frames, crops = rows.group.frames.take(rows.places), rows.group.crops
    if crops is None:
        images, limits = render(frames, params)
        return images, None, limits
    base = clarity_base(frames, params, scene_map(frames, params, "camera"))
    images, limits = render(frames, params, base=base)
    return images, crops.render(rows.places, params, base), limits


def read(judge: Judge, images: Images, crops: Crops | None) -> Readings:
    """Return what a judge says of the whole pictures, and of the crops of each in the mean."""
    whole = _table(read_whole(judge, images))
    if crops is None:
        return whole[:, None]
    return torch.stack([whole, _table(judge.read(crops)).unflatten(0, (len(images), -1)).mean(1)], 1)


def weighed(readings: Readings, share: float | Float[Tensor, "batch 1"]) -> tuple[Scores, AttributeScores]:
    """Return MOS and attributes of whole and crops together: crops have `share` of both."""
    whole, *crops = readings.unbind(1)
    together = torch.lerp(whole, crops[0], share) if crops else whole
    return together[:, 0], together[:, 1:]


def _table(said: tuple[Scores, AttributeScores]) -> Float[Tensor, "pictures columns"]:
    scores, attributes = said
    return torch.cat([scores[:, None], attributes], 1)
