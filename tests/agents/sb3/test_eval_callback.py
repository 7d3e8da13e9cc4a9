"""Stable-Baselines3's own EvalCallback judges as the selection does."""

import inspect

import pytest
from fixtures.brightness import toy_core

from agents.algorithms import numbers_of
from agents.sb3.residual import ResidualVecEnv
from agents.sb3.training import actor_of, build_model
from agents.selection import Selection, validate
from agents.training import Training, normaliser_of
from isp_env.vec_env import IspVecEnv


@pytest.mark.slow
def test_sb3s_evaluation_on_the_validation_scenes_gives_the_reward_that_the_selection_judges_by():
    from stable_baselines3.common.callbacks import EvalCallback

    if "order" not in inspect.signature(IspVecEnv).parameters:
        pytest.skip("IspVecEnv draws its raws at random only: it has no order='in turn' to cover a fixed list")
    core, validation = toy_core(), toy_core((-2.3, -1.8, -1.2))
    numbers = numbers_of("ppo", {"n_steps": 4, "reward_scale": 1.0})
    training = Training(
        "ppo", core, Selection(validation), core.identity, normaliser_of(core), numbers, 32, 4, 32, 0, {}
    )
    model = build_model(training)
    in_turn = IspVecEnv(validation, 2, order="in turn")  # type: ignore[call-arg]
    watching = EvalCallback(ResidualVecEnv(in_turn, training), n_eval_episodes=3, eval_freq=8, verbose=0, warn=False)
    model.learn(32, watching)
    assert watching.num_timesteps == 32
    judged = validate(validation, training.policy(actor_of(training, model), 32))["validation_reward"]
    watching._on_step()  # once more, of the model as it is now
    assert watching.last_mean_reward == pytest.approx(judged, abs=1e-5)
