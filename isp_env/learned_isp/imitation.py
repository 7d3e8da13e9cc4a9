"""The pictures of an imitation, raw by raw, in one file each: whoever was interrupted has what was finished."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from attiqa_core.errors import InputError
from isp_env.isp import Isp
from isp_env.learned_isp.raw_pictures import RawPictures, gathered, load_pictures, save_pictures
from isp_env.learned_isp.vectors import Actions, drawn_actions, end_actions
from isp_env.parameters.profiles import Profile
from isp_env.raw import RawFrame

FOLDER = "pictures"
HELD_OUT_SEED = 1_000_003
"""Added to the seed of what is trained on: held-out actions are other points."""


@dataclass(frozen=True)
class Plan:
    """Which raw is asked for which actions, for what: "training", "new parameters", "new raws" or "ends"."""

    role: str
    raw: RawFrame
    actions: Actions
    place: int

    @property
    def file(self) -> str:
        return f"{self.place:04}-{self.role.replace(' ', '-')}-{self.raw.name}.safetensors"


def plans_of(
    training: Sequence[RawFrame],
    held_out: Sequence[RawFrame],
    default: Tensor,
    pictures: int,
    held_out_pictures: int,
    seed: int,
) -> list[Plan]:
    """Return what is asked for: of each raw to train on `pictures` and, to judge by, `held_out_pictures` at other actions; of
    each held-out raw as many, and every end of every control. Raws are proxies with their crops."""
    own = drawn_actions(default, len(training), pictures, seed)
    everyone = [*training, *held_out]
    others = drawn_actions(default, len(everyone), held_out_pictures, seed + HELD_OUT_SEED)
    ends, _ = end_actions(default)
    roles = ["new parameters"] * len(training) + ["new raws"] * len(held_out)
    asked = [
        *zip(["training"] * len(training), training, own, strict=True),
        *zip(roles, everyone, others, strict=True),
        *(("ends", raw, ends) for raw in held_out),
    ]
    return [Plan(*each, place) for place, each in enumerate(asked)]


def collected(
    program: Isp, profile: Profile, plans: Sequence[Plan], folder: Path, went_on: Callable[[int], object]
) -> tuple[dict[str, list[RawPictures]], list[str]]:
    """Return the pictures by role, and a sentence for each that there is none of; what a file holds already is not asked again.

    `went_on` is told how many pictures each plan was of. Raises: InputError if there is nothing at all to train on.
    """
    found: dict[str, list[RawPictures]] = {}
    failures: list[str] = []
    for plan in plans:
        path = folder / FOLDER / plan.file
        pictures = _stored(path, plan)
        if pictures is None:
            try:
                pictures, failed = gathered(plan.raw, program, profile, plan.actions)
            except InputError as error:
                failures += [] if str(error) in failures else [str(error)]
                went_on(len(plan.actions))
                continue
            failures += failed
            save_pictures(path, pictures)
        went_on(len(plan.actions))
        if len(pictures):
            found.setdefault(plan.role, []).append(pictures)
    if not found.get("training"):
        raise InputError(f"{failures[0] if failures else 'no raws'} (there is no picture to train on)")
    return found, failures


def _stored(path: Path, plan: Plan) -> RawPictures | None:
    """What the file of a plan holds, None where that is not all: what failed is asked for again."""
    if not path.is_file():
        return None
    pictures = load_pictures(path, plan.raw.name)
    return pictures if torch.equal(pictures.actions, plan.actions) else None


def hash_of(raws: Sequence[RawPictures]) -> str:
    """Return one hash of all actions and pictures."""
    digest = hashlib.sha256()
    for raw in raws:
        digest.update(raw.name.encode())
        for tensor in (raw.actions, *(each for stack in raw.stacks for each in (stack.views, stack.pictures))):
            digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()
