"""Delta E of pictures: none of the same, scikit-image's of others, and each pixel's own."""

import numpy as np
import pytest
import torch
from skimage.color import deltaE_cie76, deltaE_ciede2000, rgb2lab

from attiqa_core.evaluation.colour_difference import delta_e_76, delta_e_2000

PICTURES = torch.rand(2, 3, 8, 6, generator=torch.Generator().manual_seed(0))
OTHERS = torch.rand(2, 3, 8, 6, generator=torch.Generator().manual_seed(1))
BOTH = pytest.mark.parametrize(("ours", "theirs"), [(delta_e_2000, deltaE_ciede2000), (delta_e_76, deltaE_cie76)])


@BOTH
def test_the_same_picture_is_none_away_and_both_ways_are_as_long(ours, theirs):
    assert ours(PICTURES, PICTURES).max() == 0
    np.testing.assert_allclose(ours(PICTURES, OTHERS), ours(OTHERS, PICTURES), atol=1e-9)


@BOTH
def test_it_is_scikit_images_of_each_pixel_of_each_picture(ours, theirs):
    labs = (rgb2lab(each.permute(0, 2, 3, 1).double().numpy()) for each in (PICTURES, OTHERS))
    np.testing.assert_allclose(ours(PICTURES, OTHERS), theirs(*labs), atol=0.02)


def test_where_pictures_agree_there_is_no_difference():
    changed = PICTURES.clone()
    changed[:, :, :4] = 0.5
    assert delta_e_2000(changed, PICTURES)[:, 4:].max() == 0 < delta_e_2000(changed, PICTURES)[:, :4].min()
