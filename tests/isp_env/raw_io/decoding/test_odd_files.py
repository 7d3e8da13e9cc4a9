"""Files that are no raws, or are damaged so that reading them could go on for ever: one sentence each, at once."""

import os
import socket
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
from fixtures.any_dng import BYTE, LONG, RGGB, SHORT, dng_bytes, grey_dng, mosaic_tags, ramp, stored

from attiqa_core.errors import InputError, one_line
from isp_env.raw import RawFrame
from isp_env.raw_io import files
from isp_env.raw_io.cameras import GOPRO_CALIBRATION
from isp_env.raw_io.decoding.directories import MOST_DIRECTORIES, read_directories
from isp_env.raw_io.dng import write_dng
from isp_env.raw_io.find import find_raws

ITSELF = bytes.fromhex("4d4d002a0000000e00000000000000000000000e0000")


def chain(count):
    """A TIFF of so many directories of one entry each, the last of which leads back to the first."""
    places = [8 + 18 * number for number in range(count)]
    directories = (
        struct.pack("<HHHII", 1, 256, 3, 1, 7) + struct.pack("<I", after) for after in (*places[1:], places[0])
    )
    return b"II*\0" + struct.pack("<I", 8) + b"".join(directories)


def with_sub_directories(path, targets, code=330):
    """A whole DNG whose SubIFDs (or Exif) tag leads to `targets` of (directory, end of file)."""
    pixels = stored(ramp(RGGB))
    tags = mosaic_tags(*pixels.shape, change={code: (LONG, [0] * len(targets(0, 0)))})
    content = bytearray(dng_bytes(tags, [pixels.tobytes()]))
    (directory,) = struct.unpack_from("<I", content, 4)
    values = struct.pack(f"<{len(targets(0, 0))}I", *targets(directory, len(content)))
    at = next(
        place
        for place in range(directory + 2, len(content), 12)
        if content[place : place + 2] == code.to_bytes(2, "little")
    )
    start = at + 8 if len(values) <= 4 else struct.unpack_from("<I", content, at + 8)[0]
    content[start : start + len(values)] = values
    path.write_bytes(content)
    return path


@pytest.fixture
def read(monkeypatch):
    """Where the directories stand that have been read since the test began: what takes time in a file that leads back to itself."""
    places, read_one = [], tifffile.TiffPage.__init__

    def noted(page, *given, **named):
        read_one(page, *given, **named)
        places.append(page.offset)

    monkeypatch.setattr(tifffile.TiffPage, "__init__", noted)
    return places


@pytest.mark.slow
@pytest.mark.parametrize("content", [ITSELF, chain(5000), chain(1), chain(2)])
def test_directories_that_lead_back_to_themselves_end_at_once(tmp_path, content, read):
    path = tmp_path / "a.crw"
    path.write_bytes(content)
    assert read_directories(path) is None
    assert 0 < len(read) <= MOST_DIRECTORIES + 2
    with pytest.raises(InputError, match=r"a\.crw: "):
        RawFrame.load(path)


@pytest.mark.parametrize("code", [330, 34665])
@pytest.mark.parametrize(
    "targets", [lambda own, end: [own], lambda own, end: [own] * 5000, lambda own, end: [end + 99]]
)
def test_sub_directories_and_exif_that_lead_to_their_own_directory_do_no_harm(tmp_path, code, targets, read):
    path = with_sub_directories(tmp_path / "a.dng", targets, code)
    directories = read_directories(path)
    assert 0 < len(read) <= MOST_DIRECTORIES + 2
    assert directories is not None and directories.raw_number < MOST_DIRECTORIES


@pytest.mark.parametrize(
    "content,sentence",
    [
        (b"PK\x03\x04" + bytes(100), "ZIP archive; unpack it"),
        (b"\0\0\0\x20ftypisom" + bytes(100), "a film .MP4 or MOV."),
        (b"\0\0\0\x20ftypheic" + bytes(100), "a HEIF picture"),
        (b"%PDF-1.7" + bytes(100), "a PDF document"),
        (b"<x:xmpmeta xmlns" + b"x" * 100, "an XMP sidecar"),
        (b"hello world, " * 9, "a text, not a raw file"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "a JPEG picture, not a raw"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a PNG picture"),
        (bytes(786432), "begins as no raw file does; .*--raw-size, --cfa, --black and --white or in a.sensor.toml"),
        (b"II*\0\x08\0\0\0" + bytes(100), "is not a raw file that LibRaw .* knows"),
        (b"", "the file is empty"),
    ],
)
def test_what_is_no_raw_is_called_what_it_is(tmp_path, content, sentence):
    path = tmp_path / "a.dng"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"a.dng: .*{sentence}"):
        RawFrame.load(path)


