"""Fine-tune a network on human scores, or a scorer on people's choices, and store it as a frozen, verified scorer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.datasets import RatedImages
from attiqa_core.distortions.rungs import Ladders
from attiqa_core.errors import InputError, UsageError
from attiqa_core.evaluation.metrics import agreement
from attiqa_core.evaluation.splits import Indices, random_splits
from attiqa_core.files.whole import read_json, write_json
from attiqa_core.judges import gate
from attiqa_core.judges.score_files import UnreadableFile, score_files
from attiqa_core.network.backbones import check_name
from attiqa_core.network.model import AttiqaNet
from attiqa_core.network.pretrained import network_to_finetune
from attiqa_core.photos.images import Picture
from attiqa_core.photos.picture_cache import PictureCache
from attiqa_core.runs.device import pick_device, seed_everything
from attiqa_core.scorer import Scorer, network_of, save_scorer, write_card
from attiqa_core.sharing.folder import find_folder, read_description
from attiqa_core.tensors import Scores
from attiqa_core.training.finetune import LEAST_IMAGES, finetune
from attiqa_core.training.finetune_preferences import finetune_on_preferences
from attiqa_core.training.recipe import FinetuneRecipe
from attiqa_core.training.solve_attributes import solve_attributes
from attiqa_core.training.solve_preferences import linear_head
from experiments.demo_set import PACKAGED, packaged_photos
from experiments.evaluation.examination import examine
from experiments.evaluation.voted import Voted, open_voted, sentence
from experiments.ladders.make import ladders_of
from experiments.options.finetune import Config
from experiments.options.outcome import Outcome, count
from experiments.options.recipe import Recipe
from experiments.options.resume import begin_or_resume, inputs_of_pristine, inputs_of_rated


def run(config: Config) -> Outcome:
    """Fine-tune on rated images and votes and write the scorer to `OUT/scorer`; then test it on those held out, and at the gate."""
    config.check()
    device = pick_device(config.device)
    if config.pretrained is None and config.further is None:
        check_name(config.backbone)
    voted = _voted(config, device)
    recipe = config.recipe if voted is None else config.recipe.as_of(voted.start.net.arch, voted.start.preprocessing)
    rated, trained, held_out = _rated(config, voted)
    seed_everything(config.seed)
    net, start = _network(config, recipe)
    told = Scorer.from_pretrained(config.attributes_of, device=device) if config.attributes_of else None
    inputs = {
        "start": start,
        **inputs_of_pristine(recipe.pristine),
        **({"votes_sha256": voted.pairs.sha256} if voted else {}),
    }
    inputs |= inputs_of_rated(rated) if config.scores else {}
    folder = begin_or_resume(config, {**inputs, **({"attributes_of_sha256": told.sha256} if told else {})})
    net.to(device)
    if config.compile:
        net.compile_encoder()
    paths = tuple(rated.paths[index] for index in trained)
    pictures = PictureCache(paths, recipe.resize, _cache_bytes(config))
    mos = torch.from_numpy(rated.mos_range.normalise(rated.mos))[trained]
    training, ladders = recipe.training(), ladders_of(recipe, device)(pictures, mos)
    if voted is None:
        finetune(net, pictures, mos, training, ladders=ladders, seed=config.seed, run=folder)
        learned = {}
    else:
        learned = _learn_taste(config, net, voted, pictures, mos, training, ladders, folder)
    if told is not None:
        solve_attributes(net, training.preprocessing, told, pictures, config.seed)
    provenance = {
        "data": rated.name,
        **({"images": len(paths)} if config.scores else {}),
        **learned,
        "start": start,
        "seed": config.seed,
        **recipe.described(),
        **({"ladders made of": ladders.described()} if ladders else {}),
        **({"attributes of": told.sha256} if told else {}),
    }
    written = save_scorer(folder / "scorer", net, training.preprocessing, rated.mos_range, provenance, half=config.half)
    write_card(written, read_json(folder / "meta.json"))
    done = f"1 scorer fine-tuned on {count(len(paths), 'picture')}"
    return Outcome(written, "; ".join([done, *_examined(config, written, rated, held_out, voted)]))


def _voted(config: Config, device: torch.device) -> Voted | None:
    if config.preferences.votes is None or config.further is None:
        return None
    start = Scorer.load(config.further, device)
    linear_head(start.net)  # one that cannot learn is refused before its pictures are read
    return open_voted(config.preferences.votes, config.preferences.votes_images, start, config.hold_out, config.seed)


def _rated(config: Config, voted: Voted | None) -> tuple[RatedImages, Indices, Indices]:
    """Rated images, and which of them are trained on and held out; without human scores those that were voted on."""
    if config.scores is None:
        assert voted is not None
        return voted.rated, np.arange(len(voted.rated)), np.empty(0, np.int64)
    rated = config.data.read(config.scores)
    return (rated, *_divided(config, rated))


def _learn_taste(
    config: Config,
    net: AttiqaNet,
    voted: Voted,
    pictures: Sequence[Picture],
    mos: Scores,
    training: FinetuneRecipe,
    ladders: Ladders | None,
    run: Path,
) -> dict[str, Any]:
    """Fine-tune on votes, and return what the scorer's description says of them."""
    preferences, scenes = voted.preferences(_cache_bytes(config))
    if config.scores is None:
        pictures = preferences.pictures  # decoded once for both
    options = config.preferences
    solved = finetune_on_preferences(
        net,
        preferences,
        scenes,
        pictures,
        mos,
        training,
        weight=options.votes_weight,
        temperature=options.votes_temperature,
        keep=options.votes_keep,
        ladders=ladders,
        seed=config.seed,
        run=run,
    )
    numbers = {"votes weight": options.votes_weight, "votes temperature": solved.temperature, "votes keep": solved.keep}
    return {"votes": voted.described(), **numbers}


