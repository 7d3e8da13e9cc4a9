"""`attiqa doctor` is run through its module: what it prints, and what makes it fail."""

import json

import pytest
from fixtures.fivek_files import NAMES, write_archive, write_file
from fixtures.photographs import noise
from fixtures.rated import write_mos
from huggingface_hub import constants
from PIL import Image
from tifffile import imwrite

from attiqa_core.errors import UsageError
from experiments.commands import doctor
from experiments.doctor import data_sets
from experiments.doctor.fact import Fact
from isp_env.fivek.photos import path_of


@pytest.fixture(autouse=True)
def of_the_machine_only_what_is_cheap(monkeypatch):
    monkeypatch.setattr(data_sets, "clip_weights", lambda: None)  # importing open_clip takes seconds
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(doctor, "survey", lambda places: [Fact("Python", "3.11")])


@pytest.fixture
def own_set(tmp_path):
    for index, name in enumerate(("a.png", "b.png", "c.png")):
        pixels = noise(index // 2, 8, 9)
        Image.fromarray(pixels).resize((90, 80), Image.Resampling.NEAREST).save(tmp_path / name)
    write_mos(tmp_path / "mos.csv", {"a.png": 1, "b.png": 2, "c.png": 3})
    return tmp_path


def test_without_any_data_it_says_where_to_get_each_set(tmp_path, capsys):
    for folder in (tmp_path / "nowhere", tmp_path):
        outcome = doctor.run(doctor.Config(folder))
        printed = capsys.readouterr().out
        assert outcome.path is None and outcome.sentence == f"0 data sets in {folder}"
        for title in ("CLIVE", "KonIQ-10k", "SPAQ", "FLIVE", "AVA", "AGIQA-3k", "KADID-10k", "TID2013"):
            assert title in printed
        assert "CLIP ViT-B-16/openai: absent" in printed and "ImageNet: absent" in printed and "GB free" in printed


def test_a_sound_set_is_listed_with_its_images_and_range(own_set, capsys):
    outcome = doctor.run(doctor.Config(own_set))
    assert not outcome.failures
    assert "own scores (mos.csv)         sound       3 of 3           1..3" in capsys.readouterr().out


def test_a_broken_table_is_a_failure_that_names_it(own_set, capsys):
    (own_set / "tid").mkdir()
    (own_set / "tid" / "mos_with_names.txt").write_text("5.5 I01_01_1.bmp\nnonsense\n")
    outcome = doctor.run(doctor.Config(own_set))
    assert outcome.sentence.endswith(", 1 broken")
    assert len(outcome.failures) == 1 and "line 2: 'nonsense'" in outcome.failures[0]
    assert "TID2013                      broken" in capsys.readouterr().out


def test_cut_off_images_are_a_failure_only_where_one_looks(own_set, capsys):
    (own_set / "b.png").write_bytes((own_set / "b.png").read_bytes()[:-30])
    assert not doctor.run(doctor.Config(own_set)).failures
    outcome = doctor.run(doctor.Config(own_set, check_images=True))
    assert "1 images are cut off: b.png" in outcome.failures[0]
    assert "broken" in capsys.readouterr().out


def test_near_duplicates_are_named(own_set, capsys):
    doctor.run(doctor.Config(own_set, near_duplicates=True))
    assert "1 near-duplicate pairs that a split may tear apart: a.png = b.png" in capsys.readouterr().out
    with pytest.raises(UsageError, match="--distance 64"):
        doctor.run(doctor.Config(own_set, distance=64))


def test_the_real_clive_folder_is_the_original_but_for_absent_images(shared_data, capsys):
    assert not doctor.run(doctor.Config(shared_data / "clive")).failures
    printed = capsys.readouterr().out
    assert "incomplete  627 of 1162" in printed and "AllMOS_release.mat is the original" in printed


def test_of_fivek_it_says_what_is_there_and_fails_over_what_is_damaged(attiqa, tmp_path):
    write_archive(tmp_path, (1, 2, 700))
    write_file(tmp_path / "img/tiff16_c/a0001-jmac_DSC1459.tif", "<html>not here</html>")
    code, out, err = attiqa("doctor", "--fivek", tmp_path)
    assert code == 4 and "a0001-jmac_DSC1459.tif: is a web page that came in its place; fetch it again" in err
    assert "raw        3 of 5000; missing: a0003, " in out and "c          1 of 5000" in out
    assert "fivek.lrcat" in out and "damaged: 1" in out and "GB free" in out
    assert "is a TIFF and no DNG: a0001-jmac_DSC1459.dng, a0002-dgw_005.dng, a0700-IMG (original) copy.dng" in out


def test_a_whole_fivek_is_no_failure_and_its_doubles_are_named(attiqa, tmp_path):
    for number in (1, 4501):
        scene = noise(0, 8, 9).repeat(8, 0).repeat(8, 1).astype("uint16") * 257
        imwrite(write_file(tmp_path / path_of(NAMES[number], "c"), b""), scene)
    code, out, err = attiqa("doctor", "--fivek", tmp_path, "--near-duplicates", "--check-images")
    assert code == 0, err
    assert f"1 near-duplicate pair, 0 photos not looked at: {NAMES[1]} = {NAMES[4501]}" in out
    assert "filesAdobe.txt and filesAdobeMIT.txt are absent" in out


def test_as_json_it_tells_the_machine_the_data_and_what_is_broken(own_set, attiqa, monkeypatch):
    monkeypatch.setattr(
        doctor, "survey", lambda places: [Fact("torch", "none", "torch: cannot be imported; install it")]
    )
    code, out, err = attiqa("doctor", "--data", own_set, "--json")
    told = json.loads(out)
    assert code == 4 and "torch: cannot be imported; install it" in err
    assert told["format"] == "attiqa-doctor/1" and told["broken"] == ["torch: cannot be imported; install it"]
    assert told["machine"][0]["topic"] == "torch" and told["data_sets"][0]["present"] == 3
