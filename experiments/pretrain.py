"""Pretrain a network to rank photos by five attributes, as teachers do (ATTIQA, section 3.4)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from experiments.outcome import Outcome


@dataclass(frozen=True)
class Config:
    """Options of `attiqa pretrain`."""

    photos: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Image files or folders of unlabelled photos."""
    out: Path = Path("runs/pretrain")
    """Run folder to write."""
    teachers: tuple[Literal["degradation", "statistics", "clip"], ...] = ("clip",)
    """Who orders the images. The first named makes the images of a lesson, the others label the same ones."""
    clip_weights: str = "openai"
    """open_clip weights of the clip teacher: a hub tag or a local file."""
    clip_activation: Literal["auto", "gelu", "quick-gelu"] = "auto"
    """What CLIP weights from a file were trained with: quick-gelu (OpenAI's) or gelu (LAION's)."""
    backbone: str = "resnet50"
    """Any timm backbone; resnet50 is the paper's."""
    hidden: int = 512
    """Width of each attribute head."""
    pooling: Literal["last", "stages"] = "last"
    """What the heads see: the encoder's last map averaged (the paper's), or mean and deviation of every stage."""
    init: str = "random"
    """Encoder's start: random, imagenet, or the pretrained.safetensors of another pretraining."""
    epochs: int = 30
    """Passes over the photos."""
    batch: int = 256
    """Photos per step; the degradation teacher makes `versions` images of each."""
    versions: int = 4
    """Distorted versions of each photo in a lesson of the degradation teacher."""
    resize: int = 256
    """Short edge of the photos in px before cropping."""
    crop: int = 224
    """Side of the random training crops in px."""
    optimizer: Literal["sgd", "adamw"] = "sgd"
    """SGD with momentum 0.9, or AdamW."""
    lr: float = 0.1
    """Learning rate at 256 photos per step; scaled linearly with the batch."""
    weight_decay: float = 1e-4
    """Weight decay."""
    freeze: tuple[str, ...] = ()
    """Parts of the encoder to keep as they are, e.g. conv_stem blocks.0, or all: then only the heads learn."""
    margin: float = 0.1
    """Margin of the ranking loss (the paper's value)."""
    held_out: int = 0
    """Photos set apart, drawn by the seed, to print the ranking accuracy on after each epoch."""
    seed: int = 0
    """Seed of everything random."""
    device: str = "auto"
    """auto, cpu or cuda."""
    compile: bool = False
    """Compile the encoder (torch.compile): about twice as fast after a minute's start."""
    resume: bool = False
    """Go on from the last finished epoch in --out."""


def run(config: Config) -> Outcome:
    """Pretrain as configured; the run folder receives `pretrained.safetensors` and `pretrained.json`."""
    import torch

    from attiqa_core.errors import InputError
    from attiqa_core.images import find_images, load_pictures
    from attiqa_core.model import AttiqaNet, architecture, initialise_encoder
    from attiqa_core.pretrain import pretrain
    from attiqa_core.runs import new_run, pick_device, save_tensors, seed_everything, sha256, write_json

    device = pick_device(config.device)
    paths = find_images(config.photos)
    if len(paths) - config.held_out < config.batch:
        raise InputError(
            f"{len(paths)} photos, {config.held_out} held out, do not fill a batch of {config.batch}; lower --batch"
        )
    folder = new_run(config.out, config, seed=config.seed, inputs={"photos": str(len(paths))}, resume=config.resume)
    seed_everything(config.seed)
    net = AttiqaNet(architecture(config.backbone, config.hidden, config.pooling))
    start = initialise_encoder(net, config.init)
    net.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    net.freeze(config.freeze)
    if config.compile:
        net.encoder.compile(dynamic=False)
    teachers = _teachers(config, device)
    pictures = load_pictures(paths, config.resize)
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(config.seed)).tolist()
    pretrain(
        net,
        [pictures[index] for index in order[config.held_out :]],
        teachers,
        held_out=[pictures[index] for index in order[: config.held_out]],
        epochs=config.epochs,
        batch=config.batch,
        crop=config.crop,
        optimizer=config.optimizer,
        lr=config.lr,
        weight_decay=config.weight_decay,
        margin=config.margin,
        seed=config.seed,
        run=folder,
    )
    weights = folder / "pretrained.safetensors"
    save_tensors(weights, net.state_dict())
    write_json(
        folder / "pretrained.json",
        {
            "format": "attiqa-pretrained/1",
            "architecture": net.arch.to_dict(),
            "init": start,
            "teachers": [teacher.provenance() for teacher in teachers],
            "sha256": sha256(weights),
        },
    )
    return Outcome(folder)


def _teachers(config: Config, device) -> list:
    from attiqa_core.teachers.degradation import DegradationTeacher
    from attiqa_core.teachers.statistics import StatisticsTeacher

    def clip():
        from attiqa_core.teachers.clip import QUICK_GELU, ClipTeacher

        return ClipTeacher(pretrained=config.clip_weights, device=device, quick_gelu=QUICK_GELU[config.clip_activation])

    made = {
        "degradation": lambda: DegradationTeacher(config.versions),
        "statistics": StatisticsTeacher,
        "clip": clip,
    }
    return [made[name]() for name in config.teachers]
