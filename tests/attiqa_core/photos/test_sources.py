import tarfile

import pytest
from fixtures.photographs import noise_png, write_tar

from attiqa_core.errors import InputError, UsageError
from attiqa_core.photos.images import read_picture
from attiqa_core.photos.sources import Photo, find_photos, read_photo


@pytest.fixture
def folder(tmp_path):
    photos = tmp_path / "photos"
    (photos / "a.b").mkdir(parents=True)
    (photos / "a").mkdir()
    for index, name in enumerate(("z.PNG", "a/2.png", "a/1.png", "a.b/1.png", ".hidden.png", "notes.txt")):
        (photos / name).write_bytes(noise_png(index))
    write_tar(
        photos / "s.tar",
        [("./01.png", noise_png(11)), ("00.png", noise_png(10)), ("00.json", b"{}"), ("00.cls", b"1")],
    )
    return photos


def test_folders_and_shards_are_listed_in_the_order_of_sorted_paths(folder):
    root, photos = find_photos([folder])
    keys = ["a/1.png", "a/2.png", "a.b/1.png", "s.tar/00.png", "s.tar/01.png", "z.PNG"]
    assert root == folder and [photo.key for photo in photos] == keys
    assert [photo.path for photo in photos if photo.offset is None] == sorted(
        folder / key for key in keys if "tar" not in key
    )


def test_overlapping_paths_give_each_photo_once(folder):
    root, photos = find_photos([folder / "a", folder, folder / "a" / "1.png", folder / "a" / ".." / "z.PNG"])
    assert root == folder and len(photos) == 6


def test_the_root_is_the_deepest_common_folder(folder):
    assert find_photos([folder / "a" / "1.png"])[0] == folder / "a"
    assert find_photos([folder / "s.tar"])[0] == folder
    root, photos = find_photos([folder / "a", folder / "a.b"])
    assert root == folder and [photo.key for photo in photos] == ["a/1.png", "a/2.png", "a.b/1.png"]


def test_members_of_a_shard_are_read_by_seeking_in_any_order(folder, tmp_path):
    for photo in reversed(find_photos([folder / "s.tar"])[1]):
        single = tmp_path / "single.png"
        single.write_bytes(noise_png(int(photo.key[6:8]) + 10))
        assert (read_photo(photo) == read_picture(single)).all()


def test_a_bad_member_is_named_with_its_shard(tmp_path):
    write_tar(tmp_path / "s.tar", [("x/bad.png", b"no picture"), ("empty.png", b"")])
    empty, bad = find_photos([tmp_path / "s.tar"])[1]
    with pytest.raises(InputError, match=r"s\.tar/x/bad\.png: not an image"):
        read_photo(bad)
    with pytest.raises(InputError, match=r"s\.tar/empty\.png: is empty"):
        read_photo(empty)


def test_a_shard_that_shrank_after_it_was_indexed_is_named(folder):
    last = find_photos([folder / "s.tar"])[1][0]
    (folder / "s.tar").write_bytes((folder / "s.tar").read_bytes()[: last.offset + 20])
    with pytest.raises(InputError, match=r"00\.png: only 20 of its"):
        read_photo(last)


def link(name, kind):
    header = tarfile.TarInfo(name)
    header.type, header.linkname = kind, "/etc/passwd"
    return header


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("/abs.png", noise_png(0))], "leads outside"),
        ([("a/../../up.png", noise_png(0))], "leads outside"),
        ([("l.png", link("l.png", tarfile.SYMTYPE))], "link"),
        ([("h.png", link("h.png", tarfile.LNKTYPE))], "link"),
        ([("a.png", noise_png(0)), ("a.png", noise_png(1))], "twice"),
    ],
)
def test_unsafe_or_ambiguous_members_are_refused(tmp_path, members, message):
    write_tar(tmp_path / "evil.tar", members)
    with pytest.raises(InputError, match=rf"evil\.tar.*{message}"):
        find_photos([tmp_path / "evil.tar"])


def test_a_cut_or_damaged_shard_is_refused_and_never_ends_silently(tmp_path):
    path = tmp_path / "s.tar"
    write_tar(path, [(f"{index}.png", noise_png(index)) for index in range(3)])
    whole = path.read_bytes()
    second = find_photos([path])[1][1].offset - tarfile.BLOCKSIZE
    damaged = whole[:second] + b"\xff" * 300 + whole[second + 300 :]
    for content in (whole[: second + 100], whole[:second], damaged, b"", b"text" * 300):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"s\.tar"):
            find_photos([path])


def test_compressed_shards_say_what_to_do(tmp_path):
    (tmp_path / "s.tar.gz").write_bytes(b"")
    with pytest.raises(InputError, match="decompress it"):
        find_photos([tmp_path / "s.tar.gz"])


def test_a_folder_named_like_a_picture_is_searched_and_dead_links_are_not_skipped(tmp_path):
    (tmp_path / "album.jpg").mkdir()
    (tmp_path / "album.jpg" / "1.png").write_bytes(noise_png(0))
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    first, gone = find_photos([tmp_path])[1]
    assert first.key == "album.jpg/1.png"
    with pytest.raises(InputError, match=r"gone\.jpg: no such file, but a link to nothing"):
        read_photo(gone)


def test_a_link_that_leads_back_is_passed_over_and_said(tmp_path, logged):
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "a.png").write_bytes(noise_png(0))
    assert [photo.key for photo in find_photos([tmp_path])[1]] == ["a.png"]
    assert any("loop: links back to a folder that holds it; passed over" in said for said in logged)


def test_nothing_to_read_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="no photos named"):
        find_photos([])
    with pytest.raises(InputError, match="no photos here"):
        find_photos([tmp_path])
    with pytest.raises(InputError, match="no such file"):
        find_photos([tmp_path / "absent"])


def test_a_name_that_is_not_utf8_is_listed_written_out_and_refused_where_it_is_read(tmp_path):
    (tmp_path / "b\udce4d.png").write_bytes(noise_png(0))
    (found,) = find_photos([tmp_path])[1]
    assert found.key == "b\\xe4d.png"
    for photo in (found, Photo(found.key, tmp_path / found.key)):  # as it is found, and as a listing has it
        with pytest.raises(InputError, match=r"b\\xe4d\.png: .*name is not UTF-8"):
            read_photo(photo)
