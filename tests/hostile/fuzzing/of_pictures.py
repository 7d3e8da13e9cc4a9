"""Pictures, raws and camera profiles, each kind written small by Pillow, tifffile or our own DNG writer."""

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from fixtures.any_dng import grey_dng
from fixtures.dcp_bytes import FLOAT, dcp
from fixtures.dng_files import ASCII, LONG, SRATIONAL
from fixtures.dng_patches import colour_of_tags
from fixtures.dng_theory import CM_A, CM_D65, FM_A, FM_D65, Theory, locus_xy
from fixtures.fitted import frame_of
from fixtures.odd_pictures import ink_profile, matrix_profile, png
from fixtures.opcode_bytes import bad_pixels, gain_map, opcode_list, vignette
from fixtures.tiff_bytes import with_capture
from hostile.fuzzing.reader import Reader, of_file
from PIL import Image

from attiqa_core.photos.decode import read_rgb
from experiments.gallery.shrunk import open_shrunk
from isp_env.black_box.pictures import read_pixels
from isp_env.finished_pictures.expert_tiff import read_expert
from isp_env.raw_io.decoding.decoded import Decoded
from isp_env.raw_io.decoding.directories import read_directories
from isp_env.raw_io.dng import write_frame
from isp_env.raw_io.dng_tags.camera_profiles import read_dcp
from isp_env.raw_io.dng_tags.meaning import read_tags
from isp_env.raw_io.exif.capture import read_capture
from isp_env.raw_io.linear_png import load_linear_png
from isp_env.raw_io.loading import read_frame
from isp_env.raw_io.opcodes.parsing import parse_opcodes
from isp_env.raw_io.own_sensor.description import SensorDescription
from isp_env.raw_io.own_sensor.reference_frames import _reference

PIXELS = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)
DEEP = PIXELS.astype(np.uint16) * 257


def _saved(path: Path, mode: str = "RGB", **options) -> None:
    Image.fromarray(PIXELS).convert(mode).save(path, **options)


def _pngs(folder: Path) -> None:
    profile = matrix_profile("Display P3", 2.2)
    _saved(folder / "plain.png")
    _saved(folder / "palette.png", "P", transparency=3)
    _saved(folder / "profile.png", icc_profile=profile)
    _saved(folder / "grey.png", "LA")
    (folder / "deep.png").write_bytes(png(DEEP, [(b"cICP", bytes((9, 13, 0, 1)))]))
    (folder / "gamma.png").write_bytes(png(DEEP, [(b"gAMA", (100_000).to_bytes(4, "big"))]))


