"""The CLIP teacher: an image's likeness to the positive prompt of a pair less that to the negative.

Labels are differences of cosines in fp32. The paper's two-way softmax is their sigmoid at some temperature:
the order is the same, but it saturates; in half precision 46 % of the probabilities become exactly 1.

Source: ATTIQA (arXiv 2406.01020v2), section 3.1 and Table 1.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import open_clip
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from attiqa_core.attributes import ATTRIBUTES, TABLE_1_PROMPTS, PromptPair
from attiqa_core.errors import UsageError
from attiqa_core.network.architecture import Precision, PrecisionOrAuto
from attiqa_core.network.clip_weights import QUICK_GELU, load_clip, load_tokenizer, state_sha256, uses_quick_gelu
from attiqa_core.photos.images import to_picture, within_aspect
from attiqa_core.teachers.golden import check_pixels, golden_image, pixels_sha256
from attiqa_core.teachers.prompt_sets import read_prompts
from attiqa_core.teachers.teacher import Lesson
from attiqa_core.tensors import AttributeScores, Embeddings, Images

SINGLE = ("quality",)  # the one attribute of the ablation "single prompt"


class ClipTeacher:
    """Scores images with a frozen CLIP of open_clip; higher is more of the attribute, or cleaner.

    `model` is an architecture of open_clip (or `hf-hub:org/name`, `local-dir:/folder`, which bring their own
    weights); `pretrained` is one of its tags, or the path of a safetensors or plain torch state dict.
    OpenAI's weights need QuickGELU: a tag knows this, for a path give `quick_gelu`. `prompts` name the five
    attributes, or "quality" alone. `precision` is that of the image tower; texts are always embedded in fp32, and the
    fp32 tower is kept beside one in bf16, whose labels are compared with its own (`in_fp32`). `loaded` is a network
    with its preprocessing that is there already, frozen and on the device; `model` says how it reads texts.

    Raises: InputError if weights cannot be fetched or do not fit; UsageError for an unknown model, an
    undecided activation or an attribute without prompts.
    """

    name = "clip"
    rows = "embeddings"

    def __init__(
        self,
        model: str = "ViT-B-16",
        pretrained: str = "openai",
        prompts: Mapping[str, PromptPair] = TABLE_1_PROMPTS,
        device: torch.device | str = "cpu",
        quick_gelu: bool | None = None,
        precision: PrecisionOrAuto = "fp32",
        compiled: bool = False,
        loaded: tuple[Any, Any] | None = None,
    ) -> None:
        self.attribute_names = _attribute_names(prompts)
        self.model, self.pretrained, self.device = model, pretrained, torch.device(device)
        self.prompts = {attribute: PromptPair(*prompts[attribute]) for attribute in self.attribute_names}
        self.network, self.preprocess = loaded or load_clip(model, pretrained, self.device, quick_gelu)
        self.weights_sha256 = state_sha256(self.network)
        self.directions = self._directions()
        self.automatic, self._compiled = precision == "auto", compiled
        self._compute_in(pick_precision(self.device) if precision == "auto" else precision)
        self.golden_pixels_sha256 = pixels_sha256(self.prepare(golden_image()))
        check_pixels(self.golden_pixels_sha256, self._preprocessing())

    def _compute_in(self, precision: Precision) -> None:
        self.precision = precision
        self._image_network = self.network if precision == "fp32" else _with_bf16_tower(self.network)
        self._bulk_encode = torch.compile(self._encode) if self._compiled else self._encode
        self._golden: list[float] | None = None

    def in_fp32(self) -> "ClipTeacher":
        """Return the same teacher with an image tower that computes in fp32."""
        twin = copy.copy(self)
        twin._compute_in("fp32")
        return twin

    @torch.no_grad()
    def _directions(self) -> Tensor:
        """Unit embedding of the positive prompt minus that of the negative prompt, (attributes, features)."""
        tokenizer = load_tokenizer(self.model)
        texts = [text for pair in self.prompts.values() for text in pair]
        embedded = functional.normalize(self.network.encode_text(tokenizer(texts).to(self.device)).float(), dim=1)
        return embedded[0::2] - embedded[1::2]

    def _encode(self, pixels: Tensor) -> Embeddings:
        """Embeddings of preprocessed pixels, through the tower's own precision."""
        dtype = torch.bfloat16 if self.precision == "bf16" else torch.float32
        return self._image_network.encode_image(pixels.to(self.device, dtype)).float()

    def labels(self, embeddings: Embeddings) -> AttributeScores:
        """cos(image, positive) - cos(image, negative) for each attribute, in fp32."""
        return functional.normalize(embeddings.float(), dim=1) @ self.directions.to(embeddings.device).T

    def prepare(self, rgb: np.ndarray) -> Tensor:
        """A photo, uint8 (height, width, 3), as the encoder's uint8 pixels: its own resize and crop, in PIL."""
        image = Image.fromarray(
            np.ascontiguousarray(within_aspect(torch.from_numpy(rgb).movedim(-1, 0)).movedim(0, -1))
        )
        for step in self.preprocess.transforms[:-2]:
            image = step(image)
        return to_picture(np.array(image))

    @torch.inference_mode()
    def encode(self, prepared: Sequence[Tensor]) -> Embeddings:
        """Embeddings of unit length, fp32, of prepared photos; still on the device, whose queue is not waited for."""
        pixels = torch.stack(list(prepared))
        if self.device.type == "cuda":
            pixels = pixels.pin_memory().to(self.device, non_blocking=True)
        return functional.normalize(self._bulk_encode(self._normalise(pixels)), dim=1)

    def _normalise(self, pixels: Tensor) -> Tensor:
        """The last two steps of the preprocessing, ToTensor and Normalize, for a batch."""
        return self.preprocess.transforms[-1](pixels.float().div(255))

    @torch.no_grad()
    def embed(self, images: Images) -> Embeddings:
        """Embeddings of a batch in [0, 1]: the preprocessing of `prepare` and `encode`, but in float.

        PIL rounds to 8 bits and clips after each of the two passes of its resize, torch does not: pixels differ by
        0.3 of 255 code values on average, by up to 5 beside hard edges.
        """
        resize, normalise = self.preprocess.transforms[:-1], self.preprocess.transforms[-1]
        for step in resize:
            images = step(images)
        return self._encode(normalise(images.clamp(0, 1)))

    def attributes(self, images: Images) -> AttributeScores:
        """Labels of a batch in [0, 1], on its device."""
        return self.labels(self.embed(images)).to(images.device)

    def lesson(self, photos: Images, generator: torch.Generator) -> Lesson:
        """The photos as they are, every pair comparable."""
        groups = torch.zeros(photos.shape[0], dtype=torch.int64, device=photos.device)
        return Lesson(photos, self.attributes(photos), groups, across_photos=True)

    def encoder(self) -> dict[str, Any]:
        """What the embeddings depend on, ready for JSON: all but the prompts."""
        return {
            "model": self.model,
            "weights_sha256": self.weights_sha256,
            "quick_gelu": uses_quick_gelu(self.network),
            "preprocessing": self._preprocessing(),
            "golden_pixels_sha256": self.golden_pixels_sha256,
            "precision": self.precision,
        }

    @torch.no_grad()
    def golden(self) -> list[float]:
        """The unit embedding of the golden image, which a resumed run has to reproduce."""
        if self._golden is None:
            embedded = self._encode(self._normalise(self.prepare(golden_image())[None]))
            self._golden = functional.normalize(embedded, dim=1)[0].tolist()
        return self._golden

    def _preprocessing(self) -> dict[str, Any]:
        described = self.network.visual.preprocess_cfg.items()
        return {key: list(value) if isinstance(value, tuple) else value for key, value in described}

    def provenance(self) -> dict[str, Any]:
        return {
            "teacher": self.name,
            **self.encoder(),
            "pretrained": self.pretrained,
            "prompts": {attribute: list(pair) for attribute, pair in self.prompts.items()},
            "label": "cosine to the positive prompt minus cosine to the negative prompt, fp32",
            "open_clip": open_clip.__version__,
        }


