"""What the page may send: the bodies of requests, checked by their types and ranges before anything else looks at them."""

from typing import Annotated, TypeVar

import msgspec

from experiments.study.server.refused import malformed

DAY_MS = 86_400_000
Word = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
Ms = Annotated[int, msgspec.Meta(ge=0, le=DAY_MS)]
Pixels = Annotated[float, msgspec.Meta(gt=0, le=100_000)]


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body: unknown keys are refused, so that nothing is sent that nobody keeps."""


class ProlificIds(_Body, frozen=True):
    """Who comes from Prolific, as its link says it."""

    pid: Word
    study: Word
    session: Word


class Join(_Body, frozen=True):
    """By a token, as a participant of Prolific, or with nothing where a study is open."""

    token: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    prolific: ProlificIds | None = None


class Consent(_Body, frozen=True):
    """What was agreed to, in which version."""

    version: Annotated[str, msgspec.Meta(max_length=64)]
    language: Word
    agreed: bool


class Device(_Body, frozen=True):
    """What the page measured; sizes in CSS px, `distance_mm` from the eyes to the screen."""

    screen_width: Pixels
    screen_height: Pixels
    window_width: Pixels
    window_height: Pixels
    pixel_ratio: Annotated[float, msgspec.Meta(gt=0, le=32)]
    full_screen: bool
    touch: bool
    px_per_mm: Annotated[float, msgspec.Meta(gt=0, le=100)] | None = None
    distance_mm: Annotated[float, msgspec.Meta(gt=0, le=20_000)] | None = None
    plates: Annotated[list[bool], msgspec.Meta(max_length=8)] | None = None
    """For each colour-vision plate, whether it was read right."""
    remote_desktop: bool | None = None
    colour_depth: Annotated[int, msgspec.Meta(ge=1, le=128)] | None = None
    """Bits of a pixel."""


class Answer(_Body, frozen=True):
    """One answer; `revision` counts how often it was taken back."""

    trial: Word
    choice: Word
    ms: Ms
    revision: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    zoomed: bool = False
    away_ms: Ms = 0
    full_screen_left: Annotated[int, msgspec.Meta(ge=0, le=100_000)] | None = None
    """How often the full screen was left so far, where the study asks for it."""


class Nothing(_Body, frozen=True):
    """The body of a request that needs none."""


Body = TypeVar("Body", bound=_Body)


def read_body(content: bytes, kind: type[Body]) -> Body:
    """Return what a request's body says; an empty one is `{}`. Raises: Refused if it is no such thing.

    The sentence names the field and never what was in it.
    """
    try:
        return msgspec.json.decode(content or b"{}", type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise malformed(f"This is not what is asked for here: {str(error)[:200]}.") from error
