"""What a number on FiveK was measured by, as one hashed object: photos, input, target, size, rounding, metrics.

Between two numbers of different protocols lies more than between two methods, so every figure carries its own.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.toml_tables import read_tables
from isp_env.fivek.address import parse_address, raws_at, split_of
from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.photos import EXPERTS, NUMBERS
from isp_env.fivek.splits import ALIASES, OWN, SPLITS, find_split, numbers_sha256

INPUTS: Mapping[str, str] = {
    "expert C white balance": "Lightroom's InputZeroed with ExpertC WhiteBalance: the target's white balance is in it",
    "as shot": "Lightroom's InputAsShotZeroed",
    "raw": "the camera's raw, through our ISP",
    "any": "whatever the pictures were made from",
}
"""What a method was given."""

TARGETS: Mapping[str, str] = {
    "pictures": "the expert's picture as sRGB of 8 bits, as published (--targets)",
    "tiff": "the expert's 16-bit TIFF, to sRGB by its ICC profile (relative colorimetric, Little CMS)",
}
"""Where the expert's picture is from."""

METRICS: Mapping[str, str] = {
    "psnr_db": "10 log10(1 / mean square error over pixels and channels of display sRGB), at most 100 dB; mean over photos",
    "ssim": "Wang 2004 by scikit-image: Gaussian window of sigma 1.5, no sample covariance, data range 1, mean of R, G and B; mean over photos",
    "delta_e_2000": "CIEDE2000 over pixels, CIELAB about D65, by scikit-image; mean over photos",
    "delta_e_76": "CIE 1976: distance in CIELAB about D65, which papers on FiveK print as Delta E; mean over photos",
}
"""Every figure by its name, and how it comes about."""

SIZES, ROUNDINGS = ("short", "long", "whole"), ("8-bit", "float")
SMALLEST_PX, LARGEST_PX = 16, 20_000
LONGEST_NAME = 60  # letters


@dataclass(frozen=True)
class Protocol:
    """One way of measuring. `photos` in their list's order; `edge` and `px`: pictures of more are shrunk to so many px of that edge, "whole"
    leaves them; `light`: whether encoded values are averaged, or linear light."""

    name: str
    split: str
    photos: tuple[int, ...] = field(repr=False)
    input: str
    side: str = "test"
    expert: str = "c"
    target: str = "pictures"
    edge: str = "short"
    px: int = 480
    filter: str = "area"
    light: str = "encoded"
    rounding: str = "8-bit"
    space: str = "srgb"

    @cached_property
    def list_sha256(self) -> str:
        """The hash of the photos' numbers, in any order."""
        return numbers_sha256(self.photos)

    @cached_property
    def sha256(self) -> str:
        """One hash of everything but the name: equal hashes, comparable numbers."""
        return hashlib.sha256(json.dumps(self._defining(), sort_keys=True).encode()).hexdigest()

    def _defining(self) -> dict[str, Any]:
        told = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in ("name", "photos")}
        return {**told, "list_sha256": self.list_sha256, "count": len(self.photos), "metrics": dict(METRICS)}

    def described(self) -> dict[str, Any]:
        """Return the whole of it for JSON, with both hashes."""
        return {"name": self.name, "protocol_sha256": self.sha256, **self._defining()}

    def differing(self, **changed: Any) -> "Protocol":
        """Return a protocol with other fields, whose name says which; itself if nothing differs."""
        told = {name: value for name, value in changed.items() if getattr(self, name) != value}
        words = ", ".join(f"{name} {value}" for name, value in told.items())
        before = f"{self.name[:-1]}, " if self.name.endswith(")") else f"{self.name} ("
        return replace(self, name=f"{before}{words})", **told) if told else self

    def __str__(self) -> str:
        size = (
            "whole pictures" if self.edge == "whole" else f"{self.edge} edge {self.px} px ({self.filter}, {self.light})"
        )
        return (
            f"{self.name} {self.sha256[:12]}: {self.split}/{self.side} of {len(self.photos)} photos {self.list_sha256[:12]}, input {self.input}, "
            f"expert {self.expert.upper()} from {self.target}, {size}, {self.rounding} {self.space}"
        )


def _named(name: str, split: str, given: str, **about: Any) -> Protocol:
    return Protocol(name, split, find_split(split).side("test"), given, **about)


PROTOCOLS: Mapping[str, Protocol] = {
    each.name: each
    for each in (
        _named("zeng-480p", "dpe", "expert C white balance"),
        _named("dpe-512", "dpe", "as shot", edge="long", px=512),
        _named("upe-480p", "upe", "expert C white balance"),
        _named("deeplpf-480p", "deeplpf-dpe", "expert C white balance"),
        _named("samsung-480p", "samsung", "expert C white balance"),
        _named("attiqa-raw", "dpe", "raw", target="tiff", light="linear", rounding="float"),
    )
}
"""By name. The first five are how others measure, as far as it is known; the last is ours: from the raw, nothing of Lightroom's."""

