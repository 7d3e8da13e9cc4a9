"""The store behind an address: listed, read in parts, written; what goes wrong there is one sentence."""

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from attiqa_core.errors import InputError, ResourceError, UsageError, one_line
from attiqa_core.remote.address import READ_ONLY, address_of

TRIES, FIRST_PAUSE_S = 3, 0.5
"""How often something is asked for that may be there in a moment, and the pause, which doubles."""

CONNECT_S, READ_S = 5, 60
ABSENT, FORBIDDEN = (404, 410), (401, 403, 407)
"""What web servers answer where asking again changes nothing."""

NO_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError")
"""The classes of errors of those who find no key to a store on this machine."""


def _http() -> dict[str, Any]:
    import aiohttp

    return {"client_kwargs": {"timeout": aiohttp.ClientTimeout(total=None, connect=CONNECT_S, sock_read=READ_S)}}


def _s3() -> dict[str, Any]:
    own = {"config_kwargs": {"connect_timeout": CONNECT_S, "read_timeout": READ_S, "retries": {"max_attempts": TRIES}}}
    return {**own, "anon": True} if os.environ.get("AWS_NO_SIGN_REQUEST", "").lower() in ("1", "true", "yes") else own


OPTIONS = {"http": _http, "https": _http, "s3": _s3}
"""Scheme -> what its file system is made with: nothing waits for ever."""


def exists(path: Path) -> bool:
    """Return whether there is a file or folder at an address. Raises: InputError if nobody answers, or it is not allowed."""
    fs, inside = _store(path)
    with explained(path):
        return _answers(fs, inside) if _is_web(path) else fs.exists(inside)


def _answers(fs: Any, inside: str) -> bool:
    """Whether a web server has something there; fsspec says "not found" for a server that is not there, and "no" for both."""
    try:
        fs.info(inside)
    except FileNotFoundError as error:
        if error.__cause__ is None or _status(error.__cause__) in ABSENT:
            return False
        raise error.__cause__ from None
    return True


def _status(error: BaseException) -> int | None:
    """What a web server answered, None where it is not that."""
    status = getattr(error, "status", None)
    return status if isinstance(status, int) else None


def is_folder(path: Path) -> bool:
    """Return whether an address is a folder; of a web server, which has none, one whose name has no suffix."""
    fs, inside = _store(path)
    with explained(path):
        return not PurePosixPath(urlsplit(inside).path).suffix if _is_web(path) else fs.isdir(inside)


def _is_web(path: Path) -> bool:
    return (address_of(path) or "").startswith(READ_ONLY)


def files_below(path: Path, *, hidden: bool = False) -> Iterator[tuple[Path, int | None]]:
    """Yield the files at any depth below an address, and their bytes where the store says them, in the order of sorted paths.

    What is hidden (.name) is left out unless asked for.
    Raises: InputError if the address cannot be listed, or for a name with //, /./ or /../ in it, as stores of objects allow.
    """
    fs, inside = _store(path)
    root = inside.rstrip("/") + "/"
    with explained(path):
        found = {
            name: about.get("size")
            for name, about in fs.find(root if _is_web(path) else inside, detail=True).items()
            if about.get("type", "file") == "file"
        }
    marks_a_folder = "/"  # at the end of an empty object's name
    below = {
        name.removeprefix(root): size
        for name, size in found.items()
        if name.startswith(root) and not name.endswith(marks_a_folder)
    }
    for name in sorted(below, key=lambda name: name.split("/")):
        if {"", ".", ".."} & {*name.split("/")}:
            raise InputError(f"{address_of(path)}: holds {name!r}, which no path can name; rename it there")
        if hidden or not any(part.startswith(".") for part in name.split("/")):
            yield path / name, below[name]


def size_of(path: Path) -> int:
    """Return the bytes of a file. Raises: InputError if it is not there or the store does not say."""
    fs, inside = _store(path)
    with explained(path):
        size = _patiently(lambda: fs.info(inside)).get("size")
    if size is None:
        raise InputError(f"{address_of(path)}: its server does not say how large it is; fetch the file first")
    return int(size)


