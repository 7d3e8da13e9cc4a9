from dataclasses import replace

import pytest
from fixtures.photographs import noise
from PIL import Image, ImageEnhance

from attiqa_core.datasets.catalogue import DATASETS
from attiqa_core.datasets.folders import is_cut_off
from attiqa_core.datasets.near_duplicates import close_pairs, difference_hash, hashes
from attiqa_core.datasets.survey import cut_off_images, examine, find_tables, imagenet_folders, near_duplicates

TID = DATASETS["tid2013"]


def picture(seed, size=(64, 48)):
    pixels = noise(seed, 6, 8)
    return Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture
def tid(tmp_path):
    folder = tmp_path / "sets" / "tid"
    (folder / "distorted_images").mkdir(parents=True)
    lines = []
    for level in range(1, 4):
        picture(level).save(folder / "distorted_images" / f"i01_01_{level}.bmp")
        lines.append(f"{6 - level} I01_01_{level}.bmp")
    (folder / "mos_with_names.txt").write_text("\n".join(lines))
    return folder


def test_score_files_are_found_below_a_folder_each_once(tid):
    (tid.parent / "own.csv").write_text("image,mos\na,1\n")
    (tid.parent / "other.csv").write_text("x,y\na,1\n")
    clive = tid.parent / "clive" / "Data"
    clive.mkdir(parents=True)
    (clive / "AllImages_release.mat").write_bytes(b"")
    found = {(known.title if known else None, table.name) for known, table in find_tables(tid.parents[1])}
    titles = {
        ("TID2013", "mos_with_names.txt"),
        (None, "own.csv"),
        ("CLIVE (LIVE In the Wild)", "AllImages_release.mat"),
    }
    assert found == titles
    assert len(find_tables(tid.parents[1])) == 3


def test_a_whole_data_set_is_sound_and_one_without_images_incomplete(tid):
    known = replace(TID, count=3)
    finding = examine(known, tid / "mos_with_names.txt")
    assert finding.state == "sound" and list(finding.present) == [0, 1, 2]
    (tid / "distorted_images" / "i01_01_2.bmp").unlink()
    finding = examine(known, tid / "mos_with_names.txt")
    assert finding.state == "incomplete" and list(finding.present) == [0, 2]


def test_a_table_that_lost_rows_or_cannot_be_read_is_broken(tid):
    finding = examine(TID, tid / "mos_with_names.txt")
    assert finding.state == "broken" and "lists 3 images instead of 3000" in finding.notes[0]
    (tid / "mos_with_names.txt").write_text("nonsense")
    finding = examine(TID, tid / "mos_with_names.txt")
    assert finding.state == "broken" and "line 1" in finding.notes[0] and finding.rated is None


def test_an_official_part_of_another_size_is_broken(tid):
    (tid / "koniq10k_distributions_sets.csv").write_text(
        "image_name,c1,c5,MOS,set\n1.jpg,0,0,77,training\n2.jpg,0,0,60,validation\n3.jpg,0,0,50,test\n"
    )
    koniq = DATASETS["koniq10k"]
    whole = replace(koniq, count=3, parts={"train": 1, "val": 1, "test": 1})
    table = tid / "koniq10k_distributions_sets.csv"
    assert examine(whole, table).state == "incomplete"
    assert "differs from the one we know" in " ".join(examine(whole, table).notes)
    finding = examine(replace(whole, parts={"train": 1, "val": 1, "test": 2}), table)
    assert finding.state == "broken" and finding.notes[0].startswith("1 test images instead of 2")


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp"])
def test_a_file_that_was_cut_off_is_noticed(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    picture(0).save(path)
    assert not is_cut_off(path)
    path.write_bytes(path.read_bytes()[:-40])
    assert is_cut_off(path)
    path.write_bytes(b"")
    assert is_cut_off(path)


def test_a_jpeg_with_something_behind_its_end_is_whole(tmp_path):
    picture(0).save(tmp_path / "a.jpg")
    with (tmp_path / "a.jpg").open("ab") as file:
        file.write(b"\0" * 100)
    assert not is_cut_off(tmp_path / "a.jpg")


def test_cut_off_images_of_a_data_set_are_listed(tid):
    broken = tid / "distorted_images" / "i01_01_3.bmp"
    broken.write_bytes(broken.read_bytes()[:100])
    assert cut_off_images(examine(TID, tid / "mos_with_names.txt")) == [broken]


def test_a_recompressed_smaller_brighter_copy_has_nearly_the_same_hash(tmp_path):
    picture(1, (320, 240)).save(tmp_path / "a.png")
    brighter = ImageEnhance.Brightness(picture(1, (320, 240)).resize((200, 150))).enhance(1.05)
    brighter.save(tmp_path / "b.jpg", quality=60)
    picture(2, (320, 240)).save(tmp_path / "c.png")
    one, copy, other = (difference_hash(tmp_path / name) for name in ("a.png", "b.jpg", "c.png"))
    assert one is not None and copy is not None and other is not None
    assert close_pairs(hashes([one]), hashes([copy, other]), 4) == [(0, 0)]


def test_flat_pictures_have_no_hash_so_that_they_are_not_all_alike(tmp_path):
    Image.new("RGB", (64, 64), (90, 90, 90)).save(tmp_path / "a.png")
    assert difference_hash(tmp_path / "a.png") is None


def test_the_distance_of_hashes_is_their_number_of_differing_bits():
    one, other = hashes([0, 2**64 - 1]), hashes([0b111, 0])
    assert close_pairs(one, other, 2) == [(0, 1)]
    assert close_pairs(one, other, 3) == [(0, 0), (0, 1)]
    assert len(close_pairs(hashes(range(600)), hashes(range(600)), 0)) == 600  # more than one chunk


@pytest.mark.slow
def test_near_duplicates_are_sought_across_the_official_parts_or_anywhere(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2), ("d", 3), ("e", 2)):
        picture(seed).save(tmp_path / f"{name}.png")
    table = tmp_path / "mos.csv"
    table.write_text("image,mos\n" + "".join(f"{name}.png,{mos}\n" for mos, name in enumerate("abcde")))
    pairs, unreadable = near_duplicates(examine(None, table), 0)
    assert {(one.stem, other.stem) for one, other in pairs} == {("a", "b"), ("c", "e")} and not unreadable
    parts = {"a": "train", "b": "train", "c": "train", "d": "test", "e": "test"}
    table.write_text("image,mos,split\n" + "".join(f"{n}.png,{mos},{parts[n]}\n" for mos, n in enumerate(parts)))
    (tmp_path / "a.png").write_text("no picture")
    pairs, unreadable = near_duplicates(examine(None, table), 0)
    assert [(one.stem, other.stem) for one, other in pairs] == [("c", "e")] and unreadable == [tmp_path / "a.png"]


def test_imagenet_is_known_by_its_class_folders(tmp_path):
    for name in ("n01440764", "n01443537", "notaclass"):
        (tmp_path / "imagenet" / "train" / name).mkdir(parents=True)
    assert imagenet_folders(tmp_path) == [(tmp_path / "imagenet" / "train", 2)]
