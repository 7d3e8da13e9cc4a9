"""What a study is not exported of: scenes that are left out and told, and mistakes that leave nothing behind."""

import errno
from dataclasses import replace

import pytest
from fixtures.exported import ARMS, NAMES
from fixtures.study_pictures import picture, write_picture

from attiqa_core.errors import InputError, ResourceError, UsageError
from experiments.commands.study_export import run
from experiments.study.folder import open_study
from experiments.study.making.spool import Spool


def test_sizes_are_made_equal_and_other_shapes_refused(export, exportable):
    write_picture(exportable / ARMS[1] / f"{NAMES[0]}.jpg", picture(0, 24, 32))
    write_picture(exportable / ARMS[1] / f"{NAMES[1]}.jpg", picture(1, 64, 48))
    outcome = run(replace(export, repeats=0, long_edge=40))
    scenes = open_study(export.out).scenes
    assert (scenes[NAMES[0]].width, scenes[NAMES[0]].height) == (32, 24)
    assert (scenes[NAMES[2]].width, scenes[NAMES[2]].height) == (40, 30)
    assert len(outcome.failures) == 1 and NAMES[1] in outcome.failures[0] and "shape" in outcome.failures[0]


def test_bad_scenes_are_left_out_and_reported(export, exportable):
    a, b = exportable / ARMS[0], exportable / ARMS[1]
    (a / f"{NAMES[0]}.png").write_bytes(b"not a picture")
    write_picture(b / f"{NAMES[1]}.png", picture(7))  # beside the .jpg of that name
    write_picture(a / "same.png", picture(8))
    write_picture(b / "same.png", picture(8))
    write_picture(b / "lonely.jpg", picture(9))
    outcome = run(replace(export, repeats=0))
    assert sorted(open_study(export.out).scenes) == NAMES[2:]
    told = "\n".join(outcome.failures)
    for word in (NAMES[0], NAMES[1], "same picture", f"lonely: left out, not in {a}"):
        assert word in told


def test_an_existing_folder_is_refused_and_kept(export):
    export.out.mkdir()
    (export.out / "votes.json").write_text("precious")
    with pytest.raises(UsageError, match="already holds files"):
        run(export)
    assert (export.out / "votes.json").read_text() == "precious"


WRONG = [{"repeats": 3}, {"repeats": -1}, {"per_rater": 6}, {"gold": 9, "traps": 9}, {"max_scenes": 0}, {"long_edge": 3}, {"seed": -1},
         {"raters": 2, "pairs": "adaptive"}, {"votes_per_pair": 1, "raters": 2}, {"names": ("x",)}, {"names": ("x", "x")}]  # fmt: skip


@pytest.mark.parametrize("change", WRONG)
def test_options_that_cannot_be_met_are_one_sentence_and_leave_nothing(export, exportable, change):
    before = {path.name for path in exportable.iterdir()}
    with pytest.raises((UsageError, InputError)):
        run(replace(export, **change))
    assert {path.name for path in exportable.iterdir()} == before


def test_folders_without_scenes_or_given_twice_are_refused(export, exportable):
    a, empty = export.folders[0], exportable / "empty"
    empty.mkdir()
    (exportable / "link").symlink_to(a)
    for b, error, words in (
        (empty, InputError, "under one name"),
        (exportable / "absent", InputError, "no such file or folder"),
        (a, UsageError, "given twice"),
        (exportable / "link", UsageError, "given twice"),
        (exportable / "link" / ".." / ARMS[0], UsageError, "given twice"),
    ):
        with pytest.raises(error, match=words):
            run(replace(export, folders=(a, b)))
    with pytest.raises(UsageError, match="1 folders given"):
        run(replace(export, folders=(a,)))
    with pytest.raises(UsageError, match="27 folders given"):
        run(replace(export, folders=(a,) * 27))
    same_name = exportable / "deep" / a.name
    same_name.mkdir(parents=True)
    with pytest.raises(UsageError, match="two versions are called 'cameradefault'"):
        run(replace(export, folders=(a, same_name)))


def test_a_full_disk_halfway_is_one_sentence_and_leaves_no_half_study(export, exportable, monkeypatch):
    def full_disk(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Spool, "read", full_disk)
    before = {path.name for path in exportable.iterdir()}
    with pytest.raises(ResourceError, match=f"{export.out.name}: the disk is full"):
        run(export)
    assert {path.name for path in exportable.iterdir()} == before


def test_more_pairs_for_each_rater_than_there_are_is_said_before_a_picture_is_read(export, exportable):
    for name in NAMES:
        (exportable / "cameradefault" / f"{name}.png").write_bytes(b"not a picture")
    with pytest.raises(InputError, match=r"per_rater = 99, but there are \d+ pairs"):
        run(replace(export, per_rater=99))
    assert not export.out.exists()
