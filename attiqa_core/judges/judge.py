"""Judges: everything that scores an image, on one protocol, found by one name."""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from attiqa_core.errors import InputError
from attiqa_core.files.regular import is_file, is_there
from attiqa_core.judges.joint_reference import parts_named
from attiqa_core.photos.accepted import Accepted
from attiqa_core.sharing.references import JOINT, is_repository, split_revision
from attiqa_core.sharing.shipped import DESCRIPTION as SCORER
from attiqa_core.sharing.shipped import shipped_names
from attiqa_core.tensors import AttributeScores, Scores


class Judge(Protocol):
    """Scores display sRGB pictures: higher is better, about [0, 1], a picture's score depends on it alone.

    Any judge may be the reward of `isp_env`. It stays in evaluation whatever module owns it, is unmoved by autocast, and
    takes pictures in every form of `photos.accepted.Accepted`. `network.frozen_judge.FrozenJudge` does all this around
    one method; `judges.conformance.JudgeConformance` tests whether a judge keeps its word.
    """

    @property
    def name(self) -> str: ...

    @property
    def sha256(self) -> str:
        """What fixes the scores: a hash of the weights."""
        ...

    @property
    def reference(self) -> str:
        """What `create_metric` finds this judge by; its name if it is no member of `JUDGES`."""
        ...

    @property
    def folder(self) -> Path | None:
        """Where its files lie, and its `gate.json` beside them; None for a judge without a folder of its own."""
        ...

    @property
    def device(self) -> torch.device: ...

    @property
    def crops(self) -> int:
        """How many crops of a picture it looks at, 1 or 5."""
        ...

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """What the columns of the attribute scores are called; none for a judge that knows no attributes."""
        ...

    @property
    def differentiable(self) -> bool:
        """Whether gradients flow to the images; where not, asking for them is a UsageError."""
        ...

    @property
    def bounded(self) -> bool:
        """Whether scores are sure to lie in [0, 1]; otherwise they are about [0, 1], and bad pictures may fall below."""
        ...

    @property
    def metric_name(self) -> str:
        """The judge's name, where pyiqa's users look for it."""
        ...

    @property
    def lower_better(self) -> bool:
        """Always False: where a metric's own scores fall with quality, the judge turns them round."""
        ...

    @property
    def score_range(self) -> str:
        """The range in pyiqa's words: "0, 1" if `bounded`, else "~0, ~1", the typical one; "~, ~" where none is known."""
        ...

    def __call__(self, images: Accepted) -> Scores:
        """Return scores; gradients flow to the images."""
        ...

    def score(self, images: Accepted) -> Scores:
        """Return scores without recording gradients. Raises: InputError for what is no display sRGB in [0, 1]."""
        ...

    def read(self, images: Accepted) -> tuple[Scores, AttributeScores]:
        """Return scores and attribute scores from one pass; gradients flow to the images.

        The hot path of an environment: form and type are looked at, values are trusted.
        """
        ...

    def to_mos(self, scores: Scores) -> Scores:
        """Return scores on the scale of the human scores behind them, as they are where there were none."""
        ...

    def with_crops(self, crops: int) -> "Judge":
        """Return a judge that shares these weights and looks at 1 or 5 crops, where it looks at crops at all.

        Raises: UsageError where the number is part of the file.
        """
        ...


@dataclass(frozen=True)
class Kind:
    """One kind of judge: one line about it, how it is referred to, and what opens it."""

    about: str
    reference: str
    recognises: Callable[[str], bool]
    """Whether a reference is of this kind."""
    opener: str
    """"module:function", imported when the first judge of the kind is opened; takes the reference, device= and crops=."""


def _holds(description: str) -> Callable[[str], bool]:
    return lambda reference: is_file(Path(reference) / description)


def _is_scorer(reference: str) -> bool:
    if is_there(reference):
        return _holds(SCORER)(reference)
    return reference in shipped_names() or is_repository(split_revision(reference)[0])


def parts_of_reference(reference: str) -> list[str]:
    """Return the references of the judges that are joined in one by "+": one alone if it names a single judge."""
    return [reference] if is_there(reference) else parts_named(reference, is_single)


