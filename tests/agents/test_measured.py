from dataclasses import replace

import numpy as np
import pytest
import torch
from fixtures.brightness import BRIGHTNESS_ALONE, BrightnessScorer, dark_frames, toy_core

from agents.actor import Actor
from agents.measured import Samples, expected, known, measure
from agents.train import train_agent
from isp_env.contexts import vary
from isp_env.core import IspCore, Task
from isp_env.reward import ACTION_TERMS, TERMS
from isp_env.reward_weights import RewardWeights
from isp_env.variations import Variation

NO_STEPS = {"warm_up": 0, "lr": 0.0, "hidden": (8,)}


@pytest.fixture(scope="module")
def core():
    core = toy_core()
    core.weights = replace(BRIGHTNESS_ALONE, prior=0.5, tint=0.2)
    return core


@pytest.fixture(scope="module")
def policy(core):
    torch.manual_seed(0)
    policy = train_agent(core, algorithm="gradient", timesteps=2, constant_samples=0, numbers=NO_STEPS)
    assert policy.actor is not None
    actor = Actor(policy.actor.architecture)
    with torch.no_grad():
        actor.layers[-1].bias.copy_(torch.linspace(-0.3, 0.3, core.action_size))
    return replace(policy, actor=actor)


@pytest.fixture(scope="module")
def samples(core, policy):
    ids = torch.tensor([2, 0, 1])
    return measure(policy, core, ids, torch.zeros(3, 0))[0]


def test_what_is_measured_and_what_is_known_are_the_whole_gradient(core, samples):
    actions = samples.actions.clone().requires_grad_(True)
    (known_gradients,) = torch.autograd.grad(known(core, samples.ids, actions, samples.goals).sum(), actions)
    (whole,) = torch.autograd.grad(core.appraise(samples.ids, actions).values.sum(), actions)
    assert known_gradients.abs().amax() > 0.01
    assert torch.allclose(samples.gradients + known_gradients, whole, atol=1e-5)


def test_what_is_known_is_what_an_appraisal_says_under_any_taste():
    core = toy_core(goals=("prior",))
    core.weights = replace(BRIGHTNESS_ALONE, prior=0.5)
    ids, goals = torch.tensor([3, 1]), torch.tensor([[0.5], [-1.0]])
    actions = torch.linspace(-0.4, 0.4, 2 * core.action_size).view(2, -1)
    appraised = core.appraise(ids, actions, goals).terms[:, [TERMS.index(name) for name in ACTION_TERMS]]
    assert torch.allclose(core.known_terms(ids, actions, goals), appraised) and appraised.abs().amax() > 0.01


def test_where_it_was_measured_what_is_expected_has_the_slope_of_the_value(core, policy, samples):
    weights = list(policy.actor.parameters())
    here = torch.autograd.grad(expected(policy, core, samples, 3.0).sum(), weights)
    actions = policy.respond(core.default_observations[samples.ids], None)[0]
    whole = torch.autograd.grad(core.appraise(samples.ids, actions).values.sum(), weights)
    assert all(torch.allclose(*pair, atol=1e-4) for pair in zip(here, whole, strict=True))


def test_far_from_where_it_was_measured_nothing_is_believed(core, policy, samples):
    moved = replace(samples, actions=samples.actions - 0.2, gradients=torch.full_like(samples.gradients, 0.1))
    values = expected(policy, core, moved, 0.0), expected(policy, core, moved, 2.0)
    lost = values[0] - values[1]
    assert torch.allclose(lost, torch.full_like(lost, 0.04 * core.action_size), atol=1e-5)


def test_of_each_context_the_last_sample_is_kept_and_of_all_the_last_ones(samples):
    again = replace(samples.take(torch.tensor([1])), gradients=samples.gradients[:1])
    kept = samples.followed_by(again, most=3)
    assert torch.equal(kept.ids, samples.ids[[0, 2, 1]]) and torch.equal(kept.gradients[2], samples.gradients[0])
    assert torch.equal(samples.followed_by(again, most=2).ids, samples.ids[[2, 1]])


def test_no_samples_are_none(core):
    assert len(Samples.none(core)) == 0


def test_samples_come_back_from_a_checkpoint(samples):
    back = Samples.from_tensors(samples.tensors(), torch.device("cpu"))
    assert all(torch.equal(value, back.tensors()[name]) for name, value in samples.tensors().items())


@pytest.mark.slow
def test_a_missed_white_balance_is_learned_of_before_anybody_is_asked():
    errors = [Variation(white_balance_mired=mired) for mired in (-60.0, -30.0, 30.0, 60.0)]
    generator = np.random.default_rng(0)
    frames = [vary(frame, error, generator) for frame, error in zip(dark_frames((-1.0,) * 4), errors, strict=True)]
    weights = RewardWeights.from_dict({**BRIGHTNESS_ALONE.to_dict(), "white": 0.5})
    core = IspCore(frames, BrightnessScorer(), Task(proxy_px=32, crops=0), weights)
    white = core.known_terms(torch.arange(4), core.identity.expand(4, -1), torch.zeros(4, 0))[:, 0]
    policy = train_agent(
        core, algorithm="gradient", timesteps=4, constant_samples=0, numbers={"gradient_steps": 1, "batch_size": 4}
    )
    after = core.known_terms(torch.arange(4), policy.act(core.default_observations), torch.zeros(4, 0))[:, 0]
    assert float(after.mean()) > 0.5 * float(white.mean())
