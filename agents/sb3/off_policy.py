"""What SAC and TD3 share: how they learn from the replay buffer."""

from typing import Any

from agents.sb3.actor import HIDDEN


def off_policy_options() -> dict[str, Any]:
    """Return a fresh dictionary: SB3 writes into the one it is given."""
    return {
        "learning_starts": 256,
        "gradient_steps": -1,
        "batch_size": 128,
        "buffer_size": 50_000,
        "learning_rate": 1e-3,
        "gamma": 0.95,
        "policy_kwargs": {"net_arch": HIDDEN},
    }
