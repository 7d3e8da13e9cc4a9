"""The numbers of each training; every default stands here, once, and a command line takes it from here. Loads no torch."""

from dataclasses import dataclass
from typing import Literal

from attiqa_core.network.architecture import Precision, Preprocessing

Start = Literal["fresh", "ridge", "kept"]
Corruptions = Literal["trained", "held-out", "all"]

VOTES_WEIGHT = 10.0
"""Of people's choices beside scores, where a scorer learns from both (LOG, 2026-11-28)."""


@dataclass(frozen=True)
class FinetuneRecipe:
    """How a network is fine-tuned on human scores; the defaults are the paper's, or ours where the paper is silent.

    A linear or guarded regressor is solved for: `crop` alone counts there, and `spoiled` for a guarded one.
    Source: ATTIQA, section 3.5; optimiser and loss are open points 23 to 25.
    """

    epochs: int = 100
    batch: int = 64
    """Images per step; the last batch of an epoch may be smaller."""
    crop: int = Preprocessing.crop
    """Side of the crops in px."""
    flip: bool = True
    """Mirror half of the crops. The five crops of a frozen encoder never are."""
    lr: float = 2e-5
    """Learning rate of the pretrained layers."""
    new_layers_factor: float = 10.0
    """The regressor's learning rate is this many times higher."""
    warmup: float = 0.1
    """Share of the steps in which the learning rate rises; then it falls along a cosine."""
    weight_decay: float = 1e-4
    """Of AdamW."""
    decay_norms: bool = True
    """Decay what has one dimension, too: scales and shifts of normalisations, and biases."""
    loss: Literal["smooth-l1", "mse"] = "smooth-l1"
    correlation_weight: float = 0.0
    """Weight of (1 - Pearson correlation) / 2 over the batch, added to the loss."""
    spoiled: int = 4
    """Spoiled versions of each picture, for a guarded regressor."""
    start: Start = "fresh"
    """Of a regressor that is trained: fresh, or ridge: a linear one solved for on the encoder as it is, which then learns
    with all the rest, or kept: as the network comes. Except from fresh, heads and regressor share their rate."""
    fixed_statistics: bool = False
    """Keep the encoder's batch statistics as they are while its parameters learn."""
    average: float = 0.0
    """Decay of the moving average of the weights, which is what is kept; 0: the last step's weights are."""
    blend: float = 1.0
    """Share of what was learned in the weights that are kept, from 0 to 1; the rest is the start, a ridge's included
    (WiSE-FT, Wortsman et al. 2022: half-way between, a network often is better than at either end)."""
    clip_norm: float = 0.0
    """Longest gradient of a step; 0: of any length."""
    corrupted: float = 0.0
    """Weight of the shortfall of photos against spoiled versions of themselves (`training.counterexamples`)."""
    corruptions: Corruptions = "trained"
    """Which ways to spoil: those of `distortions.corruptions.TRAINED`, those that are held out of it, or all."""
    ladders: float = 0.0
    """Weight of the shortfall between rungs of ladders (`distortions.rungs`)."""
    ladder_scenes: int = 8
    """Scenes of a step whose ladders are drawn."""
    resize: int = Preprocessing.resize
    """Short edge of the pictures in px."""
    sizes: tuple[int, int] | None = None
    """Shortest and longest short edge, in px, that pictures are shown at, one drawn for each step; None: `resize` alone."""
    precision: Precision = "fp32"
    """What the encoder computes in; weights, heads and losses stay fp32."""

    @property
    def preprocessing(self) -> Preprocessing:
        """How a scorer that was fine-tuned so reads a picture."""
        return Preprocessing(self.resize, self.crop, self.sizes)


@dataclass(frozen=True)
class DistilRecipe:
    """How a smaller or smaller-sighted network learns to score as a teacher does, on photos without human scores."""

    epochs: int = 20
    batch: int = 32
    """Photos of a step: half as they are, a quarter spoiled, a quarter changed a little, as fine-tuning does."""
    size: int = 224
    """Short edge in px that the student brings every picture to."""
    crop: int = 192
    """Side of what it sees of that, in px."""
    lr: float = 2e-4
    """Of AdamW."""
    warmup: float = 0.1
    """Share of the steps in which the learning rate rises; then it falls along a cosine."""
    weight_decay: float = 0.01
    average: float = 0.98
    """Decay of the moving average of the weights, which is what is kept."""
    clip_norm: float = 1.0
    """Longest gradient of a step."""
    correlation_weight: float = 0.5
    """Weight of (1 - Pearson correlation) / 2 with the teacher's scores over a step."""

    @property
    def preprocessing(self) -> Preprocessing:
        """How the student reads a picture."""
        return Preprocessing(self.size, self.crop)


