import colour_demosaicing
import numpy as np
import pytest
import torch
from fixtures.seeded import uniform
from fixtures.tolerances import rounding

from isp_env.sensor.cfa import CFA_PATTERNS
from isp_env.stages import false_colour, menon
from isp_env.stages.demosaic import REACH_PX, demosaic, linear_of_root, root_of_linear
from isp_env.stages.false_colour import median_of_nine, suppress_false_colour
from isp_env.stages.malvar import demosaic_malvar
from isp_env.stages.menon import demosaic_menon, share_of_rows
from isp_env.stages.mosaic import sampled_colours, unpack

PHASES = torch.arange(4)
EVERY_METHOD = pytest.mark.parametrize("method", ["menon", "malvar"])
SAMPLE_KEPT = rounding(36)
"""Malvar: a convolution of 36 products, all but one of them with 0; Winograd's would round. Menon: green + (sample - green)."""


def one_direction(row_activity: torch.Tensor, column_activity: torch.Tensor) -> torch.Tensor:
    return (column_activity >= row_activity).to(row_activity)


def compare_inside(ours: torch.Tensor, mosaics: torch.Tensor, theirs, border: int) -> None:
    for mosaic, rgb, pattern in zip(mosaics, ours, CFA_PATTERNS, strict=True):
        inside = (slice(border, -border), slice(border, -border))
        expected = theirs(mosaic[0].numpy(), pattern)[inside]
        np.testing.assert_allclose(rgb.permute(1, 2, 0).numpy()[inside], expected, atol=1e-12)


def test_malvar_equals_colour_demosaicing_for_every_phase():
    mosaics = uniform(4, 1, 14, 18, dtype=torch.double)  # their borders repeat the edge sample, which breaks the phase
    theirs = colour_demosaicing.demosaicing_CFA_Bayer_Malvar2004
    compare_inside(demosaic_malvar(mosaics, PHASES), mosaics, theirs, border=2)


def test_menon_with_one_direction_alone_equals_colour_demosaicing_for_every_phase(monkeypatch):
    monkeypatch.setattr(menon, "share_of_rows", one_direction)
    mosaics = uniform(4, 1, 24, 28, dtype=torch.double)  # their decision sees black outside of the picture
    theirs = colour_demosaicing.demosaicing_CFA_Bayer_Menon2007
    compare_inside(demosaic_menon(mosaics, PHASES), mosaics, theirs, border=menon.REACH_PX)


def test_the_calmer_direction_is_believed_and_neither_where_nothing_changes():
    calm, equal, wild = torch.tensor([0.0]), torch.tensor([0.3]), torch.tensor([3.0])
    assert share_of_rows(calm, calm) == 0.5
    assert share_of_rows(equal, equal) == 0.5
    assert share_of_rows(equal, wild) == pytest.approx(1 - 0.09 / 9.09, abs=1e-6)
    assert share_of_rows(wild, calm) < 1e-8


@EVERY_METHOD
def test_samples_stay_in_their_colour(method):
    mosaics = uniform(4, 1, 12, 16)
    rgb = demosaic(mosaics, PHASES, method)
    assert rgb.dtype == torch.float32
    sampled = sampled_colours(mosaics, PHASES)
    kept = torch.where(sampled, mosaics, 0).sum(1, keepdim=True)
    torch.testing.assert_close((rgb * sampled).sum(1, keepdim=True), kept, atol=SAMPLE_KEPT, rtol=0)


@EVERY_METHOD
def test_flat_colour_stays_flat(method):
    flat = unpack(torch.tensor([0.1, 0.2, 0.2, 0.3]).view(1, 4, 1, 1).expand(4, 4, 6, 6), PHASES)
    expected = torch.tensor([0.1, 0.2, 0.3]).view(1, 3, 1, 1).expand(4, 3, 12, 12)
    torch.testing.assert_close(demosaic(flat, PHASES, method), expected)


@pytest.mark.parametrize("steep", ["rows", "columns"])
def test_menon_draws_a_grey_edge_along_the_grid_without_colour(steep):
    grey = torch.full((4, 1, 24, 24), 0.1)
    grey[..., 11:] = 0.8
    grey = grey if steep == "rows" else grey.mT
    chroma = demosaic(grey, PHASES).amax(1) - demosaic(grey, PHASES).amin(1)
    assert chroma.max() < 1e-6
    assert (demosaic(grey, PHASES, "malvar").amax(1) - demosaic(grey, PHASES, "malvar").amin(1)).max() > 0.1


