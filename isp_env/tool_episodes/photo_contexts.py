"""Pictures to start from, of photos with planted defects: the photo is the reference, the defect is known."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from attiqa_core.errors import InputError, UsageError
from attiqa_core.photos.decode import find_images
from attiqa_core.photos.images import Picture, crop_at, read_picture, resize_short_edge, to_images
from attiqa_core.tensors import Images
from isp_env.tool_episodes.contexts import ToolContexts
from isp_env.tools.defects import DEFECTS

PX = 96
DRAWS = 4
CLEAN_SHARE = 0.2
SEVERITIES = (0.3, 1.0)
WIDEST = 2.0  # short edges of the photo, as a multiple of the square that is cut from it, are drawn from 1 to this
NamedPicture = tuple[str, Picture]


def photo_contexts(
    photos: Iterable[NamedPicture],
    px: int = PX,
    draws: int = DRAWS,
    seed: int = 0,
    *,
    clean_share: float = CLEAN_SHARE,
    defects: Sequence[str] = tuple(DEFECTS),
    severities: tuple[float, float] = SEVERITIES,
) -> ToolContexts:
    """Return `draws` contexts of each photo, named "photo#0", "photo#1", ...: a square of px x px, clean or with one defect.

    The photo is made smaller, antialiased, to a short edge of px to twice px, as far as it has so many, cut at a drawn place and
    mirrored every second time; one with a shorter edge than px is enlarged. With the probability `clean_share` nothing is
    planted, else one of `defects` at a severity drawn from the range. Draws follow from seed, name and number alone: another
    photo beside it changes nothing, and which photos are on which side of a split is the caller's to say.
    Raises: UsageError for a share, severities, numbers or defects that are none; InputError for no photos.
    """
    _check(px, draws, clean_share, defects, severities)
    names, images, references, planted = [], [], [], []
    for name, photo in photos:
        for draw in range(draws):
            generator = np.random.default_rng([seed, _number_of(name), draw])
            reference = _square(photo, px, generator)
            defect = "" if generator.random() < clean_share else str(generator.choice(list(defects)))
            severity = torch.tensor([generator.uniform(*severities)], dtype=torch.float32)
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


def _check(px: int, draws: int, clean_share: float, defects: Sequence[str], severities: tuple[float, float]) -> None:
    if px < 16 or draws < 1:
        raise UsageError(f"px {px}, draws {draws}: give 16 px or more, and 1 draw or more")
    if not 0 <= clean_share <= 1:
        raise UsageError(f"clean_share {clean_share:g}: is a share, from 0 to 1")
    low, high = severities
    if not 0 <= low <= high <= 1:
        raise UsageError(f"severities {low:g} {high:g}: give a range, lowest first, within 0 to 1")
    for defect in defects:
        if defect not in DEFECTS:
            raise UsageError(f"defect {defect!r}: is not one of {', '.join(DEFECTS)}")
    if not defects and clean_share < 1:
        raise UsageError(f"no defects: name some of {', '.join(DEFECTS)}, or give clean_share=1")
