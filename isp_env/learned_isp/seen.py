"""What the network is shown of a group's raws: views of proxies and crops, made once of the program's pictures at its default."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import Crops, LinearRgb
from isp_env.frames.batch import FrameBatch
from isp_env.isp import Isp
from isp_env.learned_isp.inputs import Place, Scene, Views, scene_of, views_of
from isp_env.parameters.profiles import Profile
from isp_env.params import IspParams
from isp_env.proxies.crops import CropBatch
from isp_env.rendering.frame_groups import FrameGroup, Rows, Source
from isp_env.stages.demosaic import demosaic
from isp_env.stages.mosaic import per_plane, unpack


@dataclass(frozen=True)
class Seen:
    """Of raws whose proxies have one size: views of the proxies, of all crops of each where there are any, the scenes'
    statistics, and how many of the frame's pixels one of the proxy's is along a side."""

    views: Views
    crops: Float[Tensor, "raws crops channels edge edge"] | None
    statistics: Float[Tensor, "raws statistics"]
    shrinking: Float[Tensor, " raws"]

    def take(self, places: Tensor) -> "Seen":
        """Return that of some raws."""
        crops = None if self.crops is None else self.crops[places]
        return Seen(self.views[places], crops, self.statistics[places], self.shrinking[places])


@torch.no_grad()
def seen_of(group: FrameGroup, program: Isp, profile: Profile) -> Seen:
    """Return what is seen of a group; the program is asked once for each raw. Raises: InputError if it gives no picture."""
    count, device = len(group.frames), group.frames.samples.device
    rows = Rows(group, torch.arange(count, device=device))
    defaults, crops, _ = program.pictures(rows, IspParams.default(count, device, profile))
    light = light_of(group.frames)
    scene = scene_of(defaults, light)
    views = views_of(defaults, light, scene)
    in_crops = None
    if group.crops is not None and crops is not None:
        in_crops = torch.stack([_crops_of(group, place, crops, scene) for place in range(count)])
    return Seen(views, in_crops, scene.statistics, (1 / group.frames.scale).clamp_min(1))


def light_of(frames: FrameBatch) -> LinearRgb:
    """Return camera RGB, balanced as shot and with the files' BaselineExposure, 1 at clipping; mosaics are demosaiced."""
    gains, brighter = frames.wb_as_shot, (2**frames.exposure_ev)[:, None, None, None]
    if frames.samples.shape[1] == 3:
        return frames.samples * gains[:, :, None, None] * brighter
    block = unpack(per_plane(gains), frames.cfa_index)
    height, width = frames.samples.shape[-2:]
    return demosaic(frames.samples * block.repeat(1, 1, height // 2, width // 2), frames.cfa_index) * brighter


def _crops_of(group: FrameGroup, place: int, crops: Crops, scene: Scene) -> Views:
    """Views of all crops of one raw of a group, of whose raws `crops` are one after the other."""
    batch, source = group.crops, group.sources[place]
    assert batch is not None
    own = Scene(scene.fine[[place]], scene.coarse[[place]], scene.statistics[[place]])
    size = group.frames.samples.shape[-2:]
    views = []
    for index in range(batch.count):
        row = place * batch.count + index
        picture = crops[row : row + 1]
        where = _place(source, index, picture.shape[-1], (size[0], size[1]))
        views.append(views_of(picture, _crop_light(batch, row), own, where))
    return torch.cat(views)


def _crop_light(batch: CropBatch, row: int) -> LinearRgb:
    frames = batch.frames[int(batch.kinds[row])].take(batch.places[row : row + 1])
    return light_of(replace(frames, geometry=None))


def _place(source: Source, index: int, edge: int, proxy: tuple[int, int]) -> Place:
    """Where a crop lies in its proxy."""
    step = source.frame_px / min(proxy)
    height, width = (each * step for each in proxy)
    row, column = source.corners[index]
    return Place(row / height, column / width, edge / height, edge / width)
