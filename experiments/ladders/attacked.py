"""Ladders that the scorer itself leads up: where its own score rises most through the ISP, it has to fall.

An optimiser does not move one control at a time; it goes where the score likes something wrongly, wherever that is. So
in every step the score that is being learned is climbed a little from good renders, and from camera defaults, and what
was found has to score below the good render of the same raw.
"""

from typing import Any

import torch

from agents.ascent import ascend
from attiqa_core.distortions.rungs import Rungs, Score, margins_of
from attiqa_core.tensors import Scores
from experiments.ladders.renders import drawn_view
from experiments.ladders.scenes import Scenes
from isp_env.core import Actions
from isp_env.params import IspParams
from isp_env.pipeline import render_prepared

QUERIES = 5
RATES = (0.05, 0.25)  # of the climb, in units of the action; one is drawn for each step
OFF = 0.1  # standard deviation of where a climb starts
MARGINS = (0.04, 0.04)
"""Of the MOS range: between the good render and the one half-way to what was found, and between that and the latter."""


class AttackedLadders:
    """Good renders, and what climbing the score makes of them; the climb is told by what it changed, not by its name."""

    def __init__(self, scenes: Scenes):
        self._scenes = scenes

    def draw(self, scenes: int, side: int, generator: torch.Generator, score: Score) -> Rungs:
        """Return the good render of so many raws, the render half-way to what a climb found, and what it found."""
        device = generator.device
        ids = torch.randint(len(self._scenes), (scenes,), generator=generator, device=device)
        frames, good = self._scenes.take(ids, device)
        from_default = torch.rand(scenes, 1, generator=generator, device=device) < 0.5
        start = torch.where(from_default, IspParams.identity_action().to(device), good)
        start = (start + OFF * torch.randn(start.shape, generator=generator, device=device)).clamp(-1, 1)
        low, high = RATES
        rate = low * (high / low) ** float(torch.rand((), generator=generator, device=device))
        view = generator.get_state()

        def seen(actions: Actions) -> torch.Tensor:
            generator.set_state(view)
            return drawn_view(render_prepared(frames, IspParams.from_action(actions))[0], side, generator)

        def liked(actions: Actions) -> Scores:
            return score(seen(actions))

        found = ascend(liked, start, QUERIES, rate).best
        with torch.no_grad():
            images = torch.stack([seen(actions) for actions in (good, torch.lerp(good, found, 0.5), found)])
        return Rungs(images, margins_of(images, torch.tensor(MARGINS, device=device)))

    def described(self) -> dict[str, Any]:
        """Return what a scorer's description says of them."""
        return {"photos": len(self._scenes), "steps": QUERIES - 1}
