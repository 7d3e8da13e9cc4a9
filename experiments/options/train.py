"""Options of `attiqa train`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from agents.algorithms import ALGORITHMS, CONSTANT_SAMPLES, NUM_ENVS, TIMESTEPS, Numbers, find_algorithm, numbers_of
from agents.search import require_optuna
from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.choices import one_of
from experiments.options.isp import IspOptions
from experiments.options.refuse_unused import refuse_unused
from isp_env.parameters.profile_files import find_profile
from isp_env.reward_weights import WEIGHTS, RewardWeights
from isp_env.task import Formulation, Task

ABOVE_ZERO = ("lr", "reach", "reward_scale", "target_kl", "clip_range", "tau")
AT_LEAST = {"batch_size": 1, "n_steps": 1, "n_epochs": 1, "buffer_size": 1, "memory": 1, "gradient_steps": -1,
            "weight_decay": 0, "warm_up": 0, "learning_starts": 0, "ent_coef": 0, "exploration": 0, "gamma": 0, "gae_lambda": 0}  # fmt: skip
AT_MOST_ONE = ("gamma", "gae_lambda", "tau")


@dataclass(frozen=True)
class Config:
    """Train an agent that answers each raw with ISP parameters, rewarded by a frozen ATTIQA scorer: the best constant first,
    then what the state adds to it. What scenes that nobody trains on like best is kept."""

    raws: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Raw files or folders to train on, or a store of `attiqa bake`; keep the raws you will judge by elsewhere."""
    out: Path = Path("runs/agent")
    """Run folder: the policy bundle, summary.json, metrics.jsonl, TensorBoard logs, a checkpoint."""
    algo: Annotated[str, one_of(ALGORITHMS)] = "ppo"
    """How it learns: by reinforcement, by the gradient through ISP and scorer, or the best constant and nothing else."""
    validate: tuple[Path, ...] = ()
    """Raws, or a store, that judge the training; nobody trains on them."""
    validation_share: float = 0.2
    """Share of the scenes that is kept to judge, where nothing is named to --validate and raws are; 0: the last policy is
    kept, unjudged."""
    scene: str = ""
    """Regular expression whose first group is a raw's scene, e.g. '^(GOP[A-Z0-9]+)_'; else raws that one camera took within
    a minute of each other are one, else each name is."""
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
    square: bool = Task.square
    """Take the frames' centred squares only."""
    crops: int = Task.crops
    """Windows at native resolution that they see beside each proxy, 0 to 3; sharpening and denoising show only there."""
    pictures: int = Task.pictures
    """Side in px, 8 to 128, of small pictures that the agent sees beside the statistics, through convolutions: the whole render,
    and the middle of each crop; 0: none."""
    profile: str = Task.profile.name
    """What an action sets, and how far: core, core+lens, core+curve, exposure8, or a TOML file that freezes or ranges parameters."""
    goals: tuple[str, ...] = Task.goals
    """Weights of --reward that each episode draws anew, from a quarter of what they are to four times as much, and that the
    agent sees: one policy for several tastes (`attiqa render --goal`). It is judged with all of them as they are."""
    timesteps: int = TIMESTEPS
    """Environment steps: each renders and scores one picture."""
    constant_samples: int = CONSTANT_SAMPLES
    """Pictures that are rendered and scored first, to find the constant; 0: start from the camera default."""
    start: str = ""
    """Where it starts instead of a constant that it finds: the run folder, or bundle, of a policy with the same network and task,
    such as one of `attiqa fit --as-policy`, or a JSON file of one setting, such as a prior or recipe.json."""
    num_envs: int = NUM_ENVS
    """Episodes that run as one batch."""
    every: int | None = None
    """Steps between two looks at the validation scenes, each with a checkpoint; 16 looks without it."""
    patience: int = 0
    """End after so many looks without a better policy; 0: never."""
    seed: int = 0
    """Seed of everything random."""
    seeds: int = 1
    """Train so many times, with this seed and the next ones, each in a folder of its own; the best is the run's policy."""
    search: int = 0
    """Train so many times with other numbers, the preset's first, each in a folder of its own (extra `search`: Optuna); the
    validation scenes choose, and `best.toml` keeps the numbers for --config. 0: no search."""
    numbers: Numbers = field(default_factory=Numbers)
    """Numbers of the algorithm, each from its preset if it is not given."""
    allow_ungated: bool = False
    """Train even against a scorer that fails `attiqa gate`."""
    device: str = "auto"
    """Where ISP and scorer run: auto, cpu or cuda."""
    compile: bool = False
    """Compile the ISP for the batch of `num_envs` proxies (torch.compile): for CUDA; minutes once, seconds from then on."""
    resume: bool = False
    """Go on from the last checkpoint in --out: on the CPU to the same policy, bit for bit."""
    reward: RewardWeights = field(default_factory=RewardWeights)
    """Weights of the penalties."""
    program: IspOptions = field(default_factory=IspOptions)

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, timesteps=1, num_envs=1, horizon=1, proxy_px=32, constant_samples=0, every=1, patience=0)
        checks.at_least(self, seeds=1, search=0)
        if self.search:
            require_optuna()
            if self.seeds > 1:
                raise UsageError("--search and --seeds: search first, then train several seeds with --config best.toml")
        checks.above_zero(self, "step_size")
        checks.shares_below_one(self, "validation_share")
        checks.seed(self)
        self._check_numbers()
        checks.at_least(self.reward, **dict.fromkeys(WEIGHTS, 0))
        checks.among(self, "crops", (0, 1, 2, 3))
        self.reward.check()
        self._check_goals()
        find_profile(self.profile)
        self._check_isp()
        self._refuse_unused()
        checks.named(self.raws, "no raws named; give raw files or a folder that holds some")
        checks.present(*self.validate)
        checks.new_folder(self.out, resume=self.resume)

    def _check_numbers(self) -> None:
        given = self.numbers.given()
        numbers_of(self.algo, given)
        checks.above_zero(self.numbers, *(name for name in ABOVE_ZERO if name in given))
        checks.at_least(self.numbers, **AT_LEAST)
        for name in AT_MOST_ONE:
            if given.get(name, 0) > 1:
                raise UsageError(f"{checks.flag(name)} {given[name]:g}: give at most 1")
        if any(units < 1 for units in given.get("hidden", ())):
            raise UsageError(f"--hidden {' '.join(map(str, given['hidden']))}: give at least 1 unit per layer")

    def _check_isp(self) -> None:
        self.program.check()
        self.program.refuse_beside(self, ("profile", "compile"))
        self.program.refuse_stores(*self.raws, *self.validate)
        if not self.program.has_gradient and self.algo == "gradient":
            raise UsageError(
                "--algo gradient: needs the gradient through the ISP, and the program of --isp has none; use ppo, sac or another "
                "of Stable-Baselines3, or constant, which searches there"
            )

    def _check_goals(self) -> None:
        for name in self.goals:
            if name in WEIGHTS and not getattr(self.reward, name):
                raise UsageError(
                    f"--goals {name}: its weight is 0, and so is any multiple; give --{name.replace('_', '-')}"
                )

    def _check_start(self) -> None:
        refuse_unused(self, ("constant_samples",), "is about a constant to be found, and --start brings one")
        if self.algo == "constant":
            raise UsageError(
                "--start: --algo constant finds a constant and has no use for another; leave one of them out"
            )
        if self.search:
            raise UsageError("--start: decides numbers that --search would look for; leave one of them out")
        if self.start.endswith(".json"):
            checks.present(Path(self.start))

    def _refuse_unused(self) -> None:
        if self.formulation == "one-shot":
            refuse_unused(self, ("horizon", "step_size"), "is about --formulation iterative")
        if self.algo == "constant":
            refuse_unused(self, ("constant_samples",), "the constant has --timesteps samples")
            refuse_unused(self, ("goals", "pictures"), "the constant is the same whatever it would see")
        if self.start:
            self._check_start()
        if not find_algorithm(self.algo).build:
            refuse_unused(self, ("num_envs",), f"{self.algo} runs no episodes side by side; it has --batch-size")
        if self.validate:
            refuse_unused(self, ("validation_share", "scene"), "the scenes to judge by are named by --validate")