@EVERY_METHOD
def test_a_batch_of_mixed_phases_equals_each_image_alone(method):
    mosaics = uniform(4, 1, 12, 14, dtype=torch.double)
    alone = [demosaic(mosaics[i : i + 1], PHASES[i : i + 1], method) for i in range(4)]
    torch.testing.assert_close(demosaic(mosaics, PHASES, method), torch.cat(alone), atol=1e-14, rtol=0)


@EVERY_METHOD
def test_a_sample_reaches_as_far_as_said(method):
    reached = torch.zeros(48, 48, dtype=torch.bool)
    for seed in range(6):
        mosaics = uniform(4, 1, 48, 48, dtype=torch.double, seed=seed)
        changed = mosaics.clone()
        changed[..., 24, 24] += 0.7
        reached |= ((demosaic(changed, PHASES, method) - demosaic(mosaics, PHASES, method)).abs() > 1e-12).any(1).any(0)
    assert (reached.nonzero() - 24).abs().max() == REACH_PX[method]


@EVERY_METHOD
def test_the_smallest_picture_has_colours(method):
    assert torch.isfinite(demosaic(uniform(4, 1, 4, 4), PHASES, method)).all()


@EVERY_METHOD
def test_gradients_match_differences(method):
    mosaic = uniform(2, 1, 6, 6, dtype=torch.double).requires_grad_(True)
    assert torch.autograd.gradcheck(lambda x: demosaic(x, torch.tensor([1, 2]), method), mosaic, fast_mode=True)


@EVERY_METHOD
@pytest.mark.parametrize("level", [-0.1, 0.0, 0.5, 4.0])
def test_gradients_are_finite_on_flats_and_far_outside_the_range(method, level):
    for mosaic in (torch.full((4, 1, 8, 8), level), level + 1e-7 * uniform(4, 1, 8, 8), level * uniform(4, 1, 8, 8)):
        mosaic.requires_grad_(True)
        rgb = demosaic(mosaic, PHASES, method)
        rgb.square().sum().backward()
        assert torch.isfinite(rgb).all() and torch.isfinite(mosaic.grad).all()


def test_the_root_scale_is_undone_and_smooth_at_black():
    linear = torch.linspace(-0.1, 4, 2048)
    torch.testing.assert_close(linear_of_root(root_of_linear(linear)), linear, atol=rounding(8, 4), rtol=0)
    around_black = torch.tensor([-1e-6, 0.0, 1e-6], dtype=torch.double, requires_grad=True)
    root_of_linear(around_black).sum().backward()
    assert around_black.grad is not None and around_black.grad.diff().abs().max() < 1e-2
    assert root_of_linear(torch.zeros(1)) == 0


def test_the_median_of_nine_is_the_median():
    planes = uniform(2, 2, 7, 9)
    padded = torch.nn.functional.pad(planes, (1, 1, 1, 1), mode="reflect")
    assert torch.equal(median_of_nine(planes), padded.unfold(2, 3, 1).unfold(3, 3, 1).flatten(-2).median(-1).values)


def test_a_bead_of_false_colour_goes_and_grey_stays():
    grey = uniform(1, 1, 12, 12).expand(1, 3, 12, 12)
    torch.testing.assert_close(suppress_false_colour(grey, PHASES[:1]), grey)
    beaded = grey.clone()
    beaded[:, ::2, 5, 6] += 0.3  # a green pixel of an RGGB mosaic
    torch.testing.assert_close(suppress_false_colour(beaded, PHASES[:1]), grey)


def test_half_of_an_outlying_sample_is_its_greens_fault():
    grey = torch.full((1, 3, 12, 12), 0.4)
    beaded = grey.clone()
    beaded[:, 0, 4, 6] += 0.2  # a red sample
    quiet = suppress_false_colour(beaded, PHASES[:1])
    assert quiet[0, :, 4, 6].tolist() == pytest.approx([0.6, 0.4 + 0.2 * false_colour.GREEN_SHARE, 0.5])
