"""Whole pages: what they say about pictures, names that want to break them, small and large ones, what is used again."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from attiqa_core.errors import InputError, UsageError
from experiments.drawing.sheets import is_sheet
from experiments.gallery import gallery
from experiments.gallery.gallery import write_gallery
from experiments.gallery.shelf import DATA


def save(path, level=128, size=(12, 8)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (level, level, level)).save(path)
    return path


def data_of(page):
    return json.loads(DATA.search(page.read_text(encoding="utf-8"))[1])


@pytest.fixture
def pictures(tmp_path):
    for name in ("card1/IMG_1.jpg", "card2/IMG_1.jpg"):
        save(tmp_path / "after" / name, 200)
        save(tmp_path / "default" / name.replace(".jpg", ".png"), 100)
    return tmp_path / "after"


def test_pictures_of_the_same_path_are_before_and_after_whatever_their_format(pictures, tmp_path):
    made = write_gallery(tmp_path / "look.html", pictures, [tmp_path / "default"])
    assert (made.pictures, made.compared, made.failures) == (2, 2, ())
    data = data_of(made.path)
    assert data["labels"] == ["after", "default"]
    assert [[view["link"] for view in each["views"]] for each in data["pictures"]] == [
        [f"after/card{card}/IMG_1.jpg", f"default/card{card}/IMG_1.png"] for card in (1, 2)
    ]
    assert [view["mean"] for view in data["pictures"][0]["views"]] == [
        pytest.approx(200 / 255, abs=0.005),
        pytest.approx(100 / 255, abs=0.005),
    ]


def test_without_before_a_picture_has_one_view_and_with_some_missing_null(pictures, tmp_path):
    data = data_of(write_gallery(tmp_path / "look.html", pictures).path)
    assert [len(each["views"]) for each in data["pictures"]] == [1, 1] and data["labels"] == ["after"]
    (tmp_path / "default" / "card2" / "IMG_1.png").unlink()
    made = write_gallery(tmp_path / "look.html", pictures, [tmp_path / "default"])
    assert made.compared == 1 and data_of(made.path)["pictures"][1]["views"][1] is None


def test_what_a_render_run_left_is_before_and_its_failures_are_told(pictures):
    save(pictures / ".before" / "card1" / "IMG_1.jpg", 50)
    (pictures / "failures.json").write_text(json.dumps([{"raw": "a.dng", "reason": "no raw"}, "b.dng: cut off"]))
    data = data_of(write_gallery(pictures / "look.html", pictures).path)
    assert data["labels"] == ["after", "camera default"]
    assert data["pictures"][0]["views"][1]["link"] == ".before/card1/IMG_1.jpg"
    assert data["failures"] == ["a.dng: no raw", "b.dng: cut off"]


def test_folders_of_one_name_are_told_apart_by_those_above(pictures, tmp_path):
    save(tmp_path / "other" / "after" / "card1" / "IMG_1.jpg")
    data = data_of(write_gallery(tmp_path / "look.html", pictures, [tmp_path / "other" / "after"]).path)
    assert data["labels"] == [f"{tmp_path.name}/after", "other/after"]


WANT_TO_BREAK = [
    '"><img src=x onerror=alert(1)>.jpg',
    "</script><script>alert(1)<",
    "two\nlines & 'quotes' \"double\".jpg",
    "%%SCRIPT%% %%DATA%% #?%41.jpg",
    "x" * 200 + ".jpg",
]


def test_no_name_breaks_the_page_or_comes_to_be_markup(tmp_path):
    names = [
        name.replace("/", "\u2215") if name.endswith(".jpg") else name.replace("/", "") + ".jpg"
        for name in WANT_TO_BREAK
    ]
    for name in names:
        save(tmp_path / "after" / name)
    os.rename(save(tmp_path / "after" / "cafe.jpg"), os.fsencode(tmp_path / "after") + b"/caf\xe9.jpg")  # noqa: PTH104
    page = write_gallery(tmp_path / "after" / "look.html", tmp_path / "after").path
    text, shown = page.read_text(encoding="utf-8"), {each["name"] for each in data_of(page)["pictures"]}
    assert (
        text.count("<script") == 2 and "<img src=x" not in text and "%%" not in text.replace("%%SCRIPT%% %%DATA%%", "")
    )
    assert "caf\ufffd.jpg" in shown and r"two\nlines & 'quotes' " + '"double".jpg' in shown and len(shown) == 6
    links = {each["views"][0]["link"] for each in data_of(page)["pictures"]}
    assert "caf%E9.jpg" in links and not any(set(link) & set("\"'<>#? \n") for link in links)


def test_a_broken_picture_is_one_item_and_told(pictures, tmp_path):
    (pictures / "card1" / "cut.jpg").write_bytes((pictures / "card1" / "IMG_1.jpg").read_bytes()[:200])
    (pictures / "card1" / "IMG_1.recipe.json").write_text("[" * 100_000)
    os.mkfifo(pictures / "pipe.png")
    made = write_gallery(tmp_path / "look.html", pictures)
    assert made.pictures == 2 and len(made.failures) == 3
    broken = {each["name"]: each for each in data_of(made.path)["pictures"] if not each["views"][0]}
    assert set(broken) == {"cut.jpg", "pipe.png"} and "cut off" in broken["cut.jpg"]["problems"][0]


def test_previews_of_many_pictures_lie_beside_the_page_and_go_when_their_picture_goes(pictures, tmp_path, monkeypatch):
    assert (
        data_of(write_gallery(tmp_path / "look.html", pictures).path)["pictures"][0]["views"][0]["small"][:5] == "data:"
    )
    assert not (tmp_path / "look_files").exists()
    monkeypatch.setattr(gallery, "MOST_EMBEDDED", 1)
    views = [each["views"][0] for each in data_of(write_gallery(tmp_path / "look.html", pictures).path)["pictures"]]
    assert all((tmp_path / view["small"]).is_file() and view["view"] == view["link"] for view in views)
    assert all(is_sheet(tmp_path / view["small"]) for view in views)  # no other command takes it for a picture
    (pictures / "card1" / "IMG_1.jpg").unlink()
    save(pictures / "card2" / "IMG_2.jpg")
    (tmp_path / "look_files" / "mine.jpg").write_bytes(b"mine")
    half = tmp_path / "look_files" / f".{'a' * 16}.jpg.123"
    half.write_bytes(b"")
    os.utime(half, (0, 0))
    (tmp_path / views[1]["small"]).write_bytes(b"")  # as after a power cut
    write_gallery(tmp_path / "look.html", pictures)
    assert Image.open(tmp_path / views[1]["small"]).size == (12, 8)
    assert len(list((tmp_path / "look_files").iterdir())) == 3 and not (tmp_path / views[0]["small"]).exists()


def test_previews_too_large_for_one_page_lie_beside_it(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "MOST_EMBEDDED_BYTES", 100)
    views = [each["views"][0] for each in data_of(write_gallery(tmp_path / "look.html", pictures).path)["pictures"]]
    assert [(tmp_path / view["small"]).is_file() for view in views] == [True, True]


@pytest.mark.parametrize("most", [0, 200], ids=["beside the page", "in the page"])
def test_previews_are_made_again_only_of_what_changed(pictures, tmp_path, monkeypatch, most):
    monkeypatch.setattr(gallery, "MOST_EMBEDDED", most)
    first = data_of(write_gallery(tmp_path / "look.html", pictures).path)
    opened = []
    real = gallery.entries_of.__globals__["make_preview"]
    monkeypatch.setitem(
        gallery.entries_of.__globals__,
        "make_preview",
        lambda path, wanted: (opened.append(path), real(path, wanted))[1],
    )
    assert data_of(write_gallery(tmp_path / "look.html", pictures).path) == first and opened == []
    changed = save(pictures / "card2" / "IMG_1.jpg", 10, (24, 16))
    data = data_of(write_gallery(tmp_path / "look.html", pictures).path)
    assert opened == [changed] and data["pictures"][1]["views"][0]["px"] == [24, 16]


def test_sixteen_bit_pictures_have_a_view_and_a_tiff_a_full_size_where_asked(tmp_path):
    from experiments.pictures.writing import save_picture

    save_picture(
        tmp_path / "after" / "a.tif", np.full((3, 8, 12), 0.5, np.float32), metadata={"model": "X", "iso": 400}
    )
    data = data_of(write_gallery(tmp_path / "look.html", tmp_path / "after").path)["pictures"][0]
    assert (data["views"][0]["bits"], data["camera"]) == (16, {"model": "X", "iso": 400})
    assert "full" not in data["views"][0]
    view = data_of(write_gallery(tmp_path / "look.html", tmp_path / "after", full_size=True).path)["pictures"][0][
        "views"
    ][0]
    assert Image.open(tmp_path / view["full"]).size == (12, 8)


def test_nothing_else_is_overwritten_and_nothing_is_made_of_nothing(pictures, tmp_path):
    (tmp_path / "mine.html").write_text("<p>mine</p>")
    with pytest.raises(UsageError, match="no page of `attiqa look`"):
        write_gallery(tmp_path / "mine.html", pictures)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no pictures here"):
        write_gallery(tmp_path / "look.html", tmp_path / "empty")
    with pytest.raises(InputError, match="none of its pictures"):
        write_gallery(tmp_path / "look.html", pictures, [save(tmp_path / "b" / "x.jpg").parent])