def _divided(config: Config, rated: RatedImages) -> tuple[Indices, Indices]:
    """What is trained on and what is held out. Raises: InputError if either has too few images."""
    trained, held_out = np.arange(len(rated)), np.empty(0, np.int64)
    if config.hold_out:
        share, groups = config.hold_out, rated.groups
        split = random_splits(len(rated), 1, first=config.seed, test_share=share, groups=groups)[0]
        trained, held_out = split.train, split.test
    if len(trained) < LEAST_IMAGES or len(held_out) == 1:
        left = f", {len(held_out)} of them held out" if config.hold_out else ""
        raise InputError(
            f"{config.scores}: {len(rated)} rated images{left}; fine-tuning and testing need at least 2 each"
        )
    return trained, held_out


def _examined(config: Config, folder: Path, rated: RatedImages, held_out: Indices, voted: Voted | None) -> list[str]:
    """What the finished scorer is worth: its agreement on held-out images and votes, and whether it may be a reward."""
    held_votes = voted is not None and len(voted.held_out) > 0
    if not len(held_out) and not config.gate and not held_votes:
        return []
    said, summary = [], {}
    scorer = Scorer.load(folder, pick_device(config.device))
    if len(held_out):
        measured = _agreement(scorer, rated, held_out)
        summary["held_out"] = {"images": len(held_out), **measured}
        srocc, plcc = (_shown(measured[name]) for name in ("srocc", "plcc"))
        said.append(f"held-out SROCC {srocc}, PLCC {plcc} on {count(len(held_out), 'picture')}")
    if voted is not None and held_votes:
        summary["votes"] = voted.examined(scorer)
        said.append(sentence(summary["votes"]))
    if config.gate:
        as_reward = scorer.with_crops(1)
        report = examine(as_reward, packaged_photos(), PACKAGED, folder)
        gate.write(folder, as_reward, report)
        summary["gate"] = {"passed": report.passed, "failures": report.failures}
        failed = f"may not be a reward, it likes {', '.join(report.failures)}"
        said.append("passed the gate: may be a reward" if report.passed else failed)
    write_json(config.out / "summary.json", summary)
    return said


def _agreement(scorer: Scorer, rated: RatedImages, held_out: Indices) -> dict[str, float | None]:
    """Agreement with people on images that were held out. Raises: InputError for one that cannot be read."""
    predicted = []
    for each in score_files(scorer, [rated.paths[index] for index in held_out]):
        if isinstance(each, UnreadableFile):
            raise InputError(each.reason)
        predicted.append(each.mos)
    return agreement(predicted, rated.mos[held_out])


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


def _network(config: Config, recipe: Recipe) -> tuple[AttiqaNet, str]:
    """The network to start from, and a word on where it came from. Raises: InputError if it could not be a scorer."""
    if config.further is not None:
        return _stored_network(config.further, recipe)
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


def _stored_network(reference: str, recipe: Recipe) -> tuple[AttiqaNet, str]:
    """A scorer's network that goes on learning. Raises: InputError if there is none, UsageError if the recipe asks for another."""
    net, folder = network_of(reference), find_folder(reference)
    if net.arch.regressor == "settings":
        raise InputError(
            f"{reference}: reads how pictures are set, not what people like; give a scorer of `attiqa finetune`"
        )
    for name in ("pooling", "regressor"):
        if getattr(recipe, name) != getattr(net.arch, name):
            raise UsageError(f"--further {reference}: was made with --{name} {getattr(net.arch, name)}; say so too")
    net.freeze(recipe.freeze)
    return net, f"scorer {read_description(folder).sha256[:12]}"


def _cache_bytes(config: Config) -> int:
    return 0 if config.decodes_once else int(config.cache_gb * 2**30)
