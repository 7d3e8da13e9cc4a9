"""Changes of pictures whose checksums fit, and of TIFF's directories."""

import random
import struct
import zlib

import numpy as np

from experiments.isp_quality.tiff_mutations import mutated

PROFILE_HEADS = {b"IIRC": b"II*\0", b"MMCR": b"MM\0*"}
"""A camera profile is a TIFF but for these bytes."""


def tiff(content: bytes, rng: random.Random) -> bytes:
    """One thing in a TIFF's directories, its samples, or its length changed."""
    head = content[:4]
    changed, _ = mutated(PROFILE_HEADS.get(head, head) + content[4:], np.random.default_rng(rng.randrange(2**32)))
    return head + changed[4:] if head in PROFILE_HEADS else changed


def png_chunk(content: bytes, rng: random.Random) -> bytes:
    """A chunk changed, gone, or there twice; checksums fit, and what is packed is packed again."""
    chunks = list(_chunks(content))
    place = rng.randrange(len(chunks))
    kind, inside = chunks[place]
    how = rng.randrange(4)
    if how == 0:
        del chunks[place]
    elif how == 1:
        chunks.insert(rng.randrange(len(chunks) + 1), chunks[place])
    else:
        chunks[place] = (kind, _changed(kind, inside, rng))
    return content[:8] + b"".join(_chunk(*each) for each in chunks)


def _changed(kind: bytes, inside: bytes, rng: random.Random) -> bytes:
    packed = kind == b"IDAT"
    changed = bytearray(zlib.decompress(inside) if packed else inside)
    if changed:
        changed[rng.randrange(len(changed))] = rng.choice((0, 1, 2, 16, 127, 128, 255))
    if rng.random() < 0.2:
        del changed[rng.randrange(len(changed) + 1) :]
    return zlib.compress(changed) if packed else bytes(changed)


def _chunks(content: bytes):
    at = 8
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        yield content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(kind: bytes, inside: bytes) -> bytes:
    return struct.pack(">I", len(inside)) + kind + inside + struct.pack(">I", zlib.crc32(kind + inside))
