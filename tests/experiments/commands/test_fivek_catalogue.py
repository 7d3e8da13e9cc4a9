import csv

import pytest
from fixtures.lightroom import write_catalogue

from isp_env.fivek.catalogue.csv_rows import columns

NAMES = ["a0001-jmac_DSC1459", "a0002-dgw_005", "a0003-é (1)"]


@pytest.fixture
def fivek(tmp_path):
    """A folder of FiveK with its catalogue alone."""
    path = tmp_path / "fivek" / "raw_photos" / "fivek.lrcat"
    edits = {
        ("Experts/C", NAMES[0]): {
            "Exposure": 1.25,
            "WhiteBalance": "Custom",
            "CustomTemperature": 5000,
            "Brightness": 0,
        }
    }
    write_catalogue(path, NAMES, edits)
    return tmp_path / "fivek"


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_without_a_table_the_collections_are_listed(attiqa, fivek):
    code, out, err = attiqa("fivek", "catalogue", fivek)
    lines = out.splitlines()
    assert code == 0 and "     3  Experts/C" in lines and "     3  Old/C" in lines and len(lines) == 11
    assert err == f"attiqa: 10 collections in {fivek}/raw_photos/fivek.lrcat\n"


def test_all_experts_are_written_photo_by_photo(attiqa, fivek, tmp_path):
    code, out, err = attiqa("fivek", "catalogue", fivek / "raw_photos" / "fivek.lrcat", "--csv", tmp_path / "edits.csv")
    rows = table(tmp_path / "edits.csv")
    assert code == 0 and out.splitlines()[-1] == f"{tmp_path}/edits.csv" and "15 edits of 3 photos written" in err
    assert list(rows[0]) == list(columns()) and [row["photo"] for row in rows] == NAMES * 5
    assert [row["collection"] for row in rows[::3]] == [f"Experts/{letter}" for letter in "ABCDE"]
    assert next(row["Exposure"] for row in rows if row["collection"] == "Experts/C") == "1.25"


def test_experts_collections_and_photos_are_chosen(succeed, attiqa, fivek, tmp_path):
    words = ("fivek", "catalogue", fivek, "--csv", tmp_path / "edits.csv")
    succeed(*words, "--expert", "c", "--collection", "Inputs/InputAsShotZeroed", "--photo", 3, 1)
    rows = table(tmp_path / "edits.csv")
    chosen = [
        ("Experts/C", "1"),
        ("Experts/C", "3"),
        ("Inputs/InputAsShotZeroed", "1"),
        ("Inputs/InputAsShotZeroed", "3"),
    ]
    assert [(row["collection"], row["number"]) for row in rows] == chosen
    for more, said in (
        (("--collection", "InputAsShotZeroed"), "name one with its parent"),
        (("--collection", "Inputs/none"), "is not in the catalogue"),
        (("--expert", "c", "--photo", 9), "photo 9 is not in Experts/C"),
    ):
        code, _, err = attiqa(*words[:-1], tmp_path / "other.csv", *more)
        assert code == 3 and said in err and err.count("\n") == 1


@pytest.mark.slow
def test_our_parameters_stand_beside_the_sliders_where_the_raw_is_at_hand(attiqa, fivek, raws, tmp_path):
    photos = fivek / "raw_photos" / "HQa1to700" / "photos"
    photos.mkdir(parents=True)
    (photos / f"{NAMES[0]}.dng").write_bytes((raws / "s0_0.dng").read_bytes())
    (photos / f"{NAMES[1]}.dng").write_bytes(b"broken")
    code, _, err = attiqa("fivek", "catalogue", fivek, "--expert", "c", "--params", "--csv", tmp_path / "edits.csv")
    rows = table(tmp_path / "edits.csv")
    assert code == 4 and f"{NAMES[1]}.dng" in err and list(rows[0]) == list(columns(True)) and len(rows) == 3
    assert rows[0]["left_out"] == "" and float(rows[0]["temperature_mired"]) != pytest.approx(
        1e6 / 4500 - 1e6 / 5000, abs=0.1
    )
    assert float(rows[1]["temperature_mired"]) == pytest.approx(1e6 / 4600 - 1e6 / 4950)  # Lightroom's own number
    assert not rows[2]["temperature_mired"] and "without the raw" in rows[2]["left_out"]
    assert all(float(row["exposure_ev"]) for row in rows)
    assert f"the raw names another camera than the catalogue: {NAMES[0]}\n" in err


def test_an_edit_that_cannot_be_read_is_reported_and_the_others_are_written(attiqa, fivek, tmp_path):
    path = fivek / "raw_photos" / "fivek.lrcat"
    path.unlink()
    write_catalogue(path, NAMES, {("Experts/B", NAMES[1]): "s = { Exposure = }"})
    code, _, err = attiqa("fivek", "catalogue", fivek, "--csv", tmp_path / "edits.csv")
    assert code == 4 and f"{NAMES[1]} in Experts/B: its settings cannot be read: line 1" in err
    assert len(table(tmp_path / "edits.csv")) == 14


def test_where_no_edit_can_be_read_no_table_is_left(attiqa, fivek, tmp_path):
    path = fivek / "raw_photos" / "fivek.lrcat"
    path.unlink()
    write_catalogue(path, NAMES[:1], {("Experts/B", NAMES[0]): "s = 5"})
    code, _, err = attiqa("fivek", "catalogue", fivek, "--expert", "b", "--csv", tmp_path / "edits.csv")
    assert code == 3 and "none of 1 edit could be read" in err and not (tmp_path / "edits.csv").exists()
