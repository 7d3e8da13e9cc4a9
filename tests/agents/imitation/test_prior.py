import json

import pytest
import torch
from fixtures.experts import TASK, core_of, ruled_fits, scenes

from agents.imitation.prior import as_prior, weighted_median, write_prior
from agents.start import open_start
from isp_env.fitting.files import Fit, Fits
from isp_env.params import IspParams

SOURCE = {"fits": "fits.json", "sha256": "0" * 64}


def fits_at(*exposures):
    rows = [{**IspParams.default(1).to_dicts()[0], "exposure_ev": value} for value in exposures]
    return Fits(TASK.profile, tuple(Fit(str(i), str(i), row, 1.0, 40.0, "") for i, row in enumerate(rows)))


def test_a_few_odd_fits_do_not_move_the_prior():
    prior = as_prior(fits_at(0.2, 0.21, 0.19, 0.2, 4.0), SOURCE)
    assert prior["params"]["exposure_ev"] == pytest.approx(0.2)
    assert prior["spread"]["exposure_ev"] < 0.03 and prior["source"]["beyond"] == {"exposure_ev": 1}


def test_the_prior_is_a_setting_that_a_training_can_start_from(tmp_path):
    contexts = scenes(5, 0)
    core = core_of(contexts)
    path = write_prior(tmp_path / "prior.json", ruled_fits(core), SOURCE)
    start = open_start(path, TASK)
    stored = json.loads(path.read_text())
    assert stored["schema"] == "attiqa-setting/1" and stored["source"]["images"] == 5
    assert torch.allclose(start.base(core), IspParams.from_dict(stored["params"]).to_action()[0])


def test_half_of_the_weight_lies_on_each_side_of_the_median():
    values = torch.tensor([[3.0], [1.0], [2.0], [9.0]])
    assert weighted_median(values, torch.tensor([1.0, 1.0, 1.0, 0.1])).tolist() == [2.0]
    assert weighted_median(values, torch.tensor([1.0, 1.0, 1.0, 5.0])).tolist() == [9.0]
