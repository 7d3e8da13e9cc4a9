from collections import Counter

import numpy as np
import pytest
import torch

from experiments.isp_quality.mutated_raws import SILENT, kind_of, study, synthetic_dngs
from experiments.isp_quality.tiff_mutations import entries_of, mutated

SEED = 0


def test_entries_are_all_of_the_directory(tmp_path):
    content = synthetic_dngs(tmp_path)[0].read_bytes()
    assert {256, 257, 50706, 50714, 50717, 50721, 50728} <= {entry.code for entry in entries_of(content)}


def test_a_mutation_is_the_same_each_time_and_changes_something(tmp_path):
    content = synthetic_dngs(tmp_path)[0].read_bytes()
    files = [mutated(content, np.random.default_rng((SEED, number))) for number in range(30)]
    assert files == [mutated(content, np.random.default_rng((SEED, number))) for number in range(30)]
    assert sum(file != content for file, _ in files) >= 28  # a value may become what it was


@pytest.mark.parametrize(
    "colour,kind",
    [
        ((0.4, 0.4, 0.4), "plausible"),
        ((0.0, 0.0, 0.0), "black"),
        ((1.0, 1.0, 1.0), "white"),
        ((0.6, 0.3, 0.5), "magenta"),
        ((0.6, 0.5, 0.2), "another colour"),
        ((float("nan"), 0.5, 0.2), "NaN"),
    ],
)
def test_a_picture_is_judged_beside_that_of_the_whole_file(colour, kind):
    whole, picture = torch.full((3, 4, 4), 0.4), torch.tensor(colour)[:, None, None].expand(3, 4, 4)
    assert kind_of(picture, whole) == kind


@pytest.mark.slow
def test_thirty_damaged_files_are_refused_or_plausible(tmp_path):
    """Seed 0: the first thirty; the study of 300 and more is `python -m experiments.isp_quality.mutated_raws`."""
    kinds = Counter(kind for kind, *_ in study(synthetic_dngs(tmp_path), tmp_path, 30, SEED))
    assert not any(kinds[kind] for kind in (*SILENT, "hung", "crashed"))
    assert kinds["refused"] >= 5 and kinds["plausible"] >= 10
