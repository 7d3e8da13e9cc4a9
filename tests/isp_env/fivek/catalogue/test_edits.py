import sqlite3

import pytest
from fixtures.lightroom import CAMERAS, EXPERTS, INPUTS, CataloguePhoto, write_catalogue

from attiqa_core.errors import InputError
from isp_env.fivek.catalogue.collections import expert_collection, find_collection
from isp_env.fivek.catalogue.develop import settings_of
from isp_env.fivek.catalogue.edits import chosen, open_catalogue, read_edits

NAME = "a0001-jmac_DSC1459"


def edits_of(path, label):
    with open_catalogue(path) as catalogue:
        return read_edits(catalogue, find_collection(catalogue.collections, label))


@pytest.mark.parametrize("label", [*EXPERTS, *INPUTS, "Old/C"])
def test_every_edit_is_the_filled_one_of_its_two_rows_whichever_comes_first(catalogue, label):
    edits = edits_of(catalogue.path, label)
    assert [edit.settings() for edit in edits] == [settings_of(catalogue.settings[label, edit.name]) for edit in edits]
    assert [edit.name for edit in edits] == sorted(name for of, name in catalogue.settings if of == label)


def test_the_fixture_has_both_orders_of_rows_and_every_kind_of_pointer(catalogue):
    connection = sqlite3.connect(catalogue.path)
    rows = connection.execute(
        "SELECT image, id_local, length(text) > 20 FROM Adobe_imageDevelopSettings ORDER BY image, id_local"
    )
    filled_first = [bool(filled) for place, (_, _, filled) in enumerate(rows) if place % 2 == 0]
    assert 0 < sum(filled_first) < len(filled_first)
    kinds = {type(each).__name__ for (each,) in connection.execute("SELECT developSettingsIDCache FROM Adobe_images")}
    assert kinds == {"float", "str", "NoneType", "int"}
    connection.close()


@pytest.mark.parametrize("nothing", ["", " \n", "s = {  }\n", "{}"])
def test_the_row_that_the_image_names_counts_unless_it_is_empty(nothing):
    one, other = "s = { Exposure = 1 }", "s = { Exposure = 2 }"
    assert chosen({5: nothing, 9: one}, 5) == (one, "") == chosen({5: one, 9: nothing}, 9)
    assert chosen({5: one, 9: other}, 9) == (other, "") and chosen({5: other, 9: one}, 5) == (other, "")
    assert chosen({5: one, 9: nothing}, None) == (one, "") == chosen({5: one, 9: one}, 7)


def test_two_edits_of_which_none_is_named_are_not_guessed_at_nor_none():
    text, problem = chosen({5: "s = { Exposure = 1 }", 9: "s = { Exposure = 2 }"}, None)
    assert text is None and "2 settings" in problem
    assert chosen({5: "", 9: "s = {  }"}, 5) == (None, "has no settings in the catalogue")


def test_collections_are_found_by_name_and_parent_whatever_their_ids(tmp_path):
    found = []
    for seed in (1, 2):
        write_catalogue(tmp_path / f"{seed}.lrcat", [NAME], seed=seed)
        with open_catalogue(tmp_path / f"{seed}.lrcat") as catalogue:
            found.append([expert_collection(catalogue.collections, expert) for expert in "abcde"])
            assert find_collection(catalogue.collections, INPUTS[2].split("/", 1)[1]).label == INPUTS[2]
    assert [[each.label for each in one] for one in found] == [list(EXPERTS), list(EXPERTS)]
    assert [each.id_local for each in found[0]] != [each.id_local for each in found[1]]


def test_a_name_under_several_parents_has_to_be_given_with_one(catalogue):
    with open_catalogue(catalogue.path) as opened:
        with pytest.raises(
            InputError, match=r"there are 2: 'Inputs/InputAsShotZeroed', 'Old/InputAsShotZeroed'; name one"
        ):
            find_collection(opened.collections, "InputAsShotZeroed")
        assert find_collection(opened.collections, "Old/C").label == "Old/C"
        assert expert_collection(opened.collections, "c").label == "Experts/C"
        with pytest.raises(InputError, match="did you mean 'Inputs/InputAsShotZeroed'"):
            find_collection(opened.collections, "Inputs/InputAsShotZero")


