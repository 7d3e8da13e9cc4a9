"""Descriptions: one reader, which says in one sentence what is wrong, and where."""

import os
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
import pytest

from attiqa_core.errors import InputError
from attiqa_core.files.described import Pixels, read_description, read_json, read_toml, sealed, unsealed
from attiqa_core.files.whole import write_json


@dataclass(frozen=True)
class Look:
    resize: Pixels = 340


class Thing(msgspec.Struct):
    format: Literal["thing/2"]
    look: Look
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5


WHOLE = {"format": "thing/2", "look": {"resize": 64}}


def read(path, **changes):
    write_json(path, {**WHOLE, **changes})
    return read_description(path, Thing, "make it again")


def test_a_description_is_read_as_its_type(tmp_path):
    assert read(tmp_path / "a.json") == Thing("thing/2", Look(64))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": "thing/3"}, r"'thing/3' is not 'thing/2', which this version reads; update attiqa-isp"),
        ({"format": "thing/1"}, r"'thing/1' is not 'thing/2', which this version reads; make it again"),
        ({"format": ["thing/2"]}, r"is not 'thing/2'"),
        ({"look": {"resize": 30_000}}, r"\$\.look\.resize: expected `int` <= 4096; make it again"),
        ({"look": {"resize": "64"}}, r"\$\.look\.resize: expected `int`, got `str`"),
        ({"look": {"resize": 64, "extra": 1}}, r"\$\.look\.extra: is not known to this version"),
        ({"extra": 1}, r"\$\.extra: is not known"),
        ({"look": 5}, r"\$\.look: expected `object`, got `int`"),
        ({"share": 7}, r"\$\.share: expected `float` <= 1\.0"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_field(tmp_path, changes, said):
    with pytest.raises(InputError, match=rf"a\.json: .*{said}") as refused:
        read(tmp_path / "a.json", **changes)
    assert "\n" not in str(refused.value)


def test_a_training_may_say_more_of_itself_at_the_top_but_not_below(tmp_path):
    write_json(tmp_path / "a.json", {**WHOLE, "seed": 1})
    assert read_description(tmp_path / "a.json", Thing, "", more=True).look == Look(64)
    write_json(tmp_path / "a.json", {**WHOLE, "look": {"resize": 64, "seed": 1}})
    with pytest.raises(InputError, match=r"\$\.look\.seed"):
        read_description(tmp_path / "a.json", Thing, "", more=True)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b"[" * 900 + b"]" * 900,
        b"9" * 400,
        b"1e999",
        b"[NaN]",
        b"[-Infinity]",
        b'{"a": 1, "a": 2}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a":\0 1}',
        b'{"a": "\\u0000"}',
        b'{"a": "\\ud800"}',
        b"",
        b"\xff",
    ],
    ids=range(13),
)
def test_what_is_no_strict_json_is_refused_in_one_sentence(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.json: (not a JSON file|is no text in UTF-8)") as refused:
        read_json(tmp_path / "a.json")
    assert len(str(refused.value)) < 400 + len(str(tmp_path))


def test_a_byte_order_mark_is_passed_over(tmp_path):
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(tmp_path / "a.json") == {"a": 1}


def test_a_file_above_the_limit_is_not_read(tmp_path):
    (tmp_path / "a.json").write_text("[1, 2, 3]")
    assert read_json(tmp_path / "a.json", 9) == [1, 2, 3]
    with pytest.raises(InputError, match="not read"):
        read_json(tmp_path / "a.json", 8)


def test_what_is_no_ordinary_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "fifo.json")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    for name in ("fifo.json", "zero.json", "loop.json", "none.json", "."):
        with pytest.raises(
            InputError, match=r"is a pipe|is a socket|is a device|no such file|is a folder|cannot be read"
        ):
            read_json(tmp_path / name)


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 100_000, "a." * 40 + "b = 1", f"a = {'9' * 400}", "a = inf", "a = nan", "\0"]
)
def test_toml_is_held_to_the_same(tmp_path, text):
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(InputError, match=r"a\.toml: cannot be read as TOML"):
        read_toml(tmp_path / "a.toml")


def test_what_was_sealed_is_refused_once_a_letter_is_another(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"std": 0.25, "pair": (1, 2)}, seal=True)
    assert read_json(path) == {"std": 0.25, "pair": [1, 2]}
    path.write_text(path.read_text().replace("0.25", "0.24"))
    with pytest.raises(InputError, match=r"a\.json: was changed after it was written .* take its \"sealed\" out"):
        read_json(path)


def test_a_description_of_before_there_were_seals_is_read_and_layout_does_not_count(tmp_path):
    assert unsealed(tmp_path, {"a": 1}) == {"a": 1}
    assert unsealed(tmp_path, dict(reversed(sealed({"a": 1, "b": 2}).items()))) == {"a": 1, "b": 2}
