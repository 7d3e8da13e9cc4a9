"""Pretrain a network to rank photos by attributes, as teachers do (ATTIQA, section 3.4)."""

from collections.abc import Sequence
from pathlib import Path

import torch

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import sha256
from attiqa_core.labelling.cached_teacher import CachedTeacher, labelled_photos
from attiqa_core.labelling.labels import read
from attiqa_core.network.backbones import check_name
from attiqa_core.network.model import AttiqaNet, architecture
from attiqa_core.network.pretrained import initialise_encoder, save_pretrained
from attiqa_core.photos.picture_cache import PictureCache
from attiqa_core.photos.sources import Photo, find_photos
from attiqa_core.runs.device import pick_device, seed_everything
from attiqa_core.teachers import TEACHERS
from attiqa_core.training import distributed
from attiqa_core.training.pretrain import check_shares, pretrain, unreadable_photos
from attiqa_core.training.recipe import Objective, PretrainRecipe
from experiments.options.outcome import Outcome, count
from experiments.options.pretrain import Config
from experiments.options.recipe import recipe_of
from experiments.options.resume import (
    FREE_ON_RESUME,
    begin_or_resume,
    inputs_of_photos,
    inputs_of_prompts,
    inputs_of_weights,
)
from experiments.options.teachers import made


def run(config: Config) -> Outcome:
    """Pretrain as configured; the run folder receives `pretrained.safetensors` and `pretrained.json`.

    Photos that cannot be read are replaced by others and become the outcome's failures.
    """
    with distributed.joined(pick_device(config.device)) as device:
        return _run(config, device)


def _run(config: Config, device: torch.device) -> Outcome:
    config.check()
    check_shares(config.batch, config.accumulate)
    check_name(config.backbone)
    photos, teachers, attributes = _lessons(config, device)
    order = torch.randperm(len(photos), generator=torch.Generator().manual_seed(config.seed))
    held_out, learned = (part.sort().values.tolist() for part in order.tensor_split([config.held_out]))
    _check_count(config, len(learned))
    seed_everything(config.seed)
    net = AttiqaNet(architecture(config.backbone, config.hidden, config.pooling, attributes=attributes))
    start = initialise_encoder(net, config.init)
    net.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    net.freeze(config.freeze)
    if config.compile:
        net.compile_encoder()
    folder = _folder(config, photos)
    pretrain(
        net,
        PictureCache(photos, config.resize, int(config.cache_gb * 2**30), substitutes=learned),
        teachers,
        _recipe(config),
        held_out=held_out,
        seed=config.seed,
        run=folder,
        checkpoint_minutes=config.checkpoint_minutes,
    )
    if distributed.is_first():
        save_pretrained(folder, net, {"init": start, "teachers": [teacher.provenance() for teacher in teachers]})
    distributed.wait()  # torchrun stops everyone when one leaves with an exit code
    done = f"pretrained on {count(len(learned), 'photo')} by {count(len(teachers), 'teacher')}"
    return Outcome(folder, done, unreadable_photos(folder) if distributed.is_first() else ())


def _recipe(config: Config) -> PretrainRecipe:
    objective = Objective(config.objective, config.margin, config.pairs, config.tie_tolerance)
    return recipe_of(PretrainRecipe, config, objective=objective)


def _lessons(config: Config, device: torch.device) -> tuple[list, list, tuple[str, ...]]:
    """The photos, the teachers, and the attributes that they teach."""
    online = _teachers(config, device)
    taught: dict[str, tuple[str, ...]] = {
        teacher.name: tuple(getattr(teacher, "attribute_names", ATTRIBUTES)) for teacher in online
    }
    if config.labels is None:
        photos, cached = find_photos(config.photos)[1], []
    else:
        labels = read(config.labels)
        labelled_by = TEACHERS.get(labels.provenance.get("teacher", ""))
        if config.objective == "l2" and labelled_by is not None and not labelled_by.gives_probabilities:
            raise UsageError(f"--objective l2: {config.labels} holds measures, no probabilities; use labels of CLIP")
        photos = labelled_photos(labels, config.photos)
        source = {"folder": str(config.labels), "sha256": sha256(config.labels / "labels.json"), **labels.provenance}
        cached = [CachedTeacher(labels.labels, source)]
        taught[str(config.labels)] = labels.attributes
    if len(set(taught.values())) > 1:
        said = "; ".join(f"{name}: {', '.join(attributes)}" for name, attributes in taught.items())
        raise UsageError(f"--teachers and --labels have to teach the same attributes ({said})")
    return photos, [*cached, *online], next(iter(taught.values()))


def _teachers(config: Config, device: torch.device) -> list:
    return [made(name, config, device) for name in config.teacher_names]


def _check_count(config: Config, learned: int) -> None:
    if learned < config.batch:
        raise InputError(
            f"{learned} photos to learn from ({config.held_out} held out) do not fill a batch of {config.batch}; "
            "lower --batch"
        )


def _folder(config: Config, photos: Sequence[Photo]) -> Path:
    """The run folder, made by the first process. Raises: InputError if it was begun otherwise than it is to go on."""
    if distributed.is_first():  # torchrun stops the others if this fails
        begin_or_resume(config, _inputs(config, photos), (*FREE_ON_RESUME, "checkpoint_minutes"))
    distributed.wait()
    return config.out


def _inputs(config: Config, photos: Sequence[Photo]) -> dict[str, str]:
    """The hashes of whatever decides the result."""
    labels = {} if config.labels is None else {"labels_sha256": sha256(config.labels / "labels.json")}
    clip = ("clip_model", "clip_weights") if "clip" in config.teacher_names else ()
    return {
        **inputs_of_photos(photos),
        **labels,
        **inputs_of_prompts(config.prompts),
        **inputs_of_weights(config, "init", *clip),
    }
