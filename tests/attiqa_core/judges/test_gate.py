"""The gate: planted scorers that like the wrong thing are caught; one that likes none of it passes."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from fixtures.seeded import seeded

from attiqa_core.distortions.corruptions import SPOILS
from attiqa_core.errors import InputError
from attiqa_core.judges import gate, trials
from attiqa_core.judges.gate_table import describe
from attiqa_core.judges.trials import TRIALS, shown, versions
from attiqa_core.photos.images import five_crops, resize_short_edge, to_images
from attiqa_core.srgb import luma


class Planted:
    """A scorer whose score is any function of a picture."""

    name = reference = "planted"
    sha256, folder, crops = "0" * 64, None, 1

    def __init__(self, likes):
        self.likes = likes

    def score(self, images):
        return self.likes(images)


def photo(seed: int) -> torch.Tensor:
    """A moderately colourful scene with edges and fine detail."""
    generator = seeded(seed)
    coarse = torch.rand((1, 3, 5, 6), generator=generator)
    grey = coarse.mean(1, keepdim=True)
    scene = torch.nn.functional.interpolate(grey + 0.5 * (coarse - grey), (80, 96), mode="bicubic")
    detail = torch.rand((1, 1, 20, 24), generator=generator).repeat_interleave(4, 2).repeat_interleave(4, 3)
    scene = (scene + 0.3 * (detail - 0.5)).clamp(0.1, 0.9)
    return (255 * scene[0]).to(torch.uint8)


SMALL_PX = 120


@pytest.fixture(scope="module", autouse=True)
def small_pictures():
    """The gate at a quarter of its size: lengths follow the picture, and the tests take a sixteenth of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trials, "GATE_PX", SMALL_PX)
        patch.setattr(gate, "GATE_PX", SMALL_PX)
        patch.setattr(gate, "SCALES", (SMALL_PX // 2, SMALL_PX))
        yield


@pytest.fixture
def only_colours(monkeypatch):
    """The trials of chroma alone: a tenth of the time."""
    kept = {name: each for name, each in TRIALS.items() if "chroma" in name or name == "oversaturated"}
    monkeypatch.setattr(gate, "TRIALS", kept)
    monkeypatch.setattr(trials, "TRIALS", kept)


PHOTOS = [photo(seed) for seed in range(5)]


def saturation(images):
    return (images - luma(images)).abs().mean((1, 2, 3))


def likeness_to_photos(images):
    """One minus the distance to the nearest known photo or crop of one: what only a model of good pictures would know."""
    small = min(images.shape[2:]) == SMALL_PX // 2
    known = [resize_short_edge(shown(each), images.shape[-2]) if small else shown(each) for each in PHOTOS]
    if images.shape[-2] == SMALL_PX * 3 // 4:
        known = [crop for each in known for crop in five_crops(each, SMALL_PX * 3 // 4)]
    return 1 - (images[:, None] - torch.cat(known)[None]).abs().mean((2, 3, 4)).amin(1)


@pytest.fixture(scope="module")
def honest():
    return gate.check(Planted(likeness_to_photos), PHOTOS)


@pytest.mark.slow
def test_a_scorer_that_knows_good_photos_passes_and_falls_along_every_ladder(honest):
    assert honest.passed, describe(honest)
    assert all(case.in_order == 1 for case in honest.cases if case.in_order is not None), describe(honest)
    assert {case.name for case in honest.cases if case.in_order is not None} == {
        *(name for name, spoil in SPOILS.items() if spoil.keeps_content),
        *(name for name in TRIALS if name.endswith(" cast")),
    }


@pytest.mark.slow
def test_a_scorer_that_only_likes_saturation_is_caught():
    failures = gate.check(Planted(saturation), PHOTOS).failures
    assert {"oversaturated", "pure noise", "chroma x1.4", "colour blotches"} <= set(failures)
    assert "chroma halved" not in failures


@pytest.mark.slow
def test_a_scorer_that_likes_grey_is_caught():
    failures = gate.check(Planted(lambda images: 1 - saturation(images)), PHOTOS).failures
    assert "chroma halved" in failures and "chroma x1.4" not in failures


@pytest.mark.slow
def test_a_scorer_that_likes_sharpness_is_caught():
    def gradients(images):
        return images.diff(dim=-1).abs().mean((1, 2, 3))

    failures = set(gate.check(Planted(gradients), PHOTOS).failures)
    assert {"noisy", "oversharpened", "pure noise", "checkerboard", "impulse noise"} <= failures


@pytest.mark.slow
def test_a_constant_scorer_passes_nothing():
    report = gate.check(Planted(lambda images: torch.zeros(len(images))), PHOTOS)
    assert report.failures == list(TRIALS)


@pytest.mark.slow
def test_ladders_are_counted_pair_by_pair():
    """A scorer that likes any picture less than its photo, and the darkest most of those."""

    def bright_or_very_dark(images):
        mean = images.mean((1, 2, 3))
        return torch.where(mean > 0.3, mean, 0.2 - mean)

    case = next(case for case in gate.check(Planted(bright_or_very_dark), PHOTOS).cases if case.name == "underexposed")
    assert case.in_order == 0 and case.liked == 0


@pytest.mark.slow
def test_scale_is_reported_as_a_shift_and_an_order():
    def larger_is_better(images):
        return images.mean((1, 2, 3)) + min(images.shape[2:]) / 1000

    report = gate.check(Planted(larger_is_better), PHOTOS)
    assert report.scale_shift == pytest.approx(-SMALL_PX / 2000, abs=0.002) and report.scale_srocc == pytest.approx(1)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_report_and_its_worst_picture_again():
    report = gate.check(Planted(saturation), PHOTOS, seed=3)
    assert report == gate.check(Planted(saturation), PHOTOS, seed=3)
    case = next(case for case in report.cases if case.name == "colour cast")
    index = int(case.worst_photo.split()[1]) - 1
    original = shown(PHOTOS[index])
    version = list(versions(case.name, original, index, seed=3))[case.worst_version]
    assert float(saturation(original) - saturation(version)) == pytest.approx(case.worst_fall, abs=1e-7)


def test_scores_that_are_not_finite_name_the_photo():
    with pytest.raises(InputError, match=r"good\.png"):
        gate.check(Planted(lambda images: torch.full((len(images),), torch.nan)), PHOTOS[:1], ["good.png"])


def test_no_photos_is_an_error():
    with pytest.raises(InputError, match="photos"):
        gate.check(Planted(saturation), [])


@pytest.mark.slow
def test_a_failing_scorer_may_not_be_a_reward():
    with pytest.raises(InputError, match=r"oversaturated.*attiqa finetune --start ridge --regressor linear"):
        gate.require(Planted(saturation), lambda: PHOTOS)


def test_a_gate_that_is_asked_on_the_way_says_so_before_it_takes_its_time(logged):
    bad = Planted(saturation)
    for folder, said in ((None, "it has no folder for a report"), (Path("nowhere"), "no report is beside it")):
        bad.folder = folder
        with pytest.raises(InputError, match="needs photos"):
            gate.require(bad, lambda: [])
        (line,) = logged
        assert line.startswith(f"{bad.reference}: asking the gate") and said in line
        logged.clear()


def test_who_fails_without_a_folder_is_told_how_to_see_the_report(monkeypatch):
    monkeypatch.setattr(gate, "check", lambda scorer, photos: SimpleNamespace(passed=False, failures=["noisy"]))
    bad = Planted(saturation)
    with pytest.raises(InputError, match=f"see `attiqa gate {bad.reference} --out FOLDER`"):
        gate.require(bad, lambda: PHOTOS)


@pytest.mark.slow
def test_a_stored_report_about_these_weights_is_believed_and_about_others_is_not(tmp_path, honest):
    bad = Planted(saturation)
    gate.write(tmp_path, Planted(likeness_to_photos), honest)
    bad.folder = tmp_path
    gate.require(bad, lambda: PHOTOS)  # same hash: what was stored counts
    bad.sha256 = "1" * 64
    with pytest.raises(InputError):
        gate.require(bad, lambda: PHOTOS)


@pytest.mark.parametrize("older", ["attiqa-gate/1", "attiqa-gate/2"])
def test_a_report_of_an_older_examination_is_refused_by_name(tmp_path, older):
    """Passed then is not passed now: that one asked about versions that nobody can tell from their photo."""
    scorer = Planted(likeness_to_photos)
    told = {"format": older, "sha256": scorer.sha256, "crops": 1, "photos": 49, "passed": True, "failures": []}
    (tmp_path / gate.REPORT).write_text(json.dumps(told))
    scorer.folder = tmp_path
    assert gate.stored_report(scorer) is None and gate.older_report(scorer) == older
    with pytest.raises(InputError, match=rf"gate\.json: is of the older examination {older}.*`attiqa gate planted`"):
        gate.require(scorer, lambda: PHOTOS)
    scorer.sha256 = "1" * 64  # about other weights it is about nothing
    assert gate.older_report(scorer) is None


def grey_and_coloured(*seeds):
    grey = photo(9).float().mean(0, keepdim=True).expand(3, -1, -1).to(torch.uint8)
    return [grey, *(photo(seed) for seed in seeds)]


def chroma_cases(report):
    return {case.name: case for case in report.cases if "chroma" in case.name or case.name == "oversaturated"}


@pytest.mark.slow
def test_a_version_that_nobody_can_tell_from_its_photo_is_not_asked_about(only_colours):
    """A tie there is no fault: of a grey photo and six coloured ones, six decide."""
    found = chroma_cases(gate.check(Planted(saturation), grey_and_coloured(*range(6)), list("abcdefg")))
    assert [found[name].not_asked for name in ("chroma halved", "chroma x1.4")] == [("a",), ("a",)]
    assert found["oversaturated"].not_asked == ("a",) * 4 and found["oversaturated"].asked == 24
    halved, more = found["chroma halved"], found["chroma x1.4"]
    assert (halved.asked, halved.liked, halved.passed) == (6, 0.0, True)
    assert (more.asked, more.liked, more.worst_photo != "a") == (6, 1.0, True)


def test_a_trial_of_which_too_few_versions_show_is_not_passed(only_colours):
    found = chroma_cases(gate.check(Planted(saturation), grey_and_coloured(0)))
    assert found["chroma halved"].asked == 1 and not found["chroma halved"].passed
    none = chroma_cases(gate.check(Planted(saturation), grey_and_coloured()))["chroma halved"]
    assert none.liked is None and none.worst_photo is None and not none.passed


def test_lost_detail_is_always_asked_about():
    """A dim flat photo out of focus has hardly other colours, and everybody sees it."""
    assert not TRIALS["blurred"].colours_alone and not TRIALS["pixelated"].colours_alone
    assert {name for name, trial in TRIALS.items() if trial.colours_alone} == {
        *trials.COLOURS_ALONE,
        *(name for name, trial in TRIALS.items() if trial.origin == "finished photo"),
    }


@pytest.mark.parametrize(("crops", "photos"), [(5, 5), (1, 2)])
@pytest.mark.slow
def test_a_stored_report_about_other_crops_or_few_photos_is_not_believed(tmp_path, honest, crops, photos):
    bad, good = Planted(saturation), Planted(likeness_to_photos)
    good.crops, bad.folder = crops, tmp_path
    gate.write(tmp_path, good, replace(honest, photos=photos))
    with pytest.raises(InputError):
        gate.require(bad, lambda: PHOTOS[:1])


@pytest.mark.parametrize("name", list(TRIALS))
def test_every_version_differs_stays_in_range_and_leaves_the_photo_alone(name):
    images = to_images(PHOTOS[0][None])
    before = images.clone()
    made = list(versions(name, images, 0, seed=0))
    assert torch.equal(images, before)
    for version in made:
        assert version.shape == images.shape and version.min() >= 0 and version.max() <= 1
        assert (version - images).abs().mean() > 1 / 255


@pytest.mark.parametrize("name", list(SPOILS))
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_a_spoil_changes_the_picture_stays_in_range_and_leaves_its_input_alone(name, strength):
    images = to_images(torch.stack(PHOTOS))
    before = images.clone()
    spoiled = SPOILS[name].apply(images, strength, seeded())
    assert torch.equal(images, before)
    assert spoiled.shape == images.shape
    assert spoiled.min() >= 0 and spoiled.max() <= 1
    assert ((spoiled - images).abs().mean((1, 2, 3)) > 1 / 255).all()


@pytest.mark.parametrize("name", list(SPOILS))
def test_a_spoil_depends_on_its_generator_only(name):
    images = to_images(torch.stack(PHOTOS))
    first, second = (SPOILS[name].apply(images, 0.5, seeded(7)) for _ in range(2))
    assert torch.equal(first, second)
