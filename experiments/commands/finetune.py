"""Fine-tune a pretrained network on human scores and store it as a frozen, verified scorer (ATTIQA, section 3.5)."""

from pathlib import Path

import torch

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files import read_json, write_text
from attiqa_core.network.backbones import check_name
from attiqa_core.network.model import Architecture, AttiqaNet, architecture, initialise_encoder, load_weights
from attiqa_core.photos.picture_cache import PictureCache
from attiqa_core.runs import pick_device, seed_everything
from attiqa_core.scorer import Preprocessing, save_scorer
from attiqa_core.sharing.folder import CARD, DESCRIPTION
from attiqa_core.sharing.model_card import model_card
from attiqa_core.tensor_files import load_tensors
from attiqa_core.training.finetune import finetune
from experiments.options.finetune import Config
from experiments.options.outcome import Outcome, count
from experiments.options.recipe import Recipe
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
    net, start = starting_network(config.pretrained, config, config.init)
    if net.arch.attributes != ATTRIBUTES:
        raise InputError(
            f"{config.pretrained}: its heads score {', '.join(net.arch.attributes)}, but a scorer has "
            f"{', '.join(ATTRIBUTES)}; measure it with `attiqa evaluate`"
        )
    folder = begin_or_resume(config, inputs_of_rated(rated))
    net.to(device)
    net.freeze(config.recipe.freeze)
    if config.compile:
        net.encoder.compile(dynamic=False)
    finetune(
        net,
        PictureCache(rated.paths, config.recipe.resize, int(config.cache_gb * 2**30)),
        torch.from_numpy(rated.mos_range.normalise(rated.mos)),
        **config.recipe.training_options(),
        seed=config.seed,
        run=folder,
    )
    provenance = {
        "data": rated.name,
        "images": len(rated),
        "start": start,
        "seed": config.seed,
        **config.recipe.described(),
    }
    save_scorer(
        folder / "scorer",
        net,
        Preprocessing(config.recipe.resize, config.recipe.crop),
        rated.mos_range,
        provenance,
        half=config.half,
    )
    card = model_card(read_json(folder / "scorer" / DESCRIPTION), "scorer", meta=read_json(folder / "meta.json"))
    write_text(folder / "scorer" / CARD, card)
    return Outcome(folder / "scorer", f"1 scorer fine-tuned on {count(len(rated), 'picture')}")


def starting_network(pretrained: Path | None, options, init: str) -> tuple:
    """Return the network that fine-tuning starts from, and a word on where it came from.

    Without a pretraining run `options` says backbone, hidden width and pooling.
    Raises: InputError if `pretrained` is no pretraining run; UsageError if another pooling than its own is asked for.
    """
    if pretrained is None:
        net = AttiqaNet(
            architecture(options.backbone, options.hidden, options.recipe.pooling, options.recipe.regressor)
        )
        start = initialise_encoder(net, init)
    else:
        described = read_json(pretrained / "pretrained.json")
        if described.get("format") != "attiqa-pretrained/1":
            raise InputError(f"{pretrained}: is not a run of `attiqa pretrain`; name the folder with pretrained.json")
        net = AttiqaNet(Architecture.from_dict({**described["architecture"], "regressor": options.recipe.regressor}))
        if options.recipe.pooling not in (Recipe.pooling, net.arch.pooling):
            raise UsageError(
                f"--pooling {options.recipe.pooling}: {pretrained} was pretrained with {net.arch.pooling}; leave it out"
            )
        weights = pretrained / "pretrained.safetensors"
        tensors = load_tensors(weights, described["sha256"])
        own = {name: tensor for name, tensor in net.state_dict().items() if name.startswith("regressor.")}
        load_weights(
            net, {**{k: v for k, v in tensors.items() if not k.startswith("regressor.")}, **own}, weights
        )  # the regressor is fine-tuning's own: it starts afresh
        start = f"pretrained {described['sha256'][:12]}"
    return net.to(memory_format=torch.channels_last), start
