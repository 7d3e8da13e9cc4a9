"""Who counts as a judge that is held out from a scorer."""

from fixtures.brightness import BrightnessScorer

from agents.audit.other_judges import families, held_out
from agents.benchmark import share_weights
from attiqa_core.judges import create_metric
from attiqa_core.judges.joined import JoinedJudges


def test_a_judge_that_shares_a_part_or_a_family_with_the_scorer_is_not_held_out(tiny_scorer_folder):
    tiny, mini, niqe = create_metric(tiny_scorer_folder), create_metric("attiqa-mini"), create_metric("niqe")
    both = JoinedJudges([tiny, mini])
    assert share_weights(both, mini) and share_weights(tiny, both) and share_weights(both, both)
    assert not share_weights(tiny, mini) and not share_weights(both, BrightnessScorer())
    assert families(both) == families(mini) == {"attiqa"}
    for scorer, judge in ((both, tiny), (tiny, both), (mini, tiny), (both, create_metric(both.reference))):
        assert list(held_out(scorer, {"judge": judge, "niqe": niqe})) == ["niqe"]
