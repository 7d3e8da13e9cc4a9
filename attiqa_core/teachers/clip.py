"""The CLIP teacher: an image's likeness to the positive prompt of a pair less that to the negative.

Labels are differences of cosines in fp32. The paper's two-way softmax is their sigmoid at some temperature:
the order is the same, but it saturates; in half precision 46 % of the probabilities become exactly 1.

Source: ATTIQA (arXiv 2406.01020v2), section 3.1 and Table 1.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import open_clip
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from attiqa_core.attributes import ATTRIBUTES, TABLE_1_PROMPTS, PromptPair
from attiqa_core.errors import InputError, UsageError
from attiqa_core.images import Picture, read_rgb
from attiqa_core.teachers import Lesson
from attiqa_core.tensors import AttributeScores, Embeddings, Images

DISPLAY_TEMPERATURE = 100.0  # CLIP's logit_scale after training

QUICK_GELU: dict[str, bool | None] = {"auto": None, "gelu": False, "quick-gelu": True}
"""What a command line calls an activation -> `ClipTeacher`'s `quick_gelu`."""


def probability(labels: AttributeScores, temperature: float = DISPLAY_TEMPERATURE) -> AttributeScores:
    """The two-way softmax over each antonym pair, for display. Source: ATTIQA, equation 2."""
    return torch.sigmoid(temperature * labels)


class ClipTeacher:
    """Scores images with a frozen CLIP of open_clip; higher is more of the attribute, or cleaner.

    `model` is an architecture of open_clip (or `hf-hub:org/name`, `local-dir:/folder`, which bring their own
    weights); `pretrained` is one of its tags, or the path of a safetensors or plain torch state dict.
    OpenAI's weights need QuickGELU: a tag knows this, for a path give `quick_gelu`.

    Raises: InputError if weights cannot be fetched or do not fit; UsageError for an unknown model, an
    undecided activation or an attribute without prompts.
    """

    name = "clip"

    def __init__(
        self,
        model: str = "ViT-B-16",
        pretrained: str = "openai",
        prompts: Mapping[str, PromptPair] = TABLE_1_PROMPTS,
        device: torch.device | str = "cpu",
        quick_gelu: bool | None = None,
    ) -> None:
        if missing := [attribute for attribute in ATTRIBUTES if attribute not in prompts]:
            raise UsageError(f"prompts: no pair for {', '.join(missing)}; give one for each attribute")
        self.model, self.pretrained, self.device = model, pretrained, torch.device(device)
        self.prompts = {attribute: PromptPair(*prompts[attribute]) for attribute in ATTRIBUTES}
        self.network, self.preprocess = _load(model, pretrained, self.device, quick_gelu)
        self.directions = self._directions()

    @torch.no_grad()
    def _directions(self) -> Tensor:
        """Unit embedding of the positive prompt minus that of the negative prompt, (5, features)."""
        tokenizer = open_clip.get_tokenizer(self.model)
        texts = [text for pair in self.prompts.values() for text in pair]
        embedded = functional.normalize(self.network.encode_text(tokenizer(texts).to(self.device)).float(), dim=1)
        return embedded[0::2] - embedded[1::2]

    def labels(self, embeddings: Embeddings) -> AttributeScores:
        """cos(image, positive) - cos(image, negative) for each attribute, in fp32."""
        return functional.normalize(embeddings.float(), dim=1) @ self.directions.to(embeddings.device).T

    @torch.no_grad()
    def embed_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """Embeddings of PIL images of any sizes through the encoder's own, antialiased preprocessing."""
        pixels = torch.stack([self.preprocess(image.convert("RGB")) for image in images])
        return self.network.encode_image(pixels.to(self.device)).float()

    def embed_files(self, paths: Sequence[Path]) -> Embeddings:
        """Embeddings of image files. Raises: InputError for the first that cannot be read."""
        return self.embed_images([Image.fromarray(read_rgb(Path(path))) for path in paths])

    def measure(self, pictures: Sequence[Picture]) -> dict[str, Tensor]:
        """Labels and embeddings of photos of any sizes, on the CPU."""
        embeddings = self.embed_images([Image.fromarray(each.permute(1, 2, 0).numpy()) for each in pictures])
        return {"labels": self.labels(embeddings).cpu(), "embeddings": embeddings.cpu()}

    @torch.no_grad()
    def embed(self, images: Images) -> Embeddings:
        """Embeddings of a batch in [0, 1]: the same preprocessing, but in float.

        PIL rounds to 8 bits and clips after each of the two passes of its resize, torch does not: pixels differ by
        0.3 of 255 code values on average, by up to 5 beside hard edges.
        """
        resize, normalise = self.preprocess.transforms[:-1], self.preprocess.transforms[-1]
        for step in resize:
            images = step(images)
        return self.network.encode_image(normalise(images.clamp(0, 1)).to(self.device)).float()

    def attributes(self, images: Images) -> AttributeScores:
        """Labels of a batch in [0, 1], on its device."""
        return self.labels(self.embed(images)).to(images.device)

    def lesson(self, photos: Images, generator: torch.Generator) -> Lesson:
        """The photos as they are, every pair comparable."""
        groups = torch.zeros(photos.shape[0], dtype=torch.int64, device=photos.device)
        return Lesson(photos, self.attributes(photos), groups)

    def provenance(self) -> dict[str, Any]:
        preprocessing = self.network.visual.preprocess_cfg.items()
        return {
            "teacher": self.name,
            "model": self.model,
            "pretrained": self.pretrained,
            "weights_sha256": state_sha256(self.network),
            "quick_gelu": uses_quick_gelu(self.network),
            "preprocessing": {key: list(x) if isinstance(x, tuple) else x for key, x in preprocessing},
            "prompts": {attribute: list(pair) for attribute, pair in self.prompts.items()},
            "label": "cosine to the positive prompt minus cosine to the negative prompt, fp32",
            "open_clip": open_clip.__version__,
        }


