"""What is read of a raw's capture: all of it, from every container, and nothing that cannot be true."""

import json
import struct
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from fixtures import tiff_bytes
from fixtures.shared_data import SHARED
from fixtures.tiff_bytes import EXIF, GPS, MAIN, READ, jpeg, tiff

from isp_env.raw import RawFrame
from isp_env.raw_io.dng import write_frame
from isp_env.raw_io.exif.capture import iso_speed, read_capture
from isp_env.raw_io.exif.fields import FIELDS

GOPRO = SHARED / "raw" / "gopro_full" / "GOPR0024.dng"


def read(tmp_path, content: bytes) -> dict:
    path = tmp_path / "shot.raw"
    path.write_bytes(content)
    return read_capture(path)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def raf(block: bytes) -> bytes:
    header = b"FUJIFILMCCD-RAW 0201FF159502X-T3".ljust(84, b"\0")
    return header + struct.pack(">II", 148, 5000) + bytes(148 - 92) + jpeg(block) + bytes(300)


def cr3(block: bytes) -> bytes:
    boxes = (
        box(b"CMT1", tiff(MAIN, None, None))
        + box(b"CMT2", tiff(EXIF, None, None))
        + box(b"CMT3", tiff([(1, 3, [7])], None, None))
    )
    boxes += box(b"CMT4", tiff(GPS, None, None))
    return (
        box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", box(b"uuid", bytes(16) + boxes)) + box(b"mdat", bytes(300))
    )


def x3f(block: bytes) -> bytes:
    picture = b"SECi" + bytes(24) + jpeg(block)
    head = b"FOVb".ljust(40, b"\0")
    listing = b"SECd" + struct.pack("<II", 0x20000, 2) + struct.pack("<II", 4, 10) + b"PROP"
    listing += struct.pack("<II", len(head), len(picture)) + b"IMA2"
    return head + picture + listing + struct.pack("<I", len(head) + len(picture))


def rw2(block: bytes) -> bytes:
    """The main directory holds little; the JPEG in it has the rest."""
    return tiff(MAIN[1:3], None, None, magic=b"IIU\0") + bytes(100) + jpeg(block)