def _jpegs(folder: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    _saved(folder / "plain.jpg", exif=exif, quality=90)
    _saved(folder / "progressive.jpg", progressive=True, icc_profile=matrix_profile("Adobe RGB (1998)", 2.2))
    _saved(folder / "inks.jpg", "CMYK", icc_profile=ink_profile())
    _saved(folder / "grey.jpg", "L")


def _tiffs(folder: Path) -> None:
    tifffile.imwrite(folder / "plain.tif", PIXELS, photometric="rgb")
    tifffile.imwrite(folder / "deep.tif", DEEP, photometric="rgb", compression="zlib", predictor=True)
    tifffile.imwrite(folder / "tiles.tif", PIXELS, photometric="rgb", tile=(16, 16), byteorder=">")
    tifffile.imwrite(folder / "planes.tif", DEEP.transpose(2, 0, 1), photometric="rgb", planarconfig="separate")
    tifffile.imwrite(folder / "white.tif", PIXELS[..., 0], photometric="miniswhite")
    tifffile.imwrite(folder / "big.tif", PIXELS, photometric="rgb", bigtiff=True)
    _saved(folder / "lab.tif", "LAB")
    _saved(folder / "inks.tif", "CMYK", icc_profile=ink_profile())
    _saved(folder / "palette.tif", "P")
    _saved(folder / "lzw.tif", compression="tiff_lzw")
    _saved(folder / "jpeg.tif", compression="jpeg")
    _saved(folder / "fax.tif", "1", compression="group4")


def _others(folder: Path) -> None:
    _saved(folder / "plain.webp")
    _saved(folder / "lossless.webp", "RGBA", lossless=True, icc_profile=matrix_profile("Display P3", 2.2))
    _saved(folder / "moving.gif", "P", save_all=True, append_images=[Image.new("P", (32, 24))], transparency=1)
    _saved(folder / "plain.bmp")
    _saved(folder / "palette.bmp", "P")
    _saved(folder / "plain.avif", quality=50)


def _programs(folder: Path) -> None:
    _saved(folder / "a.png")
    _saved(folder / "a.jpg")
    _saved(folder / "a.ppm")
    tifffile.imwrite(folder / "deep.tif", DEEP, photometric="rgb")
    tifffile.imwrite(folder / "float.tif", DEEP.astype(np.float32) / 65535, photometric="rgb", compression="zlib")


def _experts(folder: Path) -> None:
    space = (34675, "B", None, matrix_profile("ProPhoto RGB", 1.8), True)
    tifffile.imwrite(folder / "plain.tif", DEEP, photometric="rgb", extratags=[space])
    tifffile.imwrite(folder / "lzw.tif", PIXELS, photometric="rgb", compression="zlib", extratags=[space])


def _raws(folder: Path) -> None:
    write_frame(folder / "frame.dng", frame_of(0, 48))
    grey_dng(folder / "grey.dng")
    opcodes = opcode_list(vignette([0.1, 0, 0, 0, 0]), bad_pixels([(3, 4)]))
    grey_dng(folder / "opcodes.dng", change={51009: (7, opcodes)})
    (folder / "capture.dng").write_bytes(with_capture((folder / "frame.dng").read_bytes()))


def _profiles(folder: Path) -> None:
    theory = Theory((CM_A, CM_D65), (locus_xy(2850), locus_xy(6500)), forward=(FM_A, FM_D65))
    kept = {code: tag for code, tag in colour_of_tags(theory).items() if code != 50727}
    more = {50708: (ASCII, "Maker One"), 50936: (ASCII, "Studio"), 50932: (ASCII, ""), 51109: (SRATIONAL, [-0.25])}
    tables = {50937: (LONG, [1, 2, 1]), 50938: (FLOAT, [0.0, 1.0, 1.0] * 2)}
    (folder / "a.dcp").write_bytes(dcp(kept | more | tables))
    (folder / "b.dcp").write_bytes(dcp(kept | more, ">"))


def _linear(folder: Path) -> None:
    (folder / "a.png").write_bytes(png(DEEP))
    (folder / "a_metadata.json").write_text('{"illuminant_color_raw": [0.4, 0.9, 0.6], "camera": "x"}')


def _opcodes(folder: Path) -> None:
    every = opcode_list(vignette([0.1, 0.2, 0, 0, 0]), bad_pixels([(3, 4)], [(0, 0, 2, 2)]), _gains())
    (folder / "opcodes.bin").write_bytes(every)


def _gains() -> bytes:
    return gain_map(np.ones((2, 3, 1)), (0, 0, 48, 64))


def _whole_tags(path: Path) -> object:
    read_directories(path)
    return read_tags(path)


def _parsed_opcodes(path: Path) -> object:
    from attiqa_core.errors import InputError

    try:
        return parse_opcodes(path.read_bytes())
    except ValueError as error:  # what `tags_of` makes a sentence of
        raise InputError(str(error)) from error


def _thumbnail(path: Path) -> object:
    return open_shrunk(path, 16).rgb.tobytes()


def _all_pictures(folder: Path) -> None:
    for make in (_pngs, _jpegs, _tiffs, _others):
        make(folder)


def _reference_frames(folder: Path) -> None:
    np.save(folder / "a.npy", DEEP[..., 0])
    tifffile.imwrite(folder / "a.tif", DEEP[..., 0], compression="zlib")
    (folder / "a.png").write_bytes(png(DEEP[..., :1]))


def _read_reference(path: Path) -> Any:
    decoded = Decoded.__new__(Decoded)
    object.__setattr__(decoded, "samples", DEEP[..., 0])
    return _reference(path, decoded, SensorDescription(black_frame=path))


READERS = (
    Reader("PNG", "pictures", _pngs, of_file(read_rgb)),
    Reader("JPEG", "pictures", _jpegs, of_file(read_rgb)),
    Reader("TIFF", "pictures", _tiffs, of_file(read_rgb), share=2),
    Reader("WebP, GIF, BMP, AVIF", "pictures", _others, of_file(read_rgb)),
    Reader("pictures on a page", "pictures", _all_pictures, of_file(_thumbnail)),
    Reader("a program's pictures", "pictures", _programs, of_file(read_pixels)),
    Reader("experts' TIFFs", "pictures", _experts, of_file(read_expert)),
    Reader("linear PNG", "raws", _linear, lambda folder, path: load_linear_png(folder / "a.png")),
    Reader("frames of the dark", "raws", _reference_frames, of_file(_read_reference)),
    Reader("raws, decoded", "raws", _raws, of_file(read_frame), share=0.7),
    Reader("DNG tags", "DNG tags", _raws, of_file(_whole_tags), share=3),
    Reader("EXIF of raws", "DNG tags", _raws, of_file(read_capture)),
    Reader("opcodes", "DNG tags", _opcodes, of_file(_parsed_opcodes)),
    Reader("camera profiles", "DNG tags", _profiles, of_file(read_dcp)),
)
