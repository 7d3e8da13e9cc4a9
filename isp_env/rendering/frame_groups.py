"""Proxies of several sizes: those of one size are a group, rendered and read as one batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from isp_env.camera_rgb.prepared import prepare
from isp_env.frames.batch import FrameBatch
from isp_env.frames.raw_samples import RawSamples
from isp_env.proxies.crops import CropBatch, smallest_edge


@dataclass(frozen=True)
class Source:
    """Where a proxy comes from: its raw's file, and what whoever renders that file has to cut out of the picture.

    `frame_px`: short edge of the frame, px; `corners`: row and column of each crop's corner in the frame, or in its centred
    square where the proxy is one, px; `varied`: whether the frame was changed since it was read, so that the file is another.
    """

    name: str
    path: str
    frame_px: int
    corners: tuple[tuple[int, int], ...]
    varied: bool

    @classmethod
    def of(cls, proxy: RawSamples, crop_px: int) -> "Source":
        """Return that of a proxy, each of its crops cut to its central `crop_px`."""
        crops = [crop.centre(crop_px) for crop in proxy.crops] if crop_px else []
        corners = tuple((round(row * each.proxy_px), round(column * each.proxy_px)) for each in crops for row, column in [each.place])  # fmt: skip
        frame_px = round(min(proxy.samples.shape[:2]) / proxy.scale)
        return cls(proxy.name, proxy.path, frame_px, corners, "variation" in proxy.metadata)


@dataclass(frozen=True)
class FrameGroup:
    """Raws whose proxies have one size, and their crops, where the task has any."""

    frames: FrameBatch
    crops: CropBatch | None
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Rows:
    """What of a batch lies in one group: its places there, and its rows of the batch; None for all of them, in order."""

    group: FrameGroup
    places: Int[Tensor, " rows"]
    where: list[int] | None = None

    @property
    def sources(self) -> list[Source]:
        """Where the proxy of each row comes from; the device is asked for the places."""
        return [self.group.sources[place] for place in self.places.tolist()]

    def of(self, table: Tensor) -> Tensor:
        """Return these rows of what there is for each of the batch."""
        return table if self.where is None else table[torch.tensor(self.where, device=table.device)]


@dataclass(frozen=True)
class FrameGroups:
    """All raws: in which of `groups` each lies (`kinds`), and where there (`places`)."""

    groups: tuple[FrameGroup, ...]
    kinds: Int[Tensor, " raws"]
    places: Int[Tensor, " raws"]

    @classmethod
    def stack(cls, proxies: Sequence[RawSamples], crops: bool, device: str | torch.device) -> "FrameGroups":
        """Return the groups of proxies, in order of appearance; raws whose crops have another size are another group, so that
        what is seen of a raw depends on no other."""
        shapes = [(*proxy.samples.shape, smallest_edge([proxy]) if crops else 0) for proxy in proxies]
        sizes = list(dict.fromkeys(shapes))
        members = [[proxy for proxy, shape in zip(proxies, shapes, strict=True) if shape == size] for size in sizes]
        kinds = torch.tensor([sizes.index(shape) for shape in shapes])
        places = torch.zeros_like(kinds)
        for kind in range(len(sizes)):
            places[kinds == kind] = torch.arange(len(members[kind]))
        groups = tuple(
            FrameGroup(
                prepare(FrameBatch.stack(some, device)),
                CropBatch.stack(some, device) if crops else None,
                tuple(Source.of(each, smallest_edge(some) if crops else 0) for each in some),
            )
            for some in members
        )
        return cls(groups, kinds.to(device), places.to(device))

    def __len__(self) -> int:
        return len(self.kinds)

    def rows(self, ids: Int[Tensor, " batch"]) -> list[Rows]:
        """Return a batch by groups. Of several groups the device is asked, once, which raws lie in which; of one it is not."""
        if len(self.groups) == 1:
            return [Rows(self.groups[0], ids)]
        kinds, places = self.kinds[ids].tolist(), self.places[ids]
        found = [(kind, [row for row, each in enumerate(kinds) if each == kind]) for kind in sorted(set(kinds))]
        return [
            Rows(self.groups[kind], places[torch.tensor(where, device=places.device)], where) for kind, where in found
        ]


def in_order(rows: Sequence[Rows], parts: Sequence[Tensor]) -> Tensor:
    """Return what was made group by group in the order of the batch; parts hold as many entries for each row, one after the other."""
    if len(parts) == 1:
        return parts[0]
    each = len(parts[0]) // len(rows[0].places)
    table = torch.cat([part.unflatten(0, (-1, each)) for part in parts])
    return table[torch.tensor(order_of(rows), device=table.device)].flatten(0, 1)


def order_of(rows: Sequence[Rows]) -> list[int]:
    """Return the place of each row of the batch among the groups' rows, one group after another."""
    among = [row for each in rows for row in each.where or ()]
    return sorted(range(len(among)), key=among.__getitem__)
