"""The camera default: what every other tuner has to beat."""

from attiqa_core.judges.judge import Judge
from isp_env.core import Task
from isp_env.params import IspParams
from isp_env.profiles import CORE, Profile
from isp_env.raw import RawFrame
from isp_env.reward_weights import RewardWeights


class DefaultTuner:
    """Leaves every parameter at identity, or where the profile freezes it, and asks nobody."""

    name, queries = "default", 0

    def __init__(self, profile: Profile = CORE):
        self.profile = profile

    def tune(self, frame: RawFrame) -> IspParams:
        return IspParams.default(1, profile=self.profile)


def build(scorer: Judge, queries: int, task: Task, weights: RewardWeights, seed: int) -> DefaultTuner:
    """Return the camera default, which needs the task's profile alone."""
    return DefaultTuner(task.profile)
