"""Several judges as one: scorers averaged, what settings cost taken off."""

import re
import shutil

import pytest
import torch
from fixtures.settings_scorer import settings_scorer

from attiqa_core.errors import InputError, UsageError
from attiqa_core.judges import create_metric
from attiqa_core.judges.joined import SETTINGS_OFF

PICTURES = torch.rand(3, 3, 60, 70, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def parts(tiny_scorer_folder, tmp_path_factory):
    return tiny_scorer_folder, settings_scorer(tmp_path_factory.mktemp("reads") / "settings")


def test_scorers_are_averaged_their_attributes_too(parts):
    judges = create_metric(parts[0], crops=1), create_metric("attiqa-mini", crops=1)
    both = create_metric(f"{parts[0]}+attiqa-mini", crops=1)
    scores, attributes = zip(*(each.read(PICTURES) for each in judges), strict=True)
    torch.testing.assert_close(both.score(PICTURES), torch.stack(scores).mean(0))
    torch.testing.assert_close(both.read(PICTURES)[1], torch.stack(attributes).mean(0))
    assert both.attribute_names == judges[0].attribute_names == judges[1].attribute_names
    assert both.differentiable and both.crops == 1 and both.with_crops(5).crops == 5
    torch.testing.assert_close(both.to_mos(torch.tensor([0.5])), judges[0].to_mos(torch.tensor([0.5])))


def test_what_settings_cost_is_taken_off_the_mean_score(parts):
    scorer, settings = (create_metric(each, crops=1) for each in parts)
    cost = 1 - settings.score(PICTURES)
    assert (cost > 0).all()
    for scorers in (f"{parts[0]}", f"{parts[0]}+{parts[0]}"):
        joined = create_metric(f"{scorers}+{parts[1]}", crops=1)
        torch.testing.assert_close(joined.score(PICTURES), scorer.score(PICTURES) - cost)
        names = (*scorer.attribute_names, *SETTINGS_OFF)
        assert len(set(names)) == len(names)  # a scorer knows a contrast, and so do settings
        assert joined.attribute_names == names and joined.read(PICTURES)[1].shape == (3, len(names))


def test_gradients_are_those_of_all_parts(parts):
    pictures = PICTURES.clone().requires_grad_()
    joined = create_metric(f"{parts[0]}+attiqa-mini+{parts[1]}", crops=1)
    (gradient,) = torch.autograd.grad(joined(pictures).sum(), pictures)
    singly = [
        torch.autograd.grad(create_metric(each, crops=1)(pictures).sum(), pictures)[0]
        for each in (parts[0], "attiqa-mini", parts[1])
    ]
    torch.testing.assert_close(gradient, (singly[0] + singly[1]) / 2 + singly[2])


def test_a_joined_judge_is_fixed_by_the_weights_of_all_its_parts(parts):
    one, settings = (create_metric(each) for each in parts)
    both = create_metric(f"{parts[0]}+{parts[1]}")
    twice = create_metric(f"{parts[0]}+{parts[0]}")
    assert len({both.sha256, twice.sha256, one.sha256, settings.sha256}) == 4
    assert both.sha256 == create_metric(both.reference).sha256


@pytest.mark.parametrize(
    ("second", "error", "said"),
    [("niqe", UsageError, "niqe has not the attributes of"), ("nowhere", InputError, "nowhere: no such judge")],
)
def test_a_part_that_can_be_neither_averaged_nor_taken_off_is_refused(parts, second, error, said):
    with pytest.raises(error, match=said):
        create_metric(f"{parts[0]}+{second}")


def test_settings_alone_are_nobodys_opinion(parts):
    with pytest.raises(UsageError, match="no part is a scorer of people's opinions"):
        create_metric(f"{parts[1]}+{parts[1]}")


def test_parts_look_at_as_many_crops_or_not_at_all(parts, tiny_onnx):
    with pytest.raises(UsageError, match="1 of a picture's crops, not 5; export the scorer with --crops 5"):
        create_metric(f"{tiny_onnx}+{parts[0]}")
    joined = create_metric(f"{tiny_onnx}+{parts[0]}", crops=1)
    assert {each.crops for each in joined.parts} == {joined.crops} == {1} and not joined.differentiable


@pytest.mark.parametrize("name", ["a+b", "b+", "+b"])
def test_a_folder_whose_name_holds_the_sign_is_one_judge_and_may_be_a_part(parts, tmp_path, name):
    shutil.copytree(parts[0], tmp_path / name)
    for reference in (f"{tmp_path / name}+{parts[0]}", f"{parts[0]}+{tmp_path / name}"):
        joined = create_metric(reference)
        assert joined.sha256 == create_metric(f"{parts[0]}+{parts[0]}").sha256
        assert create_metric(joined.reference).reference == joined.reference
    assert create_metric(tmp_path / name).name == name


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("{0}+", "nothing is named on one side"),
        ("+{0}", "nothing is named on one side"),
        ("{0}++{0}", "nothing is named on one side"),
        ("{0} + {0}", "has a space at a +"),
    ],
)
def test_a_reference_that_joins_nothing_is_refused_whole(parts, reference, said):
    given = reference.format(parts[0])
    with pytest.raises(UsageError, match=re.escape(said)) as refused:
        create_metric(given)
    assert str(refused.value).startswith(f"{given}: ")


def test_a_part_that_is_not_there_is_named_and_so_is_the_whole(parts):
    with pytest.raises(InputError, match=r"^attiqa-mini\+nowhere: nowhere: no such judge"):
        create_metric("attiqa-mini+nowhere")
