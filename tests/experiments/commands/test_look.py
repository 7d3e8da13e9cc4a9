from pathlib import Path

import pytest
from PIL import Image


def folder(path, *names):
    path.mkdir()
    for name in names:
        Image.new("RGB", (6, 4), "grey").save(path / name)
    return path


def test_a_page_is_made_and_made_again(attiqa, tmp_path):
    after, before = folder(tmp_path / "after", "a.jpg", "b.png"), folder(tmp_path / "before", "a.jpg")
    for _ in range(2):
        code, out, err = attiqa("look", after, "--before", before)
        assert code == 0 and out == f"{after / 'look.html'}\n"
        assert err.endswith("attiqa: 2 pictures on the page, 1 with a before\n")


def test_a_broken_picture_is_skipped_and_told(attiqa, tmp_path):
    (folder(tmp_path / "after", "a.jpg") / "b.jpg").write_bytes(b"no picture")
    code, _, err = attiqa("look", tmp_path / "after", "--out", tmp_path / "page.html")
    assert code == 4 and "b.jpg: cannot be read" in err and err.endswith("1 picture on the page, 1 skipped\n")


def test_mistakes_are_one_sentence(attiqa, tmp_path):
    after = folder(tmp_path / "after", "a.jpg")
    for words, said in (
        ([after / "a.jpg"], "is a file; name a folder"),
        ([after, "--out", after], "ends in .html"),
        ([after, "--before", after / "a.jpg"], "is a file; name a folder"),
    ):
        code, _, err = attiqa("look", *words)
        assert code in (2, 3) and said in err, err


@pytest.mark.slow
def test_what_a_render_run_writes_is_shown_with_its_parameters(succeed, raws, tmp_path):
    succeed("render", raws, "--out", tmp_path / "pictures", "--device", "cpu")
    text = Path(succeed("look", tmp_path / "pictures").strip()).read_text(encoding="utf-8")
    assert '"tuner":"camera default"' in text and "sheet.jpg" not in text
