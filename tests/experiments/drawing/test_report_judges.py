"""A report says on which raws a held-out judge says the opposite of the score, and what is other about those pictures."""

import pytest

from experiments.drawing.report_judges import SHOWN, SHOWN_OPEN, disagreements, judged_raws, judges_part

JUDGES = ("mini", "naturalness")


def row(image, tuner, score, naturalness, chroma, noise):
    told = {"image": image, "tuner": tuner, "score": score, "naturalness": naturalness, "reward": 0.01}
    told |= {"picture_chroma": chroma, "picture_noise": noise, "picture_cast": 1.0, "picture_clipped": 0.02}
    return {key: str(value) for key, value in told.items()}


RESULTS = [
    row("vivid", "default", 0.6, 0.9, 10.0, 0.01),
    row("vivid", "cma-48", 0.7, 0.8, 15.0, 0.02),
    row("vivid", "sobol-24", 0.9, 0.9, 10.0, 0.01),
    row("pale", "default", 0.5, 0.5, 10.0, 0.01),
    row("pale", "cma-48", 0.6, 0.7, 12.0, 0.01),
]


@pytest.fixture
def raws():
    return judged_raws(RESULTS, "cma-48", JUDGES)


def test_each_raw_has_what_judges_say_of_it_and_what_became_of_its_picture(raws):
    vivid, pale = raws
    assert (vivid.image, pale.image) == ("vivid", "pale")
    assert vivid.gains == pytest.approx({"mini": 0.1, "naturalness": -0.1}) and vivid.default["naturalness"] == 0.9
    assert (vivid.chroma, vivid.noise, vivid.cast, pale.chroma) == pytest.approx((1.5, 2.0, 0.0, 1.2))
    assert vivid.disagrees("naturalness", "mini") and not pale.disagrees("naturalness", "mini")


def test_the_sentence_names_the_raw_and_holds_it_against_the_others(raws):
    (said,) = disagreements(raws, JUDGES, "cma-48")
    assert "naturalness says the opposite of the score on 1 of 2 raws (vivid -0.1000, the score +0.1000)" in said
    there, others = said.split("on the other 1: ")
    assert "gives 0.900" in there and "chroma 1.50 times" in there and "noise 2.00 times" in there
    assert "gives 0.500" in others and "chroma 1.20 times" in others
    assert disagreements(raws[1:], JUDGES, "cma-48") == [] == disagreements(raws, JUDGES[:1], "cma-48")


def test_the_table_begins_with_who_disagrees_marks_it_and_is_folded_where_it_is_long(raws):
    text = "".join(judges_part(raws[::-1], JUDGES, "cma-48"))
    assert text.index("<td>vivid</td>") < text.index("<td>pale</td>") and text.count("≠ ") == 1
    assert "<details>" not in text and judges_part(raws, JUDGES[:1], "cma-48") == []
    long = "".join(judges_part(raws[1:] * (SHOWN + 3), JUDGES, "cma-48"))
    assert f"<summary>{SHOWN} of {SHOWN + 3} raws</summary>" in long and SHOWN_OPEN < SHOWN
    assert "No judge says the opposite" in long
