"""CLIP networks of open_clip from names and files, and every way in which those can be wrong."""

import hashlib
from pathlib import Path
from typing import Any

import open_clip
import torch

from attiqa_core.errors import InputError, UsageError

QUICK_GELU: dict[str, bool | None] = {"auto": None, "gelu": False, "quick-gelu": True}
"""What a command line calls an activation -> `ClipTeacher`'s `quick_gelu`."""


def load_clip(model: str, pretrained: str, device: torch.device, quick_gelu: bool | None) -> tuple[Any, Any]:
    """Return the frozen network in evaluation mode and its preprocessing of PIL images; errors as `ClipTeacher`."""
    own_weights = model.startswith(("hf-hub:", "local-dir:"))
    tag = None if own_weights else _check_source(model, pretrained, quick_gelu)
    if quick_gelu is None:
        quick_gelu = bool(tag and tag.get("quick_gelu"))
    try:
        made: Any = open_clip.create_model_from_pretrained(
            model, None if own_weights else pretrained, device=device, force_quick_gelu=quick_gelu
        )
    except Exception as error:  # open_clip wraps whatever the hub, the file and torch raise
        raise InputError(_why(model, pretrained, own_weights, tag, error)) from error
    network, preprocess = made
    _check_finite(network, model if own_weights else pretrained)
    return network.eval().requires_grad_(False), preprocess


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
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0].split(". ")[0][:200]
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
