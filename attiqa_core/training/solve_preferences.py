"""A linear head solved for on people's choices: what the encoder sees stays, what of it counts moves towards their taste.

The head's weights minimise the votes' cross-entropy, and the squared error of the MOS where there are some, under a
penalty on how far they go from where they were (ridge towards the start). Its strength and the temperature are chosen by
cross-validation over scenes, as `network.ridge` chooses its own strength by leave-one-out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from sklearn.model_selection import GroupKFold
from torch import Tensor, nn

from attiqa_core.errors import UsageError
from attiqa_core.network.model import AttiqaNet
from attiqa_core.tensors import Scores, Views
from attiqa_core.training.preferences import TEMPERATURE, preference_loss

KEEPS = (1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1e3)
"""Strengths of the penalty that are tried: times the summed squares of the standardised weights' change, in `TEMPERATURE`s."""
TEMPERATURES = (0.025, 0.05, 0.1)
"""What is tried where none is stated."""
FOLDS = 5
STEPS = 100
LEAST_SPREAD = 1e-3  # of the mean over all inputs


@dataclass(frozen=True)
class HeadVotes:
    """Votes on rows of `inputs`, what the head sees of each picture; `groups` names the scene of each vote."""

    inputs: Float[Tensor, "pictures features"]
    pairs: Int[Tensor, "votes 2"]
    wanted: Float[Tensor, " votes"]
    groups: Sequence[str]


@dataclass(frozen=True)
class Rated:
    """Pictures with MOS in [0, 1], as the head sees them, and how much a nat of their fit counts beside one of the votes'."""

    inputs: Float[Tensor, "pictures features"]
    mos: Scores
    weight: float = 1.0


@dataclass(frozen=True)
class Solved:
    """The temperature and the strength of the penalty that a head was solved with, and the votes' loss by cross-validation."""

    temperature: float
    keep: float
    held_out_loss: float | None


def linear_head(net: AttiqaNet) -> nn.Linear:
    """Return the last layer of the regressor, which is linear. Raises: UsageError for a guarded regressor."""
    last = net.regressor[-1] if isinstance(net.regressor, nn.Sequential) else net.regressor
    if not isinstance(last, nn.Linear):
        raise UsageError("--votes: a guarded regressor does not end in a linear layer; take a linear or an mlp one")
    return last


@torch.no_grad()
def head_inputs(net: AttiqaNet, views: Views) -> Float[Tensor, "images inputs"]:
    """Return what the last layer sees of each picture, meaned over its views, on the CPU in double precision."""
    net.eval()
    features = views.flatten(0, 1).to(net.device)
    inputs = net.regressor_inputs(features, net.hidden(features))
    if isinstance(net.regressor, nn.Sequential):
        inputs = net.regressor[:-1](inputs)
    return inputs.unflatten(0, views.shape[:2]).mean(1).cpu().double()


def solve_preferences(
    head: nn.Linear,
    votes: HeadVotes,
    *,
    rated: Rated | None = None,
    temperature: float | None = None,
    keep: float | None = None,
) -> Solved:
    """Set the head to the solution, and return with what it was found: temperature and keep that are None are chosen.

    Those are chosen that foretell the votes on scenes left out of the fit, and of those that do equally well, as far as one
    can tell, the ones that move scores least. Of one scene nothing can be left out, and
    the temperature is `TEMPERATURE`, the penalty the strongest.
    """
    problem = _Problem.of(head, votes, rated)
    folds = min(FOLDS, len(set(votes.groups)))
    tried = [(each, strength) for each in _choices(temperature, TEMPERATURES) for strength in _choices(keep, KEEPS)]
    loss = None
    if len(tried) > 1 and folds > 1:
        parts = [*GroupKFold(folds).split(np.arange(len(votes.groups)), groups=list(votes.groups))]
        foretold = np.array([[problem.left_out(*each, *part) for part in parts] for each in tried])
        place = _most_careful(foretold[..., 0], foretold[..., 1].mean(1))
        best, loss = tried[place], float(foretold[place, :, 0].mean())
    else:
        best = (TEMPERATURE if temperature is None else temperature, tried[-1][1])
    weight, bias = problem.solution(*best)
    with torch.no_grad():
        head.weight.add_(weight[None])
        head.bias.add_(bias)
    return Solved(*best, loss)


