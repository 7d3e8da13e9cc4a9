import json

import pytest

from attiqa_core.attributes import ATTRIBUTES, TABLE_1_PROMPTS
from attiqa_core.errors import InputError, UsageError
from attiqa_core.teachers.prompt_sets import read_prompts


def write_sets(folder, sets, **more):
    content = {"format": "attiqa-prompts/1", "template": "{adjective} image", "sets": sets, **more}
    (folder / "prompts.json").write_text(json.dumps(content), encoding="utf-8")
    return folder / "prompts.json"


def chosen(word):
    return {attribute: [f"{word} image", f"Not-{word} image"] for attribute in reversed(ATTRIBUTES)}


def test_prompts_come_from_the_paper_from_one_pair_or_from_a_run(tmp_path):
    assert read_prompts("table1") == TABLE_1_PROMPTS
    assert read_prompts("single") == {"quality": ("Good image", "Bad image")}
    path = write_sets(tmp_path, {"joint": chosen("fine"), "worst": chosen("odd")})
    for source in (path, tmp_path):
        assert read_prompts(str(source))["contrast"].positive == "fine image"
        assert read_prompts(str(source), "worst")["contrast"].negative == "Not-odd image"
    assert tuple(read_prompts(str(path))) == ATTRIBUTES


def test_bad_prompt_files_say_what_is_wrong(tmp_path):
    path = str(write_sets(tmp_path, {"task1": chosen("fine")}))
    with pytest.raises(UsageError, match="no set 'joint', only task1"):
        read_prompts(path)
    with pytest.raises(UsageError, match="no set 'worst'"):
        read_prompts("table1", "worst")
    with pytest.raises(InputError, match="no such file"):
        read_prompts(str(tmp_path / "absent"))
    for pairs, message in (
        ({**chosen("x"), "contrast": ["one"]}, "contrast"),
        ({**chosen("x"), "contrast": ["one", 2]}, "contrast"),
        ({name: pair for name, pair in chosen("x").items() if name != "noisiness"}, "no pair for noisiness"),
        ([], "no pair for sharpness"),
    ):
        with pytest.raises(InputError, match=rf"prompts\.json: .*{message}"):
            read_prompts(str(write_sets(tmp_path, {"joint": pairs})))
    with pytest.raises(InputError, match="attiqa-prompts/1"):
        read_prompts(str(write_sets(tmp_path, {}, format="other")))
