"""Changes of JSON that leave it JSON: a node becomes another, keys go and come; and the heads of safetensors, which are JSON."""

import json
import random
import struct
from typing import Any

from attiqa_core.files.lines import line_of

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 0.5, -0.0, 1e308, -1e308, 1e-320, 2**31, 2**53, 2**63, 2**64 - 1, -(2**63), "", "a", "0", "nan",
    "../../etc/passwd", "/dev/zero", "\n", "é", "x" * 3000, "\u202e", "a/1", [], {}, [[]], [0], ["a"], [None], {"a": 1}, [1e308] * 3,
    list(range(2000)), [[[[[[[[1]]]]]]]], {"": ""}, {str(n): n for n in range(300)}, [-1, 1], [1, 2, 3, 4], [{}], "a" * 64,
)  # fmt: skip
WRONG = ("NaN", "Infinity", "1e999", "9" * 400, '"\\ud800"', '"\\u0000"', "[" * 500 + "]" * 500, "1" + "0" * 30)
"""What JSON's writer would not write; it is put in as text."""


def json_node(content: bytes, rng: random.Random) -> bytes:
    """A node of a JSON file changed."""
    tree = json.loads(content)
    tree = changed(tree, rng)
    text = json.dumps(tree)
    if rng.random() < 0.05:
        text = text.replace(json.dumps(rng.choice(_leaves(tree))), rng.choice(WRONG), 1)
    return text.encode()


def json_line(content: bytes, rng: random.Random) -> bytes:
    """A node in one line changed; a checksum at the line's end fits it again."""
    lines = content.splitlines()
    place = rng.randrange(len(lines))
    row = json.loads(lines[place])
    had = isinstance(row, dict) and row.pop("crc", None) is not None
    row = changed(row, rng)
    lines[place] = line_of(row).encode().rstrip() if had and isinstance(row, dict) and row else json.dumps(row).encode()
    return b"\n".join(lines) + b"\n"


def changed(tree: Any, rng: random.Random) -> Any:
    """Return plain content with one node changed; now and then the whole is another."""
    holders = [each for each in _nodes(tree) if isinstance(each, dict | list) and each]
    if not holders or rng.random() < 0.02:
        return rng.choice(ODD)
    holder = rng.choice(holders)
    key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
    how = rng.randrange(8)
    if how == 0:
        del holder[key]
    elif how == 1 and isinstance(holder, dict):
        holder[rng.choice(("x", "format", "", f"{key} ", "a" * 200))] = rng.choice(ODD)
    elif how == 1 and isinstance(holder, list):
        holder.insert(key, holder[key])
    elif how == 2:
        holder[key] = rng.choice(_nodes(tree))
        return json.loads(json.dumps(tree)) if _is_tree(tree) else rng.choice(ODD)
    elif how == 3 and type(holder[key]) in (int, float):
        holder[key] = rng.choice((-holder[key], holder[key] + 1, holder[key] * 1000, holder[key] / 7, int(holder[key])))
    else:
        holder[key] = rng.choice(ODD)
    return tree


def _nodes(tree: Any) -> list[Any]:
    found, left = [], [tree]
    while left and len(found) < 10_000:
        each = left.pop()
        found.append(each)
        left += each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
    return found


def _leaves(tree: Any) -> list[Any]:
    return [each for each in _nodes(tree) if not isinstance(each, dict | list)]


def _is_tree(tree: Any) -> bool:
    try:
        json.dumps(tree)
    except ValueError:  # it is in itself
        return False
    return True


def tensor_head(content: bytes, rng: random.Random) -> bytes:
    """A node in the head of a safetensors file changed; the head's length fits."""
    (length,) = struct.unpack_from("<Q", content)
    head = json.dumps(changed(json.loads(content[8 : 8 + length]), rng)).encode()
    return struct.pack("<Q", len(head)) + head + content[8 + length :]
