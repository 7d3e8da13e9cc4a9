"""Plain values and arrays as bytes between two processes: JSON, with arrays and bytes after it. Nothing is ever executed."""

import json
import math
import struct
from typing import IO, Any

import numpy as np

_LENGTH = struct.Struct("<Q")
LONGEST_TEXT = 1 << 28  # bytes of JSON that are read from a child


def write_message(stream: IO[bytes], value: Any) -> None:
    """Write one value: None, bool, int, float, str, bytes, array, tuple, list, or dict with any of these as keys."""
    blocks: list[bytes | memoryview] = []
    text = json.dumps(_packed(value, blocks)).encode()
    stream.write(_LENGTH.pack(len(text)))
    stream.write(text)
    for block in blocks:
        stream.write(block)
    stream.flush()


def read_message(stream: IO[bytes]) -> Any:
    """Return the next value; lists come back as tuples. Raises: EOFError if the stream ends before its end."""
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > LONGEST_TEXT:
        raise EOFError(f"a message of {length} bytes")
    return _unpacked(json.loads(bytes(_exactly(stream, length))), stream)


def _packed(value: Any, blocks: list[bytes | memoryview]) -> Any:
    """The value as JSON holds it; every container is a pair of its kind and its content."""
    match value:
        case bytes():
            blocks.append(value)
            return ["bytes", len(value)]
        case np.ndarray():
            blocks.append(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data)
            return ["array", value.dtype.str, list(value.shape)]
        case dict():
            return ["dict", [[_packed(key, blocks), _packed(each, blocks)] for key, each in value.items()]]
        case tuple() | list():
            return ["tuple", [_packed(each, blocks) for each in value]]
    assert value is None or isinstance(value, bool | int | float | str), f"{type(value)} is not plain"
    return value


def _unpacked(packed: Any, stream: IO[bytes]) -> Any:
    match packed:
        case ["bytes", length]:
            return bytes(_exactly(stream, length))
        case ["array", dtype, shape]:
            count = math.prod(shape) * np.dtype(dtype).itemsize
            return np.frombuffer(_exactly(stream, count), np.dtype(dtype)).reshape(shape)
        case ["dict", items]:
            return {_unpacked(key, stream): _unpacked(each, stream) for key, each in items}
        case ["tuple", items]:
            return tuple(_unpacked(each, stream) for each in items)
    return packed


def _exactly(stream: IO[bytes], count: int) -> memoryview:
    """So many bytes; of an array that is not zeroed first, which for 12 MP takes as long as half the reading."""
    content, read = np.empty(count, np.uint8).data, 0
    while read < count:
        got = stream.readinto(content[read:])  # type: ignore[attr-defined]
        if not got:
            raise EOFError(f"{read} of {count} bytes")
        read += got
    return content
