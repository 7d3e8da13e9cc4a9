"""Each public data set on a file in its exact format, each trap a test, and on the real tables where they are."""

import shutil
from collections import Counter

import numpy as np
import pytest
from fixtures.rated import SPAQ_HEADER, write_spaq
from PIL import Image
from scipy.io import savemat

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.datasets import read_rated
from attiqa_core.datasets.readers.spaq import check_polarity
from attiqa_core.errors import InputError, UsageError


def image(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4)).save(path, "PNG")


def write(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def scores(path, **options):
    return read_rated(path, require_images=False, **options)


# KonIQ-10k

SETS = "image_name,c1,c2,c3,c4,c5,c_total,MOS,SD,set"
STARS = '"image_name","c1","c2","c3","c4","c5","c_total","MOS","SD","MOS_zscore"'


@pytest.fixture
def koniq(tmp_path):
    write(
        tmp_path / "koniq10k_distributions_sets.csv",
        SETS,
        "1.jpg,0.0,0.0,0.2,0.7,0.1,105,77.3836206897,0.53,training",
        "2.jpg,0.0,0.0,0.5,0.5,0.0,96,68.7285714286,0.58,test",
        "3.jpg,0.6,0.4,0.0,0.0,0.0,96,3.91176470588,0.5,validation",
    )
    return tmp_path


def test_koniq_reads_its_official_split_on_0_to_100(koniq):
    rated = scores(koniq)
    assert rated.name == "koniq10k" and rated.split == ("train", "test", "val")
    assert (rated.mos_range.low, rated.mos_range.high) == (0, 100)
    assert rated.mos[2].item() == pytest.approx(3.91176470588)


def test_koniqs_other_table_gives_mos_on_the_same_scale(tmp_path):
    write(
        tmp_path / "koniq10k_scores_and_distributions.csv",
        STARS,
        '"1.jpg",0,0,25,73,7,105,3.82857142857143,0.52727789,77.38',
        '"2.jpg",0,3,45,47,1,96,3.47916666666667,0.58,68.72',
    )
    rated = scores(tmp_path)
    assert rated.mos.tolist() == pytest.approx([77.38, 68.72]) and rated.mos_range.high == 100
    assert rated.split is None and any("koniq10k_distributions_sets.csv" in note for note in rated.notes)


@pytest.mark.parametrize(
    "lines",
    [
        (SETS, "1.jpg,0,0,0.2,0.7,0.1,105,3.9,0.5,training", "2.jpg,0,0,0.5,0.5,0,96,3.4,0.5,test"),
        (STARS, '"1.jpg",0,0,25,73,7,105,77.4,0.5,77.4', '"2.jpg",0,3,45,47,1,96,68.7,0.5,68.7'),
    ],
)
def test_koniqs_two_scales_of_mos_cannot_be_confused(tmp_path, lines):
    with pytest.raises(InputError, match="mixed up"):
        scores(write(tmp_path / "koniq.csv", *lines))


def test_koniq_says_which_size_of_its_images_is_used(koniq):
    for name in ("1.jpg", "2.jpg", "3.jpg"):
        image(koniq / "512x384" / name)
    assert "images of 512x384/" in read_rated(koniq).notes
    for name in ("1.jpg", "2.jpg", "3.jpg"):
        image(koniq / "1024x768" / name)
    rated = read_rated(koniq)
    assert "images of 1024x768/" in rated.notes and rated.paths[0].parent.name == "1024x768"


def test_a_known_set_declares_its_own_range(koniq):
    assert scores(koniq, mos_range=(0, 100)).mos_range.high == 100
    with pytest.raises(UsageError, match="KonIQ-10k declares 0 to 100"):
        scores(koniq, mos_range=(0, 90))
    (koniq / "koniq10k_distributions_sets.csv").write_text(
        f"{SETS}\n1.jpg,0,0,0,0,1,9,77,0.5,test\n2.jpg,0,0,0,0,1,9,101,0.5,test\n"
    )
    with pytest.raises(InputError, match="line 3: MOS 101 is outside the declared 0 to 100"):
        scores(koniq)


def test_koniqs_unknown_part_is_named_with_its_line(koniq):
    table = koniq / "koniq10k_distributions_sets.csv"
    table.write_text(table.read_text().replace("validation", "holdout"))
    with pytest.raises(InputError, match="line 4: split 'holdout'"):
        scores(koniq)


@pytest.mark.slow
def test_the_real_koniq_table_has_the_published_split(shared_data):
    rated = scores(shared_data / "scores" / "koniq10k_distributions_sets.csv")
    assert Counter(rated.split) == {"train": 7058, "val": 1000, "test": 2015}
    assert rated.mos.min().item() == pytest.approx(3.91, abs=0.01)
    assert rated.mos.max().item() == pytest.approx(88.39, abs=0.01)


# SPAQ

SPAQ_ROWS = [
    ["00001.jpg", 29, 40.5, 47, 41, 36, 18],
    ["00002.jpg", 57.33, 54, 59, 58, 55, 61],
    ["00003.jpg", 71, 60, 62, 66, 73, 75],
]


def test_spaq_gives_its_attributes_in_our_order(tmp_path):
    rated = scores(write_spaq(tmp_path, SPAQ_ROWS))
    assert ATTRIBUTES == ("sharpness", "contrast", "brightness", "colorfulness", "noisiness")
    assert rated.attributes is not None and rated.attributes[0].tolist() == [18, 41, 40.5, 47, 36]
    assert rated.paths[0] == tmp_path / "TestImage" / "00001.jpg" and rated.split is None
    assert rated.mos_range.high == 100 and rated.mos[1].item() == pytest.approx(57.33)


def test_spaq_refuses_noisiness_of_the_other_polarity(tmp_path):
    with pytest.raises(InputError, match="Noisiness falls with MOS"):
        scores(write_spaq(tmp_path, [[*row[:5], 100 - row[5], row[6]] for row in SPAQ_ROWS]))


def test_noisiness_has_to_rise_with_mos():
    mos = [10.0, 20.0, 30.0, 50.0]
    assert check_polarity("spaq", mos, mos) == pytest.approx(1)
    assert check_polarity("spaq", [*mos, float("nan")], [*mos, 99.0]) == pytest.approx(1)
    with pytest.raises(InputError, match="spaq: Noisiness falls with MOS"):
        check_polarity("spaq", mos[::-1], mos)
    with pytest.raises(InputError, match="do not show which way"):
        check_polarity("spaq", [1.0] * 4, mos)


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        (SPAQ_ROWS, [*SPAQ_HEADER[:-1], "Sharp"], "no column Sharpness"),
        ([*SPAQ_ROWS, ["4.jpg", "n/a", 1, 1, 1, 1, 1]], SPAQ_HEADER, "line 5: MOS 'n/a' is not a number"),
        ([*SPAQ_ROWS, ["4.jpg", 9, 1, 1, 1, None, 1]], SPAQ_HEADER, "line 5: Noisiness None is not a number"),
        ([*SPAQ_ROWS, SPAQ_ROWS[0]], SPAQ_HEADER, "line 5: 00001.jpg is rated twice, first in line 2"),
        ([], SPAQ_HEADER, "0 rows do not show"),
    ],
)
def test_a_bad_spaq_table_is_refused_with_its_line(tmp_path, rows, header, message):
    with pytest.raises(InputError, match=message):
        scores(write_spaq(tmp_path, rows, header))


