import numpy as np
import torch

from attiqa_core.protocols import agreement, random_splits, ridge_probe


def test_splits_are_80_20_disjoint_and_do_not_depend_on_their_number():
    few, many = random_splits(100, 2), random_splits(100, 5)
    for train, test in many:
        assert len(train) == 80 and len(test) == 20 and not set(train) & set(test)
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(few, many, strict=False))
    assert not np.array_equal(many[0][1], many[1][1])


def test_ridge_finds_a_linear_score():
    random = np.random.default_rng(0)
    features = random.normal(size=(60, 10))
    mos = features @ random.normal(size=10)
    predicted = ridge_probe(features, mos, np.arange(40), np.arange(40, 60))
    assert agreement(torch.from_numpy(predicted), torch.from_numpy(mos[40:]))["srocc"] > 0.99
