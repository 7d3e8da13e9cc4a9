"""What a Stable-Baselines3 model has learned and remembers, as tensors and JSON: nothing pickled.

Its generators and its environment are not here: every leg of a training starts them anew (`agents.sb3.training`).
"""

from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.buffers import ReplayBuffer
from torch import Tensor

from attiqa_core.tensor_files import part_of
from attiqa_core.training.checkpoint import flat_moments, moments_of

COUNTERS = ("num_timesteps", "_n_updates", "_episode_num")
REPLAYED = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")
OPTIMIZER = "optimizer"


def model_state(model: BaseAlgorithm) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return weights of networks and their targets, moments of optimisers, entropy weight, the filled part of the replay
    buffer; and the counters."""
    tensors: dict[str, Tensor] = {}
    for name, state in model.get_parameters().items():
        if name.endswith(OPTIMIZER):
            tensors |= {f"{name}/{key}": value for key, value in flat_moments(state["state"], "/").items()}
        else:
            tensors |= {f"{name}/{key}": value for key, value in state.items()}
    values: dict[str, Any] = {name: getattr(model, name) for name in COUNTERS}
    if getattr(model, "log_ent_coef", None) is not None:
        tensors["log_ent_coef"] = model.log_ent_coef  # type: ignore[attr-defined]
    if (replay := _replay_of(model)) is not None:
        filled = replay.buffer_size if replay.full else replay.pos
        tensors |= {f"replay/{name}": torch.from_numpy(getattr(replay, name)[:filled]) for name in REPLAYED}
        values |= {"replay_pos": replay.pos, "replay_full": replay.full}
    return tensors, values


def restore_model(model: BaseAlgorithm, tensors: dict[str, Tensor], values: dict[str, Any]) -> None:
    """Give a model of the same numbers what `model_state` returned."""
    parameters: dict[str, Any] = model.get_parameters()
    for name, state in parameters.items():
        own = part_of(tensors, f"{name}/")
        if name.endswith(OPTIMIZER):
            state["state"] = moments_of(own, "/")
        else:
            state.update(own)
    model.set_parameters(parameters, exact_match=True, device=model.device)
    for name in COUNTERS:
        setattr(model, name, values[name])
    if "log_ent_coef" in tensors:
        with torch.no_grad():
            model.log_ent_coef.copy_(tensors["log_ent_coef"])  # type: ignore[attr-defined]
    if (replay := _replay_of(model)) is not None:
        for name in REPLAYED:
            stored = tensors[f"replay/{name}"].numpy()
            getattr(replay, name)[: len(stored)] = stored
        replay.pos, replay.full = values["replay_pos"], values["replay_full"]


def _replay_of(model: BaseAlgorithm) -> ReplayBuffer | None:
    return getattr(model, "replay_buffer", None)
