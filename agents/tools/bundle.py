"""Bundles of policies that pick tools: JSON and safetensors, nothing pickled."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from agents.actor import Architecture
from agents.normaliser import Normaliser
from agents.policy_description import DEEPEST, WIDEST, refuse_unwritable
from agents.tools.actor import ChoiceNet
from agents.tools.flat import choices_of
from agents.tools.policy import ToolPolicy
from attiqa_core.errors import InputError
from attiqa_core.files import read_json, sha256, write_json
from attiqa_core.tensor_files import load_tensors, part_of, save_tensors
from isp_env.tool_episodes.contexts import SMALLEST_PX
from isp_env.tool_episodes.observation import tool_observation_names
from isp_env.tool_episodes.task import ToolTask

FORMAT = "attiqa-tool-policy/1"
DESCRIPTION = "tool_policy.json"
LARGEST_PX = 4096  # of the pictures that a policy sees: above, it is none of ours
_NORMALISER = ("mean", "sigma", "low", "high")


def save_tool_policy(folder: Path, policy: ToolPolicy) -> Path:
    """Write the bundle into `folder` and return it.

    The weights' file is named by its hash and the description, which names it, is replaced last: a crash at any moment
    leaves the former bundle whole.
    """
    folder = Path(folder)
    tensors = {f"normaliser.{name}": getattr(policy.normaliser, name) for name in _NORMALISER}
    tensors |= {f"actor.{name}": tensor for name, tensor in policy.actor.state_dict().items()}
    save_tensors(folder / "tool_policy.safetensors", tensors)
    digest = sha256(folder / "tool_policy.safetensors")
    weights = (folder / "tool_policy.safetensors").replace(folder / f"tool_policy-{digest[:12]}.safetensors")
    described = {
        "format": FORMAT,
        "tools": dict(policy.tools),
        "judge": dict(policy.judge),
        "size_px": policy.size_px,
        "observation": list(tool_observation_names([*policy.tools], judged=bool(policy.judge))),
        "architecture": policy.actor.architecture.to_dict(),
        "task": policy.task.to_dict(),
        "training": policy.training,
        "weights": weights.name,
        "sha256": digest,
    }
    write_json(folder / DESCRIPTION, described)
    for former in folder.glob("tool_policy-*.safetensors"):
        if former != weights:
            former.unlink()
    return folder


def load_tool_policy(folder: str | Path) -> ToolPolicy:
    """Return the policy of a bundle.

    Raises: InputError if the folder is none, is damaged, or its observation is not today's. Whether the tools are those
    that it was trained with is `check_tools`'s to say.
    """
    folder = Path(folder)
    if not (folder / DESCRIPTION).is_file():
        raise InputError(f"{folder}: holds no {DESCRIPTION}; name the run folder that `attiqa tools train` wrote")
    described = read_json(folder / DESCRIPTION)
    if not isinstance(described, dict) or described.get("format") != FORMAT:
        found = described.get("format") if isinstance(described, dict) else described
        raise InputError(f"{folder / DESCRIPTION}: format {found!r} is not {FORMAT!r}; train it again")
    refuse_unwritable(folder / DESCRIPTION, described)
    try:
        return _policy(folder, described)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{folder / DESCRIPTION}: does not fit together ({reason}); train it again") from error


def check_tools(folder: Path, policy: ToolPolicy, hashes: Mapping[str, str]) -> None:
    """Raises: InputError for the first of the policy's tools that is not here, or has other weights than in training.

    `hashes` are those of the tools that are here, "" where nothing was learned.
    """
    for name, digest in policy.tools.items():
        if name not in hashes:
            raise InputError(f"{folder}: was trained with the tool {name}, which is not here; fetch it or train again")
        if hashes[name] != digest:
            raise InputError(
                f"{folder}: was trained with the tool {name} of weights {digest[:12] or 'none'}…, and those here are"
                f" {hashes[name][:12] or 'none'}…; fetch the former ones or train again"
            )


def _policy(folder: Path, described: Mapping[str, Any]) -> ToolPolicy:
    task, tools = ToolTask.from_stored(described["task"]), dict(described["tools"])
    names = tool_observation_names([*tools], judged=bool(described["judge"]))
    shape = Architecture.from_dict(described["architecture"])
    expected = (len(names) + 3 * task.pictures**2, choices_of(task, len(tools)))
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
    parts: list[Tensor] = [tensors[f"normaliser.{name}"] for name in _NORMALISER]
    if any(not torch.isfinite(each).all() for each in tensors.values()) or len(parts[0]) != len(names):
        raise InputError(f"{folder}: holds weights that are no numbers, or a normaliser of another observation")
    about = (task, tools, dict(described["judge"]), size_px, dict(described["training"]))
    return ToolPolicy(actor.requires_grad_(False), Normaliser(*parts), *about)
