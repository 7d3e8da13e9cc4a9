"""Options of `attiqa tools train`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tyro

from agents.tools.algorithms import MOST_MEMBERS, NUM_ENVS, TIMESTEPS, TOOL_ALGORITHMS, ToolNumbers, tool_numbers_of
from attiqa_core.errors import UsageError
from experiments.options import checks
from experiments.options.choices import one_of
from experiments.options.refuse_unused import refuse_unused
from isp_env.tool_episodes.planting import Planting
from isp_env.tool_episodes.task import PARITY_TOOLS, ToolFormulation, ToolReward, ToolTask

ABOVE_ZERO = ("lr", "reward_scale", "tau", "clip_range", "ent_coef", "floor")
AT_LEAST = {"batch_size": 2, "n_steps": 2, "n_epochs": 1, "buffer_size": 1, "gradient_steps": 1, "learning_starts": 0,
            "quantiles": 1, "members": 1, "cost": 0}  # fmt: skip
LARGEST_PX = 512
SHARES = ("gamma", "gae_lambda", "exploration", "entropy", "tau")


@dataclass(frozen=True)
class Config:
    """Train an agent that picks tools for a finished picture one after another and knows when to stop, on photos with planted
    defects. What photos that nobody trains on like best is kept."""

    photos: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Good photos, files or folders; or raws, whose default renders are then the good pictures."""
    out: Path = Path("runs/tools")
    """Run folder: the policy bundle, summary.json, metrics.jsonl, a checkpoint."""
    algo: Annotated[str, one_of(TOOL_ALGORITHMS)] = "discrete-sac"
    """How it learns; maskable-ppo and qr-dqn are sb3-contrib's (extra `contrib`)."""
    tools: tuple[str, ...] = ("all",)
    """Tools by name, kind or set: classical, learned, drl-isp, drl-isp-51, all."""
    reward: ToolReward = "psnr"
    """The change of the PSNR to the photo, of the judge's score, or of both."""
    judge: str | None = None
    """Name of a shipped scorer, or the folder of one; the agent sees what it says at each step, and pays a query for it."""
    formulation: ToolFormulation = "tools"
    """Pick tools, or tools each at one of four strengths."""
    horizon: int = ToolTask.horizon
    """Tools of an episode at most."""
    reuse_cost: float = ToolTask.reuse_cost
    """What using a tool again costs."""
    never_twice: bool = ToolTask.never_twice
    """Allow each tool once in an episode."""
    pictures: int = ToolTask.pictures
    """Side in px, 8 to 128, of a small picture that the agent sees beside the statistics, through convolutions; 0: none."""
    parity: bool = False
    """DRL-ISP's options: its default 32 actions in its order, three steps, 0.1 times the change of the metric, no masks."""
    validate: tuple[Path, ...] = ()
    """Photos that judge the training; nobody trains on them."""
    validation_share: float = 0.2
    """Share of the photos that is kept to judge, where nothing is named to --validate; 0: the last policy is kept, unjudged."""
    stops_on_clean: float = 0.0
    """Share of the clean validation pictures that the agent has to leave alone: as many deviations of its members' answers as that
    takes are taken off what they say of a tool; 0: none. Needs several --members."""
    timesteps: int = TIMESTEPS
    """Tools applied, and stops."""
    num_envs: int = NUM_ENVS
    """Episodes that run as one batch."""
    every: int | None = None
    """Steps between two looks at the validation photos, each with a checkpoint; 16 looks without it."""
    patience: int = 0
    """End after so many looks without a better policy; 0: never."""
    seed: int = 0
    """Seed of everything random."""
    device: str = "auto"
    """Where the judge runs, and with it pictures and tools: auto, cpu or cuda."""
    resume: bool = False
    """Go on from the last checkpoint in --out, on the CPU to the same policy, bit for bit; --timesteps may be more than they were."""
    planting: Planting = field(default_factory=lambda: Planting(draws=6))
    """What is planted."""
    numbers: ToolNumbers = field(default_factory=ToolNumbers)
    """Numbers of the algorithm, each from its preset if it is not given."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, timesteps=1, num_envs=1, every=1, patience=0)
        checks.shares_below_one(self, "validation_share", "stops_on_clean")
        if self.stops_on_clean and not (self.validate or self.validation_share):
            raise UsageError(
                "--stops-on-clean: takes photos to judge; name some with --validate, or give a --validation-share"
            )
        checks.seed(self)
        self._check_numbers()
        if self.stops_on_clean and tool_numbers_of(self.algo, self.numbers.given()).get("members", 1) < 2:
            raise UsageError(
                "--stops-on-clean: takes several networks, who can disagree; give --algo every-choice and --members 2 or more"
            )
        self.planting.check()
        if self.planting.px > LARGEST_PX:
            raise UsageError(f"--px {self.planting.px}: all pictures are in memory at once; give at most {LARGEST_PX}")
        if self.reward != "psnr" and self.judge is None:
            raise UsageError(f"--reward {self.reward}: needs a judge; name one with --judge, such as attiqa-mini")
        if self.parity:
            refuse_unused(self, ("tools", "horizon", "reuse_cost", "never_twice"), "--parity has DRL-ISP's")
        self.task()
        checks.named(self.photos, "no photos named; give photo files or a folder that holds some")
        checks.present(*self.validate)
        checks.new_folder(self.out, resume=self.resume)

    def words(self) -> tuple[str, ...]:
        """Return what `find_tools` is asked."""
        return PARITY_TOOLS if self.parity else self.tools

    def task(self) -> ToolTask:
        """Return the task. Raises: UsageError for numbers that are none."""
        chosen: dict[str, Any] = {"formulation": self.formulation, "pictures": self.pictures}
        if self.parity:
            return ToolTask.parity(self.reward, **chosen)
        same = {name: getattr(self, name) for name in ("reward", "horizon", "reuse_cost", "never_twice")}
        return ToolTask(**chosen, **same)

    def _check_numbers(self) -> None:
        given = self.numbers.given()
        tool_numbers_of(self.algo, given)
        checks.above_zero(self.numbers, *(name for name in ABOVE_ZERO if name in given))
        checks.at_least(self.numbers, **{name: low for name, low in AT_LEAST.items() if name in given})
        if given.get("members", 1) > MOST_MEMBERS:
            raise UsageError(f"--members {given['members']}: give at most {MOST_MEMBERS}")
        for name in SHARES:
            if name in given and not 0 <= given[name] <= 1:
                raise UsageError(f"{checks.flag(name)} {given[name]}: give a share from 0 to 1")
