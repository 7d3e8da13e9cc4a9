"""Named tensor shapes: range and light are in the alias, so that no signature has to repeat them.

Axes of one name are equally long within one signature; `_name` is for the reader alone. At run time the names cost nothing:
`make shapes` runs quick tests with each call checked by jaxtyping and beartype (`tests/fixtures/shapes.py`).
"""

from jaxtyping import Float, Int
from torch import Tensor

Images = Float[Tensor, "batch 3 height width"]
"""Display-referred sRGB (IEC 61966-2-1 encoded), in [0, 1], NCHW."""

ResizedImages = Float[Tensor, "batch 3 new_height new_width"]
"""Images of another size than the `Images` beside them in a signature: reduced, cropped, padded."""

Crops = Float[Tensor, "crops 3 crop_height crop_width"]
"""Squares or windows of the `Images` beside them, of one size and in the order of the images; as many of each."""

Planes = Float[Tensor, "batch planes height width"]
"""Images or single channels of them, for what treats each plane by itself."""

LinearRgb = Float[Tensor, "batch 3 height width"]
"""Scene-linear RGB; 1.0 is the raw's clipping point unless said. The primaries are named by the variable."""

Mosaic = Float[Tensor, "batch 1 height width"]
"""A colour filter array's samples, black level 0 and white level 1."""

PerImage = Float[Tensor, " batch"]
"""One number for each image of the batch."""

Scores = Float[Tensor, " batch"]
"""Mean opinion score of about [0, 1], as the declared range maps it; not clipped: spoiled pictures may fall below 0.

Higher is better."""

AttributeScores = Float[Tensor, "batch attributes"]
"""One unbounded score per attribute: the five of `attributes.ATTRIBUTES` unless said; higher is better or more."""

Embeddings = Float[Tensor, "batch features"]
"""Pooled features of an encoder."""

Groups = Int[Tensor, " batch"]
"""Images are ranked against each other only within one group."""

Views = Float[Tensor, "images views features"]
"""Pooled features of several crops of each picture, for an encoder that stays as it is."""
