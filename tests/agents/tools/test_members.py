import pytest
import torch

from agents.actor import Architecture
from agents.tools.members import Members, merged


@pytest.mark.parametrize(
    "shape",
    [
        Architecture(5, 3, hidden=(8, 6)),
        Architecture(5, 3, hidden=(4,)),
        Architecture(5, 3, hidden=()),
        Architecture(5 + 3 * 16**2, 3, hidden=(4, 4), pictures=1, picture_px=16),
    ],
)
def test_the_merged_network_gives_the_members_answers(shape):
    torch.manual_seed(0)
    members = Members(shape, 3)
    observations = torch.rand(7, shape.inputs)
    answers = members(observations)
    assert answers.std(0).min() > 0
    assert torch.allclose(merged(members)(observations).unflatten(1, (3, -1)), answers.movedim(0, 1), atol=1e-6)
