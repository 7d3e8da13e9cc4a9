"""The raters' page as a file: whole, asking nobody, and without a word of what the key knows."""

import base64
import hashlib
import json
import re
from dataclasses import replace

import pytest
from fixtures.report_pages import Page
from fixtures.study_pages import SECRETS, study_of

from experiments.study.folder import RaterList
from experiments.study.page import page_of, served_page
from experiments.study.page.assembly import PARTS, SCRIPTS, STYLES, told


def data_of(page: str) -> dict:
    """What the page's script reads."""
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


PAGES = {"static": lambda: page_of(study_of()), "served": served_page}


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_is_whole_and_fetches_nothing_from_elsewhere(kind):
    page = PAGES[kind]()
    assert Page(page).fetched == ["data:,"] and "%%" not in page
    assert not re.search(r"https?://(?!doi\.org)|@import|WebSocket|sendBeacon|\beval\(|innerHTML|document\.write", page)
    assert not re.search(r"<[^>]+\s(on\w+|style)=", page.split("<script")[0])


@pytest.mark.parametrize("kind", PAGES)
def test_only_the_pages_own_style_and_script_may_run(kind):
    page = PAGES[kind]()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert f"{tag}-src 'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy and "unsafe" not in policy


def test_a_page_of_a_folder_may_ask_nobody_and_one_of_a_server_only_that_server():
    policies = {kind: re.search(r'Policy" content="([^"]*)"', page())[1] for kind, page in PAGES.items()}
    assert "connect-src" not in policies["static"] and "connect-src 'self';" in policies["served"]


def test_every_part_is_put_in_once():
    assert sorted(path.name for path in PARTS.iterdir()) == sorted(["page.html", *STYLES, *SCRIPTS])


@pytest.mark.parametrize("kind", PAGES)
def test_no_page_tells_arms_kinds_or_scenes_apart(kind):
    data = json.dumps(data_of(PAGES[kind]())["content"])
    assert not [secret for secret in (*SECRETS, "expected", "repeat_of", '"good"', '"main"') if secret in data]


def test_a_trial_is_two_opaque_files_their_size_and_what_a_rater_sees_anyway():
    study = study_of()
    rows = data_of(page_of(study))["content"]["trials"]
    assert all(set(row) == {"trial", "left", "right", "width", "height", "training", "instruct"} for row in rows)
    assert [row["trial"] for row in rows] == [trial.trial for trial in study.lists[0].trials]
    assert [row["instruct"] for row in rows] == [None] * 4 + ["left"] + [None] * 2
    assert [row["training"] for row in rows] == [True] + [False] * 6
    assert (
        rows[1]["left"] == study.scenes["scene-0"].files["a"] and rows[6]["left"] == study.scenes["scene-0"].files["b"]
    )


def test_exchanging_two_arms_changes_nothing_in_the_page_but_which_file_stands_where():
    study = study_of()
    swap = {"a": "b", "b": "a"}
    trials = tuple(
        replace(each, left=swap.get(each.left, each.left), right=swap.get(each.right, each.right))
        for each in study.lists[0].trials
    )
    scenes = {
        name: replace(scene, files={swap.get(arm, arm): file for arm, file in scene.files.items()})
        for name, scene in study.scenes.items()
    }
    other = replace(study, scenes=scenes, lists=(RaterList("c0de", trials),))
    assert page_of(other) == page_of(study)


def test_the_question_rules_and_codes_of_the_study_stay_out_of_what_raters_are_told():
    study = study_of(exclusion={"min_gold": 0.7}, prolific={"completed": "SECRETCODE"}, session={"gold": 3})
    assert set(told(study)) == {
        "name", "question", "answers", "choices", "view", "languages", "consent", "device", "break_every"
    }  # fmt: skip
    assert "SECRETCODE" not in page_of(study) and "min_gold" not in page_of(study)


def test_a_name_and_a_question_cannot_break_out_of_the_page():
    study = study_of(question={"text": "</script><b>Which & why? %%DATA%%"})
    study = replace(study, protocol=replace_name(study.protocol, "</title><b>A & B"))
    page = page_of(study)
    assert "</script><b>" not in page and "</title><b>" not in page and "&lt;/title&gt;&lt;b&gt;A &amp; B" in page
    assert data_of(page)["content"]["about"]["question"] == "</script><b>Which & why? %%DATA%%"


def replace_name(protocol, name):
    from msgspec.structs import replace as with_

    return with_(protocol, name=name)


def test_raters_are_asked_for_a_name_only_where_several_may_use_one_list():
    study = study_of()
    many = replace(study, lists=(RaterList("0ne", study.lists[0].trials), RaterList("tw0", study.lists[0].trials)))
    assert data_of(page_of(study))["content"]["named"] is True
    assert data_of(page_of(many, many.lists[1]))["content"]["named"] is False
    assert data_of(page_of(many, many.lists[1]))["content"]["code"] == "tw0"


def test_the_served_page_is_the_same_for_every_study():
    assert data_of(served_page())["content"] is None and served_page() == served_page()
    assert set(data_of(served_page())["texts"]) == {"en", "de", "fr"}


def test_everything_around_the_pictures_is_a_dark_or_light_grey_without_a_colour():
    """A coloured surround changes how colours look; the pictures' ground is darker than middle grey."""
    written = "".join((PARTS / name).read_text() for name in STYLES)
    colours = re.findall(r"#([0-9a-f]{3}|[0-9a-f]{6})\b", written)
    channels = [re.findall("." * (len(each) // 3), each) for each in colours]
    assert len(colours) > 10 and all(len(set(each)) == 1 for each in channels)
    assert not re.search(r"rgb|hsl|oklch|\b(red|green|blue|orange|yellow)\b", written)
    (ground,) = re.findall(r"--page: #([0-9a-f]{2})", written)
    assert int(ground, 16) < 0x80
