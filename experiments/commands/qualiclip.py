"""Train QualiCLIP on pristine photos: rank degraded versions by their likeness to antonym prompts, without any score."""

import torch

from attiqa_core.errors import InputError
from attiqa_core.judges.prompt_judge import View
from attiqa_core.judges.qualiclip import QUALITY_PAIRS, attribute_pairs, save_qualiclip, sides_of
from attiqa_core.judges.towers import BackboneTower, ClipTower, clip_text, random_text
from attiqa_core.network.backbones import check_name
from attiqa_core.network.clip_weights import QUICK_GELU, load_tokenizer, state_sha256, uses_quick_gelu
from attiqa_core.network.model import AttiqaNet, architecture
from attiqa_core.network.pretrained import initialise_encoder, save_pretrained
from attiqa_core.photos.picture_cache import PictureCache
from attiqa_core.photos.sources import find_photos
from attiqa_core.runs.device import pick_device, seed_everything
from attiqa_core.teachers.clip import ClipTeacher
from attiqa_core.training.qualiclip import calibrate, train_qualiclip
from attiqa_core.training.recipe import QualiClipRecipe
from experiments.options.outcome import Outcome, count
from experiments.options.qualiclip import Config
from experiments.options.recipe import recipe_of
from experiments.options.resume import begin_or_resume, inputs_of_photos, inputs_of_weights


def run(config: Config) -> Outcome:
    """Train as configured; the run folder receives `qualiclip.safetensors` and `qualiclip.json`."""
    config.check()
    device = pick_device(config.device)
    if config.vision_backbone is not None:
        check_name(config.vision_backbone)
    found = find_photos(config.photos)[1]
    _check_count(config, len(found))
    weights = ("init",) if config.vision_backbone else ("clip_model", "clip_weights")
    folder = begin_or_resume(config, {**inputs_of_photos(found), **inputs_of_weights(config, *weights)})
    seed_everything(config.seed)
    tower, text, attribute_text, described = (_backbone if config.vision_backbone else _clip)(config, device)
    order = torch.randperm(len(found), generator=torch.Generator().manual_seed(config.seed)).tolist()
    budget = int(config.cache_gb * 2**30)
    photos = PictureCache([found[index] for index in order[config.held_out :]], config.resize, budget)
    held_out = PictureCache([found[index] for index in order[: config.held_out]], config.resize, budget)
    if config.compile:
        (tower.net.encoder if isinstance(tower, BackboneTower) else tower.visual).compile(dynamic=False)
    recipe = recipe_of(QualiClipRecipe, config)
    train_qualiclip(tower, sides_of(text), photos, recipe, held_out=held_out, seed=config.seed, run=folder)
    view = View(config.resize, config.crop, "bilinear")
    save_qualiclip(folder, tower, text, attribute_text, view, calibrate(tower, text, photos, recipe), described)
    if isinstance(tower, BackboneTower):
        save_pretrained(folder, tower.net, {**described, "teachers": [], "heads": "untrained, random"})
    done = f"pretrained on {count(len(photos), 'photo')}, {count(len(held_out), 'photo')} held out"
    return Outcome(folder, done)


def _check_count(config: Config, photos: int) -> None:
    if photos - config.held_out < config.batch:
        raise InputError(
            f"{photos} photos, {config.held_out} held out, do not fill a batch of {config.batch}; lower --batch"
        )


def _backbone(config: Config, device: torch.device) -> tuple:
    """A timm backbone, and random directions in place of the prompts."""
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


def _clip(config: Config, device: torch.device) -> tuple:
    """The image encoder of a CLIP, and its text encoder's embeddings of the prompts."""
    teacher = ClipTeacher(
        config.clip_model, config.clip_weights, device=device, quick_gelu=QUICK_GELU[config.clip_activation]
    )
    network, tokenizer = teacher.network, load_tokenizer(config.clip_model)
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
