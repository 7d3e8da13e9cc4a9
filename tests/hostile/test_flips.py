from collections import Counter

import pytest
from hostile.artefacts import ARTEFACTS
from hostile.flips import flip_some

HEAVY = ("store", "QualiCLIP")  # rendered, or of a tower: a second to make


@pytest.mark.slow
def test_a_flipped_bit_is_refused_or_changes_nothing(tmp_path):
    names = [name for name in ARTEFACTS if name not in HEAVY]
    flips = flip_some(tmp_path, 2 * len(names), seed=1, names=names)
    assert [flip for flip in flips if flip.outcome in ("silent", "crash")] == []
    assert {flip.artefact for flip in flips if flip.outcome == "refused"} == set(names)


@pytest.mark.slow
def test_a_flipped_bit_in_what_is_heavy_is_refused_as_well(tmp_path):
    flips = flip_some(tmp_path, 8, seed=2, names=HEAVY)
    assert Counter(flip.outcome for flip in flips)["refused"] == 8


def test_every_refusal_is_one_sentence_that_names_the_file_or_its_folder(tmp_path):
    for flip in flip_some(tmp_path, 12, seed=3, names=("scorer", "labels", "splits")):
        assert "\n" not in flip.said and str(tmp_path) in flip.said
