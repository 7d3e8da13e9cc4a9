"""References read from files: an expert's, a camera's or a program's picture as display sRGB, and where it lies on its raw."""

from pathlib import Path

import numpy as np
import torch

from attiqa_core.errors import InputError
from attiqa_core.tensors import Images
from experiments.fitting.pairs import Source
from experiments.pictures.display import read_display
from isp_env.finished_pictures.expert_tiff import Assumed
from isp_env.fitting.matching import Laid, laid
from isp_env.raw import RawFrame
from isp_env.raw_io.decoding.sandbox import read_preview

SMALLEST_SHARE = 0.9  # of the proxy's short edge: a smaller picture does not say what the proxy shows


def reference_of(source: Source, frame: RawFrame, proxy_px: int, assume: Assumed) -> Laid:
    """Return the reference of a raw, laid over the raw's picture; `assume`: what a TIFF without a profile is taken for.

    Raises: InputError naming the file for what is no picture, not there, too small for a proxy of `proxy_px`, cropped or straightened.
    """
    where = str(source.reference or f"{source.raw}: its embedded picture")
    rgb = _embedded(source.raw) if source.reference is None else read_display(source.reference, assume)[0]
    height, width = rgb.shape[-2:]
    if (height * width) ** 0.5 < SMALLEST_SHARE * proxy_px:
        raise InputError(
            f"{where}: is {width}x{height}, too small for proxies of about {proxy_px}x{proxy_px}; give a larger reference, or a "
            "smaller --proxy-px"
        )
    return laid(frame, rgb[0], where)


def _embedded(raw: Path) -> Images:
    rgb = read_preview(raw)
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))[None].float() / np.iinfo(rgb.dtype).max
