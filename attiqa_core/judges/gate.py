"""The gate before a scorer may be a reward: what spoils a photo must not raise its score.

An optimiser finds whatever a scorer likes wrongly, so a scorer is asked first: photos against corrupted versions of
themselves, against pictures of nothing, and against finished photos with one setting wrong. What training never showed
decides as well. How far a score moves with resolution and crop is reported beside it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from attiqa_core.errors import InputError
from attiqa_core.evaluation.metrics import srocc
from attiqa_core.files.described import Hash, described
from attiqa_core.files.whole import read_json, write_json
from attiqa_core.judges.gate_report import SCALES, Case, GateReport
from attiqa_core.judges.judge import Judge
from attiqa_core.judges.shared_cast import shared_cast, white_of
from attiqa_core.judges.trials import GATE_PX, TRIALS, shown, versions
from attiqa_core.judges.visibility import can_be_told
from attiqa_core.photos.images import Picture, five_crops, resize_short_edge
from attiqa_core.tensors import Images

log = logging.getLogger(__name__)

REPORT = "gate.json"
FORMAT = "attiqa-gate/3"  # counts up when trials, strengths or limits change: older reports are not believed then
FEWEST_PHOTOS = 5
"""A stored report about fewer photos, or about other than the one crop that a reward looks at, is not believed."""


class GateFile(msgspec.Struct, frozen=True):
    """What decides whether a report is believed; of an older format the rest may be anything."""

    format: str
    sha256: Hash
    crops: int = 0
    photos: int = 0
    passed: bool = False
    failures: tuple[str, ...] = ()


Ladder = list[float | None]
"""How far below its photo each version scores, from weak to strong; None for one that nobody can tell from the photo."""

Ladders = dict[str, list[Ladder]]
"""For each trial the ladder of every photo."""


@torch.inference_mode()
def check(scorer: Judge, photos: Sequence[Picture], names: Sequence[str] = (), seed: int = 0) -> GateReport:
    """Return how a scorer fares on the photos and on what spoils them; one photo is in memory at a time.

    Pictures of nothing are held against the photo that they replace. Raises: InputError without photos, or if a score is
    not finite.
    """
    if not photos:
        raise InputError("the gate needs photos to spoil; name some")
    names = list(names) or [f"photo {index + 1}" for index in range(len(photos))]
    ladders: Ladders = {trial: [] for trial in TRIALS}
    sizes: list[list[float]] = [[] for _ in SCALES]
    spreads, whites = [], []
    for index, (photo, name) in enumerate(zip(photos, names, strict=True)):
        images = shown(photo)
        score = _score(scorer, images, name)
        for edge, scores in zip(SCALES, sizes, strict=True):
            scores.append(score if edge == GATE_PX else _score(scorer, resize_short_edge(images, edge), name))
        crops = [_score(scorer, each, name) for each in five_crops(images, GATE_PX * 3 // 4)]
        spreads.append(float(torch.tensor(crops).std()))
        whites.append(white_of(images))
        for trial in TRIALS:
            made = versions(trial, images, index, seed)
            asked = (each if _is_asked(trial, images, each) else None for each in made)
            about = f"{name}, {trial}"
            ladders[trial].append([None if each is None else score - _score(scorer, each, about) for each in asked])
    shifts = [small - large for small, large in zip(*sizes, strict=True)]
    return GateReport(
        tuple(_case(trial, ladders[trial], names) for trial in TRIALS),
        len(photos),
        sum(shifts) / len(shifts),
        srocc(*sizes),
        sum(spreads) / len(spreads),
        shared_cast(np.array(whites)),
    )


def _score(scorer: Judge, images: Images, name: str) -> float:
    value = float(scorer.score(images)[0])
    if value != value or abs(value) == float("inf"):
        raise InputError(f"{name}: the score is {value}; a scorer whose scores are not finite cannot be a reward")
    return value


def _is_asked(trial: str, photo: Images, version: Images) -> bool:
    """Whether a scorer has to see a difference: lost detail is always seen, colours set otherwise where they changed."""
    return not TRIALS[trial].colours_alone or can_be_told(photo, version)


def _case(trial: str, ladders: list[Ladder], names: Sequence[str]) -> Case:
    made = [(fall, photo, version) for photo, ladder in enumerate(ladders) for version, fall in enumerate(ladder)]
    asked = [(fall, photo, version) for fall, photo, version in made if fall is not None]
    falls = [fall for fall, _, _ in asked]
    told = [[fall for fall in ladder if fall is not None] for ladder in ladders]
    kept = [weaker <= stronger for ladder in told for weaker, stronger in pairwise(ladder)]
    worst_fall, photo, version = min(asked, default=(None, None, None))
    return Case(
        name=trial,
        origin=TRIALS[trial].origin,
        asked=len(asked),
        not_asked=tuple(names[photo] for fall, photo, _ in made if fall is None),
        liked=sum(fall <= 0 for fall in falls) / len(falls) if falls else None,
        limit=TRIALS[trial].limit,
        mean_fall=sum(falls) / len(falls) if falls else None,
        in_order=sum(kept) / len(kept) if TRIALS[trial].graded and kept else None,
        worst_photo=None if photo is None else names[photo],
        worst_version=version,
        worst_fall=worst_fall,
    )


def require(scorer: Judge, photos: Callable[[], Sequence[Picture]]) -> None:
    """Return if the scorer's folder holds a passed report about these weights, or if it passes on `photos` now.

    Raises: InputError naming what it likes wrongly, or a report of an older examination.
    """
    found = stored_report(scorer)
    if found is None and (older := older_report(scorer)) is not None:
        assert scorer.folder is not None
        raise InputError(
            f"{scorer.folder / REPORT}: is of the older examination {older}, of which neither a pass nor a failure counts "
            f"today ({FORMAT}); ask again with `attiqa gate {scorer.reference}`, or add --allow-ungated"
        )
    if found is not None:
        return _refuse(scorer, found["failures"]) if not found["passed"] else None
    why = "no report is beside it" if scorer.folder else "it has no folder for a report, so that every training asks"
    log.warning(f"{scorer.reference}: asking the gate, which may take minutes; {why}")
    report = check(scorer, photos())
    if not report.passed:
        _refuse(scorer, report.failures)


def stored_report(scorer: Judge) -> dict[str, Any] | None:
    """Return the report beside the scorer's weights, if it is about them and says enough to be believed."""
    return None if scorer.folder is None else report_about(scorer.folder, scorer.sha256)


