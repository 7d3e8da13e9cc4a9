"""Train the learned tools on good photos, each against one planted defect, and measure them on photos set apart."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from attiqa_core.errors import InputError
from attiqa_core.files.whole import write_json
from attiqa_core.photos.picture_cache import PictureCache
from attiqa_core.photos.sources import Photo, find_photos
from attiqa_core.runs.device import pick_device, seed_everything
from attiqa_core.runs.folder import provenance
from experiments.options.outcome import Outcome, count
from experiments.options.recipe import recipe_of
from experiments.options.resume import FREE_ON_RESUME, begin_or_resume, inputs_of_photos
from experiments.options.tools_networks import Config
from isp_env.tools.catalogue import CLASSICAL
from isp_env.tools.learned.files import is_stored, opened, save_network, stored_network
from isp_env.tools.learned.measure import before_and_after, middles, tool_of
from isp_env.tools.learned.recipe import NetworkRecipe
from isp_env.tools.learned.table import NETWORKS, Network
from isp_env.tools.learned.training import train_network

MEASURED_PX = 128
SUMMARY = "summary.json"
FREE = (*FREE_ON_RESUME, "networks", "test_on")  # of a run that goes on
CONTROLS = {
    "noise": ("gaussian-3", "bilateral"),
    "blur": ("sharpen",),
    "dark": ("gamma^0.7", "clahe"),
    "cast": ("grey-world",),
    "jpeg": ("gaussian-3", "bilateral"),
    "enlarged": ("sharpen",),
    "undeveloped": ("gamma^0.45",),
}
"""The classical tools that each defect's networks are measured beside."""


def run(config: Config) -> Outcome:
    """Train as configured; the run folder receives two files for each network as it is finished, and `summary.json`."""
    config.check()
    device = pick_device(config.device)
    found = find_photos(config.photos)[1]
    learned_from, set_apart = (_cache(config, [found[index] for index in part]) for part in _split(config, len(found)))
    folder = begin_or_resume(config, inputs_of_photos(found), FREE)
    tested = {str(path): _cache(config, find_photos([path])[1]) for path in config.test_on}
    seed_everything(config.seed)
    measured: dict[str, Any] = {}
    for name in config.networks:
        if not is_stored(folder, name):
            _train(config, NETWORKS[name], learned_from, folder, device)
        places = {"held out": set_apart, **tested}
        measured[name] = {
            place: _measured(folder, NETWORKS[name], photos, config, device)
            for place, photos in places.items()
            if len(photos)
        }
        write_json(
            folder / SUMMARY, {"photos": len(learned_from), "held_out_photos": len(set_apart), "psnr_db": measured}
        )
    failures = [text for cache in (learned_from, set_apart, *tested.values()) for text in cache.failures.values()]
    done = f"{count(len(config.networks), 'network')} trained on {count(len(learned_from), 'photo')}"
    return Outcome(folder, f"{done}, {len(set_apart)} held out{_worst_clean(measured)}", tuple(failures))


def _train(config: Config, network: Network, photos: PictureCache, folder: Path, device: torch.device) -> None:
    """Train one network, going on from its last round if it was begun, and store it."""
    recipe = recipe_of(NetworkRecipe, config)
    room = folder / "training" / network.name
    room.mkdir(parents=True, exist_ok=True)
    net = train_network(network, photos, recipe, seed=config.seed, device=device, run=room)
    inputs = inputs_of_photos(photos.photos)  # pyright: ignore[reportArgumentType]
    save_network(folder, network, net, {**asdict(recipe), "seed": config.seed, **inputs, **provenance()})


def _cache(config: Config, photos: Sequence[Photo]) -> PictureCache:
    """Photos to be read; where one cannot be, another of them stands in."""
    return PictureCache(photos, config.short_edge, int(config.cache_gb * 2**30), substitutes=range(len(photos)))


def _split(config: Config, photos: int) -> tuple[Sequence[int], Sequence[int]]:
    """Indices of the photos to learn from and of those set apart. Raises: InputError if either would be empty."""
    apart = round(photos * config.held_out) or int(config.held_out > 0)
    if photos - apart < 1:
        raise InputError(f"{config.photos[0]}: {count(photos, 'photo')}, {apart} held out; give at least 2")
    order = torch.randperm(photos, generator=torch.Generator().manual_seed(config.seed)).tolist()
    return sorted(order[apart:]), sorted(order[:apart])


def _measured(folder: Path, network: Network, photos: PictureCache, config: Config, device: torch.device) -> Any:
    """PSNR before and after the stored network, and after each classical tool that is its control."""
    net = tool_of(opened(stored_network(folder, network.name), str(device)), network.name, network.kind)
    size = min(MEASURED_PX, config.short_edge)
    images = middles([photos[index] for index in range(len(photos))], size, whole=network.model != "residual")
    tools = {network.name: net, **{name: CLASSICAL[name] for name in CONTROLS[network.defect]}}
    return {name: before_and_after(tool, network.defect, images, config.seed) for name, tool in tools.items()}


def _worst_clean(measured: dict[str, Any]) -> str:
    """The network that changes clean photos most, in words; nothing where none was measured."""
    places = ((name, rows[place][name]["0"]["after"]) for name, rows in measured.items() for place in list(rows)[:1])
    name, clean_db = min(places, key=lambda each: each[1], default=("", 0.0))
    return f"; clean photos are changed most by {name} (PSNR {clean_db:.1f} dB); see {SUMMARY}" if name else ""
