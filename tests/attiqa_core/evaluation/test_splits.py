import numpy as np
import pytest

from attiqa_core.errors import InputError, UsageError
from attiqa_core.evaluation.splits import (
    Split,
    official_splits,
    random_splits,
    torn_groups,
    with_less_training,
    with_validation,
)


def test_splits_are_80_20_disjoint_and_do_not_depend_on_their_number():
    few, many = random_splits(100, 2), random_splits(100, 5)
    for split in many:
        assert len(split.train) == 80 and len(split.test) == 20 and not set(split.train) & set(split.test)
    assert all(np.array_equal(a.test, b.test) for a, b in zip(few, many, strict=False))
    assert not np.array_equal(many[0].test, many[1].test)
    later = random_splits(100, 2, first=3)
    assert [split.number for split in later] == [3, 4] and np.array_equal(later[0].test, many[3].test)


def test_split_k_is_scikit_learns_shuffle_split_of_seed_k():
    from sklearn.model_selection import ShuffleSplit

    train, test = next(ShuffleSplit(1, test_size=0.2, random_state=4).split(np.arange(627)))
    split = random_splits(627, 5)[4]
    assert np.array_equal(split.train, train) and np.array_equal(split.test, test)


def test_groups_are_never_torn_apart():
    groups = [f"prompt {index // 6}" for index in range(120)]
    for split in random_splits(120, 3, groups=groups):
        assert torn_groups(split, groups) == 0 and len(split.test) == 24
        smaller = with_validation(split, 120, 0.1, groups)
        assert len(smaller.val) == 12
        assert not {groups[i] for i in smaller.val} & {groups[i] for i in smaller.train}
    assert torn_groups(random_splits(120, 1)[0], groups) > 0


@pytest.mark.parametrize("parts", [("train", "test"), ("val", "test"), ("train", "val")])
def test_overlapping_parts_are_refused(parts):
    indices = {"train": np.arange(5), "test": np.arange(5, 10), "val": np.arange(10, 15)}
    indices[parts[0]] = np.append(indices[parts[0]], indices[parts[1]][0])
    with pytest.raises(InputError, match=f"split 3: 1 images are both in {parts[0]} and in {parts[1]}"):
        Split(3, **indices)


def test_a_split_without_tested_images_is_refused():
    with pytest.raises(InputError, match="0 to test on"):
        official_splits(["train"] * 4, 1)


def test_official_splits_repeat_the_same_images_under_other_seeds():
    one, other = official_splits(["train", "test", "val", "train"], 2)
    assert one.train.tolist() == [0, 3] and one.test.tolist() == [1] and one.val.tolist() == [2]
    assert np.array_equal(one.train, other.train) and (one.number, other.number) == (0, 1)


def test_small_training_sets_are_nested_and_leave_the_tested_images_alone():
    split = random_splits(200, 1)[0]
    tenth, fifth, whole = (with_less_training(split, 200, share) for share in (0.1, 0.2, 1))
    assert len(tenth.train) == 20 and len(fifth.train) == 40 and len(whole.train) == 160
    assert set(tenth.train) < set(fifth.train) < set(whole.train)
    assert np.array_equal(tenth.test, split.test)
    for share in (0.9, 0.001):
        with pytest.raises(UsageError, match="--train-share"):
            with_less_training(split, 200, share)


def test_validation_comes_out_of_the_training_part():
    split = random_splits(200, 1)[0]
    with_val = with_validation(split, 200, 0.1)
    assert len(with_val.val) == 20 and len(with_val.train) == 140 and np.array_equal(with_val.test, split.test)
    assert set(with_val.val) | set(with_val.train) == set(split.train)
    assert with_validation(with_val, 200, 0.2) is with_val and with_validation(split, 200, 0.0) is split
    with pytest.raises(UsageError, match=r"--val 0\.8"):
        with_validation(split, 200, 0.8)
