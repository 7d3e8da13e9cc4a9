import numpy as np
import pytest
import torch
from PIL import Image

from attiqa_core.errors import UsageError
from experiments.drawing.sheet_layout import GAP, MARGIN
from experiments.drawing.sheets import GREY, before_after_sheet, comparison_sheet, is_sheet
from experiments.pictures.writing import save_picture


def plain(colour, height=40, width=60):
    return torch.tensor(colour, dtype=torch.float32).view(3, 1, 1).expand(3, height, width)


def pixels(path):
    return np.asarray(Image.open(path)).astype(int)


def is_coloured(picture, channel):
    """Where the picture is of the pure colour of one channel."""
    others = [one for one in range(3) if one != channel]
    return (picture[..., channel] > 200) & (picture[..., others].max(axis=-1) < 60)


def test_pictures_keep_their_shape_in_equal_cells(tmp_path):
    wide, upright = plain([1, 0, 0], 40, 60), plain([0, 1, 0], 60, 40)
    sheet = pixels(comparison_sheet(tmp_path / "s.png", [[wide, upright]], cell_px=120))
    assert sheet.shape == (2 * MARGIN + 120, 2 * MARGIN + 2 * 120 + GAP, 3)
    for channel, shape in ((0, (80, 120)), (1, (120, 80))):
        down, across = np.nonzero(is_coloured(sheet, channel))
        assert (np.ptp(down) + 1, np.ptp(across) + 1) == shape
    assert sheet[2, 2].tolist() == list(GREY)


def test_rows_and_columns_are_in_the_order_given(tmp_path):
    rows = [[plain([1, 0, 0]), plain([0, 1, 0])], [plain([0, 0, 1]), None]]
    sheet = pixels(comparison_sheet(tmp_path / "s.png", rows, cell_px=60))
    middle = sheet.shape[1] // 2
    assert is_coloured(sheet, 0)[:, :middle].any() and not is_coloured(sheet, 0)[:, middle:].any()
    assert is_coloured(sheet, 1)[:, middle:].any()
    assert np.nonzero(is_coloured(sheet, 2))[0].min() > np.nonzero(is_coloured(sheet, 0))[0].max()


def test_texts_are_drawn_outside_the_pictures(tmp_path):
    options = {"column_titles": ["before", "after"], "row_titles": ["IMG_1"], "captions": [["0.41", "0.63"]]}
    rows = [[plain([0, 0, 0]), plain([0, 0, 0])]]
    bare = pixels(comparison_sheet(tmp_path / "bare.png", rows, cell_px=200))
    sheet = pixels(comparison_sheet(tmp_path / "s.png", rows, cell_px=200, **options))
    assert sheet.shape[0] > bare.shape[0] and sheet.shape[1] == bare.shape[1]
    assert (sheet.min(axis=-1) > 190).sum() > 200
    assert (sheet.max(axis=-1) == 0).sum() == (bare.max(axis=-1) == 0).sum()


def test_a_sheet_stays_within_the_stated_size(tmp_path):
    rows = [[plain([0.5, 0.5, 0.5])] * 4 for _ in range(12)]
    path = comparison_sheet(tmp_path / "s.jpg", rows, cell_px=200, max_side_px=1000, row_titles=["x"] * 12)
    assert 960 < max(Image.open(path).size) <= 1000


def test_long_texts_are_cut_off_at_their_cell(tmp_path):
    rows = [[plain([0, 0, 0]), plain([0, 0, 0])]]
    sheet = pixels(comparison_sheet(tmp_path / "s.png", rows, captions=[["long " * 40, ""]], cell_px=150))
    assert not (sheet[:, MARGIN + 150 :].min(axis=-1) > 190).any()


def test_before_and_after_stand_side_by_side_for_files_and_tensors(tmp_path):
    for index in range(6):
        save_picture(tmp_path / f"{index}.png", plain([1, 0, 0]), metadata={})
    before, after = [tmp_path / f"{index}.png" for index in range(6)], [plain([0, 0, 1])] * 6
    names, scores = [f"shot {index}" for index in range(6)], [("0.41", "0.63")] * 6
    sheet = pixels(before_after_sheet(tmp_path / "s.png", names, before, after, captions=scores, cell_px=80))
    assert is_coloured(sheet, 0).sum() == is_coloured(sheet, 2).sum() > 0
    columns = np.nonzero(is_coloured(sheet, 0).any(axis=0))[0]
    assert (np.diff(columns) > 1).sum() == 1  # two pairs across


