"""Which parameter carries the gain: Shapley's shares by sampled orders, and what is lost when one is left out.

A share is the mean change when a parameter goes from the camera default to the policy's answer, over orders in which the
parameters go one after the other; along one order the changes sum to the whole gain, and so do their means. Each order comes
with its reverse, which takes out much of the sampling error. Source: Shapley 1953; permutation sampling after Castro, Gomez
and Tejada 2009, Polynomial calculation of the Shapley value based on sampling.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from agents.audit.finding import Finding
from agents.audit.subject import Subject
from agents.benchmark import SAME_ACTION
from isp_env.core import Actions, IspCore
from isp_env.reward import TERMS

EASILY_PLEASED = ("contrast", "saturation", "vibrance", "hue_deg", "tint_duv", "clarity", "sharpen", "whites_ev")
"""Parameters that a scorer was seen to be blind to, or easily pleased by (`parameter_table`, the gate's attacks)."""
NEARLY_ALL, AT_AN_END = 0.8, 0.95
"""Share of the score's gain that one parameter carries, and the action from which on it stands at the end of its range."""

QUESTION = "Which parameter carries the gain?"
RULE = (
    f"doubtful if one of {', '.join(EASILY_PLEASED)} carries at least {NEARLY_ALL:.0%} of the score's gain and stands at the "
    f"end of its range (action beyond {AT_AN_END:g} in half of the raws): that is a taste of the scorer, not an answer to a raw."
)
Column = Float[Tensor, " parameters"]


@dataclass(frozen=True)
class Shares:
    """Of each parameter, in the order of `names`: its share of the gain in reward and in score and the standard errors of
    these, and what reward and score lose when it alone stays at the camera default; means over raws.

    `gain`: reward and score; `evaluations`: actions whose pictures were looked at, for each raw.
    """

    names: tuple[str, ...]
    shares: Float[Tensor, "parameters 2"]
    errors: Float[Tensor, "parameters 2"]
    left_out: Float[Tensor, "parameters 2"]
    gain: Float[Tensor, " 2"]
    evaluations: int

    @property
    def unexplained(self) -> float:
        """By how much the shares miss the gain, the larger of reward's and score's: rounding alone."""
        return float((self.shares.sum(0) - self.gain).abs().max())


@torch.no_grad()
def shares_of(
    core: IspCore, ids: Int[Tensor, " raws"], actions: Actions, pairs: int, generator: torch.Generator
) -> Shares:
    """Return the shares over some raws of a core, whose absolute actions are given, from `pairs` orders and their reverses."""
    names, start = core.task.profile.names, core.identity.expand(len(ids), -1)
    moved = ((actions - start).abs().amax(0) > SAME_ACTION).nonzero()[:, 0].tolist()

    def seen(chosen: Actions) -> Float[Tensor, " 2"]:
        terms = core.appraise(ids, chosen).terms.mean(0).cpu()
        return torch.stack([terms.sum(), terms[TERMS.index("quality")]])

    nothing, everything = seen(start), seen(actions)
    found = torch.zeros(pairs, len(names), 2)
    for pair in range(pairs):
        order = [moved[place] for place in torch.randperm(len(moved), generator=generator).tolist()]
        for one in (order, order[::-1]):
            values = [nothing, *(seen(each) for each in _way(start, actions, one[:-1])), everything]
            for index, before, after in zip(one, values, values[1:], strict=False):
                found[pair, index] += (after - before) / 2
    left_out = torch.zeros(len(names), 2)
    for index in moved:
        left_out[index] = everything - seen(_with(actions, start, index))
    spread = found.std(0, correction=1) if pairs > 1 else torch.full_like(found[0], torch.nan)
    evaluations = 2 + 2 * pairs * max(0, len(moved) - 1) + len(moved)
    return Shares(names, found.mean(0), spread / pairs**0.5, left_out, everything - nothing, evaluations)


def _way(start: Actions, end: Actions, order: list[int]) -> Iterator[Actions]:
    """Yield the actions on the way, one parameter after the other at its end."""
    for index in order:
        start = _with(start, end, index)
        yield start


def _with(actions: Actions, others: Actions, index: int) -> Actions:
    """The actions with one parameter taken from others."""
    changed = actions.clone()
    changed[:, index] = others[:, index]
    return changed


def check_carriers(subject: Subject, pairs: int) -> Finding:
    """Return whether the gain is one parameter's, pushed to its end."""
    ids = subject.examined.to(subject.core.device)
    actions = subject.actions[ids]
    generator = torch.Generator().manual_seed(subject.seed)
    found = shares_of(subject.core, ids, actions, pairs, generator)
    at_end = (actions.abs() >= AT_AN_END).float().mean(0).cpu()
    table = _table(found, actions.mean(0).cpu(), at_end)
    numbers = {
        "raws": len(ids),
        "evaluations_per_raw": found.evaluations,
        "gain": {"reward": float(found.gain[0]), "score": float(found.gain[1])},
        "unexplained": found.unexplained,
        "parameters": table,
    }
    gain = float(found.gain[1])
    first, *others = sorted(table, key=lambda name: -abs(table[name]["score"]))
    share = table[first]["score"]
    says = f"of {gain:+.4f} in score, {first} carries {share:+.4f}{_next(table, others)}"
    at_the_end = table[first]["at_end"] >= 0.5
    pushed = gain > 0 and share >= NEARLY_ALL * gain and first in EASILY_PLEASED and at_the_end
    if pushed:
        says = f"{first} at the end of its range is {share / gain:.0%} of it: {says}"
    state = "doubtful" if pushed else "passed"
    return Finding("parameters", QUESTION, state, says, RULE, numbers, (f"pushes {first}",) if pushed else ())


def _table(found: Shares, mean: Column, at_end: Column) -> dict[str, dict[str, float]]:
    return {
        name: {
            "reward": float(found.shares[index, 0]),
            "score": float(found.shares[index, 1]),
            "reward_error": float(found.errors[index, 0]),
            "score_error": float(found.errors[index, 1]),
            "left_out_reward": float(found.left_out[index, 0]),
            "left_out_score": float(found.left_out[index, 1]),
            "mean_action": float(mean[index]),
            "at_end": float(at_end[index]),
        }
        for index, name in enumerate(found.names)
    }


def _next(table: dict[str, dict[str, float]], others: list[str]) -> str:
    told = [f", {name} {table[name]['score']:+.4f}" for name in others[:3] if table[name]["score"]]
    return "".join(told) or ", and is the only one that moves it"
