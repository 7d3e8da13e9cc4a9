import math

import pytest
import torch

from attiqa_core.evaluation.psnr import decibels, psnr_db

GREY = torch.full((2, 3, 4, 4), 0.5)
OTHERS = GREY + torch.tensor([0.1, 0.0])[:, None, None, None]


@pytest.mark.parametrize("most_db", [50.0, 60.0, 100.0, math.inf])
def test_a_known_error_has_its_psnr_and_none_the_most_there_is(most_db):
    torch.testing.assert_close(psnr_db(OTHERS, GREY, most_db), torch.tensor([20.0, most_db]))


def test_a_tenfold_square_error_is_ten_decibels_less():
    torch.testing.assert_close(decibels(torch.tensor([1e-3, 1e-2])), torch.tensor([30.0, 20.0]))
