"""What a run keeps of each raw, so that it can go on: its recipe, and its pictures at the proxy's size."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, sha256, write_json
from attiqa_core.tensor_files import load_sealed, save_sealed, words_of
from experiments.fitting.pairs import Source
from experiments.options.render_folder import RECIPE_SUFFIX
from isp_env.contexts.scenes import Taken, taken
from isp_env.finished_pictures.geometry import Placement
from isp_env.fitting.fit import Fitted
from isp_env.fitting.matching import Picture
from isp_env.fitting.residuals import Residual
from isp_env.fitting.views import Pair
from isp_env.parameters.profiles import Profile
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame

RECIPES, PICTURES = "recipes", ".pictures"


@dataclass(frozen=True)
class Record:
    """One fitted raw: `about` is its recipe file's content, the pictures are (3, H, W) display sRGB at the proxy's size."""

    name: str
    about: dict[str, Any]
    default: Picture
    fitted: Picture
    reference: Picture

    @property
    def params(self) -> dict[str, float]:
        """Physical values by name."""
        return self.about["params"]

    @property
    def taken(self) -> Taken:
        """What its scene is known by."""
        return Taken(self.name, self.about["taken"]["camera"], self.about["taken"]["captured_at"])


@torch.no_grad()
def record_of(source: Source, frame: RawFrame, pair: Pair, fitted: Fitted, profile: Profile) -> Record:
    """Return the record of a fit, its pictures rendered and its residuals measured."""
    proxy, reference = pair.proxy, pair.reference
    default = render(proxy, IspParams.default(1, profile=profile))[0]
    picture = render(proxy, IspParams.from_dict(dict(fitted.params), profile=profile))[0]
    about = {
        "raw": {"name": source.raw.name, "path": str(source.raw), "sha256": sha256(source.raw), "size": source.raw.stat().st_size},
        "params": dict(fitted.params),
        "tuner": "fit",
        "reference": "camera" if source.reference is None else str(source.reference),
        "placed": None if pair.placement is None else _told(pair.placement),
        "native": fitted.native,
        "distance": fitted.distance,
        "residuals": {
            "default": asdict(Residual.of(default, reference)),
            "params": asdict(Residual.of(picture, reference)),
        },
        "taken": {"camera": taken(frame).camera, "captured_at": taken(frame).captured_at},
    }  # fmt: skip
    return Record(source.name, about, *(each.half().float() for each in (default, picture, reference)))  # as it is kept


def _told(placement: Placement) -> dict[str, Any]:
    """Where the reference lies: quarter turns to the left, and the rectangles of both that show the same, px."""
    return {
        "quarter_turns": placement.turns,
        "raw_px": [*placement.ours],
        "reference_px": [*placement.theirs],
        "alike": round(placement.alike, 4),
    }


def save_record(folder: Path, record: Record) -> None:
    """Write the pictures, then the recipe: where this is there, so are they."""
    pictures = {name: getattr(record, name).half() for name in ("default", "fitted", "reference")}
    told = {"about": hashlib.sha256(_text(record.about)).hexdigest()}
    save_sealed(folder / PICTURES / f"{record.name}.safetensors", pictures, told)
    write_json(folder / RECIPES / f"{record.name}{RECIPE_SUFFIX}", record.about)


def load_record(folder: Path, source: Source) -> Record | None:
    """Return the record of a raw that was fitted before, None for one that was not, or whose files are damaged."""
    try:
        about = read_json(folder / RECIPES / f"{source.name}{RECIPE_SUFFIX}")
        path = folder / PICTURES / f"{source.name}.safetensors"
        pictures = load_sealed(path, "it is made again")
        if about["raw"]["sha256"] != sha256(source.raw) or not _is_of(path, about):
            return None
        return Record(source.name, about, **{name: picture.float() for name, picture in pictures.items()})
    except (InputError, KeyError, TypeError, OSError):
        return None


def _is_of(path: Path, about: Mapping[str, Any]) -> bool:
    """Whether pictures were written with this recipe."""
    return words_of(path).get("about") == hashlib.sha256(_text(about)).hexdigest()


def _text(about: Mapping[str, Any]) -> bytes:
    """What was fitted, without what is noted in the recipe once all raws are."""
    fitted = {name: value for name, value in about.items() if name != "corrections"}
    return json.dumps(fitted, sort_keys=True).encode()
