"""Less at a time: only where it changes nothing, and only for want of memory."""

import pytest
import torch

from attiqa_core.errors import ResourceError
from attiqa_core.machine.shrinking import Shrinking


class Encoder:
    """Doubles numbers, of at most `most` at a time; `company`: what a batch's length does to its rows."""

    def __init__(self, most: int, company: float = 0.0, error: type[Exception] = torch.OutOfMemoryError):
        self.most, self.company, self.error, self.asked = most, company, error, []

    def __call__(self, items):
        self.asked.append(len(items))
        if len(items) > self.most:
            raise self.error("CUDA out of memory. Tried to allocate 2.00 GiB")
        return torch.tensor(items, dtype=torch.float32) * 2 + self.company * len(items)


def shrinking(encoder: Encoder) -> Shrinking:
    return Shrinking(encoder, torch.cat, torch.equal)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, MemoryError, RuntimeError])
def test_a_batch_that_is_too_large_is_done_in_halves_of_halves_and_the_result_is_the_same(capsys, error):
    encoder = Encoder(most=12, error=error)
    work = shrinking(encoder)
    items = list(range(64))
    assert torch.equal(work(items), torch.arange(64) * 2.0)
    assert work.most == 8 and "8 at a time from here on" in capsys.readouterr().err
    encoder.asked.clear()
    assert torch.equal(work(items[:20]), torch.arange(20) * 2.0) and encoder.asked == [8, 8, 4]


def test_where_company_changes_a_result_it_is_refused_with_the_option_to_change():
    with pytest.raises(ResourceError, match=r"GPU.*fewer change last bits; begin anew with a smaller --batch"):
        shrinking(Encoder(most=40, company=1e-3))(list(range(64)))


def test_what_does_not_fit_in_the_smallest_batch_is_refused():
    with pytest.raises(ResourceError, match="at a time are too many"):
        shrinking(Encoder(most=0))(list(range(8)))


def test_another_error_is_raised_as_it_is_and_nothing_is_tried_again():
    encoder = Encoder(most=1, error=KeyError)
    with pytest.raises(KeyError):
        shrinking(encoder)([1, 2, 3])
    assert encoder.asked == [3]
