from pathlib import Path

from experiments.drawing.pictures_by_name import pictures_by_name


def test_pictures_go_by_their_path_without_suffix_and_sheets_are_none():
    folder = Path("out")
    names = [
        "b.jpg",
        "deep/a.png",
        "b.png",
        "sheet.jpg",
        "deep/sheet_002.jpg",
        "look_files/0123456789abcdef_s.jpg",
        "a.b.jpg",
    ]
    assert pictures_by_name(folder, [folder / name for name in names]) == {
        "a.b": [folder / "a.b.jpg"],
        "b": [folder / "b.jpg", folder / "b.png"],
        "deep/a": [folder / "deep" / "a.png"],
    }
