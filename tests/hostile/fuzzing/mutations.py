"""One file changed at random, in a way that fits its kind: the same changes for the same generator."""

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath

from hostile.fuzzing import containers, described, texts, trees

Change = Callable[[bytes, random.Random], bytes]
"""Returns the content changed; may raise whatever it likes where the content is not of its kind any more."""

EXTREMES = (b"\0", b"\xff", b"\x7f", b"\x80", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80")
LONGEST_RUN = 64


def bits(content: bytes, rng: random.Random) -> bytes:
    """One to twenty bits flipped."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 5, 20))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def run(content: bytes, rng: random.Random) -> bytes:
    """A run of bytes deleted, there twice, overwritten, or put in."""
    start, length = rng.randrange(len(content) + 1), rng.randint(1, LONGEST_RUN)
    part, rest = content[start : start + length], content[start + length :]
    extreme = (rng.choice(EXTREMES) * LONGEST_RUN)[:length]
    middle = rng.choice((b"", part + part, extreme, rng.randbytes(length), extreme + part, part * 50))
    return content[:start] + middle + rest


def number(content: bytes, rng: random.Random) -> bytes:
    """What stands at some even place becomes an extreme of 1 to 8 bytes."""
    start = rng.randrange(0, max(1, len(content) - 1), 2)
    extreme = rng.choice((*EXTREMES, b"\0" * 8, b"\xff" * 8, b"\0\0\xc0\x7f", b"\x7f\xf0\0\0\0\0\0\0", b"\1", b"\0\1"))
    return content[:start] + extreme + content[start + len(extreme) :]


def cut(content: bytes, rng: random.Random) -> bytes:
    """The file ends earlier, mostly somewhere, sometimes at once or just before its end."""
    return content[: rng.choice((rng.randrange(len(content)), 0, 1, max(0, len(content) - 1)))]


BYTES: Sequence[Change] = (bits, bits, run, run, number, cut)
TEXTS: Sequence[Change] = (texts.word, texts.word, texts.line, texts.letter, bits, run)
FITTING: Mapping[str, Sequence[Change]] = {
    ".json": (described.json_node, described.json_node, described.json_node, *TEXTS),
    ".jsonl": (described.json_line, described.json_line, *TEXTS),
    ".toml": (texts.assigned, texts.assigned, *TEXTS),
    ".csv": (texts.cell, texts.cell, *TEXTS),
    ".txt": TEXTS,
    ".jpgl": TEXTS,
    ".lua": TEXTS,
    ".xmp": (texts.cell, *TEXTS),
    ".xml": (texts.cell, *TEXTS),
    ".png": (trees.png_chunk, trees.png_chunk, *BYTES),
    **dict.fromkeys((".tif", ".dng", ".dcp", ".crw"), (trees.tiff, trees.tiff, trees.tiff, *BYTES)),
    ".xlsx": (containers.zipped, containers.zipped, containers.zipped, *BYTES),
    ".tar": (containers.tar_header, containers.tar_header, *BYTES),
    ".safetensors": (described.tensor_head, described.tensor_head, *BYTES),
    ".npy": (containers.npy_head, *BYTES),
    ".sqlite": (containers.database, containers.database, *BYTES),
    ".lrcat": (containers.database, containers.database, *BYTES),
    ".onnx": (containers.onnx_words, containers.onnx_words, *BYTES),
}


def mutated(name: str, content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Return the content of a file of this name with one to three changes, now and then the end of another file."""
    fitting = FITTING.get(PurePath(name).suffix, BYTES)
    for _ in range(rng.choice((1, 1, 2, 3))):
        if not content:
            break
        try:
            content = rng.choice(fitting)(content, rng)
        except Exception:  # a structure that an earlier change has broken
            content = rng.choice(BYTES)(content, rng) if content else content
    if others and rng.random() < 0.05:
        other = rng.choice(others)
        content = content[: rng.randrange(len(content) + 1)] + other[rng.randrange(len(other) + 1) :]
    return content
