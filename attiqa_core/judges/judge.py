"""Judges: everything that scores an image, on one protocol, found by one name.

`create_metric("attiqa-mini")` is the shipped scorer; a folder may hold a scorer, CLIP-IQA+ or QualiCLIP; "clip-iqa" is the
zero-shot one; "org/name@revision" is a scorer on the hub; "pyiqa:NAME" is any no-reference metric of pyiqa.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from attiqa_core.errors import InputError
from attiqa_core.judges.clip_iqa import NAME as CLIP_IQA
from attiqa_core.judges.clip_iqa import find_clip_iqa
from attiqa_core.tensors import AttributeScores, Images, Scores

PYIQA = "pyiqa:"


class Judge(Protocol):
    """Scores display sRGB images in [0, 1]: higher is better, about [0, 1], an image's score depends on it alone.

    Any judge may be the reward of `isp_env`. `reference` is what `create_metric` finds it by, `sha256` fixes what it
    computes.
    """

    @property
    def name(self) -> str: ...

    @property
    def sha256(self) -> str: ...

    @property
    def reference(self) -> str: ...

    @property
    def device(self) -> torch.device: ...

    @property
    def crops(self) -> int: ...

    @property
    def attribute_names(self) -> tuple[str, ...]: ...

    def __call__(self, images: Images) -> Scores:
        """Return scores; gradients flow to the images."""
        ...

    def score(self, images: Images) -> Scores:
        """Return scores without recording gradients."""
        ...

    def read(self, images: Images) -> tuple[Scores, AttributeScores]:
        """Return scores and the five attribute scores from one pass; gradients flow to the images."""
        ...

    def to_mos(self, scores: Scores) -> Scores:
        """Return scores on the scale of the human scores behind them, as they are where there were none."""
        ...

    def with_crops(self, crops: int) -> "Judge":
        """Return a judge that shares these weights and looks at 1 or 5 crops, where it looks at crops at all."""
        ...


def create_metric(name_or_path: str | Path, device: str | torch.device = "cpu", crops: int = 5) -> Judge:
    """Return a judge by shipped name, folder, "clip-iqa[?...]", hub id or "pyiqa:NAME".

    Raises: InputError or UsageError, in one sentence, if it cannot be had.
    """
    name = str(name_or_path)
    if name.startswith(PYIQA):
        from attiqa_core.judges.pyiqa import pyiqa_judge

        return pyiqa_judge(name.removeprefix(PYIQA), device)
    if name.partition("?")[0] == CLIP_IQA:
        return find_clip_iqa(name, device, crops)
    folder = Path(name_or_path)
    if (folder / "clip_iqa.json").is_file():
        from attiqa_core.judges.clip_iqa_plus import load_prompts

        return load_prompts(folder, device, crops)
    if (folder / "qualiclip.json").is_file():
        from attiqa_core.judges.qualiclip import load_qualiclip

        return load_qualiclip(folder, device, crops)
    from attiqa_core.scorer import Scorer

    try:
        return Scorer.from_pretrained(name, device=device, crops=crops)
    except InputError as error:
        if folder.exists():
            raise
        raise InputError(f"{error}; other judges: {CLIP_IQA}, {PYIQA}NAME") from error


@dataclass(frozen=True)
class Baseline:
    """A published no-reference method: its names in pyiqa, or why there is none."""

    method: str
    pyiqa: tuple[str, ...]
    note: str = ""


PUBLISHED_BASELINES = (
    Baseline("DBCNN", ("dbcnn",), "trained on KonIQ-10k"),
    Baseline("HyperIQA", ("hyperiqa",)),
    Baseline("MUSIQ", ("musiq", "musiq-spaq", "musiq-paq2piq", "musiq-ava"), "KonIQ-10k by default"),
    Baseline("TReS", ("tres", "tres-flive"), "KonIQ-10k by default"),
    Baseline("CLIP-IQA", ("clipiqa",), "also here: create_metric('clip-iqa')"),
    Baseline("CLIP-IQA+", ("clipiqa+", "clipiqa+_rn50_512", "clipiqa+_vitL14_512"), "trainable here: attiqa clip-iqa"),
    Baseline("LIQE", ("liqe", "liqe_mix"), "KonIQ-10k by default, or six sets"),
    Baseline("QualiCLIP", ("qualiclip",), "trainable here: attiqa qualiclip"),
    Baseline(
        "ARNIQA", ("arniqa", "arniqa-clive", "arniqa-spaq", "arniqa-flive", "arniqa-kadid"), "KonIQ-10k by default"
    ),
    Baseline("PaQ-2-PiQ", ("paq2piq",), "trained on FLIVE"),
    Baseline("NIMA", ("nima", "nima-koniq", "nima-spaq"), "aesthetics (AVA) by default"),
    Baseline("MANIQA", ("maniqa",), "trained on KonIQ-10k"),
    Baseline("TOPIQ", ("topiq_nr", "topiq_nr-flive", "topiq_nr-spaq"), "KonIQ-10k by default"),
    Baseline("Q-Align", ("qalign",), "a language model of 7 billion weights"),
    Baseline("CONTRIQUE", (), "not in pyiqa; a checkpoint of features exists, a regressor has to be fitted"),
    Baseline("Re-IQA", (), "not in pyiqa; encoders of features only, a regressor has to be fitted"),
    Baseline("CLIP", (), "not a metric: an encoder, `attiqa evaluate` fine-tunes or probes it"),
    Baseline("QPT", (), "no public weights found"),
    Baseline("ATTIQA", (), "no public weights or code; this project"),
)
"""The methods that the ATTIQA paper and its neighbours compare with. Names: pyiqa's own table of metrics, 2025."""
