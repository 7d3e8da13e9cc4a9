"""Fine-tune a pretrained network on human scores and store it as a frozen, verified scorer (ATTIQA, section 3.5)."""

import torch

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import InputError
from attiqa_core.files import read_json, write_text
from attiqa_core.network.backbones import check_name
from attiqa_core.network.model import AttiqaNet
from attiqa_core.network.pretrained import network_to_finetune
from attiqa_core.photos.picture_cache import PictureCache
from attiqa_core.runs import pick_device, seed_everything
from attiqa_core.scorer import save_scorer
from attiqa_core.sharing.folder import CARD, DESCRIPTION
from attiqa_core.sharing.model_card import model_card
from attiqa_core.training.finetune import finetune
from experiments.ladders.make import ladders_of
from experiments.options.finetune import Config
from experiments.options.outcome import Outcome, count
from experiments.options.resume import begin_or_resume, inputs_of_rated


def run(config: Config) -> Outcome:
    """Fine-tune on all rated images and write the scorer to `OUT/scorer`."""
    config.check()
    device = pick_device(config.device)
    if config.pretrained is None:
        check_name(config.backbone)
    rated = config.data.read(config.scores)
    if len(rated) < 2:
        raise InputError(f"{config.scores}: {len(rated)} rated image; fine-tuning needs at least 2")
    seed_everything(config.seed)
    net, start = _network(config)
    folder = begin_or_resume(config, {**inputs_of_rated(rated), "start": start})
    net.to(device)
    if config.compile:
        net.encoder.compile(dynamic=False)
    pictures = PictureCache(rated.paths, config.recipe.resize, _cache_bytes(config))
    mos = torch.from_numpy(rated.mos_range.normalise(rated.mos))
    ladders = ladders_of(config.recipe)(pictures, mos)
    finetune(
        net,
        pictures,
        mos,
        config.recipe.training(),
        ladders=ladders,
        seed=config.seed,
        run=folder,
    )
    provenance = {
        "data": rated.name,
        "images": len(rated),
        "start": start,
        "seed": config.seed,
        **config.recipe.described(),
        **({"ladders made of": ladders.described()} if ladders else {}),
    }
    save_scorer(
        folder / "scorer",
        net,
        config.recipe.training().preprocessing,
        rated.mos_range,
        provenance,
        half=config.half,
    )
    card = model_card(read_json(folder / "scorer" / DESCRIPTION), "scorer", meta=read_json(folder / "meta.json"))
    write_text(folder / "scorer" / CARD, card)
    return Outcome(folder / "scorer", f"1 scorer fine-tuned on {count(len(rated), 'picture')}")


def _network(config: Config) -> tuple[AttiqaNet, str]:
    """The network to start from, and a word on where it came from. Raises: InputError if it could not be a scorer."""
    recipe = config.recipe
    net, start = network_to_finetune(
        config.pretrained,
        backbone=config.backbone,
        hidden=config.hidden,
        init=config.init,
        pooling=recipe.pooling,
        regressor=recipe.regressor,
    )
    if net.arch.attributes != ATTRIBUTES:
        raise InputError(
            f"{config.pretrained}: its heads score {', '.join(net.arch.attributes)}, but a scorer has "
            f"{', '.join(ATTRIBUTES)}; measure it with `attiqa evaluate`"
        )
    net.freeze(recipe.freeze)
    return net, start


def _cache_bytes(config: Config) -> int:
    return 0 if config.decodes_once else int(config.cache_gb * 2**30)
