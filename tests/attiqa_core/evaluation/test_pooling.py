import pytest

from attiqa_core.evaluation.pooling import worst_mean


@pytest.mark.parametrize(("frames", "lowest"), [(1, 1), (19, 1), (20, 1), (21, 2), (40, 2), (100, 5)])
def test_the_worst_twentieth_is_rounded_up_to_whole_frames(frames, lowest):
    scores = [float(number) for number in range(frames)]
    assert worst_mean(scores[::-1]) == sum(scores[:lowest]) / lowest


def test_the_worst_of_all_is_the_mean_of_all():
    assert worst_mean([0.25, 0.75, 0.5], share=1.0) == pytest.approx(0.5)
