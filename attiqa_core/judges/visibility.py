"""Whether a version of a photo can be told from it: nobody has to score lower what looks the same.

A grey photo has no chroma to halve, and a red door turns no redder under warm light. A scorer that gives such a version
the photo's own score is right, so the gate does not ask about it.
"""

from attiqa_core.evaluation.colour_difference import delta_e_2000
from attiqa_core.tensors import Images

JUST_NOTICEABLE = 1.0
"""Mean CIEDE2000 below which a version is not asked about.

1 is about what one can just see of two patches that touch (Mokrzycki and Tatol 2011); of whole pictures, one after the
other, people notice about 2 (Stokes, Fairchild and Berns 1992: 2.2 in CIE 1976). The smaller one excuses a scorer least.
"""

STRIDE = 2
"""Every second pixel of every second row is measured: a fifth of the time, and the same mean to a hundredth of itself."""


def visible_change(photo: Images, version: Images) -> float:
    """Return mean CIEDE2000 of a version against its photo, both (1, 3, height, width).

    It says how far colours moved and nothing of detail: a dim photo far out of focus moves by 0.7, and everybody sees it.
    """
    sampled = (each[..., ::STRIDE, ::STRIDE] for each in (version, photo))
    return float(delta_e_2000(*sampled).mean())


def can_be_told(photo: Images, version: Images) -> bool:
    """Return whether a version whose colours were set otherwise differs from its photo visibly."""
    return visible_change(photo, version) >= JUST_NOTICEABLE
