"""What a judge has to keep, as tests that a judge of one's own inherits."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from attiqa_core.errors import UsageError
from attiqa_core.judges.judge import JUDGES, Judge, create_metric
from attiqa_core.photos.accepted import Accepted
from attiqa_core.tensors import Images


class JudgeConformance:
    """Every sentence that a `Judge` promises, one test each. Inherit it in a file that pytest collects::

        from attiqa_core.judges.conformance import JudgeConformance

        class TestMyJudge(JudgeConformance):
            def judge(self):
                return MyJudge()

    `judge` may hand out the same judge again and again: no test changes it.
    """

    sides = (96, 112)
    """Height and width of the test pictures, px; larger where a judge cannot see such small ones."""
    tolerance = 1e-5
    """How far equal scores may lie apart: rounding in another order."""

    def judge(self) -> Judge:
        """Return the judge under test."""
        raise NotImplementedError("override `judge` to return yours")

    def pictures(self, count: int = 3) -> Tensor:
        """Return uint8 (count, 3, height, width) of soft colours, coarse blocks and a little grain, always the same."""
        generator = torch.Generator().manual_seed(0)
        coarse = torch.rand(count, 3, 4, 5, generator=generator)
        soft = torch.nn.functional.interpolate(coarse, self.sides, mode="bilinear")
        blocks = torch.nn.functional.interpolate(coarse.flip(1), self.sides)
        grain = torch.rand(count, 3, *self.sides, generator=generator)
        return (255 * (0.6 * soft + 0.3 * blocks + 0.1 * grain)).round().to(torch.uint8)

    def images(self, count: int = 3) -> Images:
        return self.pictures(count) / 255.0

    def close(self, scores: Tensor, expected: Tensor) -> bool:
        return scores.shape == expected.shape and bool((scores - expected).abs().max() <= self.tolerance)

    def refusal(self, call: object, *arguments: object) -> str:
        """Return the one sentence that a call is refused with."""
        try:
            call(*arguments)  # type: ignore[operator]
        except ValueError as error:  # InputError and UsageError are both
            return str(error)
        raise AssertionError(f"{self.judge().name}: {arguments} is not refused")

    def test_a_score_is_one_finite_float32_number_for_each_picture(self) -> None:
        scores = self.judge().score(self.images())
        assert scores.shape == (3,) and scores.dtype == torch.float32 and bool(scores.isfinite().all())

    def test_scores_lie_in_the_unit_interval_where_the_judge_says_so(self) -> None:
        judge = self.judge()
        noise = torch.rand(2, 3, *self.sides, generator=torch.Generator().manual_seed(1))
        scores = judge.score(torch.cat([self.images(), noise, torch.zeros_like(noise), torch.ones_like(noise)]))
        assert not judge.bounded or bool((scores >= 0).all() and (scores <= 1).all())

    def test_name_direction_and_range_are_told_as_pyiqa_tells_them(self) -> None:
        judge = self.judge()
        assert judge.metric_name == judge.name and judge.lower_better is False
        ranges = ("0, 1",) if judge.bounded else ("~0, ~1", "~, ~")
        assert judge.score_range in ranges, f"{judge.score_range!r} is none of {ranges}"

    def test_a_score_does_not_depend_on_the_neighbours(self) -> None:
        judge, images = self.judge(), self.images()
        together = judge.score(images)
        assert self.close(together, torch.cat([judge.score(image[None]) for image in images]))
        assert self.close(together.flip(0), judge.score(images.flip(0)))

    def test_score_read_and_call_agree(self) -> None:
        judge, images = self.judge(), self.images()
        with torch.no_grad():
            assert self.close(judge.score(images), judge(images))
            assert self.close(judge.score(images), judge.read(images)[0])

    def test_the_attribute_scores_have_a_column_for_each_name(self) -> None:
        judge = self.judge()
        with torch.no_grad():
            scores, attributes = judge.read(self.images())
        assert attributes.shape == (3, len(judge.attribute_names)) and attributes.dtype == torch.float32
        assert bool(attributes.isfinite().all()) and len(scores) == 3

    def test_gradients_reach_the_picture_or_are_refused_in_one_sentence(self) -> None:
        judge, leaf = self.judge(), self.images().requires_grad_(True)
        if not judge.differentiable:
            for call in (judge, judge.read):
                assert "gradient" in self.refusal(call, leaf)
            return
        judge(leaf).sum().backward()
        assert leaf.grad is not None and bool(leaf.grad.isfinite().all()) and bool(leaf.grad.abs().sum() > 0)

    def test_a_score_records_no_gradients_and_may_stand_in_a_loss(self) -> None:
        scores = self.judge().score(self.images().requires_grad_(self.judge().differentiable))
        weights = torch.zeros(3, device=scores.device, requires_grad=True)
        assert not scores.requires_grad
        (weights * scores).mean().backward()
        assert weights.grad is not None and self.close(weights.grad, scores / 3)

    def test_a_module_in_training_that_owns_the_judge_changes_nothing(self) -> None:
        judge, images = self.judge(), self.images()
        owner = nn.Module()
        owner.judge = judge  # type: ignore[assignment]
        scores, before = judge.score(images), _state(judge)
        owner.train()
        assert self.close(judge.score(images), scores)
        with torch.no_grad():
            judge(images[:1])
        owner.eval()
        assert self.close(judge.score(images), scores)
        assert all(torch.equal(value, before[name]) for name, value in _state(judge).items())

    def test_autocast_around_the_judge_changes_nothing(self) -> None:
        judge, images = self.judge(), self.images()
        scores = judge.score(images)
        with torch.autocast(judge.device.type, dtype=torch.bfloat16):
            inside = judge.score(images)
        assert inside.dtype == torch.float32 and self.close(inside, scores)

    def test_its_reference_opens_the_same_judge_again(self) -> None:
        judge = self.judge()
        if not any(kind.recognises(judge.reference) for kind in JUDGES.values()):
            raise unittest.SkipTest(f"{judge.reference} is of no kind in JUDGES")
        again = create_metric(judge.reference, judge.device, judge.crops)
        assert (again.sha256, again.name, again.reference) == (judge.sha256, judge.name, judge.reference)
        assert self.close(again.score(self.images()), judge.score(self.images()))

    def test_its_folder_is_there_and_stays_with_it_or_it_has_none(self) -> None:
        judge = self.judge()
        assert judge.folder is None or (isinstance(judge.folder, Path) and judge.folder.is_dir())
        assert judge.with_crops(judge.crops).folder == judge.folder

    def test_another_number_of_crops_shares_the_weights_or_is_refused_in_one_sentence(self) -> None:
        judge = self.judge()
        assert judge.crops in (1, 5) and judge.with_crops(judge.crops).crops == judge.crops
        for crops in (1, 5):
            try:
                other = judge.with_crops(crops)
            except UsageError as error:
                assert crops != judge.crops and "crop" in str(error) and "\n" not in str(error)
                continue
            ours, theirs = _state(judge, copied=False), _state(other, copied=False)
            assert other is judge or other.crops == crops
            assert other.sha256 == judge.sha256 and other.attribute_names == judge.attribute_names
            assert [each.data_ptr() for each in theirs.values()] == [each.data_ptr() for each in ours.values()]

    def test_the_scale_of_human_scores_keeps_the_order(self) -> None:
        mos = self.judge().to_mos(torch.linspace(-0.5, 1.5, 9))
        assert mos.shape == (9,) and bool((mos.diff() > 0).all())

    def test_a_picture_may_come_in_every_form(self) -> None:
        judge, picture = self.judge(), self.pictures(1)[0]
        expected, rgb = judge.score(picture[None] / 255.0), picture.permute(1, 2, 0).numpy()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture.png"
            Image.fromarray(rgb).save(path)
            forms: list[Accepted] = [picture[None], picture, picture / 255.0, picture.double() / 255.0]
            forms += [rgb, rgb[None], rgb / np.float32(255), Image.fromarray(rgb), path, str(path), [picture]]
            for form in forms:
                assert self.close(judge.score(form), expected), type(form)
        with torch.no_grad():
            assert self.close(judge(rgb), expected) and self.close(judge.read([picture])[0], expected)

    def test_a_list_of_pictures_of_any_sizes_is_scored_one_by_one(self) -> None:
        judge, (first, second) = self.judge(), self.pictures(2)
        wide = first[:, : self.sides[0] * 3 // 4]
        expected = torch.cat([judge.score(first[None]), judge.score(wide[None]), judge.score(second[None])])
        assert self.close(judge.score([first, wide.permute(1, 2, 0).numpy(), second / 255.0]), expected)

    def test_what_is_no_picture_is_refused_in_one_sentence(self) -> None:
        judge, images = self.judge(), self.images(2)
        broken = images.clone()
        broken[0, 0, 0, 0] = float("nan")
        for given, said in (
            (images * 255, "[0, 1]"),
            (images * 2 - 1, "[0, 1]"),
            (broken, "NaN"),
            (images[:, :1], "(batch, 3, height, width)"),
            (torch.cat([images, images[:, :1]], 1), "(batch, 3, height, width)"),
            (images.permute(0, 2, 3, 1), "channels come first"),
            (images[0].permute(1, 2, 0), "channels come first"),
            (images[:0], "at least one"),
            ([], "at least one"),
            (self.pictures(1).long(), "uint8"),
            (images.numpy()[0], "(height, width, 3)"),
            (None, "give"),
        ):
            sentence = self.refusal(judge.score, given)
            assert said in sentence and "\n" not in sentence, sentence


def _state(judge: Judge, *, copied: bool = True) -> dict[str, Tensor]:
    """What a judge that is a module holds: parameters, buffers and batch statistics."""
    state = judge.state_dict() if isinstance(judge, nn.Module) else {}
    return {name: value.clone() if copied else value for name, value in state.items()}
