"""What the policy does outside of what it was trained on: worse exposure and white balance than any context had."""

from dataclasses import asdict, dataclass, replace

import torch

from agents.audit.finding import Finding, is_below_zero, told
from agents.audit.subject import Subject
from agents.standings import gain_of
from isp_env.contexts.variations import WHITE_BALANCE_LIMIT, ContextRanges, Variation
from isp_env.core import CHUNK, IspCore
from isp_env.observe import observation_names

BEYOND_EV = (1.5, 1.0)
"""Stops below and above the exposures of training."""
BEYOND_MIRED = 40.0
"""Mired beyond its worst white balance either way: one more sigma of the usual contexts."""
SATURATED = 0.99
"""An entry of an action from here on stands at an end of its range."""
RUNS_AWAY = 0.2
"""Share of the actions' entries that may stand at an end abroad beyond those that do at home: one in five."""

QUESTION = "What does it do outside its training range?"
RULE = (
    f"doubtful if the interval of its reward there lies below 0, or if {RUNS_AWAY:.0%} more of its actions' entries than on "
    f"usual raws stand at an end; exposure {BEYOND_EV[0]:g} EV below and {BEYOND_EV[1]:g} EV above the contexts of training, "
    f"white balance {BEYOND_MIRED:g} mired beyond theirs. Of who imitates the ends alone count."
)


@dataclass(frozen=True)
class Abroad:
    """Raws outside the training range as a core of the policy's task, the scene of each, and a sentence about what they are."""

    core: IspCore
    scenes: tuple[str, ...]
    about: str


def far_variations(ranges: ContextRanges) -> dict[str, Variation]:
    """Return by name what lies beyond the ranges of a training: darker, brighter, warmer, cooler."""
    low, high = ranges.exposure_ev
    worst = WHITE_BALANCE_LIMIT * ranges.white_balance_mired + BEYOND_MIRED
    nothing = Variation()
    return {
        "darker": replace(nothing, exposure_ev=low - BEYOND_EV[0]),
        "brighter": replace(nothing, exposure_ev=high + BEYOND_EV[1]),
        "warmer": replace(nothing, white_balance_mired=worst),
        "cooler": replace(nothing, white_balance_mired=-worst),
    }


@torch.no_grad()
def check_abroad(subject: Subject, abroad: Abroad | None, *, rewarded: bool = True) -> Finding:
    """Return whether the gain turns to harm, or actions run to their ends, where the policy was not trained.

    The reward is nothing to who was not `rewarded`, but imitates.
    """
    if abroad is None:
        return Finding("range", QUESTION, "left out", "there were no raws to take out of its range", RULE)
    core, policy = abroad.core, subject.policy
    actions = policy.actions(core)
    ids = torch.arange(len(core), device=core.device)
    start = core.reset(ids)[0].terms.sum(1)
    values = torch.cat([core.appraise(some, actions[some]).values for some in ids.split(CHUNK)])
    gain = gain_of((values - start).tolist(), abroad.scenes)
    ends = [float((each.abs() >= SATURATED).float().mean()) for each in (subject.actions, actions)]
    ran = ends[1] - ends[0] >= RUNS_AWAY
    harm = rewarded and is_below_zero(gain)
    unfamiliar = _unfamiliar(subject, core)
    says = (
        f"{'harm: ' if harm else ''}reward {told(gain)} on {len(core)} {abroad.about}; {ends[1]:.0%} of its actions' entries stand "
        f"at an end ({ends[0]:.0%} on the others)"
        + (f"; most often unfamiliar: {', '.join(unfamiliar[:3])}" if unfamiliar else "")
    )
    numbers = {"reward": asdict(gain), "at_an_end": {"usual": ends[0], "abroad": ends[1]}, "unfamiliar": unfamiliar}
    named = tuple(word for word, is_so in (("harms outside its range", harm), ("runs to the ends", ran)) if is_so)
    return Finding("range", QUESTION, "doubtful" if named else "passed", says, RULE, numbers, named)


def _unfamiliar(subject: Subject, core: IspCore) -> list[str]:
    """Observations farther outside of the training's than its normaliser warns from, those of the most raws first."""
    task = core.task
    names = observation_names(task.profile.names, task.goals)
    phrases = [subject.policy.policy.normaliser.unfamiliar(row, names) for row in core.default_observations]
    entries = [phrase.split()[0] for each in phrases for phrase in each]
    return sorted(dict.fromkeys(entries), key=lambda name: -entries.count(name))
