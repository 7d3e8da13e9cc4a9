"""How sure an agent has to be: calibrated on clean pictures that nobody trains on, so that most of them are left alone."""

import math
from dataclasses import replace

from agents.tools.flat import flat_masks
from agents.tools.policy import ToolPolicy
from attiqa_core.errors import UsageError
from isp_env.tool_episodes.core import ToolCore

ROUNDING = 1e-5  # a tool that is preferred by exactly as much as it takes is not to be chosen


def calibrated(policy: ToolPolicy, core: ToolCore, share: float) -> ToolPolicy:
    """Return the policy with the smallest caution, 0 or more, by which it leaves alone at least a share of clean pictures.

    The share is that of pictures to come, if they are drawn as the core's clean ones were: split conformal prediction, of the
    cautions at which the n clean pictures would be left alone the one of rank ceil((n + 1) share). For photos of another kind
    nothing is promised; members that disagree about what they have not seen are why it may hold.
    Source: Papadopoulos et al. 2002, Inductive confidence machines for regression, section 3; Lakshminarayanan et al. 2017,
    Simple and scalable predictive uncertainty estimation using deep ensembles.
    Raises: UsageError for a single member, who cannot disagree, and for fewer clean pictures than the share takes.
    """
    if policy.members < 2:
        raise UsageError(f"stops_on_clean {share:g}: takes several members, who can disagree; give members 2 or more")
    clean = [place for place, planted in enumerate(core.contexts.planted) if not planted]
    rank = math.ceil((len(clean) + 1) * share)
    if rank > len(clean):
        raise UsageError(
            f"stops_on_clean {share:g}: takes {math.ceil(share / (1 - share) - ROUNDING)} clean pictures to judge, and"
            f" there are {len(clean)}; give more photos or draws, or a smaller share"
        )
    state, observations = core.reset(core.ids(clean))
    means, spreads = policy.answers(observations, flat_masks(core, state))
    leads = (means[:, :-1] - means[:, -1:]) / spreads[:, :-1]
    needed = float(leads.amax(1).sort().values[rank - 1])
    return replace(policy, caution=max(0.0, needed * (1 + ROUNDING) + ROUNDING))
