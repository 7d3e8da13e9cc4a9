"""Train a Stable-Baselines3 agent that answers each raw with ISP parameters, rewarded by a frozen ATTIQA scorer."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from experiments.commands.gate import packaged_photos
from experiments.options.outcome import Outcome
from isp_env.reward_weights import RewardWeights


@dataclass(frozen=True)
class Config:
    """Options of `attiqa train`."""

    raws: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Raw files or folders to train on; keep the raws you will judge by elsewhere."""
    out: Path = Path("runs/agent")
    """Run folder: the policy bundle, metrics.jsonl, TensorBoard logs."""
    algo: Literal["ppo", "sac", "td3"] = "ppo"
    """Stable-Baselines3 algorithm."""
    scorer: str = "attiqa-mini"
    """Name of a shipped scorer, or the folder of one: the reward."""
    formulation: Literal["one-shot", "iterative"] = "one-shot"
    """Answer once, or change the parameters over several steps."""
    horizon: int = 5
    """Steps of an iterative episode."""
    step_size: float = 0.25
    """Largest change of a parameter per iterative step, in half ranges."""
    proxy_px: int = 288
    """Side of the square proxies that agent and scorer see while training."""
    timesteps: int = 8192
    """Environment steps: each renders and scores one picture."""
    num_envs: int = 32
    """Episodes that run as one batch."""
    seed: int = 0
    """Seed of everything random."""
    allow_ungated: bool = False
    """Train even against a scorer that fails `attiqa gate`."""
    device: str = "auto"
    """Where ISP and scorer run: auto, cpu or cuda."""
    reward: RewardWeights = field(default_factory=RewardWeights)
    """Weights of the penalties."""


def run(config: Config) -> Outcome:
    """Train as configured; raws that cannot be read are reported and left out."""
    from agents.train import train_agent
    from attiqa_core.judges.gate import require
    from attiqa_core.judges.judge import create_metric
    from attiqa_core.runs import new_run, pick_device, seed_everything, write_json
    from isp_env.core import IspCore, Task, load_frames

    scorer = create_metric(config.scorer, pick_device(config.device), crops=1)
    frames, failures = load_frames(config.raws)
    if not config.allow_ungated:
        require(scorer, packaged_photos)
    folder = new_run(config.out, config, seed=config.seed, inputs={"raws": str(len(frames)), "scorer": scorer.sha256})
    seed_everything(config.seed)
    task = Task(config.formulation, config.horizon, config.step_size, config.proxy_px)
    core = IspCore(frames, scorer, task, config.reward)
    policy = train_agent(
        core, algorithm=config.algo, timesteps=config.timesteps, num_envs=config.num_envs, seed=config.seed, run=folder
    )
    write_json(folder / "summary.json", {**training_gain(core, policy), "unreadable": failures})
    return Outcome(folder, tuple(failures))


def training_gain(core, policy) -> dict[str, float]:
    """Return the mean MOS of the training proxies at the camera default and under the finished policy."""
    import torch

    from isp_env.core import CHUNK

    ids = torch.arange(len(core), device=core.device)
    scores = []
    for part in ids.split(CHUNK):
        state, observations = core.reset(part)
        for _ in range(core.task.steps):
            transition = core.step(state, policy.act(observations))
            state, observations = transition.state, transition.observations
        scores.append(state.terms[:, 0])
    return {"default_score": float(core.default_scores.mean()), "tuned_score": float(torch.cat(scores).mean())}
