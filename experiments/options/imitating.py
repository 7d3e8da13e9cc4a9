"""Options of `attiqa fit` that make a prior or a policy of its fits."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from agents.algorithms import ALGORITHMS
from agents.imitation.recipe import ImitationRecipe
from experiments.options import checks
from experiments.options.choices import one_of
from experiments.options.refuse_unused import refuse_unused

OF_A_POLICY = ("contexts", "like", "scorer", "epochs")
FREE = ("as_prior", "as_policy", *OF_A_POLICY)
"""They may change when a fit goes on: the fits do not depend on them."""


@dataclass(frozen=True)
class Imitating:
    """What else becomes of the fits."""

    as_prior: bool = False
    """Also write prior.json, the median of the fitted parameters as one setting: `attiqa render --params`, `attiqa train --start`."""
    as_policy: bool = False
    """Also write policy/, the bundle of a policy that learned to answer each raw with its fitted parameters."""
    contexts: Path | None = None
    """With --as-policy: the store of `attiqa bake` made of the raws to learn on; default the raws themselves, a fifth of whose
    scenes judges."""
    like: Annotated[str, one_of(ALGORITHMS)] = ImitationRecipe.like
    """With --as-policy: the algorithm whose network it gets, and that `attiqa train --start` can go on with."""
    scorer: str = "attiqa-mini"
    """With --as-policy: name or folder of the scorer whose opinion of the camera default the policy sees."""
    epochs: int = ImitationRecipe.epochs
    """With --as-policy: passes over the contexts; the best by the scenes that judge is kept."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        if not self.as_policy:
            refuse_unused(self, OF_A_POLICY, "is about --as-policy")
            return
        checks.at_least(self, epochs=1)
        self.recipe().check()
        if self.contexts is not None:
            checks.present(self.contexts)

    def recipe(self) -> ImitationRecipe:
        """Return the numbers of the imitation."""
        return ImitationRecipe(like=self.like, epochs=self.epochs)
