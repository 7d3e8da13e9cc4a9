import numpy as np
import pytest
import torch
from fixtures.seeded import random_pictures
from PIL import Image

from attiqa_core.errors import InputError, UsageError
from isp_env.conformance import small_raws
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.tool_episodes.photo_contexts import photo_contexts, read_photos
from isp_env.tool_episodes.planting import PLANTABLE, Planting
from isp_env.tool_episodes.raw_contexts import raw_contexts
from isp_env.tools.defects import DEFECTS


@pytest.fixture(scope="module")
def photos() -> list[tuple[str, torch.Tensor]]:
    return list(zip("abc", random_pictures(3, 40, 60), strict=True))


def test_a_photo_is_drawn_by_seed_and_name_whatever_stands_beside_it(photos):
    planting = Planting(px=24, draws=3)
    together, alone = (photo_contexts(some, planting, seed=5) for some in (photos, photos[1:2]))
    assert together.names[3:6] == alone.names == ("b#0", "b#1", "b#2")
    assert torch.equal(together.images[3:6], alone.images) and together.planted[3:6] == alone.planted
    other = photo_contexts(photos[1:2], planting, seed=6)
    assert not torch.equal(other.images, alone.images)


def test_what_is_clean_is_its_reference_and_what_is_planted_is_not(photos):
    contexts = photo_contexts(photos, Planting(24, 8, clean_share=0.5))
    assert contexts.references is not None and contexts.images.shape == (24, 3, 24, 24)
    same = (contexts.images == contexts.references).flatten(1).all(1).tolist()
    assert same == [not defect for defect in contexts.planted]
    assert 6 <= sum(same) <= 18 and set(contexts.planted) <= {"", *DEFECTS}
    assert contexts.images.min() >= 0 and contexts.images.max() <= 1


def test_shares_and_defects_are_as_asked(photos):
    assert set(photo_contexts(photos, Planting(24, 2, clean_share=1)).planted) == {""}
    assert set(photo_contexts(photos, Planting(24, 4, clean_share=0, defects=("dark",))).planted) == {"dark"}
    mild = photo_contexts(photos, Planting(24, 1, clean_share=0, defects=("dark",), severities=(0.1, 0.1)))
    strong = photo_contexts(photos, Planting(24, 1, clean_share=0, defects=("dark",), severities=(1, 1)))
    assert torch.equal(mild.references, strong.references) and mild.images.mean() > 1.5 * strong.images.mean()


def test_the_names_that_load_without_torch_are_those_of_the_defects():
    assert tuple(DEFECTS) == PLANTABLE


def test_a_photo_smaller_than_the_square_is_enlarged(photos):
    assert photo_contexts(photos[:1], Planting(64, 1)).images.shape == (1, 3, 64, 64)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"clean_share": 1.5}, "clean_share 1.5: give a share"),
        ({"severities": (0.8, 0.2)}, "severities 0.8 0.2: give a range"),
        ({"defects": ("fog",)}, "defect 'fog': is not one of noise, blur, dark, cast, jpeg"),
        ({"defects": ()}, "no defects: name some of"),
        ({"px": 8}, "px 8"),
        ({"draws": 0}, "draws 0"),
    ],
)
def test_draws_that_make_no_sense_are_refused(photos, options, text):
    with pytest.raises(UsageError, match=text):
        photo_contexts(photos, Planting(**options))
    with pytest.raises(InputError, match="no photos"):
        photo_contexts([])


def test_photos_are_read_by_names_of_their_own_and_the_unreadable_is_told(tmp_path):
    for path in ("a/one.png", "b/one.png", "b/two.png"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((20, 20, 3), 128, np.uint8)).save(tmp_path / path)
    (tmp_path / "b" / "broken.png").write_bytes(b"no picture")
    failures: list[str] = []
    names = [name for name, _ in read_photos([tmp_path], failures)]
    assert names == [str(tmp_path / "a" / "one.png"), str(tmp_path / "b" / "one.png"), "two"]
    assert len(failures) == 1 and "broken.png: not an image file" in failures[0]


def test_raws_are_their_camera_default_renders_without_references():
    frames = small_raws()
    contexts = raw_contexts(iter(frames), 32)
    assert contexts.names == ("raw_0", "raw_1", "raw_2") and contexts.references is None
    assert contexts.planted == ("", "", "") and contexts.images.shape == (3, 3, 32, 32)
    expected = render(frames[1].proxy(32, square=True), IspParams.default(1)).clamp(0, 1)
    torch.testing.assert_close(contexts.images[1:2], expected)
    with pytest.raises(InputError, match="no raws"):
        raw_contexts([], 32)
