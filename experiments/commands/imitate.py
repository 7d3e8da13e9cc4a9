"""Train a fast, differentiable copy of a program on its pictures, and state how far it is from the program."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.whole import sha256, write_json
from attiqa_core.runs.device import pick_device
from attiqa_core.runs.progress import progress
from experiments.drawing.imitation_sheet import write_sheet
from experiments.options.imitate import Config
from experiments.options.outcome import Outcome, count
from experiments.options.resume import FREE_ON_RESUME, begin_or_resume, inputs_of_raws
from isp_env.black_box.isp import BlackBoxIsp
from isp_env.contexts.scenes import scene_finder
from isp_env.isp import Isp, OwnIsp
from isp_env.learned_isp.files import LearnedModel, save_learned
from isp_env.learned_isp.held_out import at_ends, errors_of, summary
from isp_env.learned_isp.imitation import collected, hash_of, plans_of
from isp_env.learned_isp.isp import OUR_OWN
from isp_env.learned_isp.network import Architecture, LearnedNetwork, built
from isp_env.learned_isp.raw_pictures import RawPictures
from isp_env.learned_isp.training import train
from isp_env.learned_isp.vectors import end_actions
from isp_env.parameters.profile_files import find_profile
from isp_env.parameters.profiles import Profile
from isp_env.params import IspParams
from isp_env.stores.open_contexts import open_contexts

FREE = (*FREE_ON_RESUME, "cache", "jobs")
SHEET = "sheet.jpg"


def run(config: Config) -> Outcome:
    """Ask, train, judge and store; what could not be read, and what the program gave no picture of, are the outcome's failures."""
    config.check()
    scene_finder(config.scene)  # a pattern that is none would be noticed late
    device = pick_device(config.device)
    isp, profile = program_of(config)
    described = program_described(config, isp)
    folder = begin_or_resume(
        config, inputs_of_raws("raws", config.raws) | {"program_sha256": described["sha256"]}, FREE
    )
    found, failures = pictures_of_program(config, isp, profile, folder)
    default = IspParams.identity_action(profile)
    network = built(Architecture(len(default), config.recipe.width), default, config.seed).to(device)
    train(network, found["training"], config.recipe, seed=config.seed, run=folder)
    held_out = judged(network.cpu(), found, profile)
    training = {
        "raws": len(found["training"]),
        "pictures": sum(map(len, found["training"])),
        "data_sha256": hash_of(found["training"]),
        "seed": config.seed,
        **asdict(config.recipe),
    }
    save_learned(folder, LearnedModel(network, profile, described, config.proxy_px, config.crops, training, held_out))
    write_json(
        folder / "summary.json",
        {"program": described["name"], "training": training, "held_out": held_out, "failures": failures},
    )
    if shown := found.get("new raws") or found.get("new parameters"):
        write_sheet(folder / SHEET, network, shown)
    return Outcome(folder, sentence(found, held_out), tuple(failures))


def program_of(config: Config) -> tuple[Isp, Profile]:
    """Return what is imitated, and the parameters that it is imitated in."""
    if config.isp is None:
        return OwnIsp(), find_profile(config.profile)
    isp = BlackBoxIsp.load(config.isp, cache=config.cache, jobs=config.jobs)
    return isp, isp.black_box.profile


def program_described(config: Config, isp: Isp) -> dict[str, Any]:
    """Return what the copy says of its program, and where the program's description is."""
    if config.isp is None or isp.described is None:
        return dict(OUR_OWN)
    return {**isp.described, "description": str(config.isp.resolve()), "description_sha256": sha256(config.isp)}


def pictures_of_program(
    config: Config, isp: Isp, profile: Profile, folder: Path
) -> tuple[dict[str, list[RawPictures]], list[str]]:
    """Return the program's pictures by role, and a sentence for each raw or picture that there is none of."""
    shares = {"test": config.held_out_share}
    contexts = open_contexts(
        config.raws, config.proxy_px, config.crops, scene_pattern=config.scene, shares=shares, seed=config.seed
    )
    training, held_out = contexts.of("training"), contexts.of("test")
    if not len(training):
        raise InputError(
            f"{config.raws[0]}: no scene is left to train on; name more raws, or a smaller --held-out-share"
        )
    default = IspParams.identity_action(profile)
    plans = plans_of(
        training.proxies, held_out.proxies, default, config.pictures, config.held_out_pictures, config.seed
    )
    with progress(total=sum(len(plan.actions) for plan in plans), label="ask", unit="picture") as bar:
        found, failures = collected(isp, profile, plans, folder, bar.update)
    return found, [*contexts.failures, *failures]


def judged(network: LearnedNetwork, found: dict[str, list[RawPictures]], profile: Profile) -> dict[str, Any]:
    """Return the held-out error: new parameters on the raws trained on, new raws, and each parameter's ends on those."""
    table: dict[str, Any] = {}
    tables = {raw.name: raw for raw in found["training"]}
    if raws := found.get("new parameters"):
        table["new_parameters"] = summary(
            [each for raw in raws for each in errors_of(network, raw, tables.get(raw.name))]
        )
    if raws := found.get("new raws"):
        table["new_raws"] = summary([each for raw in raws for each in errors_of(network, raw)])
    if raws := found.get("ends"):
        _, ends = end_actions(IspParams.identity_action(profile))
        table["ends"] = at_ends(network, whole(raws, len(ends)), profile.names, ends)
    return table


def whole(raws: Sequence[RawPictures], actions: int) -> list[RawPictures]:
    """Return the raws of which no picture failed: rows of the others are not those of the ends."""
    return [raw for raw in raws if len(raw) == actions]


def sentence(found: dict[str, list[RawPictures]], held_out: dict[str, Any]) -> str:
    """Return what was learned from how much, and how near it came."""
    pictures = count(sum(map(len, found["training"])), "picture")
    learned = f"learned from {pictures} of {count(len(found['training']), 'raw')}"
    side = "new_raws" if "new_raws" in held_out else "new_parameters"
    if side not in held_out:
        return learned
    figures = held_out[side]["proxy"]
    colours = [figures[what]["mean_delta_e_2000"] for what in ("learned", "default")]
    return f"{learned}; Delta E {colours[0]:.2f} on {side.replace('_', ' ')}, where the default picture has {colours[1]:.2f}"
