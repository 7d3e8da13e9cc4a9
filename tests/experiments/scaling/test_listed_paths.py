import os
from pathlib import Path

import pytest

from attiqa_core.errors import UsageError
from experiments.scaling.listed_paths import begins_in, check_begins_here, listed, path_of


@pytest.mark.parametrize(
    "name", [b"a b/IMG_1.CR3", b"caf\xe9.dng", "é/雪.dng".encode(), b"100%.dng", b"a\nb.dng", b"%41"]
)
def test_any_name_comes_back_from_ascii(name):
    path = Path(os.fsdecode(name))
    assert path_of(listed(path)) == path and listed(path).isascii() and "\n" not in listed(path)


def test_relative_paths_are_followed_from_one_folder_only(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    begun = begins_in([Path("a.dng"), tmp_path / "b.dng"])
    assert begun == str(tmp_path) and begins_in([tmp_path / "b.dng"]) == ""
    check_begins_here(tmp_path / "out", begun)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="named as seen from"):
        check_begins_here(tmp_path / "out", begun)
    check_begins_here(tmp_path / "out", "")
