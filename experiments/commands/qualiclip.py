"""Train QualiCLIP on pristine photos: rank degraded versions by their likeness to antonym prompts, without any score."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from experiments.options.outcome import Outcome
from experiments.options.refuse_unused import refuse_unused
from experiments.options.resume import begin_or_resume, inputs_of


@dataclass(frozen=True)
class Config:
    """Options of `attiqa qualiclip`."""

    photos: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Image files, folders or .tar shards of pristine photos; no scores are read."""
    out: Path = Path("runs/qualiclip")
    """Run folder to write: a judge, and with --vision-backbone also a pretraining for `attiqa finetune`."""
    clip_model: str = "RN50"
    """An architecture of open_clip whose image encoder is trained; its text encoder stays frozen."""
    clip_weights: str = "openai"
    """open_clip weights: a hub tag or a local file."""
    clip_activation: Literal["auto", "gelu", "quick-gelu"] = "auto"
    """What CLIP weights from a file were trained with: quick-gelu (OpenAI's) or gelu (LAION's)."""
    vision_backbone: str | None = None
    """Train this timm backbone instead of a CLIP, against fixed random directions that stand in for the prompts."""
    init: str = "imagenet"
    """The backbone's start: random, imagenet, or the pretrained.safetensors of a pretraining."""
    pooling: Literal["last", "stages"] = "last"
    """What is pooled of the backbone: its last map, or mean and deviation of every stage."""
    hidden: int = 512
    """Width of the (untrained) attribute heads that are stored for `attiqa finetune`."""
    features: int = 512
    """Length of the stand-in's random prompt directions."""
    freeze: tuple[str, ...] = ()
    """Parts of the backbone to keep as they are, e.g. conv_stem bn1 blocks.0."""
    levels: int = 5
    """Versions of each photo, from untouched to severely degraded."""
    epochs: int = 10
    """Passes over the photos; each photo meets one kind of degradation per pass."""
    batch: int = 16
    """Photos per step; each makes 2 x levels crops."""
    resize: int = 340
    """Short edge of the photos in px, in training and in the judge."""
    crop: int = 224
    """Side of the crops in px, in training and in the judge."""
    spare: int = 56
    """How far the two crops of one version may lie apart, in px."""
    lr: float = 1e-4
    """Learning rate of AdamW."""
    weight_decay: float = 1e-2
    """Weight decay."""
    margin: float = 0.05
    """Margin of the rankings, in cosine."""
    tolerance: float = 0.0025
    """Difference of two equally degraded crops that costs nothing, in cosine."""
    consistency_weight: float = 1.0
    """Weight of the consistency of equally degraded crops."""
    held_out: int = 0
    """Photos set apart, drawn by the seed, on which the ranking accuracy is logged after each epoch."""
    cache_gb: float = 4.0
    """Memory for decoded photos; those that do not fit are decoded each time."""
    seed: int = 0
    """Seed of everything random."""
    device: str = "auto"
    """auto, cpu or cuda."""
    compile: bool = False
    """Compile the image encoder (torch.compile)."""
    resume: bool = False
    """Go on from the last finished epoch in --out."""


def run(config: Config) -> Outcome:
    """Train as configured; the run folder receives `qualiclip.safetensors` and `qualiclip.json`."""
    import torch

    from attiqa_core.judges.prompt_judge import View
    from attiqa_core.judges.qualiclip import calibrate, save_as_pretrained, save_qualiclip
    from attiqa_core.judges.qualiclip_training import Lessons, sides_of, train_qualiclip
    from attiqa_core.judges.towers import BackboneTower
    from attiqa_core.photos.picture_cache import PictureCache
    from attiqa_core.photos.sources import find_photos
    from attiqa_core.runs import pick_device, seed_everything

    _check(config)
    device = pick_device(config.device)
    found = find_photos(config.photos)[1]
    _check_count(config, len(found))
    folder = begin_or_resume(config, inputs_of("photos", [photo.key for photo in found]))
    seed_everything(config.seed)
    tower, text, attribute_text, described = (_backbone if config.vision_backbone else _clip)(config, device)
    order = torch.randperm(len(found), generator=torch.Generator().manual_seed(config.seed)).tolist()
    budget = int(config.cache_gb * 2**30)
    photos = PictureCache([found[index] for index in order[config.held_out :]], config.resize, budget)
    held_out = PictureCache([found[index] for index in order[: config.held_out]], config.resize, budget)
    lessons = Lessons(
        config.levels, config.crop, config.spare, config.margin, config.tolerance, config.consistency_weight
    )
    if config.compile:
        (tower.net.encoder if isinstance(tower, BackboneTower) else tower.visual).compile(dynamic=False)
    train_qualiclip(
        tower,
        sides_of(text),
        photos,
        torch.optim.AdamW(tower.learned(), lr=config.lr, weight_decay=config.weight_decay),
        lessons,
        held_out=held_out,
        epochs=config.epochs,
        batch=config.batch,
        seed=config.seed,
        run=folder,
    )
    view = View(config.resize, config.crop, "bilinear")
    save_qualiclip(folder, tower, text, attribute_text, view, calibrate(tower, text, photos, lessons), described)
    if isinstance(tower, BackboneTower):
        save_as_pretrained(folder, tower.net, described)
    return Outcome(folder)


