"""Scorers on the Hugging Face hub: three files of one pinned commit, from the local cache before the network."""

import contextlib
import re
from collections.abc import Callable
from pathlib import Path

from huggingface_hub import hf_hub_download
from huggingface_hub.errors import EntryNotFoundError, HFValidationError, LocalEntryNotFoundError

from attiqa_core.errors import InputError, UsageError
from attiqa_core.network.online import unreachable

REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
COMMIT = re.compile(r"[0-9a-f]{40}")

Download = Callable[..., str]
"""`huggingface_hub.hf_hub_download`: (repo_id, filename, revision=, local_files_only=) -> path in the cache."""


def is_repository(name: str) -> bool:
    """Return whether `name` reads like "organisation/name"."""
    return REPOSITORY.fullmatch(name) is not None


def split_revision(name: str) -> tuple[str, str | None]:
    """Return "org/name@commit" as ("org/name", "commit"); without an @ the second is None."""
    repository, _, revision = name.partition("@")
    return repository, revision or None


def fetch(
    repository: str,
    revision: str | None,
    required: tuple[str, ...],
    optional: tuple[str, ...] = (),
    download: Download | None = None,
) -> Path:
    """Return the folder that holds the named files of one commit of a hub repository; nothing else is fetched.

    The cache is asked first, the network only for what it lacks, and never with HF_HUB_OFFLINE set.
    Raises: UsageError without a full commit hash (branches and tags move); InputError if a file cannot be had, within
    seconds where the hub does not answer.
    """
    if revision is None or not COMMIT.fullmatch(revision):
        given = "no revision was given" if revision is None else f"revision {revision!r} can move"
        raise UsageError(
            f"{repository}: no such folder, and from the hub only a pinned commit is loaded, but {given}; "
            'write revision="<40 hexadecimal digits of the commit>", or "org/name@<commit>"'
        )
    download = download or hf_hub_download
    cached = _cached(download, repository, revision, required)
    if cached is not None:
        return cached
    if reason := unreachable():
        raise InputError(
            f"{repository}@{revision[:12]}: cannot be fetched ({reason}); fetch it once online, "
            "or name what works offline: a local folder, or attiqa-mini"
        )
    paths = [_fetch_one(download, repository, revision, name) for name in required]
    for name in optional:
        with contextlib.suppress(InputError):  # a model card is nice to have: its absence stops nothing
            _fetch_one(download, repository, revision, name)
    return paths[0].parent


def _cached(download: Download, repository: str, revision: str, required: tuple[str, ...]) -> Path | None:
    """The snapshot's folder if every required file is in the local cache."""
    try:
        paths = [download(repository, name, revision=revision, local_files_only=True) for name in required]
    except LocalEntryNotFoundError:
        return None
    return Path(paths[0]).parent


def _fetch_one(download: Download, repository: str, revision: str, name: str) -> Path:
    try:
        return Path(download(repository, name, revision=revision))
    except (EntryNotFoundError, HFValidationError, OSError) as error:  # the hub's HTTP errors are OSErrors
        reason = str(error).strip().split("\n")[0]
        raise InputError(
            f"{repository}@{revision[:12]}: {name} cannot be fetched ({reason}); "
            "check name, commit and connection, or name a local folder"
        ) from error
