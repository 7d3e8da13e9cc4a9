"""A core of picking tools from paths, names and numbers, as `gymnasium.make` and `gymnasium.make_vec` are given them."""

import warnings
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypedDict

import torch

from attiqa_core.errors import InputError, UsageError
from attiqa_core.judges.judge import create_metric
from isp_env.isp_episodes.core_files import Raws
from isp_env.raw_io.find import find_raws
from isp_env.raw_io.loading import read_frames
from isp_env.tool_episodes.contexts import ToolContexts
from isp_env.tool_episodes.core import ToolCore
from isp_env.tool_episodes.photo_contexts import photo_contexts, read_photos
from isp_env.tool_episodes.planting import Planting
from isp_env.tool_episodes.raw_contexts import raw_contexts
from isp_env.tool_episodes.task import PARITY_TOOLS, ToolFormulation, ToolReward, ToolTask
from isp_env.tools.catalogue import find_tools

TASK_NUMBERS = tuple(field.name for field in fields(ToolTask))


class ToolTaskOptions(TypedDict, total=False):
    """The numbers of a `ToolTask`, each as it is called there."""

    formulation: ToolFormulation
    horizon: int
    reward: ToolReward
    psnr_weight: float
    judge_weight: float
    reward_scale: float
    reuse_cost: float
    never_twice: bool
    most_uses: int
    forbid_undoing: bool
    levels: Sequence[float]
    pictures: int


class ToolOptions(ToolTaskOptions, total=False):
    """The arguments of `load_tool_core`."""

    photos: Raws
    raws: Raws
    tools: str | Sequence[str]
    judge: str | Path | None
    px: int
    draws: int
    draw_seed: int
    clean_share: float
    defects: str | Sequence[str]
    severities: Sequence[float]
    parity: bool
    device: str


def load_tool_core(
    photos: Raws = (),
    raws: Raws = (),
    tools: str | Sequence[str] = (),
    judge: str | Path | None = None,
    px: int = Planting.px,
    draws: int = Planting.draws,
    draw_seed: int = 0,
    clean_share: float = Planting.clean_share,
    defects: str | Sequence[str] = Planting.defects,
    severities: Sequence[float] = Planting.severities,
    parity: bool = False,
    device: str = "cpu",
    **numbers: Any,
) -> tuple[ToolCore, tuple[str, ...]]:
    """Return the core over all readable files, and a sentence for each that cannot be read, which is warned of as well.

    `photos`: files and folders, of each `draws` squares of `px` with a defect planted by `draw_seed`, or clean in `clean_share` of
    them (`photo_contexts`); or `raws` instead, as our ISP renders them by default, without references.
    `tools`: words that `find_tools` knows, ("classical",) unless said. `judge`: any that `create_metric` knows.
    `parity`: DRL-ISP's options, each unless it is given, and its tools. `numbers`: of `ToolTask`, by their names.
    Raises: UsageError for what is not known or contradicts itself; InputError for files of which none can be read.
    """
    for name in numbers:
        if name not in TASK_NUMBERS:
            raise UsageError(f"{name}: is no option; there is {', '.join([*ToolOptions.__annotations__])}")
    task = ToolTask.parity(**numbers) if parity else ToolTask(**numbers)
    words = _words(tools) or (PARITY_TOOLS if parity else ("classical",))
    found = find_tools(words)
    failures: list[str] = []
    planting = Planting(px, draws, clean_share, _words(defects), _range(severities))
    contexts = _contexts(_paths(photos), _paths(raws), planting, draw_seed, failures)
    for failure in failures:
        warnings.warn(f"{failure} (it is left out)")
    metric = None if judge is None else create_metric(judge, device)
    return ToolCore(contexts.to(torch.device(device)), found, metric, task), tuple(failures)


def _contexts(
    photos: Sequence[str | Path], raws: Sequence[str | Path], planting: Planting, seed: int, failures: list[str]
) -> ToolContexts:
    if bool(photos) == bool(raws):
        raise UsageError(
            "photos and raws: name files or folders of one of them; photos have references, raws have none"
        )
    if raws:
        return raw_contexts(read_frames(find_raws(raws), failures), planting.px)
    try:
        return photo_contexts(read_photos(photos, failures), planting, seed)
    except InputError as error:
        raise InputError(
            f"{failures[0]} (none of {len(failures)} files can be read)" if failures else str(error)
        ) from None


def _paths(given: Raws) -> Sequence[str | Path]:
    return [given] if isinstance(given, str | Path) else given


def _words(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _range(given: Sequence[float]) -> tuple[float, float]:
    if len(given) != 2:
        raise UsageError(f"severities {given}: give two, lowest first")
    return float(given[0]), float(given[1])
