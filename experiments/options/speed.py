"""Options of `attiqa speed`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from experiments.options import checks

Part = Literal[
    "isp", "gradients", "scorer", "env", "tools", "raw", "folder", "prompts", "label", "pretrain", "finetune"
]


@dataclass(frozen=True)
class Config:
    """Time what users wait for on this machine, from the ISP to fine-tuning; each beside the plain way of doing it."""

    out: Path | None = None
    """Also write the table to this JSON file."""
    parts: tuple[Part, ...] = get_args(Part)
    """What to time."""
    scorer: str = "attiqa-mini"
    """Name of a shipped scorer, or the folder of one."""
    raw: Path | None = None
    """A raw file for raw-to-JPEG; default a synthetic 12 MP DNG."""
    repeats: int = 5
    """Runs of each; the median counts, after one that does not."""
    compile: bool = True
    """Also time the ISP on proxies under torch.compile (adds some minutes)."""
    device: str = "auto"
    """auto, cpu or cuda."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, repeats=1)
        checks.new_file(self.out, "out")
        checks.present(self.raw)
