import json
import tomllib

import pytest

from attiqa_core.attributes import ATTRIBUTES, TABLE_1_PROMPTS
from attiqa_core.errors import InputError
from attiqa_core.prompts.adjectives import SHIPPED_ADJECTIVES, prompt, read_adjectives

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
