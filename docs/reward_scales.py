"""What a change of a picture costs in the reward, term by term: the scale of each term, measured on the packaged photographs.

`python docs/reward_scales.py` writes the table into docs/parameters.md.
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from skimage.color import deltaE_ciede2000, rgb2lab

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tree that these docs are of, whatever is installed

from attiqa_core.files.whole import write_text
from attiqa_core.photos.images import resize_short_edge, to_picture
from attiqa_core.tensors import Images
from experiments.demo_set import PACKAGED, load_photo
from isp_env.camera_rgb.prepared import prepare
from isp_env.contexts.varying import with_white_balance_error
from isp_env.frames.batch import FrameBatch
from isp_env.measures.reference import Reference
from isp_env.params import IspParams
from isp_env.pipeline import render_prepared
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.loading import make_proxies
from isp_env.raw_io.synthetic import synthesise
from isp_env.reward import TERMS, picture_terms
from isp_env.reward_weights import RewardWeights

PAGE = Path(__file__).with_name("parameters.md")
PLACE = re.compile(r"(<!-- measured: reward-scales -->\n).*?(<!-- end -->)", re.DOTALL)
PROXY_PX = 144
MISSED_BY_MIRED = 30.0
SMALLEST_SHOWN = 0.0005

PictureChange = Callable[[Images], Images]


@dataclass(frozen=True)
class Change:
    """One change of the camera default: by parameters, or of the finished picture.

    `begin`: what is done to the camera default that it is a change of. `missed_mired`: what the camera's white balance missed by, which the change may undo.
    """

    name: str
    recipe: Mapping[str, float]
    finish: PictureChange = lambda images: images
    missed_mired: float = 0.0
    begin: PictureChange = lambda images: images


def noisier(sigma: float) -> PictureChange:
    """Return what adds white luma noise of so many 255ths, drawn with a fixed seed."""

    def change(images: Images) -> Images:
        drawn = np.random.default_rng(0).normal(0, sigma / 255, (1, 1, *images.shape[2:])).astype(np.float32)
        return (images + torch.from_numpy(drawn)).clamp(0, 1)

    return change


CHANGES = (
    Change("chroma times 0.9", {"saturation": -0.1}),
    Change("chroma times 0.71", {"saturation": -0.29}),
    Change("chroma times 0.5", {"saturation": -0.5}),
    Change("chroma times 1.4", {"saturation": 0.4}),
    Change("chroma times 2", {"saturation": 1.0}),
    Change("contrast -0.5", {"contrast": -0.5}),
    Change("contrast +0.5", {"contrast": 0.5}),
    Change("exposure +0.5 EV", {"exposure_ev": 0.5}),
    Change("exposure -0.5 EV", {"exposure_ev": -0.5}),
    Change("black point raised by 0.01", {"blacks": 0.01}),
    Change("tint +0.0022 Duv, greener (2 steps)", {"tint_duv": 0.0022}),
    Change("tint -0.0022 Duv, more magenta (2 steps)", {"tint_duv": -0.0022}),
    Change("tint +0.01 Duv", {"tint_duv": 0.01}),
    Change("tint -0.01 Duv", {"tint_duv": -0.01}),
    Change("temperature +10 mired, warmer", {"temperature_mired": 10.0}),
    Change("temperature -10 mired, cooler", {"temperature_mired": -10.0}),
    Change("temperature +30 mired", {"temperature_mired": 30.0}),
    Change("temperature -30 mired", {"temperature_mired": -30.0}),
    Change("hue +3 degrees", {"hue_deg": 3.0}),
    Change("hue +10 degrees", {"hue_deg": 10.0}),
    Change("sharpen +0.5", {"sharpen": 0.5}),
    Change("luma noise of 1/255", {}, noisier(1)),
    Change("luma noise of 2/255", {}, noisier(2)),
    Change("luma noise of 5/255 times 1.15", {}, noisier(5.75), begin=noisier(5)),
    Change("luma noise of 5/255 times 2", {}, noisier(10), begin=noisier(5)),
    Change("30 mired too warm, undone", {"temperature_mired": -MISSED_BY_MIRED}, missed_mired=-MISSED_BY_MIRED),
    Change("30 mired too cool, undone", {"temperature_mired": MISSED_BY_MIRED}, missed_mired=MISSED_BY_MIRED),
)


@dataclass(frozen=True)
class Cost:
    """What a change costs, mean over the photographs: CIEDE2000 from the camera default, and the weighted terms."""

    change: str
    difference: float
    terms: dict[str, float]


def costs(weights: RewardWeights = RewardWeights()) -> list[Cost]:  # noqa: B008  frozen
    """Return the cost of every change in CHANGES; terms are positive and without the scorer's part."""
    batches = {
        missed: prepare(FrameBatch.stack(_proxies(missed))) for missed in {change.missed_mired for change in CHANGES}
    }
    return [_cost(change, batches[change.missed_mired], weights) for change in CHANGES]


def _proxies(missed_mired: float) -> list[RawFrame]:
    camera = CAMERAS["sony-a7m3"]
    frames = (
        synthesise(_small(photo), camera, iso=200, generator=np.random.default_rng(0), name=photo) for photo in PACKAGED
    )
    return make_proxies((with_white_balance_error(frame, missed_mired) for frame in frames), PROXY_PX, square=True)


@torch.no_grad()
def _cost(change: Change, batch: FrameBatch, weights: RewardWeights) -> Cost:
    rendered, limits = render_prepared(batch, IspParams.default(len(batch)))
    default = change.begin(rendered)
    reference = Reference.of(default)
    params = IspParams.from_dict([change.recipe] * len(batch))
    rendered, changed_limits = render_prepared(batch, params)
    images = change.finish(rendered)
    none = torch.zeros(len(batch))
    identity = IspParams.default(len(batch)).to_action()
    before = picture_terms(default, reference, none, limits, identity, reference, weights)
    after = picture_terms(images, Reference.of(images), none, changed_limits, params.to_action(), reference, weights)
    paid = (before - after).mean(0).tolist()
    return Cost(change.name, _difference(default, images), dict(zip(TERMS, paid, strict=True)))


def _small(photo: str) -> np.ndarray:
    """The photograph twice as large as a proxy."""
    images = to_picture(load_photo(photo).copy())[None].float() / 255
    return resize_short_edge(images, 2 * PROXY_PX)[0].permute(1, 2, 0).clamp(0, 1).numpy()


def _difference(one: Images, other: Images) -> float:
    lab = [rgb2lab(images.permute(0, 2, 3, 1).double().numpy()) for images in (one, other)]
    return float(deltaE_ciede2000(*lab).mean())


def table(measured: Sequence[Cost]) -> str:
    """Return the costs as a Markdown table; terms of less than SMALLEST_SHOWN are left out."""
    lines = ["| change | CIEDE2000 | terms | costs | for each CIEDE2000 |", "|---|---|---|---|---|"]
    for cost in measured:
        shown = [f"`{name}` {paid:.3f}" for name, paid in cost.terms.items() if abs(paid) >= SMALLEST_SHOWN]
        whole = sum(cost.terms.values())
        lines.append(
            f"| {cost.change} | {cost.difference:.1f} | {', '.join(shown)} | {whole:.3f} | {whole / cost.difference:.3f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    write_text(PAGE, PLACE.sub(lambda found: f"{found[1]}{table(costs())}\n{found[2]}", text))
