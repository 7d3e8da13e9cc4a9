"""The page's pure logic, run by node: sizes, where a rater stands, plates."""

import json
import shutil
import subprocess
from functools import cache

import numpy as np
import pytest

from experiments.study.page.assembly import PARTS

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is missing")
PARTS_RUN = ("state.js", "sizes.js", "plates.js", "device.js")

QUESTIONS = """
const picture = { width: 768, height: 512 };
const sizes = [];
for (const ratio of [1, 1.25, 1.5, 2, 3]) for (const width of [100, 390, 631.5, 940, 2550]) for (const height of [80, 300, 1300]) {
  sizes.push({ ratio, width, height, ...fitted(picture, { width, height }, ratio) });
}
const trials = ["t0", "t1", "t2", "t3", "t4"].map((trial, index) => ({ trial, training: index < 1, width: 1, height: 1, instruct: null, left: "a", right: "b" }));
const session = { votes: [], device: {}, finished: null };
const vote = (trial, choice, revision = 0) => ({ trial, choice, revision });
const states = [localState(trials, null), localState(trials, session)];
let ahead = states[1];
for (const one of [vote("t0", "left"), vote("t1", "left"), vote("t1", "right", 1), vote("t9", "left"), vote("t2", "tie")]) {
  session.votes.push(...(one.trial === "t9" ? [] : [one]));
  ahead = afterVote(ahead, one);
  states.push({ ...localState(trials, session), ahead });
}
session.votes.push(vote("t3", "left"), vote("t4", "left"));
states.push(localState(trials, session), localState(trials, { ...session, finished: "now" }));
const wanted = { min_width: 1280, min_height: 720, phones: false, colour_plates: true };
const desk = { screen_width: 1920, screen_height: 1080, window_width: 1280, window_height: 720, touch: false };
const phone = { screen_width: 390, screen_height: 844, window_width: 390, window_height: 844, touch: true };
console.log(JSON.stringify({
  sizes, states, dots: dots("5", 7), again: dots("5", 7).length, other: dots("5", 8)[0], plates: PLATES,
  placed: [placed(0, 100, 40, 0.5, 1), placed(0.5, 100, 41, 0.5, 1), placed(0, 40, 100, 1, 2), placed(0, 40, 100, 0, 2), placed(0, 100, 40, 0.5, 1, 1)],
  arrangements: [arrangement("side-by-side", 1280, 720), arrangement("side-by-side", 390, 844), arrangement("side-by-side", 650, 400), arrangement("toggle", 390, 844)],
  screened: [desk, { ...desk, screen_width: 1024 }, phone, { ...desk, plates: [true, false] }, { ...desk, plates: [true, true] }].map(each => screenedOutBy(each, wanted)),
  phones: screenedOutBy(phone, { ...wanted, phones: true }),
  small: [desk, { ...desk, window_height: 700 }].map(each => windowTooSmall(each, wanted)),
}));
"""


@cache
def answers() -> dict:
    """What the script answers, asked once."""
    script = "\n".join([*((PARTS / name).read_text() for name in PARTS_RUN), QUESTIONS])
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_picture_is_never_enlarged_and_fits_its_room_in_its_shape():
    for row in answers()["sizes"]:
        across, down = row["width"] * row["ratio"], row["height"] * row["ratio"]
        assert across <= 768 + 1e-6 and down <= 512 + 1e-6
        assert abs(across - round(across)) < 1e-6 and abs(down - round(down)) < 1e-6
        assert abs(across / 768 - down / 512) < 1 / 64


@pytest.mark.slow
def test_a_picture_smaller_than_its_room_has_one_device_pixel_for_each_of_its_own():
    large = {
        row["ratio"]: row
        for row in answers()["sizes"]
        if (row["width"], row["height"]) == (768 / row["ratio"], 512 / row["ratio"])
    }
    assert set(large) == {1, 1.25, 1.5, 2, 3}


def test_a_picture_stands_on_whole_device_pixels_in_the_middle_at_a_share_or_at_an_edge():
    assert answers()["placed"] == [30, 29.5, -60, 0, 60]


def test_pictures_stand_one_above_the_other_only_in_an_upright_window_of_a_phones_width():
    assert answers()["arrangements"] == ["side", "stacked", "side", "single"]


def test_a_session_goes_from_consent_over_practice_to_the_last_answer():
    stages = [(state["stage"], state["done"], state["total"]) for state in answers()["states"]]
    assert stages == [
        ("consent", 0, 0), ("training", 0, 1), ("trials", 0, 4), ("trials", 1, 4), ("trials", 1, 4), ("trials", 1, 4),
        ("trials", 2, 4), ("trials", 4, 4), ("complete", 4, 4),
    ]  # fmt: skip
    assert [each["trial"] for each in answers()["states"][1]["next"]] == ["t0", "t1", "t2"]


def test_an_answer_on_its_way_counts_as_one_that_is_kept():
    for state in answers()["states"][2:7]:
        ahead = state["ahead"]
        assert ahead["previous"] == state["previous"] and ahead["done"] == state["done"]
        assert ahead["next"] == state["next"][: len(ahead["next"])]


def test_an_answer_taken_back_is_the_same_trial_under_a_higher_revision():
    assert [state["previous"]["revision"] for state in answers()["states"][2:7]] == [0, 0, 1, 1, 0]
    assert answers()["states"][4]["previous"]["choice"] == "right"


def test_small_screens_phones_and_a_plate_read_wrong_screen_out():
    assert answers()["screened"] == [None, "screen", "phone", "colour-plates", None]
    assert answers()["phones"] is None and answers()["small"] == [False, True]


def test_a_plates_dots_come_from_its_seed_and_do_not_touch():
    found = answers()["dots"]
    assert len(found) == answers()["again"] and found[0] != answers()["other"]
    at = np.array([[dot["x"], dot["y"], dot["radius"]] for dot in found])
    gaps = np.hypot(*(at[:, None, :2] - at[None, :, :2]).transpose(2, 0, 1)) - at[:, 2] - at[None, :, 2].T
    assert gaps[~np.eye(len(at), dtype=bool)].min() > 0 and 60 < sum(dot["figure"] for dot in found) < len(found) / 2


# Viénot, Brettel, Mollon 1999: linear RGB to cones, and what is left without long- or middle-wave ones
TO_CONES = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
WITHOUT = {
    "protan": np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]]),
    "deutan": np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]]),
}


@pytest.mark.parametrize(("index", "kind"), enumerate(WITHOUT))
def test_a_plates_figure_differs_from_its_ground_for_three_kinds_of_cones_and_hardly_for_two(index, kind):
    plate = answers()["plates"][index]
    figure, ground = ((np.array(plate[name]) / 255) ** 2.2 for name in ("figure", "ground"))
    seen = np.linalg.inv(TO_CONES) @ WITHOUT[kind] @ TO_CONES
    assert np.abs(figure - ground).max() > 0.25 and np.abs(seen @ (figure - ground)).max() < 0.01
