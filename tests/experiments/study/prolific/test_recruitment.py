"""What is asked of Prolific, from the TOML and the study's protocol."""

from pathlib import Path

import pytest
from fixtures.studies import small_study

from attiqa_core.errors import InputError
from experiments.study.folder import Study
from experiments.study.prolific.recruitment import (
    completion_codes,
    cost_sentence,
    places,
    read_recruitment,
    request_of,
    request_sha256,
)
from experiments.study.protocol import Prolific

pytestmark = pytest.mark.slow


def read(path: Path, more: str = "", **replaced: str):
    text = path.read_text()
    for old, new in replaced.items():
        text = "".join(line for line in text.splitlines(True) if not line.startswith(f"{old} ="))
        text += f"{old} = {new}\n" if new else ""
    path.write_text(text + more)
    return read_recruitment(path)


def test_the_request_holds_what_the_file_and_the_protocol_say(study: Study, recruitment: Path):
    request = request_of(study, read(recruitment))
    assert request["external_study_url"] == (
        "https://study.example.org/?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}"
    )
    assert request["prolific_id_option"] == "url_parameters"
    assert (request["reward"], request["estimated_completion_time"], request["total_available_places"]) == (180, 12, 10)
    assert request["name"] == "A study of pictures" and request["internal_name"] == f"attiqa-{study.study}"
    assert request["device_compatibility"] == ["desktop"]
    assert not {"maximum_allowed_time", "project", "filters"} & request.keys()


def test_nothing_in_the_request_names_an_arm(study: Study, recruitment: Path):
    request = repr(request_of(study, read(recruitment)))
    assert not [name for name in study.arms.values() if name in request]


def test_each_way_a_session_ends_has_its_code_and_none_rejects_anybody(study: Study, recruitment: Path):
    rows = completion_codes(study.protocol.prolific, read(recruitment))
    assert [(row["code"], row["code_type"], row["actions"][0]["action"]) for row in rows] == [
        ("CDONE111", "COMPLETED", "MANUALLY_REVIEW"),
        ("CSCRN222", "INCOMPATIBLE_DEVICE", "REQUEST_RETURN"),
        ("CFAIL333", "FAILED_ATTENTION_CHECK", "MANUALLY_REVIEW"),
        ("CNONE444", "NO_CONSENT", "REQUEST_RETURN"),
    ]


def test_those_screened_out_can_be_paid(study: Study, recruitment: Path):
    said = read(recruitment, 'screen_out_reward = 20\nscreen_out_places = 5\napprove = "at-once"\n')
    done, screened, *_ = completion_codes(study.protocol.prolific, said)
    assert done["actions"] == [{"action": "AUTOMATICALLY_APPROVE"}]
    paid = {"action": "FIXED_SCREEN_OUT_PAYMENT", "fixed_screen_out_reward": 20, "slots": 5}
    assert (screened["code_type"], screened["actions"]) == ("FIXED_SCREENOUT", [paid])
    assert "up to 1.00 GBP to raters screened out" in cost_sentence(request_of(study, said), said)


def test_a_study_without_a_code_or_with_one_twice_cannot_recruit(recruitment: Path):
    with pytest.raises(InputError, match="no code for those who complete"):
        completion_codes(Prolific(screened_out="X"), read(recruitment))
    with pytest.raises(InputError, match="one code twice"):
        completion_codes(Prolific(completed="X", no_consent="X"), read(recruitment))


@pytest.mark.parametrize(
    ("session", "arms", "said", "wanted"),
    [
        ({"per_rater": 3, "votes_per_pair": 5}, 2, {}, 10),
        ({"per_rater": 4, "votes_per_pair": 5}, 2, {}, 8),  # 7.5
        ({"per_rater": 0, "votes_per_pair": 5}, 2, {}, 5),
        ({"per_rater": 50, "votes_per_pair": 5}, 2, {}, 5),  # there are six pairs only
        ({"per_rater": 6, "votes_per_pair": 5}, 3, {}, 15),  # 18 pairs
        ({"per_rater": 3, "votes_per_pair": 5}, 2, {"spare_percent": "10"}, 11),
        ({"per_rater": 3, "votes_per_pair": 0}, 2, {"raters": "7"}, 7),
    ],
)
def test_places_are_enough_for_the_quota_of_votes(tmp_path, recruitment, session, arms, said, wanted):
    study = small_study(tmp_path / "other", scenes=6, arms=arms, session=session)
    assert places(study, read(recruitment, **said)) == wanted


def test_a_study_without_a_quota_needs_the_number_of_raters(tmp_path: Path, recruitment: Path):
    study = small_study(tmp_path / "other", session={"votes_per_pair": 0})
    with pytest.raises(InputError, match="say in the TOML how many raters"):
        places(study, read(recruitment))


def test_the_cost_is_reward_times_places_and_the_stated_fee(study: Study, recruitment: Path):
    said = read(recruitment)
    assert cost_sentence(request_of(study, said), said) == (
        "10 x 1.80 GBP = 18.00 GBP + 7.71 GBP fee (42.8 %, as the TOML says) = 25.71 GBP at most; 9.00 GBP an hour for 12 min"
    )


@pytest.mark.parametrize(
    ("replaced", "said"),
    [
        ({"reward": "0"}, "reward"),
        ({"reward": "1.8"}, "reward"),
        ({"fee_percent": ""}, "fee_percent"),
        ({"fee_percent": "-1"}, "fee_percent"),
        ({"currency": '"pounds"'}, "currency"),
        ({"colour": "1"}, "colour"),
        ({"url": '"http://study.example.org/"'}, "https"),
        ({"url": '"https://study.example.org/?a=1"'}, "without"),
        ({"url": '"https://[study"'}, "no address"),
        ({"url": '"study.example.org"'}, "https://HOST/"),
        ({"devices": "[]"}, "devices"),
        ({"devices": '["watch"]'}, "watch"),
        ({"screen_out_reward": "10"}, "screen_out_places"),
        ({"screen_out_reward": "180", "screen_out_places": "2"}, "less than the reward"),
        ({"approve": '"never"'}, "never"),
    ],
)
def test_what_is_wrong_in_the_file_is_named_with_the_file(recruitment: Path, replaced: dict[str, str], said: str):
    with pytest.raises(InputError) as error:
        read(recruitment, **replaced)
    assert said in str(error.value) and str(error.value).startswith(str(recruitment))


def test_a_request_has_one_hash_whatever_its_order():
    assert request_sha256({"a": 1, "b": 2}) == request_sha256({"b": 2, "a": 1}) != request_sha256({"a": 1, "b": 3})
