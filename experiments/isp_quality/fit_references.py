"""Pictures that fits are held against: LibRaw's, our own under other parameters and looks, and the camera default through drawn steps."""

import zlib
from collections.abc import Callable

import numpy as np
import rawpy
import torch

from isp_env.fitting.curve import PIECES, DisplayCurve
from isp_env.fitting.matching import Picture
from isp_env.fitting.views import Pair
from isp_env.parameters.profiles import PROFILES, Profile
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame
from isp_env.tiles import render_full

PROXY_PX = 160
DRAWN_STEEPNESS = 0.8  # standard deviation of log2 of the slopes of sixteen steps


def drawn(frame: RawFrame, profile: Profile, seed: int, factor: float = 1.0) -> IspParams:
    """Return parameters drawn for a raw: normal about identity, their usual spread, within the ranges."""
    spread = torch.tensor([parameter.usual_spread for parameter in profile.parameters])
    generator = generator_of(frame, seed)
    action = factor * spread * torch.randn(1, len(spread), generator=generator)
    return IspParams.from_action(action.clamp(-1, 1), profile)


def generator_of(frame: RawFrame, seed: int) -> torch.Generator:
    """Return what draws for a raw: it depends on no other raw."""
    return torch.Generator().manual_seed(seed + zlib.crc32(frame.name.encode()))


def libraw_picture(frame: RawFrame, seed: int) -> Picture:
    """Return what LibRaw makes of a raw: AHD, the camera's white balance, its own brightness, sRGB."""
    with rawpy.imread(frame.path) as raw:
        pixels = raw.postprocess(demosaic_algorithm=rawpy.DemosaicAlgorithm.AHD, use_camera_wb=True, output_bps=16)
    return torch.from_numpy(pixels.astype(np.float32) / 65535).permute(2, 0, 1).contiguous()


def drawn_picture(profile: str, factor: float = 1.0) -> Callable[[RawFrame, int], Picture]:
    """Return what renders a raw with parameters of another profile, drawn."""
    return lambda frame, seed: render_full(frame, drawn(frame, PROFILES[profile], seed, factor))


def stepped_picture(frame: RawFrame, seed: int) -> Picture:
    """Return the camera default through a rising curve of sixteen pieces, each of a drawn slope."""
    rises = (DRAWN_STEEPNESS * torch.randn(PIECES, generator=generator_of(frame, seed))).exp2()
    values = torch.cat([torch.zeros(1), rises.cumsum(0) / rises.sum()])
    return DisplayCurve("channels", values.expand(3, -1)).applied(render_full(frame, IspParams.default(1))[None])[0]


REFERENCES: dict[tuple[str, str], Callable[[RawFrame, int], Picture]] = {
    ("LibRaw, AHD", "core"): libraw_picture,
    ("LibRaw, AHD", "core+curve"): libraw_picture,
    ("our linear look", "core"): lambda frame, seed: render_full(frame, IspParams.default(1), look="linear"),
    ("core+curve, drawn", "core"): drawn_picture("core+curve"),
    ("exposure8, drawn", "core"): drawn_picture("exposure8"),
    ("sixteen steps", "core"): stepped_picture,
    ("sixteen steps", "core+curve"): stepped_picture,
}


@torch.no_grad()
def rendered(pair: Pair, params: IspParams) -> Picture:
    """Return the render of a pair's proxy."""
    return render(pair.proxy, params)[0]
