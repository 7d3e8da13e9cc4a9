import torch
from fixtures.seeded import uniform

from agents.normaliser import CLIP, SMALLEST_SIGMA, Normaliser

NAMES = ("chroma_mean", "baseline_exposure_ev", "action_tint_duv", "time_left")


def contexts():
    table = uniform(50, 4)
    table[:, 1] = 0.3  # one camera: its baseline never varies
    table[:, 2], table[:, 3] = 0.0, 1.0
    return table


def test_statistics_are_standardised_over_the_training_contexts():
    table = contexts()
    scaled = Normaliser.of(table, NAMES)(table)
    torch.testing.assert_close(scaled[:, 0].mean(), torch.tensor(0.0), atol=1e-6, rtol=0)
    torch.testing.assert_close(scaled[:, 0].std(correction=0), torch.tensor(1.0), atol=1e-6, rtol=0)


def test_what_never_varied_in_training_moves_little_elsewhere():
    normaliser = Normaliser.of(contexts(), NAMES)
    other = torch.tensor([[0.5, 0.32, 0.0, 1.0]])
    assert abs(float(normaliser(other)[0, 1])) <= 0.02 / SMALLEST_SIGMA + 1e-6


def test_actions_and_time_are_taken_as_they_are():
    row = torch.tensor([[0.5, 0.3, -0.7, 0.4]])
    assert torch.equal(Normaliser.of(contexts(), NAMES)(row)[:, 2:], row[:, 2:])


def test_pictures_behind_the_statistics_pass_and_nothing_leaves_the_range():
    row = torch.cat([torch.tensor([[1e6, -1e6, 0.0, 1.0]]), uniform(1, 12)], 1)
    scaled = Normaliser.of(contexts(), NAMES)(row)
    assert torch.equal(scaled[:, 4:], row[:, 4:]) and scaled[0, :2].tolist() == [CLIP, -CLIP]


def test_an_entry_far_outside_the_training_range_is_named_with_that_range():
    normaliser = Normaliser.of(contexts(), NAMES)
    assert normaliser.unfamiliar(contexts()[0], NAMES) == []
    strange = torch.tensor([0.5, 3.3, 0.0, 1.0])
    assert normaliser.unfamiliar(strange, NAMES) == ["baseline_exposure_ev 3.3 (training: 0.3 to 0.3)"]
