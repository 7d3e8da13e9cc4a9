import csv
import shutil

import numpy as np
import pytest
from PIL import Image
from scipy import stats

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json
from attiqa_core.photos.images import read_picture, to_images
from experiments.commands import compare


@pytest.fixture
def two_folders(photos, tmp_path):
    """Six pairs as PNG and as WebP, one image of each side without a partner, and one that cannot be read."""
    a, b = tmp_path / "a", tmp_path / "b"
    for folder in (a, b):
        (folder / "deep").mkdir(parents=True)
    for index in range(6):
        shutil.copy(photos / f"p{index}.png", a / "deep" / f"p{index}.png")
        Image.open(photos / f"p{index}.png").resize((110, 80)).save(b / "deep" / f"p{index}.webp", lossless=True)
    shutil.copy(photos / "p6.png", a / "only.png")
    shutil.copy(photos / "p6.png", b / "p0.png")
    for folder in (a, b):
        (folder / "broken.png").write_bytes(b"nonsense")
    return a, b


def test_folders_are_paired_by_name_and_what_is_left_over_is_reported(
    two_folders, tiny_scorer_folder, tmp_path, capsys
):
    a, b = two_folders
    made = tmp_path / "pairs.csv", tmp_path / "table.json"
    outcome = compare.run(
        compare.Config(a, b, str(tiny_scorer_folder), crops=1, csv=made[0], json=made[1], device="cpu")
    )
    rows, table = list(csv.DictReader(made[0].open())), read_json(made[1])
    assert [row["image"] for row in rows] == [f"deep/p{index}" for index in range(6)]
    assert sorted(failure.split(":")[0].rsplit("/", 1)[1] for failure in outcome.failures) == [
        "broken.png",
        "broken.png",
        "only.png",
        "p0.png",
    ]
    mos = table["differences"][0]
    differences = [float(row["MOS_difference"]) for row in rows]
    assert mos["pairs"] == 6 and mos["difference"] == pytest.approx(np.mean(differences))
    assert mos["wilcoxon_p"] == pytest.approx(stats.wilcoxon(differences).pvalue)
    assert mos["low"] < mos["difference"] < mos["high"] and "6 pairs" in capsys.readouterr().out


def test_contact_sheets_and_previews_in_both_folders_are_no_pair(photos, tmp_path):
    """As in README: `attiqa render` leaves a sheet in each, `attiqa look` previews."""
    beside = ["sheet.jpg", "sheet_001.jpg", "before_after.jpg", "look_files/0123456789abcdef.jpg", ".before/p0.png"]
    for side in ("default", "pictures"):
        for name in ("p0.png", "100CANON/p1.png", *beside):
            (tmp_path / side / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(photos / "p0.png", tmp_path / side / name)
    pairs, alone = compare.pair_up(tmp_path / "default", tmp_path / "pictures")
    assert sorted(pairs) == ["100CANON/p1", "p0"] and alone == []


@pytest.mark.slow
def test_two_images_are_one_table_with_the_scorers_own_values(
    photos, tiny_scorer, tiny_scorer_folder, tmp_path, capsys
):
    paths = photos / "p0.png", photos / "p1.png"
    sheet = tmp_path / "sheet.png"
    compare.run(
        compare.Config(*paths, str(tiny_scorer_folder), crops=1, sheet=sheet, json=tmp_path / "t.json", device="cpu")
    )
    mos = read_json(tmp_path / "t.json")["differences"][0]
    for path, key in zip(paths, ("mean_a", "mean_b"), strict=True):
        expected = tiny_scorer.to_mos(tiny_scorer.score(to_images(read_picture(path)[None])))
        assert mos[key] == pytest.approx(float(expected), abs=1e-3)
    assert mos["low"] is None and mos["wilcoxon_p"] is None
    with Image.open(sheet) as picture:
        assert picture.width > picture.height
    assert "Wilcoxon" not in capsys.readouterr().out


def test_a_known_difference_is_found_and_none_is_undefined():
    a = np.random.default_rng(0).normal(size=40)
    found = compare.paired_difference(a, a + 0.5 + 0.1 * np.random.default_rng(1).normal(size=40))
    assert found["low"] < 0.5 < found["high"] and found["wilcoxon_p"] < 1e-6 and found["b_higher"] == 1
    same = compare.paired_difference(a, a)
    assert same["wilcoxon_p"] is None and same["low"] is None and same["b_higher"] == 0.5 and same["difference"] == 0


def test_what_cannot_be_compared_is_one_sentence(photos, tiny_scorer_folder, tmp_path):
    name = str(tiny_scorer_folder)
    (tmp_path / "twice").mkdir()
    for suffix in ("png", "webp"):
        Image.open(photos / "p0.png").save(tmp_path / "twice" / f"p0.{suffix}")
    (tmp_path / "other").mkdir()
    shutil.copy(photos / "p1.png", tmp_path / "other" / "q.png")
    for config, error, message in (
        (compare.Config(photos, photos / "p0.png", name), UsageError, "two of a kind"),
        (compare.Config(photos, tmp_path / "twice", name), InputError, "same name"),
        (compare.Config(photos, tmp_path / "none", name), InputError, "no such file"),
        (compare.Config(photos, tmp_path / "other", name), InputError, "no partner"),
        (compare.Config(photos, photos, name, csv=photos / "p0.png"), UsageError, "exists already"),
        (compare.Config(photos, photos, name, sheet=tmp_path / "s.png"), UsageError, "two images"),
    ):
        with pytest.raises(error, match=message):
            compare.run(config)
