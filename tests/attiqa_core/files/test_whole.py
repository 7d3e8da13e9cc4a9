import errno

import pytest

from attiqa_core.errors import ResourceError
from attiqa_core.files.whole import read_json, replacing, write_json


def test_a_failed_write_leaves_the_former_file_and_no_litter(tmp_path):
    path = tmp_path / "kept.json"
    write_json(path, {"a": 1})
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_a_resource_error_and_nothing_is_lost(tmp_path):
    path = tmp_path / "kept.json"
    write_json(path, 1)
    with pytest.raises(ResourceError, match="disk is full"), replacing(path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert read_json(path) == 1


def test_nan_is_not_written_as_json(tmp_path):
    with pytest.raises(ValueError):
        write_json(tmp_path / "nan.json", float("nan"))
