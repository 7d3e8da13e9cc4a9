"""Does a policy that imitates come nearer to examples of raws that it never saw than whoever does not look at the raw?"""

from collections.abc import Mapping
from dataclasses import asdict

import torch

from agents.audit.constant import fixed
from agents.audit.finding import Finding, is_above_zero, is_below_zero, listed, told
from agents.audit.subject import Subject
from agents.baselines.controls import shuffled
from attiqa_core.evaluation.colour_difference import delta_e_2000
from attiqa_core.tensors import PerImage
from isp_env.core import CHUNK, Actions

POLICY = "policy"
OTHERS = ("its constant", "the camera default", "its answers to other scenes")
UNSEEING = OTHERS[:2]
"""Who needs no policy at all: if one of them is clearly nearer, there is no use in this one."""

QUESTION = "Does it come near examples that it never saw?"
RULE = (
    "Delta E 2000 between the picture under the policy's answer and the one under the example's parameters, mean over the pixels of "
    "a proxy. passed if it is clearly nearer than its constant, than the camera default and than its own answers to other scenes' "
    "raws (95 % intervals over scenes above 0); failed if its constant or the camera default is clearly nearer; else doubtful. How "
    "far the examples are themselves from the pictures that they were fitted to is said by `attiqa fit`."
)


def check_nearness(subject: Subject) -> Finding:
    """Return whether the policy's pictures are nearer to the examples' than those of its controls."""
    if subject.examples is None:
        says = "no examples of these raws were given, so that nobody knows what it should have answered; name their fits with --fits"
        return Finding("examples", QUESTION, "left out", says, RULE)
    if len(set(subject.scenes)) < 2:
        says = "all raws are of one scene, so that there is no other to show in its place"
        return Finding("examples", QUESTION, "left out", says, RULE)
    off = distances(subject)
    gains = {name: subject.gain(off[name], off[POLICY]) for name in OTHERS}
    worse = [name for name in UNSEEING if is_below_zero(gains[name])]
    state = "failed" if worse else "passed" if all(map(is_above_zero, gains.values())) else "doubtful"
    means = {name: float(each.mean()) for name, each in off.items()}
    words = listed([f"{name} {means[name]:.2f} (nearer by {told(gains[name])})" for name in OTHERS])
    verdict = {"passed": "", "doubtful": "not clearly nearer than all of them: ", "failed": f"{listed(worse)} nearer: "}
    says = (
        f"{verdict[state]}off the examples by Delta E {means[POLICY]:.2f} on {len(subject.core)} raws of "
        f"{len(set(subject.scenes))} scenes; {words}"
    )
    numbers = {"delta_e_2000": means, "nearer_by": {name: asdict(gain) for name, gain in gains.items()}}
    named = (f"farther than {listed(worse)}",) if worse else ("not nearer",) if state == "doubtful" else ()
    return Finding("examples", QUESTION, state, says, RULE, numbers, named)


def distances(subject: Subject) -> Mapping[str, PerImage]:
    """Return how far the policy's picture of each raw, and each control's, is from the example's: mean Delta E 2000."""
    core, known = subject.core, subject.policy.policy
    others = shuffled(list(subject.scenes), subject.seed).to(core.device)
    rows = dict(
        zip(
            (POLICY, *OTHERS),
            (
                subject.actions,
                fixed(known.base, subject, "constant"),
                core.identity.expand(len(core), -1),
                subject.actions[others],
            ),
            strict=True,
        )
    )
    return subject.kept.tensors("distances", lambda: {name: _off(subject, actions) for name, actions in rows.items()})


@torch.no_grad()
def _off(subject: Subject, actions: Actions) -> PerImage:
    assert subject.examples is not None
    core, wanted, found = subject.core, subject.examples.to(subject.core.device), []
    own = actions.to(core.device)
    for ids in torch.arange(len(core), device=core.device).split(CHUNK):
        pairs = zip(core.render(ids, own[ids])[0], core.render(ids, wanted[ids])[0], strict=True)
        found += [torch.as_tensor(delta_e_2000(one[None], other[None])).mean() for one, other in pairs]
    return torch.stack(found).float().cpu()