def test_sheets_carry_the_srgb_profile(tmp_path):
    for name in ("s.png", "s.jpg"):
        path = comparison_sheet(tmp_path / name, [[plain([0, 0, 0])]], cell_px=60)
        assert Image.open(path).info["icc_profile"]


@pytest.mark.parametrize("options", [{"column_titles": ["one"]}, {"row_titles": ["a", "b"]}, {"captions": [["a"]]}])
def test_texts_that_do_not_match_the_pictures_are_refused(tmp_path, options):
    with pytest.raises(UsageError, match="do not match"):
        comparison_sheet(tmp_path / "s.png", [[plain([0, 0, 0])] * 2], **options)
    with pytest.raises(UsageError, match="no picture"):
        comparison_sheet(tmp_path / "s.png", [[None]])


def test_a_caption_of_two_lines_makes_room_for_both(tmp_path):
    def height(caption):
        return len(
            pixels(comparison_sheet(tmp_path / "s.png", [[plain([1, 0, 0])]], captions=[[caption]], cell_px=120))
        )

    sheet = pixels(comparison_sheet(tmp_path / "s.png", [[plain([1, 0, 0])]], captions=[["one\ntwo"]], cell_px=120))
    assert height("one\ntwo") - height("one") == height("one\ntwo\nthree") - height("one\ntwo") > 8
    below = np.nonzero((sheet.min(axis=-1) > 150).any(axis=1))[0]
    assert np.ptp(below) > 15  # text in both lines


class Counted(list):
    """Rows that note how many of them were asked for at a time."""

    def __init__(self, rows):
        super().__init__(rows)
        self.asked = []

    def __getitem__(self, place):
        found = super().__getitem__(place)
        self.asked.append(len(found) if isinstance(place, slice) else 1)
        return found


def test_more_rows_than_fit_go_onto_pages_that_are_made_one_at_a_time(tmp_path):
    rows = Counted([[plain([0.5, 0.5, 0.5], 4, 6)] * 2 for _ in range(30)])
    titles = [f"row {index}" for index in range(30)]
    first = comparison_sheet(tmp_path / "sheet.jpg", rows, row_titles=titles, cell_px=240, max_side_px=900)
    pages = sorted(tmp_path.glob("sheet*.jpg"))
    assert first == pages[0] and [page.name for page in pages] == [f"sheet_00{number}.jpg" for number in range(1, 6)]
    assert rows.asked == [
        7,
        7,
        7,
        7,
        2,
    ]  # of 80 px, a title of 15 px and a gap of 26 px: 7 are 847 px, and 48 px the margins
    assert len({Image.open(page).width for page in pages}) == 1
    assert all(max(Image.open(page).size) <= 900 for page in pages)
    assert all(is_sheet(page) for page in pages) and not is_sheet(tmp_path / "DSC_001.jpg")


def test_a_sheet_too_wide_for_a_jpeg_is_refused(tmp_path):
    with pytest.raises(UsageError, match="65,500"):
        comparison_sheet(tmp_path / "s.jpg", [[plain([0, 0, 0], 4, 6)] + [None] * 1200], cell_px=60)


@pytest.mark.parametrize("name", ["two\nlines", "caf\udce9", "x" * 300, "<script>", "\t\x00\u202e"])
def test_any_name_that_a_file_can_have_is_drawn(tmp_path, name):
    grey = [plain([0.5, 0.5, 0.5], 4, 6)]
    path = before_after_sheet(tmp_path / "s.png", [name], grey, grey, cell_px=60)
    assert (
        Image.open(path).size == Image.open(before_after_sheet(tmp_path / "t.png", ["a"], grey, grey, cell_px=60)).size
    )
    comparison_sheet(path, [grey], row_titles=[name], column_titles=[name], captions=[[name]], cell_px=60)
