"""Tables of Lua as Lightroom writes settings, `s = { Key = value, ... }`, read by recursive descent; nothing is evaluated.

Source: Lua 5.1 Reference Manual, sections 2.1 (strings, numbers, comments) and 2.5.7 (table constructors).
"""

import math
import re
from collections.abc import Callable
from typing import Any

from attiqa_core.errors import InputError

LARGEST_LETTERS = 8 * 2**20  # Lightroom's longest are brush strokes, of some 100 kB
DEEPEST = 32  # local corrections nest five deep
LONGEST_INTEGER = 15  # digits that a double holds, which is all that Lua has

Key = str | int | float
Table = dict[Key, Any]
"""Values are strings, numbers, true, false and tables. Positional items have the keys 1, 2, ..., as in Lua; nil is not held."""

_SPACE = re.compile(r"(?:\s+|--\[(=*)\[.*?\]\1\]|--(?!\[=*\[)[^\n]*)*", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_NOT_AFTER_A_NUMBER = re.compile(r"[\w.]")
_LONG = re.compile(r"\[(=*)\[\r?\n?(.*?)\]\1\]", re.DOTALL)
_PLAIN = {'"': re.compile(r'[^\\"\n]*'), "'": re.compile(r"[^\\'\n]*")}
_CODE = re.compile(r"\d{1,3}")
_ESCAPES = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_WORDS = {"true": True, "false": False, "nil": None}


def parse(text: str) -> Table:
    """Return the one table of a text, with or without a name before it.

    Raises: InputError with line and column for what is no such table, nests more than DEEPEST deep or is too long.
    """
    if len(text) > LARGEST_LETTERS:
        raise InputError(f"{len(text):,} letters are too many for a photo's settings")
    return _Reader(text).whole()


def items_of(table: Table) -> list[Any]:
    """Return the positional items, in order, up to the first that is not there."""
    found = []
    while (place := len(found) + 1) in table:
        found.append(table[place])
    return found


class _Reader:
    """Where one reading of a text stands."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0
        self.kinds: dict[str, Callable[[], Any]] = {"{": self.table, "-": self.negative, "[": self.long_string}
        self.kinds |= dict.fromkeys("\"'", self.string) | dict.fromkeys("0123456789.", self.number)

    def whole(self) -> Table:
        self.skip()
        if name := _NAME.match(self.text, self.at):
            self.at = name.end()
            self.expect("=")
        if self.peek() != "{":
            raise self.error("a table begins with {")
        table = self.table()
        if self.peek():
            raise self.error("nothing may follow the table")
        return table

    def table(self) -> Table:
        self.at += 1
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(f"tables nest more than {DEEPEST} deep")
        table: Table = {}
        position = 1
        while self.peek() != "}":
            key = self.key()
            value = self.value()
            if key is None:
                key, position = position, position + 1
            table.pop(key, None)  # the last of a name counts, in its place
            if value is not None:
                table[key] = value
            if self.peek() in (",", ";"):
                self.at += 1
            elif self.peek() != "}":
                raise self.error("a comma or } is missing")
        self.at += 1
        self.depth -= 1
        return table

    def key(self) -> Key | None:
        """The key before an equals sign; None, and nothing read, where a positional item stands."""
        start = self.at
        if self.peek() == "[" and not _LONG.match(self.text, self.at):
            self.at += 1
            key = self.value()
            if not isinstance(key, str | int | float) or isinstance(key, bool):
                raise self.error("a key is a string or a number")
            self.expect("]")
            self.expect("=")
            return key
        name = _NAME.match(self.text, self.at)
        if name is None or name[0] in _WORDS:
            return None
        self.at = name.end()
        if self.peek() != "=":
            self.at = start
            return None
        self.at += 1
        return name[0]

    def value(self) -> Any:
        return self.kinds.get(self.peek(), self.word)()

    def word(self) -> bool | None:
        name = _NAME.match(self.text, self.at)
        if name is None or name[0] not in _WORDS:
            raise self.error("a value is a table, string, number, true, false or nil")
        self.at = name.end()
        return _WORDS[name[0]]

    def negative(self) -> float:
        self.at += 1
        self.skip()
        return -self.number()

    def number(self) -> int | float:
        found = _NUMBER.match(self.text, self.at)
        if found is None or _NOT_AFTER_A_NUMBER.match(self.text, found.end()):
            raise self.error("this is no number")
        digits = found[0]
        is_hexadecimal = digits[:2] in ("0x", "0X")
        number = float(int(digits, 16)) if is_hexadecimal and len(digits) < 18 else math.nan
        if not is_hexadecimal:
            number = int(digits) if digits.isdigit() and len(digits) <= LONGEST_INTEGER else float(digits)
        if not math.isfinite(number):
            raise self.error("this number is too large")
        self.at = found.end()
        return int(number) if is_hexadecimal else number

    def string(self) -> str:
        quote, start = self.text[self.at], self.at
        self.at += 1
        pieces = bytearray()  # \195\164 are two bytes of one letter
        while True:
            plain = _PLAIN[quote].match(self.text, self.at)
            assert plain is not None
            pieces += plain[0].encode("utf-8", "surrogatepass")
            self.at = plain.end()
            if self.text[self.at : self.at + 1] == quote:
                self.at += 1
                return pieces.decode("utf-8", "replace")
            if self.text[self.at : self.at + 1] != "\\":
                self.at = start
                raise self.error("this string does not end")
            self.at += 1
            pieces += self.escaped()

    def escaped(self) -> bytes:
        if code := _CODE.match(self.text, self.at):
            if int(code[0]) > 255:
                raise self.error(f"\\{code[0]} is no byte")
            self.at = code.end()
            return bytes([int(code[0])])
        letter = "\r\n" if self.text.startswith("\r\n", self.at) else self.text[self.at : self.at + 1]
        self.at += len(letter)
        if letter in _ESCAPES:
            return bytes([_ESCAPES[letter]])
        return b"\n" if letter == "\r\n" else letter.encode("utf-8", "surrogatepass")

    def long_string(self) -> str:
        found = _LONG.match(self.text, self.at)
        if found is None:
            raise self.error("this string does not end")
        self.at = found.end()
        return found[2]

    def skip(self) -> None:
        space = _SPACE.match(self.text, self.at)
        assert space is not None
        self.at = space.end()
        if self.text.startswith("--", self.at):
            raise self.error("this comment does not end")

    def peek(self) -> str:
        """The next letter that is neither space nor comment; "" at the end."""
        self.skip()
        return self.text[self.at : self.at + 1]

    def expect(self, letter: str) -> None:
        if self.peek() != letter:
            raise self.error(f"{letter} is missing")
        self.at += 1

    def error(self, what: str) -> InputError:
        line = self.text.count("\n", 0, self.at) + 1
        column = self.at - (self.text.rfind("\n", 0, self.at) + 1) + 1
        return InputError(f"line {line}, column {column}: {what}")
