import pytest
import torch
from fixtures.photographs import noise
from PIL import Image

import attiqa_core.judges.score_files as score_files_module
from attiqa_core.judges.score_files import ScoredFile, UnreadableFile, score_files
from attiqa_core.photos.images import read_picture, to_images


@pytest.fixture
def folder(tmp_path):
    """Pictures of different sizes and one file that is none."""
    for index in range(7):
        pixels = noise(index, 80 + index % 2, 90)
        Image.fromarray(pixels).save(tmp_path / f"p{index}.png")
    (tmp_path / "p3.png").write_bytes(b"nonsense")
    return tmp_path


@pytest.mark.parametrize("crops", [1, 5])
@pytest.mark.slow
def test_results_come_in_order_and_do_not_depend_on_the_workers(folder, tiny_scorer, crops):
    scorer, paths = tiny_scorer.with_crops(crops), sorted(folder.iterdir())
    alone = [result for path in paths for result in score_files(scorer, [path], workers=1)]
    for workers in (1, 2, 5):
        assert list(score_files(scorer, paths, workers=workers)) == alone
    assert [result.path for result in alone] == paths
    assert isinstance(alone[3], UnreadableFile) and "p3.png: not an image" in alone[3].reason


def test_scores_are_those_of_the_scorer_on_one_thread(folder, tiny_scorer):
    (result,) = score_files(tiny_scorer, [folder / "p0.png"])
    mos, attributes = tiny_scorer.read(to_images(read_picture(folder / "p0.png")[None]))
    assert isinstance(result, ScoredFile) and result.score == float(mos[0])
    assert result.mos == pytest.approx(100 * result.score) and list(result.attributes) == attributes[0].tolist()


def test_few_pictures_are_in_memory_however_many_files_there_are(folder, tiny_scorer):
    asked = []

    def paths():
        for index in range(40):
            asked.append(index)
            yield folder / "p0.png"

    results = score_files(tiny_scorer, paths(), workers=2)
    next(results)
    assert len(asked) <= 6
    results.close()
    assert len(asked) <= 6


def test_threads_are_as_before_afterwards(folder, tiny_scorer):
    before = torch.get_num_threads()
    list(score_files(tiny_scorer, sorted(folder.iterdir()), workers=3))
    assert torch.get_num_threads() == before


def test_every_readable_picture_can_be_looked_at(folder, tiny_scorer):
    seen = {}
    list(
        score_files(tiny_scorer, sorted(folder.iterdir()), look=lambda path, picture: seen.update({path.name: picture}))
    )
    assert len(seen) == 6 and torch.equal(seen["p0.png"], read_picture(folder / "p0.png"))


def test_other_judges_score_the_same_picture_which_is_read_once(folder, tiny_scorer, monkeypatch):
    opened = []
    monkeypatch.setattr(score_files_module, "read_picture", lambda path: (opened.append(path), read_picture(path))[1])
    other = tiny_scorer.with_crops(5)
    paths = [folder / "p0.png", folder / "p1.png", folder / "p3.png"]
    first, second, unreadable = score_files(tiny_scorer, paths, others=[other, tiny_scorer])
    assert sorted(opened) == paths and isinstance(unreadable, UnreadableFile)
    (alone,) = score_files(other, paths[:1])
    assert isinstance(alone, ScoredFile) and isinstance(first, ScoredFile) and isinstance(second, ScoredFile)
    assert first.others == (alone.score, first.score) and first.others != second.others and alone.others == ()


class Hungry:
    """A judge as `scorer`, for which the memory suffices from the `enough`th time on that it sees a picture of that height."""

    def __init__(self, scorer, height: int, enough: float):
        self.scorer, self.height, self.left = scorer, height, enough

    def read(self, picture):
        self.left -= self.height in picture.shape
        if self.height in picture.shape and self.left > 0:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8000000000 bytes")
        return self.scorer.read(picture)

    def to_mos(self, scores):
        return self.scorer.to_mos(scores)


def test_a_picture_that_finds_no_memory_beside_others_is_scored_alone_or_named(tmp_path, tiny_scorer):
    paths = [tmp_path / f"{index}.png" for index in range(4)]
    for index, path in enumerate(paths):
        Image.fromarray(noise(index, 80 + index, 90)).save(path)
    usual = list(score_files(tiny_scorer, paths, workers=2))
    assert list(score_files(Hungry(tiny_scorer, 81, 2), paths, workers=2)) == usual
    *_, named, last = score_files(Hungry(tiny_scorer, 82, float("inf")), paths, workers=2)
    assert isinstance(named, UnreadableFile) and "2.png: not enough memory to score it, alone as well" in named.reason
    assert last == usual[-1]
