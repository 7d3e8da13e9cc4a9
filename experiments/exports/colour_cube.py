"""The global colour of a recipe as a 3D table: display of the camera default in, display of the recipe out."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from attiqa_core.tensors import Images, LinearRgb, PerImage
from experiments.exports.scene_light import SceneLight, before_the_clip, displayed, global_only
from isp_env.fitting.lut import Cube
from isp_env.frames.raw_samples import RawSamples
from isp_env.params import IspParams

SIZE = 33  # what every editor takes; 65 is no better by measure (docs/exports.md)
HEAD = "# Made by attiqa-isp"
STEPS = 24  # of Levenberg and Marquardt, from greys of the same display values
DARKEST, BRIGHTEST = -17.5, 5.0  # log2 of light that is looked for
SLOPE_STEP = 1e-2  # in log2 of light
LONGEST_STEP = 1.0  # likewise: farther on, the slopes are others
FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-3, 1e-7, 1e3


@torch.no_grad()
def colour_cube(frame: RawSamples, params: IspParams, size: int = SIZE) -> Cube:
    """Return what the recipe makes of every display colour of its camera default, without stages that see neighbours."""
    default, tuned = IspParams.default(1), global_only(params)
    before, after = SceneLight.of(frame, default), SceneLight.of(frame, tuned)
    axis = torch.linspace(0, 1, size)
    blue, green, red = torch.meshgrid(axis, axis, axis, indexing="ij")
    shown = torch.stack([red, green, blue]).flatten(1)[None, :, None]
    if torch.equal(default.values, tuned.values[:, : default.values.shape[1]]) and tuned.names == default.names:
        return shown[0, :, 0].T.reshape(size, size, size, 3)
    light = light_of(shown, default, before.white)
    matrix, offset = before.change_to(after)
    changed = torch.einsum("ncd,ndhw->nchw", matrix, light) + offset[:, None, None, None]
    never_shown = shown - displayed(
        light, default, before.white
    )  # by the camera default; kept, so that the table is smooth
    after_change = (displayed(changed, tuned, after.white) + never_shown).clamp(0, 1)
    return after_change[0, :, 0].T.reshape(size, size, size, 3)


def light_of(shown: Images, params: IspParams, white: PerImage) -> LinearRgb:
    """Return scene light that `displayed` shows as these colours, or as near to them as it can.

    Every colour by itself, by damped least squares over the logarithms of light; Source: Marquardt 1963.
    """
    wanted = shown.double()
    logs = (wanted.clamp(1e-3, 1).pow(2.2) * float(white)).log2()
    damping = torch.full_like(logs[:, :1], FIRST_DAMPING)
    off = _shown(logs, params, white) - wanted
    for _ in range(STEPS):
        slopes = [(_shown(logs + step, params, white) - wanted - off) / SLOPE_STEP for step in _steps(logs)]
        jacobian = torch.stack(slopes, -1).movedim(1, -2)  # (..., display channel, light channel)
        normal = jacobian.mT @ jacobian
        descent = (jacobian.mT @ off.movedim(1, -1)[..., None])[..., 0]
        damped = normal + damping.movedim(1, -1)[..., None] * torch.eye(3, dtype=logs.dtype)
        step = _solved(damped, descent).movedim(-1, 1).clamp(-LONGEST_STEP, LONGEST_STEP)
        tried = (logs - step).clamp(DARKEST, BRIGHTEST)
        tried_off = _shown(tried, params, white) - wanted
        better = tried_off.square().sum(1, keepdim=True) < off.square().sum(1, keepdim=True)
        logs, off = torch.where(better, tried, logs), torch.where(better, tried_off, off)
        damping = torch.where(better, damping / 3, damping * 5).clamp(LEAST_DAMPING, MOST_DAMPING)
    return logs.exp2().float()


def cube_text(cube: Cube, title: str, remarks: Sequence[str] = ()) -> str:
    """Return the file. Source: Adobe, Cube LUT Specification 1.0 (2013)."""
    name = title.replace('"', "'").replace("\n", " ").replace("\r", " ")
    head = [HEAD, *(f"# {remark}" for remark in remarks), f'TITLE "{name}"', f"LUT_3D_SIZE {len(cube)}"]
    head += ["DOMAIN_MIN 0.0 0.0 0.0", "DOMAIN_MAX 1.0 1.0 1.0"]
    rows = np.asarray(cube.clamp(0, 1)).reshape(-1, 3)
    return "\n".join([*head, *("{:.6f} {:.6f} {:.6f}".format(*row) for row in rows)]) + "\n"


def _shown(logs: Tensor, params: IspParams, white: PerImage) -> Tensor:
    return before_the_clip(logs.exp2(), params, white)


def _solved(matrices: Tensor, right: Tensor) -> Tensor:
    """Cramer's rule: torch.linalg.solve of many 3x3 systems takes 25 times as long where it uses several threads."""
    one, two, three = matrices.unbind(-1)
    crossed = torch.stack([torch.linalg.cross(*pair) for pair in ((two, three), (three, one), (one, two))], -2)
    return (crossed @ right[..., None])[..., 0] / (crossed[..., 0, :] * one).sum(-1, keepdim=True)


def _steps(logs: Tensor) -> list[Tensor]:
    return [SLOPE_STEP * torch.eye(3, dtype=logs.dtype)[channel].view(1, 3, 1, 1) for channel in range(3)]