def uses_quick_gelu(network: torch.nn.Module) -> bool:
    """Whether the network has OpenAI's approximation of GELU, x sigmoid(1.702 x)."""
    return any(type(module).__name__ == "QuickGELU" for module in network.modules())


def state_sha256(network: torch.nn.Module) -> str:
    """SHA-256 over names and values of a network's state, the same for any file format."""
    digest = hashlib.sha256()
    for key, value in sorted(network.state_dict().items()):
        digest.update(key.encode())
        digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _load(model: str, pretrained: str, device: torch.device, quick_gelu: bool | None) -> tuple[Any, Any]:
    """The frozen network in evaluation mode and its preprocessing of PIL images."""
    own_weights = model.startswith(("hf-hub:", "local-dir:"))
    tag = None if own_weights else _check_source(model, pretrained, quick_gelu)
    if quick_gelu is None:
        quick_gelu = bool(tag and tag.get("quick_gelu"))
    try:
        made: Any = open_clip.create_model_from_pretrained(
            model, None if own_weights else pretrained, device=device, force_quick_gelu=quick_gelu
        )
    except Exception as error:  # open_clip wraps whatever the hub, the file and torch raise
        raise InputError(_why(model, pretrained, own_weights, tag, error)) from error
    network, preprocess = made
    return network.eval().requires_grad_(False), preprocess


def _check_source(model: str, pretrained: str, quick_gelu: bool | None) -> dict[str, Any] | None:
    """The entry of a pretrained tag, or None for a file.

    Raises: UsageError for an unknown model or an undecided activation, InputError for neither tag nor file.
    """
    config = open_clip.get_model_config(model)
    if config is None:
        raise UsageError(f"--clip-model {model}: open_clip has no such model; see open_clip.list_models()")
    tag = open_clip.get_pretrained_cfg(model, pretrained)
    if tag:
        return tag
    if not Path(pretrained).is_file():
        tags = ", ".join(open_clip.list_pretrained_tags_by_model(model)) or "none"
        raise InputError(f"{pretrained}: neither a file nor a set of weights of {model} (known: {tags})")
    if quick_gelu is None and "quick_gelu" not in config:
        raise UsageError(
            f"{pretrained}: a file does not say which GELU it was trained with; add --clip-activation quick-gelu "
            "for OpenAI's weights, gelu for LAION's"
        )
    return None


def _why(model: str, pretrained: str, own_weights: bool, tag: Any, error: Exception) -> str:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0].split(". ")[0][:200]
    if own_weights or tag:
        source = model if own_weights else f"{model} {pretrained}"
        return (
            f"{source}: the CLIP weights could not be fetched ({reason}); fetch them on a machine that is "
            "online and give the file's path as --clip-weights"
        )
    return f"{pretrained}: not a state dict that fits {model} ({reason}); give open_clip weights as safetensors"
