import pytest
from hostile.mistyped import crashes


@pytest.mark.slow
@pytest.mark.parametrize("name", ["work in shards", "cache of labels"])
def test_a_value_of_the_wrong_type_is_refused_in_a_sentence_though_its_seal_is_right(tmp_path, name):
    assert list(crashes(tmp_path, [name], most=1)) == []
