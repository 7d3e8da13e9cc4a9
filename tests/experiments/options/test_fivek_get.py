"""Which photos and kinds the options of `attiqa fivek get` mean."""

from pathlib import Path

import pytest

from experiments.options.fivek_get import Config
from isp_env.fivek.splits import SPLITS


@pytest.mark.parametrize(
    ("photos", "numbers"),
    [(("1-3", "2", "9"), [1, 2, 3, 9]), (("5000",), [5000]), (("3", "1-2"), [3, 1, 2]), ((), None)],
)
def test_photos_are_numbers_and_ranges_each_once_and_in_order(photos, numbers):
    assert Config(Path("x"), raws=True, photos=photos).numbers() == numbers


def test_a_split_means_all_of_its_sides_or_those_named_each_photo_once():
    assert Config(Path("x"), split="upe", side=("test",)).numbers() == list(range(4501, 5001))
    exposure = SPLITS["exposure"].sides
    of_all = Config(Path("x"), split="exposure").numbers()
    assert of_all is not None and len(of_all) == len(set(of_all)) == 5000
    assert tuple(Config(Path("x"), split="exposure", side=("test", "rated")).numbers() or ()) == exposure["test"]


def test_kinds_are_raws_then_inputs_then_experts_whatever_their_case_and_order():
    assert Config(Path("x"), experts=("E", "c", "c"), inputs=True, raws=True).kinds == ("raw", "input", "c", "e")
