"""How raters are recruited, as one TOML file, and the request to Prolific that it and a study's protocol stand for. Pure.

Source of the fields: docs.prolific.com, "Create a draft study" and "The study object" (read 2026-11-28).
"""

import hashlib
import json
import math
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from attiqa_core.errors import InputError
from attiqa_core.files.described import read_toml
from experiments.options.addresses import wrong_address
from experiments.study.folder import Study
from experiments.study.protocol import Prolific

Count = Annotated[int, msgspec.Meta(ge=0)]
PARAMETERS = "PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}"
"""What Prolific fills in for each participant."""

DEVICE_REASON = "This study needs a larger screen or window than yours; thank you for trying."
CONSENT_REASON = "You did not consent, or withdrew; your answers are not kept."


class Recruitment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file. Money is in hundredths of the currency, as Prolific has it."""

    url: str
    """Where raters reach `attiqa study serve`, as https://HOST/."""
    description: str
    """What participants read before they take part."""
    minutes: Annotated[int, msgspec.Meta(ge=1)]
    """How long it takes, as participants are told."""
    reward: Annotated[int, msgspec.Meta(ge=1)]
    """For one rater, in hundredths of the currency."""
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
    """Of the Prolific account: GBP or USD."""
    fee_percent: Annotated[float, msgspec.Meta(ge=0, le=500)]
    """What Prolific takes on top of rewards, its VAT included; your invoice says how much."""
    name: str = ""
    """The title that participants see; empty: the protocol's name."""
    internal_name: str = ""
    """What tells this round from others of the account; empty: attiqa-STUDY."""
    raters: Count = 0
    """Places; 0: as many as the protocol's per_rater and votes_per_pair need."""
    spare_percent: Annotated[float, msgspec.Meta(ge=0, le=500)] = 0.0
    """More places than that, for raters whose votes will be left out."""
    maximum_minutes: Count = 0
    """When a submission times out; 0: as Prolific decides."""
    approve: Literal["by-hand", "at-once"] = "by-hand"
    """Whether whoever completes is paid at once, or after you looked at `attiqa study lists`."""
    screen_out_reward: Count = 0
    """For one rater whose screen does not fit, in hundredths; 0: they are asked to return, unpaid. Not every workspace has it."""
    screen_out_places: Count = 0
    devices: tuple[Literal["desktop", "tablet", "mobile"], ...] = ("desktop",)
    project: str = ""
    """Id of a project of Prolific; empty: the account's own."""
    filters: tuple[dict[str, Any], ...] = ()
    """Prescreening as Prolific's API takes it, handed on unread."""


def read_recruitment(path: Path) -> Recruitment:
    """Return what the file says. Raises: InputError naming the file and the key that is wrong."""
    try:
        recruitment = msgspec.convert(read_toml(path), Recruitment, strict=True)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {error}; docs/study.md lists what recruiting needs") from error
    if wrong := wrong_address(recruitment.url):
        raise InputError(f"{path}: url {recruitment.url!r}: {wrong}")
    if bool(recruitment.screen_out_reward) != bool(recruitment.screen_out_places):
        raise InputError(f"{path}: give both screen_out_reward and screen_out_places, or neither")
    if not recruitment.screen_out_reward < recruitment.reward:
        raise InputError(f"{path}: screen_out_reward: has to be less than the reward of {recruitment.reward}")
    if not recruitment.devices:
        raise InputError(f'{path}: devices: name at least one, as ["desktop"]')
    return recruitment


def places(study: Study, recruitment: Recruitment) -> int:
    """Return how many raters are wanted: as said, or enough for the quota of votes; spare ones on top.

    Raises: InputError where neither says it.
    """
    session = study.protocol.session
    pairs = len(study.main_scenes) * math.comb(len(study.arms), 2)
    wanted = recruitment.raters
    if not wanted and session.votes_per_pair:
        wanted = math.ceil(pairs * session.votes_per_pair / (min(session.per_rater, pairs) or pairs))
    if not wanted:
        raise InputError(f"study {study.study}: its protocol has no votes_per_pair; say in the TOML how many raters")
    return math.ceil(round(wanted * (1 + recruitment.spare_percent / 100), 6))


