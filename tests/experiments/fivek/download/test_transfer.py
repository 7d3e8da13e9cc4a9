"""One file over connections that break in every way: resumed, begun anew, given up, never wrong."""

import hashlib
import signal
import subprocess
import sys
import threading

import pytest
from fixtures.breaking_server import small_tiff
from fixtures.pages import ROOT

from experiments.fivek.download.part_files import PartFile
from experiments.fivek.download.patience import TRIES, Stopped
from experiments.fivek.download.server import Server, Trouble, Version
from experiments.fivek.download.transfer import fetch
from isp_env.fivek.intact import damage_of, no_tiff

PATH = "img/tiff16_c/a0700-IMG (original) copy.tif"


@pytest.fixture
def get(fivek, tmp_path, told):
    """Fetch one file of FiveK to a new folder."""

    def call(path: str = PATH, timeout_s: float = 10.0):
        server = Server(fivek.url, timeout_s)
        return fetch(server, path, tmp_path / path, head=no_tiff, whole=damage_of, reports=told.reports)

    return call


@pytest.fixture
def place(tmp_path):
    return tmp_path / PATH


@pytest.fixture
def begun(fivek, place):
    """Write a part of the file, as an earlier run would have left it; of another state of it, if a version is given."""

    def call(size: int, version: Version | None = None) -> PartFile:
        part = PartFile(place)
        with Server(fivek.url).ask(PATH, method="HEAD") as answer:
            part.begin(version or answer.version, answer.total)
        part.path.write_bytes(fivek.files[PATH][:size])
        return part

    return call


def left_over(place) -> list[str]:
    return sorted(path.name for path in place.parent.iterdir() if path != place)


