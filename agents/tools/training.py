"""Training of an agent that picks tools: legs of learning, a look by the selection after each."""

from collections.abc import Mapping
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from agents.actor import Architecture
from agents.checkpoint import load_checkpoint, save_checkpoint
from agents.tools.algorithms import NUM_ENVS, TIMESTEPS, find_tool_algorithm, tool_numbers_of
from agents.tools.caution import calibrated
from agents.tools.choice_env import ChoiceVecEnv, normaliser_by_chance
from agents.tools.flat import choices_of
from agents.tools.learner import Learner
from agents.tools.policy import ToolPolicy
from agents.tools.selection import ToolSelection
from attiqa_core.runs.progress import progress
from isp_env.tool_episodes.core import ToolCore
from isp_env.tool_episodes.vec_env import ToolVecEnv

LOOKS = 16
"""So often a training looks at its validation photos, if nothing else is said."""
BY_CHANCE = 6
"""Steps of each environment by chance that the normaliser is made of: two episodes of three tools."""


def train_tools(
    core: ToolCore,
    validation: ToolCore | None = None,
    *,
    algorithm: str = "discrete-sac",
    timesteps: int = TIMESTEPS,
    num_envs: int = NUM_ENVS,
    every: int | None = None,
    patience: int = 0,
    stops_on_clean: float = 0.0,
    seed: int = 0,
    numbers: Mapping[str, Any] | None = None,
    about: Mapping[str, Any] | None = None,
    run: Path | None = None,
    resume: bool = False,
) -> ToolPolicy:
    """Return the policy that the validation contexts like best of those met on the way to `timesteps` steps; the last one
    without validation.

    With `stops_on_clean` each of them is so cautious that it leaves alone that share of the clean validation contexts.
    `numbers` replace the preset's (`algorithms.ToolNumbers`), `about` is what the bundle says of the data. With a run folder the
    best policy, the curves and a checkpoint are stored there; `resume` goes on from that checkpoint, and gives the same policy.
    The same seed gives the same policy on the same machine.
    Raises: UsageError for an unknown algorithm or number, or too few clean contexts to have a share of.
    """
    chosen = tool_numbers_of(algorithm, numbers or {})
    every = every or max(1, timesteps // LOOKS)
    selection = ToolSelection(validation, run, patience)
    learner, env = _learner(core, algorithm, chosen, num_envs, seed)
    told = {**(about or {}), "algorithm": algorithm, "numbers": chosen, "seed": seed, "pictures": len(core)}
    told |= {"validation_pictures": 0 if validation is None else len(validation), "stops_on_clean": stops_on_clean}

    def policy() -> ToolPolicy:
        tools = {tool.name: tool.sha256 for tool in core.tools}
        judge = {} if core.judge is None else {"name": core.judge.reference, "sha256": core.judge.sha256}
        size = int(core.contexts.images.shape[-1])
        training = {**told, "timesteps": learner.timesteps}
        actor = learner.actor()
        members = actor.architecture.outputs // env.choices
        made = ToolPolicy(actor, env.normaliser, core.task, tools, judge, size, training, members)
        return calibrated(made, validation, stops_on_clean) if validation and stops_on_clean else made

    if not _restored(run if resume else None, learner, selection):
        selection.consider(policy(), {})
    with progress(total=timesteps, label=algorithm, unit="step", done=learner.timesteps) as bar:
        while learner.timesteps < timesteps and not selection.finished:
            figures = learner.learn(min(every, timesteps - learner.timesteps))
            selection.consider(policy(), figures)
            if run is not None:
                tensors, values = learner.state()
                save_checkpoint(
                    run, tensors, {**values, "timesteps": learner.timesteps, "selection": selection.state()}
                )
            bar.update(learner.timesteps - bar.n)
    assert selection.best is not None
    return selection.best


def _learner(
    core: ToolCore, algorithm: str, numbers: dict[str, Any], num_envs: int, seed: int
) -> tuple[Learner, ChoiceVecEnv]:
    """The untrained learner in its environment; the normaliser is made of what random choices meet in many episodes."""
    names = list(core.observation_names)
    wide = ToolVecEnv(core, min(len(core), 256))
    wide.seed(seed)
    normaliser = normaliser_by_chance(wide, names, BY_CHANCE, seed)
    env = ChoiceVecEnv(ToolVecEnv(core, num_envs), normaliser, numbers["reward_scale"])
    pictures = core.task.pictures
    shape = Architecture(
        core.observation_size,
        choices_of(core.task, len(core.tools)),
        tuple(numbers["hidden"]),
        "relu",
        pictures=1 if pictures else 0,
        picture_px=pictures,
    )
    return resolve_name(find_tool_algorithm(algorithm).learner)(env, shape, numbers, seed), env


def _restored(run: Path | None, learner: Learner, selection: ToolSelection) -> bool:
    """Whether there was a checkpoint, which learner and selection now go on from."""
    stored = None if run is None else load_checkpoint(run)
    if stored is None:
        return False
    learner.restore(*stored)
    selection.restore(stored[1]["selection"])
    return True
