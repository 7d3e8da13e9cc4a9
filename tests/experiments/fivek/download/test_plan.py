"""What is there, what is taken in, what has to come, and how much of it."""

import pytest
from fixtures.breaking_server import NAMES, small_tiff
from fixtures.fivek_files import write_file

from experiments.fivek.download.cameras import Head
from experiments.fivek.download.getting import ask_sizes, get
from experiments.fivek.download.legal import fetch_legal
from experiments.fivek.download.part_files import PartFile
from experiments.fivek.download.plan import make_plan, wanted_files
from experiments.fivek.download.server import Server, Version
from isp_env.fivek.manifest import read_manifest

RAW_1, TIFF_1 = wanted_files(NAMES, [1], ["raw", "c"])


@pytest.fixture
def folder(fivek, tmp_path):
    """A folder with the lists and nothing else."""
    fetch_legal(Server(fivek.url), tmp_path)
    return tmp_path


@pytest.fixture
def fetched(fivek, folder):
    """The folder with both files of the first photo."""
    tally = get(Server(fivek.url), folder, plan_of(folder), 2)
    assert tally.fetched == 2 and not tally.failures
    return folder


def plan_of(folder, **how):
    return make_plan(folder, [RAW_1, TIFF_1], read_manifest(folder), {}, **how)


def test_all_kinds_of_a_photo_stand_together():
    files = wanted_files(NAMES, [700, 1], ["raw", "c"])
    assert [file.path for file in files] == [
        "img/dng/a0700-IMG (original) copy.dng", "img/tiff16_c/a0700-IMG (original) copy.tif",
        "img/dng/a0001-jmac_DSC1459.dng", "img/tiff16_c/a0001-jmac_DSC1459.tif",
    ]  # fmt: skip


def test_sizes_are_means_until_a_head_a_part_or_the_server_knows(fivek, folder):
    assert plan_of(folder).bytes == 10_000_000 + 52_900_000
    assert make_plan(folder, [RAW_1], {}, {1: Head("NIKON D700", 14_000)}).bytes == 14_000
    part = PartFile(folder / TIFF_1.path)
    part.begin(Version('"e"'), 20_000)
    part.path.write_bytes(bytes(5_000))
    assert make_plan(folder, [TIFF_1], {}, {}).bytes == 15_000
    assert set(ask_sizes(Server(fivek.url), [RAW_1, TIFF_1], 2).values()) == {len(fivek.files[RAW_1.path])}


def test_what_is_fetched_and_known_is_there_and_not_asked_about_again(fivek, fetched):
    plan, asked = plan_of(fetched, verify=True), fivek.asked.total()
    assert plan.there == (RAW_1, TIFF_1) and not (plan.fetched or plan.adopted or plan.changed or plan.bytes)
    get(Server(fivek.url), fetched, plan, 2)
    assert fivek.asked.total() == asked


def test_another_size_is_seen_always_and_other_content_when_verified(fetched):
    with (fetched / RAW_1.path).open("ab") as file:
        file.write(b"more")
    content = bytearray((fetched / TIFF_1.path).read_bytes())
    content[-1] ^= 1
    (fetched / TIFF_1.path).write_bytes(content)
    assert [sentence.split(": ")[1][:8] for sentence in plan_of(fetched).changed] == ["has 14,1"]
    assert "has other content" in plan_of(fetched, verify=True).changed[1]
    assert plan_of(fetched, verify=True, replace=True).fetched == (RAW_1, TIFF_1)


def test_a_changed_file_stays_as_it_is_until_it_is_to_be_replaced(fivek, fetched):
    place = fetched / RAW_1.path
    place.write_bytes(b"mine")
    tally = get(Server(fivek.url), fetched, plan_of(fetched), 2)
    assert len(tally.failures) == 1 and place.read_bytes() == b"mine"
    tally = get(Server(fivek.url), fetched, plan_of(fetched, replace=True), 2)
    assert tally.fetched == 1 and place.read_bytes() == fivek.files[RAW_1.path]


def test_a_file_from_elsewhere_is_taken_in_if_it_has_the_servers_size(fivek, folder):
    write_file(folder / RAW_1.path, fivek.files[RAW_1.path])
    write_file(folder / TIFF_1.path, small_tiff(1, side=20))
    plan = plan_of(folder)
    tally = get(Server(fivek.url), folder, plan, 2)
    assert plan.adopted == (RAW_1, TIFF_1) and (tally.adopted, tally.fetched) == (1, 0)
    assert "on the server 14,192" in tally.failures[0] and (folder / TIFF_1.path).read_bytes() == small_tiff(1, side=20)
    assert read_manifest(folder)[RAW_1.path].adopted and fivek.asked["GET", RAW_1.path] == 0


def test_a_raw_of_the_extracted_archive_is_there(fivek, folder):
    write_file(folder / "fivek_dataset/raw_photos/HQa1to700/photos" / f"{NAMES[1]}.dng", fivek.files[RAW_1.path])
    assert plan_of(folder).there == (RAW_1,) and plan_of(folder).fetched == (TIFF_1,)
