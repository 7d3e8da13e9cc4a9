from dataclasses import replace

import numpy as np
import pytest
import torch
from fixtures.experts import TASK, core_of, scene_frames, scenes

from agents.imitation.targets import UNDONE, examples_of, targets_of, trust, undone
from attiqa_core.errors import InputError
from isp_env.contexts.variations import Variation
from isp_env.contexts.varying import vary
from isp_env.fitting.files import Fit, Fits
from isp_env.params import IspParams
from isp_env.stores.open_contexts import Contexts

PROFILE = TASK.profile


def fit(name, delta_e=1.0, weight=1.0, **params):
    return Fit(
        name,
        name,
        {**dict.fromkeys(PROFILE.names, 0.0), "sharpen_radius_px": 1.0, **params},
        delta_e,
        40.0,
        name,
        weight=weight,
    )


def test_a_context_has_the_fit_of_its_raw_and_one_without_is_left_out_and_counted():
    contexts = scenes(3, 0)
    examples = examples_of(Fits(PROFILE, (fit("scene0_2", saturation=0.4), fit("elsewhere"))), contexts, PROFILE)
    assert [proxy.name for proxy in examples.proxies] == ["scene0_2"] == list(examples.scenes) and examples.without == 2
    assert examples.targets.actions[0, PROFILE.names.index("saturation")] == pytest.approx(0.4)


def test_contexts_of_which_no_raw_was_fitted_are_refused():
    with pytest.raises(InputError, match="none of 2 contexts has a fit"):
        examples_of(Fits(PROFILE, (fit("elsewhere"),)), scenes(2, 0), PROFILE)


def test_what_a_variation_did_to_a_raw_is_undone_in_the_target():
    """The varied raw under the corrected parameters looks like the raw under the expert's, and not under the expert's own."""
    (frame,) = scene_frames(1, 3)
    variation = Variation(exposure_ev=-0.4, white_balance_mired=12.0, white_balance_duv=0.003)
    varied = vary(frame, variation, np.random.default_rng(0))
    core = core_of(Contexts([frame, varied, varied], ("a", "b", "c"), ("training",) * 3, ()))
    wanted = {"exposure_ev": 0.3, "temperature_mired": 8.0, "tint_duv": -0.002, "saturation": 0.2}
    corrected = undone(wanted, varied.metadata["variation"], PROFILE)
    actions = IspParams.from_dict([wanted, corrected, wanted]).to_action()
    right, same, other = core.render(torch.arange(3), actions)[0]
    assert (right - same).abs().mean() < 0.01 < 0.04 < (right - other).abs().mean()
    assert {name for name in wanted if corrected[name] != wanted[name]} == set(UNDONE)


def test_values_beyond_the_range_are_cut_at_its_end_and_counted():
    rows = [{"exposure_ev": 1.7}, {"exposure_ev": -0.5}]
    targets = targets_of(rows, [fit("a"), fit("b")], PROFILE)
    assert targets.actions[:, PROFILE.names.index("exposure_ev")].tolist() == [1.0, -0.5]
    assert targets.beyond == {"exposure_ev": 1}
    others = [place for place, name in enumerate(PROFILE.names) if name != "exposure_ev"]
    assert torch.equal(targets.actions[:, others], IspParams.identity_action()[others].expand(2, -1))


def test_a_fit_far_from_its_reference_counts_less_and_all_count_one_on_the_mean():
    weights = trust([fit("a", 1.0), fit("b", 1.0), fit("c", 7.0), fit("d", 1.0, weight=2.0)])
    assert weights.mean() == pytest.approx(1) and weights[0] == weights[1] == pytest.approx(25 * float(weights[2]))
    assert weights[3] == pytest.approx(2 * float(weights[0]))


def test_perfect_fits_all_count_the_same():
    assert trust([replace(fit("a"), delta_e=0.0)] * 3).tolist() == [1, 1, 1]
