"""Does the policy answer the raw in front of it, or does it copy a constant?"""

from dataclasses import asdict

import torch

from agents.audit.finding import Finding, is_above_zero, listed, told
from agents.audit.subject import Subject
from agents.baselines.controls import FixedTuner, shuffled
from agents.constant import per_step
from agents.standings import Gain
from isp_env.core import Actions

COPIED_SHARE = 0.1
"""Deviation of the actions over raws as a share of how far they are from the camera default, both root mean square over
parameters: a policy that answers with less spread sets one point for every raw."""

QUESTION = "Does it answer the raw, or copy a constant?"
RULE = (
    "doubtful unless the intervals of its reward less that of its own mean action, and less that of itself before another "
    f"scene's raw, lie above 0; copies a constant if it is not above its mean action and its actions spread over raws by less "
    f"than {COPIED_SHARE:g} of their distance from the camera default. A bundle without an actor says itself that it is a "
    "constant: it passes."
)


def check_constant(subject: Subject) -> Finding:
    """Return whether the policy gains more than its constant, its mean action, and itself before other scenes' raws."""
    known = subject.policy.policy
    if known.actor is None:
        says = "a constant, and its bundle says so: it answers every raw alike, and is judged by its gain alone"
        return Finding("constant", QUESTION, "passed", says, RULE, {"actor": False}, ("constant",))
    if len(set(subject.scenes)) < 2:
        says = "all raws are of one scene, so that there is no other to show in its place"
        return Finding("constant", QUESTION, "left out", says, RULE)
    gains = {name: _less(subject, actions) for name, actions in _controls(subject).items()}
    spread, distance = spread_and_distance(subject.actions, subject.core.identity)
    copied = not is_above_zero(gains["mean action"]) and spread < COPIED_SHARE * max(distance, 1e-9)
    beaten = {name: gain for name, gain in gains.items() if name != "constant"}
    state = "passed" if all(map(is_above_zero, beaten.values())) and not copied else "doubtful"
    words = listed([f"{told(gain)} less its {name}" for name, gain in gains.items()])
    about = f"its actions spread by {spread:.3f} over raws at a distance of {distance:.3f} from the default"
    says = f"{'copies a constant: ' if copied else ''}reward {words}; {about}"
    numbers = {**{name: asdict(gain) for name, gain in gains.items()}, "spread": spread, "distance": distance}
    return Finding("constant", QUESTION, state, says, RULE, numbers, ("copies a constant",) if copied else ())


def mean_action(subject: Subject) -> Actions:
    """Return the mean of where the policy ended in training, where its bundle holds it; else of its answers here, (1, controls)."""
    stored = subject.policy.policy.training.get("mean_action")
    if stored is None:
        return subject.actions.mean(0, keepdim=True)
    return torch.tensor(stored).to(subject.core.identity)[None]


def spread_and_distance(actions: Actions, identity: torch.Tensor) -> tuple[float, float]:
    """Return the deviation over raws, and the distance of the mean from the default, root mean square over parameters."""
    spread = actions.std(0, correction=0).square().mean().sqrt()
    return float(spread), float((actions.mean(0) - identity).square().mean().sqrt())


def fixed(action: Actions, subject: Subject, name: str) -> Actions:
    """Return the absolute actions that one action for every raw, taken at each step, ends at."""
    known, core = subject.policy.policy, subject.core
    return FixedTuner(action, known.task, name).tune(core).to_action(known.task.profile).to(core.device)


def _controls(subject: Subject) -> dict[str, Actions]:
    known, core = subject.policy.policy, subject.core
    mean = per_step(mean_action(subject)[0], core.identity, known.task)
    others = shuffled(list(subject.scenes), subject.seed).to(core.device)
    return {
        "constant": fixed(known.base, subject, "constant"),
        "mean action": fixed(mean, subject, "mean action"),
        "answers to other scenes": subject.actions[others],
    }


def _less(subject: Subject, actions: Actions) -> Gain:
    """The policy's reward less that of other actions."""
    return subject.gain(subject.tuned.value, subject.look_at_terms(actions).sum(1))
