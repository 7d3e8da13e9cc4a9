"""QualiCLIP as a folder: `qualiclip.safetensors` and `qualiclip.json` describe themselves; nothing else is needed.

The prompts' embeddings are stored, so that no text encoder is loaded again.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import open_clip
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from attiqa_core.attributes import TABLE_1_PROMPTS, PromptPair
from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, sha256, write_json
from attiqa_core.judges.prompt_judge import PromptJudge, Scale, View
from attiqa_core.judges.towers import BackboneTower, ClipTower, TextPairs
from attiqa_core.network.architecture import Architecture
from attiqa_core.network.model import AttiqaNet
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
    )
    return folder


def load_qualiclip(folder: Path | str, device: str | torch.device = "cpu", crops: int = 5) -> PromptJudge:
    """Return the judge that `attiqa qualiclip` wrote. Raises: InputError for another format or a wrong hash."""
    folder = Path(folder)
    described = read_json(folder / DESCRIPTION)
    if described.get("format") != FORMAT:
        raise InputError(
            f"{folder / DESCRIPTION}: format {described.get('format')!r} is not {FORMAT!r}; train it again"
        )
    tensors = load_tensors(folder / WEIGHTS, described["sha256"])
    text, attribute_text = tensors.pop("text.quality"), tensors.pop("text.attributes")
    tower = _tower(described, text.shape[-1])
    _load_tower(tower, tensors, folder / WEIGHTS)
    sides = sides_of(text)
    judge = PromptJudge(
        tower,
        (sides[0] - sides[1])[None],
        attribute_text[:, 0] - attribute_text[:, 1],
        View(**described["view"]),
        Scale(**described["scale"]),
        name=folder.name,
        sha256=described["sha256"],
        reference=str(folder.resolve()),
        crops=crops,
        folder=folder,
    )
    return judge.to(device)


def _tower(described: dict[str, Any], features: int) -> ClipTower | BackboneTower:
    if described["architecture"] is not None:
        return BackboneTower(AttiqaNet(Architecture.from_dict(described["architecture"])), features)
    network: Any = open_clip.create_model(
        described["model"], load_weights=False, force_quick_gelu=described["quick_gelu"]
    )
    return ClipTower(network.visual, described["mean"], described["std"])


def _load_tower(tower: nn.Module, tensors: dict[str, Tensor], source: Path) -> None:
    try:
        tower.load_state_dict({name.removeprefix("tower."): tensor for name, tensor in tensors.items()})
    except RuntimeError as error:
        raise InputError(f"{source}: its weights are not of the tower that {DESCRIPTION} describes") from error


def attribute_pairs() -> list[PromptPair]:
    """Return Table 1's pairs in the order of `ATTRIBUTES`."""
    return list(TABLE_1_PROMPTS.values())
