"""The environment, batched and as single environments, and against each scorer that comes with the package."""

import numpy as np
import torch
from stable_baselines3.common.vec_env import DummyVecEnv

from attiqa_core.judges.judge import Judge
from attiqa_core.scorer import Scorer
from attiqa_core.sharing.shipped import shipped_names
from experiments.timings import Row, median_seconds
from experiments.timings.isp import synthetic_frame
from isp_env.core import IspCore
from isp_env.env import IspEnv
from isp_env.vec_env import IspVecEnv

COUNT = 16


def measure(repeats: int, scorer: Scorer) -> list[Row]:
    """Environment steps per second, batched, beside SB3's DummyVecEnv over single environments on the same core, and
    batched against the other shipped scorers."""
    core = IspCore([synthetic_frame(600, 800)] * COUNT, scorer)
    actions = np.random.default_rng(0).uniform(-0.3, 0.3, (COUNT, core.action_size)).astype(np.float32)
    batched, single = (
        COUNT / _seconds_of_a_step(env, actions, repeats, scorer)
        for env in (IspVecEnv(core, COUNT), DummyVecEnv([lambda: IspEnv(core=core)] * COUNT))
    )
    rows = [
        Row(f"environment, IspVecEnv of {COUNT}", batched, "steps/s", _shares(core, actions, COUNT / batched, repeats)),
        Row(f"environment, DummyVecEnv of {COUNT} IspEnv", single, "steps/s"),
        Row("IspVecEnv over DummyVecEnv", batched / single, "x"),
    ]
    for name in shipped_names():
        if name != scorer.name:
            rows.append(_other(Scorer.load(name, scorer.device, crops=1), actions, batched, repeats))
    return rows


def _seconds_of_a_step(env: IspVecEnv | DummyVecEnv, actions: np.ndarray, repeats: int, scorer: Judge) -> float:
    env.seed(0)
    env.reset()
    return median_seconds(lambda: env.step(actions), repeats, scorer.device)


def _shares(core: IspCore, actions: np.ndarray, whole: float, repeats: int) -> str:
    """What of a step's seconds goes where."""
    ids, absolute = torch.arange(COUNT, device=core.device), torch.from_numpy(actions).to(core.device)
    with torch.no_grad():
        images, _ = core.render(ids, absolute)
        rendering = median_seconds(lambda: core.render(ids, absolute), repeats, core.device)
        scoring = median_seconds(lambda: core.scorer.read(images), repeats, core.device)
    return f"ISP {rendering / whole:.0%}, scorer {scoring / whole:.0%}, rest {1 - (rendering + scoring) / whole:.0%}"


def _other(scorer: Scorer, actions: np.ndarray, first: float, repeats: int) -> Row:
    core = IspCore([synthetic_frame(600, 800)] * COUNT, scorer)
    seconds = _seconds_of_a_step(IspVecEnv(core, COUNT), actions, repeats, scorer)
    shares = _shares(core, actions, seconds, repeats)
    rate = COUNT / seconds
    return Row(f"environment, IspVecEnv of {COUNT}, {scorer.name}", rate, "steps/s", f"{rate / first:.1f}x; {shares}")
