"""That `make shapes` checks the shapes which signatures name."""

import os
import sys

import pytest
import torch
from fixtures.shapes import checked, shaped_modules, shapes_only
from jaxtyping import Float, TypeCheckError, jaxtyped
from torch import Tensor

from attiqa_core.tensors import Images, PerImage


def test_every_loaded_module_that_names_a_shape_is_checked_where_it_is_asked_for():
    loaded = [name for name in shaped_modules() if name in sys.modules]
    assert "attiqa_core.tensors" in loaded
    unchecked = [name for name in loaded if type(sys.modules[name].__loader__).__name__ != "_JaxtypingLoader"]
    assert unchecked == ([] if "ATTIQA_CHECK_SHAPES" in os.environ else loaded)


def test_pictures_of_two_sizes_without_batch_of_other_channels_or_of_integers_are_refused():
    psnr, good = checked("attiqa_core.evaluation.psnr"), torch.zeros(1, 3, 8, 8)
    assert psnr.psnr_db(good, torch.ones(1, 3, 8, 8)).tolist() == [0]
    for wrong in (torch.zeros(1, 3, 8, 9), torch.zeros(3, 8, 8), torch.zeros(1, 4, 8, 8), good.to(torch.uint8)):
        with pytest.raises(TypeCheckError, match="psnr_db"):
            psnr.psnr_db(good, wrong)


def test_a_result_of_another_shape_than_named_is_refused():
    @jaxtyped(typechecker=shapes_only)
    def per_pixel(images: Images) -> PerImage:
        return images.mean(1)

    with pytest.raises(TypeCheckError, match="return value"):
        per_pixel(torch.zeros(1, 3, 2, 2))


def test_what_is_no_shape_is_left_to_pyright():
    @jaxtyped(typechecker=shapes_only)
    def named(values: Float[Tensor, " n"], name: str) -> Float[Tensor, " n"]:
        return values

    assert len(named(torch.ones(2), 3)) == 2
    with pytest.raises(TypeCheckError, match="values"):
        named(torch.ones(2, 2), 3)