def _most_careful(losses: Float[np.ndarray, "tried folds"], moved: Float[np.ndarray, " tried"]) -> int:
    """Which solution moves scores least of those no worse than the best by more than the standard error over the folds.

    Where votes say nothing, staying is as good as any. Source: the one-standard-error rule of Breiman et al. 1984, on
    differences from the best, fold by fold.
    """
    worse = losses - losses[losses.mean(1).argmin()]
    errors = worse.std(1, ddof=1) / np.sqrt(losses.shape[1])
    return int(np.where(worse.mean(1) <= errors, moved, np.inf).argmin())


def _choices(given: float | None, tried: Sequence[float]) -> Sequence[float]:
    return tried if given is None else (given,)


@dataclass(frozen=True)
class _Problem:
    """Scores are `start` + `basis` @ change, in the space that the pictures' standardised inputs span; the last row of a
    change is the bias, which costs nothing. `back` makes a change one of the head's weights."""

    votes: HeadVotes
    rated: Rated | None
    start: Float[Tensor, " pictures"]
    basis: Float[Tensor, "pictures rank"]
    back: Float[Tensor, "features rank"]

    @classmethod
    def of(cls, head: nn.Linear, votes: HeadVotes, rated: Rated | None) -> "_Problem":
        seen = votes.inputs if rated is None else torch.cat([votes.inputs, rated.inputs])
        weight, bias = head.weight.detach().double().cpu()[0], head.bias.detach().double().cpu()
        scale = seen.std(0)
        scale = torch.where(scale > LEAST_SPREAD * scale.mean(), scale, torch.inf)  # what hardly moves tells nothing
        basis, spread, back = torch.linalg.svd((seen - seen.mean(0)) / scale, full_matrices=False)
        return cls(votes, rated, seen @ weight + bias, basis * spread, back.T / scale[:, None])

    def solution(self, temperature: float, keep: float) -> tuple[Tensor, float]:
        """The changes of the head's weight and bias."""
        change, bias = self._change(temperature, keep, np.arange(len(self.votes.groups)))
        seen = self.votes.inputs if self.rated is None else torch.cat([self.votes.inputs, self.rated.inputs])
        weight = self.back @ change
        return weight, float(bias - seen.mean(0) @ weight)

    def left_out(self, temperature: float, keep: float, fitted: np.ndarray, tested: np.ndarray) -> tuple[float, float]:
        """The loss on votes that the fit of the others foretells, and the mean square by which that moves scores."""
        change, _ = self._change(temperature, keep, fitted)
        moved = self.basis @ change
        return float(self._votes_loss(self.start + moved, tested, temperature)), float(moved.square().mean())

    def _votes_loss(self, scores: Tensor, chosen: np.ndarray, temperature: float) -> Tensor:
        index = torch.from_numpy(chosen)
        first, second = scores[self.votes.pairs[index]].unbind(1)
        return preference_loss(first, second, self.votes.wanted[index], temperature)

    @torch.enable_grad()
    def _change(self, temperature: float, keep: float, chosen: np.ndarray) -> tuple[Tensor, Tensor]:
        """The change that is best for these votes, by L-BFGS: the problem is convex."""
        change = torch.zeros(self.basis.shape[1], dtype=torch.double, requires_grad=True)
        bias = torch.zeros((), dtype=torch.double, requires_grad=True)
        optimizer = torch.optim.LBFGS([change, bias], max_iter=STEPS, history_size=20, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            optimizer.zero_grad()
            scores = self.start + TEMPERATURE * (self.basis @ change + bias)
            total = self._votes_loss(scores, chosen, temperature) + keep * change.square().sum()
            if self.rated is not None:
                errors = (scores[-len(self.rated.mos) :] - self.rated.mos) / TEMPERATURE
                total = total + self.rated.weight * 0.5 * errors.square().mean()
            total.backward()
            return total

        optimizer.step(loss)
        return TEMPERATURE * change.detach(), TEMPERATURE * bias.detach()
