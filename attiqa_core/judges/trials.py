"""What the gate does to a photo: every corruption at rising strengths, and the wrong settings of finished photos."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from attiqa_core.distortions.corruptions import SPOILS, Spoil
from attiqa_core.distortions.finished import CHANGES, Change
from attiqa_core.photos.images import Picture, resize_short_edge, to_images
from attiqa_core.tensors import Images

GATE_PX = 500
"""Shorter edge that photos are brought to before they are changed, so that strengths mean the same for all."""

STRENGTHS = (0.25, 0.5, 0.75, 1.0)
"""Of a corruption, from weak to strong."""

LIMIT = 0.05
"""Largest share of corrupted versions that may score as high as their photo: a photo that is poor itself may gain.

A picture of nothing may never, if training showed its kind.
"""

CHANGE_LIMITS = {
    "chroma halved": 0.2,
    "chroma x1.4": 0.2,
    "green cast": 0.1,
    "warm cast": 0.1,
    "magenta cast": 0.3,
    "blue cast": 0.3,
    "-1.5 EV": 0.05,
}
"""The same for finished photos. More where a photo may be too pale, too vivid or too yellow itself, and gains."""

COLOURS_ALONE = ("oversaturated", "underexposed", "overexposed", "colour cast")
"""Corruptions that set colours and light and touch no detail, as every wrong setting of a finished photo does.

These alone can leave a photo looking as it was, one without colours or without light; detail that is lost is seen.
"""

Versions = Callable[[Images, torch.Generator], Iterator[Images]]


@dataclass(frozen=True)
class Trial:
    """One thing done to photos that must cost score: its versions, and the share of them that may reach their photo.

    `graded`: each version is worse than the one before. `origin` is where training stands to it. `colours_alone`: detail
    is kept, so a version that cannot be told from its photo by its colours cannot be told at all.
    """

    versions: Versions
    limit: float
    graded: bool
    origin: str
    about: str
    colours_alone: bool


def _of_spoil(name: str, spoil: Spoil) -> Trial:
    """A corruption. What is drawn is the same at all strengths, but for pictures of nothing, which have no order."""

    def versions(images: Images, generator: torch.Generator) -> Iterator[Images]:
        state = generator.get_state()
        for strength in STRENGTHS:
            if spoil.keeps_content:
                generator.set_state(state)
            yield spoil.apply(images, strength, generator)

    about = (spoil.apply.__doc__ or "").splitlines()[0]
    origin = "held out" if spoil.held_out else "trained on"
    limit = LIMIT if spoil.keeps_content or spoil.held_out else 0.0
    return Trial(versions, limit, spoil.keeps_content, origin, about, name in COLOURS_ALONE)


def _of_change(name: str, change: Change) -> Trial:
    """A wrong setting of a finished photo."""

    def versions(images: Images, generator: torch.Generator) -> Iterator[Images]:
        return (change.apply(images, amount) for amount in change.amounts)

    return Trial(versions, CHANGE_LIMITS[name], len(change.amounts) > 1, "finished photo", change.about, True)


TRIALS: dict[str, Trial] = {
    **{name: _of_spoil(name, spoil) for name, spoil in SPOILS.items()},
    **{name: _of_change(name, change) for name, change in CHANGES.items()},
}
"""All that decides, in the order of the report."""


def shown(photo: Picture) -> Images:
    """Return the photo as the gate shows it, (1, 3, height, width)."""
    return resize_short_edge(to_images(photo[None]), GATE_PX)


def versions(name: str, photo: Images, index: int, seed: int) -> Iterator[Images]:
    """Return what a trial makes of the photo that is number `index`; what is drawn depends on these and the seed alone."""
    drawn = np.random.SeedSequence([seed, index, list(TRIALS).index(name)]).generate_state(1)
    return TRIALS[name].versions(photo, torch.Generator().manual_seed(int(drawn[0])))