def test_a_spaq_file_that_is_no_workbook_is_refused(tmp_path):
    write(tmp_path / "MOS and Image attribute scores.xlsx", "not a zip")
    with pytest.raises(InputError, match="cannot be read as an Excel workbook"):
        scores(tmp_path)


# FLIVE

PADDED = "mos_patch_1,name_patch,mos_image,name_image,is_valid"


@pytest.fixture
def flive(tmp_path):
    names = ["voc_emotic_ava/a.jpg", "voc_emotic_ava/b.jpg", "blur_dataset/c.jpg", "EE371R/rq59.jpg"]
    write(tmp_path / "labels_image.csv", "name,mos", *(f"{name},{70.5 + n}" for n, name in enumerate(names)))
    write(
        tmp_path / "labels640.csv",
        "mos_patch_1,name_patch,mos_image,name_image",
        "79.4,patches/a.jpg,70.5,voc_emotic_ava/a.jpg",
    )
    return tmp_path


def test_flives_image_split_comes_from_its_three_lists_without_patches(flive):
    write(
        flive / "labels=640_padded.csv",
        PADDED,
        "60.1,patches/b.jpg,71.5,voc_emotic_ava/b.jpg,False",
        "60.2,patches/c.jpg,72.5,blur_dataset/c.jpg,True",
    )
    rated = scores(flive)
    assert rated.split == ("test", "train", "val", "unused")
    assert not any("patches" in path.parts for path in rated.paths)


def test_flive_without_its_validation_list_says_so(flive):
    rated = scores(flive)
    assert rated.split == ("test", "train", "train", "train")
    assert any("padded" in note for note in rated.notes)


def test_flive_refuses_patches_and_overlapping_lists(flive):
    write(flive / "labels=640_padded.csv", PADDED, "1,patches/a.jpg,70.5,voc_emotic_ava/a.jpg,True")
    with pytest.raises(InputError, match=r"line 2: a\.jpg is also in the test list"):
        scores(flive)
    write(flive / "labels=640_padded.csv", PADDED, "1,patches/a.jpg,70.5,voc_emotic_ava/b.jpg,maybe")
    with pytest.raises(InputError, match="line 2: is_valid 'maybe'"):
        scores(flive)
    write(flive / "labels_image.csv", "name,mos", "patches/a.jpg,3", "patches/b.jpg,4")
    with pytest.raises(InputError, match=r"line 2: patches/a\.jpg is a patch"):
        scores(flive)


