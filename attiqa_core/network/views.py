"""How a network looks at pictures: resized as its preprocessing says, then one crop or five."""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.network.architecture import Preprocessing
from attiqa_core.photos.images import centre_crop, five_crops, resize_short_edge
from attiqa_core.tensors import Images


def crops_of(images: Images, preprocessing: Preprocessing, count: int = 1) -> Float[Tensor, "crops 3 crop crop"]:
    """Return the centre crop of each image, or of 5 all first crops, then all second ones and so on: (count * batch, 3, crop, crop)."""
    edge, crop = preprocessing.at(min(images.shape[-2:]))
    resized = resize_short_edge(images, edge)
    return centre_crop(resized, crop) if count == 1 else torch.cat(five_crops(resized, crop))
