"""What is compared of one photo: the pictures of every row, each beside the expert's, showing the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from attiqa_core.errors import InputError, first_of
from attiqa_core.tensors import Images
from experiments.pictures.display import read_display
from isp_env.finished_pictures.expert_tiff import Assumed
from isp_env.finished_pictures.geometry import Placement, place
from isp_env.fivek.protocols import Protocol
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.raw_io.loading import read_frame
from isp_env.tiles import render_full

Tune = Callable[[RawFrame], IspParams]
NEUTRAL, CAMERA = "neutral input", "camera default"


@dataclass(frozen=True)
class Row:
    """One method: its name, how it is measured, and where its pictures are from: files by photo, or parameters of each raw."""

    name: str
    protocol: Protocol
    files: Mapping[int, Path] | None = None
    tune: Tune | None = None

    @property
    def is_of_raws(self) -> bool:
        """Whether the pictures are rendered here, from the raws."""
        return self.tune is not None


@dataclass(frozen=True)
class Photos:
    """The photos to compare: names, the experts' files and the raws, by number."""

    names: Mapping[int, str]
    targets: Mapping[int, Path]
    raws: Mapping[int, Path]
    assume: Assumed = None
    device: str | torch.device = "cpu"

    def name(self, number: int) -> str:
        """What a photo is called; a0001 where nothing names it."""
        return self.names.get(number, f"a{number:04d}")


Pair = tuple[Images, Images]
"""A row's picture and the expert's, upright, of what both show; their sizes may differ by a scale."""


@dataclass(frozen=True)
class Case:
    """Each row's pair of a photo, at full size; the share of the expert's picture that sRGB could not hold; where renders lie over it."""

    pairs: Mapping[str, Pair]
    clipped: float
    placement: Placement | None


def case_of(number: int, rows: Sequence[Row], photos: Photos) -> Case:
    """Return what is compared of a photo. Raises: InputError for what cannot be read, or shows something else.

    Renders all lie where the camera default lies over the expert's picture: no tone or colour decides what is compared.
    """
    wanted, clipped = read_display(photos.targets[number], photos.assume)
    pairs = {row.name: _of_file(row.files[number], wanted, photos) for row in rows if row.files is not None}
    tuned = {row.name: row.tune for row in rows if row.tune is not None}
    if not tuned:
        return Case(pairs, clipped, None)
    frame = read_frame(photos.raws[number])
    default = _rendered(frame, IspParams.default(1), photos)
    placement = place(default, wanted, photos.name(number))
    for name, tune in tuned.items():
        made = default if name == CAMERA else _rendered(frame, tune(frame), photos)
        pairs[name] = placement.laid(made, wanted)
    return Case(pairs, clipped, placement)


def _of_file(path: Path, wanted: Images, photos: Photos) -> Pair:
    """Pictures of one size show the same: published sets are made so."""
    made, _ = read_display(path, photos.assume)
    return (made, wanted) if made.shape == wanted.shape else place(made, wanted, str(path)).laid(made, wanted)


def _rendered(frame: RawFrame, params: IspParams, photos: Photos) -> Images:
    return render_full(frame, params, device=photos.device)[None]


def without(numbers: Sequence[int], *files: Mapping[int, Path]) -> list[int]:
    """Return the photos that one of these has no file of."""
    return [number for number in numbers if any(number not in each for each in files)]


def refuse_missing(
    missing: Sequence[int], photos: Photos, of: int, allowed: bool, needed: Mapping[str, Mapping[int, Path]]
) -> None:
    """Raises: InputError naming the photos that are not there, unless that is allowed, or if none is; `needed`: files by what they are."""
    if not missing:
        return
    lacking = {what: len(without(missing, files)) for what, files in needed.items()}
    lack = ", ".join(f"{number:,} without {what}" for what, number in lacking.items() if number)
    names = first_of([photos.name(number) for number in missing])
    if len(missing) == of:
        raise InputError(f"none of the protocol's {of} photos can be compared ({lack}: {names}); is the folder right?")
    if not allowed:
        raise InputError(
            f"{len(missing)} of the protocol's {of} photos are missing ({lack}): {names}; fetch them by `attiqa fivek get`, "
            "or add --allow-missing, whose numbers are comparable with nobody's"
        )