CONTAINERS = {
    "TIFF": lambda block: block,
    "big-endian TIFF": lambda block: tiff(order=">"),
    "BigTIFF": lambda block: tiff(big=True),
    "ORF": lambda block: tiff(magic=b"IIRO"),
    "ORF of old cameras": lambda block: tiff(order=">", magic=b"MMOR"),
    "RW2": rw2,
    "RAF": raf,
    "CR3": cr3,
    "X3F": x3f,
    "MRW": lambda block: b"\0MRM" + struct.pack(">I", 5000) + b"\0TTW" + struct.pack(">I", len(block)) + block,
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_all_fields_come_out_of_every_container_exactly(tmp_path, container):
    assert read(tmp_path, CONTAINERS[container](tiff())) == READ


def test_what_was_read_is_json(tmp_path):
    assert json.loads(json.dumps(read(tmp_path, tiff()))) == READ


@pytest.mark.slow
def test_reading_needs_no_torch():
    """In a process of its own, as the decoder's child is."""
    script = "import sys, isp_env.raw_io.exif.capture; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_exposure_fields_of_the_main_directory_count_as_tiff_ep_has_them(tmp_path):
    assert (
        read(tmp_path, tiff([*MAIN, *EXIF], None, None)).items()
        >= {"ExposureTime": [10, 1250], "LensModel": READ["LensModel"]}.items()
    )


def test_dngs_own_tags_fill_what_exif_leaves_open(tmp_path):
    dng = [(0xC614, 2, b"Leica M10\0"), (0xC62F, 2, b"5012\0"), (0xC630, 5, [(50, 1), (50, 1), (0, 0), (0, 0)])]
    assert read(tmp_path, tiff(dng, None, None)) == {
        "Model": "Leica M10", "BodySerialNumber": "5012", "LensSpecification": [[50, 1], [50, 1], [0, 0], [0, 0]]
    }  # fmt: skip
    assert read(tmp_path, tiff([*MAIN, *dng], EXIF, None))["Model"] == "ILCE-7M3"


@pytest.mark.parametrize("written", [b'<x xmp:Rating="3"/>', b"<xmp:Rating>3</xmp:Rating>"])
def test_a_rating_is_found_in_the_xmp(tmp_path, written):
    assert read(tmp_path, tiff([(700, 1, b"<?xpacket?>" + bytes(100) + written)], None, None)) == {"Rating": 3}


@pytest.mark.parametrize(
    ("name", "code", "kind", "value"),
    [
        ("ExposureTime", 0x829A, 5, [(0, 0)]),
        ("ExposureTime", 0x829A, 10, [(-1, 100)]),
        ("ExposureTime", 0x829A, 5, [(0, 1)]),
        ("FNumber", 0x829D, 5, [(0, 10)]),
        ("FocalLength", 0x920A, 5, [(50, 0)]),
        ("PhotographicSensitivity", 0x8827, 3, [0]),
        ("DateTimeOriginal", 0x9003, 2, b"0000:00:00 00:00:00\0"),
        ("DateTimeOriginal", 0x9003, 2, b"    :  :     :  :  \0"),
        ("OffsetTimeOriginal", 0x9011, 2, b"+2\0"),
        ("SubSecTimeOriginal", 0x9291, 2, b"   \0"),
        ("LensSpecification", 0xA432, 5, [(0, 0)] * 4),
        ("LensSpecification", 0xA432, 5, [(24, 1)]),
        ("LensModel", 0xA434, 2, b"\0\0\0\0\0"),
        ("LensModel", 0xA434, 3, [7]),
        ("FocalLengthIn35mmFilm", 0xA405, 3, [0]),
    ],
)
def test_what_cannot_be_true_is_left_out(tmp_path, name, code, kind, value):
    exif = [entry for entry in EXIF if entry[0] != code] + [(code, kind, value)]
    expected = {key: each for key, each in READ.items() if key != name}
    assert read(tmp_path, tiff(exif=exif)) == expected


@pytest.mark.parametrize(
    ("code", "value"), [(2, [(91, 1), (0, 1), (0, 1)]), (2, [(0, 0)] * 3), (4, [(181, 1), (0, 1), (0, 1)])]
)
def test_a_place_that_is_not_on_earth_takes_its_hemisphere_with_it(tmp_path, code, value):
    gps = [entry for entry in GPS if entry[0] != code] + [(code, 5, value)]
    lost = {"GPSLatitude", "GPSLatitudeRef"} if code == 2 else {"GPSLongitude", "GPSLongitudeRef"}
    assert READ.keys() - read(tmp_path, tiff(gps=gps)).keys() == lost


def test_texts_are_utf_8_or_latin_1_and_comments_say_what_they_are(tmp_path):
    exif = [(0x9286, 7, b"UNICODE\0" + "日の出".encode("utf-16-le")), (0xA430, 2, b"Ren\xe9\0")]
    found = read(tmp_path, tiff([(0x8298, 2, b"photographer\0editor\0")], exif, None))
    assert found == {"Copyright": "photographer; editor", "CameraOwnerName": "René", "UserComment": "日の出"}


def test_the_speed_is_the_extended_one_where_the_field_is_at_its_end():
    assert iso_speed({"PhotographicSensitivity": 400, "ISOSpeed": 6}) == 400
    assert (
        iso_speed(
            {"PhotographicSensitivity": 65535, "SensitivityType": 2, "RecommendedExposureIndex": 102400, "ISOSpeed": 9}
        )
        == 102400
    )
    assert iso_speed({"PhotographicSensitivity": 65535, "ISOSpeed": 204800}) == 204800
    assert iso_speed({"PhotographicSensitivity": 65535}) == 65535 and iso_speed({"ISOSpeed": 51200}) == 51200
    assert iso_speed({}) is None


@pytest.mark.slow
@pytest.mark.parametrize("container", CONTAINERS)
def test_a_file_cut_anywhere_gives_what_could_be_read(tmp_path, container):
    whole = CONTAINERS[container](tiff())
    for end in range(0, len(whole), 31):
        found = read(tmp_path, whole[:end])
        assert all(READ[name] == value for name, value in found.items())


@pytest.mark.slow
def test_damaged_bytes_never_raise_and_what_is_read_is_of_the_right_kind(tmp_path):
    generator = np.random.default_rng(0)
    for whole in (make(tiff()) for make in CONTAINERS.values()):
        for _ in range(30):
            damaged = np.frombuffer(whole, np.uint8).copy()
            damaged[generator.integers(0, len(damaged), 12)] = generator.integers(0, 256, 12)
            found = read(tmp_path, damaged.tobytes())
            assert found.keys() <= FIELDS.keys()
            json.dumps(found, allow_nan=False)


@pytest.mark.slow
def test_hostile_directories_cost_no_time_and_no_memory(tmp_path):
    """65,535 entries of 4 GB each, one that points to itself, texts without an end, a next directory that is the first."""
    code = struct.Struct("<HHII")
    entries = b"".join(
        code.pack(FIELDS["Make"].code if index % 2 else index, 2, 2**32 - 1, 8) for index in range(65535)
    )
    loop = b"II*\0\x08\0\0\0" + struct.pack("<H", 65535) + entries + b"\x08\0\0\0"
    itself = tiff([(0x8769, 4, [8]), (0x8825, 4, [8])], None, None)
    self_referencing = bytes.fromhex("4d4d002a0000000e00000000000000000000000e0000")
    tracemalloc.start()
    for content in (
        loop,
        itself,
        self_referencing,
        b"",
        b"II",
        b"FOVb" + b"\xff" * 40,
        b"II+\0\x08\0\0\0" + b"\xff" * 8,
        b"raw" * 9,
    ):
        found = read(tmp_path, content)
        assert len(json.dumps(found)) < 10_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 32e6  # the directory, the head, and a few fields


def test_a_file_that_is_not_there_or_is_a_folder_tells_nothing(tmp_path):
    assert read_capture(tmp_path / "none.dng") == {} == read_capture(tmp_path)


@pytest.mark.skipif(not GOPRO.is_file(), reason=f"no real raw at {GOPRO}")
def test_a_real_raw_tells_what_exiftool_reads_of_it():
    """Reference: exiftool 13.59 -n."""
    found = read_capture(GOPRO)
    assert (found["Make"], found["Model"], found["BodySerialNumber"]) == ("GoPro", "HERO6 Black", "C32213DVT14025")
    assert found["DateTimeOriginal"] == "2016:01:01 23:07:27" and found["FocalLengthIn35mmFilm"] == 15
    degrees = [a / b for a, b in found["GPSLatitude"]]
    assert degrees[0] + degrees[1] / 60 + degrees[2] / 3600 == pytest.approx(33.126891, abs=1e-6)
    assert found["GPSLongitudeRef"] == "W" and found["ExposureTime"] == [1, 455]


def test_a_speed_beyond_16_bits_survives_our_own_dng(tmp_path):
    frame = RawFrame.from_mosaic(
        np.full((32, 32), 900, np.uint16), "RGGB", black_level_dn=(0,) * 4, white_level_dn=1000, wb_as_shot=(2, 1, 2), iso=204800
    )  # fmt: skip
    write_frame(tmp_path / "night.dng", frame)
    assert iso_speed(read_capture(tmp_path / "night.dng")) == 204800
    assert RawFrame.load(tmp_path / "night.dng").metadata["iso"] == 204800


def test_the_fixture_names_only_fields_that_there_are():
    assert tiff_bytes.READ.keys() <= FIELDS.keys()
