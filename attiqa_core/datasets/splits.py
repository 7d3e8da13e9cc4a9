"""Split files: which images are trained on, validated on and tested on, by name, so that others can repeat a result."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

from attiqa_core.datasets.foreign_splits import read_index_arrays, read_text_lists
from attiqa_core.datasets.rated import TEST, TRAIN, VAL, RatedImages
from attiqa_core.datasets.readers.mos_csv import part
from attiqa_core.datasets.tables import read_csv
from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, write_json

FORMAT = "attiqa-splits/1"
PARTS = (TRAIN, VAL, TEST)

Parts = dict[str, list[str]]
"""Image names by part: "train", "val" (may be empty) and "test"."""


def write_splits(path: Path, dataset: str, splits: Sequence[Mapping[str, Sequence[str]]], first_seed: int = 0) -> None:
    """Write splits as JSON; split `k` is said to be drawn with seed `first_seed + k`. Raises: InputError as reading."""
    listed = [{name: list(parts.get(name, ())) for name in PARTS} for parts in splits]
    for number, parts in enumerate(listed):
        _check(path, number, parts)
    numbered = [{"seed": first_seed + number, **parts} for number, parts in enumerate(listed)]
    write_json(path, {"format": FORMAT, "dataset": dataset, "splits": numbered}, seal=True)


def read_splits(path: Path, rated: RatedImages | None = None) -> list[Parts]:
    """Return the splits of a file or folder, each checked: train and test not empty, no image twice.

    Understood: our JSON; a CSV with the columns image,split; a folder of LIQE's lists (`1/clive_train_clip.txt`);
    a folder of ARNIQA's index arrays (`train.npy`), which count the rows of the whole data set: `rated`, read without
    requiring images. Raises: InputError naming the file.
    """
    path = Path(path)
    if path.is_dir():
        is_arrays = (path / "train.npy").is_file()
        splits = read_index_arrays(path, rated) if is_arrays else read_text_lists(path)
    elif path.suffix.lower() == ".json":
        splits = _read_json(path)
    elif path.suffix.lower() == ".csv":
        splits = [_read_csv(path)]
    else:
        raise InputError(f"{path}: is neither a .json or .csv of splits nor a folder of LIQE's or ARNIQA's")
    for number, parts in enumerate(splits):
        _check(path, number, parts)
    return splits


def split_indices(
    rated: RatedImages, parts: Mapping[str, Sequence[str]], source: Path, *, allow_missing: bool = False
) -> dict[str, list[int]]:
    """Return the positions in `rated` of the images of each part.

    A name may have folders before it (`Images/908.JPG`) if its file name is unique. Raises: InputError for a name that
    is not in the data set (left out with `allow_missing`), an emptied part, or a group torn between two parts.
    """
    places = _places(rated)
    indices: dict[str, list[int]] = {}
    for name in PARTS:
        found = [(image, _place(places, rated, image)) for image in parts.get(name, ())]
        unknown = [image for image, place in found if place is None]
        if unknown and not allow_missing:
            raise InputError(
                f"{source}: {name} names {unknown[0]}, which {rated.name} does not have, nor {len(unknown) - 1} others;"
                " use the split file of this data set, or --allow-missing"
            )
        indices[name] = [place for _, place in found if place is not None]
        if found and not indices[name]:
            raise InputError(f"{source}: {rated.name} has none of the {len(found)} images of {name}")
    _check_disjoint(rated, indices, source)
    return indices


def _places(rated: RatedImages) -> dict[str, list[int]]:
    """Positions by lower-case file name."""
    places: dict[str, list[int]] = {}
    for index, path in enumerate(rated.paths):
        places.setdefault(path.name.lower(), []).append(index)
    return places


def _place(places: dict[str, list[int]], rated: RatedImages, image: str) -> int | None:
    candidates = places.get(image.rpartition("/")[2].lower(), [])
    if len(candidates) > 1:
        candidates = [index for index in candidates if f"/{rated.paths[index].as_posix()}".endswith(f"/{image}")]
    return candidates[0] if len(candidates) == 1 else None


def _check_disjoint(rated: RatedImages, indices: Mapping[str, Sequence[int]], source: Path) -> None:
    for one, other in combinations(PARTS, 2):
        if both := set(indices[one]) & set(indices[other]):
            raise InputError(f"{source}: {rated.names[min(both)]} is both in {one} and in {other}; keep it in one")
        if rated.groups is None:
            continue
        torn = {rated.groups[index] for index in indices[one]} & {rated.groups[index] for index in indices[other]}
        if torn:
            raise InputError(
                f"{source}: {len(torn)} groups of {rated.name} lie both in {one} and in {other}, first {min(torn)!r};"
                " keep all images of one reference or prompt in one part"
            )


def _check(path: Path, number: int, parts: Mapping[str, Sequence[str]]) -> None:
    for name in PARTS:
        if len(set(parts[name])) < len(parts[name]):
            twice = next(image for image in parts[name] if list(parts[name]).count(image) > 1)
            raise InputError(f"{path}: split {number} names {twice} twice in {name}; keep it once")
    for name in (TRAIN, TEST):
        if not parts[name]:
            raise InputError(f"{path}: split {number} has no images in {name}; train and test need some")
    for one, other in combinations(PARTS, 2):
        if both := set(parts[one]) & set(parts[other]):
            raise InputError(
                f"{path}: split {number} has {len(both)} images both in {one} and in {other}, first {min(both)};"
                " keep each in one part"
            )


def _read_json(path: Path) -> list[Parts]:
    content = read_json(path)
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        raise InputError(f"{path}: has the format {found!r} instead of {FORMAT!r}; it is no split file")
    splits = content.get("splits")
    if not isinstance(splits, list) or not splits:
        raise InputError(f"{path}: holds no splits")
    for number, parts in enumerate(splits):
        for name in PARTS:
            names = parts.get(name, []) if isinstance(parts, dict) else None
            if not isinstance(names, list) or not all(isinstance(image, str) for image in names):
                raise InputError(f"{path}: split {number} has no list of image names for {name}")
    return [{name: list(parts.get(name, [])) for name in PARTS} for parts in splits]


def _read_csv(path: Path) -> Parts:
    parts: Parts = {name: [] for name in PARTS}
    for line, row in read_csv(path, ("image", "split")):
        parts[part(path, line, row["split"])].append(row["image"].strip())
    return parts
