"""The environment, batched and as single environments."""

import numpy as np
import torch
from stable_baselines3.common.vec_env import DummyVecEnv

from attiqa_core.scorer import Scorer
from experiments.timings import Row, median_seconds
from experiments.timings.isp import synthetic_frame
from isp_env.core import IspCore
from isp_env.env import IspEnv
from isp_env.vec_env import IspVecEnv


def measure(repeats: int, scorer: Scorer) -> list[Row]:
    """Environment steps per second, batched, beside SB3's DummyVecEnv over single environments on the same core."""
    count = 16
    core = IspCore([synthetic_frame(600, 800)] * count, scorer)
    actions = np.random.default_rng(0).uniform(-0.3, 0.3, (count, core.action_size)).astype(np.float32)
    rates = {}
    for name, env in (
        ("IspVecEnv", IspVecEnv(core, count)),
        ("DummyVecEnv", DummyVecEnv([lambda: IspEnv(core=core)] * count)),
    ):
        env.seed(0)
        env.reset()
        rates[name] = count / median_seconds(lambda env=env: env.step(actions), repeats, scorer.device)
    ids, absolute = torch.arange(count, device=core.device), torch.from_numpy(actions).to(core.device)
    with torch.no_grad():
        images, _ = core.render(ids, absolute)
        rendering = median_seconds(lambda: core.render(ids, absolute), repeats, core.device)
        scoring = median_seconds(lambda: core.scorer.read(images), repeats, core.device)
    whole = count / rates["IspVecEnv"]
    shares = f"ISP {rendering / whole:.0%}, scorer {scoring / whole:.0%}, rest {1 - (rendering + scoring) / whole:.0%}"
    return [
        Row(f"environment, IspVecEnv of {count}", rates["IspVecEnv"], "steps/s", shares),
        Row(f"environment, DummyVecEnv of {count} IspEnv", rates["DummyVecEnv"], "steps/s"),
        Row("IspVecEnv over DummyVecEnv", rates["IspVecEnv"] / rates["DummyVecEnv"], "x"),
    ]
