"""Whether weights can be fetched: asked once and for seconds, before a library that would try again for minutes."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from huggingface_hub import constants, get_session, try_to_load_from_cache

from attiqa_core.errors import InputError

PATIENCE_S = 3.0
"""For name look-up, proxy, connection and answer together; a hub that is there answers in well under one second."""

SILENCE_S = 10
"""After which a download that has begun is given up."""

BUSY = (408, 425, 429)
"""Answers after which the hub's client would ask again for half a minute, as after those from 500 on."""


@contextlib.contextmanager
def fetching(what: str, offline: str, *, cached: bool, url: str = "") -> Iterator[None]:
    """A context for loading weights: from the cache alone if `cached`, else from a host that is known to answer.

    `url` is where they come from, the hub if empty. Proxies, HF_ENDPOINT and HF_HUB_OFFLINE count as they do for the hub's
    own client. Raises: InputError "`what` (the reason); `offline`" in `PATIENCE_S` if they are neither here nor to be had;
    a host that falls silent later is given up after `SILENCE_S`.
    """
    if not cached and (reason := unreachable(url)):
        raise InputError(f"{what} ({reason}); {offline}")
    with (
        _impatient(),
        hub_offline(cached),
    ):  # with weights in its cache, the hub's client would still ask for newer ones
        yield


def unreachable(url: str = "") -> str:
    """Return why nothing new can be fetched from a URL's host, the hub if empty; empty if it answers, whatever it says."""
    return f"not in the local cache, and {reason}" if (reason := silent(url)) else ""


def silent(url: str = "") -> str:
    """Return why a URL's host, the hub if empty, is not to be asked; empty if it answers and is not too busy."""
    if constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    url = url or constants.ENDPOINT
    status = answers(url)
    if not status:
        return f"{urlsplit(url).hostname} does not answer"
    busy = status in BUSY or status >= 500
    return f"{urlsplit(url).hostname} answers {status} just now, try later" if busy else ""


def answers(url: str) -> int:
    """Return the status of one request that is answered in time, 0 if none; the look-up of names has no time limit, so a thread
    waits for it."""
    heard: list[int] = []
    done = threading.Event()

    def ask() -> None:
        with contextlib.suppress(Exception):  # the hub's client is httpx or requests: their errors share no class
            heard.append(int(get_session().head(url, timeout=PATIENCE_S).status_code))
        done.set()

    threading.Thread(target=ask, daemon=True).start()
    return heard[0] if done.wait(PATIENCE_S) and heard else 0


def status_of(error: BaseException | None) -> int:
    """Return the status of the answer that an error of the hub's client is about, or was raised from; 0 if none is known."""
    while error is not None:
        if isinstance(status := getattr(getattr(error, "response", None), "status_code", None), int):
            return status
        error = error.__cause__ or error.__context__
    return 0


@contextlib.contextmanager
def _impatient() -> Iterator[None]:
    """A context in which a connection that says nothing for a while ends: urllib's have no time limit, and the hub's client asks
    five times."""
    before, retries = socket.getdefaulttimeout(), constants.HF_HUB_DOWNLOAD_TIMEOUT
    socket.setdefaulttimeout(before or SILENCE_S)
    constants.HF_HUB_DOWNLOAD_TIMEOUT = min(retries, SILENCE_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
        constants.HF_HUB_DOWNLOAD_TIMEOUT = retries


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
    import torch  # not for who only asks whether the hub answers

    path = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlsplit(url).path).name
    return path if path.is_file() else None
