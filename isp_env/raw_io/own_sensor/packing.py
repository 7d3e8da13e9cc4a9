"""How sensors put samples into bytes, and back.

`mipi*` is MIPI CSI-2's RAW10, 12 and 14: the high bits of a group first, the low bits of all in the bytes after them. `10p` and
`12p` are GenICam's (PFNC 2.4, "lsb packed"): samples one after the other from the lowest bit.
"""

from collections.abc import Callable, Mapping

import numpy as np

Row = np.ndarray
"""(rows, bytes) uint8 on one side, (rows, samples) uint16 on the other."""


def _bytes(rows: Row) -> Row:
    return rows.astype(np.uint16)


def _little(rows: Row) -> Row:
    return rows[:, 0::2] | (rows[:, 1::2].astype(np.uint16) << 8)


def _big(rows: Row) -> Row:
    return rows[:, 1::2] | (rows[:, 0::2].astype(np.uint16) << 8)


def _mipi10(rows: Row) -> Row:
    groups = rows.reshape(len(rows), -1, 5).astype(np.uint16)
    low = groups[..., 4:] >> np.arange(0, 8, 2, dtype=np.uint16) & 3
    return (groups[..., :4] << 2 | low).reshape(len(rows), -1)


def _mipi12(rows: Row) -> Row:
    groups = rows.reshape(len(rows), -1, 3).astype(np.uint16)
    low = groups[..., 2:] >> np.array([0, 4], np.uint16) & 15
    return (groups[..., :2] << 4 | low).reshape(len(rows), -1)


def _mipi14(rows: Row) -> Row:
    groups = rows.reshape(len(rows), -1, 7).astype(np.uint32)
    together = groups[..., 4:5] | groups[..., 5:6] << 8 | groups[..., 6:7] << 16
    low = together >> np.arange(0, 24, 6, dtype=np.uint32) & 63
    return (groups[..., :4] << 6 | low).astype(np.uint16).reshape(len(rows), -1)


def _lsb_packed(bits: int) -> Callable[[Row], Row]:
    def unpack(rows: Row) -> Row:
        single = np.unpackbits(rows, axis=1, bitorder="little")
        whole = single[:, : single.shape[1] // bits * bits].reshape(len(rows), -1, bits)
        return (whole.astype(np.uint16) << np.arange(bits, dtype=np.uint16)).sum(-1, dtype=np.uint16)

    return unpack


BITS: Mapping[str, int] = {
    "uint8": 8, "uint16le": 16, "uint16be": 16, "mipi10": 10, "mipi12": 12, "mipi14": 14, "10p": 10, "12p": 12,
}  # fmt: skip
"""Packing -> bits that a sample takes in the file."""
UNPACK: Mapping[str, Callable[[Row], Row]] = {
    "uint8": _bytes, "uint16le": _little, "uint16be": _big, "mipi10": _mipi10, "mipi12": _mipi12, "mipi14": _mipi14,
    "10p": _lsb_packed(10), "12p": _lsb_packed(12),
}  # fmt: skip
GROUP: Mapping[str, int] = {"mipi10": 4, "mipi12": 2, "mipi14": 4, "10p": 4, "12p": 2}
"""Packing -> samples that share bytes; a row has whole groups."""


def row_bytes(packing: str, width: int) -> int:
    """Return the bytes of a row without padding."""
    group = GROUP.get(packing, 1)
    return -(-width // group) * group * BITS[packing] // 8


def unpack(packing: str, content: np.ndarray, width: int) -> np.ndarray:
    """Return the (rows, width) uint16 samples of (rows, at least `row_bytes`) uint8."""
    return UNPACK[packing](content[:, : row_bytes(packing, width)])[:, :width]
