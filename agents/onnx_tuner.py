"""A policy out of its ONNX file: what was exported for other programs answers here as well, with the same parameters."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents.bundles.scorer import open_scorer
from agents.normaliser import Normaliser
from agents.policy import Policy
from agents.sharing.onnx_export import FORMAT, NAMES, parameters_of
from agents.tuner import NO_GOAL, PolicyTuner, for_task
from attiqa_core.errors import InputError
from attiqa_core.judges.judge import Judge
from attiqa_core.sharing.onnx_files import open_model
from isp_env.core import Actions, IspCore
from isp_env.observe import observation_names
from isp_env.params import IspParams
from isp_env.reward_weights import RewardWeights
from isp_env.task import Task

CURE = "write it again with `attiqa export RUN --out policy.onnx`"


class OnnxTuner(PolicyTuner):
    """A policy that ONNX Runtime asks. Its `policy` is what the file says of itself: task, reward weights, scorer, ranges seen;
    the constant in there is never asked."""

    def __init__(self, policy: Policy, session: Any, scorer: Judge, goal: Mapping[str, float] = NO_GOAL):
        super().__init__(policy, scorer, goal=goal)
        self.session = session
        batch = session.get_inputs()[0].shape[0]
        self.batch = batch if isinstance(batch, int) else None

    @classmethod
    def open(
        cls,
        path: Path,
        scorer: str | Path | None = None,
        device: str | torch.device = "cpu",
        goal: Mapping[str, float] = NO_GOAL,
    ) -> "OnnxTuner":
        """Return the policy of a file, with the scorer that it has to be shown the opinion of.

        Raises: InputError for what is no policy of ours, one of another version, or another scorer; UsageError without the `onnx`
        extra, or for a goal that is none of its.
        """
        policy, session = read_model(path)
        return cls(policy, session, open_scorer(policy, path.parent, scorer, device), goal)

    def tune(self, core: IspCore) -> IspParams:
        return IspParams(self._ended(core)[1], self.policy.task.profile.columns)

    def actions(self, core: IspCore) -> Actions:
        return self._ended(core)[0].to(core.device)

    @torch.no_grad()
    def _ended(self, core: IspCore) -> tuple[Actions, Tensor]:
        """The last absolute actions and physical parameters of an episode on each raw, on the CPU."""
        own = for_task(core, self.policy.task)
        state, observations = own.reset(
            torch.arange(len(own), device=own.device), self.goals.expand(len(own), -1).to(own.device)
        )
        memory = [np.zeros((len(own), units), np.float32) for units in self._units()]
        for step in range(own.task.steps):
            action, parameters, *memory = self._asked([observations.cpu().numpy(), *memory])
            absolute = torch.from_numpy(action).to(own.device)
            if step < own.task.steps - 1:
                change = (absolute - state.actions) / own.task.step_size
                transition = own.step(state, change.clamp(-1, 1))
                state, observations = transition.state, transition.observations
        return torch.from_numpy(action), torch.from_numpy(parameters)

    def _asked(self, given: list[np.ndarray]) -> list[np.ndarray]:
        """What the model gives; of a fixed batch the last one is filled up with its first row."""
        names = [each.name for each in self.session.get_inputs()]
        rows, size = len(given[0]), self.batch or len(given[0])
        parts = []
        for start in range(0, rows, size):
            some = [each[start : start + size] for each in given]
            short = size - len(some[0])
            filled = [np.concatenate([each, each[:1].repeat(short, 0)]) if short else each for each in some]
            answer = self.session.run(None, dict(zip(names, filled, strict=True)))
            parts.append([each[: size - short] for each in answer])
        return [np.concatenate(each) for each in zip(*parts, strict=True)]

    def _units(self) -> list[int]:
        return [each.shape[1] for each in self.session.get_inputs()[1:]]


def read_model(path: Path) -> tuple[Policy, Any]:
    """Return what a file says of its policy, and its session. Raises: as `OnnxTuner.open`."""
    session, said = open_model(path, FORMAT, "an exported policy", CURE)
    policy = _described(path, said)
    _check_tensors(path, session, policy)
    return policy, session


def _described(path: Path, said: Mapping[str, str]) -> Policy:
    """The policy as its file describes it. Raises: InputError for words that are not those of this version."""
    try:
        told = {
            name: json.loads(said[name]) for name in ("task", "scorer", "reward_weights", "parameters", "observation")
        }
        ranges = [torch.tensor(json.loads(said[f"observation_{end}"]), dtype=torch.float32) for end in ("low", "high")]
        task = Task.from_stored(told["task"])
        scorer = {name: str(told["scorer"][name]) for name in ("name", "sha256")}
        weights = RewardWeights.from_stored(told["reward_weights"], str(path))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: its words are not those of this version ({error}); {CURE}") from error
    observed = list(observation_names(task.profile.names, task.goals))
    if task.profile.foreign:
        raise InputError(
            f"{path}: was trained on another program, and does not say which; name the bundle that it was made of"
        )
    if told["observation"] != observed or told["parameters"] != json.loads(json.dumps(parameters_of(task.profile))):
        raise InputError(f"{path}: was made for another observation or parameter table; {CURE}")
    low, high = ranges
    if low.shape != (len(observed),) or high.shape != low.shape:
        raise InputError(f"{path}: its ranges are of another observation; {CURE}")
    normaliser = Normaliser((low + high) / 2, torch.ones_like(low), low, high)
    return Policy(torch.zeros(len(task.profile.names)), 0.0, None, normaliser, task, weights, scorer, {})


def _check_tensors(path: Path, session: Any, policy: Policy) -> None:
    """Raises: InputError for tensors of other names or sizes than such a policy has."""
    profile, given, gives = policy.task.profile, session.get_inputs(), session.get_outputs()
    entries = len(policy.normaliser.mean) + policy.task.picture_entries
    memory = [NAMES["hidden"], NAMES["cell"]] if len(given) > 1 else []
    after = [NAMES["next_hidden"], NAMES["next_cell"]] if memory else []
    named = [each.name for each in given] == [NAMES["observation"], *memory] and [each.name for each in gives] == [
        NAMES["action"], NAMES["parameters"], *after]  # fmt: skip
    sizes = {given[0].name: entries, gives[0].name: len(profile.names)} if named else {}
    sizes |= {gives[1].name: len(profile.columns)} if named else {}
    found = {each.name: each.shape[1] for each in (*given, *gives) if len(each.shape) == 2}
    if not named or any(found.get(name) != size for name, size in sizes.items()):
        raise InputError(f"{path}: its tensors are not those of a policy; {CURE}")
    if not all(isinstance(found.get(name), int) for name in (*memory, *after)):
        raise InputError(f"{path}: its memory has no size; {CURE}")
