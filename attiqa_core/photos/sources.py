"""Photos to read, wherever they lie: files in folders, and members of webdataset tar shards.

A tar is only ever indexed and read by seeking: nothing is unpacked, and no member but a picture is opened. The
webdataset package is not used because it reads shards as streams (no random access, so no exact resume) and
decodes `.pyd` members by unpickling them unless told not to.
"""

import os
import posixpath
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.names import shown
from attiqa_core.files.regular import open_regular
from attiqa_core.photos.decode import decode_rgb, read_bytes
from attiqa_core.photos.images import Picture, to_picture
from attiqa_core.photos.places import IMAGE_SUFFIXES, absolute, files_below, is_folder, is_there
from attiqa_core.remote import store
from attiqa_core.remote.address import as_written, is_remote

TAR_SUFFIX = ".tar"
COMPRESSED_TARS = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")


@dataclass(frozen=True, slots=True)
class Photo:
    """One photograph to read: a file, or `size` bytes at `offset` of a tar.

    `key` is its path below the common root, the same on every machine; a member's is "shard.tar/000123.jpg".
    """

    key: str
    path: Path
    offset: int | None = None
    size: int | None = None

    @property
    def name(self) -> str:
        """What messages call it: the file's path, with the member's for a tar."""
        if self.offset is None:
            return as_written(self.path)
        return f"{as_written(self.path)}/{self.key.partition(self.path.name + '/')[2]}"


def find_photos(paths: Sequence[Path]) -> tuple[Path, list[Photo]]:
    """Return the common root and the photos among `paths`, sorted by path, each once; errors as `iterate_photos`."""
    root = common_root(paths)
    return root, list(iterate_photos(paths))


def iterate_photos(paths: Sequence[Path]) -> Iterator[Photo]:
    """Yield the photos among `paths` one by one: a folder or tar at a time is held in memory, never all.

    Folders are searched to any depth for pictures and tars; what is hidden (.name) is left out. A file named
    directly is kept whatever its suffix.
    Raises: InputError if a path is missing, no photo is found, or a tar is compressed, cut off or unsafe.
    """
    root = common_root(paths)
    found = False
    for path in _outermost(paths):
        if not is_there(path):
            raise InputError(f"{as_written(path)}: no such file or folder")
        inside = files_below(path, IMAGE_SUFFIXES | {TAR_SUFFIX}) if is_folder(path) else iter([path])
        for file in inside:
            key = shown(file.relative_to(root).as_posix())  # what is not UTF-8 cannot be listed; reading it says so
            photos = _members(file, key) if _is_tar(file) else iter([Photo(key, file)])
            for photo in photos:
                found = True
                yield photo
    if not found:
        named = ", ".join(as_written(path) for path in paths)
        raise InputError(f"{named}: no photos here; looked for {', '.join(sorted(IMAGE_SUFFIXES))} and .tar shards")


def common_root(paths: Sequence[Path]) -> Path:
    """Return the deepest folder that holds all of `paths`; a folder named alone is its own root."""
    if not paths:
        raise UsageError("no photos named; give image files, folders or .tar shards")
    folders = [path if is_folder(path) else path.parent for path in _outermost(paths)]
    try:
        return Path(os.path.commonpath(folders))
    except ValueError:  # paths of this machine and addresses
        named = ", ".join(as_written(path) for path in paths)
        raise UsageError(f"{named}: lie partly here and partly elsewhere; give either paths or addresses") from None


def read_photo(photo: Photo) -> Picture:
    """Return a photo as uint8 (3, height, width), upright sRGB.

    Raises: InputError that names the file (and member) if it is missing, empty, cut off or not an image.
    """
    return to_picture(decode_rgb(photo_bytes(photo), photo.name))


def photo_bytes(photo: Photo) -> bytes:
    """Return the encoded bytes of a photo. Raises: InputError as `read_photo`."""
    if photo.offset is None:
        return read_bytes(photo.path)
    return read_bytes(photo.path, photo.offset, photo.size, photo.name)


def _outermost(paths: Sequence[Path]) -> list[Path]:
    """The absolute paths in order, without those that lie in another one: then no photo can come twice."""
    found = sorted({absolute(path) for path in paths})
    folders = {path for path in found if is_folder(path)}
    return [path for path in found if not folders.intersection(path.parents)]


def _is_tar(path: Path) -> bool:
    if path.name.lower().endswith(COMPRESSED_TARS):
        raise InputError(
            f"{as_written(path)}: a compressed tar cannot be read by seeking; decompress it to a .tar first"
        )
    return path.suffix.lower() == TAR_SUFFIX


def _members(tar: Path, tar_key: str) -> Iterator[Photo]:
    """The pictures of one tar, sorted by name."""
    found: dict[str, Photo] = {}
    try:
        with _opened(tar) as file, tarfile.open(fileobj=file, mode="r:") as archive:
            while (member := archive.next()) is not None:
                archive.members.clear()  # pyright: ignore  # a TarFile keeps every header it has seen
                if posixpath.splitext(member.name)[1].lower() not in IMAGE_SUFFIXES or member.isdir():
                    continue
                name = _safe_name(member, tar)
                if posixpath.basename(name).startswith("."):
                    continue
                if name in found:
                    raise InputError(
                        f"{as_written(tar)}: holds {name} twice; write the shard again with every name once"
                    )
                key = shown(f"{tar_key}/{name}")
                found[name] = Photo(key, tar, member.offset_data, member.size)
            end = archive.offset
    except tarfile.TarError as error:
        raise InputError(
            f"{as_written(tar)}: not a whole uncompressed tar ({error}); fetch or write it again"
        ) from error
    _check_end(tar, end)
    yield from (found[name] for name in sorted(found))


def _opened(tar: Path) -> AbstractContextManager[BinaryIO]:
    """A tar open for reading; of one at an address, what is sought is fetched by the megabyte."""
    return store.opened(tar) if is_remote(tar) else open_regular(tar)


def _safe_name(member: tarfile.TarInfo, tar: Path) -> str:
    """The member's name below the tar. Raises: InputError for links, sparse files and names that lead outside."""
    if not member.isreg() or member.issparse():
        raise InputError(
            f"{as_written(tar)}: its member {member.name} is a link or no plain file; write the shard with files only"
        )
    parts = [
        part for part in member.name.split("/") if part not in ("", ".")
    ]  # a PurePosixPath takes five times as long
    if member.name.startswith("/") or ".." in parts:
        raise InputError(
            f"{as_written(tar)}: its member {member.name} leads outside of the shard; write it with relative names"
        )
    return "/".join(parts)


def _check_end(tar: Path, end: int) -> None:
    """Refuse a tar whose listing stopped at anything but tar's end marker: the rest would be skipped silently."""
    with _opened(tar) as file:
        file.seek(end)
        if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise InputError(f"{as_written(tar)}: is cut off or damaged at byte {end}; fetch or write it again")
