"""A study as it is exported: pages, pictures that tell nothing, and a key apart."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from fixtures.exported import ARMS, NAMES
from fixtures.study_pictures import GAMMAS, picture, write_picture
from PIL import Image

from attiqa_core.errors import InputError
from experiments.commands.study_export import run
from experiments.pictures.reading import load_picture
from experiments.study.folder import PICTURES, open_study
from experiments.study.protocol import read_protocol


@pytest.fixture
def export_of_three(export, exportable):
    return replace(export, folders=tuple(exportable / arm for arm in ARMS))


def test_export_writes_a_page_pictures_and_a_key_apart(export):
    outcome = run(export)
    assert outcome.failures == () and outcome.path == export.out / "public" / "index.html"
    study = open_study(export.out)
    files = {file for scene in study.scenes.values() for file in scene.files.values()}
    assert {path.name for path in (export.out / PICTURES).iterdir()} == files and len(files) == 10
    assert {path.name for path in (export.out / "public").iterdir()} == {"index.html", "pictures"}
    assert {path.name for path in (export.out / "private").iterdir()} == {"key.json", "protocol.toml"}
    assert {path.name for path in export.out.iterdir()} == {"public", "private", "README.txt"}
    assert sorted(study.main_scenes) == NAMES and len(study.lists[0].trials) == 7
    assert study.arms == {"a": "cameradefault", "b": "ouragent"}
    assert outcome.done == "5 scenes of 2 versions, to be shown in 7 trials"


@pytest.mark.parametrize("arms", [2, 3])
def test_the_key_tells_the_arms(export_of_three, arms):
    run(replace(export_of_three, folders=export_of_three.folders[:arms]))
    study = open_study(export_of_three.out)
    for seed, name in enumerate(NAMES):
        assert list(study.scenes[name].files) == list("abc")[:arms]
        for arm, gamma in zip("abc"[:arms], GAMMAS, strict=False):
            shown = load_picture(export_of_three.out / PICTURES / study.scenes[name].files[arm])
            assert np.abs(shown.astype(float) - picture(seed, gamma=gamma)).mean() < 4


def test_every_two_of_three_versions_are_compared_in_every_scene(export_of_three):
    run(replace(export_of_three, repeats=0))
    trials = open_study(export_of_three.out).lists[0].trials
    assert len(trials) == len({trial.comparison for trial in trials}) == 15
    assert {(trial.comparison.first, trial.comparison.second) for trial in trials} == {
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    }


def test_nothing_public_names_an_arm_a_scene_or_a_camera(export_of_three):
    run(replace(export_of_three, gold=1, raters=2, training=2))
    for path in (export_of_three.out / "public").rglob("*"):
        assert re.fullmatch(r"rater-0[12]\.html|pictures|[0-9a-f]{20}\.jpg", path.name)
        if path.is_file():
            content = path.read_bytes().lower()
            words = (
                *map(str.encode, ARMS),
                b"secret",
                b"exif",
                b"attiqa-isp",
                b"reward",
                b"spoiled",
                b"gold",
            )
            for word in words:
                assert word not in content, (path, word)


def test_all_versions_of_a_scene_are_alike_in_all_but_content(export_of_three):
    run(replace(export_of_three, gold=1, training=2))
    quantisations = set()
    for scene in open_study(export_of_three.out).scenes.values():
        paths = [export_of_three.out / PICTURES / file for file in scene.files.values()]
        assert len({(path.stat().st_size, path.stat().st_mtime, path.stat().st_mode) for path in paths}) == 1
        headers = [Image.open(path) for path in paths]
        assert {header.size for header in headers} == {(scene.width, scene.height)}
        assert len({header.info["icc_profile"] for header in headers}) == 1
        for header in headers:
            assert not header.getexif()
            kept = {"icc_profile", "jfif", "jfif_version", "jfif_unit", "jfif_density"}
            assert set(header.info) - {"comment"} == kept
            quantisations.add(repr(vars(header)["quantization"]))
    assert len(quantisations) == 1  # main, gold and training of one quality


def test_the_same_seed_makes_the_same_study_and_no_seed_another_one(export, exportable):
    run(export)
    run(replace(export, out=exportable / "again"))
    assert open_study(exportable / "again") == open_study(export.out)
    for path in (export.out / "public").rglob("*.*"):
        assert (exportable / "again" / path.relative_to(export.out)).read_bytes() == path.read_bytes()
    for name in ("free", "other"):
        run(replace(export, out=exportable / name, seed=None))
    studies = [open_study(exportable / name) for name in ("study", "free", "other")]
    assert len({study.seed for study in studies}) == len({study.study for study in studies}) == 3


def test_each_rater_gets_a_page_of_their_own_list_under_a_code(export):
    outcome = run(replace(export, raters=12, per_rater=3, repeats=1))
    study = open_study(export.out)
    assert outcome.path == export.out / "public" and "to 12 raters" in outcome.done
    pages = [f"rater-{number:02d}.html" for number in range(1, 13)]
    assert sorted(path.name for path in (export.out / "public").glob("*.html")) == pages
    assert len({each.code for each in study.lists}) == 12 and all(len(each.trials) == 4 for each in study.lists)
    for name, ratings in zip(pages, study.lists, strict=True):
        text = (export.out / "public" / name).read_text()
        assert all(trial.trial in text for trial in ratings.trials)
        others = {trial.trial for each in study.lists if each is not ratings for trial in each.trials}
        assert not any(trial in text for trial in others)


@pytest.mark.parametrize("options", [{"raters": 0}, {"pairs": "adaptive"}])
def test_a_study_to_be_served_has_pictures_and_neither_lists_nor_pages(export, options):
    outcome = run(replace(export, **options))
    assert outcome.path == export.out and outcome.done.endswith("to be served")
    assert open_study(export.out).lists == () and [path.name for path in (export.out / "public").iterdir()] == [
        "pictures"
    ]
    assert "this study is to be served" in (export.out / "README.txt").read_text()


def test_the_protocol_is_frozen_with_what_the_command_line_says(export, exportable):
    file = exportable / "study.toml"
    file.write_text(
        'name = "Evening"\n[question]\nanswers = "five"\n[session]\ntraining = 1\ntraps = 1\n[exclusion]\nmin_gold = 0.8\n'
    )
    run(replace(export, protocol=file, question="Which is sharper?", training=None, repeats=1, view="flicker"))
    protocol = open_study(export.out).protocol
    assert (protocol.name, protocol.exclusion.min_gold) == ("Evening", 0.8)
    assert (protocol.question.text, protocol.question.answers, protocol.question.view) == (
        "Which is sharper?",
        "five",
        "flicker",
    )
    assert (protocol.session.training, protocol.session.traps, protocol.session.repeats) == (1, 1, 1)
    assert read_protocol(export.out / "private" / "protocol.toml") == protocol
    kinds = [trial.kind for trial in open_study(export.out).lists[0].trials]
    assert [kinds.count(kind) for kind in ("training", "main", "repeat", "trap")] == [1, 5, 1, 1]


def test_gold_is_expected_to_be_the_good_one(export):
    run(replace(export, gold=2, max_scenes=3, repeats=0))
    study = open_study(export.out)
    gold = [trial for trial in study.lists[0].trials if trial.kind == "gold"]
    assert len(gold) == 2 and all(getattr(trial, str(trial.expected)) == "good" for trial in gold)


def test_gold_of_ones_own_is_taken_from_two_folders(export, exportable):
    for name, gamma in (("fine", 1.0), ("awful", 6.0)):
        for seed in range(2):
            write_picture(exportable / name / f"check{seed}.png", picture(40 + seed, gamma=gamma))
    own = replace(export, gold_from=(exportable / "fine", exportable / "awful"))
    run(replace(own, gold=2))
    gold = [scene for scene in open_study(export.out).scenes.values() if scene.kind == "gold"]
    assert {scene.sources["spoiled"].split("/")[-2] for scene in gold} == {"awful"}
    with pytest.raises(InputError, match="hold 2 gold pairs, and each rater is to see 3"):
        run(replace(own, gold=3, out=exportable / "more"))
    with pytest.raises(InputError, match="say how many with --gold"):
        run(replace(own, out=exportable / "none"))


def test_at_most_max_scenes_are_shown(export):
    run(replace(export, max_scenes=2, repeats=1))
    study = open_study(export.out)
    assert len(study.scenes) == 2 and len(study.lists[0].trials) == 3


def test_a_page_shows_what_its_list_says_and_nothing_of_the_key(export):
    run(replace(export, gold=1, traps=1, training=2))
    study, text = open_study(export.out), (export.out / "public" / "index.html").read_text()
    found = re.search(r'type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    assert found is not None
    shown = list(_rows(json.loads(found[1])))
    (ratings,) = study.lists
    assert [row["trial"] for row in shown] == [trial.trial for trial in ratings.trials]
    for row, trial in zip(shown, ratings.trials, strict=True):
        files = study.scenes[trial.scene].files
        assert (row["left"], row["right"]) == (files[trial.left], files[trial.right])
        assert all((export.out / PICTURES / row[side]).is_file() for side in ("left", "right"))
        assert not {"scene", "kind", "expected", "repeat_of"} & set(row)


def _rows(content):
    """What looks like a trial, wherever it lies in the page's content."""
    if isinstance(content, dict) and {"trial", "left", "right"} <= set(content):
        yield content
    for each in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        yield from _rows(each)
