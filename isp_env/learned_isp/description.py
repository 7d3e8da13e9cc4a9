"""What a folder says of the copy in it, readable without torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json
from isp_env.profiles import Profile

FORMAT = "attiqa-learned-isp/1"
DESCRIPTION = "learned_isp.json"
KNOWN = ("program", "proxy_px", "crops", "training", "held_out", "architecture", "weights", "sha256")


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
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        given = content.get("format") if isinstance(content, dict) else content
        raise InputError(f"{path}: format {given!r}; this version reads {FORMAT}; imitate the program again")
    try:
        profile = Profile.from_stored(content["profile"])
        return Described(profile, {name: content[name] for name in KNOWN})
    except (KeyError, TypeError, InputError) as error:
        raise InputError(f"{path}: is damaged ({error}); imitate the program again") from error