def test_a_collection_that_lies_in_itself_ends(tmp_path):
    path = tmp_path / "fivek.lrcat"
    write_catalogue(path, [NAME])
    connection = sqlite3.connect(path)
    connection.execute(
        "UPDATE AgLibraryCollection SET parent = (SELECT id_local FROM AgLibraryCollection WHERE name = 'B')"
    )
    connection.commit()
    connection.close()
    with open_catalogue(path) as catalogue:
        labels = [each.label for each in catalogue.collections]
    assert labels.count("B/C") == 2 and "B" in labels and all(label.startswith("B") for label in labels)


def test_masters_and_virtual_copies_both_are_photos_of_an_expert(catalogue):
    by_expert = {label: edits_of(catalogue.path, label) for label in EXPERTS}
    masters = {label: [edit.is_copy for edit in edits].count(False) for label, edits in by_expert.items()}
    assert masters == {"Experts/A": 4, "Experts/B": 0, "Experts/C": 0, "Experts/D": 4, "Experts/E": 0}
    assert all(len(edits) == 8 for edits in by_expert.values())
    assert all(edit.copy_name.startswith("Copy ") == edit.is_copy for edits in by_expert.values() for edit in edits)


def test_a_copy_without_a_file_of_its_own_is_of_its_masters(tmp_path):
    path = tmp_path / "fivek.lrcat"
    write_catalogue(path, [NAME])
    connection = sqlite3.connect(path)
    connection.execute("UPDATE Adobe_images SET rootFile = 0 WHERE masterImage IS NOT NULL")
    connection.commit()
    connection.close()
    assert [(edit.name, edit.number) for edit in edits_of(path, "Experts/C")] == [(NAME, 1)]


def test_camera_and_orientation_are_exifs_for_every_copy(tmp_path):
    path = tmp_path / "fivek.lrcat"
    wanted = {"AB": 1, "BC": 6, "CD": 3, "DA": 8, "??": None}
    photos = [CataloguePhoto(f"a{place:04d}-x", CAMERAS[place % 3], corners) for place, corners in enumerate(wanted, 1)]
    write_catalogue(path, photos)
    for label in EXPERTS:
        edits = edits_of(path, label)
        assert [edit.orientation for edit in edits] == list(wanted.values())
        assert [edit.camera for edit in edits] == [photo.camera for photo in photos]


def test_only_the_photos_that_are_asked_for_are_read(catalogue):
    with open_catalogue(catalogue.path) as opened:
        edits = read_edits(opened, expert_collection(opened.collections, "e"), {3, 5, 77})
    assert [edit.number for edit in edits] == [3, 5]


def test_settings_that_cannot_be_read_are_refused_with_photo_collection_and_place(tmp_path):
    path = tmp_path / "fivek.lrcat"
    write_catalogue(path, [NAME], {("Experts/B", NAME): "s = { Exposure = 1,\n Contrast = ? }"})
    (edit,) = edits_of(path, "Experts/B")
    with pytest.raises(InputError, match=rf"{NAME} in Experts/B: its settings cannot be read: line 2, column 13"):
        edit.settings()
    assert edits_of(path, "Experts/C")[0].settings()["Exposure"] == 0


def test_photos_outside_fivek_have_no_number(tmp_path):
    write_catalogue(tmp_path / "own.lrcat", ["IMG_0001"])
    assert edits_of(tmp_path / "own.lrcat", "Experts/C")[0].number is None


@pytest.mark.parametrize(
    ("version", "said"), [("0300025", ""), ("0400020", ""), ("0600008", "version 0600008"), ("", "says no version")]
)
def test_a_catalogue_of_another_lightroom_is_read_and_said_to_be(tmp_path, version, said):
    write_catalogue(tmp_path / "fivek.lrcat", [NAME], version=version)
    with open_catalogue(tmp_path / "fivek.lrcat") as catalogue:
        assert catalogue.version == version and len(catalogue.collections) == 10
        assert said in " ".join(catalogue.notes) and bool(catalogue.notes) == bool(said)
