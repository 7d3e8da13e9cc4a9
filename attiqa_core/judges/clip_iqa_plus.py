"""CLIP-IQA+: the words around "Good photo." and "Bad photo." are learned as vectors from human scores; CLIP is frozen.

Sources: Wang, Chan, Loy 2023 (arXiv 2207.12396), CLIP-IQA+; Zhou, Yang, Loy, Liu 2022, Learning to prompt (CoOp).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from attiqa_core.attributes import TABLE_1_PROMPTS, PromptPair
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.described import Hash, Name, Words, read_description
from attiqa_core.files.whole import sha256, write_json
from attiqa_core.judges.clip_iqa import CLIP_SCALE, QUALITY_PAIR, FrozenClip, Seeing, frozen_clip
from attiqa_core.judges.prompt_judge import PromptJudge
from attiqa_core.judges.towers import in_order
from attiqa_core.photos.images import Picture, to_images
from attiqa_core.tensor_files import load_tensors, save_tensors

FORMAT = "attiqa-clip-iqa/1"
WEIGHTS, DESCRIPTION = "clip_iqa.safetensors", "clip_iqa.json"
PLACEHOLDER = "X"  # one token of every CLIP vocabulary; its embedding is replaced by a learned vector
CONTEXT_STD = 0.02

Views = Float[Tensor, "images views features"]
"""Unit embeddings of the crops that a judge looks at."""


class ContextPrompts(nn.Module):
    """Learned context vectors before a frozen antonym pair: the same `tokens` for both prompts, as the original learns
    them, or `tokens` for each (not `shared`).

    Raises: UsageError if the text encoder cannot take them.
    """

    def __init__(
        self,
        clip: FrozenClip,
        pair: PromptPair = QUALITY_PAIR,
        *,
        tokens: int,
        shared: bool,
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        self.pair, self.tokens, self.shared = pair, tokens, shared
        self._frozen = (clip.network, _token_embedding(clip))  # in a tuple, so that they are not part of the state
        self._words = self._tokenise(clip)
        width = self._frozen[1].embedding_dim
        start = torch.randn(1 if shared else 2, tokens, width, generator=generator) * CONTEXT_STD
        self.context = nn.Parameter(start.to(self._words.device))

    def forward(self) -> Float[Tensor, "2 features"]:
        """Return the unit embeddings of the positive and the negative prompt; gradients flow to the context."""
        network, embedding = self._frozen

        def put_context(module: nn.Module, arguments: Any, embedded: Tensor) -> Tensor:
            context = self.context.expand(len(embedded), -1, -1).to(embedded.dtype)
            return torch.cat([embedded[:, :1], context, embedded[:, 1 + self.tokens :]], 1)

        hook = embedding.register_forward_hook(put_context)
        try:
            return functional.normalize(network.encode_text(self._words).float(), dim=1)
        finally:
            hook.remove()

    def _tokenise(self, clip: FrozenClip) -> Tensor:
        blank = " ".join([PLACEHOLDER] * self.tokens)
        words = clip.tokenizer([f"{blank} {side}" for side in self.pair])
        bare = clip.tokenizer(list(self.pair))
        length = (bare != 0).sum(1).max() + self.tokens
        if self.tokens < 1 or length > words.shape[1]:
            raise UsageError(
                f"--tokens {self.tokens}: {clip.model} has room for 1 to {words.shape[1] - length + self.tokens}"
            )
        if len(words[:, 1 : 1 + self.tokens].unique()) != 1:
            raise UsageError(
                f"{clip.model}: its tokenizer does not keep placeholders apart; take a CLIP with BPE tokens"
            )
        return words.to(next(clip.network.parameters()).device)


def predict(sides: Float[Tensor, "2 features"], embedded: Float[Tensor, "*views features"]) -> Float[Tensor, "*views"]:
    """Return the two-way softmax at 100 times the cosine, of unit image embeddings."""
    return torch.sigmoid(CLIP_SCALE.slope * (embedded @ (sides[0] - sides[1])))


@torch.no_grad()
def embed_views(clip: FrozenClip, pictures: Iterable[Picture]) -> Views:
    """Return the unit embeddings of each picture's views: five crops, or the one native view; pictures pass one by one."""
    rows = []
    for picture in pictures:
        images = to_images(picture[None]).to(clip.tower.mean.device)
        rows.append(torch.cat([clip.tower(crop) for crop in clip.view(images, 5)]).float())
    return functional.normalize(torch.stack(rows), dim=-1)


