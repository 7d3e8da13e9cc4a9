"""Files that are samples and nothing else, read as their layout says."""

from pathlib import Path

import numpy as np

from attiqa_core.errors import InputError
from isp_env.raw_io.decoding.decoded import NO_GAINS, Decoded
from isp_env.raw_io.find import HEADERLESS_SUFFIXES, RAW_SUFFIXES
from isp_env.raw_io.own_sensor.description import MONO, Layout, SensorDescription
from isp_env.raw_io.own_sensor.packing import unpack
from isp_env.sensor.cfa import FLIP_OF_ORIENTATION, cfa_sites, orient

WHITE_OF_BITS = {"uint8": 255, "mipi10": 1023, "10p": 1023, "mipi12": 4095, "12p": 4095, "mipi14": 16383}


def is_headerless(path: Path, own: SensorDescription) -> bool:
    """Return whether a file is to be read by its layout: one is given, and the name is not that of a format with a header."""
    return own.layout is not None and (
        path.suffix.lower() in HEADERLESS_SUFFIXES or path.suffix.lower() not in RAW_SUFFIXES
    )


def read_headerless(path: Path, own: SensorDescription) -> Decoded:
    """Return the samples of a headerless file as a decoder returns them. Raises: InputError unless its size is the layout's."""
    layout = own.layout
    assert layout is not None
    samples = samples_of_layout(path, layout)
    white = own.white_dn or WHITE_OF_BITS.get(layout.packing)
    if white is None:
        raise InputError(f"{path}: {layout.packing} does not tell the white level; give --white, or [levels] white_dn")
    mono = layout.cfa == MONO
    return Decoded(
        samples=_neutral(path, samples, own, white) if mono else samples,
        cfa=None if mono else layout.cfa,
        sites=() if mono else tuple(colour for _, colour in sorted(cfa_sites(layout.cfa).items())),
        flip=0 if mono else FLIP_OF_ORIENTATION[layout.orientation],
        size_px=samples.shape,
        corner_px=(0, 0),
        black_dn=own.black_dn or (0.0,) * 4,
        white_dn=float(white),
        camera_gains=(1.0, 1.0, 1.0, 1.0) if mono else NO_GAINS,
        iso=own.iso,
        colours=1 if mono else 3,
    )


def samples_of_layout(path: Path, layout: Layout) -> np.ndarray:
    """Return (height, width) uint16, as the sensor reads out. Raises: InputError unless the file's size is the layout's."""
    size = path.stat().st_size
    if size != layout.file_bytes:
        raise InputError(
            f"{path}: has {size} bytes, but {layout.width} x {layout.height} {layout.packing} after "
            f"{layout.offset_bytes} bytes are {layout.file_bytes}; give its size, packing, offset and row bytes"
        )
    content = np.fromfile(path, np.uint8, offset=layout.offset_bytes).reshape(layout.height, layout.stride)
    return np.ascontiguousarray(unpack(layout.packing, content, layout.width))


def _neutral(path: Path, samples: np.ndarray, own: SensorDescription, white: float) -> np.ndarray:
    """A sensor without colours as three equal ones, upright, from black 0 to white 65535."""
    assert own.layout is not None
    black = (own.black_dn or (0.0,))[0]
    if not black < white:
        raise InputError(f"{path}: black {black:g} is not below white {white:g}; give the sensor's levels")
    scaled = np.rint(np.clip((samples.astype(np.float32) - black) / (white - black), 0, 1) * 65535).astype(np.uint16)
    return orient(np.repeat(scaled[..., None], 3, axis=2), FLIP_OF_ORIENTATION[own.layout.orientation])
