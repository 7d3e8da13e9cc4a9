"""Any judge may be the reward: CLIP-IQA and QualiCLIP in the environment's batched core and in Gymnasium."""

import json

import numpy as np
import open_clip
import pytest
import torch
from safetensors.torch import save_file

from attiqa_core.judges.clip_iqa import clip_iqa
from attiqa_core.judges.judge import create_metric
from attiqa_core.judges.prompt_judge import Scale, View
from attiqa_core.judges.qualiclip import QUALITY_PAIRS, attribute_pairs, save_qualiclip
from attiqa_core.judges.towers import BackboneTower, random_text
from attiqa_core.network.model import AttiqaNet, architecture
from isp_env.core import IspCore, Task
from isp_env.env import IspEnv


@pytest.fixture(scope="module")
def tiny_clip_iqa(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    config = {
        "embed_dim": 32,
        "quick_gelu": True,
        "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 32, "patch_size": 8},
        "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
    }
    (folder / "reward-vit.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        save_file(open_clip.create_model("reward-vit").state_dict(), folder / "clip.safetensors")
    return clip_iqa("reward-vit", str(folder / "clip.safetensors"), "crop")


@pytest.fixture(scope="module")
def tiny_qualiclip(tmp_path_factory):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        tower = BackboneTower(AttiqaNet(architecture("test_efficientnet", 4)), 16)
    folder = tmp_path_factory.mktemp("runs") / "qualiclip"
    texts = [random_text(pairs, 16) for pairs in (QUALITY_PAIRS, attribute_pairs())]
    described = {"stand_in": True, "text": "random"}
    return create_metric(save_qualiclip(folder, tower, *texts, View(64, 48, "bilinear"), Scale(20.0, 0.0), described))


@pytest.fixture(scope="module", params=["tiny_clip_iqa", "tiny_qualiclip"])
def judged(request, synthetic_frames):
    return IspCore(synthetic_frames, request.getfixturevalue(request.param), Task(proxy_px=64))


def test_it_rewards_steps_of_the_environment(judged):
    env = IspEnv(core=judged)
    env.reset(seed=0)
    action = np.random.default_rng(0).uniform(-0.3, 0.3, judged.action_size).astype(np.float32)
    observation, reward, terminated, _, info = env.step(action)
    assert np.isfinite(observation).all() and np.isfinite(reward) and terminated
    assert judged.scorer.reference and len(judged.scorer.sha256) == 64 and info["image"].startswith("scene_")


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
