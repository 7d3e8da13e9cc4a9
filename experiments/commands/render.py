"""Render raws at full size with a trained policy, given parameters, or the camera default; a recipe beside each picture."""

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from agents.tuner import PolicyTuner
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files import read_json, write_json
from attiqa_core.runs import pick_device, progress
from experiments.drawing.pictures import save_picture
from experiments.drawing.sheets import before_after_sheet
from experiments.options.outcome import Outcome, count
from experiments.options.render import Config
from isp_env.frame_batch import FrameBatch
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.profile_files import find_profile
from isp_env.profiles import CORE, Profile
from isp_env.raw import RawFrame
from isp_env.raw_io.raw_files import find_raws
from isp_env.tiles import render_full

SHEET = "sheet.jpg"
SHEET_PAIRS = 24  # pictures on the before/after sheet at most
SHEET_PX = 640  # short edge of the sheet's proxies


def run(config: Config) -> Outcome:
    """Render every readable raw; those that are not are reported and skipped."""
    config.check()
    device = pick_device(config.device)
    paths = find_raws(config.raws)
    tune, source = _chooser(config, device)
    folder = _empty_folder(config.out)
    failures = render_files(paths, folder, tune, source, suffix=config.format, sheet=config.sheet, device=device)
    return Outcome(folder, f"{count(len(paths) - len(failures), 'raw')} rendered", tuple(failures))


def render_files(
    paths: list[Path],
    folder: Path,
    tune: Callable[[RawFrame], IspParams],
    source: dict[str, Any],
    *,
    suffix: str = "jpg",
    sheet: bool = True,
    device: torch.device,
) -> list[str]:
    """Write `STEM.suffix` and `STEM.recipe.json` per raw, and the sheet; return a sentence per raw that was skipped."""
    failures, pairs = [], []
    not_applied: Counter[str] = Counter()
    stems = unique_stems(paths)
    for path in progress(paths, label="render", unit="raw"):
        try:
            frame = RawFrame.load(path)
            params = tune(frame)
        except InputError as error:
            failures.append(str(error))
            continue
        stem = stems[path]
        save_picture(folder / f"{stem}.{suffix}", render_full(frame, params, device=device), metadata=frame.metadata)
        corrections = frame.metadata.get("corrections", {"applied": [], "not_applied": []})
        not_applied.update(corrections["not_applied"])
        recipe = {"raw": path.name, "params": params.to_dicts()[0], **source, "corrections": corrections}
        write_json(folder / f"{stem}.recipe.json", recipe)
        if sheet and len(pairs) < SHEET_PAIRS:
            pairs.append((stem, *_sheet_pair(frame, params, device)))
    if len(failures) == len(paths):
        raise InputError(f"{failures[0]} (none of {len(paths)} raws can be read)")
    for name, files in not_applied.items():
        print(f"attiqa: not applied: {name}, which {count(files, 'raw')} asked for", file=sys.stderr)
    if pairs:
        names, before, after = zip(*pairs, strict=True)
        before_after_sheet(folder / SHEET, names, before, after, titles=("camera default", source["tuner"]))
    return failures


def unique_stems(paths: list[Path]) -> dict[Path, str]:
    """Return each file's name without suffix, the parent folder's name before it where two would be the same."""
    counts = Counter(path.stem for path in paths)
    return {
        path: path.stem if counts[path.stem] == 1 else f"{path.parent.name}_{path.name.replace('.', '_')}"
        for path in paths
    }


def _sheet_pair(frame: RawFrame, params: IspParams, device: torch.device) -> tuple[torch.Tensor, ...]:
    """Small renders for the sheet: camera default and result."""
    with torch.no_grad():
        batch = FrameBatch.stack([frame.proxy(min(SHEET_PX, min(frame.samples.shape[:2]) // 2 or 1))], device)
        return tuple(render(batch, each.to(device))[0].cpu() for each in (IspParams.default(1), params))


def _chooser(config: Config, device: torch.device) -> tuple[Callable[[RawFrame], IspParams], dict[str, Any]]:
    """Return what chooses the parameters of a frame, and what the recipe says about it."""
    if config.policy is not None:
        tuner = PolicyTuner.load(config.policy, config.scorer, device)
        return tuner.tune, {"tuner": "policy", "policy": str(config.policy), "scorer": tuner.scorer.sha256}

    profile = find_profile(config.profile)
    if config.params is None:
        of_profile = {"tuner": "profile", "profile": config.profile} if profile.frozen else {"tuner": "camera default"}
        return lambda frame: IspParams.default(1, profile=profile), of_profile
    params = read_params(config.params, profile)
    return lambda frame: params, {"tuner": "parameters", "file": str(config.params)}


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
