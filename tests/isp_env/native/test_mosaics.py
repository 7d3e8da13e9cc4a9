"""Crops through the native kernel are those of torch, whatever the parameters, the phase, the lens and the noise."""

import dataclasses
from functools import cache

import numpy as np
import pytest
import torch
from fixtures.photographs import photograph
from hypothesis import given, settings
from hypothesis import strategies as st

from isp_env.frames.batch import FrameBatch
from isp_env.lens.geometry import TERMS, LensGeometry
from isp_env.lens.shading import LensShading
from isp_env.native import mosaics
from isp_env.native.proxies import torch_alone
from isp_env.params import PARAMETERS, IspParams
from isp_env.pipeline import clarity_base, render_prepared, scene_map
from isp_env.proxies.crops import CropBatch
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise
from isp_env.sensor.cfa import CFA_PATTERNS

pytestmark = pytest.mark.usefixtures("built_kernel")

LARGEST_DIFFERENCE = 1e-4
MOST_STEPS_OFF = 1e-4  # the share of 8-bit values that may differ, by one
HEIGHT, WIDTH = 96, 122
LENSES = ((), ("shading",), ("geometry",), ("shading", "geometry"))
ISOS = (100.0, 6400.0, 25600.0)  # none of it seen, four scales of denoising, five

action = st.lists(
    st.sampled_from([-1.0, 0.0, 1.0]) | st.floats(-1, 1), min_size=len(PARAMETERS), max_size=len(PARAMETERS)
)


def lens(red: float) -> LensGeometry:
    """Barrel distortion, with red and blue beside green."""
    radial = np.zeros((3, TERMS))
    radial[:, 0], radial[:, 2] = (0.95 + red, 0.95, 0.95 - red), 0.04
    centre = ((HEIGHT - 1) / 2, (WIDTH - 1) / 2)
    radius = float(np.hypot(*centre))
    return LensGeometry(radial, np.zeros((3, 2)), centre, centre, (radius, radius))


@cache
def proxy(cfa: str, of_lens: tuple[str, ...], iso: float) -> RawFrame:
    photo = photograph("coffee")[:, 60 : 60 + HEIGHT, 150 : 150 + WIDTH].permute(1, 2, 0).numpy()
    raw = synthesise(photo, CAMERAS["nikon-d850"], cfa=cfa, iso=iso, generator=np.random.default_rng(len(of_lens)))
    gains = np.random.default_rng(1).uniform(1, 2, (4, 3, 4)).astype(np.float32)
    has = {"shading": LensShading(gains, (-3.0, 10.0), (40.0, 35.5)), "geometry": lens(0.004)}
    raw = dataclasses.replace(raw, **{name: has[name] for name in of_lens})
    return raw.proxy(40, square=True, crops=2, crop_px=48)


def rendered(proxies: list[RawFrame], params: IspParams) -> torch.Tensor:
    batch = FrameBatch.stack(proxies)
    base = clarity_base(batch, params, scene_map(batch, params, "camera"))
    return CropBatch.stack(proxies).render(torch.arange(len(proxies)), params, base)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    actions=st.lists(action, min_size=2, max_size=2),
    phases=st.tuples(st.sampled_from(CFA_PATTERNS), st.sampled_from(CFA_PATTERNS)),
    lenses=st.tuples(st.sampled_from(LENSES), st.sampled_from(LENSES)),
    isos=st.tuples(st.sampled_from(ISOS), st.sampled_from(ISOS)),
)
def test_crops_are_those_of_torch(actions, phases, lenses, isos):
    proxies, params = list(map(proxy, phases, lenses, isos)), IspParams.from_action(torch.tensor(actions))
    ours = rendered(proxies, params)
    with torch_alone():
        expected = rendered(proxies, params)
    assert not torch.equal(ours, expected)
    assert (ours - expected).abs().max() <= LARGEST_DIFFERENCE
    steps = ((255 * ours).round() - (255 * expected).round()).abs()
    assert steps.max() <= 1 and (steps > 0).sum() <= max(MOST_STEPS_OFF * steps.numel(), 6)


def test_a_crop_alone_and_on_several_threads_has_the_same_bits():
    proxies = [proxy("RGGB", LENSES[3], 6400.0), proxy("GRBG", LENSES[3], 25600.0)]
    (frames,) = CropBatch.stack(proxies).frames
    given = torch.tensor([[1.7, 1.0, 1.6]]).expand(4, 3), [torch.tensor([0.6, 0.6, 0.0, 1.0]), torch.full((4,), 0.5)]
    together = mosaics.balanced(frames, *given)
    assert torch.isfinite(together).all()
    for index in range(4):
        row = torch.tensor([index])
        gains, strengths = given[0][row], [each[row] for each in given[1]]
        assert torch.equal(together[row], mosaics.balanced(frames.take(row), gains, strengths))
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        assert torch.equal(together, mosaics.balanced(frames, *given))
    finally:
        torch.set_num_threads(before)


def test_gradients_of_crops_are_torchs(monkeypatch):
    """Whoever asks for them denoises and demosaics by torch; the chain from there on is native."""
    monkeypatch.setattr(mosaics, "balanced", None)
    proxies = [proxy("GBRG", LENSES[3], 6400.0)]
    found = []
    for way in (torch_alone(), torch.enable_grad()):
        actions = torch.full((1, len(PARAMETERS)), 0.2, requires_grad=True)
        with way:
            rendered(proxies, IspParams.from_action(actions)).mean().backward()
        found.append(actions.grad)
    assert (found[0] - found[1]).abs().max() < 1e-3 * found[0].abs().max()


def test_what_the_kernel_is_held_to_is_torchs_own():
    """Tiles of a full size: the same mosaic without `crops` has torch's bits."""
    (frames,), params = CropBatch.stack([proxy("RGGB", (), 6400.0)]).frames, IspParams.default(2)
    ours, as_crops = (render_prepared(frames, params, crops=crops)[0] for crops in (False, True))
    with torch_alone():
        assert torch.equal(ours, render_prepared(frames, params)[0])
    assert not torch.equal(ours, as_crops)


def test_what_is_not_finite_is_left_to_torch():
    own = proxy("RGGB", (), 6400.0)
    params = IspParams.default(1)
    broken = dataclasses.replace(own.crops[0].frame, samples=own.crops[0].frame.samples * np.float32("nan"))
    crops = (dataclasses.replace(own.crops[0], frame=broken), own.crops[1])
    first, second = rendered([dataclasses.replace(own, crops=crops)], params)
    assert first.isnan().any() and torch.isfinite(second).all()
