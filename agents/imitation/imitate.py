"""From fits and contexts to a policy of the usual kind, which observes a raw and answers with what the examples taught it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from agents.algorithms import find_algorithm
from agents.bundles.scorer import recorded_scorer
from agents.episodes import figures_of
from agents.imitation.errors import compared
from agents.imitation.learning import Learned, Lessons, learn
from agents.imitation.prior import middle_of
from agents.imitation.recipe import ImitationRecipe
from agents.imitation.targets import Examples
from agents.imitation.visible import shown_by, with_the_unseen
from agents.normaliser import Normaliser
from agents.policy import Policy
from agents.selection import validate
from agents.training import architecture_of, normaliser_of
from attiqa_core.errors import UsageError
from attiqa_core.judges.judge import Judge
from isp_env.core import IspCore, Task
from isp_env.reward_weights import RewardWeights

ALGORITHM = "imitation"
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Imitation:
    """A policy, and how near it comes to the examples: `errors` as `errors.compared`, None without validation; `rows` by epoch."""

    policy: Policy
    errors: dict[str, dict[str, Any]] | None
    rows: list[dict[str, Any]]


def as_policy(
    training: Examples,
    validation: Examples | None,
    scorer: Judge,
    task: Task,
    *,
    recipe: ImitationRecipe = ImitationRecipe(),  # noqa: B008  frozen
    weights: RewardWeights = RewardWeights(),  # noqa: B008  frozen
    seed: int = 0,
    source: Mapping[str, Any] = NOTHING,
    recorded: Mapping[str, Any] = NOTHING,
) -> Imitation:
    """Return the policy that imitates the examples: their median, and what the observation adds to it.

    The scorer is asked once about each context's camera default, for it is part of what a policy observes; of validation it
    says the reward as well. No answer depends on its taste. `weights` are recorded, and what that reward is weighed by;
    `source` is what the bundle says of where the examples are from, `recorded` what its `training` says besides.
    Raises: UsageError for a task of several steps or with goals: examples say where to end, in one taste.
    """
    if task.formulation != "one-shot" or task.goals:
        raise UsageError("examples say what parameters to end at: imitate with formulation one-shot and without goals")
    began = time.perf_counter()
    row, network = find_algorithm(recipe.like), recipe.network()
    core = IspCore(training.proxies, scorer, task, weights)
    judging = None if validation is None else IspCore(validation.proxies, scorer, task, weights)
    normaliser, base = normaliser_of(core), middle_of(training.targets).to(core.device)
    lessons = lessons_of(core, normaliser, training)
    held_out = None if judging is None or validation is None else lessons_of(judging, normaliser, validation)
    shape = architecture_of(core, network, row.activation, row.squash)
    learned = learn(lessons, held_out, base, network["reach"], shape, recipe, seed)
    targets = {**source, **_told_of(training, base, network["reach"])}
    about = {**recorded, **_about(recipe, learned, training, validation), "seed": seed, "targets": targets}
    reward_model = recorded_scorer(core.scorer)
    policy = Policy(base.cpu(), network["reach"], learned.actor, normaliser, task, weights, reward_model, about)
    found = figures_of(policy, core) | ({} if judging is None else _judged(judging, policy))
    policy = replace(policy, training=policy.training | found | {"seconds": round(time.perf_counter() - began, 1)})
    if held_out is None or judging is None or validation is None:
        return Imitation(policy, None, learned.rows)
    answers = policy.act(judging.default_observations)
    return Imitation(policy, compared(held_out, answers, base, task.profile.names, validation.scenes), learned.rows)


def lessons_of(core: IspCore, normaliser: Normaliser, examples: Examples) -> Lessons:
    """Return what is to be learned from the examples of a core's contexts."""
    actions = examples.targets.actions.to(core.device)
    observations = normaliser.to(core.device)(core.default_observations)
    forms = with_the_unseen(shown_by(core, actions))
    return Lessons(observations, actions, examples.targets.weights.to(core.device), forms)


def _told_of(training: Examples, base: Tensor, reach: float) -> dict[str, Any]:
    """What the targets were like: how many were cut, how many the policy cannot reach, how many contexts had none."""
    off = (training.targets.actions - base.cpu()).abs()
    beyond, out_of_reach = dict(training.targets.beyond), int((off > reach).any(1).sum())
    return {"beyond": beyond, "out_of_reach": out_of_reach, "without": training.without}


def _about(
    recipe: ImitationRecipe, learned: Learned, training: Examples, validation: Examples | None
) -> dict[str, Any]:
    """What the bundle says; `timesteps` are the answers that were corrected until the best epoch."""
    rows = {"best": learned.rows[learned.epoch], "last": learned.rows[-1], "constant": learned.rows[0]}
    errors = {name: row["validation_error"] for name, row in rows.items() if "validation_error" in row}
    return {
        "algorithm": ALGORITHM,
        "numbers": recipe.described(),
        "constant_samples": 0,
        "timesteps": learned.epoch * len(training.targets),
        "raws": len(training.targets),
        "validation_raws": 0 if validation is None else len(validation.targets),
        "imitation": {"epoch": learned.epoch, "epochs": recipe.epochs, "validation_square_delta_e": errors},
    }


def _judged(core: IspCore, policy: Policy) -> dict[str, float]:
    return {"validation_reward": validate(core, policy)["validation_reward"]}
