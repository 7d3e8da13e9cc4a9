import pytest

from attiqa_core.errors import InputError
from attiqa_core.labelling.read_ahead import read_ahead


def test_reading_ahead_is_bounded_ordered_and_raises_in_place():
    started = []

    def work(item):
        started.append(item)
        if item == 5:
            raise InputError("five")
        return item

    items = read_ahead(work, iter(range(100)), threads=2, ahead=3)
    assert [next(items) for _ in range(5)] == list(range(5)) and len(started) <= 9
    with pytest.raises(InputError, match="five"):
        next(items)