def read(path: Path, offset: int = 0, size: int | None = None) -> bytes:
    """Return a file's bytes, or up to `size` of them from `offset`. Raises: InputError as `explained`."""
    fs, inside = _store(path)
    end = None if size is None else offset + size
    with explained(path):
        if not offset and size is None:
            return _patiently(lambda: fs.cat_file(inside))
        content = _patiently(lambda: fs.cat_file(inside, start=offset, end=end))
    # A server that knows no ranges sends the whole file, which is as long as none of its parts.
    return content[offset:end] if size is not None and len(content) > size else content


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file for reading anywhere in it, of which only what is read is fetched."""
    fs, inside = _store(path)
    with explained(path), fs.open(inside, "rb", block_size=1 << 20) as file:
        yield file


def fetch(path: Path, target: Path) -> None:
    """Bring a file to a local path, which is complete or not there."""
    from attiqa_core.files.whole import replacing

    fs, inside = _store(path)
    with replacing(target) as temporary, explained(path):
        _patiently(lambda: fs.get_file(inside, str(temporary)))


def bring(source: Path, path: Path) -> None:
    """Bring a local file to an address, where it is complete or not there."""
    fs, inside = _store(path)
    if _is_web(path):
        raise UsageError(f"{address_of(path)}: can only be read; name an address that can be written, such as s3://")
    with explained(path):
        folder = inside.rpartition("/")[0]
        fs.makedirs(folder, exist_ok=True)
        if not (address_of(path) or "").startswith("file:"):
            _patiently(lambda: fs.put_file(str(source), inside))  # objects appear when they are whole
            return
        beside = f"{folder}/.{inside.rpartition('/')[2]}.{os.getpid()}.part"
        fs.put_file(str(source), beside)
        os.replace(beside, inside)  # noqa: PTH105 - an address of this machine


def remove(path: Path) -> None:
    """Remove a file at an address, if it is there."""
    fs, inside = _store(path)
    with explained(path), contextlib.suppress(FileNotFoundError):
        fs.rm_file(inside)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """A context that says in one sentence what is wrong with an address.

    Raises: UsageError if a package is missing; InputError if it is not there, not allowed, or nobody answers; ResourceError
    if the disk is full.
    """
    address = address_of(path) or str(path)
    try:
        yield
    except (InputError, UsageError, ResourceError, MemoryError):
        raise
    except ImportError as error:
        raise UsageError(f"{address}: {one_line(str(error))}; pip install 'attiqa-isp[scale]'") from error
    except FileNotFoundError as error:
        raise InputError(f"{address}: no such file or folder") from error
    except PermissionError as error:
        raise InputError(f"{address}: may not be used with these credentials ({one_line(str(error))})") from error
    except Exception as error:  # each store has its own classes for a network that is not there
        if type(error).__name__ in NO_CREDENTIALS:
            raise InputError(
                f"{address}: no credentials for it are found on this machine ({one_line(str(error))}); set them up, or "
                "AWS_NO_SIGN_REQUEST=1 for a public bucket of s3"
            ) from error
        if (status := _status(error)) in ABSENT:
            raise InputError(f"{address}: no such file or folder") from error
        if status in FORBIDDEN:
            raise InputError(f"{address}: may not be used with these credentials (its server says {status})") from error
        if "range requests" in str(error):
            raise InputError(
                f"{address}: its server sends no parts of files (range requests), which this needs; fetch the file first, or "
                "serve it by a server that does"
            ) from error
        said = one_line(str(error)) or type(error).__name__
        raise InputError(
            f"{address}: cannot be reached or read ({said}); is the address right, and the network there?"
        ) from error


def _store(path: Path) -> tuple[Any, str]:
    address = address_of(path)
    assert address is not None, f"{path}: is no address"
    import fsspec

    with explained(path):
        options: Mapping[str, Any] = OPTIONS.get(address.partition(":")[0], dict)()
        return fsspec.core.url_to_fs(address, **options)


def _patiently(ask: Any) -> Any:
    """Ask, and again after a pause where the answer was no answer; what is not there or not allowed is said at once."""
    pause = FIRST_PAUSE_S
    for _ in range(TRIES - 1):
        try:
            return ask()
        except (FileNotFoundError, PermissionError, IsADirectoryError, ImportError, MemoryError):
            raise
        except Exception as error:
            if type(error).__name__ in NO_CREDENTIALS or _status(error) in (*ABSENT, *FORBIDDEN):
                raise
            time.sleep(pause)
            pause *= 2
    return ask()
