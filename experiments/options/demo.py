"""Options of `attiqa demo`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from agents.algorithms import ALGORITHMS, find_algorithm
from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.choices import one_of
from isp_env.parameters.profile_files import find_profile
from isp_env.reward_weights import WEIGHTS, RewardWeights

MARK = ".attiqa-demo"
"""A file of this name says that a folder was made by `attiqa demo`."""


@dataclass(frozen=True)
class Config:
    """The whole chain on your own machine, offline: raws, a policy trained against attiqa-mini, benchmark, pictures, A/B page, report.

    Without --raws the raws are synthetic: photographs that ship inside scikit-image, scikit-learn and matplotlib, cut into
    parts and taken again by several cameras with varied exposure, white balance and noise. The held-out raws show other
    photographs than those that train or validate.
    """

    raws: Path | None = None
    """Folder of your own raws: all are rendered; a quarter of the scenes is held out to judge by, bursts stay together.
    Default: the synthetic demo set."""
    out: Path = Path("runs/demo")
    """Folder to write."""
    overwrite: bool = False
    """Replace a demo that stands in --out already (nothing else is ever replaced)."""
    algo: Annotated[str, one_of(ALGORITHMS)] = "gradient"
    """How the policy learns: by the gradient through ISP and scorer, which takes the fewest pictures, or as `attiqa train`."""
    timesteps: int = 480
    """Training steps beyond the constant's; each renders and scores one picture and a crop of it."""
    proxy_px: int = 192
    """Size of the pictures that the policy and the scorer see while training."""
    profile: str = "core"
    """What the agent and the baselines set, and how far: core, core+lens, core+curve, exposure8, or a TOML file."""
    scorer: str = "attiqa-mini"
    """Name of a shipped scorer, or the folder of one."""
    seed: int = 0
    """Seed of raws, training and study."""
    allow_ungated: bool = False
    """Train even against a scorer that fails `attiqa gate`."""
    device: str = "auto"
    """auto, cpu or cuda."""
    reward: RewardWeights = field(default_factory=RewardWeights)
    """Weights of the penalties, for the agent and the baselines."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, timesteps=1, proxy_px=32)
        checks.seed(self)
        checks.at_least(self.reward, **dict.fromkeys(WEIGHTS, 0))
        self.reward.check()
        find_algorithm(self.algo)
        checks.present(self.raws)
        find_profile(self.profile)
        if self.out.exists() and (self.out.is_file() or any(self.out.iterdir())) and not self.replaces_a_demo():
            raise UsageError(
                f"{self.out}: exists already; name another folder with --out, or add --overwrite if it is a demo"
            )

    def replaces_a_demo(self) -> bool:
        """Return whether --overwrite is given and a demo stands in --out."""
        return self.overwrite and (self.out / MARK).is_file()
