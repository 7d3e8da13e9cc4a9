import pytest
import torch
from fixtures.toy_program import DEFAULT, PARAMETERS, PROFILE, ToyIsp, toy_proxies

from attiqa_core.errors import InputError, UsageError
from experiments.options.isp import IspOptions
from isp_env.core import IspCore
from isp_env.isp_episodes.core_files import opened_isp
from isp_env.learned_isp.files import LearnedModel, save_learned
from isp_env.learned_isp.isp import OUR_OWN, LearnedIsp
from isp_env.learned_isp.network import Architecture, built
from isp_env.parameters.profiles import CORE, Control, Profile
from isp_env.parameters.table import Parameter
from isp_env.params import IspParams
from isp_env.rendering.frame_groups import FrameGroups
from isp_env.task import Task


def model(seed=0, **changed):
    net = built(Architecture(2, width=8, detail=4, gates=3), DEFAULT, seed)
    known = {"program": ToyIsp().described, "proxy_px": 48, "crops": 1, "training": {}, "held_out": {}} | changed
    return LearnedModel(net, PROFILE, **known)


def rows_of(proxies, places):
    (rows,) = FrameGroups.stack(proxies, True, "cpu").rows(torch.tensor(places))
    return rows


def test_at_the_default_parameters_it_shows_what_the_program_shows_to_the_last_bit():
    isp, program, rows = LearnedIsp(model(), ToyIsp()), ToyIsp(), rows_of(toy_proxies(2), [0, 1])
    params = IspParams.from_action(DEFAULT.expand(2, -1), PROFILE)
    images, crops, limits = isp.pictures(rows, params)
    expected, expected_crops, _ = program.pictures(rows, params)
    assert torch.equal(images, expected) and torch.equal(crops, expected_crops)
    assert torch.equal(isp.wholes(rows, params)[0], expected) and not limits["over_range"].any()


def test_the_program_is_asked_once_for_each_raw_and_a_batch_equals_a_loop():
    program = ToyIsp()
    isp, proxies = LearnedIsp(model(), program), toy_proxies(2)
    groups, actions = FrameGroups.stack(proxies, True, "cpu"), torch.tensor([[0.4, -0.2], [-0.9, 1.0], [0.1, 0.1]])
    params = IspParams.from_action(actions, PROFILE)
    (rows,) = groups.rows(torch.tensor([1, 0, 1]))
    images, crops, _ = isp.pictures(rows, params)
    for row, place in enumerate((1, 0, 1)):
        (one,) = groups.rows(torch.tensor([place]))
        alone, own_crops, _ = isp.pictures(one, params.take(torch.tensor([row])))
        torch.testing.assert_close(alone, images[row : row + 1], atol=1e-6, rtol=0)
        torch.testing.assert_close(own_crops, crops[row : row + 1], atol=1e-6, rtol=0)
    assert program.asked == 2


def test_gradients_flow_from_pictures_to_actions_at_the_default_too():
    isp, rows = LearnedIsp(model(), ToyIsp()), rows_of(toy_proxies(1), [0])
    actions = DEFAULT[None].clone().requires_grad_(True)
    isp.pictures(rows, IspParams.from_action(actions, PROFILE))[0].mean().backward()
    assert actions.grad.abs().min() > 0


@pytest.mark.slow
def test_an_environment_stands_on_it(tiny_scorer):
    core = IspCore(
        toy_proxies(2), tiny_scorer, Task(proxy_px=48, crops=1, profile=PROFILE), isp=LearnedIsp(model(), ToyIsp())
    )
    state, _ = core.reset(torch.tensor([0, 1]))
    step = core.step(state, torch.tensor([[0.5, 0.0], [0.0, 0.5]]))
    assert torch.isfinite(step.rewards).all() and step.rewards.abs().min() > 0
    still = core.step(state, DEFAULT.expand(2, -1))
    assert not still.parts.any()


def test_another_program_profile_size_or_damaged_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="is a copy of toy 707070707070, not of toy 000000000000"):
        stranger = ToyIsp()
        stranger.__class__ = type("Stranger", (ToyIsp,), {"described": {"name": "toy", "sha256": "0" * 64}})
        LearnedIsp(model(), stranger)
    isp = LearnedIsp(model(), ToyIsp())
    with pytest.raises(UsageError, match="whose parameters are gain_ev, gamma"):
        isp.check(CORE)
    with pytest.raises(UsageError, match="use --proxy-px 48"):
        isp.pictures(rows_of(toy_proxies(1, px=32), [0]), IspParams.default(1, profile=PROFILE))
    folder = save_learned(
        tmp_path / "gone", model(program={**ToyIsp().described, "description": str(tmp_path / "no.toml")})
    )
    with pytest.raises(InputError, match=r"description .*no\.toml is gone"):
        LearnedIsp.load(folder)


def test_a_folder_of_a_copy_of_our_own_isp_is_opened_by_its_path(tmp_path):
    net = built(Architecture(len(CORE.controls), width=8), IspParams.identity_action(CORE), 0)
    folder = save_learned(tmp_path / "copy", LearnedModel(net, CORE, OUR_OWN, 48, 1, {}, {}))
    isp, profile = opened_isp(folder, "core")
    assert isinstance(isp, LearnedIsp) and isp.differentiable and profile == CORE
    options = IspOptions(isp=folder)
    options.check()
    assert options.has_gradient and options.profile("core") == CORE and isinstance(options.opened(), LearnedIsp)
    with pytest.raises(UsageError, match="--no-square"):
        options.opened(square=True)


def test_a_linear_parameter_of_large_values_beside_one_in_logarithms_has_a_finite_gradient():
    large = (*PARAMETERS, Parameter("amount", "", 0.0, 400.0, 0.0, "linear", "toy", 0.5, "beyond where exp overflows"))
    profile = Profile("large", tuple(Control.of(each) for each in large), foreign=large)
    action = torch.tensor([[0.1, 0.1, 0.9]], requires_grad=True)
    IspParams.from_action(action, profile).values.sum().backward()
    assert action.grad.isfinite().all()
