"""What episodes start from: pictures of one size, and what is known of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.tensors import Images
from isp_env.tool_episodes.planting import SMALLEST_PX


@dataclass(frozen=True)
class ToolContexts:
    """Pictures to start from, all of one size: display sRGB in [0, 1]; the picture without the defect of each, where there is
    one, and the name of the defect that was planted, "" for none. Names are unique."""

    names: tuple[str, ...]
    images: Images
    references: Float[Tensor, "_batch 3 _height _width"] | None  # as many and as large as `images`: said below
    planted: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raises: InputError for no pictures, small ones, two of one name, or another number of something."""
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "planted", tuple(self.planted))
        if not self.names:
            raise InputError("no pictures: an environment needs at least one")
        counts = {"pictures": len(self.images), "names of defects": len(self.planted)}
        if self.references is not None:
            counts["references"] = len(self.references)
        for what, count in counts.items():
            if count != len(self.names):
                raise InputError(f"{len(self.names)} names and {count} {what}: give one for each")
        if self.references is not None and self.references.shape != self.images.shape:
            sizes = [tuple(each.shape[2:]) for each in (self.images, self.references)]
            raise InputError(f"pictures of {sizes[0]} and references of {sizes[1]} px: give both in one size")
        if min(self.images.shape[2:]) < SMALLEST_PX:
            raise InputError(f"pictures of {tuple(self.images.shape[2:])} px: give {SMALLEST_PX} px or more")
        name, times = Counter(self.names).most_common(1)[0]
        if times > 1:
            raise InputError(f"{name}: {times} pictures are called so; give each a name of its own")

    def __len__(self) -> int:
        return len(self.names)

    def take(self, places: Sequence[int]) -> "ToolContexts":
        """Return some of the contexts."""
        where = torch.tensor(list(places), dtype=torch.long, device=self.images.device)
        references = None if self.references is None else self.references[where]
        names, planted = ([column[place] for place in places] for column in (self.names, self.planted))
        return ToolContexts(tuple(names), self.images[where], references, tuple(planted))

    def to(self, device: torch.device) -> "ToolContexts":
        """Return the contexts on a device."""
        references = None if self.references is None else self.references.to(device)
        return ToolContexts(self.names, self.images.to(device), references, self.planted)
