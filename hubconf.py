"""torch.hub entry points: `torch.hub.load("owner/attiqa-isp", "attiqa_mini")` returns a frozen image-quality scorer."""

dependencies = ["torch", "torchvision", "timm", "safetensors", "huggingface_hub", "numpy", "PIL", "jaxtyping", "tqdm"]


def attiqa_mini(device: str = "cpu", crops: int = 5):
    """Return the scorer that ships: `score((batch, 3, height, width) display sRGB in [0, 1])` is the MOS, about [0, 1]."""
    return attiqa("attiqa-mini", device=device, crops=crops)


def attiqa(name: str, revision: str | None = None, device: str = "cpu", crops: int = 5):
    """Return the scorer of a shipped name, a folder, or "org/name" on the Hugging Face hub at a pinned commit."""
    from attiqa_core.scorer import Scorer

    return Scorer.from_pretrained(name, revision, device=device, crops=crops)