def _check(config: Config) -> None:
    from attiqa_core.errors import UsageError

    if config.levels < 2 or config.batch < 1 or config.epochs < 1:
        raise UsageError("--levels needs at least 2, --batch and --epochs at least 1")
    if config.spare < 0 or config.crop + config.spare > config.resize:
        raise UsageError(
            f"--crop {config.crop} and --spare {config.spare} do not fit into --resize {config.resize}; enlarge --resize"
        )
    if config.spare >= config.crop:
        raise UsageError(f"--spare {config.spare}: crops of {config.crop} px would not overlap; make it smaller")
    if config.vision_backbone is None:
        of_backbone = ("init", "pooling", "hidden", "features", "freeze")
        refuse_unused(config, of_backbone, "is about a --vision-backbone, and none is given")
    else:
        of_clip = ("clip_model", "clip_weights", "clip_activation")
        refuse_unused(config, of_clip, f"is about a CLIP, and --vision-backbone {config.vision_backbone} is trained")


def _check_count(config: Config, photos: int) -> None:
    from attiqa_core.errors import InputError

    if photos - config.held_out < config.batch:
        raise InputError(
            f"{photos} photos, {config.held_out} held out, do not fill a batch of {config.batch}; lower --batch"
        )


def _backbone(config: Config, device) -> tuple:
    """A timm backbone, and random directions in place of the prompts."""
    import torch

    from attiqa_core.judges.qualiclip import attribute_pairs
    from attiqa_core.judges.qualiclip_training import QUALITY_PAIRS
    from attiqa_core.judges.towers import BackboneTower, random_text
    from attiqa_core.network.model import AttiqaNet, architecture, initialise_encoder

    assert config.vision_backbone is not None
    net = AttiqaNet(architecture(config.vision_backbone, config.hidden, config.pooling))
    start = initialise_encoder(net, config.init)
    net.freeze(config.freeze)
    tower = BackboneTower(net, config.features).to(device).to(memory_format=torch.channels_last)
    text, attribute_text = (
        random_text(pairs, config.features, config.seed).to(device) for pairs in (QUALITY_PAIRS, attribute_pairs())
    )
    described = {
        "init": start,
        "text": "stand-in: a fixed random direction per prompt, no language behind it; attribute scores mean nothing",
        "stand_in": True,
        "pretraining": "QualiCLIP-style",
    }
    return tower, text, attribute_text, described


def _clip(config: Config, device) -> tuple:
    """The image encoder of a CLIP, and its text encoder's embeddings of the prompts."""
    import open_clip

    from attiqa_core.judges.qualiclip import attribute_pairs
    from attiqa_core.judges.qualiclip_training import QUALITY_PAIRS
    from attiqa_core.judges.towers import ClipTower, clip_text
    from attiqa_core.teachers.clip import QUICK_GELU, ClipTeacher, state_sha256, uses_quick_gelu

    teacher = ClipTeacher(
        config.clip_model, config.clip_weights, device=device, quick_gelu=QUICK_GELU[config.clip_activation]
    )
    network, tokenizer = teacher.network, open_clip.get_tokenizer(config.clip_model)
    preprocessing = network.visual.preprocess_cfg
    described = {
        "model": config.clip_model,
        "clip_weights": config.clip_weights,
        "clip_sha256": state_sha256(network),
        "quick_gelu": uses_quick_gelu(network),
        "mean": list(preprocessing["mean"]),
        "std": list(preprocessing["std"]),
        "text": "the CLIP's own text encoder, frozen",
        "stand_in": False,
    }
    tower = ClipTower(network.visual.requires_grad_(True), preprocessing["mean"], preprocessing["std"]).to(device)
    texts = [clip_text(network, tokenizer, pairs) for pairs in (QUALITY_PAIRS, attribute_pairs())]
    return tower, *texts, described