def request_of(study: Study, recruitment: Recruitment) -> dict[str, Any]:
    """Return the body of the request that makes the draft. Raises: InputError without a code for those who complete."""
    said = {
        "name": recruitment.name or study.protocol.name,
        "internal_name": internal_name(study, recruitment),
        "description": recruitment.description,
        "external_study_url": f"{recruitment.url}?{PARAMETERS}",
        "prolific_id_option": "url_parameters",
        "completion_codes": completion_codes(study.protocol.prolific, recruitment),
        "total_available_places": places(study, recruitment),
        "estimated_completion_time": recruitment.minutes,
        "reward": recruitment.reward,
        "device_compatibility": list(recruitment.devices),
        "submissions_config": {"max_submissions_per_participant": 1},
    }
    optional = {
        "maximum_allowed_time": recruitment.maximum_minutes,
        "project": recruitment.project,
        "filters": list(recruitment.filters),
    }
    return said | {key: value for key, value in optional.items() if value}


def internal_name(study: Study, recruitment: Recruitment) -> str:
    """Return the name that the study has in the account, by which it is found again."""
    return recruitment.internal_name or f"attiqa-{study.study}"


def completion_codes(codes: Prolific, recruitment: Recruitment) -> list[dict[str, Any]]:
    """Return Prolific's codes with what each of them does. Nobody is rejected by a code: a person looks first.

    Raises: InputError for a missing or doubled code.
    """
    if not codes.completed:
        raise InputError(
            "the study's protocol has no code for those who complete; write completed = ... under [prolific] "
            "into its TOML and export the study anew"
        )
    paid = {
        "action": "FIXED_SCREEN_OUT_PAYMENT",
        "fixed_screen_out_reward": recruitment.screen_out_reward,
        "slots": recruitment.screen_out_places,
    }
    unpaid = {"action": "REQUEST_RETURN", "return_reason": DEVICE_REASON}
    done = "AUTOMATICALLY_APPROVE" if recruitment.approve == "at-once" else "MANUALLY_REVIEW"
    screened = ("FIXED_SCREENOUT", paid) if recruitment.screen_out_reward else ("INCOMPATIBLE_DEVICE", unpaid)
    rows = [
        (codes.completed, "COMPLETED", {"action": done}),
        (codes.screened_out, *screened),
        (codes.failed_checks, "FAILED_ATTENTION_CHECK", {"action": "MANUALLY_REVIEW"}),
        (codes.no_consent, "NO_CONSENT", {"action": "REQUEST_RETURN", "return_reason": CONSENT_REASON}),
    ]
    given = [row for row in rows if row[0]]
    if len({code for code, _, _ in given}) != len(given):
        raise InputError("the protocol's [prolific] has one code twice; Prolific could not tell how a session ended")
    return [{"code": code, "code_type": kind, "actions": [action]} for code, kind, action in given]


def cost_sentence(request: dict[str, Any], recruitment: Recruitment) -> str:
    """Return what the request costs at most, by the fee that the TOML states."""
    wanted, share = request["total_available_places"], recruitment.fee_percent / 100
    rewards = wanted * recruitment.reward
    screened = recruitment.screen_out_places * recruitment.screen_out_reward
    fee = math.ceil(round((rewards + screened) * share, 6))
    hourly = recruitment.reward * 60 / recruitment.minutes

    def money(hundredths: float) -> str:
        return f"{hundredths / 100:,.2f} {recruitment.currency}"

    parts = [f"{wanted:,} x {money(recruitment.reward)} = {money(rewards)}"]
    parts += [f"up to {money(screened)} to raters screened out"] if screened else []
    parts += [f"{money(fee)} fee ({recruitment.fee_percent:g} %, as the TOML says)"]
    total = f"{' + '.join(parts)} = {money(rewards + screened + fee)} at most"
    return f"{total}; {money(hourly)} an hour for {recruitment.minutes} min"


def request_sha256(request: dict[str, Any]) -> str:
    """Return the hash of a request, whatever order it was written in."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
