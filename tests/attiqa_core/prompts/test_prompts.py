import json
import tomllib

import pytest

from attiqa_core.attributes import ATTRIBUTES, TABLE_1_PROMPTS
from attiqa_core.errors import InputError, UsageError
from attiqa_core.prompts.prompts import SHIPPED_ADJECTIVES, prompt, read_adjectives, read_prompts

SHIPPED = read_adjectives()


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_each_attribute_has_fifty_distinct_words_on_each_side_with_table_1(attribute):
    words = SHIPPED[attribute]
    assert len(words.positive) == len(words.negative) == 50
    both = [word.lower() for word in words.positive + words.negative]
    assert len(set(both)) == 100 and all(word.replace("-", "").isalpha() and word.isascii() for word in both)
    assert TABLE_1_PROMPTS[attribute].positive in [prompt(word) for word in words.positive]
    assert TABLE_1_PROMPTS[attribute].negative in [prompt(word) for word in words.negative]


def test_the_attributes_are_in_order_and_the_file_says_where_it_comes_from():
    assert tuple(SHIPPED) == ATTRIBUTES
    assert "Provenance:" in SHIPPED_ADJECTIVES.read_text(encoding="utf-8")


def test_the_prompt_is_adjective_and_image_without_a_period():
    assert prompt("Splendid") == "Splendid image"


def write_lists(path, change):
    tables = tomllib.loads(SHIPPED_ADJECTIVES.read_text(encoding="utf-8"))
    change(tables)
    lines = [
        f"[{name}]\n" + "".join(f"{side} = {json.dumps(words)}\n" for side, words in table.items())
        for name, table in tables.items()
    ]
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tables: tables["contrast"]["negative"].pop(), r"\[contrast\] has 50 positive and 49 negative.*50"),
        (lambda tables: tables.pop("noisiness"), r"\[noisiness\] needs `positive"),
        (lambda tables: tables["sharpness"].pop("negative"), r"\[sharpness\] needs `negative"),
        (lambda tables: tables["brightness"]["positive"].__setitem__(3, "DARK"), "'dark' twice"),
        (lambda tables: tables["brightness"]["positive"].__setitem__(3, "sunny"), "'sunny' twice"),
        (lambda tables: tables["brightness"]["positive"].__setitem__(3, " "), "list of adjectives"),
        (lambda tables: tables.update(glow=tables["brightness"]), r"\[glow\] is not one of"),
    ],
)
def test_own_lists_are_checked_and_the_file_is_named(tmp_path, change, message):
    path = write_lists(tmp_path / "mine.toml", change)
    with pytest.raises(InputError, match=rf"mine\.toml: .*{message}"):
        read_adjectives(path)


def test_own_lists_replace_the_shipped_ones(tmp_path):
    path = write_lists(tmp_path / "mine.toml", lambda tables: tables["contrast"]["positive"].__setitem__(0, "Zesty"))
    assert read_adjectives(path)["contrast"].positive[0] == "Zesty"
    (tmp_path / "cut.toml").write_text("[sharpness", encoding="utf-8")
    with pytest.raises(InputError, match=r"cut\.toml"):
        read_adjectives(tmp_path / "cut.toml")
    with pytest.raises(InputError, match="no such file"):
        read_adjectives(tmp_path / "absent.toml")


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
