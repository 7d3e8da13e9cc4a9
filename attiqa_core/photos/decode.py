"""Photograph files to 8-bit sRGB arrays: finding, reading and decoding them, with a sentence for each that cannot be."""

import io
import os
from collections.abc import Iterator, Sequence, Set
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from attiqa_core.errors import InputError, UsageError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"})
MAX_PIXELS = 400_000_000  # a file that claims more is taken for a decompression bomb
MAX_BYTES = 4_000_000_000  # more than MAX_PIXELS of 16-bit RGBA take
Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow's own guard would refuse phone photos of 200 megapixels


def find_images(paths: Sequence[Path | str]) -> list[Path]:
    """Return the image files among `paths`, folders searched to any depth, sorted, each once.

    A file named directly is kept whatever its suffix. Raises: InputError if a path is missing or nothing is found.
    """
    return list(iterate_images(paths))


def iterate_images(paths: Sequence[Path | str]) -> Iterator[Path]:
    """Yield the same one by one, a folder at a time in memory, never all."""
    if not paths:
        raise UsageError("no images named; give image files or folders")
    paths = [Path(path) for path in paths]
    came: set[Path] = set()
    found = False
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
        for file in files_below(path, IMAGE_SUFFIXES) if path.is_dir() else iter([path]):
            if file not in came and not any(_is_found_below(file, folder) for folder in came):
                found = True
                yield file
        came.add(path)
    if not found:
        named = ", ".join(str(path) for path in paths)
        raise InputError(f"{named}: no images here; looked for {', '.join(sorted(IMAGE_SUFFIXES))}")


def _is_found_below(file: Path, folder: Path) -> bool:
    """Whether a search of the folder, if it is one, yields the file."""
    if folder not in file.parents or file.suffix.lower() not in IMAGE_SUFFIXES:
        return False
    return not any(part.startswith(".") for part in file.relative_to(folder).parts)


def files_below(folder: Path, suffixes: Set[str], _above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """Yield the files of these suffixes at any depth, in the order of sorted paths, one folder in memory at a time.

    What is hidden (.name) is left out; links are followed, and a link to nothing is yielded so that reading it
    says so. Raises: InputError for a link that leads back to a folder above it.
    """
    if (real := folder.resolve()) in _above:
        raise InputError(f"{folder}: links back to a folder that holds it; remove the link")
    with os.scandir(folder) as entries:
        visible = sorted((entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith("."))
    for name, is_folder in visible:
        if is_folder:
            yield from files_below(folder / name, suffixes, (*_above, real))
        elif os.path.splitext(name)[1].lower() in suffixes:  # noqa: PTH122 - a Path for each name costs more
            yield folder / name


def read_rgb(path: Path | str) -> np.ndarray:
    """Return a photograph as uint8 (height, width, 3) sRGB, upright; transparency is laid over white.

    Of an animation the first frame is taken. 16-bit greys are rounded to 8 bits; of 16-bit colours Pillow keeps the
    high byte, at most 1 of 255 away from that.
    Raises: InputError if the file is missing, empty, cut off, not an image, or its range is unknown (float, 32 bits).
    """
    return decode_rgb(read_bytes(Path(path)), str(path))


def read_bytes(path: Path, offset: int = 0, size: int | None = None, name: str | None = None) -> bytes:
    """Return a file's bytes, or `size` of them from `offset`. Raises: InputError if they are not all there."""
    name = name or str(path)
    try:
        with path.open("rb") as file:
            available = os.fstat(file.fileno()).st_size - offset
            size = available if size is None else size
            if size > MAX_BYTES:
                raise InputError(f"{name}: {size} bytes are more than {MAX_BYTES}; shrink it first")
            file.seek(offset)
            content = file.read(size)
    except FileNotFoundError as error:
        raise InputError(f"{name}: no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{name}: is a folder, not an image; rename it or name the files in it") from error
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror or error})") from error
    if not content:
        raise InputError(f"{name}: is empty (0 bytes); fetch it again or remove it")
    if len(content) < size:
        raise InputError(f"{name}: only {len(content)} of its {size} bytes are there; fetch it again")
    return content


def decode_rgb(content: bytes, name: str) -> np.ndarray:
    """Return the photograph in `content` as `read_rgb` does; `name` is what a message calls it."""
    try:
        with Image.open(io.BytesIO(content)) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise InputError(
                    f"{name}: {opened.width}x{opened.height} pixels are more than {MAX_PIXELS}; shrink it first"
                )
            return upright_rgb(opened, name)
    except UnidentifiedImageError as error:
        raise InputError(f"{name}: not an image file; remove it or convert it to JPEG or PNG") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"{name}: claims more than {MAX_PIXELS} pixels; shrink it first") from error
    except (InputError, MemoryError):
        raise
    except Exception as error:  # what a damaged file makes a decoder raise is not documented
        raise InputError(f"{name}: cannot be decoded ({error}); it may be cut off, fetch it again") from error


def upright_rgb(image: Image.Image, name: str) -> np.ndarray:
    """Return an opened image as `read_rgb` does; `name` is what a message calls it."""
    return np.array(_to_rgb(ImageOps.exif_transpose(image), name))


def _to_rgb(image: Image.Image, name: str) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        grey = np.asarray(image, dtype=np.float64)
        if image.mode == "F" or grey.min() < 0 or grey.max() > 65535:
            raise InputError(
                f"{name}: holds float or 32-bit values, whose white is unknown; convert it to 8 or 16 bits"
            )
        image = Image.fromarray(np.rint(grey / 257.0).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")
