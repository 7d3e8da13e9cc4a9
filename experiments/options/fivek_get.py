"""Options of `attiqa fivek get`."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from tyro.conf import Positional, arg

from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.choices import one_of
from experiments.options.refuse_unused import refuse_unused
from isp_env.fivek.photos import EXPERTS, INPUT, LICENCE_COUNTS, PHOTOS, RAW, SERVER
from isp_env.fivek.splits import SPLITS, find_split

RANGE = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?")
ABOUT_PICTURES = ("photos", "split", "side", "licence", "camera", "limit", "verify", "replace")


@dataclass(frozen=True)
class Config:
    """Fetch MIT-Adobe FiveK, or what you need of it: raws, experts' renderings and the neutral input, or the whole archive.

    The same command again goes on where an earlier one ended, and fetches nothing that is there. FiveK is for research only:
    both licences are kept in FOLDER/legal, and asked about before any picture is fetched.
    """

    folder: Positional[Path]
    """Where it goes, as on the server: img/dng/, img/tiff16_c/, ..., legal/, manifest.jsonl."""
    raws: bool = False
    """The DNGs, about 10 MB each."""
    experts: tuple[str, ...] = ()
    """Renderings by experts, 16-bit ProPhoto TIFFs of about 53 MB each: a, b, c, d or e, or several of them."""
    inputs: bool = False
    """The neutral renderings (InputAsShotZeroed) that experts began with, 16-bit TIFFs of about 51 MB each."""
    photos: tuple[str, ...] = ()
    """Photos by number, such as 1-100 4501; all where nothing else is said."""
    split: Annotated[
        str | None, arg(help=f"Only the photos of a split of the literature: {', '.join(SPLITS)}; in its order.")
    ] = None
    side: tuple[str, ...] = ()
    """Which sides of --split, such as train or test; all of them where nothing else is said."""
    licence: Annotated[str | None, one_of(LICENCE_COUNTS)] = None
    """Only the photos under this licence."""
    camera: tuple[str, ...] = ()
    """Only photos by these cameras, by words of their names: "NIKON D700". Reads 64 KiB of each DNG, once: FOLDER/cameras.csv."""
    limit: int | None = None
    """At most so many photos, the first."""
    archive: bool = False
    """The archive of all raws and the Lightroom catalogue, about 50 GB in one file, instead of single pictures."""
    extract: bool = False
    """Also extract the archive, into FOLDER/fivek_dataset, which takes its size again."""
    connections: int = 6
    """Files fetched at once, or parts of the archive."""
    accept_licence: bool = False
    """You have read the licences and accept them; without it they are shown and asked about, on a terminal."""
    dry_run: bool = False
    """List the files that would be fetched, with their size in bytes and the free disk, and end; this fetches the texts in legal/, and with --camera the heads."""
    verify: bool = False
    """Of what is asked for, read what is there, and compare it with the SHA-256 that it had when it was fetched."""
    replace: bool = False
    """Fetch again what has changed since it was fetched."""
    base_url: str = SERVER
    """Another server with the same files; proxies come from https_proxy and no_proxy."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of pictures asked for, as `isp_env.fivek.photos.KINDS` calls them."""
        experts = tuple(each for each in EXPERTS if each in map(str.lower, self.experts))
        return (RAW,) * self.raws + (INPUT,) * self.inputs + experts

    @property
    def server_url(self) -> str:
        """The server's address, with a slash at its end."""
        return self.base_url.rstrip("/") + "/"

    def check(self) -> None:
        """Raises: UsageError for what is wrong before anything is loaded."""
        checks.folder_of_fivek(self.folder)
        if self.folder.is_file():
            raise UsageError(f"{self.folder}: is a file, not a folder; name another one")
        checks.at_least(self, connections=1, limit=1)
        if self.connections > 32:
            raise UsageError(f"--connections {self.connections}: give at most 32, as others use that server as well")
        for expert in self.experts:
            if expert.lower() not in EXPERTS:
                raise UsageError(f"--experts {expert}: give {', '.join(EXPERTS[:-1])} or {EXPERTS[-1]}")
        self._check_archive()
        self.numbers()
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"--base-url {self.base_url}: give an address that begins with https:// or http://")

    def _check_archive(self) -> None:
        if self.archive and self.kinds:
            raise UsageError("--archive: holds all raws, and no rendering; fetch renderings by another command")
        if self.archive:
            refuse_unused(self, ABOUT_PICTURES, "an --archive is fetched as a whole")
        elif self.extract:
            raise UsageError("--extract: is about an --archive; leave it out")
        elif not self.kinds:
            raise UsageError("nothing asked for; give --raws, --experts c, --inputs, or --archive")

    def numbers(self) -> list[int] | None:
        """Return the photos asked for by number or split, each once and in order; None for all. Raises: UsageError."""
        if self.side and self.split is None:
            raise UsageError("--side: is about a --split; name one")
        if self.split is not None and self.photos:
            raise UsageError("--split and --photos: both say which photos; give one of them")
        if self.split is not None:
            split = find_split(self.split)
            return list(dict.fromkeys(number for side in self.side or split.sides for number in split.side(side)))
        found: dict[int, None] = {}
        for word in self.photos:
            match = RANGE.fullmatch(word)
            first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
            if not 1 <= first <= last <= PHOTOS:
                raise UsageError(f"--photos {word}: give numbers from 1 to {PHOTOS}, such as 1-100 4501")
            found |= dict.fromkeys(range(first, last + 1))
        return list(found) if self.photos else None
