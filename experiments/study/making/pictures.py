"""The pictures of a study's scenes, encoded into the spool: those that count, gold and training; one is decoded at a time."""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from attiqa_core.errors import InputError
from attiqa_core.files.whole import sha256
from experiments.pictures.encoders import encode_jpeg
from experiments.study.design.checks import GOOD, SPOILED
from experiments.study.making.alike import picture_of_size, shared_size, size_class
from experiments.study.making.spoiling import Spoiled, plainly_spoiled
from experiments.study.making.spool import Piece, Spool

SceneKind = Literal["main", "gold", "training"]


@dataclass(frozen=True)
class Encoded:
    """A scene in all its versions, by arm: where they lie in the spool, what each is padded to, and what they were made of."""

    kind: SceneKind
    width: int
    height: int
    pieces: Mapping[str, Piece]
    padded_bytes: int
    sources: Mapping[str, str]
    sha256: Mapping[str, str]


def encode_scene(files: Mapping[str, Path], spool: Spool, long_edge: int, kind: SceneKind = "main") -> Encoded:
    """Return a scene of pictures as they are, `files` by arm.

    Raises: InputError if one cannot be read, their shapes differ, or two are the same picture: the whole scene is left out then,
    so that every two arms are compared on the same scenes.
    """
    size = shared_size(files, long_edge)
    contents: dict[str, bytes] = {}
    seen: dict[bytes, Path] = {}
    for arm, path in files.items():
        rgb = picture_of_size(path, size)
        if (twin := seen.setdefault(hashlib.sha256(rgb.tobytes()).digest(), path)) != path:
            raise InputError(f"{twin} and {path}: are the same picture; a rater cannot choose between them")
        contents[arm] = encode_jpeg(rgb)
    pieces = {arm: spool.add(content) for arm, content in contents.items()}
    sources = {arm: str(path) for arm, path in files.items()}
    hashes = {arm: sha256(path) for arm, path in files.items()}
    return Encoded(kind, *size, pieces, size_class(max(map(len, contents.values()))), sources, hashes)


def encode_gold(
    path: Path, size: tuple[int, int], spool: Spool, sizes: Collection[int], axis: int, seed: int
) -> Encoded:
    """Return a gold scene of one picture: itself and a version that anyone sees is spoiled, on the axis of that number if it can be.

    `sizes` are what main scenes are padded to, in bytes; gold is to none but one of them. Raises: InputError if the picture cannot
    be read, or nothing that is done to it is both plain, as nothing is on black, and small enough.
    """
    good = picture_of_size(path, size)
    for spoiled in plainly_spoiled(good, axis, seed):
        contents = {GOOD: encode_jpeg(good), SPOILED: encode_jpeg(spoiled.rgb)}
        needed = max(map(len, contents.values()))
        if fitting := [each for each in sizes if each >= needed]:
            return _good_and_spoiled("gold", path, size, contents, spoiled, min(fitting), spool)
    raise InputError(f"{path}: nothing that is done to it is plain to see and no larger a file than the others")


def encode_training(
    path: Path, size: tuple[int, int], spool: Spool, spoil: Callable[[np.ndarray, int], Spoiled], seed: int
) -> Encoded:
    """Return a training scene of one picture: itself and what `spoil`, one of `less_and_less_spoiled`, makes of it."""
    good = picture_of_size(path, size)
    spoiled = spoil(good, seed)
    contents = {GOOD: encode_jpeg(good), SPOILED: encode_jpeg(spoiled.rgb)}
    padded_bytes = size_class(max(map(len, contents.values())))
    return _good_and_spoiled("training", path, size, contents, spoiled, padded_bytes, spool)


def _good_and_spoiled(
    kind: SceneKind,
    path: Path,
    size: tuple[int, int],
    contents: Mapping[str, bytes],
    spoiled: Spoiled,
    padded_bytes: int,
    spool: Spool,
) -> Encoded:
    pieces = {arm: spool.add(content) for arm, content in contents.items()}
    sources = {GOOD: str(path), SPOILED: f"{path} ({spoiled.how})"}
    return Encoded(kind, *size, pieces, padded_bytes, sources, dict.fromkeys(pieces, sha256(path)))