@dataclass(frozen=True)
class SettingsRecipe:
    """How a network learns to read settings off photos that were set otherwise on purpose."""

    epochs: int = 30
    batch: int = 32
    """Squares of a step, each of a drawn photo, set otherwise by drawn amounts."""
    side: int = 176
    """px that a square is shown at: how a picture is set shows in a small one."""
    lr: float = 3e-4
    """Of AdamW, for the encoder."""
    new_layers_factor: float = 3.0
    """The reading's own learning rate is this many times higher."""
    warmup: float = 0.06
    """Share of the steps in which the learning rate rises; then it falls along a cosine."""
    weight_decay: float = 0.02
    average: float = 0.98
    """Decay of the moving average of the weights, which is what is kept; 0: the last step's weights are."""
    clip_norm: float = 1.0
    """Longest gradient of a step; 0: of any length."""


@dataclass(frozen=True)
class Objective:
    """What the network is trained to do with its teachers' labels; the defaults are the paper's."""

    kind: Literal["ranking", "l2"] = "ranking"
    """Rank images as the teachers do, or hit the probabilities sigmoid(100 * label) (the paper's ablation)."""
    margin: float = 0.1
    """Margin of the ranking loss."""
    pairs: Literal["in-batch", "random"] = "in-batch"
    """Rank all pairs of the batch, or a random pairing of it."""
    tie_tolerance: float = 0.0
    """Labels that differ by no more than this are not ranked."""


@dataclass(frozen=True)
class PretrainRecipe:
    """How a network is pretrained to rank as its teachers do. Source: ATTIQA, section 3.4."""

    objective: Objective = Objective()
    epochs: int = 30
    batch: int = 256
    """Photos of a step, over all processes; a teacher that distorts makes several images of each."""
    accumulate: int = 1
    """Micro-batches of a step; pairs are ranked and batches normalised within one, over all processes."""
    crop: int = 224
    """Side of the crops in px."""
    optimizer: Literal["sgd", "adamw"] = "sgd"
    """SGD with momentum 0.9, or AdamW."""
    lr: float = 0.1
    """Learning rate at 256 photos per step; scaled linearly with the batch (open point 12)."""
    weight_decay: float = 1e-4
    warmup: float = 0.1
    """Share of the steps in which the learning rate rises; then it falls along a cosine."""
    precision: Precision = "fp32"
    """What the encoder computes in; weights, heads and losses stay fp32."""


@dataclass(frozen=True)
class QualiClipRecipe:
    """How pristine photos become rankings for QualiCLIP, what those are worth, and how it is trained on them."""

    levels: int = 5
    """Versions of a photo, the first untouched, the last at severity 1."""
    crop: int = 224
    """Side of the crops in px."""
    spare: int = 56
    """By how many px the two crops of one version may lie apart, down and across."""
    margin: float = 0.05
    """By how much, in cosine, likeness must fall or rise between two levels."""
    tolerance: float = 0.0025
    """By how much, in cosine, two equally degraded crops may differ at no cost."""
    consistency_weight: float = 1.0
    """Weight of the consistency of equally degraded crops beside the two rankings."""
    epochs: int = 10
    batch: int = 16
    """Photos of a step; each makes 2 x levels crops."""
    lr: float = 1e-4
    """Of AdamW."""
    weight_decay: float = 1e-2


@dataclass(frozen=True)
class ClipIqaRecipe:
    """What is learned before the prompts of CLIP-IQA+, and how."""

    tokens: int = 16
    """Learned vectors before each prompt."""
    shared: bool = True
    """One set of vectors for both prompts instead of two."""
    epochs: int = 50
    """Passes over the images, which are embedded once."""
    batch: int = 64
    """Images per step; the last batch of an epoch may be smaller."""
    lr: float = 2e-3
    """Of AdamW."""
