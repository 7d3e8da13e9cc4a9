"""Changes of texts: words, numbers, cells and lines become what no writer of ours writes."""

import random
import re

ODD_NUMBERS = (
    "0", "-0.0", "-1", "1", "0.5", "1e308", "-1e308", "1e999", "nan", "inf", "-inf", "NaN", "1e-320", "65536", "2147483648",
    "4294967296", "9223372036854775808", "18446744073709551616", "1" + "0" * 30, "9" * 400, "9" * 5000, "1_000", "0x10", "١٢",
    "1,5", "+1", "--1", "1e", ".", "=1+1",
)  # fmt: skip
ODD_WORDS = (
    "", " ", "null", "true", "None", "\0", "\n", "\r", "\t", '"', "'", ",", ";", "..", "/", "../../etc/passwd", "/dev/zero",
    "\ud800", "é", "\u202e", "\ufeff", "a" * 300, "a" * 5000, "a" * 140_000, "%s%n", "{}", "{0.__class__}", "$(id)", "\\", "*",
    "CON", "-", "--help", "0", "[]", "<a>", "&amp;", "name\\x.png", "ſ", "㎏", "\x1b[2J", "\x85", "\u2028",
)  # fmt: skip
ODD_VALUES = (
    *ODD_NUMBERS, "[]", "{}", '""', "true", "[1]", '["a"]', "[[]]", "{a = 1}", "1979-05-27", "07:32:00", '"../x"', '"\\u0000"',
    '"' + "a" * 5000 + '"', "[nan]", "[" * 200 + "]" * 200, "'''x\n'''", '"é"', '["\\n", 1]', "-9223372036854775808",
)  # fmt: skip
WORD = re.compile(rb"[A-Za-z0-9_.+-]+")
CELL = re.compile(rb'(?<=[,;\t\n"<>=])[^,;\t\n"<>=]*')
ASSIGNED = re.compile(rb"(?<==)[^\n]*")


def _encoded(word: str) -> bytes:
    return word.encode("utf-8", "surrogatepass")


def _replaced(content: bytes, pattern: re.Pattern[bytes], word: str, rng: random.Random) -> bytes:
    found = rng.choice(list(pattern.finditer(content)))
    return content[: found.start()] + _encoded(word) + content[found.end() :]


def word(content: bytes, rng: random.Random) -> bytes:
    """A word or number becomes another, or one from elsewhere in the file."""
    words = [each[0].decode() for each in WORD.finditer(content)]
    return _replaced(
        content, WORD, rng.choice((rng.choice(ODD_NUMBERS), rng.choice(ODD_WORDS), rng.choice(words))), rng
    )


def cell(content: bytes, rng: random.Random) -> bytes:
    """What stands between two commas, ends of lines, quotes or brackets becomes something else."""
    return _replaced(content, CELL, rng.choice((rng.choice(ODD_NUMBERS), rng.choice(ODD_WORDS))), rng)


def assigned(content: bytes, rng: random.Random) -> bytes:
    """What stands behind an equals sign becomes another value of TOML, or none."""
    return _replaced(content, ASSIGNED, f" {rng.choice(ODD_VALUES)}", rng)


def line(content: bytes, rng: random.Random) -> bytes:
    """A line is gone, there twice, or elsewhere."""
    lines = content.split(b"\n")
    taken = lines.pop(rng.randrange(len(lines)))
    for _ in range(rng.choice((0, 1, 2, 40))):
        lines.insert(rng.randrange(len(lines) + 1), taken)
    return b"\n".join(lines)


def letter(content: bytes, rng: random.Random) -> bytes:
    """A letter that means something is put in, or the file is in another encoding."""
    if rng.random() < 0.1:
        return rng.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b")) + content
    if rng.random() < 0.05:
        return content.decode(errors="replace").encode("utf-16")
    start = rng.randrange(len(content) + 1)
    return content[:start] + _encoded(rng.choice(ODD_WORDS)) + content[start:]
