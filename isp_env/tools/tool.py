"""A tool: one operation with fixed settings that an agent may choose, on batches of finished pictures."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import Images, PerImage
from isp_env.tools.strips import Operation, in_strips

Amounts = Float[Tensor, "batch 1 1 1"]
"""A strength for each image, shaped to multiply pixels."""


@dataclass(frozen=True)
class Tool:
    """An operation on display sRGB in [0, 1] that gives display sRGB in [0, 1], for each image alone.

    It changes neither its input nor size, dtype or device, and does to a batch what it does to each image of it.
    """

    name: str
    """Its own: "brightness+0.15", "box-3"."""
    kind: str
    """What it does, for several tools alike: "brightness", "blur"."""
    apply: Operation
    """`apply(images, strength)`; strength is in [0, 1] for each image, None stands for 1, and 0 changes nothing."""
    sha256: str = ""
    """Of the weights of a tool that was learned."""
    reach_px: int | None = None
    """How far a pixel of the result looks up and down, beyond what `TwoPasses` measure: by it large pictures are cut into strips.
    None: it needs the whole picture at once."""

    def __call__(self, images: Images, strength: PerImage | None = None) -> Images:
        """Return new images with the tool applied at this strength; large ones in strips, which is the same (`in_strips`)."""
        return in_strips(self.apply, self.reach_px, images, strength)


def amounts(images: Images, strength: PerImage | None) -> Amounts:
    """Return the strengths in the images' dtype, shaped to multiply pixels; None is 1 for every image."""
    if strength is None:
        return images.new_ones((images.shape[0], 1, 1, 1))
    return strength.to(images)[:, None, None, None]
