import json
from pathlib import Path

import pytest
import torch
from fixtures.seeded import uniform

from attiqa_core.errors import InputError
from isp_env import stages
from isp_env.params import NAMES, PARAMETERS, IspParams

STAGES = Path(stages.__file__).parent


DESIGNED = [
    "exposure_ev",
    "temperature_mired",
    "tint_duv",
    "contrast",
    "highlights_ev",
    "shadows_ev",
    "whites_ev",
    "blacks",
    "saturation",
    "vibrance",
    "hue_deg",
    "clarity",
    "sharpen",
    "sharpen_radius_px",
    "denoise_luma",
    "denoise_chroma",
]


def test_the_controls_of_the_design_keep_their_order():
    assert [name for name in NAMES if name in DESIGNED] == DESIGNED and len(set(NAMES)) == len(NAMES)


def test_every_row_of_the_table_makes_sense():
    for parameter in PARAMETERS:
        assert parameter.low <= parameter.identity <= parameter.high and parameter.low < parameter.high, parameter.name
        assert 0 < parameter.usual_spread <= 2 and parameter.doc, parameter.name
        assert (STAGES / f"{parameter.stage}.py").is_file(), f"{parameter.name}: no stage {parameter.stage}"


def test_default_is_identity_and_columns_are_found_by_name():
    params = IspParams.default(2)
    assert params.values.shape == (2, len(PARAMETERS))
    assert params["sharpen_radius_px"].tolist() == [1, 1]
    assert params["exposure_ev"].tolist() == [0, 0]


def test_identity_action_gives_identity_exactly():
    action = IspParams.identity_action()
    assert torch.equal(IspParams.from_action(action[None]).values, IspParams.default(1).values)
    assert action[NAMES.index("exposure_ev")] == 0
    assert action[NAMES.index("sharpen")] == 0


def test_ends_of_the_action_are_ends_of_the_range():
    low, high = IspParams.from_action(torch.tensor([[-1.0], [1.0]]).expand(2, len(PARAMETERS))).values
    torch.testing.assert_close(low, torch.tensor([float(p.low) for p in PARAMETERS]))
    torch.testing.assert_close(high, torch.tensor([float(p.high) for p in PARAMETERS]))


def test_action_round_trip():
    action = uniform(64, len(PARAMETERS)) * 2 - 1
    torch.testing.assert_close(IspParams.from_action(action).to_action(), action, atol=1e-5, rtol=0)


def test_action_maps_have_gradients_also_at_identity():
    action = IspParams.identity_action().double().expand(1, -1).clone().requires_grad_(True)
    IspParams.from_action(action).values.sum().backward()
    assert (action.grad > 0).all()
    inside = (torch.rand(1, len(PARAMETERS), dtype=torch.double) * 0.8 + 0.1).requires_grad_(True)
    assert torch.autograd.gradcheck(lambda a: IspParams.from_action(a).values, inside)
    assert torch.autograd.gradcheck(lambda a: IspParams(IspParams.from_action(a).values).to_action(), inside)


def test_dictionary_round_trip_through_json():
    params = IspParams.from_dict([{"exposure_ev": 0.5, "sharpen": 0.8}, {"tint_duv": -0.01}])
    again = IspParams.from_dict(json.loads(json.dumps(params.to_dicts())))
    assert torch.equal(again.values, params.values)
    assert params["exposure_ev"].tolist() == [0.5, 0]


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"exposure": 1}, "does not exist"),
        ({"exposure_ev": 4.5}, "outside -4 .. 4 EV"),
        ({"exposure_ev": float("nan")}, "not a number"),
        ({"exposure_ev": float("inf")}, "outside"),
        ({"exposure_ev": "1"}, "not a number"),
    ],
)
def test_bad_recipes_are_refused_by_name(recipe, message):
    with pytest.raises(InputError, match=message):
        IspParams.from_dict(recipe)
