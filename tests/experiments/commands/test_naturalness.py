import numpy as np
import pytest
from fixtures.photographs import smooth_scene
from PIL import Image

from attiqa_core.judges import create_metric


@pytest.fixture
def pristine(tmp_path):
    """A folder of 24 grainy scenes, one picture too small, and one that is none."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(24):
        grain = np.random.default_rng(index).normal(0, 0.05, (290, 290, 3))
        pixels = (255 * (smooth_scene(index, 290, 290) + grain).clip(0, 1)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"p{index:02}.png")
    Image.new("RGB", (60, 200)).save(folder / "small.png")
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


@pytest.mark.slow
def test_both_judges_are_fitted_and_what_is_no_photo_is_skipped(attiqa, pristine, tmp_path):
    out = tmp_path / "natural"
    code, shown, err = attiqa("naturalness", pristine, "--out", out)
    assert code == 4 and shown.strip().endswith("natural"), err
    assert "small.png: niqe: a picture of 60x200 px is too small" in err and "broken.png" in err
    assert err.endswith("2 judges fitted on 24 photos, 2 skipped\n")
    photo = np.array(Image.open(pristine / "p03.png"))
    for kind in ("niqe", "colour-naturalness"):
        own, shipped = create_metric(out / kind), create_metric(kind)
        assert own.sha256 != shipped.sha256 and own.name == kind
        assert float(own.score(photo)) > float(own.score(photo[..., ::-1].copy() // 4))
        assert float(own.score(photo)) > float(shipped.score(photo))


def test_too_few_photos_are_refused_and_leave_no_folder(attiqa, photos, tmp_path):
    code, _, err = attiqa("naturalness", photos, "--out", tmp_path / "natural")
    assert code == 3 and "photos are too few" in err and not (tmp_path / "natural").exists()
