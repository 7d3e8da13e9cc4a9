"""Does the policy gain anything on scenes that it has never seen?"""

from dataclasses import asdict

from agents.audit.finding import Finding, is_above_zero, told
from agents.audit.subject import Subject

RULE = (
    "passed if the 95 % intervals over scenes of both gains, in reward and in score, lie above 0; otherwise doubtful. "
    "Proxies and native crops, as in training."
)


def check_gain(subject: Subject) -> Finding:
    """Return whether reward and score rise over the camera default."""
    gains = {
        "reward": subject.gain(subject.tuned.value, subject.default.value),
        "score": subject.score_gain,
    }
    shown = all(map(is_above_zero, gains.values()))
    says = (
        f"reward {told(gains['reward'])} and score {told(gains['score'])} over the camera default, on "
        f"{len(subject.core)} raws of {len(set(subject.scenes))} scenes; "
        f"{gains['score'].better_share:.0%} of them score higher"
    )
    return Finding(
        "gain",
        "Is there a gain on held-out scenes?",
        "passed" if shown else "doubtful",
        says if shown else f"no gain is shown: {says}",
        RULE,
        {name: asdict(gain) for name, gain in gains.items()},
    )
