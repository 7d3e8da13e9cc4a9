from collections import Counter

import pytest
from fixtures.rated import KONIQ_HEADER as SETS
from fixtures.rated import image, scores, write

from attiqa_core.datasets import read_rated
from attiqa_core.errors import InputError, UsageError

STARS = '"image_name","c1","c2","c3","c4","c5","c_total","MOS","SD","MOS_zscore"'


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
