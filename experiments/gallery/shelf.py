"""Where a page's previews are kept: inside the page, or in files beside it; either way the next page takes those that are good."""

import base64
import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import quote

from experiments.drawing.sheets import PREVIEW

MARK = '<meta name="generator" content="attiqa look">'
DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)
JPEG_URI = "data:image/jpeg;base64,"
HALF, HALF_FOR_SECONDS = re.compile(r"\.[0-9a-f]{16}(_s|_f)?\.jpg\.\d+"), 3600  # no run writes one for so long
END_OF_JPEG = b"\xff\xd9"
ENDINGS = {"small": "_s", "view": "", "full": "_f"}

Kind = Literal["small", "view", "full"]


class Shelf(Protocol):
    """Keeps JPEGs under a key and a kind, and says how a page names them."""

    def read(self, key: str, kind: str) -> bytes | None:
        """Return what is kept, or None."""
        ...

    def keep(self, key: str, kind: Kind, content: bytes) -> str:
        """Keep a JPEG and return how the page names it."""
        ...


class FileShelf:
    """JPEGs as files of a folder beside the page."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.used: set[str] = set()

    def read(self, key: str, kind: str) -> bytes | None:
        path = self.folder / f"{key}{ENDINGS[kind]}.jpg"
        content = path.read_bytes() if path.is_file() else b""
        return content if content.endswith(END_OF_JPEG) else None

    def keep(self, key: str, kind: Kind, content: bytes) -> str:
        name = f"{key}{ENDINGS[kind]}.jpg"
        self.used.add(name)
        if self.read(key, kind) != content:
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = self.folder / f".{name}.{os.getpid()}"
            temporary.write_bytes(content)
            temporary.replace(
                self.folder / name
            )  # not synced, which takes longer than to make it; a cut one is noticed
        return f"{quote(self.folder.name)}/{name}"

    def clear(self) -> None:
        """Remove what no picture uses any more, and what a killed run left half; files of other names stay."""
        for path in self.folder.iterdir():
            unused = PREVIEW.fullmatch(path.name) and path.name not in self.used
            half = HALF.fullmatch(path.name) and abs(time.time() - path.stat().st_mtime) > HALF_FOR_SECONDS
            if unused or half:
                path.unlink(missing_ok=True)


class PageShelf:
    """JPEGs inside the page itself; `before` are those of the page that it replaces."""

    def __init__(self, before: Mapping[tuple[str, str], str], full_size: FileShelf):
        self.before = before
        self.full_size = full_size
        self.bytes = 0

    def read(self, key: str, kind: str) -> bytes | None:
        if kind == "full":
            return self.full_size.read(key, kind)
        uri = self.before.get((key, kind))
        return base64.b64decode(uri.removeprefix(JPEG_URI)) if uri else None

    def keep(self, key: str, kind: Kind, content: bytes) -> str:
        if kind == "full":
            return self.full_size.keep(key, kind, content)
        self.bytes += len(content)
        return JPEG_URI + base64.b64encode(content).decode("ascii")


def is_page(path: Path) -> bool:
    """Return whether a file is a page of ours, which a new one may replace."""
    with path.open("rb") as file:
        return MARK.encode() in file.read(4096)


def previews_in(path: Path) -> dict[tuple[str, str], str]:
    """Return the JPEGs that a page of ours holds, by key and kind; none where there is no page, or it was edited."""
    if not path.is_file() or not is_page(path):
        return {}
    found = DATA.search(path.read_text(encoding="utf-8", errors="replace"))
    try:
        pictures: list[dict[str, Any]] = json.loads(found[1])["pictures"] if found else []
        views = [view for picture in pictures for view in picture["views"] if view]
        kinds = ("small", "view")
        return {(view["key"], kind): view[kind] for view in views for kind in kinds if view[kind].startswith(JPEG_URI)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
