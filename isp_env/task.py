"""The numbers that define the task, apart from its tensors, so that a command line can read them without torch."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from attiqa_core.errors import InputError, UsageError
from isp_env.parameters.profiles import CORE, Profile
from isp_env.reward_weights import WEIGHTS

FEWEST_PX, MOST_PX = 8, 128  # of a small picture's side: below, convolutions leave nothing; above, it is none
Formulation = Literal["one-shot", "iterative"]
TOOL_FORMULATIONS, TOOLS_ID = ("tools", "hybrid"), "attiqa/IspTools-v0"


@dataclass(frozen=True)
class Task:
    """The numbers that define the task; stored with every policy."""

    formulation: Formulation = "one-shot"
    horizon: int = 5
    """Steps of an iterative episode; one-shot episodes have one."""
    step_size: float = 0.25
    """Largest change of an action entry in one iterative step."""
    proxy_px: int = 288
    """The proxies that the agent and the scorer see have about proxy_px^2 pixels, and the frame's shape."""
    crops: int = 2
    """Windows at native resolution beside each proxy, 0 to 3: detail, a flat, other detail. Sharpening and denoising show
    there and nowhere else."""
    profile: Profile = CORE
    """What an action sets, and over which ranges."""
    square: bool = False
    """Whether a proxy is the frame's centred square only, of a side of proxy_px."""
    goals: tuple[str, ...] = ()
    """Reward weights that vary by episode, and that the agent sees: from a quarter of what they are to four times as much."""
    pictures: int = 0
    """Side in px of small pictures at the end of an observation: of the render, and the middle of each crop; 0: none."""

    def __post_init__(self) -> None:
        if self.formulation in TOOL_FORMULATIONS:
            raise UsageError(
                f'formulation "{self.formulation}": is of an environment of its own; make "{TOOLS_ID}", or give '
                "isp_env.tool_episodes.vec_env.ToolVecEnv a ToolCore"
            )
        if self.formulation not in get_args(Formulation):
            raise UsageError(f"formulation {self.formulation!r}: is not one of {', '.join(get_args(Formulation))}")
        if self.horizon < 1 or self.proxy_px < 32 or not 0 < self.step_size <= 2:
            raise UsageError(f"{self}: needs horizon >= 1, proxy_px >= 32 and a step_size in (0, 2]")
        if not 0 <= self.crops <= 3:
            raise UsageError(f"{self}: needs 0 to 3 crops")
        for name in self.goals:
            if name not in WEIGHTS or self.goals.count(name) > 1:
                raise UsageError(f"goal {name!r}: name some of {', '.join(WEIGHTS)}, each once")
        if self.pictures and not FEWEST_PX <= self.pictures <= MOST_PX:
            raise UsageError(f"pictures {self.pictures}: give a side from {FEWEST_PX} to {MOST_PX} px, or 0 for none")
        if "crop_share" in self.goals and not self.crops:
            raise UsageError("goal 'crop_share': plays no part without crops; leave it out, or take crops")

    @classmethod
    def from_stored(cls, task: Mapping[str, Any]) -> "Task":
        """Return the task that a file holds; one that names no crops, or no profile, is of a time when there were none,
        and one that does not say whether its proxies are square, of a time when they were.

        Raises: InputError for a profile whose parameters or ranges this version does not have, or a number that is none.
        """
        refuse_other_types(cls, task)
        profile = Profile.from_stored(task["profile"]) if "profile" in task else CORE
        return cls(**{"crops": 0, "square": True, **task, "profile": profile, "goals": tuple(task.get("goals", ()))})

    @property
    def steps(self) -> int:
        return 1 if self.formulation == "one-shot" else self.horizon

    @property
    def picture_entries(self) -> int:
        """Entries of an observation that are small pictures."""
        return (1 + self.crops) * 3 * self.pictures**2


def refuse_other_types(task: type, stored: Mapping[str, Any]) -> None:
    """Raises: InputError for a number, a word or a yes or no of a stored task that is something else: a file may hold anything."""
    for field in fields(task):
        usual, given = field.default, stored.get(field.name, field.default)
        if not isinstance(usual, bool | int | float | str):
            continue
        if type(usual) is float and type(given) in (int, float):
            if not -math.inf < given < math.inf:
                raise InputError(f"{field.name} {given!r}: is not a number")
        elif type(given) is not type(usual):
            raise InputError(f"{field.name} {str(given)[:40]!r}: is no {type(usual).__name__}")
