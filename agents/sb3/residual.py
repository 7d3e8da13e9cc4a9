"""What Stable-Baselines3 sees of the ISP: standardised observations, residuals about the constant, scaled rewards."""

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from agents.normaliser import CLIP
from agents.training import Training


class ResidualVecEnv(VecEnvWrapper):
    """An environment whose actions are residuals: 0 is the constant, -1 and 1 the ends of the policy's reach.

    So the uniform actions that off-policy algorithms begin with are symmetric about the constant. Observations are
    standardised by a normaliser that is fixed: no running statistics, nothing to keep. Returns in infos stay unscaled.
    """

    def __init__(self, env: VecEnv, training: Training):
        self.base, self.reach = training.base.cpu().numpy(), training.numbers["reach"]
        self.reward_scale, self.normaliser = training.numbers["reward_scale"], training.normaliser.to("cpu")
        shape = env.observation_space.shape
        super().__init__(env, spaces.Box(-CLIP, CLIP, shape, np.float32), spaces.Box(-1.0, 1.0, self.base.shape))

    def reset(self) -> VecEnvObs:
        return self.standardised(np.asarray(self.venv.reset()))

    def step_async(self, actions: np.ndarray) -> None:
        self.venv.step_async(self.absolute(actions))

    def step_wait(self) -> VecEnvStepReturn:
        observations, rewards, ended, infos = self.venv.step_wait()
        for info in infos:
            if "terminal_observation" in info:
                info["terminal_observation"] = self.standardised(info["terminal_observation"][None])[0]
        return self.standardised(np.asarray(observations)), self.reward_scale * rewards, ended, infos

    def absolute(self, residuals: np.ndarray) -> np.ndarray:
        """Return the task's actions that residuals stand for, in [-1, 1]."""
        return np.clip(self.base + self.reach * residuals, -1, 1).astype(np.float32)

    def standardised(self, observations: np.ndarray) -> np.ndarray:
        return self.normaliser(torch.from_numpy(observations)).numpy()