@pytest.mark.slow
def test_the_real_flive_tables_have_39810_images_of_which_1827_are_tested(shared_data, tmp_path):
    for name in ("labels_image.csv", "labels640.csv"):
        shutil.copy(shared_data / "scores" / f"flive_{name}", tmp_path / name)
    rated = scores(tmp_path)
    assert len(rated) == len(set(rated.names)) == 39810 and len(rated.part("test")) == 1827


# AVA

AVA_LINE = "1 953619 0 1 5 17 38 36 15 6 5 1 1 22 1396"  # the first line of the real file
AVA_OTHER = "2 953958 10 7 15 26 26 21 10 8 1 2 1 21 1396"


def test_ava_computes_mos_exactly_from_the_counts(tmp_path):
    write(tmp_path / "AVA.txt", AVA_LINE, AVA_OTHER)
    rated = scores(tmp_path)
    assert rated.mos[0].item() == pytest.approx(699 / 124, abs=1e-6)
    assert rated.mos[0].item() != pytest.approx(float(f"{699 / 124:.3}"), abs=1e-4)  # three digits, as pyiqa has it
    assert (rated.mos_range.low, rated.mos_range.high) == (1, 10)
    assert rated.split is None and "generic_test.jpgl" in rated.notes[0]


def test_avas_test_list_is_its_official_split(tmp_path):
    write(tmp_path / "AVA.txt", AVA_LINE, AVA_OTHER)
    write(tmp_path / "aesthetics_image_lists" / "generic_test.jpgl", "953958", "11")
    rated = scores(tmp_path)
    assert rated.split == ("train", "test") and rated.notes == ("1 ids of generic_test.jpgl are not in AVA.txt",)


def test_avas_missing_images_are_counted_and_named(tmp_path):
    write(tmp_path / "AVA.txt", AVA_LINE, AVA_OTHER, "3 954184 0 0 4 8 41 56 10 3 4 0 0 0 1396")
    image(tmp_path / "images" / "953619.jpg")
    image(tmp_path / "images" / "954184.jpg")
    with pytest.raises(InputError, match=r"line 2: no image .*953958\.jpg.*--allow-missing"):
        read_rated(tmp_path)
    rated = read_rated(tmp_path, allow_missing=True)
    assert len(rated) == 2 and "1 of 3 listed images are absent: 953958.jpg" in rated.notes


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2 953958 10 7", "line 2: has 4 columns instead of 15"),
        ("2 953958 x 7 15 26 26 21 10 8 1 2 1 21 1396", "line 2: counts x 7"),
        ("2 953958 0 0 0 0 0 0 0 0 0 0 1 21 1396", "line 2: .* no votes"),
        (AVA_LINE, r"line 2: 953619\.jpg is rated twice"),
    ],
)
def test_a_bad_ava_line_is_named(tmp_path, line, message):
    with pytest.raises(InputError, match=message):
        scores(write(tmp_path / "AVA.txt", AVA_LINE, line))


# AGIQA-3k

AGIQA_HEADER = "name,prompt,adj1,adj2,style,mos_quality,std_quality,mos_align,std_align"


def test_agiqa_takes_quality_and_groups_by_prompt(tmp_path):
    write(
        tmp_path / "data.csv",
        AGIQA_HEADER,
        "AttnGAN_normal_000.jpg,statue of a man,,,,0.965602553,0.22,0.40889324,0.61",
        'sd_000.jpg,"Statue of a  man",,,,3.4,0.22,4.1,0.61',
        "sd_001.jpg,a tray of sushi,,,,2.5,0.22,0.4,0.61",
    )
    rated = scores(tmp_path)
    assert rated.name == "agiqa3k" and rated.mos_range.high == 5
    assert rated.mos.tolist() == pytest.approx([0.965602553, 3.4, 2.5])
    assert rated.groups == ("statue of a man", "statue of a man", "a tray of sushi")


def test_the_real_agiqa_table_has_300_prompts(shared_data):
    rated = scores(shared_data / "scores" / "agiqa3k_data.csv")
    assert rated.name == "agiqa3k" and len(rated) == 2982 and len(set(rated.groups or ())) == 300


def test_a_data_csv_of_something_else_is_not_agiqa(tmp_path):
    write(tmp_path / "data.csv", "x,y", "1,2")
    with pytest.raises(InputError, match="looked for"):
        read_rated(tmp_path)


