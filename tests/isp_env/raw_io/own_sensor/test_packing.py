import numpy as np
import pytest

from isp_env.raw_io.own_sensor.packing import BITS, row_bytes, unpack


def packed(packing, samples):
    """(rows, width) samples as bytes, written from each format's own words, one sample after the other."""
    bits = BITS[packing]
    rows = []
    for row in samples:
        match packing:
            case "uint8":
                rows.append(bytes(row.tolist()))
            case "uint16le" | "uint16be":
                rows.append(b"".join(int(each).to_bytes(2, "little" if packing[-2] == "l" else "big") for each in row))
            case "10p" | "12p":
                whole = sum(int(each) << (bits * place) for place, each in enumerate(row))
                rows.append(whole.to_bytes(len(row) * bits // 8, "little"))
            case _:
                group, low = {"mipi10": (4, 2), "mipi12": (2, 4), "mipi14": (4, 6)}[packing]
                content = b""
                for start in range(0, len(row), group):
                    part = [int(each) for each in row[start : start + group]]
                    ends = sum((each & ((1 << low) - 1)) << (low * place) for place, each in enumerate(part))
                    content += bytes(each >> low for each in part) + ends.to_bytes(group * low // 8, "little")
                rows.append(content)
    return np.array([list(row) for row in rows], np.uint8)


@pytest.mark.parametrize("packing", BITS)
def test_samples_come_out_as_they_were_packed(packing):
    samples = np.random.default_rng(1).integers(0, 2 ** BITS[packing], (3, 8)).astype(np.uint16)
    content = packed(packing, samples)
    assert content.shape[1] == row_bytes(packing, 8)
    assert np.array_equal(unpack(packing, content, 8), samples)


@pytest.mark.parametrize("packing", BITS)
def test_padding_of_a_row_and_the_rest_of_its_last_group_are_left_out(packing):
    samples = np.random.default_rng(2).integers(0, 2 ** BITS[packing], (3, 8)).astype(np.uint16)
    content = np.pad(packed(packing, samples), ((0, 0), (0, 5)), constant_values=255)
    assert np.array_equal(unpack(packing, content, 6), samples[:, :6])


def test_known_bytes_of_mipi_raw10_and_of_pfnc_12p():
    """Worked by hand: P1 = 0x3FF has its low bits in bits 0 and 1 of the fifth byte; 12p has 0xABC, 0x123 as BC 3A 12."""
    assert unpack("mipi10", np.array([[255, 0, 0, 128, 0b10_00_00_11]], np.uint8), 4).tolist() == [[1023, 0, 0, 514]]
    assert unpack("12p", np.array([[0xBC, 0x3A, 0x12]], np.uint8), 2).tolist() == [[0xABC, 0x123]]
