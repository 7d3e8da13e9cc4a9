"""Any judge may be the reward: CLIP-IQA and QualiCLIP in the environment's batched core and in Gymnasium."""

import sys

import numpy as np
import pytest
import torch
from fixtures.judges import fake_pyiqa, tiny_qualiclip
from fixtures.tiny_clip import write_clip

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import UsageError
from attiqa_core.judges.clip_iqa import clip_iqa
from attiqa_core.judges.judge import create_metric
from isp_env.core import IspCore, Task
from isp_env.env import IspEnv
from isp_env.observe import OBSERVATION, five_attributes


@pytest.fixture(scope="module")
def clip_judge(tmp_path_factory):
    weights = write_clip(tmp_path_factory.mktemp("clip"), "reward-vit", quick_gelu=True)
    return clip_iqa("reward-vit", str(weights), "crop")


@pytest.fixture(scope="module")
def quali_judge(tmp_path_factory):
    return create_metric(tiny_qualiclip(tmp_path_factory.mktemp("runs") / "qualiclip"))


@pytest.fixture(scope="module", params=["clip_judge", "quali_judge"])
def judged(request, synthetic_frames):
    return IspCore(synthetic_frames, request.getfixturevalue(request.param), Task(proxy_px=64))


@pytest.mark.slow
def test_it_rewards_steps_of_the_environment(judged):
    env = IspEnv(core=judged)
    env.reset(seed=0)
    action = np.random.default_rng(0).uniform(-0.3, 0.3, judged.action_size).astype(np.float32)
    observation, reward, terminated, _, info = env.step(action)
    assert np.isfinite(observation).all() and np.isfinite(reward) and terminated
    assert judged.scorer.reference and len(judged.scorer.sha256) == 64 and info["image"].startswith("scene_")


@pytest.mark.slow
def test_gradients_flow_through_judge_and_isp_to_the_parameters(judged):
    actions = judged.identity.expand(2, -1).clone().requires_grad_(True)
    judged.appraise(torch.arange(2), actions).scores.sum().backward()
    assert actions.grad is not None and torch.isfinite(actions.grad).all() and actions.grad.abs().sum() > 0


def test_a_pictures_score_does_not_depend_on_its_neighbours(judged):
    images, _ = judged.render(torch.arange(4), judged.identity.expand(4, -1))
    together, attributes = judged.scorer.read(images)
    for index in range(4):
        alone, own = judged.scorer.read(images[[index]])
        assert (together[[index]] - alone).abs().max() <= 1e-6 and (attributes[[index]] - own).abs().max() <= 1e-6


def attribute_entries(core):
    observations = core.default_observations
    return observations[:, [OBSERVATION.index(f"attribute_{name}") for name in ATTRIBUTES]]


def test_a_judge_without_attributes_leaves_their_entries_of_an_observation_at_zero(synthetic_frames, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyiqa", fake_pyiqa())
    core = IspCore(synthetic_frames[:2], create_metric("pyiqa:musiq"), Task(proxy_px=64))
    assert core.default_observations.shape == (2, len(OBSERVATION)) and not attribute_entries(core).any()


def test_a_judge_of_other_attributes_fills_the_entries_it_knows():
    columns = five_attributes(torch.tensor([[1.0, 2.0]]), ("noisiness", "quality"))
    assert columns.tolist() == [[0, 0, 0, 0, 1]]


@pytest.mark.slow
def test_an_exported_scorer_rewards_as_the_scorer_it_was_exported_from(synthetic_frames, tiny_scorer, tiny_onnx):
    judges = (create_metric(tiny_onnx), tiny_scorer)
    mine, theirs = (IspCore(synthetic_frames[:2], judge, Task(proxy_px=64)) for judge in judges)
    torch.testing.assert_close(mine.default_scores, theirs.default_scores, atol=1e-4, rtol=0)
    torch.testing.assert_close(attribute_entries(mine), attribute_entries(theirs), atol=1e-3, rtol=0)
    with pytest.raises(UsageError, match="no gradients"):
        mine.appraise(torch.arange(2), mine.identity.expand(2, -1).clone().requires_grad_(True))