def test_a_headerless_file_of_a_known_size_is_refused(shared_data):
    for path in (shared_data / "raw" / "nikon_headerless").glob("*.raw"):
        with pytest.raises(InputError, match="begins as no raw file does"):
            RawFrame.load(path)


def special_files(folder):
    os.mkfifo(folder / "pipe.dng")
    (folder / "loop.dng").symlink_to(folder / "loop.dng")
    (folder / "folder.dng").mkdir()
    (folder / "gone.dng").symlink_to(folder / "nowhere.dng")
    address = socket.socket(socket.AF_UNIX)
    address.bind(os.fspath(folder / "socket.dng"))
    address.close()


@pytest.mark.skipif(os.name == "nt", reason="no pipes among files")
def test_pipes_sockets_loops_and_folders_are_never_opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a socket's path may have 107 letters
    special_files(tmp_path.relative_to(tmp_path))
    for name, sentence in {
        "pipe.dng": "is a pipe, socket or device",
        "socket.dng": "is a pipe, socket or device",
        "loop.dng": "cannot be opened",
        "gone.dng": "no such file",
        "folder.dng": "is a folder",
        "/dev/zero": "is a pipe, socket or device",
    }.items():
        with pytest.raises(InputError, match=sentence):
            RawFrame.load(name)
    with pytest.raises(InputError, match="is a pipe"):
        find_raws(["pipe.dng"])
    with pytest.raises(InputError, match="no raw files found"):
        find_raws(["."])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(tmp_path):
    path = grey_dng(tmp_path / "a.dng")
    path.chmod(0)
    with pytest.raises(InputError, match="may not be read"):
        RawFrame.load(path)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path, read = grey_dng(tmp_path / "a.dng"), files.read_contents

    def slow(*arguments):
        contents = read(*arguments)
        with path.open("ab") as file:
            file.write(b"more")
        return contents

    monkeypatch.setattr(files, "read_contents", slow)
    with pytest.raises(InputError, match="changed while it was read"):
        RawFrame.load(path)


def test_a_newline_in_a_name_makes_no_second_line():
    assert one_line("a\nb\x1b[1m.dng: gone") == "a\\nb\\x1b[1m.dng: gone"


def test_damaged_lossless_jpeg_data_are_refused_for_what_libraw_says(tmp_path):
    pixels = stored(ramp(RGGB) + np.random.default_rng(0).normal(0, 0.01, (96, 128)).clip(-0.005))
    coded = bytearray(imagecodecs.ljpeg_encode(pixels, bitspersample=14))
    coded[len(coded) // 2 : len(coded) // 2 + 64] = b"\xff" * 64
    with pytest.raises(InputError, match=r"a.dng: .*(damaged|cannot decode).*again"):
        RawFrame.load(grey_dng(tmp_path / "a.dng", change={259: (SHORT, [7])}, strips=[bytes(coded)]))


@pytest.mark.slow
def test_iso_beyond_sixteen_bits_is_written_and_read(tmp_path):
    pixels = stored(ramp(RGGB))
    levels = {"black_level_dn": (512.0,) * 4, "white_level_dn": 16383, "as_shot_neutral": (0.5, 1.0, 0.6)}
    for iso in (100, 65534, 65535, 102400, 3280000):
        write_dng(tmp_path / "a.dng", pixels, "RGGB", calibration=GOPRO_CALIBRATION, iso=iso, **levels)
        assert RawFrame.load(tmp_path / "a.dng").metadata["iso"] == iso


def test_a_version_that_is_no_dngs_does_not_stop_reading(tmp_path):
    assert RawFrame.load(grey_dng(tmp_path / "a.dng", change={50706: (BYTE, [9, 9, 9, 9])})).cfa == "RGGB"
