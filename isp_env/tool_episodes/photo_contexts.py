"""Pictures to start from, of photos with planted defects: the photo is the reference, the defect is known."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from attiqa_core.errors import InputError
from attiqa_core.photos.images import Picture, crop_at, read_picture, resize_short_edge, to_images
from attiqa_core.photos.places import find_images
from attiqa_core.tensors import Images
from isp_env.tool_episodes.contexts import ToolContexts
from isp_env.tool_episodes.planting import Planting
from isp_env.tools.defects import DEFECTS

WIDEST = 2.0  # short edges of the photo, as a multiple of the square that is cut from it, are drawn from 1 to this
NamedPicture = tuple[str, Picture]


def photo_contexts(
    photos: Iterable[NamedPicture],
    planting: Planting = Planting(),  # noqa: B008  frozen
    seed: int = 0,
) -> ToolContexts:
    """Return the contexts of each photo, named "photo#0", "photo#1", ...: squares, clean or with one defect.

    The photo is made smaller, antialiased, to a short edge of px to twice px, as far as it has so many, cut at a drawn place and
    mirrored every second time; one with a shorter edge than px is enlarged. With the probability `clean_share` nothing is
    planted, else one of `defects` at a severity drawn from the range. Draws follow from seed, name and number alone: another
    photo beside it changes nothing, and which photos are on which side of a split is the caller's to say.
    Raises: UsageError for what cannot be planted; InputError for no photos.
    """
    planting.check()
    names, images, references, planted = [], [], [], []
    for name, photo in photos:
        for draw in range(planting.draws):
            generator = np.random.default_rng([seed, _number_of(name), draw])
            reference = _square(photo, planting.px, generator)
            clean = generator.random() < planting.clean_share
            defect = "" if clean else str(generator.choice(list(planting.defects)))
            severity = torch.tensor([generator.uniform(*planting.severities)], dtype=torch.float32)
            spoilt = DEFECTS[defect].plant(reference, severity, generator) if defect else reference
            names.append(f"{name}#{draw}")
            images.append(spoilt)
            references.append(reference)
            planted.append(defect)
    if not names:
        raise InputError("no photos: give one or more")
    return ToolContexts(tuple(names), torch.cat(images), torch.cat(references), tuple(planted))


def read_photos(paths: Sequence[Path | str], failures: list[str]) -> Iterator[NamedPicture]:
    """Return the readable photos among files and folders, by name, each read when it is asked for; for every other a sentence
    goes to `failures`.

    A photo is called by its file's name without the suffix; where two are called so, by their whole paths.
    Raises: InputError if a path is missing or holds no images.
    """
    found = find_images(paths)
    times = Counter(path.stem for path in found)
    for path in found:
        try:
            picture = read_picture(path)
        except InputError as error:
            failures.append(str(error))
            continue
        yield path.stem if times[path.stem] == 1 else str(path), picture


def _square(photo: Picture, px: int, generator: np.random.Generator) -> Images:
    """A square of the photo, in whole code values."""
    share, down, right, mirror = generator.random(4)
    short_edge = round(px * (1 + share * (WIDEST - 1)))
    resized = resize_short_edge(photo, max(px, min(short_edge, *photo.shape[1:])))
    return to_images(crop_at(resized, px, down, right, mirror))[None].contiguous()


def _number_of(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
