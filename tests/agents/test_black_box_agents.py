"""A program with a known best, mid grey, is tuned by searches and by policies; what needs a gradient says so."""

import pytest
import torch
from fixtures.black_boxes import BLOCKS, dark_raws
from fixtures.brightness import BRIGHTNESS_ALONE, BrightnessScorer

from agents.baselines.cma import CmaTuner
from agents.baselines.gradient import GradientTuner
from agents.baselines.search import SobolTuner
from agents.bundles.files import load_policy, save_policy
from agents.train import train_agent
from agents.tuner import PolicyTuner
from attiqa_core.errors import UsageError
from isp_env.black_box.isp import BlackBoxIsp
from isp_env.core import IspCore
from isp_env.raw import RawFrame
from isp_env.task import Task


@pytest.fixture(scope="module")
def core(tmp_path_factory) -> IspCore:
    folder = tmp_path_factory.mktemp("black_box")
    frames = [RawFrame.load(path) for path in dark_raws(folder, (-3.0, -2.0))]
    isp = BlackBoxIsp.load(BLOCKS, cache=folder / "cache")
    task = Task(proxy_px=32, crops=0, profile=isp.profile)
    return IspCore(frames, BrightnessScorer(), task, BRIGHTNESS_ALONE, isp=isp)


def score_of(core: IspCore, params) -> float:
    return float(core.appraise(torch.arange(len(core)), params.to_action(core.task.profile)).scores.mean())


@pytest.mark.slow
def test_cma_es_and_sobol_find_the_best(core):
    default = float(core.default_scores.mean())
    found = [score_of(core, tuner.tune(core)) for tuner in (CmaTuner(20, core.task), SobolTuner(8, core.task))]
    assert default < 0.8 and found[0] > 0.97 and found[1] > default + 0.1  # 1 is mid grey


@pytest.mark.slow
def test_a_constant_is_found_by_search_and_a_policy_learns_from_it(core, tmp_path):
    numbers = {"n_steps": 8, "batch_size": 8, "n_epochs": 2}
    policy = train_agent(core, algorithm="ppo", timesteps=16, constant_samples=24, num_envs=2, numbers=numbers)
    tuner = PolicyTuner(policy, BrightnessScorer(), isp=core.isp)
    assert score_of(core, tuner.tune(core)) > float(core.default_scores.mean()) + 0.1
    stored = load_policy(save_policy(tmp_path, policy))
    assert stored.isp == core.isp.described and stored.task == policy.task
    assert torch.equal(PolicyTuner(stored, BrightnessScorer(), isp=core.isp).tune(core).values, tuner.tune(core).values)
    with pytest.raises(UsageError, match="was trained on the program blocks, not on our own ISP; give its description"):
        PolicyTuner(stored, BrightnessScorer())


@pytest.mark.slow
def test_another_description_is_refused(core, tmp_path):
    policy = train_agent(core, algorithm="constant", timesteps=1)
    text = BLOCKS.read_text().replace('format = ".3f"', 'format = ".1f"')
    (tmp_path / "other.toml").write_text(text)
    (tmp_path / "blocks.py").write_text(BLOCKS.with_suffix(".py").read_text())
    other = BlackBoxIsp.load(tmp_path / "other.toml", cache=tmp_path)
    with pytest.raises(UsageError, match=r"was trained on the program blocks .*, but --isp describes blocks"):
        PolicyTuner(policy, BrightnessScorer(), isp=other)


def test_what_needs_a_gradient_is_refused_and_says_what_works(core):
    with pytest.raises(UsageError, match=r"gradient-4: needs the gradient through the ISP, and blocks .* cma-N"):
        GradientTuner(4, core.task).tune(core)
    with pytest.raises(UsageError, match="--algo gradient: needs the gradient through the ISP"):
        train_agent(core, algorithm="gradient", timesteps=16)
