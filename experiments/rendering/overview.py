"""The sheet: camera default and result side by side, of a run's first pictures."""

import contextlib
from collections.abc import Sequence
from pathlib import Path, PurePath

import torch

from attiqa_core.errors import InputError
from attiqa_core.machine.lacks import is_of_memory
from attiqa_core.runs.progress import progress
from experiments.drawing.sheets import before_after_sheet
from experiments.options.render_folder import RECIPE_SUFFIX
from experiments.rendering.inputs import Source
from experiments.rendering.names import shown
from experiments.rendering.one_picture import Making
from experiments.rendering.previews import before_of, keep_before, made_small, small_pictures
from experiments.rendering.recipes import read_params
from experiments.rendering.staging import staged
from isp_env.parameters.profiles import CORE
from isp_env.params import IspParams
from isp_env.stages.output import quantise

SHEET = "sheet.jpg"
SHEET_PAIRS = 24  # pictures on the before/after sheet at most
SHEET_PX = 640  # short edge of the sheet's pictures


def write_sheet(making: Making, sources: Sequence[Source], places: dict[Path, PurePath]) -> None:
    """Write `sheet.jpg` of the first raws that have a recipe, read once more: those rendered before are on it as well."""
    out = making.out
    with_recipe = (each for each in sources if (out / f"{places[each.path]}{RECIPE_SUFFIX}").is_file())
    chosen = [source for source, _ in zip(with_recipe, range(SHEET_PAIRS), strict=False)]
    pairs = []
    for source in progress(chosen, total=len(chosen), label="sheet", unit="raw"):
        place = places[source.path]
        try:
            pairs.append((shown(place), *_pair(source.path, out / f"{place}{RECIPE_SUFFIX}", making)))
        except Exception as error:  # it was there a moment ago: its picture is, and the sheet does without
            if not isinstance(error, InputError | OSError) and not is_of_memory(error):
                raise
    if not pairs:
        return
    names, before, after = zip(*pairs, strict=True)
    path = staged(out, PurePath(SHEET), "")
    before_after_sheet(path, names, before, after, titles=("camera default", making.tuning.name))
    path.replace(out / SHEET)


def keep_missing(making: Making, sources: Sequence[Source], places: dict[Path, PurePath]) -> None:
    """Keep that of raws whose picture was finished before anyone asked for it; a raw that cannot be read now goes without."""
    lacking = [
        source
        for source in sources
        if (making.out / f"{places[source.path]}{RECIPE_SUFFIX}").is_file()
        and not before_of(making.out, places[source.path]).is_file()
    ]
    for source in progress(lacking, total=len(lacking), label="before", unit="raw"):
        with contextlib.suppress(InputError):
            keep_before(making.out, places[source.path], making.load(source.path), making.device)


def _pair(raw: Path, recipe: Path, making: Making) -> tuple[torch.Tensor, ...]:
    """Small pictures for the sheet: camera default and result, ours or another program's."""
    frame, isp = making.load(raw), making.isp
    if isp is None:
        return tuple(small_pictures(frame, SHEET_PX, making.device, IspParams.default(1), read_params(recipe)))
    profile = isp.profile or CORE
    settings = (IspParams.default(1, profile=profile), read_params(recipe, profile))
    return tuple(
        made_small(quantise(isp.full(frame, params).numpy(), 8, frame.path or frame.name), SHEET_PX)
        for params in settings
    )
