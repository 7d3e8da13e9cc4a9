"""Train a scorer that reads off a picture by how much its settings are off, on photos without human scores."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.distortions.settings import SETTINGS
from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, write_json
from attiqa_core.network.architecture import Preprocessing
from attiqa_core.network.backbones import check_name
from attiqa_core.network.model import AttiqaNet, architecture
from attiqa_core.network.pretrained import initialise_encoder
from attiqa_core.photos.picture_cache import PictureCache
from attiqa_core.photos.places import find_images
from attiqa_core.runs.device import pick_device, seed_everything
from attiqa_core.scorer import Scorer, save_scorer, write_card
from attiqa_core.training.learn_settings import learn_settings, reading_errors
from attiqa_core.training.recipe import SettingsRecipe
from experiments.options.outcome import Outcome, count
from experiments.options.recipe import recipe_of
from experiments.options.resume import begin_or_resume, hash_of_contents
from experiments.options.settings import Config

FIELD = 0.9
"""Side of the crop that the scorer reads, as a share of the short edge."""

UNUSED_HEADS = 1  # of hidden width: what a picture's attributes are is read by the regressor


def run(config: Config) -> Outcome:
    """Train as configured, write the scorer to `OUT/scorer`, and say how well it reads photos that it never saw."""
    config.check()
    check_name(config.backbone)
    device = pick_device(config.device)
    paths, unseen = find_images(config.photos), find_images(config.test_on) if config.test_on else []
    if len(paths) < 2:
        raise InputError(f"{config.photos[0]}: {count(len(paths), 'photo')}; give at least 2 to learn from")
    seed_everything(config.seed)
    folder = begin_or_resume(config, {"pixels_sha256": hash_of_contents(paths)})
    net = AttiqaNet(architecture(config.backbone, UNUSED_HEADS, "stages", "settings", SETTINGS))
    start = initialise_encoder(net, config.init)
    recipe = recipe_of(SettingsRecipe, config)
    pictures = PictureCache(paths, config.resize, int(config.cache_gb * 2**30))
    learn_settings(net.to(device), pictures, recipe, seed=config.seed, run=folder)
    provenance = {"images": len(paths), "start": start, "seed": config.seed, **asdict(recipe)}
    preprocessing = Preprocessing(config.sizes[1], round(FIELD * config.sizes[1]), config.sizes)
    written = save_scorer(folder / "scorer", net, preprocessing, MosRange(0.0, 1.0), provenance, half=config.half)
    write_card(written, read_json(folder / "meta.json"))
    said = f"1 scorer of settings learned on {count(len(paths), 'photo')}"
    return Outcome(written, f"{said}; {_tested(config, written, unseen)}" if unseen else said)


def _tested(config: Config, written: Path, unseen: list[Path]) -> str:
    """How well the stored scorer reads settings off photos that it never saw; the numbers go to summary.json."""
    scorer = Scorer.load(written, pick_device(config.device), crops=1)
    photos = PictureCache(unseen, config.sizes[1])
    errors = reading_errors(scorer.attributes, [photos[index] for index in range(len(photos))], config.seed)
    summary: dict[str, Any] = {"photos": len(photos), "errors": errors}
    write_json(config.out / "summary.json", summary)
    told = ", ".join(f"{name} {each['rmse']:.2f} (saying 0: {each['rmse of 0']:.2f})" for name, each in errors.items())
    return f"read off {count(len(photos), 'unseen photo')} with errors of {told}"
