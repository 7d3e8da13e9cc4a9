"""The camera default: what every other tuner has to beat."""

from attiqa_core.judges.judge import Judge
from isp_env.core import Task
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.reward_weights import RewardWeights


class DefaultTuner:
    """Leaves every parameter at identity and asks nobody."""

    name, queries = "default", 0

    def tune(self, frame: RawFrame) -> IspParams:
        return IspParams.default(1)


def build(scorer: Judge, queries: int, task: Task, weights: RewardWeights, seed: int) -> DefaultTuner:
    """Return the camera default, which needs nothing of this."""
    return DefaultTuner()