# KADID-10k and TID2013

KADID = [
    "dist_img,ref_img,dmos,var",
    "I01_01_01.png,I01.png,4.57,0.496",
    "I01_01_05.png,I01.png,1.7,0.9",
    "I02_03_01.png,I02.png,4.2,0.5",
    "I02_03_05.png,I02.png,1.33,0.5",
]


def test_kadids_dmos_is_read_as_higher_is_better_and_grouped_by_reference(tmp_path):
    rated = scores(write(tmp_path / "dmos.csv", *KADID).parent)
    assert rated.name == "kadid10k" and rated.groups == ("I01.png", "I01.png", "I02.png", "I02.png")
    assert rated.mos[0] > rated.mos[1] and (rated.mos_range.low, rated.mos_range.high) == (1, 5)


def test_kadid_with_scores_turned_round_is_refused(tmp_path):
    turned = [
        KADID[0],
        *(",".join([*line.split(",")[:2], str(6 - float(line.split(",")[2])), "0.5"]) for line in KADID[1:]),
    ]
    with pytest.raises(InputError, match="turned round"):
        scores(write(tmp_path / "dmos.csv", *turned).parent)


def test_tid_finds_its_files_of_either_case_and_groups_by_reference(tmp_path):
    write(tmp_path / "mos_with_names.txt", "5.51429 I01_01_1.bmp", "2.1 i01_01_5.bmp", "6.0 I02_01_1.bmp")
    for name in ("i01_01_1.bmp", "I01_01_5.BMP", "I02_01_1.bmp"):
        image(tmp_path / "distorted_images" / name)
    rated = read_rated(tmp_path)
    assert [path.name for path in rated.paths] == ["i01_01_1.bmp", "I01_01_5.BMP", "I02_01_1.bmp"]
    assert rated.groups == ("I01", "I01", "I02") and (rated.mos_range.low, rated.mos_range.high) == (0, 9)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("6.1", "line 2: '6.1' is not a MOS and an image name"),
        ("x I01_01_2.bmp", "line 2: MOS 'x' is not a number"),
        ("6.1 picture.bmp", r"line 2: picture\.bmp is not named like"),
        ("6.1 I01_01_5.bmp", "turned round"),
    ],
)
def test_a_bad_tid_line_is_named(tmp_path, line, message):
    with pytest.raises(InputError, match=message):
        scores(write(tmp_path / "mos_with_names.txt", "5.5 I01_01_1.bmp", line))


# what they have in common


def test_the_data_set_can_be_named_where_its_files_are_ambiguous(koniq):
    write(koniq / "mos_with_names.txt", "5.5 I01_01_1.bmp", "1.5 I01_01_5.bmp")
    assert scores(koniq).name == "koniq10k"
    assert scores(koniq, dataset="tid2013").name == "tid2013"
    with pytest.raises(UsageError, match="not one of auto, csv, clive"):
        scores(koniq, dataset="imagenet")
    with pytest.raises(InputError, match=r"looked for SPAQ: Annotations/MOS"):
        scores(koniq, dataset="spaq")


def test_a_part_is_refused_where_there_is_no_official_split(tmp_path):
    with pytest.raises(InputError, match="no official split"):
        scores(write_spaq(tmp_path, SPAQ_ROWS)).part("test")


def test_a_folder_is_listed_once_however_many_images_it_holds(koniq, monkeypatch):
    import os

    for name in ("1.jpg", "2.jpg", "3.jpg"):
        image(koniq / "1024x768" / name)
    listed, scandir = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(str(path)) or scandir(path))
    assert len(read_rated(koniq)) == 3 and listed == [str(koniq / "1024x768")]


def test_a_damaged_workbook_or_matrix_is_one_sentence(tmp_path):
    table = write_spaq(tmp_path, SPAQ_ROWS) / "Annotations" / "MOS and Image attribute scores.xlsx"
    whole = table.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:700] + b"\xff" * 200 + whole[900:]):
        table.write_bytes(damaged)
        with pytest.raises(InputError, match="cannot be read as an Excel workbook"):
            scores(table)
    savemat(tmp_path / "AllImages_release.mat", {"AllImages_release": np.arange(400.0)}, do_compression=True)
    savemat(tmp_path / "AllMOS_release.mat", {"AllMOS_release": np.arange(400.0)})
    with pytest.raises(InputError, match="not CLIVE's file"):
        scores(tmp_path / "AllImages_release.mat")
    matrix = (tmp_path / "AllImages_release.mat").read_bytes()
    (tmp_path / "AllImages_release.mat").write_bytes(matrix[:200] + b"\xff" * 20 + matrix[220:])
    with pytest.raises(InputError, match="not CLIVE's file"):
        scores(tmp_path / "AllImages_release.mat")
