"""What a policy bundle says of itself, and whether that can be believed: a bundle may come from anybody."""

import re
from pathlib import Path
from typing import Any, get_args

import torch
from torch import Tensor

from agents.actor import Actor, Architecture
from agents.algorithms import Activation, Squash
from agents.bundles.names import DESCRIPTION
from agents.normaliser import Normaliser
from attiqa_core.errors import InputError
from attiqa_core.files.described import check_format, read_json
from attiqa_core.tensor_files import load_tensors, shapes_of
from isp_env.core import Task
from isp_env.observe import observation_names
from isp_env.parameters.profiles import Profile

FORMAT = "attiqa-policy/2"
FIELDS: dict[str, type | tuple[type, ...]] = {
    **{
        "observation": list,
        "parameters": list,
        "reach": (int, float),
        "architecture": (dict, type(None)),
        "task": dict,
    },
    **{"reward_weights": dict, "scorer": dict, "training": dict, "weights": str, "sha256": str},
}
WEIGHTS = re.compile(r"policy[\w-]*\.safetensors")
"""What the file of weights is called: a name beside policy.json, never a path."""
HASH = re.compile(r"[0-9a-f]{64}")

SECTIONS = ("data", "numbers", "scorer_gate", "start", "targets", "imitation")
"""Tables within "training", each of which may be left out."""
LONGEST_NAME = 255  # bytes between two slashes, more than which no file's name has

LARGEST_DESCRIPTION = 4_000_000  # bytes; ours have 7,000
LARGEST_HEAD = 1_000_000  # bytes of a weights' file that are no numbers
LARGEST_PX = 4096  # of the side of a proxy: above, it is the picture itself
WIDEST, DEEPEST, LONGEST = (
    8192,
    16,
    1000,
)  # units of a layer, layers, steps of an episode: above, it is no policy of ours


def read_description(folder: Path) -> dict[str, Any]:
    """Return the description of a bundle, its "task" parsed; fields that this version does not know are kept.

    Raises: InputError in one sentence if there is none, it is of another format, or a field is missing or not what it is.
    """
    path = folder / DESCRIPTION
    if not path.is_file():
        weights = next(folder.glob("policy-*.safetensors"), None) if folder.is_dir() else None
        half = f", only its {weights.name}; copy the folder whole" if weights else ""
        half = (
            f"; its policy is {below}" if (below := folder / "policy").is_dir() else half
        )  # the folder of `attiqa fit`
        raise InputError(f"{folder}: holds no {DESCRIPTION}{half or '; name the run folder that `attiqa train` wrote'}")
    if path.stat().st_size > LARGEST_DESCRIPTION:
        raise InputError(f"{path}: has {path.stat().st_size:,} bytes, which no policy needs; fetch the bundle again")
    described = read_json(path)
    check_format(path, described, (FORMAT,), "train it again")
    _check_fields(path, described)
    task = _task(folder, described["task"])
    observed, table = list(observation_names(task.profile.names, task.goals)), parameter_table(task.profile)
    if described["observation"] != observed or described["parameters"] != table:
        raise InputError(f"{folder}: trained for another observation or parameter table; train it again")
    return {**described, "task": task}


def _check_fields(path: Path, described: dict[str, Any]) -> None:
    missing = [name for name in FIELDS if name not in described]
    if missing:
        raise InputError(f"{path}: lacks {', '.join(missing)}; copy the bundle again, or train it again")
    for name, kind in FIELDS.items():
        if not isinstance(described[name], kind) or isinstance(described[name], bool):
            raise InputError(f"{path}: {name} is {str(described[name])[:40]!r}, which is none; copy the bundle again")
    if not WEIGHTS.fullmatch(described["weights"]):
        raise InputError(
            f"{path}: weights {described['weights'][:80]!r} is no name of a file beside it, such as "
            "policy-0123456789ab.safetensors; this bundle is not to be trusted"
        )
    scorer = described["scorer"]
    parts = scorer.get("parts", [])
    if not isinstance(parts, list) or not all(
        isinstance(each, dict) and isinstance(each.get("name"), str) for each in parts
    ):
        raise InputError(f"{path}: scorer: parts are no list of judges; copy the bundle again")
    for digest in (described["sha256"], *(each.get("sha256") for each in (scorer, *parts))):
        if not isinstance(digest, str) or not HASH.fullmatch(digest):
            raise InputError(f"{path}: {str(digest)[:80]!r} is no SHA-256; copy the bundle again")
    name = scorer.get("name")
    if not isinstance(name, str) or "\0" in name or any(len(part.encode()) > LONGEST_NAME for part in name.split("/")):
        raise InputError(f"{path}: scorer has no name; copy the bundle again")
    if not 0 <= described["reach"] <= 2:
        raise InputError(f"{path}: reach {described['reach']} is outside 0 .. 2; copy the bundle again")
    _check_tables(path, described)