def is_single(reference: str) -> bool:
    """Return whether a reference is one judge's, or its run's: not any "folder/name" that might be a repository's."""
    if is_run(reference):
        return True
    by_chance = is_repository(reference) and not is_there(reference)
    return not by_chance and any(kind.recognises(reference) for name, kind in JUDGES.items() if name != JOINED)


def is_run(reference: str) -> bool:
    """Return whether a folder is a run that has a scorer in it."""
    return is_file(Path(reference) / "scorer" / SCORER)


JOINED = "joined"

JUDGES: dict[str, Kind] = {
    JOINED: Kind(
        "the mean of several scorers, less what it costs that settings are off by a scorer of `attiqa settings`",
        f"SCORER{JOINT}SCORER, SCORER{JOINT}SETTINGS or more of them",
        lambda reference: len(parts_of_reference(reference)) > 1,
        "attiqa_core.judges.joined:open_joined",
    ),
    "pyiqa": Kind(
        "any no-reference metric of pyiqa, an optional package",
        "pyiqa:NAME",
        lambda reference: reference.startswith("pyiqa:"),
        "attiqa_core.judges.pyiqa:pyiqa_judge",
    ),
    "clip-iqa": Kind(
        "CLIP-IQA, zero-shot",
        "clip-iqa[?model=...&weights=...&view=...&prompts=...]",
        lambda reference: reference.partition("?")[0] == "clip-iqa",
        "attiqa_core.judges.clip_iqa:find_clip_iqa",
    ),
    "onnx": Kind(
        "a scorer exported by `attiqa export`, run by ONNX Runtime on the CPU, without gradients",
        "MODEL.onnx",
        lambda reference: reference.lower().endswith(".onnx"),
        "attiqa_core.judges.onnx_scorer:open_onnx",
    ),
    "clip-iqa-plus": Kind(
        "CLIP-IQA+, whose prompts `attiqa clip-iqa` learned",
        "a folder with clip_iqa.json",
        _holds("clip_iqa.json"),
        "attiqa_core.judges.clip_iqa_plus:load_prompts",
    ),
    "qualiclip": Kind(
        "QualiCLIP, as `attiqa qualiclip` trained it",
        "a folder with qualiclip.json",
        _holds("qualiclip.json"),
        "attiqa_core.judges.qualiclip:load_qualiclip",
    ),
    "niqe": Kind(
        "NIQE: the distance of luma's patterns from those of pristine photos, without human scores and without gradients",
        "niqe, or a folder with niqe.json from `attiqa naturalness`",
        lambda reference: reference == "niqe" or _holds("niqe.json")(reference),
        "attiqa_core.judges.niqe:open_niqe",
    ),
    "colour-naturalness": Kind(
        "the distance of colours and tones from those of pristine photos, without human scores",
        "colour-naturalness, or a folder with colour-naturalness.json from `attiqa naturalness`",
        lambda reference: reference == "colour-naturalness" or _holds("colour-naturalness.json")(reference),
        "attiqa_core.judges.colour_naturalness:open_colour_naturalness",
    ),
    "attiqa": Kind(
        "an ATTIQA scorer, shipped or from `attiqa finetune`, or one of `attiqa settings`",
        f"{', '.join(shipped_names())}, a folder with {SCORER}, or org/name@COMMIT on the hub",
        _is_scorer,
        "attiqa_core.scorer:Scorer.from_pretrained",
    ),
}
"""Every kind of judge; the first that recognises a reference opens it. A judge of one's own is one row more."""


def create_metric(name_or_path: str | Path, device: str | torch.device = "cpu", crops: int | None = None) -> Judge:
    """Return the judge that a reference of one of `JUDGES` names, such as "attiqa-mini".

    It looks at `crops` crops, or as many as its kind does by itself (5 of a scorer's). Raises: InputError or UsageError,
    in one sentence, if it cannot be had.
    """
    reference = str(name_or_path)
    kind = next((kind for kind in JUDGES.values() if kind.recognises(reference)), None)
    if kind is None:
        if is_run(reference):
            raise InputError(f"{reference}: is a run of `attiqa finetune`; its scorer is {Path(reference) / 'scorer'}")
        known = "; ".join(each.reference for each in JUDGES.values())
        raise InputError(f"{reference}: no such judge; a judge is one of: {known}")
    open_judge = pkgutil.resolve_name(kind.opener)
    return open_judge(reference, device=device, **({} if crops is None else {"crops": crops}))
