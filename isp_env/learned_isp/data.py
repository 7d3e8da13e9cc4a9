"""The program's pictures of raws under drawn parameters, as proxies and crops, kept in one file for each raw."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.tensor_files import load_tensors, save_tensors
from attiqa_core.tensors import Images
from isp_env.frame_batch import FrameBatch
from isp_env.learned_isp.inputs import Place, scene_of, views_of
from isp_env.learned_isp.vectors import Actions
from isp_env.raw_samples import RawSamples
from isp_env.stages.demosaic import demosaic
from isp_env.stages.mosaic import per_plane, unpack


@dataclass(frozen=True)
class Shown:
    """One picture of a program: a raw's proxy, and the crops of it (none, one or more of one size)."""

    proxy: Float[Tensor, "3 height width"]
    crops: Float[Tensor, "crops 3 edge edge"]


Ask = Callable[[Actions], Sequence[Shown | str]]
"""From actions to a raw's picture under each, or the sentence that says why there is none."""


@dataclass(frozen=True)
class Stack:
    """Views of one size of one raw, what is known about them, and the pictures under each action: what a network learns from."""

    views: Float[Tensor, "views channels height width"]
    shrinking: float
    pictures: UInt8[Tensor, "actions views 3 height width"]


@dataclass(frozen=True)
class RawPictures:
    """A raw with the program's pictures of it under some actions."""

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


def light_of(frame: RawSamples) -> Float[Tensor, "1 3 height width"]:
    """Return a frame's camera RGB, balanced as shot and with the file's BaselineExposure, 1 at clipping; a mosaic is demosaiced."""
    batch = FrameBatch.stack([replace(frame, geometry=None)])
    gains, brighter = batch.wb_as_shot, float(2**frame.baseline_exposure_ev)
    if not frame.is_mosaic:
        return batch.samples * gains[:, :, None, None] * brighter
    block = unpack(per_plane(gains), batch.cfa_index)
    height, width = batch.samples.shape[-2:]
    balanced = batch.samples * block.repeat(1, 1, height // 2, width // 2)
    return demosaic(balanced, batch.cfa_index) * brighter


def gathered(proxy: RawSamples, default: Actions, actions: Actions, ask: Ask) -> tuple[RawPictures, list[str]]:
    """Return the pictures of a raw, whose `proxy` carries its crops, and a sentence for each action without one.

    `default`: the program's default action, whose picture is asked for first.
    Raises: InputError with the program's sentence if there is no picture at the default.
    """
    (first,) = ask(default[None])
    if isinstance(first, str):
        raise InputError(f"{proxy.name}: no picture at the default parameters: {first}")
    answers = list(ask(actions)) if len(actions) else []
    failures = [f"{proxy.name}: {answer}" for answer in answers if isinstance(answer, str)]
    kept = [row for row, answer in enumerate(answers) if not isinstance(answer, str)]
    shown = [answer for answer in answers if not isinstance(answer, str)]
    views, statistics = seen_of(proxy, first)
    pictures = [[each.proxy[None] for each in shown], [each.crops for each in shown]]
    stacks = tuple(
        Stack(view, shrinking, _bytes(some, view)) for (view, shrinking), some in zip(views, pictures, strict=False)
    )
    return RawPictures(proxy.name, statistics, actions[kept], stacks), failures


def seen_of(proxy: RawSamples, first: Shown) -> tuple[list[tuple[Tensor, float]], Float[Tensor, " statistics"]]:
    """Return the views of a raw, proxy and crops where there are any, each with its shrinking, and the scene's statistics.

    `first`: the program's pictures at its default.
    """
    scene = scene_of(first.proxy[None], light_of(proxy))
    shrinking = max(1.0, 1 / proxy.scale)
    views = [(views_of(first.proxy[None], light_of(proxy), scene), shrinking)]
    crops = [
        views_of(picture[None], light_of(crop.frame), scene, place_of(crop.place, crop.proxy_px, crop.frame, proxy))
        for crop, picture in zip(proxy.crops, first.crops, strict=True)
    ]
    if crops:
        views.append((torch.cat(crops), 1.0))
    return views, scene.statistics[0]


def place_of(place: tuple[float, float], proxy_px: float, frame: RawSamples, proxy: RawSamples) -> Place:
    """Return where a crop lies in its proxy."""
    height, width = proxy.samples.shape[:2]
    rows, columns = frame.samples.shape[:2]
    return Place(place[0] / height, place[1] / width, rows / proxy_px / height, columns / proxy_px / width)


def _bytes(pictures: Sequence[Images], views: Tensor) -> UInt8[Tensor, "actions views 3 height width"]:
    if not pictures:
        return torch.empty(0, len(views), 3, *views.shape[-2:], dtype=torch.uint8)
    return (torch.stack(list(pictures)).clamp(0, 1) * 255).round().to(torch.uint8)


def save_pictures(path: Path, pictures: RawPictures) -> None:
    """Write one raw's views and pictures atomically."""
    tensors = {"actions": pictures.actions, "statistics": pictures.statistics}
    for index, stack in enumerate(pictures.stacks):
        tensors |= {f"views.{index}": stack.views, f"pictures.{index}": stack.pictures}
        tensors[f"shrinking.{index}"] = torch.tensor([stack.shrinking], dtype=torch.float64)
    save_tensors(path, tensors, {"name": pictures.name})


def load_pictures(path: Path, name: str) -> RawPictures:
    """Return what `save_pictures` wrote. Raises: InputError if the file is damaged."""
    tensors = load_tensors(path)
    try:
        count = sum(each.startswith("views.") for each in tensors)
        stacks = tuple(
            Stack(tensors[f"views.{i}"], tensors[f"shrinking.{i}"].item(), tensors[f"pictures.{i}"])
            for i in range(count)
        )
        return RawPictures(name, tensors["statistics"], tensors["actions"], stacks)
    except (KeyError, RuntimeError) as error:
        raise InputError(f"{path}: holds no pictures of a raw ({error}); remove it, and it is made again") from error
