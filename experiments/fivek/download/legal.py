"""FiveK's two licences: their texts, which photos they cover, and consent to them, all kept in the folder."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json, replacing, sha256, write_json
from experiments.fivek.download.patience import ask_first
from experiments.fivek.download.server import Server, Trouble
from isp_env.fivek.lists import LICENCE_LISTS, read_licences
from isp_env.fivek.manifest import now
from isp_env.fivek.photos import ADOBE, ADOBE_MIT

FOLDER = "legal"
TEXTS: Mapping[str, str] = {ADOBE: "LicenseAdobe.txt", ADOBE_MIT: "LicenseAdobeMIT.txt"}
CONSENT = "consent.json"
LARGEST_TEXT = 1 << 20  # bytes


def fetch_legal(server: Server, folder: Path, pause: Callable[[float], object] = time.sleep) -> None:
    """Fetch those of the four texts that the folder does not have. Raises: InputError if one cannot be had."""
    for name in (*LICENCE_LISTS, *TEXTS.values()):
        place = folder / FOLDER / name
        if not place.is_file():
            content = fetch_text(server, f"{FOLDER}/{name}", pause)
            with replacing(place) as temporary:
                temporary.write_bytes(content)


def fetch_text(server: Server, path: str, pause: Callable[[float], object] = time.sleep) -> bytes:
    """Return a small text file. Raises: InputError if it cannot be had."""

    def ask() -> bytes:
        with server.ask(path) as answer:
            content = answer.read_all(LARGEST_TEXT)
        if content.lstrip()[:1] in (b"<", b""):
            raise Trouble(f"{server.url(path)}: a web page came, or nothing, instead of the text")
        return content

    return ask_first(ask, pause)


def listed_photos(folder: Path) -> tuple[dict[int, str], dict[int, str]]:
    """Return names and licences by number. Raises: InputError for a list that is none, or a name that leads out of the folder."""
    names, licences = read_licences([folder / FOLDER])
    for name in names.values():
        if any(letter in name for letter in "/\\\0"):
            raise InputError(
                f"{folder / FOLDER}: {name!r} is no name of a photo; remove that folder and run the command again"
            )
    if not names:
        raise InputError(f"{folder / FOLDER}: the lists name no photo; remove that folder and run the command again")
    return names, licences


def consented(folder: Path, licences: Sequence[str]) -> bool:
    """Return whether these licences, as their texts stand, were accepted in this folder before."""
    place = folder / FOLDER / CONSENT
    known = read_json(place) if place.is_file() else {}
    return all(known.get(each, {}).get("sha256") == sha256(folder / FOLDER / TEXTS[each]) for each in licences)


def record_consent(folder: Path, licences: Sequence[str], how: str) -> None:
    """Write down that these licences were accepted: when, how, and the SHA-256 of the text."""
    place = folder / FOLDER / CONSENT
    known = read_json(place) if place.is_file() else {}
    for each in licences:
        known[each] = {"sha256": sha256(folder / FOLDER / TEXTS[each]), "accepted": now(), "how": how}
    write_json(place, known, seal=True)


def obtain_consent(
    folder: Path,
    licences: Sequence[str],
    *,
    accepted: bool,
    ask: Callable[[str], str] | None,
    say: Callable[[str], object],
) -> None:
    """Go on only with consent to these licences: given before, by the flag, or on the terminal that `ask` reads from.

    Raises: UsageError without it.
    """
    if consented(folder, licences):
        return
    places = " and ".join(str(folder / FOLDER / TEXTS[each]) for each in licences)
    if accepted:
        say(f"research only: you accept {places}")
        record_consent(folder, licences, "--accept-licence")
        return
    if ask is None:
        raise UsageError(f"FiveK is for research only: read {places}, and give --accept-licence if you accept")
    for each in licences:
        say((folder / FOLDER / TEXTS[each]).read_text(encoding="utf-8", errors="replace"))
    if ask(f"FiveK is for research only. Do you accept {places}? [yes/no] ").strip().lower() not in ("y", "yes"):
        raise UsageError("not accepted, so no picture was fetched")
    record_consent(folder, licences, "on a terminal")
