"""Training: the best constant first, then what the state adds to it, judged on scenes that nobody trains on."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import torch

from agents.algorithms import CONSTANT_SAMPLES, NUM_ENVS, TIMESTEPS, find_algorithm, numbers_of
from agents.ascent import require_gradient_of_isp
from agents.board import Board
from agents.bundles.files import save_policy
from agents.checkpoint import load_checkpoint
from agents.constant import find_constant
from agents.episodes import figures_of
from agents.policy import Policy
from agents.selection import Selection
from agents.start import Start
from agents.training import Training, normaliser_of
from attiqa_core.errors import UsageError
from attiqa_core.runs.progress import progress
from isp_env.core import IspCore

LOOKS = 16
"""So often a training looks at its validation contexts, if nothing else is said."""


def train_agent(
    core: IspCore,
    validation: IspCore | None = None,
    *,
    algorithm: str = "ppo",
    timesteps: int = TIMESTEPS,
    constant_samples: int = CONSTANT_SAMPLES,
    num_envs: int = NUM_ENVS,
    every: int | None = None,
    patience: int = 0,
    seed: int = 0,
    numbers: Mapping[str, Any] | None = None,
    run: Path | None = None,
    resume: bool = False,
    recorded: Mapping[str, Any] | None = None,
    start: Start | None = None,
) -> Policy:
    """Return the policy that the validation contexts like best of those met on the way to `timesteps` steps; the last one
    without validation.

    The constant is found first, with `constant_samples` renders more, by the gradient, or by CMA-ES where the ISP has none;
    `--algo constant` finds nothing else, and has `timesteps` for it. `numbers` replace the preset's (`algorithms.Numbers`).
    With a run folder the best policy, the curves and a checkpoint are stored there as it learns; `resume` goes on from that
    checkpoint, and gives the same policy. `recorded` is what the bundle's `training` says besides, of data and scorer. With a
    `start` no constant is found: its own is taken, and of a policy weights, normaliser and reach as well. The same seed gives the same policy on the same machine. An interrupt leaves the best policy so far.
    Raises: UsageError for an unknown algorithm or number, a constant to be found through a scorer without a gradient, the
    amortised gradient through an ISP without one, or a start of another task or network.
    """
    chosen = numbers_of(algorithm, numbers or {})  # a wrong name is refused before anything is made
    if start is not None:
        constant_samples, chosen = 0, start.numbers(algorithm, chosen, numbers or {})
    if not find_algorithm(algorithm).build and algorithm != "constant":
        require_gradient_of_isp(core, f"--algo {algorithm}")
    if core.isp.differentiable and (constant_samples or not find_algorithm(algorithm).build):
        _require_gradient(core)
    every = every or max(1, timesteps // LOOKS)
    selection = Selection(validation, run, patience)
    stored = load_checkpoint(run, only=("base",)) if resume and run is not None else None
    found = start.base if start is not None else lambda core: _found(core, algorithm, constant_samples, seed)
    base = found(core) if stored is None else stored[0]["base"].to(core.device)
    about = {"algorithm": algorithm, "numbers": chosen, "constant_samples": constant_samples, "seed": seed}
    about |= {**(recorded or {}), "raws": len(core), "validation_raws": 0 if validation is None else len(validation)}
    about |= {} if start is None else {"start": start.described()}
    budget = (timesteps, num_envs, every, seed)
    policy = None if start is None or start.actor is None else start.policy
    normaliser = normaliser_of(core) if policy is None else policy.normaliser
    actor = None if policy is None else policy.actor
    training = Training(algorithm, core, selection, base, normaliser, chosen, *budget, about, run, resume, actor)
    if start is not None:
        start.check(core, algorithm, training.own_architecture())
    if run is not None:  # nothing is written before all that can be refused was
        done = 0 if stored is None else stored[1]["timesteps"]
        selection.on_look = Board(run / "tensorboard", validation or core, done).write
    resolve_name(find_algorithm(algorithm).train)(training)
    return _with_mean_action(selection, core)


def _found(core: IspCore, algorithm: str, samples: int, seed: int) -> torch.Tensor:
    """The constant that the policy starts from."""
    if algorithm == "constant":
        samples = 0
    with progress(total=samples, label="constant", unit="sample", hidden=not samples) as bar:
        return find_constant(core, samples, seed, lambda done: bar.update(done - bar.n))


def _require_gradient(core: IspCore) -> None:
    """Raises: UsageError for a scorer without one: what is climbed would be the penalties alone."""
    if not core.scorer.differentiable:
        raise UsageError(
            f"scorer {core.scorer.reference}: has no gradient, which the constant is found by; give --constant-samples 0 and"
            " an --algo of Stable-Baselines3, or the scorer's folder"
        )


def _with_mean_action(selection: Selection, core: IspCore) -> Policy:
    """The best policy, whose bundle now says what its answers to the training contexts are on the mean."""
    best = selection.best
    assert best is not None
    policy = replace(best, training=best.training | figures_of(best, core) | {"seconds": round(selection.elapsed(), 1)})
    if selection.run is not None:
        save_policy(selection.run, policy)
    return policy
