"""Whether weights can be fetched: asked once and for seconds, before a library that would try again for minutes."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import torch
from huggingface_hub import constants, get_session, try_to_load_from_cache

from attiqa_core.errors import InputError

PATIENCE_S = 3.0
"""For name look-up, proxy, connection and answer together; a hub that is there answers in well under one second."""


@contextlib.contextmanager
def fetching(what: str, offline: str, *, cached: bool, url: str = "") -> Iterator[None]:
    """A context for loading weights: from the cache alone if `cached`, else from a host that is known to answer.

    `url` is where they come from, the hub if empty. Proxies, HF_ENDPOINT and HF_HUB_OFFLINE count as they do for the hub's
    own client. Raises: InputError "`what` (the reason); `offline`" in `PATIENCE_S` if they are neither here nor to be had.
    """
    if not cached and (reason := unreachable(url)):
        raise InputError(f"{what} ({reason}); {offline}")
    with hub_offline(cached):  # with weights in its cache, the hub's client would still ask for newer ones
        yield


def unreachable(url: str = "") -> str:
    """Return why nothing new can be fetched from a URL's host, the hub if empty; empty if it answers, whatever it says."""
    return f"not in the local cache, and {reason}" if (reason := silent(url)) else ""


def silent(url: str = "") -> str:
    """Return why a URL's host, the hub if empty, is not to be asked; empty if it answers, whatever it says."""
    if constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    url = url or constants.ENDPOINT
    return "" if answers(url) else f"{urlsplit(url).hostname} does not answer"


def answers(url: str) -> bool:
    """Return whether one request is answered in time; the look-up of names has no time limit, so a thread waits for it."""
    heard: list[bool] = []
    done = threading.Event()

    def ask() -> None:
        with contextlib.suppress(Exception):  # the hub's client is httpx or requests: their errors share no class
            get_session().head(url, timeout=PATIENCE_S)
            heard.append(True)
        done.set()

    threading.Thread(target=ask, daemon=True).start()
    return done.wait(PATIENCE_S) and bool(heard)


@contextlib.contextmanager
def hub_offline(offline: bool = True) -> Iterator[None]:
    """A context in which the hub's client asks its cache alone, if `offline`."""
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or offline
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def in_hub_cache(repository: str, names: tuple[str, ...]) -> Path | None:
    """Return the first of these files of a repository ("org/name" or "org/name@revision") that the hub's cache holds."""
    repository, _, revision = repository.strip("/").partition("@")
    for name in names:
        if isinstance(path := try_to_load_from_cache(repository, name, revision=revision or None), str):
            return Path(path)
    return None


def in_torch_cache(url: str) -> Path | None:
    """Return the file of a URL that torch.hub has fetched before."""
    path = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlsplit(url).path).name
    return path if path.is_file() else None
