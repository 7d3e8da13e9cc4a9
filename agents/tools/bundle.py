"""Bundles of policies that pick tools: JSON and safetensors, nothing pickled."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.actor import Architecture
from agents.bundles.description import DEEPEST, WIDEST
from agents.normaliser import Normaliser
from agents.tools.actor import ChoiceNet
from agents.tools.algorithms import MOST_MEMBERS
from agents.tools.flat import choices_of
from agents.tools.policy import ToolPolicy
from attiqa_core.errors import InputError
from attiqa_core.files.described import check_format, read_json
from attiqa_core.tensor_files import load_tensors, part_of, save_described
from isp_env.tool_episodes.contexts import SMALLEST_PX
from isp_env.tool_episodes.observation import tool_observation_names
from isp_env.tool_episodes.task import ToolTask

FORMAT, FORMER = "attiqa-tool-policy/2", "attiqa-tool-policy/1"
"""The former has one member and no caution."""
DESCRIPTION = "tool_policy.json"
LARGEST_PX = 4096  # of the pictures that a policy sees: above, it is none of ours


def save_tool_policy(folder: Path, policy: ToolPolicy) -> Path:
    """Write the bundle into `folder`, as `save_described`, and return the folder."""
    tensors = {f"actor.{name}": tensor for name, tensor in policy.actor.state_dict().items()}
    about = {
        "format": FORMAT,
        "tools": dict(policy.tools),
        "judge": dict(policy.judge),
        "size_px": policy.size_px,
        "observation": list(tool_observation_names([*policy.tools], judged=bool(policy.judge))),
        "architecture": policy.actor.architecture.to_dict(),
        "task": policy.task.to_dict(),
        "members": policy.members,
        "caution": policy.caution,
        "training": policy.training,
    }
    save_described(Path(folder) / DESCRIPTION, {**policy.normaliser.tensors(), **tensors}, about)
    return Path(folder)


def load_tool_policy(folder: str | Path) -> ToolPolicy:
    """Return the policy of a bundle.

    Raises: InputError if the folder is none, is damaged, or its observation is not today's. Whether the tools are those
    that it was trained with is `equipment.tools_of`'s to say.
    """
    folder = Path(folder)
    if not (folder / DESCRIPTION).is_file():
        raise InputError(f"{folder}: holds no {DESCRIPTION}; name the run folder that `attiqa tools train` wrote")
    described = read_json(folder / DESCRIPTION)
    check_format(folder / DESCRIPTION, described, (FORMAT, FORMER), "train it again")
    try:
        return _policy(folder, described)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{folder / DESCRIPTION}: does not fit together ({reason}); train it again") from error


def _policy(folder: Path, described: Mapping[str, Any]) -> ToolPolicy:
    task, tools = ToolTask.from_stored(described["task"]), dict(described["tools"])
    names = tool_observation_names([*tools], judged=bool(described["judge"]))
    shape = Architecture.from_dict(described["architecture"])
    members, caution = (1, 0.0) if described["format"] == FORMER else (described["members"], described["caution"])
    if type(members) is not int or not 1 <= members <= MOST_MEMBERS:
        raise InputError(f"{folder}: members {str(members)[:80]} is outside 1 .. {MOST_MEMBERS}; copy the bundle again")
    if type(caution) is not float or not 0 <= caution < math.inf:
        raise InputError(f"{folder}: caution {str(caution)[:80]} is no number from 0 on; copy the bundle again")
    expected = (len(names) + 3 * task.pictures**2, members * choices_of(task, len(tools)))
    if described["observation"] != list(names) or (shape.inputs, shape.outputs) != expected:
        raise InputError(f"{folder}: trained for another observation or other choices; train it again")
    size_px = described["size_px"]
    if not all(isinstance(each, str) for each in (described["sha256"], *tools.values())):
        raise InputError(f"{folder}: its weights or its tools have no hash; copy the bundle again")
    if type(size_px) is not int or not SMALLEST_PX <= size_px <= LARGEST_PX:
        raise InputError(f"{folder}: size_px {size_px} is outside {SMALLEST_PX} .. {LARGEST_PX}; copy the bundle again")
    if not all(1 <= width <= WIDEST for width in shape.hidden) or len(shape.hidden) > DEEPEST:
        raise InputError(f"{folder}: its layers {str(shape.hidden)[:80]} are none that `attiqa tools train` makes")
    tensors = load_tensors(folder / Path(described["weights"]).name, described["sha256"])
    actor = ChoiceNet(shape)
    actor.load_state_dict(part_of(tensors, "actor."))
    normaliser = Normaliser.from_tensors(tensors)
    if len(normaliser.mean) != len(names):
        raise InputError(f"{folder}: holds a normaliser of another observation; train it again")
    about = (task, tools, dict(described["judge"]), size_px, dict(described["training"]), members, caution)
    return ToolPolicy(actor.requires_grad_(False), normaliser, *about)
