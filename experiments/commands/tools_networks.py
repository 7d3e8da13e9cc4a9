"""Train the learned tools on good photos, each against one planted defect, and measure them on photos set apart."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from attiqa_core.errors import InputError
from attiqa_core.files import write_json
from attiqa_core.photos.picture_cache import PictureCache
from attiqa_core.photos.sources import find_photos
from attiqa_core.runs import pick_device, provenance, seed_everything
from experiments.options.outcome import Outcome, count
from experiments.options.recipe import recipe_of
from experiments.options.resume import FREE_ON_RESUME, begin_or_resume, inputs_of_photos
from experiments.options.tools_networks import Config
from isp_env.tools.learned.files import is_stored, opened, save_network, stored_network
from isp_env.tools.learned.measure import before_and_after, middles, tool_of
from isp_env.tools.learned.recipe import NetworkRecipe
from isp_env.tools.learned.table import NETWORKS, Network
from isp_env.tools.learned.training import train_network

MEASURED_PX = 256
SUMMARY = "summary.json"


def run(config: Config) -> Outcome:
    """Train as configured; the run folder receives two files for each network as it is finished, and `summary.json`."""
    config.check()
    device = pick_device(config.device)
    found = find_photos(config.photos)[1]
    inputs = inputs_of_photos(found)
    learned_from, set_apart = _split(config, len(found))
    folder = begin_or_resume(config, inputs, (*FREE_ON_RESUME, "networks"))
    seed_everything(config.seed)
    budget = int(config.cache_gb * 2**30)
    caches = [
        PictureCache([found[index] for index in part], config.short_edge, budget, substitutes=range(len(part)))
        for part in (learned_from, set_apart)
    ]
    recipe = recipe_of(NetworkRecipe, config)
    summary = {"photos": len(learned_from), "held_out_photos": len(set_apart), "networks": {}}
    for name in config.networks:
        if not is_stored(folder, name):
            net = train_network(
                NETWORKS[name], caches[0], recipe, seed=config.seed, device=device, run=_room(folder, name)
            )
            save_network(folder, NETWORKS[name], net, {**asdict(recipe), "seed": config.seed, **inputs, **provenance()})
        summary["networks"][name] = _measured(folder, NETWORKS[name], caches[1], config, device)
        write_json(folder / SUMMARY, summary)
    failures = [text for cache in caches for text in cache.failures.values()]
    done = f"{count(len(config.networks), 'network')} trained on {count(len(learned_from), 'photo')}"
    return Outcome(folder, f"{done}, {len(set_apart)} held out; {_worst_clean(summary)}", tuple(failures))


def _split(config: Config, photos: int) -> tuple[Sequence[int], Sequence[int]]:
    """Indices of the photos to learn from and of those set apart. Raises: InputError if either would be empty."""
    apart = round(photos * config.held_out) or int(config.held_out > 0)
    if photos - apart < 1:
        raise InputError(f"{config.photos[0]}: {count(photos, 'photo')}, {apart} held out; give at least 2")
    order = torch.randperm(photos, generator=torch.Generator().manual_seed(config.seed)).tolist()
    return sorted(order[apart:]), sorted(order[:apart])


def _room(folder: Path, name: str) -> Path:
    """The folder of a network's training state and metrics."""
    (folder / "training" / name).mkdir(parents=True, exist_ok=True)
    return folder / "training" / name


def _measured(folder: Path, network: Network, photos: PictureCache, config: Config, device: torch.device) -> Any:
    """PSNR on the photos set apart, by the stored network; None without any."""
    if not len(photos):
        return None
    tool = tool_of(opened(stored_network(folder, network.name), str(device)), network.name, network.kind)
    size = min(MEASURED_PX, config.short_edge)
    images = middles([photos[index] for index in range(len(photos))], size, whole=network.model != "residual")
    return {"defect": network.defect, "psnr_db": before_and_after(tool, network.defect, images, config.seed)}


def _worst_clean(summary: dict[str, Any]) -> str:
    """The network that changes clean pictures most, in words."""
    clean = {name: row["psnr_db"]["0"]["after"] for name, row in summary["networks"].items() if row}
    if not clean:
        return "none measured, for --held-out is 0"
    name = min(clean, key=lambda each: clean[each])
    return f"clean photos are changed most by {name} (PSNR {clean[name]:.1f} dB); see {SUMMARY}"
