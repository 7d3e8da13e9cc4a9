"""The network: one encoder, a two-layer head for each attribute, and a MOS regressor on the heads' hidden features."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.distortions.settings import SETTINGS, SPREAD, Settings
from attiqa_core.errors import InputError, UsageError
from attiqa_core.network.architecture import WHOLE_ENCODER, Architecture, Pooling, StoredRegressor
from attiqa_core.network.backbones import input_statistics, make_encoder
from attiqa_core.network.guarded_regressor import GuardedRegressor
from attiqa_core.network.settings_regressor import SettingsRegressor
from attiqa_core.tensors import AttributeScores, Embeddings, Images, Scores


def architecture(
    backbone: str,
    hidden: int,
    pooling: Pooling = "last",
    regressor: StoredRegressor = "mlp",
    attributes: tuple[str, ...] = ATTRIBUTES,
) -> Architecture:
    """Return the architecture around a backbone of timm or torchvision, with the input mean and std it was made for.

    Raises: UsageError if there is no such backbone.
    """
    mean, std = input_statistics(backbone)
    return Architecture(backbone, hidden, mean, std, pooling, regressor, attributes)


class AttiqaNet(nn.Module):
    """Encoder, attribute heads and MOS regressor. Source: ATTIQA, sections 3.4 and 3.5; widths: open points 6 and 8."""

    mean: Tensor
    std: Tensor
    encoder: Any  # timm's models have methods that nn.Module does not promise

    def __init__(self, arch: Architecture):
        super().__init__()
        self.arch = arch
        self.frozen: tuple[str, ...] = ()
        self.statistics_are_fixed = False
        self.encoder = make_encoder(arch.backbone)
        self._stages = (_Stages(self.encoder),)  # in a tuple, so that its tensors are not counted twice
        features = self.encoder.num_features if arch.pooling == "last" else _stage_features(arch.backbone, self.encoder)
        self.standardise = nn.Identity() if arch.pooling == "last" else nn.BatchNorm1d(features, affine=False)
        heads = len(arch.attributes)
        self.heads_hidden = nn.Linear(features, heads * arch.hidden)
        self.heads_output = nn.Parameter(torch.empty(heads, arch.hidden))
        self.heads_bias = nn.Parameter(torch.zeros(heads))
        nn.init.normal_(self.heads_output, std=arch.hidden**-0.5)
        self.regressor = _regressor(arch, features)
        self.register_buffer("mean", torch.tensor(arch.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(arch.std).view(1, 3, 1, 1), persistent=False)

    @property
    def device(self) -> torch.device:
        return self.mean.device

    def freeze(self, submodules: Sequence[str]) -> None:
        """Keep the named parts of the encoder ("conv_stem", "blocks.0", or "all") as they are, batch statistics included.

        Raises: UsageError if the encoder has no such part.
        """
        known = {name for name, _ in self.encoder.named_modules()}
        for name in submodules:
            if name not in known and name != WHOLE_ENCODER:
                children = ", ".join(name for name, _ in self.encoder.named_children())
                raise UsageError(f"--freeze {name}: {self.arch.backbone} has no such part; its parts are {children}")
            self._part(name).requires_grad_(False)
        self.frozen = tuple(submodules)
        self.train(self.training)

    def freeze_for_probe(self) -> None:
        """Leave only the regressor to train: encoder and attribute heads stay as they are (open point 10)."""
        self.freeze((WHOLE_ENCODER,))
        self.heads_hidden.requires_grad_(False)

    def fix_statistics(self) -> None:
        """Keep the statistics that features are normalised by, while parameters learn; dropout of the encoder ends, too.

        A few hundred rated pictures, half of them spoiled, would spoil what a million photos have measured.
        """
        self.statistics_are_fixed = True
        self.train(self.training)

    def compile_encoder(self) -> None:
        """Compile the encoder (torch.compile) in the way that it is asked; copies of the network are not compiled."""
        (self.encoder if self.arch.pooling == "last" else self._stages[0]).compile(dynamic=False)

    def train(self, mode: bool = True) -> "AttiqaNet":
        """Switch between training and evaluation; what is frozen or fixed stays in evaluation."""
        super().train(mode)
        for name in self.frozen:
            self._part(name).eval()
        if self.statistics_are_fixed:
            self.encoder.eval()
            self.standardise.eval()
        return self

    @property
    def encoder_is_frozen(self) -> bool:
        """Whether the features of an image stay the same in training, so that they may be computed once."""
        return WHOLE_ENCODER in self.frozen

    def _part(self, name: str) -> nn.Module:
        return self.encoder if name == WHOLE_ENCODER else self.encoder.get_submodule(name)

    def features(self, images: Images) -> Embeddings:
        """Return the encoder's pooled features of display sRGB images in [0, 1]."""
        inputs = ((images - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        if self.arch.pooling == "last":
            return self.encoder(inputs)
        last, stages = self._stages[0](inputs)
        return torch.cat([moment for each in (*stages, last) for moment in _mean_and_deviation(each)], 1)

    def read(self, features: Embeddings) -> tuple[Scores, AttributeScores]:
        """Return the predicted MOS, about [0, 1] and not clipped, and the attribute scores, of pooled features.

        The attributes of a network that reads settings are by how much these are off.
        """
        hidden = self.hidden(features)
        inputs = self.regressor_inputs(features, hidden)
        mos = self.regressor(inputs).squeeze(1)
        return mos, self._settings_off(inputs) if self.arch.attributes == SETTINGS else self.attribute_scores(hidden)

    def regressor_inputs(self, features: Embeddings, hidden: Tensor) -> Tensor:
        """Return what the regressor sees: the hidden features, after the standardised pooled ones unless it is an MLP."""
        return hidden if self.arch.regressor == "mlp" else torch.cat([self.standardise(features), hidden], 1)

    def settings_off(self, features: Embeddings) -> Settings:
        """Return by how much each picture's settings are off, in the order and units of `distortions.settings.SETTINGS`; a
        settings regressor alone reads them."""
        return self._settings_off(self.regressor_inputs(features, self.hidden(features)))

    def _settings_off(self, inputs: Tensor) -> Settings:
        assert isinstance(self.regressor, SettingsRegressor)
        off = self.regressor.reader.off(inputs)
        return off * off.new_tensor(SPREAD)

    def hidden(self, features: Embeddings) -> Float[Tensor, "batch hidden"]:
        """Return the heads' hidden features, concatenated in the order of the attributes."""
        return self.heads_hidden(self.standardise(features)).relu()

    def attribute_scores(self, hidden: Float[Tensor, "batch hidden"]) -> AttributeScores:
        """Return the heads' outputs, unbounded."""
        per_head = hidden.unflatten(1, self.heads_output.shape)
        return (per_head * self.heads_output).sum(-1) + self.heads_bias

    def attributes(self, images: Images) -> AttributeScores:
        """Return the unbounded attribute scores of each image."""
        return self.attribute_scores(self.hidden(self.features(images)))

    def mos(self, features: Embeddings) -> Scores:
        """Return the predicted MOS, about [0, 1] and not clipped from pooled features."""
        return self.read(features)[0]

    def forward(self, images: Images) -> Scores:
        """Return the predicted MOS, about [0, 1] and not clipped."""
        return self.mos(self.features(images))


class _Stages(nn.Module):
    """An encoder that answers with the maps of all its stages: a module, because only a module's call can be compiled."""

    def __init__(self, encoder: Any):
        super().__init__()
        self.encoder = encoder

    def forward(self, inputs: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
        last, stages = self.encoder.forward_intermediates(inputs)
        return last, stages


def _regressor(arch: Architecture, features: int) -> nn.Module:
    hidden = len(arch.attributes) * arch.hidden
    if arch.regressor == "linear":
        return nn.Linear(features + hidden, 1)
    if arch.regressor == "guarded":
        return GuardedRegressor(features + hidden)
    if arch.regressor == "settings":
        return SettingsRegressor(features, features + hidden)
    return nn.Sequential(nn.Linear(hidden, arch.hidden), nn.ReLU(), nn.Linear(arch.hidden, 1))


def _mean_and_deviation(maps: Float[Tensor, "batch channels height width"]) -> tuple[Embeddings, Embeddings]:
    """Each map's mean and standard deviation; as a difference of means it is several times faster here than `var`; never in bf16."""
    mean = maps.mean((2, 3), dtype=torch.float32) if maps.dtype == torch.bfloat16 else maps.mean((2, 3))
    return mean, ((maps.to(mean.dtype).square().mean((2, 3)) - mean.square()).clamp_min(0) + 1e-6).sqrt()


def _stage_features(backbone: str, encoder: Any) -> int:
    """Length of the pooled features of all stages, found by sending one small picture through."""
    if not hasattr(encoder, "forward_intermediates"):
        raise UsageError(f"--pooling stages: {backbone} does not show its stages; take timm's network of that kind")
    with torch.no_grad():
        last, stages = encoder.eval().forward_intermediates(torch.zeros(1, 3, 64, 64))
    encoder.train()
    return 2 * sum(each.shape[1] for each in (*stages, last))


def build_network(arch: Architecture, source: Path, tensors: Mapping[str, Tensor] | None = None) -> AttiqaNet:
    """Return the network that a description asks for, without the weights; no memory is taken for one that `tensors`, which
    lie beside it, are not of.

    Raises: InputError if its backbone is not to be had here, or is another than that of the tensors.
    """
    try:
        if tensors is not None:
            _check_names(arch, tensors, source)
        return AttiqaNet(arch)
    except (RuntimeError, UsageError) as error:
        raise InputError(f"{source}: no backbone {arch.backbone!r} here; install the timm that trained it") from error


@lru_cache(maxsize=16)
def _sizes_of_encoder(arch: Architecture) -> dict[str, tuple[int, ...]]:
    """Return the size of each tensor of the encoder, by its name in the network; takes no memory for them."""
    with torch.device("meta"):
        return _encoder_sizes(AttiqaNet(arch).state_dict())


def _encoder_sizes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(each.shape) for name, each in tensors.items() if name.startswith("encoder.")}


def _check_names(arch: Architecture, tensors: Mapping[str, Tensor], source: Path) -> None:
    """The regressor may be another: fine-tuning makes its own."""
    wanted, given = _sizes_of_encoder(arch), _encoder_sizes(tensors)
    if wanted != given:
        name = min(wanted.items() ^ given.items())[0]
        raise InputError(
            f"{source}: its weights are not of a {arch.backbone} ({name} is missing or of another size); train it again"
        )


def load_weights(net: AttiqaNet, tensors: dict[str, Tensor], source: Path) -> None:
    """Load a whole network's tensors. Raises: InputError naming `source` if names or shapes do not fit."""
    try:
        net.load_state_dict(
            {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
        )
    except RuntimeError as error:
        reason = str(error).split("\n")[1].strip() if "\n" in str(error) else str(error)
        raise InputError(
            f"{source}: weights are not of a {net.arch.backbone} with hidden {net.arch.hidden} ({reason})"
        ) from error
