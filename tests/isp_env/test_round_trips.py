"""What goes there and back comes back the same, whatever it was: parameters, recipes, orientation and CFA algebra."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from isp_env.params import PARAMETERS, IspParams
from isp_env.sensor.cfa import CFA_PATTERNS, cfa_sites, orient, orient_cfa

deterministic = settings(derandomize=True, max_examples=100, deadline=None, database=None)

actions = arrays.arrays(np.float32, (len(PARAMETERS),), elements=st.floats(-1, 1, width=32))
recipes = st.fixed_dictionaries(
    {}, optional={each.name: st.floats(each.low, each.high, allow_subnormal=False) for each in PARAMETERS}
)
sides = st.integers(2, 7)
patterns = st.sampled_from(CFA_PATTERNS)
flips = st.integers(0, 7)


@deterministic
@given(actions)
@pytest.mark.slow
def test_an_action_comes_back_from_its_parameters(action):
    there = IspParams.from_action(torch.from_numpy(action)[None])
    # a value next to an end of its range is rounded relative to that end: eps times the range over half the range
    torch.testing.assert_close(there.to_action()[0], torch.from_numpy(action), atol=1e-5, rtol=0)


@deterministic
@given(recipes)
@pytest.mark.slow
def test_a_recipe_comes_back_through_json(recipe):
    params = IspParams.from_dict(recipe)
    again = IspParams.from_dict(json.loads(json.dumps(params.to_dicts()[0])))
    assert torch.equal(params.values, again.values)
    assert all(low - 1e-6 <= value <= high + 1e-6 for value, (low, high) in zip(
        params.values[0].tolist(), ((each.low, each.high) for each in PARAMETERS), strict=True))  # fmt: skip


@deterministic
@given(patterns, flips, sides, sides)
def test_turning_a_mosaic_keeps_the_colour_of_every_sample(cfa, flip, height, width):
    colours = np.empty((height, width), np.uint16)
    for (row, column), colour in cfa_sites(cfa).items():
        colours[row::2, column::2] = colour
    turned, turned_cfa = orient(colours, flip), orient_cfa(cfa, flip, height, width)
    red_or_blue = {site: colour for site, colour in cfa_sites(turned_cfa).items() if colour in (0, 3)}
    for (row, column), colour in red_or_blue.items():
        assert (turned[row::2, column::2] == colour).all()


@deterministic
@given(flips, sides, sides)
def test_turning_there_and_back_is_the_identity(flip, height, width):
    picture = np.arange(height * width).reshape(height, width)
    back = {5: 6, 6: 5}.get(flip, flip)  # a quarter turn is undone by the other one, all else by itself
    assert np.array_equal(orient(orient(picture, flip), back), picture)
