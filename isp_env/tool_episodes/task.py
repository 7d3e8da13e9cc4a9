"""The numbers that define the task of picking tools, apart from its tensors, so that a command line can read them without torch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from attiqa_core.errors import InputError, UsageError
from isp_env.task import FEWEST_PX, MOST_PX, refuse_other_types

ToolFormulation = Literal["tools", "hybrid"]
ToolReward = Literal["psnr", "judge", "both"]
MOST_STEPS = 8
TERMS = ("psnr", "judge", "reuse")
"""Parts of the reward."""
PARITY_TOOLS = ("drl-isp",)
"""What `find_tools` makes DRL-ISP's default 32 actions of, the stop being the last."""


@dataclass(frozen=True)
class ToolTask:
    """The numbers that define the task; stored with every policy."""

    formulation: ToolFormulation = "tools"
    """"tools": which tool is next; "hybrid": which tool, and how strong."""
    horizon: int = 3
    """Tools that an episode has at most, 1 to 8; stopping ends it before."""
    reward: ToolReward = "psnr"
    """What a picture's value is made of: its PSNR to the reference, the judge's MOS, or both."""
    psnr_weight: float = 0.1
    """Per dB of PSNR."""
    judge_weight: float = 1.0
    """Per unit of MOS, which is about [0, 1]."""
    reward_scale: float = 1.0
    """What the change of a picture's value is multiplied by."""
    reuse_cost: float = 0.0
    """Paid, as it is, for each use of a tool that was used in the episode before."""
    never_twice: bool = False
    """Whether a tool may be used once in an episode only."""
    most_uses: int = 0
    """How often in an episode a tool may be used; 0: as often as there are steps."""
    forbid_undoing: bool = True
    """Whether a tool is refused that undoes one that was used: brightness-0.15 after brightness+0.15."""
    levels: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0)
    """The strengths of a hybrid action, rising, in (0, 1]; 1 is the whole tool."""
    pictures: int = 0
    """Side in px of a small picture at the end of an observation; 0: none."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", tuple(float(level) for level in self.levels))
        for name, allowed in (("formulation", get_args(ToolFormulation)), ("reward", get_args(ToolReward))):
            if getattr(self, name) not in allowed:
                raise UsageError(f"{name} {getattr(self, name)!r}: is not one of {', '.join(allowed)}")
        if not 1 <= self.horizon <= MOST_STEPS:
            raise UsageError(f"horizon {self.horizon}: give 1 to {MOST_STEPS} tools")
        for name in ("psnr_weight", "judge_weight", "reward_scale", "reuse_cost"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise UsageError(f"{name} {getattr(self, name)!r}: give a finite number, 0 or more")
        if self.most_uses < 0:
            raise UsageError(f"most_uses {self.most_uses}: give 1 or more, or 0 for no limit")
        if (
            not self.levels
            or list(self.levels) != sorted(set(self.levels))
            or not 0 < self.levels[0] <= self.levels[-1] <= 1
        ):
            raise UsageError(f"levels {self.levels}: give rising strengths in (0, 1]")
        if self.pictures and not FEWEST_PX <= self.pictures <= MOST_PX:
            raise UsageError(f"pictures {self.pictures}: give a side from {FEWEST_PX} to {MOST_PX} px, or 0 for none")

    @classmethod
    def parity(cls, reward: ToolReward = "psnr", **others: Any) -> "ToolTask":
        """Return the task with DRL-ISP's options: at most 3 steps, 0.1 times the change of the metric, no costs, no masks.

        Its tools are `find_tools(PARITY_TOOLS)`. Source: Shin et al. 2022, DRL-ISP, as its code's defaults say.
        """
        own = {"horizon": 3, "psnr_weight": 1.0, "judge_weight": 1.0, "reward_scale": 0.1, "forbid_undoing": False}
        return cls(**{"reward": reward, **own, **others})

    @classmethod
    def from_stored(cls, task: Mapping[str, Any]) -> "ToolTask":
        """Return the task that a file holds. Raises: InputError for a number that this version does not know."""
        for name in task:
            if name not in {field.name for field in fields(cls)}:
                raise InputError(f"tools task: {name!r} is not known to this version; update it, or train again")
        refuse_other_types(cls, task)
        return cls(**{**task, "levels": tuple(task.get("levels", cls.levels))})

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def uses(self) -> int:
        """How often in an episode a tool may be used."""
        return 1 if self.never_twice else self.most_uses or self.horizon

    @property
    def judged(self) -> bool:
        """Whether the reward asks the judge."""
        return self.reward != "psnr"

    @property
    def referenced(self) -> bool:
        """Whether the reward needs references."""
        return self.reward != "judge"
