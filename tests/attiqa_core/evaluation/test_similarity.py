import pytest
import torch

from attiqa_core.evaluation.similarity import feature_similarity


def test_similarity_is_one_for_equal_features_whatever_their_length_and_minus_one_for_opposite_ones():
    views = torch.rand(4, 5, 16) + 0.1
    assert feature_similarity(views, 3 * views) == pytest.approx(1)
    assert feature_similarity(views, -views) == pytest.approx(-1)


def test_similarity_is_the_mean_of_each_images_cosine():
    before = torch.tensor([[[1.0, 0.0]], [[1.0, 0.0]]])
    after = torch.tensor([[[0.0, 100.0]], [[1.0, 0.0]]])
    assert feature_similarity(before, after) == pytest.approx(0.5)
