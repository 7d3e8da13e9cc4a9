"""The manifest outlives the death of its writer at any byte."""

from isp_env.fivek.manifest import NAME, Row, append, read_manifest

ROWS = [Row(f"img/dng/a000{number}-x [{number}].dng", number, "0" * 64) for number in range(1, 4)]


def test_a_manifest_cut_off_at_any_byte_keeps_the_rows_before_and_takes_the_next(tmp_path):
    for row in ROWS[:2]:
        append(tmp_path, row)
    content = (tmp_path / NAME).read_bytes()
    first = content.index(b"\n") + 1
    for end in range(first, len(content), 41):
        (tmp_path / NAME).write_bytes(content[:end])
        append(tmp_path, ROWS[2])
        assert list(read_manifest(tmp_path).values()) == [ROWS[0], ROWS[2]]


def test_the_last_row_of_a_file_counts(tmp_path):
    append(tmp_path, ROWS[0])
    append(tmp_path, Row(ROWS[0].path, 9, "1" * 64))
    assert read_manifest(tmp_path)[ROWS[0].path].bytes == 9


def test_lines_that_are_no_rows_count_for_nothing(tmp_path):
    append(tmp_path, ROWS[0])
    with (tmp_path / NAME).open("a") as file:
        file.write(
            '[]\n{"path": "x"}\n{"path": "x", "bytes": "9", "sha256": ""}\n{"path": 1, "bytes": 9, "sha256": ""}\n'
        )
    assert [*read_manifest(tmp_path).values()] == [ROWS[0]]


def test_without_a_manifest_nothing_is_known(tmp_path):
    assert read_manifest(tmp_path) == {}