def _check_tables(path: Path, described: dict[str, Any]) -> None:
    """What may be left out, but has to be what it is where it stands."""
    sections = {f"training {key}": described["training"].get(key) for key in SECTIONS} | {"isp": described.get("isp")}
    for key, section in sections.items():
        if not isinstance(section, dict | None):
            raise InputError(f"{path}: {key} is {str(section)[:40]!r}, which is none; copy the bundle again")
    isp, mean = described.get("isp"), described["training"].get("mean_action")
    if isp is not None and not all(isinstance(isp.get(key), str) for key in ("name", "sha256")):
        raise InputError(f"{path}: isp has no name or hash; copy the bundle again")
    if mean is not None and not _are_numbers(mean, len(described["parameters"])):
        raise InputError(f"{path}: training mean_action is {str(mean)[:40]!r}, which is none; copy the bundle again")


def _are_numbers(value: Any, count: int) -> bool:
    if not isinstance(value, list) or len(value) != count:
        return False
    return all(isinstance(each, int | float) and not isinstance(each, bool) for each in value)


def _task(folder: Path, stored: dict[str, Any]) -> Task:
    try:
        task = Task.from_stored(stored)
    except InputError as error:
        raise InputError(f"{folder}: its task is not one of this version's ({error}); train it again") from error
    except (TypeError, KeyError, ValueError) as error:
        raise InputError(f"{folder}: its task is not one of this version's ({error}); update attiqa-isp") from error
    if not task.horizon <= LONGEST:
        raise InputError(f"{folder}: its episodes have {task.horizon} steps, above {LONGEST}; train it again")
    if task.proxy_px > LARGEST_PX:
        raise InputError(f"{folder}: its proxies have {task.proxy_px} px, above {LARGEST_PX}; train it again")
    return task


def parameter_table(profile: Profile) -> list[list]:
    """Return what an action's meaning depends on: name, range, identity and scale of every parameter that it sets."""
    return [
        [each.name, float(each.low), float(each.high), float(parameter.identity), parameter.scale]
        for each, parameter in zip(profile.controls, profile.parameters, strict=True)
    ]


def architecture_of(folder: Path, described: dict[str, Any]) -> Architecture | None:
    """Return the shape of a bundle's actor, None for a constant. Raises: InputError for one that its task does not fit, or
    that is too large to be believed.
    """
    stored, task = described["architecture"], described["task"]
    if stored is None:
        return None
    try:
        shape = Architecture.from_dict(stored)
        sizes = [shape.inputs, shape.outputs, shape.pictures, shape.picture_px, shape.memory, *shape.hidden]
        whole = all(type(size) is int for size in sizes) and min(shape.hidden, default=1) >= 1
    except (TypeError, KeyError) as error:
        raise InputError(f"{folder}: its architecture is not one of this version's ({error})") from error
    if not whole or not 0 <= max(shape.memory, *shape.hidden, 0) <= WIDEST or len(shape.hidden) > DEEPEST:
        raise InputError(f"{folder}: its architecture {str(stored)[:120]} is none that `attiqa train` makes")
    expected = {
        "inputs": len(described["observation"]) + task.picture_entries,
        "outputs": len(described["parameters"]),
        "pictures": (1 + task.crops) if task.pictures else 0,
        "picture_px": task.pictures,
    }
    wrong = [
        f"{name} {getattr(shape, name)}, not {size}" for name, size in expected.items() if getattr(shape, name) != size
    ]
    if shape.activation not in get_args(Activation) or shape.squash not in get_args(Squash):
        wrong.append(f"{shape.activation}, {shape.squash}")
    if wrong or shape.memory < 0:
        raise InputError(f"{folder}: its architecture does not fit its task ({'; '.join(wrong)}); train it again")
    return shape


def read_tensors(folder: Path, described: dict[str, Any], shape: Architecture | None) -> dict[str, Tensor]:
    """Return the tensors of a bundle, once their file is of the size, the hash and the shapes that it has to have.

    Raises: InputError if it is missing, damaged, larger than such a policy is, or holds what is not finite.
    """
    path, expected = folder / described["weights"], _expected_shapes(described, shape)
    if not path.is_file():
        raise InputError(f"{folder}: holds no {path.name}, which its {DESCRIPTION} names; copy the folder whole")
    numbers = sum(each.numel() for each in expected.values())
    if path.stat().st_size > 4 * numbers + LARGEST_HEAD:
        raise InputError(f"{path}: has {path.stat().st_size:,} bytes, which such a policy does not need; not read")
    tensors = load_tensors(path, described["sha256"])
    if shapes_of(path) != {name: tuple(each.shape) for name, each in expected.items()}:
        raise InputError(f"{path}: does not hold the layers that {DESCRIPTION} speaks of; copy the bundle again")
    if not all(tensor.dtype == torch.float32 for tensor in tensors.values()):
        raise InputError(f"{path}: holds numbers that are not float32; train it again")
    if float(tensors["base"].abs().max()) > 1 or float(tensors["normaliser.sigma"].min()) <= 0:
        raise InputError(f"{path}: its constant or its normaliser is outside of its range; train it again")
    return tensors


def _expected_shapes(described: dict[str, Any], shape: Architecture | None) -> dict[str, Tensor]:
    """A tensor without memory for each of the file's."""
    with torch.device("meta"):
        statistics = torch.empty(len(described["observation"]))
        shapes = {"base": torch.empty(len(described["parameters"]))}
        shapes |= Normaliser(*[statistics] * 4).tensors()
        return shapes | (
            {} if shape is None else {f"actor.{key}": each for key, each in Actor(shape).state_dict().items()}
        )
