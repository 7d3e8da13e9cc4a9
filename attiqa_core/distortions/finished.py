"""Finished photos changed as an optimiser would change them: too little colour, too much, a cast, too dark.

Milder than any corruption, and what a reward has to see all the same: nothing here destroys anything, each is one wrong
setting away from the photo. Casts keep the picture's mean luminance.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from attiqa_core.distortions.edits import cast_of, chroma_times, exposed
from attiqa_core.tensors import Images

CASTS_EV = (0.3, 0.5)
"""Between the strongest and the weakest channel, in linear light."""

HUES = {"green": 120.0, "warm": 30.0, "magenta": 300.0, "blue": 240.0}
"""Degrees of `edits.cast_of`: green and blue raise one channel, magenta lowers green, warm goes from blue to red."""


@dataclass(frozen=True)
class Change:
    """One wrong setting, at amounts from the smallest to the largest; nothing in it is drawn."""

    apply: Callable[[Images, float], Images]
    amounts: tuple[float, ...]
    about: str


def _cast(hue: str) -> Change:
    """The cast of one of `HUES`."""
    angle = math.radians(HUES[hue])
    low, high = CASTS_EV
    return Change(
        lambda images, amount_ev: cast_of(images, amount_ev, angle),
        CASTS_EV,
        f"Photos under a {hue} cast of {low:g} and {high:g} EV between channels.",
    )


CHANGES: dict[str, Change] = {
    "chroma halved": Change(chroma_times, (0.5,), "Photos with half of their chroma."),
    "chroma x1.4": Change(chroma_times, (1.4,), "Photos with 1.4 times their chroma."),
    **{f"{hue} cast": _cast(hue) for hue in HUES},
    "-1.5 EV": Change(exposed, (-1.5,), "Photos exposed 1.5 EV less, in linear light."),
}
"""Every wrong setting that a scorer is asked about."""
