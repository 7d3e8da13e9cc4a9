"""Which studies were made on Prolific for a study's folder: written down before and after the request, so that none is made twice."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from filelock import FileLock, Timeout

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json, write_json
from experiments.study.prolific.account import Account, Draft
from experiments.study.prolific.recruitment import request_sha256

SENT_FILE = Path("private") / "prolific.json"
SENT_FORMAT, SENT_VERSION = "attiqa-study-prolific", 1


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One study on Prolific. `id` is None while nobody knows whether the request was answered."""

    internal_name: str
    api: str
    request_sha256: str
    id: str | None = None


def read_sent(folder: Path) -> tuple[Sent, ...]:
    """Return what was sent for the study in `folder`. Raises: InputError for a file that we did not write."""
    path = folder / SENT_FILE
    if not path.is_file():
        return ()
    content = read_json(path)
    if not isinstance(content, dict) or (content.get("format"), content.get("version")) != (SENT_FORMAT, SENT_VERSION):
        raise InputError(
            f"{path}: is not what `attiqa study recruit` wrote; move it away, Prolific is asked by name then"
        )
    try:
        return msgspec.convert(content.get("studies"), tuple[Sent, ...])
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {error}; move it away, Prolific is asked by name then") from error


def send(folder: Path, request: Mapping[str, Any], account: Account) -> tuple[Draft, bool]:
    """Return the study on Prolific that stands for `request`, and whether it was made just now.

    It is looked for first, by the id that was kept and then by its internal name, so that a run that was killed between request
    and answer is gone on with. Raises: InputError; UsageError while another run is at it.
    """
    name, digest, api = request["internal_name"], request_sha256(dict(request)), account.door.base
    with _alone(folder):
        known = read_sent(folder)
        before = next((each for each in known if (each.internal_name, each.api) == (name, api)), None)
        if before and before.id:
            return _kept(folder, before, before.id, digest, account), False
        others = tuple(each for each in known if each is not before)
        _write(folder, (*others, Sent(name, api, digest)))
        found = account.find(name)
        draft = _same(request, found, account) if found else account.create(request)
        _write(folder, (*others, Sent(name, api, digest, draft.id)))
        return draft, found is None


def publish(folder: Path, request: Mapping[str, Any], account: Account) -> tuple[Draft, bool]:
    """Return the study that participants see now, and whether it was published just now.

    Raises: InputError if no draft was made, or it was made by another request, whose cost would be another.
    """
    name, api = request["internal_name"], account.door.base
    with _alone(folder):
        before = next((each for each in read_sent(folder) if (each.internal_name, each.api) == (name, api)), None)
        if before is None or before.id is None:
            raise InputError(f"{folder / SENT_FILE}: no study {name} was made at {api}; run with --send first")
        draft = _kept(folder, before, before.id, request_sha256(dict(request)), account)
        if draft.status != "UNPUBLISHED":
            return draft, False
        account.publish(draft.id)
        return draft, True


def _kept(folder: Path, before: Sent, study_id: str, digest: str, account: Account) -> Draft:
    draft = account.study(study_id) or _gone(folder, study_id)
    if before.request_sha256 != digest:
        raise InputError(
            f"{folder / SENT_FILE}: study {study_id} was made by another request than this; change it on Prolific, "
            "or give internal_name = ... in the TOML for one more study"
        )
    return draft


def _gone(folder: Path, study_id: str) -> Draft:
    raise InputError(
        f"{folder / SENT_FILE}: Prolific has no study {study_id} in this account; move the file away to make another"
    )


def _same(request: Mapping[str, Any], found: Draft, account: Account) -> Draft:
    """The study that was found by its internal name, unless it sends raters elsewhere. Raises: InputError."""
    whole = account.study(found.id) or found
    address = str(request["external_study_url"]).partition("?")[0]
    if whole.external_study_url and whole.external_study_url.partition("?")[0] != address:
        raise InputError(
            f"Prolific: study {found.id} is called {request['internal_name']} too, but sends raters to another address; "
            "give internal_name = ... in the TOML"
        )
    return whole


def _write(folder: Path, studies: tuple[Sent, ...]) -> None:
    said = {"format": SENT_FORMAT, "version": SENT_VERSION, "studies": msgspec.to_builtins(studies)}
    write_json(folder / SENT_FILE, said, seal=True)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    lock = FileLock(folder / SENT_FILE.parent / ".prolific.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise UsageError(f"{folder}: another `attiqa study recruit` is at it; wait for it") from None
    try:
        yield
    finally:
        lock.release()
