"""What the amortised gradient learns of white balances that were missed before anybody is asked."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from fixtures.brightness import BRIGHTNESS_ALONE, BrightnessScorer, dark_frames, toy_core
from fixtures.cut_short import killed_after
from fixtures.json_lines import rows_of as json_rows

from agents.train import train_agent
from isp_env.contexts.variations import Variation
from isp_env.contexts.varying import vary
from isp_env.core import IspCore, Task
from isp_env.params import NAMES
from isp_env.reward import ACTION_TERMS, TERMS
from isp_env.reward_weights import RewardWeights

WHITE_TOO = RewardWeights.from_dict({**BRIGHTNESS_ALONE.to_dict(), "white": 0.5})
ERRORS_MIRED = (-40.0, -20.0, 20.0, 40.0)


def core_of(frames):
    return IspCore(frames, BrightnessScorer(), Task(proxy_px=32, crops=0), WHITE_TOO)


@pytest.fixture(scope="module")
def missed_frames():
    """Raws of one light whose white balance was missed by ERRORS_MIRED."""
    generator = np.random.default_rng(0)
    pairs = zip(dark_frames((-1.0,) * 4), ERRORS_MIRED, strict=True)
    return [vary(frame, Variation(white_balance_mired=mired), generator) for frame, mired in pairs]


@pytest.fixture(scope="module")
def missed(missed_frames):
    return core_of(missed_frames)


def with_error_denied(frame):
    """The same picture, of which it is said that its white balance was missed the other way."""
    told = frame.metadata["variation"]
    denied = {**told, "white_balance_mired": -told["white_balance_mired"]}
    return replace(frame, metadata={**frame.metadata, "variation": denied})


def trained(core, run=None, validation=None, **numbers):
    return train_agent(core, validation or core, algorithm="gradient", timesteps=2, constant_samples=0, run=run,
                       numbers={"batch_size": 2, "hidden": (8,), "lr": 0.02, **numbers})  # fmt: skip


def test_known_terms_are_those_of_an_appraisal_under_any_taste():
    core = toy_core(goals=("prior",))
    core.weights = replace(BRIGHTNESS_ALONE, prior=0.5)
    ids, goals = torch.tensor([3, 1]), torch.tensor([[0.5], [-1.0]])
    actions = torch.linspace(-0.4, 0.4, 2 * core.action_size).view(2, -1)
    appraised = core.appraise(ids, actions, goals).terms[:, [TERMS.index(name) for name in ACTION_TERMS]]
    assert torch.allclose(core.known_terms(ids, actions, goals), appraised) and appraised.abs().amax() > 0.01


@pytest.fixture(scope="module")
def warmed(missed, tmp_path_factory):
    """The policy of a training with a warm-up, and the rows of its looks."""
    run = tmp_path_factory.mktemp("warmed")
    return trained(missed, run, warm_up=30), json_rows(run / "metrics.jsonl")


@pytest.mark.slow
def test_a_missed_white_balance_is_learned_of_before_anybody_is_asked(missed, warmed):
    constant, warm, _ = warmed[1]
    assert constant["timesteps"] == warm["timesteps"] == 0
    assert constant["validation_white"] == 0
    lost = float(missed.known_terms(torch.arange(4), missed.identity.expand(4, -1), torch.zeros(4, 0))[:, 0].mean())
    assert warm["validation_white"] > -0.5 * lost > 0


@pytest.mark.slow
def test_nothing_but_the_white_point_moves_much_before_the_first_picture(missed, warmed):
    moved = (warmed[0].act(missed.default_observations) - missed.identity).abs().amax(0)
    others = [place for place, name in enumerate(NAMES) if name not in ("temperature_mired", "tint_duv")]
    assert moved[NAMES.index("temperature_mired")] > 3 * moved[others].amax()


@pytest.mark.slow
def test_a_warm_up_that_validation_likes_less_than_the_constant_is_taken_back(missed, missed_frames, tmp_path):
    liars = core_of([with_error_denied(frame) for frame in missed_frames])
    (tmp_path / "warm").mkdir()
    warm, cold = trained(missed, tmp_path / "warm", liars, warm_up=30), trained(missed, None, liars, warm_up=0)
    constant, tried, last = json_rows(tmp_path / "warm" / "metrics.jsonl")
    assert tried["validation_reward"] < constant["validation_reward"]
    assert last["validation_reward"] == cold.training["validation_reward"] > tried["validation_reward"]
    assert warm.training["validation_reward"] == cold.training["validation_reward"]


@pytest.mark.slow
def test_where_no_white_is_known_there_is_no_warm_up(tmp_path):
    core = toy_core()
    assert not core.knows_white
    trained(core, tmp_path, warm_up=30)
    assert [row["timesteps"] for row in json_rows(tmp_path / "metrics.jsonl")] == [0, 2]


@pytest.mark.slow
def test_a_training_killed_after_its_warm_up_goes_on_to_the_same_bits(missed, tmp_path):
    about = {"algorithm": "gradient", "timesteps": 8, "every": 2, "constant_samples": 0, "seed": 3,
             "numbers": {"batch_size": 2, "hidden": (8,), "warm_up": 5}}  # fmt: skip
    whole = train_agent(missed, **about)
    (tmp_path / "run").mkdir()
    with killed_after(2):
        train_agent(missed, run=tmp_path / "run", **about)
    resumed = train_agent(missed, run=tmp_path / "run", resume=True, **about)
    assert whole.actor is not None and resumed.actor is not None
    pairs = zip(whole.actor.state_dict().values(), resumed.actor.state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
