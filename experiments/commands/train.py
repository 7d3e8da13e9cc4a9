"""Train a Stable-Baselines3 agent that answers each raw with ISP parameters, rewarded by a frozen ATTIQA scorer."""

import sys

import torch

from agents.policy import Policy
from agents.train import train_agent
from attiqa_core.files import write_json
from attiqa_core.judges.gate import require
from attiqa_core.judges.judge import create_metric
from attiqa_core.runs import new_run, pick_device, seed_everything
from experiments.demo_set import packaged_photos
from experiments.options.outcome import Outcome, count
from experiments.options.recipe import recipe_of
from experiments.options.train import Config
from isp_env.core import CHUNK, IspCore
from isp_env.loading import load_proxies
from isp_env.profile_files import find_profile
from isp_env.task import Task


def run(config: Config) -> Outcome:
    """Train as configured; raws that cannot be read are reported and left out."""
    config.check()
    task = recipe_of(Task, config, profile=find_profile(config.profile))
    scorer = create_metric(config.scorer, pick_device(config.device), crops=1)
    proxies, failures = load_proxies(config.raws, task.proxy_px, task.crops)
    if not config.allow_ungated:
        require(scorer, packaged_photos)
    folder = new_run(config.out, config, seed=config.seed, inputs={"raws": str(len(proxies)), "scorer": scorer.sha256})
    seed_everything(config.seed)
    compiled_batch = config.num_envs if config.compile else None
    core = IspCore(proxies, scorer, task, config.reward, compiled_batch=compiled_batch)
    try:
        policy = train_agent(
            core,
            algorithm=config.algo,
            timesteps=config.timesteps,
            num_envs=config.num_envs,
            seed=config.seed,
            run=folder,
        )
    except KeyboardInterrupt:
        print(f"\nattiqa: {folder}: holds the policy as it stood; remove the folder to start again", file=sys.stderr)
        raise
    write_json(folder / "summary.json", {**training_gain(core, policy), "unreadable": failures})
    return Outcome(
        folder,
        f"1 policy trained on {count(len(proxies), 'raw')} in {count(policy.training['timesteps'], 'step')}",
        tuple(failures),
    )


def training_gain(core: IspCore, policy: Policy) -> dict[str, float]:
    """Return the mean MOS of the training proxies at the camera default and under the finished policy."""
    ids = torch.arange(len(core), device=core.device)
    scores = []
    for part in ids.split(CHUNK):
        state, observations = core.reset(part)
        for _ in range(core.task.steps):
            transition = core.step(state, policy.act(observations))
            state, observations = transition.state, transition.observations
        scores.append(state.terms[:, 0])
    return {"default_score": float(core.default_scores.mean()), "tuned_score": float(torch.cat(scores).mean())}
