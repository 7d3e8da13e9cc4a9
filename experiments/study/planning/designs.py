"""The eight studies that every interval is tried on: from two raters to sixty, two arms to five, clustered and not."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from experiments.study.planning.population import Population, strengths_for
from experiments.study.planning.simulate import Shown, shown_to, without_dropouts

PREFERRED = 0.58
"""The paper's win rate: what a study has to see."""

OTHERS = (0.5, 0.65, 0.6)
"""Win rates of the first arm over the third to the fifth, where the first is preferred."""


@dataclass(frozen=True)
class Design:
    """A study's size and its population; `per_rater` comparisons (0: all) for each rater."""

    name: str
    raters: int
    scenes: int
    arms: int = 2
    per_rater: int = 0
    dropout: float = 0.0
    traits: dict[str, Any] = field(default_factory=dict)

    def population(self, win_rate: float) -> Population:
        """Where the first arm is preferred to the second at `win_rate`; at 0.5 all arms are alike."""
        others = (0.5,) * len(OTHERS) if win_rate == 0.5 else OTHERS
        rates = (win_rate, *others)[: self.arms - 1]
        return Population(strengths_for(rates, **self.traits), **self.traits)

    def shown(self, rng: np.random.Generator) -> Shown:
        """What raters are asked, and stay for."""
        lists = shown_to(self.raters, self.scenes, self.arms, rng, per_rater=self.per_rater)
        return without_dropouts(lists, self.dropout, rng)


BIASED = {"left_bias": 0.5, "left_bias_sd": 0.5}
ALIKE = {"taste_sd": 0.0, "scene_sd": 0.0}

DESIGNS = (
    Design("2 raters, 200 scenes (these raters only)", 2, 200),
    Design("3 raters, 100 scenes", 3, 100),
    Design("6 raters, 40 scenes, ties", 6, 40, traits={"answers": "tie"}),
    Design(
        "12 raters, 60 of 120 scenes, left bias, 5 % lapses", 12, 120, per_rater=60, traits={**BIASED, "lapse": 0.05}
    ),
    Design("30 raters, 50 of 100 scenes, no clustering", 30, 100, per_rater=50, traits=ALIKE),
    Design("60 raters, 50 of 200 scenes, 10 % leave early", 60, 200, per_rater=50, dropout=0.1),
    Design("3 arms, 12 raters, 60 of 120 comparisons, five-step", 12, 40, 3, 60, traits={"answers": "five"}),
    Design(
        "5 arms, 24 raters, 60 of 300 comparisons, left bias, ties",
        24,
        30,
        5,
        60,
        traits={**BIASED, "answers": "tie"},
    ),
)
