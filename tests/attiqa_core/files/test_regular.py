import os
import re

import pytest
from fixtures.odd_files import LATIN, SPECIAL, write_special

from attiqa_core.errors import InputError
from attiqa_core.files.names import is_utf8, shown
from attiqa_core.files.regular import open_regular
from attiqa_core.photos.decode import read_bytes, read_rgb


def test_a_regular_file_is_opened_also_through_a_link(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").symlink_to("a")
    with open_regular(tmp_path / "b") as file:
        assert file.read() == b"abc" and file.seek(1) == 1


def test_what_is_no_file_is_named_and_not_waited_for(tmp_path):
    for path in write_special(tmp_path):
        with pytest.raises(InputError, match=rf"^{re.escape(str(path))}: .*{SPECIAL[path.name]}"):
            read_rgb(path)
    for path in (tmp_path / "folder.png", tmp_path):
        with pytest.raises(InputError, match="is a folder"):
            open_regular(path)
    for name in ("a" * 300, "a\0b"):
        with pytest.raises(InputError, match=r": cannot be (read|opened) \("):
            open_regular(tmp_path / name)


def test_no_file_stays_open_behind_a_refusal(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    before = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []  # noqa: PTH112, PTH208
    for _ in range(5):
        with pytest.raises(InputError):
            open_regular(tmp_path / "pipe")
    assert len(before) == (len(os.listdir("/proc/self/fd")) if before else 0)  # noqa: PTH208


def test_a_file_that_shrinks_grows_or_is_taken_away_is_a_sentence(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(bytes(100))
    with pytest.raises(InputError, match="only 90 of its 100 bytes"):
        read_bytes(path, 10, 100)
    path.unlink()
    with pytest.raises(InputError, match=r"a\.png: no such file or folder$"):
        read_bytes(path)


def test_a_file_that_is_written_while_it_is_read_is_a_sentence(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(bytes(100))
    original = os.fstat

    def then_written(descriptor):
        state = original(descriptor)
        with path.open("ab") as file:
            file.write(bytes(10))
        return state

    monkeypatch.setattr(os, "fstat", then_written)
    with pytest.raises(InputError, match="changed while it was read"):
        read_bytes(path)


def test_a_name_of_another_encoding_is_shown_by_its_bytes(tmp_path):
    (tmp_path / LATIN).write_bytes(b"x")
    assert not is_utf8(tmp_path / LATIN) and shown(LATIN) == "caf\\xe9.png" and shown("é.png") == "é.png"
    with pytest.raises(InputError, match=r"caf\\xe9\.png: its name is not UTF-8") as refused:
        read_bytes(tmp_path / LATIN)
    str(refused.value).encode()  # can be printed and stored
