"""QualiCLIP as a folder: `qualiclip.safetensors` and `qualiclip.json` describe themselves; nothing else is needed.

The prompts' embeddings are stored, so that no text encoder is loaded again.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import msgspec
import open_clip
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from attiqa_core.attributes import TABLE_1_PROMPTS, PromptPair
from attiqa_core.errors import InputError
from attiqa_core.files.described import Finite, Hash, Name, Positive, read_description
from attiqa_core.files.whole import sha256, write_json
from attiqa_core.judges.prompt_judge import PromptJudge, Scale, View
from attiqa_core.judges.towers import BackboneTower, ClipTower, TextPairs
from attiqa_core.network.architecture import Architecture
from attiqa_core.network.model import build_network
from attiqa_core.tensor_files import load_tensors, save_tensors
from attiqa_core.tensors import Embeddings, Scores

FORMAT = "attiqa-qualiclip/1"
WEIGHTS, DESCRIPTION = "qualiclip.safetensors", "qualiclip.json"

QUALITY_PAIRS = (
    PromptPair("Good photo.", "Bad photo."),
    PromptPair("Sharp photo.", "Blurry photo."),
    PromptPair("Clean photo.", "Noisy photo."),
    PromptPair("Clear picture.", "Distorted picture."),
    PromptPair("High quality picture.", "Low quality picture."),
    PromptPair("Flawless image.", "Damaged image."),
)
"""Antonyms about quality as a whole; likeness is averaged over them. Our choice."""

Sides = Float[Tensor, "2 features"]
"""Mean unit embedding of the positive prompts, then of the negative prompts."""


def sides_of(embedded: Float[Tensor, "pairs 2 features"]) -> Sides:
    """Return the mean of the pairs' unit embeddings: a cosine to it, unnormalised, is the mean of the cosines."""
    return functional.normalize(embedded, dim=-1).mean(0)


def quality_difference(embeddings: Embeddings, sides: Sides) -> Scores:
    """Likeness to the positive side less likeness to the negative side."""
    return functional.normalize(embeddings.float(), dim=1) @ (sides[0] - sides[1])


class QualiclipFile(msgspec.Struct, frozen=True):
    """What qualiclip.json has to hold; what its training said of itself stands beside it."""

    format: Literal["attiqa-qualiclip/1"]
    architecture: Architecture | None
    view: View
    scale: Scale
    sha256: Hash
    model: Name | None = None
    quick_gelu: bool | None = None
    mean: tuple[Finite, Finite, Finite] | None = None
    std: tuple[Positive, Positive, Positive] | None = None
    stand_in: bool = False


def save_qualiclip(
    folder: Path,
    tower: ClipTower | BackboneTower,
    text: TextPairs,
    attribute_text: TextPairs,
    view: View,
    scale: Scale,
    described: dict[str, Any],
) -> Path:
    """Write the run's weights and description and return the folder.

    `described` says what the tower is ("model" and "quick_gelu" for a CLIP) and where its text directions come from.
    """
    folder = Path(folder)
    state = {f"tower.{name}": tensor for name, tensor in tower.state_dict().items()}
    save_tensors(folder / WEIGHTS, {**state, "text.quality": text, "text.attributes": attribute_text})
    architecture = tower.net.arch.to_dict() if isinstance(tower, BackboneTower) else None
    write_json(
        folder / DESCRIPTION,
        {
            "format": FORMAT,
            "architecture": architecture,
            "view": asdict(view),
            "scale": asdict(scale),
            "prompts": [list(pair) for pair in QUALITY_PAIRS],
            "attribute_prompts": {name: list(pair) for name, pair in TABLE_1_PROMPTS.items()},
            "sha256": sha256(folder / WEIGHTS),
            **described,
        },
        seal=True,
    )
    return folder


def load_qualiclip(folder: Path | str, device: str | torch.device = "cpu", crops: int = 5) -> PromptJudge:
    """Return the judge that `attiqa qualiclip` wrote. Raises: InputError for another format or a wrong hash."""
    folder = Path(folder)
    described = read_described(folder)
    tensors = load_tensors(folder / WEIGHTS, described.sha256)
    text, attribute_text = tensors.pop("text.quality", None), tensors.pop("text.attributes", None)
    if text is None or attribute_text is None or text.ndim != 3 or attribute_text.shape[-1:] != text.shape[-1:]:
        raise InputError(f"{folder / WEIGHTS}: holds no embeddings of prompts; train it again")
    tower = _tower(folder / DESCRIPTION, described, text.shape[-1])
    _load_tower(tower, tensors, folder / WEIGHTS)
    sides = sides_of(text)
    judge = PromptJudge(
        tower,
        (sides[0] - sides[1])[None],
        attribute_text[:, 0] - attribute_text[:, 1],
        described.view,
        described.scale,
        name=folder.name,
        sha256=described.sha256,
        reference=str(folder.resolve()),
        crops=crops,
        folder=folder,
    )
    return judge.to(device)


def read_described(folder: Path | str) -> QualiclipFile:
    """Return what a run says of itself. Raises: InputError naming the file and the field."""
    return read_description(Path(folder) / DESCRIPTION, QualiclipFile, "train it again", more=True)


def _tower(source: Path, described: QualiclipFile, features: int) -> ClipTower | BackboneTower:
    if described.architecture is not None:
        return BackboneTower(build_network(described.architecture, source), features)
    if (
        described.model is None
        or described.model not in open_clip.list_models()
        or described.mean is None
        or described.std is None
    ):
        raise InputError(f"{source}: $.model: {described.model!r} is no CLIP that is known here; train it again")
    network: Any = open_clip.create_model(
        described.model, load_weights=False, force_quick_gelu=described.quick_gelu or False
    )
    return ClipTower(network.visual, described.mean, described.std)


def _load_tower(tower: nn.Module, tensors: dict[str, Tensor], source: Path) -> None:
    try:
        tower.load_state_dict({name.removeprefix("tower."): tensor for name, tensor in tensors.items()})
    except RuntimeError as error:
        raise InputError(f"{source}: its weights are not of the tower that {DESCRIPTION} describes") from error


def attribute_pairs() -> list[PromptPair]:
    """Return Table 1's pairs in the order of `ATTRIBUTES`."""
    return list(TABLE_1_PROMPTS.values())
