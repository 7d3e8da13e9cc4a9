"""Options of `attiqa train`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from agents.algorithms import ALGORITHMS, NUM_ENVS, TIMESTEPS
from experiments.options import checks
from experiments.options.refuse_unused import refuse_unused
from isp_env.profile_files import find_profile
from isp_env.reward_weights import WEIGHTS, RewardWeights
from isp_env.task import Formulation, Task

if TYPE_CHECKING:
    AlgorithmName = str
else:  # the choices of the command line are the rows of the table
    AlgorithmName = Literal[tuple(ALGORITHMS)]


@dataclass(frozen=True)
class Config:
    """Train a Stable-Baselines3 agent that answers each raw with ISP parameters, rewarded by a frozen ATTIQA scorer."""

    raws: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Raw files or folders to train on; keep the raws you will judge by elsewhere."""
    out: Path = Path("runs/agent")
    """Run folder: the policy bundle, metrics.jsonl, TensorBoard logs."""
    algo: AlgorithmName = "ppo"
    """Stable-Baselines3 algorithm."""
    scorer: str = "attiqa-mini"
    """Name of a shipped scorer, or the folder of one: the reward."""
    formulation: Formulation = Task.formulation
    """Answer once, or change the parameters over several steps."""
    horizon: int = Task.horizon
    """Steps of an iterative episode."""
    step_size: float = Task.step_size
    """Largest change of a parameter per iterative step, in half ranges."""
    proxy_px: int = Task.proxy_px
    """Size of the proxies that agent and scorer see while training: of about so many px squared, in the frame's shape."""
    crops: int = Task.crops
    """Windows at native resolution that they see beside each proxy, 0 to 3; sharpening and denoising show only there."""
    profile: str = Task.profile.name
    """What an action sets, and how far: core, core+curve, exposure8, or a TOML file that freezes or ranges parameters."""
    timesteps: int = TIMESTEPS
    """Environment steps: each renders and scores one picture."""
    num_envs: int = NUM_ENVS
    """Episodes that run as one batch."""
    seed: int = 0
    """Seed of everything random."""
    allow_ungated: bool = False
    """Train even against a scorer that fails `attiqa gate`."""
    device: str = "auto"
    """Where ISP and scorer run: auto, cpu or cuda."""
    compile: bool = False
    """Compile the ISP for the batch of `num_envs` proxies (torch.compile): for CUDA; minutes once, seconds from then on."""
    reward: RewardWeights = field(default_factory=RewardWeights)
    """Weights of the penalties."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, timesteps=1, num_envs=1, horizon=1, proxy_px=32)
        checks.above_zero(self, "step_size")
        checks.seed(self)
        checks.at_least(self.reward, **dict.fromkeys(WEIGHTS, 0))
        checks.among(self, "crops", (0, 1, 2, 3))
        self.reward.check()
        find_profile(self.profile)
        if self.formulation == "one-shot":
            refuse_unused(self, ("horizon", "step_size"), "is about --formulation iterative")
        checks.named(self.raws, "no raws named; give raw files or a folder that holds some")
        checks.new_folder(self.out)
