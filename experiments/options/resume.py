"""Whether a run that goes on is still the run that was begun: the one place that says so, for every command."""

import hashlib
import os
import stat
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from attiqa_core.datasets.rated import RatedImages
from attiqa_core.errors import InputError
from attiqa_core.files.described import read_sealed, read_toml
from attiqa_core.files.whole import sha256, write_json
from attiqa_core.photos.places import find_images, size_of
from attiqa_core.photos.sources import Photo
from attiqa_core.remote.address import is_remote
from attiqa_core.runs.folder import CONFIG, META, describe_run, new_run, to_toml
from attiqa_core.runs.lock import PRIVATE, is_unused
from attiqa_core.runs.progress import progress
from isp_env.raw_io.find import find_raws
from isp_env.stores.store import BakedStore, is_begun

FREE_ON_RESUME = ("out", "resume", "device", "compile", "cache_gb")
"""Options that may change between the parts of a run: the result does not depend on them, but for last bits."""

PEEKED_BYTES = 4096
"""Of a photo, for its input's hash: a page of a disk."""
AHEAD = 8192  # photos that are asked for before the first answers
MOST_PEEKING = 16
"""Photos looked into at once: on a network disk each takes a millisecond to come."""

ANEW = "take it back as it was, or begin again in another --out"

PART = ":"
"""In the name of an input: it is a part of the run, such as `arm:ours`, which later calls may add or leave out."""


def inputs_of_photos(photos: Sequence[Photo]) -> dict[str, str]:
    """Return what `meta.json` keeps of photos: how many, and a hash of their keys, sizes and a part of each one's bytes.

    There may be a million, so of each the PEEKED_BYTES in its middle are read: of two compressed pictures of one size they
    differ, while the first may be the same EXIF. What was changed elsewhere only, such as a caption, is not noticed.
    """
    return {"photos": str(len(photos)), "photos_sha256": hash_of_words(_peeks(photos))}


def _peeks(photos: Sequence[Photo]) -> Iterator[str]:
    with ThreadPoolExecutor(MOST_PEEKING) as pool:
        for some in (photos[start : start + AHEAD] for start in range(0, len(photos), AHEAD)):
            yield from pool.map(_peeked, some)


