"""Arms: what an evaluation compares, and the start networks of those that are to be trained."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from attiqa_core.errors import UsageError
from attiqa_core.network.clip_weights import state_sha256
from attiqa_core.network.model import AttiqaNet
from attiqa_core.network.pretrained import taught_attributes
from attiqa_core.runs.device import seed_everything

JUDGE = "judge:"
FRESH = ("imagenet", "random")
"""Starts without a pretraining: what their heads say of attributes means nothing."""


@dataclass(frozen=True)
class Arm:
    """A start of fine-tuning ("imagenet", "random" or a pretraining run), or "judge:NAME", taken as it is."""

    name: str
    source: str

    @property
    def is_judge(self) -> bool:
        return self.source.startswith(JUDGE)

    @property
    def reference(self) -> str:
        """What `create_metric` finds the judge by."""
        return self.source.removeprefix(JUDGE)


def parse_arms(words: Sequence[str]) -> list[Arm]:
    """Return the arms that NAME=SOURCE words stand for. Raises: UsageError for another form or a name used twice."""
    arms: dict[str, Arm] = {}
    for word in words:
        name, equals, source = word.partition("=")
        if not equals or not source or not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
            raise UsageError(
                f"--arm {word}: is not NAME=SOURCE; SOURCE is imagenet, random, a run of `attiqa pretrain` or "
                "judge:SCORER, NAME has letters, digits, - and _"
            )
        if name in arms:
            raise UsageError(f"--arm {word}: the name {name} is taken by {arms[name].source}; choose another")
        arms[name] = Arm(name, source)
    return list(arms.values())


class Starts:
    """Start networks of the arms, made when first asked for; every arm's fresh layers are drawn from the same seed."""

    def __init__(self, build: Callable[[str], tuple[AttiqaNet, str]], freeze: Sequence[str], device: torch.device):
        self._build, self._freeze, self._device = build, freeze, device
        self._made: dict[str, tuple[AttiqaNet, str]] = {}

    def network(self, arm: Arm) -> AttiqaNet:
        """Return the arm's start; a copy is what may be trained."""
        return self._start(arm)[0]

    def weights(self, arm: Arm) -> str:
        """Return what fixes the arm's weights: where they came from and, if they were loaded, the encoder's hash."""
        net, start = self._start(arm)
        if arm.source == "random":
            return start  # drawn numbers may differ in their last bits from machine to machine
        return f"{start}, encoder {state_sha256(net.encoder)}"

    def attribute_names(self, arm: Arm) -> tuple[str, ...]:
        """Return what the columns of the attribute scores of the arm's heads are called; none where nobody taught them."""
        return () if arm.source in FRESH else taught_attributes(arm.source)

    def described(self, arm: Arm) -> dict[str, Any]:
        """Return what a protocol card says of the arm."""
        if arm.is_judge:
            return {"source": arm.source}
        net, start = self._start(arm)
        return {"source": arm.source, "start": start, "architecture": net.arch.to_dict()}

    def _start(self, arm: Arm) -> tuple[AttiqaNet, str]:
        if arm.source not in self._made:
            seed_everything(0)
            net, start = self._build(arm.source)
            net.to(self._device)
            net.freeze(self._freeze)
            self._made[arm.source] = net, start
        return self._made[arm.source]
