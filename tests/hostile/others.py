"""Pictures, profiles and sidecars that mean harm; who reads pictures and raws has further ones of their own."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from hostile.descriptions import later, raw

CYCLE = bytes.fromhex("4d4d002a0000000e00000000000000000000000e0000")
"""A TIFF whose next directory is itself."""


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _png(width: int, height: int, rows: bytes = b"", *chunks: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    whole = (_chunk(b"IHDR", head), *chunks, _chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(whole)


def _scored(name: str, content: bytes) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        (folder / name).write_bytes(content)
        return ["score", folder / name]

    return make


def _rendered(name: str, content: bytes) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        (folder / name).write_bytes(content)
        return ["render", folder / name, "--out", folder / "out"]

    return make


def _option(option: str, name: str, content: bytes) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        (folder / name).write_bytes(content)
        return ["render", raw(folder), "--out", folder / "out", option, folder / name, "--set", "exposure_ev=0.1"]

    return make


def _recipe(folder: Path, canary: Path) -> list:
    path = folder / "a.recipe.json"
    path.write_text('{"schema": "attiqa-recipe/9", "params": {"exposure_ev": 0.1}, "raw": {"name": "../../x"}}')
    return ["recipe", path, "--to", "cube", "--out", folder / "out"]


MAKERS = {
    "PNG: 100,000 x 100,000 in 100 bytes": _scored("a.png", _png(100_000, 100_000)),
    "PNG: a text of 500 MB in a chunk": later(
        lambda: _scored("a.png", _png(8, 8, bytes(200), _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(500_000_000)))))
    ),
    "PNG: a profile that is none": _scored(
        "a.png", _png(8, 8, bytes(200), _chunk(b"iCCP", b"p\0\0" + zlib.compress(b"x" * 999)))
    ),
    "SVG as a .png": _scored("a.png", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    "TIFF: a directory that is its own next": _scored("a.tif", CYCLE),
    "raw: a directory that is its own next": _rendered("a.crw", CYCLE),
    "raw: a pickle": _rendered("a.dng", b"\x80\x04cos\nsystem\n(S'touch canary'\ntR."),
    "DCP: a directory that is its own next": _option(
        "--dcp", "a.dcp", b"IIRC" + struct.pack("<I", 8) + struct.pack("<HI", 0, 8)
    ),
    "DCP: offsets of 4 GB": _option(
        "--dcp", "a.dcp", b"IIRC" + struct.pack("<I", 8) + struct.pack("<HHHIII", 1, 50721, 10, 2**31, 2**32 - 8, 0)
    ),
    "recipe: another version, and a name that leads out": _recipe,
}