def from_options(
    prompts: str,
    prompt_set: str,
    clip_model: str,
    clip_weights: str,
    clip_activation: str,
    device: torch.device | str,
    precision: PrecisionOrAuto = "fp32",
    compile: bool = False,
) -> ClipTeacher:
    """Return the teacher that a command's options describe; errors as `ClipTeacher` and `read_prompts`."""
    pairs = read_prompts(prompts, prompt_set)
    quick_gelu = QUICK_GELU[clip_activation]
    return ClipTeacher(clip_model, clip_weights, pairs, device, quick_gelu, precision, compiled=compile)


def _with_bf16_tower(network: Any) -> Any:
    """The network with an image tower of its own in bf16; what is not the image tower is shared."""
    twin = copy.copy(network)
    twin._modules = {**network._modules, "visual": copy.deepcopy(network.visual).to(torch.bfloat16)}
    return twin


def pick_precision(device: torch.device) -> Precision:
    """Return bf16 where it is fast: on CUDA, and on CPUs with AMX tiles."""
    fast = device.type == "cuda" or (device.type == "cpu" and torch.cpu._is_amx_tile_supported())
    return "bf16" if fast else "fp32"


def _attribute_names(prompts: Mapping[str, PromptPair]) -> tuple[str, ...]:
    if tuple(prompts) == SINGLE:
        return SINGLE
    if missing := [attribute for attribute in ATTRIBUTES if attribute not in prompts]:
        raise UsageError(f"prompts: no pair for {', '.join(missing)}; give one for each attribute")
    return ATTRIBUTES
