"""Render raws at full size with a trained policy, given parameters, or the camera default; a recipe beside each picture."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files import read_json
from attiqa_core.runs import pick_device
from experiments.drawing.freed_memory import give_large_blocks_back
from experiments.drawing.rendered_files import render_files
from experiments.options.lens import LensOptions
from experiments.options.outcome import Outcome, count
from experiments.options.render import Config
from isp_env.lens_profiles.choice import with_lens
from isp_env.lens_profiles.lensfun import refuse_missing
from isp_env.lens_profiles.own import read_lens_file
from isp_env.params import IspParams
from isp_env.profile_files import find_profile
from isp_env.profiles import CORE, Profile
from isp_env.raw import RawFrame
from isp_env.raw_io.find import find_raws


def run(config: Config) -> Outcome:
    """Render every readable raw; those that are not are reported and skipped."""
    config.check()
    give_large_blocks_back()
    correct = _lens(config.of_lens)
    device = pick_device(config.device)
    paths = find_raws(config.raws)
    tune, source = _chooser(config, device)
    folder = _empty_folder(config.out)
    failures = render_files(
        paths,
        folder,
        tune,
        source,
        output=config.output,
        sheet=config.sheet,
        device=device,
        own=config.reading.description(),
        correct=correct,
    )
    return Outcome(folder, f"{count(len(paths) - len(failures), 'raw')} rendered", tuple(failures))


def _chooser(config: Config, device: torch.device) -> tuple[Callable[[RawFrame], IspParams], dict[str, Any]]:
    """Return what chooses the parameters of a frame, and what the recipe says about it."""
    if config.policy is not None:
        from agents.tuner import PolicyTuner  # the scorers' packages take 180 MB, which nobody else here needs

        goal = config.goals()
        tuner = PolicyTuner.load(config.policy, config.scorer, device, goal)
        return lambda frame: tuner.tune(tuner.core([frame])), {
            "tuner": "policy",
            "policy": str(config.policy),
            "scorer": tuner.scorer.sha256,
            **({"goal": goal} if goal else {}),
        }

    profile = find_profile(config.profile)
    if config.params is None:
        of_profile = {"tuner": "profile", "profile": config.profile} if profile.frozen else {"tuner": "camera default"}
        return lambda frame: IspParams.default(1, profile=profile), of_profile
    params = read_params(config.params, profile)
    return lambda frame: params, {"tuner": "parameters", "file": str(config.params)}


def _lens(options: LensOptions) -> Callable[[RawFrame], RawFrame]:
    """Return what gives a frame the corrections that are asked for."""
    if options.lens == "lensfun":
        refuse_missing()
    own = None if options.lens_file is None else read_lens_file(options.lens_file)
    return partial(with_lens, source=options.lens, lens_name=options.lens_name, own=own, scale=options.scale())


def read_params(path: Path, profile: Profile = CORE) -> IspParams:
    """Return the parameters of a JSON file: a flat table of values, or a recipe. Raises: InputError naming the file.

    What the file does not name is at the profile's default.
    """
    content = read_json(path)
    values = content.get("params", content) if isinstance(content, dict) else None
    if not isinstance(values, dict):
        raise InputError(f'{path}: holds no table of parameters; write {{"exposure_ev": 0.3}} for example')
    try:
        return IspParams.from_dict(values, profile=profile)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _empty_folder(folder: Path) -> Path:
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise UsageError(f"{folder}: exists already; name a new or empty folder with --out")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
