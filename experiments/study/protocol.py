"""What a study asks, of whom and how, as one TOML file: written by people, frozen with its hash when a study is exported."""

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from attiqa_core.errors import InputError
from attiqa_core.files.described import read_toml

Count = Annotated[int, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


LEAST_VOTES = 5
"""On each pair, of a study that is to be published. Source: ITU-T P.910 (2023)."""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: unknown keys are refused."""


class Question(_Table, frozen=True):
    """What is asked, and how the pictures stand."""

    text: str = ""
    """The question; empty: "Which picture do you prefer?" in the rater's language."""
    answers: Literal["two", "tie", "five"] = "two"
    view: Literal["side-by-side", "flicker", "toggle"] = "side-by-side"
    """`flicker` changes by itself, twice a second; `toggle` shows one picture, the rater changes to the other."""
    languages: tuple[str, ...] = ("en",)
    """Language files offered, the first is the default: a name that ships (`en`, `de`, `fr`) or a path of a TOML file."""


class Consent(_Table, frozen=True):
    """What raters agree to; shown before anything is recorded, its version recorded with the votes."""

    version: str = "1"
    contact: str = ""
    """Whom to write to, shown to raters."""
    text: str = ""
    """A paragraph of your own (an ethics board's words), before the standard ones."""
    retention_days: Count = 365
    """How long answers are kept, as told to raters."""


class Session(_Table, frozen=True):
    """What one rater goes through."""

    per_rater: Count = 0
    """Pairs that count for a result, for each rater; 0: all."""
    votes_per_pair: Count = 0
    """Quota: a pair with so many votes is not shown any more; 0: none."""
    pairs: Literal["full", "balanced", "adaptive"] = "balanced"
    """Which pair is shown next where there are more than two arms: `full` in rounds over all, `balanced` the least voted,
    `adaptive` by expected information (served studies only)."""
    training: Count = 5
    repeats: Count = 0
    gold: Count = 0
    traps: Count = 0
    break_every: Count = 50
    """Trials between two offered breaks; 0: none."""


class Device(_Table, frozen=True):
    """What a rater's screen has to be; one that is not is screened out."""

    min_width: Count = 1280
    min_height: Count = 720
    """Of the window, in CSS px."""
    phones: bool = False
    """Whether touch screens below that size may take part."""
    full_screen: bool = False
    """Ask for full screen, and count how often it is left."""
    calibration: bool = False
    """Ask to lay a bank card (85.60 x 53.98 mm) on the screen, and the viewing distance."""
    colour_plates: bool = False
    """Show two colour-vision plates; one read wrong screens out."""


class Exclusion(_Table, frozen=True):
    """Whose votes are left out of the result, decided before anyone looked. A rule that is not given leaves nobody out."""

    min_votes: Count = 1
    min_gold: Share | None = None
    """Least share of gold trials answered right."""
    min_traps: Share | None = None
    min_repeats: Share | None = None
    """Least share of repeated pairs answered alike."""
    max_side_share: Share | None = None
    """Largest share of answers on one side, e.g. 0.9."""
    max_same_share: Share | None = None
    """Largest share of one and the same answer, a tie too, e.g. 0.95: who always says the same has no variance."""
    min_median_seconds: float | None = None
    max_hasty_share: Share | None = None
    """Largest share of answers faster than `hasty_seconds`."""
    hasty_seconds: float = 0.5
    max_away_share: Share | None = None
    """Largest share of viewing time that the page was hidden or out of focus."""
    min_agreement: float | None = None
    """Least share of votes that agree with the others' majority on the same pair."""


class Prolific(_Table, frozen=True):
    """Where raters come from, for `attiqa study recruit` and for the server's last answer."""

    completed: str = ""
    """Completion code of Prolific; empty: raters are not sent back."""
    screened_out: str = ""
    failed_checks: str = ""
    no_consent: str = ""


class Protocol(_Table, frozen=True):
    """The whole file, with its tables."""

    name: str = "Picture study"
    """Shown to raters as the page's title; it must not tell the arms."""
    question: Question = Question()
    consent: Consent = Consent()
    session: Session = Session()
    device: Device = Device()
    exclusion: Exclusion = Exclusion()
    prolific: Prolific = Prolific()

    @property
    def sha256(self) -> str:
        """The hash of what it says, whatever order and comments it was written with.

        Rules that are not given are not in it: a later program with more rules finds the same hash of the same study.
        """
        said = content_of(self)
        given = {name: value for name, value in said["exclusion"].items() if value is not None}
        return hashlib.sha256(msgspec.json.encode({**said, "exclusion": given}, order="deterministic")).hexdigest()


def read_protocol(path: Path) -> Protocol:
    """Return a study's protocol. Raises: InputError naming the file and the key that is wrong."""
    return protocol_of(read_toml(path), path)


def protocol_of(content: Any, path: Path) -> Protocol:
    """Return the protocol in `content`, as TOML or JSON was read from `path`. Raises: InputError naming the key that is wrong."""
    try:
        return msgspec.convert(content, Protocol, strict=True)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {error}; docs/study.md lists what a protocol holds") from error


def content_of(protocol: Protocol) -> dict[str, Any]:
    """Return a protocol as plain JSON content: what a key holds."""
    return msgspec.to_builtins(protocol)
