"""A scorer and a reader of settings as one judge."""

import pytest
import torch
from fixtures.settings_scorer import settings_scorer

from attiqa_core.distortions.settings import SETTINGS
from attiqa_core.errors import InputError, UsageError
from attiqa_core.judges import create_metric

PICTURES = torch.rand(3, 3, 60, 70, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def parts(tiny_scorer_folder, tmp_path_factory):
    return tiny_scorer_folder, settings_scorer(tmp_path_factory.mktemp("reads") / "settings")


def test_what_settings_cost_is_taken_off_the_score(parts):
    scorer, settings = (create_metric(each, crops=1) for each in parts)
    both = create_metric(f"{parts[0]}+{parts[1]}", crops=1)
    cost = 1 - settings.score(PICTURES)
    assert (cost > 0).all()
    torch.testing.assert_close(both.score(PICTURES), scorer.score(PICTURES) - cost)
    names = (*scorer.attribute_names, *SETTINGS)
    assert both.attribute_names == names and both.read(PICTURES)[1].shape == (3, len(names))
    torch.testing.assert_close(both.to_mos(torch.tensor([0.5])), scorer.to_mos(torch.tensor([0.5])))


def test_the_sum_is_fixed_by_both_weights(parts):
    one, settings = (create_metric(each) for each in parts)
    both = create_metric(f"{parts[0]}+{parts[1]}")
    assert len({both.sha256, one.sha256, settings.sha256}) == 3
    assert both.sha256 == create_metric(both.reference).sha256


@pytest.mark.parametrize(
    ("second", "error", "said"),
    [("niqe", UsageError, "attiqa settings"), ("nowhere", InputError, "nowhere: no such judge")],
)
def test_a_second_part_that_reads_no_settings_is_refused(parts, second, error, said):
    with pytest.raises(error, match=said):
        create_metric(f"{parts[0]}+{second}")
