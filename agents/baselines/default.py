"""The camera default: what every other tuner has to beat."""

from isp_env.params import IspParams
from isp_env.raw import RawFrame


class DefaultTuner:
    """Leaves every parameter at identity and asks nobody."""

    name, queries = "default", 0

    def tune(self, frame: RawFrame) -> IspParams:
        return IspParams.default(1)
