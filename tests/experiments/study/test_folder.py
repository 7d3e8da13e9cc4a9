"""The key: taken only as it was written."""

import json

import pytest
from fixtures.studies import small_study

from attiqa_core.errors import InputError
from experiments.study.folder import KEY_FILE, open_study


def test_a_key_is_read_as_it_was_written(tmp_path):
    assert small_study(tmp_path) == open_study(tmp_path)


@pytest.mark.parametrize("where", [("arms", "a"), ("seed",), ("scenes",), ("sha256",), ("made", "by")])
def test_a_key_in_which_anything_was_changed_is_refused(tmp_path, where):
    small_study(tmp_path)
    path = tmp_path / KEY_FILE
    content = json.loads(path.read_text())
    table = content
    for name in where[:-1]:
        table = table[name]
    changed = {"seed": content["seed"] + 1, "scenes": dict(list(content["scenes"].items())[1:])}
    table[where[-1]] = changed.get(where[-1], "another")
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"key\.json: was changed after the export; take the unchanged file"):
        open_study(tmp_path)


def test_a_key_may_be_written_in_another_layout(tmp_path):
    study = small_study(tmp_path)
    path = tmp_path / KEY_FILE
    path.write_text(json.dumps(json.loads(path.read_text()), sort_keys=True, separators=(",", ":")))
    assert open_study(tmp_path) == study
