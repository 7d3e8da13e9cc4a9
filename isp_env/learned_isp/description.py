"""What a folder says of the copy in it, readable without torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from attiqa_core.errors import InputError
from attiqa_core.files.described import Hash, Pixels, Words, described, read_json
from isp_env.parameters.profiles import Profile

FORMAT = "attiqa-learned-isp/1"
DESCRIPTION = "learned_isp.json"
KNOWN = ("program", "proxy_px", "crops", "training", "held_out", "architecture", "weights", "sha256")


class LearnedIspFile(msgspec.Struct, frozen=True):
    """What learned_isp.json has to hold; profile and architecture have checks of their own."""

    format: Literal["attiqa-learned-isp/1"]
    program: dict[str, Any]
    profile: dict[str, Any]
    architecture: dict[str, Any]
    proxy_px: Pixels
    crops: Annotated[int, msgspec.Meta(ge=0, le=3)]
    training: dict[str, Any]
    held_out: dict[str, Any]
    weights: Words
    sha256: Hash


@dataclass(frozen=True)
class Described:
    """The profile of a copy, and everything else that its description holds."""

    profile: Profile
    content: dict[str, Any]


def is_learned(path: str | Path) -> bool:
    """Return whether a folder holds a learned ISP."""
    return (Path(path) / DESCRIPTION).is_file()


def read_description(folder: str | Path) -> Described:
    """Return what a folder's description says. Raises: InputError if it is missing, damaged or of another format."""
    path = Path(folder) / DESCRIPTION
    content = read_json(path)
    told = described(path, content, LearnedIspFile, "imitate the program again", more=True)
    if Path(told.weights).name != told.weights:
        raise InputError(f"{path}: $.weights: {told.weights[:80]!r} is no name of a file beside it; not to be trusted")
    try:
        profile = Profile.from_stored(content["profile"])
        return Described(profile, {name: content[name] for name in KNOWN})
    except (KeyError, TypeError, ValueError, InputError) as error:
        raise InputError(f"{path}: is damaged ({error}); imitate the program again") from error
