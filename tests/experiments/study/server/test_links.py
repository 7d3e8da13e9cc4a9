"""The file of links: what was given stays valid, what is missing is added, and nobody else can read it."""

import csv
import stat

import pytest
from fixtures.served import served

from attiqa_core.errors import InputError
from experiments.study.folder import LINKS_FILE
from experiments.study.server.links import forget_links, invite, read_links

HERE = "https://study.example.org/"


def test_a_later_start_adds_only_what_is_missing_and_keeps_every_link(tmp_path):
    desk, file = served(tmp_path), tmp_path / LINKS_FILE
    assert invite(desk.store, file, 2, HERE, 0.0) == 2
    first = read_links(file)
    assert invite(desk.store, file, 3, HERE, 0.0) == 3 and invite(desk.store, file, 1, HERE, 0.0) == 3
    assert (
        list(read_links(file)) == ["rater-001", "rater-002", "rater-003"] and first.items() <= read_links(file).items()
    )
    for token in read_links(file).values():
        assert desk.begin(token=token)[1]["stage"] == "training"


def test_links_are_for_their_owner_alone_and_follow_the_address(tmp_path):
    desk, file = served(tmp_path), tmp_path / LINKS_FILE
    invite(desk.store, file, 1, "http://127.0.0.1:8000/", 0.0)
    tokens = read_links(file)
    invite(desk.store, file, 1, HERE, 0.0)
    (row,) = csv.DictReader(file.open(encoding="utf-8"))
    assert row == {"rater": "rater-001", "link": f"{HERE}#{tokens['rater-001']}"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 == stat.S_IMODE(desk.store.path.stat().st_mode)


def test_a_lost_file_gives_new_links_to_those_who_have_not_begun(tmp_path):
    desk, file = served(tmp_path), tmp_path / LINKS_FILE
    invite(desk.store, file, 2, HERE, 0.0)
    begun, other = read_links(file).values()
    desk.begin(token=begun)
    file.unlink()
    assert invite(desk.store, file, 2, HERE, 0.0) == 1
    assert desk.join(token=begun) and read_links(file)["rater-002"] != other


def test_links_of_the_removed_go_and_are_not_given_again(tmp_path):
    desk, file = served(tmp_path), tmp_path / LINKS_FILE
    invite(desk.store, file, 2, HERE, 0.0)
    with desk.store.transaction() as db:
        db.execute("DELETE FROM raters WHERE number = 2")
    forget_links(desk.store, file)
    assert list(read_links(file)) == ["rater-001"]
    invite(desk.store, file, 2, HERE, 0.0)
    assert list(read_links(file)) == ["rater-001"]
    invite(desk.store, file, 3, HERE, 0.0)
    assert list(read_links(file)) == ["rater-001", "rater-003"]


@pytest.mark.parametrize("content", [b"", b"a,b\n", b"rater,link\nonly one\n", b"\xff\xfe", b'rater,link\n"'])
def test_another_file_in_its_place_is_left_alone(tmp_path, content):
    desk, file = served(tmp_path), tmp_path / LINKS_FILE
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"links\.csv"):
        invite(desk.store, file, 1, HERE, 0.0)
    assert file.read_bytes() == content
