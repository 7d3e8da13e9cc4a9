"""The camera default: what every other tuner has to beat."""

from isp_env.core import IspCore, Task
from isp_env.params import IspParams


class DefaultTuner:
    """Leaves every parameter at identity, or where the profile freezes it, and asks nobody."""

    name, queries, renders, looks = "default", 0, 0, False

    def tune(self, core: IspCore) -> IspParams:
        return IspParams.default(len(core), profile=core.task.profile)


def build(queries: int, task: Task, seed: int) -> DefaultTuner:
    """Return the camera default; it needs nothing of this."""
    return DefaultTuner()
