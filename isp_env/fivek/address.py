"""Raws of FiveK by address, wherever raws are named: `fivek:/data/fivek@upe/train?camera=D700&limit=200`.

An address is a word or a Path. Its parts: the folder, a split with one of its sides, and what narrows it down, each of
them but the folder left out as one likes. Without a split it means all raws that are there.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from attiqa_core.errors import InputError, UsageError
from isp_env.fivek.cameras import require_cameras
from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.photos import LICENCE_COUNTS, RAW
from isp_env.fivek.splits import OWN, Split, find_split

SCHEME = "fivek:"
MOST_MARKS = 20  # question marks of which each is looked at
LONGEST_LIMIT = 9  # digits
_WITH_SPLIT = re.compile(r"(?P<folder>.*)@(?P<split>[^@/]*)(?:/(?P<side>[^@/]*))?", re.DOTALL)


@dataclass(frozen=True)
class Address:
    """An address in its parts; None and empty are no choice. `hold_out` are the cameras that the split `own` keeps for test.

    `name` is what it is called where paths do not belong: "fivek@upe/train?camera=D700".
    """

    text: str
    name: str
    folder: Path
    split: str | None = None
    side: str | None = None
    camera: str | None = None
    licence: str | None = None
    limit: int | None = None
    hold_out: tuple[str, ...] = ()


def is_address(path: str | Path) -> bool:
    """Return whether a word or Path is an address of FiveK and not a file."""
    return str(path).startswith(SCHEME)


def parse_address(path: str | Path) -> Address:
    """Return the parts of an address; the folder is not looked into.

    Raises: UsageError for a split without side or a word after ? that is not known; InputError without a folder.
    """
    text = str(path)
    place, query = _parted(text.removeprefix(SCHEME))
    found = None if _is_folder(place) else _WITH_SPLIT.fullmatch(place)
    folder, split, side = found.group("folder", "split", "side") if found else (place, None, None)
    if not folder:
        raise InputError(f"{text}: names no folder; write fivek:DIR or fivek:DIR@SPLIT/SIDE")
    if split is not None and not side:
        raise UsageError(f"{text}: say which side, as in {SCHEME}{folder}@{split or 'upe'}/train")
    name = f"fivek{text.removeprefix(SCHEME)[len(folder) :]}"
    return Address(text, name, Path(folder).expanduser(), split, side, **_narrowed(text, query, split))


def _parted(text: str) -> tuple[str, str]:
    """What stands before the question mark that narrows down, and after it; one in the name of a folder that is there is none."""
    words = text.split("?")
    for count in range(1, len(words) + 1) if len(words) <= MOST_MARKS else ():
        place = "?".join(words[:count])
        with_split = _WITH_SPLIT.fullmatch(place)
        if _is_folder(place) or (with_split and _is_folder(with_split["folder"])):
            return place, "?".join(words[count:])
    return words[0], "?".join(words[1:])


def _is_folder(place: str) -> bool:
    try:
        return bool(place) and Path(place).expanduser().is_dir()
    except OSError as error:
        raise InputError(f"{SCHEME}{place[:60]}: is no name of a folder ({error.strerror})") from error


def _narrowed(text: str, query: str, split: str | None) -> dict[str, Any]:
    """What stands after the question mark, as fields of an Address."""
    read: Mapping[str, tuple[str, Callable[[str], Any]]] = {
        "camera": ("camera", str),
        "licence": ("licence", lambda word: _licence(text, word)),
        "limit": ("limit", lambda word: _limit(text, word)),
        "hold-out": ("hold_out", lambda words: _cameras(text, words)),
    }
    words = parse_qsl(query, keep_blank_values=True)
    for name, word in words:
        if name not in read or not word:
            raise UsageError(
                f"{text}: {name}={word} is not known; after ? may stand {', '.join(f'{each}=' for each in read)}"
            )
        if sum(each == name for each, _ in words) > 1:
            raise UsageError(f"{text}: says {name}= twice; give one")
        if name == "hold-out" and split != OWN:
            raise UsageError(f"{text}: hold-out= is about the split {OWN}, as in {SCHEME}DIR@{OWN}/test?hold-out=D700")
    return {read[name][0]: read[name][1](word) for name, word in words}


def _licence(text: str, word: str) -> str:
    known = {licence.lower(): licence for licence in LICENCE_COUNTS}
    if word.lower() not in known:
        raise UsageError(f"{text}: {word} is no licence of FiveK; give {' or '.join(LICENCE_COUNTS)}")
    return known[word.lower()]


def _cameras(text: str, words: str) -> tuple[str, ...]:
    cameras = tuple(word.strip() for word in words.split(",") if word.strip())
    if not cameras:
        raise UsageError(f"{text}: hold-out={words} names no camera; give some, separated by commas")
    return cameras


def _limit(text: str, word: str) -> int:
    if not word.isdecimal() or len(word) > LONGEST_LIMIT or int(word) < 1:
        raise UsageError(f"{text[:200]}: limit={word[:20]}: give a whole number of at least 1")
    return int(word)


def raws_at(path: str | Path) -> dict[int, Path]:
    """Return the raws that an address means and that are there, by number, in the order of its side; `limit` counts those.

    Raises: UsageError for what `parse_address` does, or an unknown split or side; InputError for a folder that is no FiveK, or
    if nothing is left.
    """
    address = parse_address(path)
    folder = FiveKFolder.open(address.folder)
    wanted = tuple(folder.files[RAW]) if address.split is None else _split(address, folder).side(address.side or "")
    there = {number: file for number in wanted if (file := folder.raw(number))}
    if not there:
        which = f"none of the {len(wanted)} raws of {address.split}/{address.side}" if address.split else "no raw"
        raise InputError(f"{address.text}: {which} is in {address.folder}; fetch them with `attiqa fivek get`")
    left = _of_camera(address, folder, _of_licence(address, folder, there))
    return dict(list(left.items())[: address.limit])


def split_of(address: Address, folder: FiveKFolder) -> Split | None:
    """Return the split of an address, None without one. Raises: UsageError if there is none of its name; as `own_split`."""
    return None if address.split is None else _split(address, folder)


def _split(address: Address, folder: FiveKFolder) -> Split:
    if address.split == OWN:
        from isp_env.fivek.own_split import own_split  # scenes know of frames, and frames of torch

        return own_split(folder, address.hold_out)
    try:
        return find_split(address.split or "")
    except UsageError as error:
        raise UsageError(f"{address.text}: {error}, or {OWN} (by scene and camera)") from error


def _of_licence(address: Address, folder: FiveKFolder, raws: Mapping[int, Path]) -> Mapping[int, Path]:
    if address.licence is None:
        return raws
    left = {number: file for number, file in raws.items() if folder.licences.get(number) == address.licence}
    if not left:
        cure = "" if folder.licences else "; it has no filesAdobe.txt and filesAdobeMIT.txt that would say so"
        raise InputError(f"{address.text}: no raw here is under the licence {address.licence}{cure}")
    return left


def _of_camera(address: Address, folder: FiveKFolder, raws: Mapping[int, Path]) -> Mapping[int, Path]:
    if address.camera is None:
        return raws
    cameras = {number: folder.camera(number) or "" for number in raws}
    meant = require_cameras(address.camera, cameras.values(), address.text)
    return {number: file for number, file in raws.items() if cameras[number] in meant}