class ClipFile(msgspec.Struct, frozen=True):
    """Which CLIP a context was learned with."""

    model: Name
    weights: Words
    quick_gelu: bool | None
    sha256: Hash


class ClipIqaFile(msgspec.Struct, frozen=True):
    """What clip_iqa.json holds."""

    format: Literal["attiqa-clip-iqa/1"]
    clip: ClipFile
    view: Seeing
    prompts: tuple[Words, Words]
    tokens: Annotated[int, msgspec.Meta(ge=1, le=75)]
    shared: bool
    sha256: Hash
    provenance: dict[str, Any] = {}


def save_prompts(folder: Path, clip: FrozenClip, prompts: ContextPrompts, provenance: dict[str, Any]) -> Path:
    """Write the learned context and a description that names the CLIP it belongs to; return the folder."""
    folder = Path(folder)
    save_tensors(folder / WEIGHTS, {"context": prompts.context})
    described = {
        "format": FORMAT,
        "clip": {"model": clip.model, "weights": clip.weights, "quick_gelu": clip.quick_gelu, "sha256": clip.sha256},
        "view": clip.seeing,
        "prompts": list(prompts.pair),
        "tokens": prompts.tokens,
        "shared": prompts.shared,
        "sha256": sha256(folder / WEIGHTS),
        "provenance": provenance,
    }
    write_json(folder / DESCRIPTION, described, seal=True)
    return folder


def load_prompts(
    folder: Path | str, device: str | torch.device = "cpu", crops: int = 5, weights: str | None = None
) -> PromptJudge:
    """Return CLIP-IQA+ as `save_prompts` stored it; `weights` says where its CLIP lies now, if not where it lay.

    Raises: InputError for another format, a changed file, or CLIP weights that the prompts were not learned with.
    """
    folder = Path(folder)
    described = read_description(folder / DESCRIPTION, ClipIqaFile, "train it again")
    tensors = load_tensors(folder / WEIGHTS, described.sha256)
    wanted = described.clip
    clip = frozen_clip(wanted.model, weights or wanted.weights, described.view, wanted.quick_gelu, device)
    if clip.sha256 != wanted.sha256:
        raise InputError(
            f"{folder}: was learned with CLIP weights {wanted.sha256[:12]}…, these are {clip.sha256[:12]}…; give the same"
        )
    prompts = ContextPrompts(clip, PromptPair(*described.prompts), tokens=described.tokens, shared=described.shared)
    try:
        prompts.load_state_dict(tensors)
    except RuntimeError as error:
        raise InputError(
            f"{folder / WEIGHTS}: holds no context of {described.tokens} tokens; train it again"
        ) from error
    with torch.no_grad():
        sides, five = prompts(), clip.text(in_order(TABLE_1_PROMPTS))
    return PromptJudge(
        clip.tower,
        (sides[0] - sides[1])[None],
        five[:, 0] - five[:, 1],
        clip.view,
        CLIP_SCALE,
        name=folder.name,
        sha256=described.sha256,
        reference=str(folder.resolve()),
        crops=crops,
        folder=folder,
    ).to(device)


def _token_embedding(clip: FrozenClip) -> nn.Embedding:
    text = clip.network if hasattr(clip.network, "token_embedding") else getattr(clip.network, "text", None)
    embedding = getattr(text, "token_embedding", None)
    if not isinstance(embedding, nn.Embedding):
        raise UsageError(f"{clip.model}: its text encoder has no token embedding to learn in; take a CLIP of open_clip")
    return embedding
