"""Lines with a checksum: no flipped bit is unseen, and a power cut costs the last line alone."""

import pytest

from attiqa_core.errors import InputError
from attiqa_core.files.lines import append_line, keep_lines, read_lines, text_of

ROWS = [{"photo": 3, "name": "a}", "mean": 0.1}, {"photo": 4, "name": "café", "mean": -1e-9}]


@pytest.fixture
def path(tmp_path):
    for row in ROWS:
        append_line(tmp_path / "rows.jsonl", row)
    return tmp_path / "rows.jsonl"


def test_rows_come_back_as_they_were(path):
    assert read_lines(path, "cure") == ROWS and path.read_text() == text_of(ROWS)
    assert read_lines(path.with_name("none.jsonl"), "cure") == []


def test_a_flipped_bit_is_seen(path):
    whole = path.read_bytes()
    for bit in range(
        0, 8 * (len(whole) - 1), 17
    ):  # all were, once; the last byte ends the last line: without it, it was cut off
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        with pytest.raises(InputError, match=r"rows.jsonl:\d: .+; cure"):
            read_lines(path, "cure")


def test_a_last_line_that_was_cut_off_anywhere_costs_itself_alone(path):
    whole = path.read_bytes()
    for end in range(whole.index(b"\n") + 1, len(whole)):
        path.write_bytes(whole[:end])
        assert read_lines(path, "cure") == ROWS[:1]
    assert keep_lines(path, lambda row: True, "cure") == ROWS[:1] and path.read_text() == text_of(ROWS[:1])


def test_files_of_other_programs_have_no_checksums(path):
    path.write_text('{"epoch": 1}\n')
    assert read_lines(path, "cure", unchecked_too=True) == [{"epoch": 1}]
    with pytest.raises(InputError):
        read_lines(path, "cure")
