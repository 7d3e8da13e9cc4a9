"""The gate before a scorer may be a reward: what spoils a photo must not raise its score.

An optimiser finds whatever a scorer likes wrongly, so a scorer is asked first: photos against spoiled versions of
themselves, and against pictures of nothing. How far a score moves with resolution and crop is reported beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from attiqa_core.distortions.corruptions import SPOILS
from attiqa_core.errors import InputError
from attiqa_core.evaluation.metrics import srocc
from attiqa_core.files import read_json, write_json
from attiqa_core.judges.judge import Judge
from attiqa_core.photos.images import Picture, five_crops, resize_short_edge, to_images
from attiqa_core.tensors import Images

REPORT = "gate.json"
FORMAT = "attiqa-gate/1"  # counts up when spoils, strengths or limits change: older reports are not believed then
FEWEST_PHOTOS = 5
"""A stored report about fewer photos, or about other than the one crop that a reward looks at, is not believed."""

GATE_PX = 500
"""Shorter edge that photos are brought to before they are spoiled, so that strengths mean the same for all."""

STRENGTHS = (0.25, 0.75)
OUTRANKING_LIMIT = 0.1
"""Largest share of spoiled versions that may score as high as their photo: a photo that was soft or grey may gain."""


@dataclass(frozen=True)
class Case:
    """How a scorer fared on one spoil: the share that did not score below their photo, the mean fall, the worst photo."""

    spoil: str
    outranking: float
    limit: float
    mean_fall: float
    worst_photo: str
    worst_fall: float

    @property
    def passed(self) -> bool:
        return self.outranking <= self.limit

    @property
    def decides(self) -> bool:
        """Whether failing here keeps a scorer from being a reward, or is only watched."""
        return True


@dataclass(frozen=True)
class GateReport:
    """The cases, and how the score moves with what it should not depend on much.

    `half_size_shift` and `half_size_srocc` compare photos with themselves at half the size; `crop_spread` is the mean
    standard deviation over five crops of three quarters of the short edge.
    """

    cases: tuple[Case, ...]
    photos: int
    half_size_shift: float
    half_size_srocc: float | None
    crop_spread: float

    @property
    def passed(self) -> bool:
        return not self.failures

    @property
    def failures(self) -> list[str]:
        """The names of the spoils that the scorer likes, and that decide."""
        return [case.spoil for case in self.cases if case.decides and not case.passed]

    def to_dict(self) -> dict:
        return {**asdict(self), "passed": self.passed, "cases": [asdict(case) for case in self.cases]}


@torch.inference_mode()
def check(scorer: Judge, photos: Sequence[Picture], names: Sequence[str] = (), seed: int = 0) -> GateReport:
    """Return how a scorer fares on the photos and on what spoils them; one photo is in memory at a time.

    Pictures of nothing are held against the photo that they replace, without tolerance. Raises: InputError without photos, or if a score is not finite.
    """
    if not photos:
        raise InputError("the gate needs photos to spoil; name some")
    names = list(names) or [f"photo {index + 1}" for index in range(len(photos))]
    generator = torch.Generator().manual_seed(seed)
    falls: dict[str, list[tuple[float, str]]] = {spoil: [] for spoil in SPOILS}
    originals, halves, spreads = [], [], []
    for photo, name in zip(photos, names, strict=True):
        images = resize_short_edge(to_images(photo[None]), GATE_PX)
        original = _score(scorer, images, name)
        originals.append(original)
        halves.append(_score(scorer, resize_short_edge(images, GATE_PX // 2), name))
        spreads.append(
            float(torch.stack([scorer.score(each)[0] for each in five_crops(images, GATE_PX * 3 // 4)]).std())
        )
        for spoil, how in SPOILS.items():
            for strength in STRENGTHS:
                spoiled = _score(scorer, how.apply(images, strength, generator), f"{name}, {spoil}")
                falls[spoil].append((original - spoiled, name))
    shifts = [half - original for half, original in zip(halves, originals, strict=True)]
    return GateReport(
        tuple(_case(spoil, falls[spoil]) for spoil in SPOILS),
        len(photos),
        sum(shifts) / len(shifts),
        srocc(halves, originals),
        sum(spreads) / len(spreads),
    )


def _score(scorer: Judge, images: Images, name: str) -> float:
    value = float(scorer.score(images)[0])
    if value != value or abs(value) == float("inf"):
        raise InputError(f"{name}: the score is {value}; a scorer whose scores are not finite cannot be a reward")
    return value


def _case(spoil: str, falls: list[tuple[float, str]]) -> Case:
    worst_fall, worst_photo = min(falls)
    outranking = sum(fall <= 0 for fall, _ in falls) / len(falls)
    limit = OUTRANKING_LIMIT if SPOILS[spoil].keeps_content else 0.0
    return Case(spoil, outranking, limit, sum(fall for fall, _ in falls) / len(falls), worst_photo, worst_fall)


def require(scorer: Judge, photos: Callable[[], Sequence[Picture]]) -> None:
    """Return if the scorer's folder holds a passed report about these weights, or if it passes on `photos` now.

    Raises: InputError naming what it likes wrongly.
    """
    found = _stored(scorer)
    if found is not None:
        return _refuse(scorer, found["failures"]) if not found["passed"] else None
    report = check(scorer, photos())
    if not report.passed:
        _refuse(scorer, report.failures)


def _stored(scorer: Judge) -> dict[str, Any] | None:
    """Return the report beside the scorer's weights, if it is about them and says enough to be believed."""
    if scorer.folder is None or not (scorer.folder / REPORT).is_file():
        return None
    found = read_json(scorer.folder / REPORT)
    believed = found.get("format") == FORMAT and found.get("sha256") == scorer.sha256
    return found if believed and found["crops"] == 1 and found["photos"] >= FEWEST_PHOTOS else None


def _refuse(scorer: Judge, failures: Sequence[str]) -> None:
    name = scorer.reference
    raise InputError(
        f"{name}: may not be a reward, it likes pictures that are {', '.join(failures)} (see `attiqa gate {name}`); "
        "fine-tune with --regressor guarded --freeze all, or add --allow-ungated"
    )


def write(folder: Path, scorer: Judge, report: GateReport) -> Path:
    """Write the report beside the weights that it is about, and return its path."""
    about = {"format": FORMAT, "sha256": scorer.sha256, "crops": scorer.crops, "failures": report.failures}
    write_json(folder / REPORT, {**about, **report.to_dict()})
    return folder / REPORT


def describe(report: GateReport) -> str:
    """Return the report as a table for people."""
    lines = [f"{'spoil':<16}{'not below photo':>16}{'allowed':>9}{'mean fall':>11}   least fall"]
    for case in report.cases:
        verdict = "" if case.passed else "   FAILS" if case.decides else "   watch"
        lines.append(
            f"{case.spoil:<16}{case.outranking:>16.1%}{case.limit:>9.0%}{case.mean_fall:>11.3f}"
            f"   {case.worst_fall:+.3f} {case.worst_photo}{verdict}"
        )
    order = "undefined" if report.half_size_srocc is None else f"{report.half_size_srocc:.3f}"
    lines += [
        f"at half the size the score moves by {report.half_size_shift:+.3f} on average (SROCC {order}); "
        f"over five crops it spreads by {report.crop_spread:.3f}",
        "passed: may be a reward" if report.passed else f"failed on: {', '.join(report.failures)}",
    ]
    return "\n".join(lines)
