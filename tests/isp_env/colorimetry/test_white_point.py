import pytest
import torch

from isp_env.colorimetry.white_point import repeated

FOLLOWS = torch.tensor([3, 0, 1, 4, 5, 6, 4])  # 0 -> 3 -> 4 -> 5 -> 6 -> 4 ...; 2 -> 1 -> 0


@pytest.mark.parametrize("start", [0, 2, 5])
@pytest.mark.parametrize("times", [0, 1, 3, 4, 5, 20, 21, 22])
def test_steps_that_come_back_end_where_all_of_them_would_and_few_are_taken(start, times):
    asked = []

    def step(at):
        asked.append(at)
        return FOLLOWS[at]

    expected = torch.tensor([start, 4])
    for _ in range(times):
        expected = FOLLOWS[expected]
    assert torch.equal(repeated(step, torch.tensor([start, 4]), times), expected)
    assert len(asked) <= min(times, 8)
