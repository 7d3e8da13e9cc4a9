"""What a tool has to be preferred by: calibrated on clean pictures that nobody trains on, so that most of them are left alone."""

import math
from dataclasses import replace

from agents.tools.flat import flat_masks
from agents.tools.policy import ToolPolicy
from attiqa_core.errors import UsageError
from isp_env.tool_episodes.core import ToolCore

ROUNDING = 1e-5  # of a margin: a tool that is preferred by exactly as much is not to be chosen


def calibrated(policy: ToolPolicy, core: ToolCore, share: float) -> ToolPolicy:
    """Return the policy with the smallest margin, 0 or more, by which it leaves alone at least a share of clean pictures.

    The share is that of pictures to come, if they are drawn as the core's clean ones were: split conformal prediction, of n
    leads over the stop the one of rank ceil((n + 1) share). For photos of another kind nothing is promised.
    Source: Papadopoulos et al. 2002, Inductive confidence machines for regression, section 3.
    Raises: UsageError for fewer clean pictures than the share takes.
    """
    clean = [place for place, planted in enumerate(core.contexts.planted) if not planted]
    rank = math.ceil((len(clean) + 1) * share)
    if rank > len(clean):
        raise UsageError(
            f"stops_on_clean {share:g}: takes {math.ceil(share / (1 - share) - ROUNDING)} clean pictures to judge, and there are"
            f" {len(clean)}; give more photos or draws, or a smaller share"
        )
    state, observations = core.reset(core.ids(clean))
    preferences = replace(policy, margin=0.0).preferences(observations, flat_masks(core, state))
    leads = (preferences[:, :-1].amax(1) - preferences[:, -1]).sort().values
    lead = float(leads[rank - 1])
    return replace(policy, margin=max(0.0, lead + ROUNDING * max(1.0, abs(lead))))
