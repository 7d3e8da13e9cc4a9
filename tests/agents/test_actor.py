import pytest
import torch
from fixtures.seeded import uniform
from fixtures.tolerances import rounding

from agents.actor import Actor, Architecture

PLAIN = Architecture(inputs=7, outputs=3, hidden=(5,))
WITH_PICTURES = Architecture(inputs=7 + 2 * 3 * 16**2, outputs=3, pictures=2, picture_px=16)
WITH_MEMORY = Architecture(inputs=7, outputs=3, memory=4, squash="tanh", activation="relu")
ALL = pytest.mark.parametrize("architecture", [PLAIN, WITH_PICTURES, WITH_MEMORY], ids=["plain", "pictures", "memory"])


@ALL
def test_an_actor_that_starts_at_zero_answers_zero_and_can_learn(architecture):
    actor = Actor(architecture).start_at_zero()
    residuals, _ = actor(uniform(4, architecture.inputs))
    assert torch.equal(residuals, torch.zeros(4, 3))
    residuals.sum().backward()
    assert actor.layers[-1].weight.grad.abs().sum() > 0


@ALL
def test_a_batch_is_answered_as_its_rows_are(architecture):
    torch.manual_seed(0)
    actor = Actor(architecture)
    observations = uniform(4, architecture.inputs)
    together, _ = actor(observations)
    alone = torch.cat([actor(row[None])[0] for row in observations])
    torch.testing.assert_close(together, alone, atol=rounding(architecture.inputs), rtol=0)


@pytest.mark.parametrize("squash", ["clip", "tanh"])
def test_what_comes_out_stays_in_the_residuals_range(squash):
    torch.manual_seed(0)
    actor = Actor(Architecture(inputs=7, outputs=3, hidden=(), squash=squash))
    assert actor(1e3 * (uniform(64, 7) - 0.5))[0].abs().max() == 1


def test_a_memory_makes_the_second_step_another_than_the_first():
    torch.manual_seed(0)
    actor = Actor(WITH_MEMORY)
    observations = uniform(4, 7)
    first, memory = actor(observations)
    second, _ = actor(observations, memory)
    assert not torch.allclose(first, second) and torch.equal(actor(observations)[0], first)


def test_every_picture_is_looked_at_by_the_same_convolutions():
    torch.manual_seed(0)
    actor = Actor(WITH_PICTURES)
    statistics, one, other = uniform(1, 7), uniform(1, 768), uniform(1, 768) / 2
    read = actor.reader(torch.cat([torch.cat([statistics, *pair], 1) for pair in ((one, other), (other, one))]))
    assert torch.equal(read[0, :7], statistics[0])
    torch.testing.assert_close(read[0, 7:71], read[1, 71:], atol=rounding(768), rtol=0)


@ALL
def test_an_architecture_comes_back_from_its_stored_form(architecture):
    assert Architecture.from_dict(architecture.to_dict()) == architecture
