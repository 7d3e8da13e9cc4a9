"""Fits of small synthetic raws: what was planted is found, alone, together and natively; slopes are those of autograd."""

from dataclasses import replace

import pytest
import torch
from fixtures.fitted import frame_of

from isp_env.fitting.distance import bounded
from isp_env.fitting.fit import FitRecipe, fit_each, fit_together
from isp_env.fitting.problem import Problem
from isp_env.fitting.search_space import DETAIL, SearchSpace
from isp_env.fitting.views import Pair, Views
from isp_env.parameters.profiles import CORE, PROFILES
from isp_env.params import IspParams
from isp_env.pipeline import render

PLANTED = {"exposure_ev": 0.5, "temperature_mired": 15.0, "contrast": 0.2, "saturation": 0.3, "shadows_ev": -0.4}
COLOUR = SearchSpace.of(CORE, without=DETAIL)


def planted_pair(frame, values, px=32, profile=CORE, **more):
    """The pair of a raw with its proxy's own render under values: nothing but the parameters is between them."""
    params = IspParams.from_dict({**values, **more}, profile=profile)
    pair = Pair.of(frame, torch.zeros(3, 640, 640), px)  # of no native size: without crops
    return replace(pair, reference=render(pair.proxy, params)[0])


def test_slopes_are_the_gradient_of_the_distance(frame):
    pair = planted_pair(frame, PLANTED)
    views = Views.stack([pair])
    anchor = torch.zeros(1, len(COLOUR.free))
    problem = Problem(COLOUR, [views], IspParams.default(1), anchor, prior=0.1)
    points = (0.1 * torch.ones_like(anchor)).requires_grad_(True)
    seen = views.rendered(torch.zeros(1, dtype=torch.long), problem.params(points))
    value = bounded(seen - views.wanted, views.weights)[0] + 0.1 * (points / COLOUR.spread).square().sum(1)
    (gradient,) = torch.autograd.grad(value.sum(), points)
    slopes = problem.slopes(points.detach())
    assert torch.allclose(slopes.distance, value.detach(), rtol=1e-5)
    assert (slopes.gradient - gradient).norm() < 0.02 * gradient.norm()


@pytest.mark.slow
def test_planted_parameters_are_found(frame):
    (found,) = fit_each([planted_pair(frame, PLANTED)], FitRecipe(starts=1))
    assert found.distance < 0.01 and not found.native
    off = (COLOUR.point(found.params) - COLOUR.point(PLANTED)).abs()
    assert off.median() < 0.02 and off[COLOUR.free.index("exposure_ev")] < 0.02
    assert {name: found.params[name] for name in DETAIL} == dict.fromkeys(DETAIL[:1] + DETAIL[2:], 0.0) | {
        DETAIL[1]: 1.0
    }


@pytest.mark.slow
def test_a_start_is_kept_to_where_nothing_speaks_against_it_and_detail_stays_the_starts(frame):
    start = {"sharpen": -0.5, "exposure_ev": 0.3}
    (found,) = fit_each([planted_pair(frame, PLANTED)], FitRecipe(prior=1e5, starts=1), [start])
    assert found.params["sharpen"] == -0.5 and found.params["exposure_ev"] == pytest.approx(0.3, abs=1e-2)


@pytest.mark.slow
def test_together_there_is_one_setting_and_what_is_each_raws_own():
    pairs = [
        planted_pair(frame_of(seed), PLANTED, px, exposure_ev=ev)
        for seed, px, ev in ((0, 32, 0.3), (1, 28, -0.4))  # of two sizes
    ]
    first, second = fit_together(pairs, FitRecipe(starts=1), own=("exposure_ev",))
    for name in COLOUR.free:
        assert (first.params[name] == pytest.approx(second.params[name], abs=1e-6)) == (name != "exposure_ev")
    assert first.params["exposure_ev"] == pytest.approx(0.3, abs=0.03)
    assert second.params["exposure_ev"] == pytest.approx(-0.4, abs=0.03)
    assert first.params["contrast"] == pytest.approx(0.2, abs=0.03)


@pytest.mark.slow
def test_detail_is_found_where_the_reference_has_the_raws_own_size(frame):
    true = {"sharpen": 0.6, "denoise_chroma": -0.5, "exposure_ev": 0.2}
    picture = render(frame, IspParams.from_dict(true))[0]
    pair = Pair.of(frame, picture, 32)
    assert pair.crops is not None
    (found,) = fit_each([pair], FitRecipe(starts=1))
    assert found.native and found.params["sharpen"] == pytest.approx(0.6, abs=0.15)


@pytest.mark.slow
def test_the_knots_of_a_curve_reproduce_a_curve_though_only_their_differences_count(frame):
    profile = PROFILES["core+curve"]
    pair = planted_pair(frame, {"curve_2": 0.6, "curve_5": -0.5, "curve_7": 0.4}, profile=profile)
    (core,) = fit_each([pair], FitRecipe(starts=1))
    (curved,) = fit_each([pair], FitRecipe(profile, starts=1))
    assert curved.distance < 0.02 and curved.distance < core.distance / 3
