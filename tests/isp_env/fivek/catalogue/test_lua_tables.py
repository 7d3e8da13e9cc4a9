import pytest
from fixtures.lightroom_text import lightroom_text, positional
from hypothesis import given, settings
from hypothesis import strategies as st

from attiqa_core.errors import InputError
from isp_env.fivek.catalogue.lua_tables import DEEPEST, LARGEST_LETTERS, items_of, parse

NUMBERS = st.integers(-(10**15) + 1, 10**15 - 1) | st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.text("aZ_0ä\"'\\\n\r\0 {}=[]-,", max_size=6)
VALUES = st.recursive(
    NUMBERS | st.booleans() | WORDS,
    lambda inner: st.lists(inner, max_size=3).map(lambda items: positional(*items)) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(st.dictionaries(WORDS, VALUES, max_size=4))
@settings(max_examples=15, deadline=None, derandomize=True)
@pytest.mark.slow
def test_what_lightroom_writes_comes_back_as_it_was(table):
    assert parse(lightroom_text(table)) == table


def test_numbers_are_read_in_every_form_that_lua_has():
    table = parse("s = { a = -1.5, b = 2e3, c = .5, d = 7., e = 0x1F, f = - 3, g = 1E-2, h = -999999 }")
    assert table == {"a": -1.5, "b": 2000.0, "c": 0.5, "d": 7.0, "e": 31, "f": -3, "g": 0.01, "h": -999999}
    assert isinstance(table["h"], int) and isinstance(table["b"], float)


def test_strings_are_read_with_escapes_bytes_and_in_long_brackets():
    text = r"""{ a = "\"x\"\n\\", b = '\195\164', c = [[two
lines]], d = [==[a ]] b]==], e = "line \
end", f = "\x" }"""
    expected = {"a": '"x"\n\\', "b": "ä", "c": "two\nlines", "d": "a ]] b", "e": "line \nend", "f": "x"}
    assert parse(text) == expected


def test_keys_are_names_quoted_or_positions_and_nil_is_not_held():
    table = parse('{ 10, ["a key"] = 1, [7] = 2, name = 3, nil, 30, gone = nil, }')
    assert table == {1: 10, "a key": 1, 7: 2, "name": 3, 3: 30}
    assert items_of(table) == [10]


def test_comments_semicolons_and_spaces_stand_anywhere():
    text = "-- first\ns --[[ long\n ]] = --[==[ ]] ]==] { 1; 2 , -- last\n a = true; }  -- end"
    assert parse(text) == {1: 1, 2: 2, "a": True}


def test_the_last_of_a_repeated_name_counts_and_tables_nest():
    assert parse("{ a = 1, b = { a = 2, { a = 3 } }, a = 4 }") == {"b": {"a": 2, 1: {"a": 3}}, "a": 4}
    assert parse("{ a = 1, a = nil }") == {}
    assert len(parse("{" + "{}," * (DEEPEST + 1) + "}")) == DEEPEST + 1  # side by side, not inside each other


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("s = 5", "line 1, column 5: a table begins with {"),
        ("s = { a = 1,\n  b = }", "line 2, column 7: a value is a table"),
        ("s = { a = 1 b = 2 }", "line 1, column 13: a comma or } is missing"),
        ('s = { a = "no end', "line 1, column 11: this string does not end"),
        ('s = { a = "no\nend" }', "this string does not end"),
        ("s = { a = [[no end }", "this string does not end"),
        ("s = { a = 1", "a comma or } is missing"),
        ("s = { a = 1 } b = 2", "nothing may follow the table"),
        ("s = { a = 1.5.2 }", "this is no number"),
        ("s = { a = 12ab }", "this is no number"),
        ("s = { a = 1e999 }", "this number is too large"),
        ("s = { a = -inf }", "this is no number"),
        ("s = { a = os.execute('x') }", "a value is a table"),
        ("s = { a = 1 + 1 }", "a comma or } is missing"),
        ('s = { a = "\\999" }', "\\999 is no byte"),
        ("s = { [nil] = 1 }", "a key is a string or a number"),
        ("s = { [{}] = 1 }", "a key is a string or a number"),
        ("", "a table begins with {"),
        ("s = {--[[ }", "line 1, column 6: this comment does not end"),
        ("s = { [true] = 1 }", "a key is a string or a number"),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(text, said):
    with pytest.raises(InputError) as refused:
        parse(text)
    assert said in str(refused.value) and str(refused.value).startswith("line ")


def test_hostile_texts_are_refused_and_not_followed():
    deep = "{" * (DEEPEST + 1) + "}" * (DEEPEST + 1)
    assert parse("{" * DEEPEST + "}" * DEEPEST)
    with pytest.raises(InputError, match="nest more than"):
        parse(deep)
    with pytest.raises(InputError, match="too many"):
        parse(" " * (LARGEST_LETTERS + 1))
    with pytest.raises(InputError, match="too large"):
        parse("{ " + "9" * 5000 + " }")
    with pytest.raises(InputError, match="comma"):
        parse("{ a = 1 " + "--[[ x ]] " * 20_000 + "b }")  # a search that tries every way would not end