KEYS = ("name", "split", "side", "photos", "input", "expert", "target", "edge", "px", "light", "rounding")


def find_protocol(word: str) -> Protocol:
    """Return a named protocol, or one of a .toml file with a table [protocol]. Raises: UsageError or InputError."""
    if word in PROTOCOLS:
        return PROTOCOLS[word]
    if not word.endswith(".toml"):
        raise UsageError(
            f"--protocol {word}: is none of {', '.join(PROTOCOLS)}; give one, or a .toml file with your own"
        )
    path = Path(word)
    table = read_tables(path, {"protocol": KEYS}).get("protocol")
    if table is None:
        raise InputError(f'{path}: has no table [protocol]; write one with split = "dpe", or photos = [1, 2], in it')
    return _of_table(path, {"name": path.stem, "input": "any", "target": "tiff", **table})


def of_photos_at(protocol: Protocol, address: str | Path) -> Protocol:
    """Return the protocol with an address's photos in the place of its own: a whole side, or of a narrowed one what is there.

    Raises: UsageError or InputError as `raws_at`.
    """
    parts = parse_address(address)
    split = split_of(parts, FiveKFolder.open(parts.folder)) if parts.split else None
    is_narrowed = parts.camera or parts.licence or parts.limit
    photos = tuple(raws_at(address)) if split is None or is_narrowed else split.side(parts.side or "")
    where = parts.name.removeprefix("fivek") or "those here"
    own = replace(protocol, split=parts.split or OWN, side=parts.side or "test", photos=photos)
    return replace(own, name=f"{protocol.name} (photos {where})")


def _of_table(path: Path, table: dict[str, Any]) -> Protocol:
    allowed = {
        "input": INPUTS, "expert": EXPERTS, "target": TARGETS, "edge": SIZES,
        "light": ("encoded", "linear"), "rounding": ROUNDINGS,
    }  # fmt: skip
    for key, words in allowed.items():
        if key in table and table[key] not in tuple(words):
            raise InputError(f"{path}: [protocol] {key}: {table[key]!r} is none of {', '.join(words)}")
    name = table["name"]
    if not isinstance(name, str) or not _is_own_name(name):
        raise InputError(
            f"{path}: [protocol] name: {str(name)[:60]!r} begins as a name of ours, or is none; give your own"
        )
    px = table.get("px", 480)
    if type(px) is not int or not SMALLEST_PX <= px <= LARGEST_PX:
        raise InputError(f"{path}: [protocol] px: {px!r} is not a whole number from {SMALLEST_PX} to {LARGEST_PX}")
    if table.get("edge") == "whole" and "px" in table:  # equal protocols have equal hashes
        raise InputError(f"{path}: [protocol] px: says nothing where pictures stay whole; leave it out")
    return Protocol(**{**table, **_photos(path, table)})


def _is_own_name(name: str) -> bool:
    """Whether nobody takes it for one of ours, with or without what `differing` adds."""
    begins_as_ours = any(name.strip().casefold().startswith(each) for each in PROTOCOLS)
    return name.isprintable() and 0 < len(name.strip()) <= LONGEST_NAME and not begins_as_ours


def _photos(path: Path, table: Mapping[str, Any]) -> dict[str, Any]:
    """The split, side and list of a table: those of a named split, or its own list."""
    if "photos" in table:
        numbers = table["photos"]
        if "split" in table or "side" in table:
            raise InputError(f"{path}: [protocol] photos: lists what [protocol] split names; leave one of them out")
        if (
            not isinstance(numbers, list)
            or not numbers
            or any(type(each) is not int or each not in NUMBERS for each in numbers)
        ):
            raise InputError(f"{path}: [protocol] photos: give a list of numbers from 1 to {len(NUMBERS)}")
        if len(set(numbers)) < len(numbers):
            raise InputError(f"{path}: [protocol] photos: lists a photo twice")
        return {"split": OWN, "side": "test", "photos": tuple(numbers)}
    name, side = table.get("split"), table.get("side", "test")
    if name not in (*SPLITS, *ALIASES):
        raise InputError(f"{path}: [protocol] split: {name!r} is none of {', '.join(SPLITS)}; or list photos = [1, 2]")
    split = find_split(name)
    if side not in tuple(split.sides):
        raise InputError(f"{path}: [protocol] side: {side!r} is none of {', '.join(split.sides)}")
    return {"split": split.name, "side": side, "photos": split.side(side)}
