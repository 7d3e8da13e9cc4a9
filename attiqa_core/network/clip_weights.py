"""CLIP networks of open_clip from names and files, and every way in which those can be wrong."""

import hashlib
from pathlib import Path
from typing import Any

import open_clip
import torch
from huggingface_hub import hf_hub_url
from open_clip.constants import HF_CONFIG_NAME, HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME

from attiqa_core.errors import InputError, UsageError
from attiqa_core.machine.lacks import refuse_lack
from attiqa_core.network.online import fetching, hub_offline, in_hub_cache, status_of, unreachable

QUICK_GELU: dict[str, bool | None] = {"auto": None, "gelu": False, "quick-gelu": True}
"""What a command line calls an activation -> `ClipTeacher`'s `quick_gelu`."""

HUB = "hf-hub:"
OFFLINE = (
    "offline give a file that was fetched elsewhere (--clip-weights FILE, or the judge clip-iqa?weights=FILE), or do "
    "without CLIP: --teacher statistics, the judge attiqa-mini"
)


def load_clip(model: str, pretrained: str, device: torch.device, quick_gelu: bool | None) -> tuple[Any, Any]:
    """Return the frozen network in evaluation mode and its preprocessing of PIL images; errors as `ClipTeacher`."""
    own_weights = model.startswith(("hf-hub:", "local-dir:"))
    tag = None if own_weights else _check_source(model, pretrained, quick_gelu)
    if quick_gelu is None:
        quick_gelu = bool(tag and tag.get("quick_gelu"))
    source = model if own_weights else f"{model} {pretrained}"
    cached = (tag is None and not model.startswith(HUB)) or cached_clip_weights(model, pretrained) is not None
    url = _url(model, tag)
    with fetching(f"{source}: the CLIP weights cannot be had", OFFLINE, cached=cached, url=url):
        try:
            made: Any = open_clip.create_model_from_pretrained(
                model, None if own_weights else pretrained, device=device, force_quick_gelu=quick_gelu
            )
        except Exception as error:  # open_clip wraps whatever the hub, the file and torch raise
            refuse_lack(error)
            raise InputError(_why(model, pretrained, own_weights, tag, error)) from error
    network, preprocess = made
    _check_finite(network, model if own_weights else pretrained)
    return network.eval().requires_grad_(False), preprocess


def load_tokenizer(model: str) -> Any:
    """Return the network's tokenizer; one that comes from the hub is looked for in the cache alone where the hub is silent."""
    config: Any = None if ":" in model else open_clip.get_model_config(model)
    of_hub = model.startswith(HUB) or "hf_tokenizer_name" in (config or {}).get("text_cfg", {})
    with hub_offline(of_hub and bool(unreachable())):
        return open_clip.get_tokenizer(model)


def cached_clip_weights(model: str, pretrained: str) -> Path | None:
    """Return the file of CLIP weights that open_clip would take without a download, or None."""
    if model.startswith(HUB):
        repository = model.removeprefix(HUB)
        weights = in_hub_cache(repository, (HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME))
        return weights if in_hub_cache(repository, (HF_CONFIG_NAME,)) else None
    tag: Any = open_clip.get_pretrained_cfg(model, pretrained)
    if repository := tag.get("hf_hub", ""):
        folder, _, name = repository.rpartition("/")  # "org/name/", or "org/name/file"
        safe = name.rpartition(".")[0] + ".safetensors"
        return in_hub_cache(folder, (safe, name) if name else (HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME))
    fetched = Path.home() / ".cache" / "clip" / tag.get("url", "").rpartition("/")[2]
    return fetched if fetched.is_file() else None


def _url(model: str, tag: Any) -> str:
    """Where weights come from; empty for the hub in general, and for what lies here."""
    if model.startswith(HUB):
        repository, _, revision = model.removeprefix(HUB).partition("@")
        return hf_hub_url(repository, HF_CONFIG_NAME, revision=revision or None)
    return "" if tag is None or tag.get("hf_hub") else tag.get("url", "")


def uses_quick_gelu(network: torch.nn.Module) -> bool:
    """Whether the network has OpenAI's approximation of GELU, x sigmoid(1.702 x)."""
    return any(type(module).__name__ == "QuickGELU" for module in network.modules())


def state_sha256(network: torch.nn.Module) -> str:
    """SHA-256 over names and values of a network's state, the same for any file format."""
    digest = hashlib.sha256()
    for key, value in sorted(network.state_dict().items()):
        digest.update(key.encode())
        digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _check_source(model: str, pretrained: str, quick_gelu: bool | None) -> dict[str, Any] | None:
    """The entry of a pretrained tag, or None for a file.

    Raises: UsageError for an unknown model or an undecided activation, InputError for neither tag nor file.
    """
    config = open_clip.get_model_config(model)
    if config is None:
        raise UsageError(f"--clip-model {model}: open_clip has no such model; see open_clip.list_models()")
    tag = open_clip.get_pretrained_cfg(model, pretrained)
    if tag:
        return tag
    if not Path(pretrained).is_file():
        tags = ", ".join(open_clip.list_pretrained_tags_by_model(model)) or "none"
        raise InputError(f"{pretrained}: neither a file nor a set of weights of {model} (known: {tags})")
    if Path(pretrained).stat().st_size == 0:
        raise InputError(f"{pretrained}: is empty (0 bytes); fetch the weights again")
    if quick_gelu is None and "quick_gelu" not in config:
        raise UsageError(
            f"{pretrained}: a file does not say which GELU it was trained with; add --clip-activation quick-gelu "
            "for OpenAI's weights, gelu for LAION's"
        )
    return None


def _check_finite(network: torch.nn.Module, source: str) -> None:
    broken = [name for name, value in network.named_parameters() if not bool(value.isfinite().all())]
    if broken:
        raise InputError(f"{source}: {broken[0]} holds NaN or infinity; the weights are damaged, fetch them again")


def _why(model: str, pretrained: str, own_weights: bool, tag: Any, error: Exception) -> str:
    status = status_of(error)
    said = (str(error).strip().splitlines() or [type(error).__name__])[0].split(". ")[0][:200]
    reason = f"the hub answers {status}" if status else said
    if own_weights or tag:
        source = model if own_weights else f"{model} {pretrained}"
        return (
            f"{source}: the CLIP weights could not be fetched ({reason}); fetch them on a machine that is "
            "online and give the file's path as --clip-weights"
        )
    if "TorchScript" in str(error):
        return (
            f"{pretrained}: a TorchScript archive, whose loading runs code; where you trust it, convert it once: "
            f"safetensors.torch.save_file(open_clip.create_model({model!r}, {pretrained!r}, weights_only=False)"
            ".state_dict(), 'clip.safetensors')"
        )
    return f"{pretrained}: not a state dict that fits {model} ({reason}); give open_clip weights as safetensors"
