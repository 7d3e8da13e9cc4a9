"""Any raw file's picture and directories, by the decoder that reads its kind rightly."""

from dataclasses import replace
from pathlib import Path

from isp_env.raw_io.decoding.cfa_kinds import pattern_of
from isp_env.raw_io.decoding.decoded import NO_GAINS, Decoded
from isp_env.raw_io.decoding.directories import Directories, active_area, read_directories
from isp_env.raw_io.decoding.kinds import check_header
from isp_env.raw_io.decoding.libraw import decode_with_libraw
from isp_env.raw_io.decoding.number_of_colours import as_three_colours
from isp_env.raw_io.decoding.plausible import plausible_decoded
from isp_env.raw_io.decoding.plausible_white import without_doubtful_neutral
from isp_env.raw_io.decoding.stored import decode_stored, is_for_us
from isp_env.raw_io.decoding.tiff_tags import COMPRESSION, NEUTRAL, ORIENTATION, WHITE, WHITE_XY, number
from isp_env.raw_io.decoding.unread import check_compression


def decode(path: Path) -> tuple[Decoded, Directories | None]:
    """Return the picture of a raw file, and the directories if it is a DNG. Raises: InputError with the file and the cure."""
    check_header(path)
    directories = read_directories(path)
    if directories is None:
        decoded, doubts = plausible_decoded(decode_with_libraw(path))
        decoded, _ = as_three_colours(path, decoded, None)
        return replace(decoded, doubts=doubts), None
    pattern = pattern_of(path, directories.raw)
    check_compression(path, int(number(directories.raw, COMPRESSION, 1)))
    if is_for_us(path, directories.raw, pattern):
        decoded, directories = decode_stored(path, directories, pattern)
    else:
        decoded = decode_with_libraw(path, active_px=active_area(directories.raw), **_corrected(directories))
    directories = without_doubtful_neutral(decoded, directories)
    decoded, doubts = plausible_decoded(_without_white(decoded, directories))
    decoded, of_three = as_three_colours(path, decoded, directories)
    assert of_three is not None
    return replace(decoded, doubts=(*of_three.doubts, *doubts)), of_three


def _without_white(decoded: Decoded, directories: Directories) -> Decoded:
    """LibRaw's reading of the file's white balance goes where the tag itself had to: it reads what it can of any tag."""
    if any(code in directories.first for code in (NEUTRAL, WHITE_XY)):
        return decoded
    return replace(decoded, camera_gains=NO_GAINS)


def _corrected(directories: Directories) -> dict[str, int]:
    """What LibRaw is told in place of what it reads itself and cannot be true."""
    names = {doubt.split()[0] for doubt in directories.doubts}
    flip = {"flip": 0} if "Orientation" in names and ORIENTATION not in directories.first else {}
    white = {"white": int(number(directories.raw, WHITE, 65535))} if "WhiteLevel" in names else {}
    return flip | white
