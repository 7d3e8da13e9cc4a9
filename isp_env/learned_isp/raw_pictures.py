"""The program's pictures of raws under drawn actions, as proxies and crops, kept in one file for each raw."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.tensor_files import load_sealed, save_sealed
from attiqa_core.tensors import Crops, Images
from isp_env.black_box.isp import PRICE_OF_NONE
from isp_env.isp import Isp
from isp_env.learned_isp.seen import seen_of
from isp_env.learned_isp.vectors import Actions
from isp_env.parameters.profiles import Profile
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.rendering.frame_groups import FrameGroups, Rows


@dataclass(frozen=True)
class Stack:
    """Views of one size of one raw, the frame's pixels for each of theirs, and the pictures under each action: what a network
    learns from."""

    views: Float[Tensor, "views channels height width"]
    shrinking: float
    pictures: UInt8[Tensor, "actions views 3 height width"]


@dataclass(frozen=True)
class RawPictures:
    """A raw with the program's pictures of it under some actions: its proxy and, where it has any, its crops."""

    name: str
    statistics: Float[Tensor, " statistics"]
    actions: Actions
    stacks: tuple[Stack, ...]

    def first(self, count: int) -> "RawPictures":
        """Return the same raw with the first so many actions."""
        stacks = tuple(replace(stack, pictures=stack.pictures[:count]) for stack in self.stacks)
        return replace(self, actions=self.actions[:count], stacks=stacks)

    def __len__(self) -> int:
        return len(self.actions)


def gathered(proxy: RawFrame, program: Isp, profile: Profile, actions: Actions) -> tuple[RawPictures, list[str]]:
    """Return the pictures of a raw, whose `proxy` carries its crops, and a sentence for each action that there is none under.

    Raises: InputError with the program's sentence if there is no picture at the default.
    """
    groups = FrameGroups.stack([proxy], bool(proxy.crops), "cpu")
    (group,) = groups.groups
    seen = seen_of(group, program, profile)
    rows = Rows(group, torch.zeros(len(actions), dtype=torch.long))
    images, crops, there, failures = _asked(program, rows, IspParams.from_action(actions, profile))
    stacks = [Stack(seen.views, float(seen.shrinking), _bytes(images[there][:, None]))]
    if seen.crops is not None and crops is not None:
        own = crops.unflatten(0, (len(actions), -1))
        stacks.append(Stack(seen.crops[0], 1.0, _bytes(own[there])))
    return RawPictures(proxy.name, seen.statistics[0], actions[there], tuple(stacks)), failures


@torch.no_grad()
def _asked(
    program: Isp, rows: Rows, params: IspParams
) -> tuple[Images, Crops | None, Bool[Tensor, " rows"], list[str]]:
    """The program's pictures and crops, which of them there are, and why the others are not."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        images, crops, limits = program.pictures(rows, params)
    there = limits["over_range"] < PRICE_OF_NONE
    return images, crops, there, [str(each.message) for each in said] if not there.all() else []


def _bytes(pictures: Tensor) -> UInt8[Tensor, "actions views 3 height width"]:
    return (pictures.clamp(0, 1) * 255).round().to(torch.uint8)


def save_pictures(path: Path, pictures: RawPictures) -> None:
    """Write one raw's views and pictures atomically."""
    tensors = {"actions": pictures.actions, "statistics": pictures.statistics}
    for index, stack in enumerate(pictures.stacks):
        tensors |= {f"views.{index}": stack.views, f"pictures.{index}": stack.pictures}
        tensors[f"shrinking.{index}"] = torch.tensor([stack.shrinking], dtype=torch.float64)
    save_sealed(path, tensors, {"name": pictures.name})


def load_pictures(path: Path, name: str) -> RawPictures:
    """Return what `save_pictures` wrote. Raises: InputError if the file is damaged."""
    tensors = load_sealed(path, "remove it and go on with --resume, which makes it again")
    try:
        count = sum(each.startswith("views.") for each in tensors)
        stacks = tuple(
            Stack(tensors[f"views.{i}"], tensors[f"shrinking.{i}"].item(), tensors[f"pictures.{i}"])
            for i in range(count)
        )
        return RawPictures(name, tensors["statistics"], tensors["actions"], stacks)
    except (KeyError, RuntimeError) as error:
        raise InputError(f"{path}: holds no pictures of a raw ({error}); remove it, and it is made again") from error


def fewest(raws: Sequence[RawPictures]) -> int:
    """Return the shortest side of all views, px."""
    return min(side for raw in raws for stack in raw.stacks for side in stack.views.shape[-2:])
