"""A raw developer in the standard library alone: each 2x2 block of an uncompressed DNG becomes one colour.

    python blocks.py RAW PICTURE.ppm EXPOSURE_EV SATURATION LOOK

It stands for any program that takes a raw and parameters and writes a picture (`blocks.toml` describes it).
"""

import struct
import sys
from array import array

KINDS = {1: "B", 3: "H", 4: "I", 5: "II", 10: "ii", 12: "d"}  # TIFF 6.0, section 2
LOOKS = {"plain": (1.0, 1.0, 1.0), "warm": (1.15, 1.0, 0.85)}


def read_tags(content: bytes) -> dict[int, list]:
    """Return the numbers of the first directory of a little-endian TIFF, by tag; pairs are divided."""
    if content[:4] != b"II*\0":
        raise SystemExit("blocks: not a little-endian TIFF")
    (start,) = struct.unpack_from("<I", content, 4)
    tags = {}
    for entry in range(struct.unpack_from("<H", content, start)[0]):
        code, kind, count = struct.unpack_from("<HHI", content, start + 2 + 12 * entry)
        if kind not in KINDS:
            continue
        letters = "<" + KINDS[kind] * count
        place = start + 10 + 12 * entry
        if struct.calcsize(letters) > 4:
            (place,) = struct.unpack_from("<I", content, place)
        numbers = list(struct.unpack_from(letters, content, place))
        paired = kind in (5, 10)
        tags[code] = [a / b for a, b in zip(numbers[::2], numbers[1::2])] if paired else numbers  # noqa: B905
    return tags


def read_blocks(path: str) -> tuple[int, int, list[tuple[float, float, float]]]:
    """Return rows, columns and the white-balanced linear RGB of the blocks of a raw."""
    with open(path, "rb") as file:  # noqa: PTH123  nothing is imported that is not needed
        content = file.read()
    tags = read_tags(content)
    if tags.get(259, [1]) != [1]:
        raise SystemExit("blocks: the raw is compressed, which I cannot read")
    (width,), (height,) = tags[256], tags[257]
    samples = array("H")
    for offset, size in zip(tags[273], tags[279], strict=True):
        samples.frombytes(content[offset : offset + size])
    black, neutral = sum(tags[50714]) / len(tags[50714]), tags[50728]
    scale = 1 / (tags[50717][0] - black)
    first, second = samples_of_rows(samples, width, height)
    sites = {0: [], 1: [], 2: []}
    for place, colour in enumerate(tags[33422]):
        rows = (first, second)[place // 2]
        sites[colour].append([value for row in rows for value in row[place % 2 :: 2]])
    planes = [
        [
            max(0.0, (sum(each) / len(each) - black) * scale / neutral[colour])
            for each in zip(*sites[colour], strict=True)
        ]
        for colour in (0, 1, 2)
    ]
    return height // 2, width // 2, list(zip(*planes, strict=True))


def samples_of_rows(samples: array, width: int, height: int) -> tuple[list[array], list[array]]:
    """Return the even and the odd rows, of an even size."""
    across, down = width // 2 * 2, height // 2 * 2
    rows = [samples[row * width : row * width + across] for row in range(down)]
    return rows[::2], rows[1::2]


def main(raw: str, picture: str, exposure_ev: float, saturation: float, look: str) -> None:
    """Write the picture as a PPM of the raw's size."""
    rows, columns, blocks = read_blocks(raw)
    gains = [2**exposure_ev * gain for gain in LOOKS[look]]
    lines = []
    for row in range(rows):
        line = bytearray()
        for light in blocks[row * columns : (row + 1) * columns]:
            shown = [min(1.0, value * gain) ** (1 / 2.2) for value, gain in zip(light, gains, strict=True)]
            grey = sum(shown) / 3
            pixel = bytes(round(255 * min(max(grey + saturation * (value - grey), 0.0), 1.0)) for value in shown)
            line += pixel + pixel
        lines += [line, line]
    with open(picture, "wb") as file:  # noqa: PTH123
        file.write(b"P6\n%d %d\n255\n" % (2 * columns, 2 * rows))
        file.writelines(lines)


if __name__ == "__main__":
    if len(sys.argv) != 6:
        raise SystemExit("blocks: give RAW PICTURE EXPOSURE_EV SATURATION LOOK")
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]), sys.argv[5])
