"""Starts from CSV and JSON: by the raws' names, checked, and nothing where a file says nothing."""

import json

import pytest

from attiqa_core.errors import InputError, UsageError
from experiments.fitting.starts import read_starts
from isp_env.parameters.profiles import CORE

NAMES = ["a0001-x", "a0002-y"]


def csv_of(path, text):
    path.write_text(text)
    return path


def test_a_csv_of_a_catalogue_is_read_by_its_names_and_known_columns(tmp_path):
    path = csv_of(
        tmp_path / "s.csv", "photo,Exposure,exposure_ev,defringe,contrast\na0001-x,1.2,0.5,0.3,\na0009-z,0,0,0,0\n"
    )
    assert read_starts(path, NAMES, CORE) == [{"exposure_ev": 0.5}, {}]


def test_names_with_a_raws_suffix_are_the_stem_and_other_dots_stay(tmp_path):
    path = csv_of(tmp_path / "s.csv", "name,exposure_ev\na0001-x.DNG,0.5\na0002-y,0.25\n")
    assert read_starts(path, NAMES, CORE) == [{"exposure_ev": 0.5}, {"exposure_ev": 0.25}]


def test_json_is_for_each_raw_or_for_all(tmp_path):
    each, for_all = tmp_path / "each.json", tmp_path / "all.json"
    each.write_text(json.dumps({"a0002-y": {"contrast": 0.1}}))
    for_all.write_text(json.dumps({"params": {"contrast": 0.2}}))
    assert read_starts(each, NAMES, CORE) == [{}, {"contrast": 0.1}]
    assert read_starts(for_all, NAMES, CORE) == [{"contrast": 0.2}] * 2
    assert read_starts(None, NAMES, CORE) == [{}, {}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title,exposure_ev\na0001-x,1\n", "no column name or photo or raw"),
        ("name,exposure_ev\na0001-x,1\na0001-x,2\n", "two rows of a0001-x"),
        ("name,exposure_ev\na0001-x,bright\n", "exposure_ev: 'bright' is not a number"),
        ("name,exposure_ev\na0001-x,9\n", "a0001-x: exposure_ev: 9 is outside"),
        ("name,exposure_ev\na0007-q,1\n", "no values for any of the raws"),
    ],
)
def test_what_cannot_be_is_refused_by_file_and_raw(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        read_starts(csv_of(tmp_path / "s.csv", text), NAMES, CORE)


def test_another_kind_of_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"give a \.csv or \.json"):
        read_starts(tmp_path / "s.xlsx", NAMES, CORE)
