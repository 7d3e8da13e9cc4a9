"""Scorers and policies on the Hugging Face hub: the named files of one pinned commit, from the local cache before the network."""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, constants, hf_hub_download, hf_hub_url
from huggingface_hub.errors import EntryNotFoundError, HFValidationError, LocalEntryNotFoundError

from attiqa_core.errors import InputError, UsageError
from attiqa_core.machine.lacks import refuse_lack
from attiqa_core.network.online import silent, status_of, unreachable
from attiqa_core.sharing.references import COMMIT

OFFLINE = "a local folder, or attiqa-mini"

CURES = {
    401: "log in with `hf auth login`, or name a local folder",
    403: "ask its owner for access and log in with `hf auth login`, or name a local folder",
    404: "check name and commit, or name a local folder",
}
"""By what the hub answers."""

Download = Callable[..., str]
"""`huggingface_hub.hf_hub_download`: (repo_id, filename, revision=, local_files_only=) -> path in the cache."""


def fetch(
    repository: str,
    revision: str | None,
    required: tuple[str, ...],
    optional: tuple[str, ...] = (),
    download: Download | None = None,
    offline: str = OFFLINE,
) -> Path:
    """Return the folder that holds the named files of one commit of a hub repository; nothing else is fetched.

    The cache is asked first, the network only for what it lacks, and never with HF_HUB_OFFLINE set. `offline` names what
    works without it. Raises: UsageError without a full commit hash (branches and tags move); InputError if a file cannot
    be had, within seconds where the hub does not answer.
    """
    commit = pinned(repository, revision)
    download = download or hf_hub_download
    cached = _cached(download, repository, commit, required)
    if cached is not None:
        return cached
    _refuse_unreachable(repository, commit, required[0], offline)
    paths = [_fetch_one(download, repository, commit, name) for name in required]
    for name in optional:
        with contextlib.suppress(InputError):  # a model card is nice to have: its absence stops nothing
            _fetch_one(download, repository, commit, name)
    return paths[0].parent


def holds(repository: str, revision: str | None, name: str, download: Download | None = None) -> bool:
    """Return whether a commit has a file of that name, which is in the local cache then. Raises: as `fetch`."""
    commit = pinned(repository, revision)
    download = download or hf_hub_download
    if _cached(download, repository, commit, (name,)) is not None:
        return True
    _refuse_unreachable(repository, commit, name, OFFLINE)
    try:
        download(repository, name, revision=commit)
    except LocalEntryNotFoundError as error:
        raise InputError(_cannot(repository, commit, name, error)) from error
    except EntryNotFoundError:
        return False
    except Exception as error:
        refuse_lack(error)
        raise InputError(_cannot(repository, commit, name, error)) from error
    return True


def pinned(repository: str, revision: str | None) -> str:
    """Return the revision. Raises: UsageError if it is no full commit hash."""
    if revision is not None and COMMIT.fullmatch(revision):
        return revision
    given = "no revision was given" if revision is None else f"revision {revision!r} can move"
    raise UsageError(
        f"{repository}: no such folder, and from the hub only a pinned commit is loaded, but {given}; "
        'write revision="<40 hexadecimal digits of the commit>", or "org/name@<commit>"'
    )


def upload(folder: Path, repository: str, names: Sequence[str], client: Any = None) -> str:
    """Return the commit that the named files of a folder now are in a hub repository; nothing else of the folder is sent.

    The repository has to be there, and huggingface_hub to know who you are (`hf auth login`).
    Raises: InputError if the hub does not answer or does not take them.
    """
    if reason := silent():
        raise InputError(f"{repository}: cannot be written to ({reason}); {folder} is whole, upload it once online")
    try:
        made = (client or HfApi()).upload_folder(
            repo_id=repository, folder_path=folder, allow_patterns=list(names), commit_message="attiqa export"
        )
    except (HFValidationError, OSError) as error:  # the hub's HTTP errors are OSErrors
        raise InputError(
            f"{repository}: does not take {folder} ({_first_line(error)}); make the repository on the hub first, "
            "and log in with `hf auth login`"
        ) from error
    return made.oid


def _cached(download: Download, repository: str, revision: str, required: tuple[str, ...]) -> Path | None:
    """The snapshot's folder if every required file is in the local cache."""
    try:
        paths = [download(repository, name, revision=revision, local_files_only=True) for name in required]
    except LocalEntryNotFoundError:
        return None
    return Path(paths[0]).parent


def _refuse_unreachable(repository: str, revision: str, name: str, offline: str) -> None:
    if reason := unreachable(hf_hub_url(repository, name, revision=revision, endpoint=constants.ENDPOINT)):
        raise InputError(
            f"{repository}@{revision[:12]}: cannot be fetched ({reason}); fetch it once online, "
            f"or name what works offline: {offline}"
        )


def _fetch_one(download: Download, repository: str, revision: str, name: str) -> Path:
    try:
        return Path(download(repository, name, revision=revision))
    except Exception as error:  # the hub's client is httpx or requests: their errors share no class
        refuse_lack(error)
        raise InputError(_cannot(repository, revision, name, error)) from error


def _cannot(repository: str, revision: str, name: str, error: Exception) -> str:
    cure = CURES.get(status_of(error), "check name, commit and connection, or name a local folder")
    reason = f"the hub answers {status_of(error)}" if status_of(error) in CURES else _first_line(error)
    return f"{repository}@{revision[:12]}: {name} cannot be fetched ({reason}); {cure}"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