def test_a_file_comes_with_its_size_hash_and_version_and_leaves_nothing_beside_it(fivek, get, place, told):
    done, content = get(), fivek.files[PATH]
    assert place.read_bytes() == content and not left_over(place)
    assert (done.bytes, done.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert done.version.etag and done.version.last_modified
    assert (told.moved, told.sizes, told.pauses) == (len(content), [len(content)], [])


def test_a_part_is_gone_on_with_on_condition_that_the_file_is_the_same(fivek, get, place, begun, told):
    begun(5000)
    get()
    assert fivek.headers[-1]["Range"] == "bytes=5000-" and fivek.headers[-1]["If-Range"].startswith('"')
    assert place.read_bytes() == fivek.files[PATH] and told.moved == len(fivek.files[PATH])


def test_a_part_that_was_complete_is_taken_without_another_request(fivek, get, place, begun):
    begun(len(fivek.files[PATH]))
    asked = fivek.asked.total()
    get()
    assert fivek.asked.total() == asked and place.read_bytes() == fivek.files[PATH]


@pytest.mark.parametrize("version", [Version('"another"', None), Version(None, "Wed, 02 Mar 2011 10:00:00 GMT")])
def test_a_part_of_another_state_of_the_file_begins_anew(fivek, get, place, begun, told, version):
    begun(5000, version)
    PartFile(place).path.write_bytes(b"II*\0" + bytes(4996))
    get()
    assert place.read_bytes() == fivek.files[PATH] and told.moved == len(fivek.files[PATH])


def test_a_server_that_overlooks_the_condition_is_not_believed(fivek, get, place, begun):
    fivek.knows_conditions = False
    begun(5000, Version('"another"', None))
    PartFile(place).path.write_bytes(b"II*\0" + bytes(4996))
    get()
    assert place.read_bytes() == fivek.files[PATH]


def test_a_file_that_changes_between_two_connections_is_the_new_one(fivek, get, place, told):
    fivek.plan(PATH, "break", "other")
    get()
    assert place.read_bytes() == fivek.files[PATH] == small_tiff(99, side=40) and told.moved == len(fivek.files[PATH])


def test_a_part_without_a_version_begins_anew(fivek, get, place):
    part = PartFile(place)
    part.begin(Version('W/"weak"'), 10)
    part.path.write_bytes(b"II*\0junk")
    get()
    assert place.read_bytes() == fivek.files[PATH] and fivek.asked["GET", PATH] == 1


def test_a_part_longer_than_the_file_begins_anew(fivek, get, place, begun):
    part = begun(5000)
    part.path.write_bytes(fivek.files[PATH] + b"more")
    part.about.write_text(part.about.read_text().replace(str(len(fivek.files[PATH])), "null"))
    get()
    assert place.read_bytes() == fivek.files[PATH]


@pytest.mark.parametrize(
    "fault",
    ["break", "reset", "no ranges", "long", "wrong part", "empty", "short", "500", "429", "redirect"],
)
def test_whatever_happens_once_the_file_is_right_in_the_end(fivek, get, place, begun, told, fault):
    begun(5000)
    fivek.plan(PATH, fault)
    get()
    assert place.read_bytes() == fivek.files[PATH] and not left_over(place)
    assert told.moved == len(fivek.files[PATH])


def test_a_server_without_ranges_gives_the_whole_again(fivek, get, place, told):
    fivek.knows_ranges = False
    fivek.plan(PATH, "break", "reset", "break")
    get()
    assert place.read_bytes() == fivek.files[PATH] and told.moved == len(fivek.files[PATH])


@pytest.mark.parametrize(("fault", "said"), [("404", "has no such file"), ("403", "does not give it")])
def test_what_is_not_to_be_had_is_said_at_once(fivek, get, place, told, fault, said):
    fivek.plan(PATH, fault)
    with pytest.raises(Trouble, match=rf"img/tiff16_c/a0700-IMG%20%28original%29%20copy.tif: the server {said}"):
        get()
    assert fivek.asked["GET", PATH] == 1 and not told.pauses and not place.exists()


def test_a_web_page_is_no_picture_and_leaves_no_part(fivek, get, place, told):
    fivek.plan(PATH, "untold page")
    with pytest.raises(Trouble, match="is a web page that came in its place"):
        get()
    assert not place.exists() and not left_over(place) and told.moved == 0


def test_a_portal_that_answers_in_the_servers_place_costs_no_bytes(fivek, get, place, begun):
    part = begun(5000)
    fivek.plan(PATH, "page")
    with pytest.raises(Trouble, match="is a web page that came in its place"):
        get()
    assert part.size == 5000
    get()
    assert place.read_bytes() == fivek.files[PATH] and fivek.headers[-1]["Range"] == "bytes=5000-"


def test_a_busy_server_is_left_alone_for_as_long_as_it_asks_and_else_longer_each_time(fivek, get, told):
    fivek.plan(PATH, "503", "429", "429", "503")
    get()
    assert told.pauses == [7, 2, 4, 7] and "busy (503)" in told.reasons[0]


def test_connections_that_bring_nothing_are_counted_and_the_last_reason_is_said(fivek, get, place, told):
    fivek.plan(PATH, *["empty"] * 20)
    with pytest.raises(Trouble, match=rf"ended after 0 of [\d,]+ bytes \(given up after {TRIES} tries\)"):
        get()
    assert fivek.asked["GET", PATH] == TRIES and told.pauses == [1, 2, 4, 8, 16, 30, 30][: TRIES - 1]


def test_connections_that_bring_something_are_not_counted(fivek, get, place):
    fivek.plan(PATH, *["some"] * 2 * TRIES)
    get()
    assert fivek.asked["GET", PATH] == 2 * TRIES + 1 and place.read_bytes() == fivek.files[PATH]


def test_a_file_that_is_always_cut_off_is_given_up_after_two(fivek, get, place):
    fivek.knows_ranges = False
    fivek.plan(PATH, *["short"] * 20)
    with pytest.raises(Trouble, match=r"is cut off: [\d,]+ bytes are missing"):
        get()
    assert fivek.asked["GET", PATH] == 2 and not place.exists() and not left_over(place)


def test_silence_is_broken_off(fivek, get, place, told):
    fivek.plan(PATH, "silent")
    get(timeout_s=0.05)
    assert place.read_bytes() == fivek.files[PATH] and "no answer in time" in told.reasons[0]


def test_a_run_that_ends_leaves_its_parts(fivek, place, told, begun):
    begun(5000)

    def stop() -> None:
        raise Stopped

    reports = told.reports.__class__(**{**vars(told.reports), "go_on": stop})
    with pytest.raises(Stopped):
        fetch(Server(fivek.url), PATH, place, head=no_tiff, whole=damage_of, reports=reports)
    assert left_over(place) == [f"{place.name}.part", f"{place.name}.part.json"]


FETCH = """
import sys
from pathlib import Path
from isp_env.fivek.intact import damage_of, no_tiff
from experiments.fivek.download.patience import Reports
from experiments.fivek.download.server import Server
from experiments.fivek.download.transfer import fetch
nothing = [lambda *about: None] * 5
fetch(Server(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), head=no_tiff, whole=damage_of, reports=Reports(*nothing))
"""


@pytest.mark.slow
def test_a_killed_process_loses_no_byte_that_had_come(fivek, get, place, told):
    fivek.plan(PATH, "stall")
    process = subprocess.Popen([sys.executable, "-c", FETCH, fivek.url, PATH, place], cwd=ROOT)
    half, part = len(fivek.files[PATH]) // 2, PartFile(place)
    while part.size < half and process.poll() is None:
        threading.Event().wait(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL and part.size == half
    get()
    assert fivek.headers[-1]["Range"] == f"bytes={half}-" and place.read_bytes() == fivek.files[PATH]
