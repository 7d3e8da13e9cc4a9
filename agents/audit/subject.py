"""Who is audited, and on what: a policy before held-out raws, with judges that had no part in its training."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from agents.audit.keeping import NOTHING_KEPT, Unkept
from agents.audit.looking import Judges, Looked, looked
from agents.standings import Gain, gain_of
from agents.tuner import PolicyTuner
from attiqa_core.tensors import PerImage
from isp_env.core import CHUNK, Actions, IspCore

EXAMINED = 8
"""Raws at most, one of a scene as far as scenes go, that the costly checks look at: which parameter, and the attack."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A policy, the held-out raws as a core of its own task, their scenes, and held-out judges by name.

    `eyes`: the same raws with native crops; the core itself where the task has crops. `seed` draws what is drawn. `examples`: the
    absolute actions that a policy which imitates should have answered with, None where nobody gave any. `kept`: of an earlier
    call that was ended.
    """

    policy: PolicyTuner
    core: IspCore
    eyes: IspCore
    scenes: tuple[str, ...]
    judges: Judges
    seed: int = 0
    examples: Actions | None = None
    kept: Unkept = NOTHING_KEPT

    @cached_property
    def actions(self) -> Actions:
        """The policy's answers, absolute and in [-1, 1]."""
        found = self.kept.tensors("answers", lambda: {"actions": self.policy.actions(self.core)})
        return found["actions"].to(self.core.device)

    @cached_property
    def default(self) -> Looked:
        """Every raw at the camera default."""
        return self._kept_look("default", lambda: self.core.identity.expand(len(self.core), -1))

    @cached_property
    def tuned(self) -> Looked:
        """Every raw as the policy answers it."""
        return self._kept_look("answered", lambda: self.actions)

    @cached_property
    def exemplary(self) -> Looked:
        """Every raw as its example says; there have to be some."""
        assert self.examples is not None
        own = self.examples
        return self._kept_look("examples", lambda: own)

    def _kept_look(self, name: str, actions: Callable[[], Actions]) -> Looked:
        return Looked.from_tensors(self.kept.tensors(name, lambda: self.look(actions()).to_tensors()))

    def look(self, actions: Actions) -> Looked:
        """Return what is seen of every raw under actions."""
        return looked(self.core, self.eyes, actions.to(self.core.device), self.judges)

    @torch.no_grad()
    def look_at_terms(self, actions: Actions) -> Float[Tensor, "raws terms"]:
        """Return the terms of every raw's value under actions, and nothing else; on the CPU."""
        ids = torch.arange(len(self.core), device=self.core.device).split(CHUNK)
        own = actions.to(self.core.device)
        return torch.cat([self.core.appraise(some, own[some]).terms.cpu() for some in ids])

    def gain(self, after: PerImage, before: PerImage) -> Gain:
        """Return the mean gain over raws, with its interval over scenes."""
        return gain_of((after - before).tolist(), self.scenes)

    @property
    def score_gain(self) -> Gain:
        return self.gain(self.tuned.score, self.default.score)

    @property
    def examined(self) -> Int[Tensor, " some"]:
        """The raws that the costly checks look at, scene by scene in turn, in the order of the core."""
        return torch.tensor(sorted(in_turn(self.scenes)[:EXAMINED]))


def in_turn(scenes: Sequence[str]) -> list[int]:
    """Return all places, first one of each scene, then a second one of each, and so on."""
    seen: dict[str, int] = {}
    turns = []
    for place, scene in enumerate(scenes):
        seen[scene] = seen.get(scene, 0) + 1
        turns.append((seen[scene], place))
    return [place for _, place in sorted(turns)]
