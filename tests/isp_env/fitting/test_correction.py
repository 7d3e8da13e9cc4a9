"""Curve and 3D table on top: what is planted is found, what nothing speaks of stays, and nobody is judged by their own pixels."""

import pytest
import torch

from isp_env.colorimetry.oklab import oklab_from_rec2020
from isp_env.fitting.correction import CURVE_CUBE_SIZE, CorrectionRecipe, fitted_correction, held_out_stages
from isp_env.fitting.curve import PIECES, DisplayCurve, fitted_curve
from isp_env.fitting.lut import fitted_cube, identity_cube, looked_up


def pictures(seed=0, edge=48):
    return torch.rand(1, 3, edge, edge, generator=torch.Generator().manual_seed(seed))


def planted(seed=1):
    rises = torch.rand(3, PIECES, generator=torch.Generator().manual_seed(seed)) + 0.2
    values = torch.cat([torch.zeros(3, 1), rises.cumsum(1) / rises.sum(1, keepdim=True)], 1)
    return DisplayCurve("channels", values)


EVENLY = torch.ones(1, 1, 48, 48)


def test_a_planted_curve_is_found():
    found = fitted_curve(pictures(), planted().applied(pictures()), EVENLY, "channels")
    assert (found.values - planted().values).abs().max() < 5e-3


@pytest.mark.parametrize("kind", ["channels", "lightness"])
def test_equal_pictures_want_no_curve(kind):
    found = fitted_curve(pictures(), pictures(), EVENLY, kind)
    assert (found.values - torch.linspace(0, 1, PIECES + 1)).abs().max() < 1e-3
    assert (found.applied(pictures()) - pictures()).abs().max() < 3e-3


@pytest.mark.parametrize("kind", ["channels", "lightness"])
def test_a_curve_never_falls_whatever_is_asked_for(kind):
    found = fitted_curve(pictures(), 1 - pictures(), EVENLY, kind)
    assert (found.values.diff(dim=1) >= 0).all()


def test_a_curve_of_lightness_keeps_the_hue():
    values = torch.linspace(0, 1, PIECES + 1)[None] ** 1.3
    before, after = (oklab_from_rec2020(each.clamp_min(1e-3)) for each in (pictures(), pictures()))
    assert torch.equal(before, after)
    through = DisplayCurve("lightness", values).applied(0.3 + 0.3 * pictures())
    assert (through.argsort(1) == pictures().argsort(1)).float().mean() > 0.99


def test_a_linear_change_of_colours_is_found_by_the_table():
    matrix = torch.tensor([[0.8, 0.1, 0.0], [0.05, 0.8, 0.05], [0.0, 0.1, 0.8]])
    wanted = torch.einsum("ij,njhw->nihw", matrix, pictures()) + 0.03
    cube = fitted_cube(pictures(), wanted, EVENLY, 9)
    assert (looked_up(cube, pictures()) - wanted).abs().max() < 0.01


def test_where_no_colour_speaks_the_table_goes_on_smoothly_and_equal_pictures_want_none():
    assert (fitted_cube(pictures(), pictures(), EVENLY, 9) - identity_cube(9)).abs().max() < 1e-5
    dark = 0.4 * pictures()
    cube = fitted_cube(dark, (dark + 0.05).clamp(0, 1), EVENLY, 9)
    assert ((cube - identity_cube(9))[-1, -1, -1]).abs().max() < 0.3 and cube.min() >= 0 and cube.max() <= 1


@pytest.mark.parametrize(
    "recipe", [CorrectionRecipe("channels"), CorrectionRecipe(None, 9), CorrectionRecipe("lightness", 17)]
)
def test_the_table_that_is_written_does_what_the_corrections_do(recipe):
    wanted = planted().applied(pictures())
    correction = fitted_correction([pictures()[0]], [wanted[0]], recipe)
    cube = correction.as_cube()
    assert len(cube) == (9 if recipe.curve is None else CURVE_CUBE_SIZE)
    assert (looked_up(cube, pictures()) - correction.stages(pictures())[-1]).abs().mean() < 2e-3


def test_a_scene_is_judged_by_what_the_others_taught():
    first, second = pictures(0)[0], pictures(3)[0]
    brighter, darker = (first * 0.5 + 0.4), second * 0.6
    for recipe in (CorrectionRecipe("channels"), CorrectionRecipe(None, 5)):
        stages, judged_by = held_out_stages([first, second], [brighter, darker], recipe, ["a", "b"])
        assert judged_by == "scenes"
        assert (stages[0][0] - 0.6 * first).abs().mean() < 0.02 < (stages[0][0] - brighter).abs().mean()


def test_of_one_scene_squares_are_judged_by_the_others():
    wanted = planted().applied(pictures())[0]
    stages, judged_by = held_out_stages([pictures()[0]], [wanted], CorrectionRecipe("channels", 5), ["a"])
    assert judged_by == "tiles" and [len(stages), len(stages[0])] == [1, 2]
    assert (stages[0][-1] - wanted).abs().mean() < 0.02
    moved = wanted.clone()
    moved[:, :16, :16] = 0.0  # one square of a chessboard: what is judged in it does not know
    again, _ = held_out_stages([pictures()[0]], [moved], CorrectionRecipe("channels"), ["a"])
    assert torch.equal(again[0][0][:, :16, :16], stages[0][0][:, :16, :16])