def report_about(folder: Path, sha256: str) -> dict[str, Any] | None:
    """Return the report in a folder, if there is one about weights of this hash that says enough to be believed."""
    if (read := _read(folder)) is None:
        return None
    found, told = read
    believed = told.format == FORMAT and told.sha256 == sha256
    return found if believed and told.crops == 1 and told.photos >= FEWEST_PHOTOS else None


def older_report(scorer: Judge) -> str | None:
    """Return which other examination a report beside the scorer's weights is of, if it is about them."""
    if scorer.folder is None or (read := _read(scorer.folder)) is None:
        return None
    _, told = read
    return told.format if told.format != FORMAT and told.sha256 == scorer.sha256 else None


def _read(folder: Path) -> tuple[dict[str, Any], GateFile] | None:
    if not (folder / REPORT).is_file():
        return None
    found = read_json(folder / REPORT)
    return found, described(folder / REPORT, found, GateFile, "remove it, and ask `attiqa gate` again", more=True)


def _refuse(scorer: Judge, failures: Sequence[str]) -> None:
    name = scorer.reference
    asked = f"{name} --out FOLDER" if scorer.folder is None else name
    raise InputError(
        f"{name}: may not be a reward, it fails on: {', '.join(failures)} (see `attiqa gate {asked}`); make one that "
        "passes with `attiqa finetune --start ridge --regressor linear --corrupted 0.25 --ladders 1` (the whole recipe is "
        "experiments/presets/reward.toml), or add --allow-ungated"
    )


def write(folder: Path, scorer: Judge, report: GateReport, attack: Mapping[str, Any] | None = None) -> Path:
    """Write the report beside the weights that it is about, what an attack found with it, and return its path."""
    about = {"format": FORMAT, "sha256": scorer.sha256, "crops": scorer.crops, "failures": report.failures}
    write_json(folder / REPORT, {**about, **report.to_dict(), "attack": attack}, seal=True)
    return folder / REPORT