def _peeked(photo: Photo) -> str:
    """A photo's key, size and the hash of its middle; what is no file, may not be read or lies elsewhere has none."""
    if is_remote(photo.path):
        return f"{photo.key} {size_of(photo.path) if photo.size is None else photo.size}"
    found = photo.path.stat()
    size = found.st_size if photo.size is None else photo.size
    if not stat.S_ISREG(found.st_mode) or not os.access(photo.path, os.R_OK):
        return f"{photo.key} {size}"
    with photo.path.open("rb") as file:
        file.seek((photo.offset or 0) + max(0, size - PEEKED_BYTES) // 2)
        return f"{photo.key} {size} {hashlib.sha256(file.read(min(size, PEEKED_BYTES))).hexdigest()}"


def inputs_of_files(name: str, files: Sequence[Path]) -> dict[str, str]:
    """Return the same of any files, under a name; nothing without any."""
    listed = inputs_of_photos([Photo(file.name, file) for file in files])
    return {name: listed["photos"], f"{name}_sha256": listed["photos_sha256"]} if files else {}


def inputs_of_raws(name: str, paths: Sequence[Path]) -> dict[str, str]:
    """Return the same of raws, or of a store how many contexts it has and the hash of its index."""
    if paths and is_begun(paths[0]):
        store = BakedStore.open(paths[0])
        return {name: str(len(store.items)), f"{name}_sha256": store.sha256}
    return inputs_of_files(name, find_raws(paths)) if paths else {}


def inputs_of_scores(rated: RatedImages) -> dict[str, str]:
    """Return what `meta.json` keeps of human scores: how many, a hash of the images' names, and one of their MOS."""
    names, mos = hash_of_words(rated.names), hash_of_words(map(repr, rated.mos.tolist()))
    return {"images": str(len(rated)), "images_sha256": names, "mos_sha256": mos}


def inputs_of_rated(rated: RatedImages) -> dict[str, str]:
    """Return what `meta.json` keeps of rated images: their scores', and a hash of all files' bytes."""
    return {**inputs_of_scores(rated), "pixels_sha256": hash_of_contents(rated.paths)}


def inputs_of_pristine(paths: Sequence[Path]) -> dict[str, str]:
    """Return what `meta.json` keeps of good photos that ladders are made of: a hash of their bytes, nothing without any."""
    return {"pristine_sha256": hash_of_contents(find_images(paths))} if paths else {}


def inputs_of_weights(config: Any, *names: str) -> dict[str, str]:
    """Return what `meta.json` keeps of options that may name a file of weights: its hash, nothing for a name or None.

    The folder of a "local-dir:/folder" is hashed as a whole.
    """
    sources = {name: Path(str(getattr(config, name)).removeprefix("local-dir:")) for name in names}
    return {
        f"{name}_sha256": hash_of_files(path) for name, path in sources.items() if _is_of_weights(config, name, path)
    }


def _is_of_weights(config: Any, name: str, path: Path) -> bool:
    return path.is_file() or (path.is_dir() and str(getattr(config, name)).startswith("local-dir:"))


def inputs_of_prompts(source: str) -> dict[str, str]:
    """Return what `meta.json` keeps of prompts: the hash of a prompts.json, nothing where they are known by name."""
    path = Path(source) / "prompts.json" if Path(source).is_dir() else Path(source)
    return {} if source in ("table1", "single") or not path.is_file() else {"prompts_sha256": sha256(path)}


def hash_of_files(path: Path) -> str:
    """Return one hash of a file, or of all files below a folder. Raises: InputError if there is none."""
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    if not files:
        raise InputError(f"{path}: no such file")
    return hash_of_words(map(sha256, files))


def hash_of_contents(paths: Sequence[Path]) -> str:
    """Return one hash of the bytes of all files, in order, each read once; names and places do not matter."""
    with ThreadPoolExecutor() as pool:
        hashes = pool.map(sha256, paths)
        return hash_of_words(progress(hashes, total=len(paths), label="hash", unit="picture"))


def hash_of_words(words: Iterable[str]) -> str:
    """Return one hash of words, in order."""
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def begin_or_resume(config: Any, inputs: dict[str, str], free: Sequence[str] = FREE_ON_RESUME) -> Path:
    """Return the run folder of a config with `out` and `resume`; its seed is 0 where there is none to choose.

    `inputs` are the hashes of all files that decide the result; a part (see `PART`) that a resumed run adds is noted.
    Raises: InputError if it was begun with other options (those in `free` may differ) or other inputs, or what is there is
    no run; UsageError if the folder is not empty and nothing is to be resumed.
    """
    if not config.resume or not config.out.is_dir() or is_unused(config.out):
        return new_run(config.out, config, seed=getattr(config, "seed", 0), inputs=inputs)
    if {path.name for path in config.out.iterdir()} == {PRIVATE, CONFIG}:  # killed before its meta.json was there
        _check_options(config, free)
        describe_run(config.out, config, seed=getattr(config, "seed", 0), inputs=inputs)
        return config.out
    meta = config.out / META
    if not meta.exists():
        raise InputError(f"{config.out}: holds files but no run to go on with; name another folder with --out")
    described = _sealed(meta, config.out / CONFIG)
    _check_options(config, free)
    if not isinstance(described.get("inputs"), dict):
        raise InputError(f"{meta}: does not say what the run was begun with; name another folder with --out")
    _check_inputs(meta, described["inputs"], inputs)
    together = {**described["inputs"], **inputs}
    if together != described["inputs"]:
        write_json(meta, {**described, "inputs": together}, seal=True)
    return config.out


def _sealed(meta: Path, config: Path) -> dict[str, Any]:
    """What `meta.json` holds. Raises: InputError if it, or `config.toml`, is not as it was written."""
    told = read_sealed(meta, ANEW)
    if not config.is_file() or sha256(config) != told.get("config_sha256"):
        raise InputError(f"{config}: is not as it was written when the run was begun; {ANEW}")
    return told


def _check_options(config: Any, free: Sequence[str]) -> None:
    path = config.out / CONFIG
    before, now = read_toml(path), tomllib.loads(to_toml(config))
    for name in sorted(before.keys() | now.keys()):
        if name not in free and before.get(name) != now.get(name):
            raise InputError(f"{path}: was begun with {name} {before.get(name)}, not {now.get(name)}; use the same")


def _check_inputs(meta: Path, before: dict[str, str], now: dict[str, str]) -> None:
    for name in sorted(before.keys() | now.keys()):
        if PART in name and (name not in before or name not in now):
            continue
        if before.get(name) != now.get(name):
            raise InputError(
                f"{meta}: was begun with other files: {name} was {_short(before.get(name))} and is"
                f" {_short(now.get(name))}; give the files that it was begun with, or another --out"
            )


def _short(value: str | None) -> str:
    return "not recorded" if value is None else value if len(value) <= 40 else f"{value[:12]}…"
