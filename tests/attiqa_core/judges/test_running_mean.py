import pytest
import torch
from fixtures.seeded import uniform

from attiqa_core.errors import InputError, UsageError
from attiqa_core.judges import RunningMean
from attiqa_core.network.frozen_judge import FrozenJudge


class MeanOfPixels(FrozenJudge):
    device, name = torch.device("cpu"), "mean"

    def _read(self, images):
        return images.mean((1, 2, 3)), images.new_zeros(len(images), 0)


def test_every_picture_counts_once_whatever_the_batches():
    images, mean = uniform(5, 3, 8, 8), RunningMean(MeanOfPixels())
    mean.update(images[:1])
    mean.update(images[1:])
    torch.testing.assert_close(mean.compute(), images.mean())
    assert mean.pictures == 5 and mean.compute().shape == () and mean.compute().dtype == torch.float32


def test_a_call_returns_the_batchs_own_mean_and_remembers_it():
    black, white, mean = torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8), RunningMean(MeanOfPixels())
    assert float(mean(black)) == 0 and float(mean(white)) == 1 and float(mean.compute()) == 0.5


def test_reset_forgets_and_nothing_seen_is_said():
    mean = RunningMean(MeanOfPixels())
    with pytest.raises(UsageError, match="mean: has seen no picture"):
        mean.compute()
    mean.update([torch.ones(3, 8, 8), torch.ones(3, 6, 9)])
    mean.reset()
    mean.update(torch.zeros(3, 8, 8))
    assert float(mean.compute()) == 0 and mean.pictures == 1


def test_a_refused_batch_leaves_the_mean_as_it_was():
    mean = RunningMean(MeanOfPixels())
    mean.update(torch.ones(1, 3, 8, 8))
    with pytest.raises(InputError, match="NaN"):
        mean.update(torch.full((1, 3, 8, 8), float("nan")))
    assert float(mean.compute()) == 1


def test_millions_of_pictures_are_not_lost_in_rounding():
    mean = RunningMean(MeanOfPixels())
    mean._total, mean.pictures = torch.tensor(2.0**24, dtype=torch.float64), 2**24
    mean.update(torch.zeros(1, 3, 8, 8))
    mean.update(torch.ones(1, 3, 8, 8))
    assert float(mean._total) == 2**24 + 1


def test_it_stands_where_torchmetrics_stands_and_records_no_gradients():
    mean = RunningMean(MeanOfPixels())
    assert mean.higher_is_better and not mean.is_differentiable
    assert not mean(torch.rand(1, 3, 8, 8, requires_grad=True)).requires_grad
