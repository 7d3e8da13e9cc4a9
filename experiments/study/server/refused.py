"""Why a request is not done: one word for the page, one sentence for people, and the code of HTTP."""


class Refused(Exception):
    """What the server answers instead. `with_state` asks for the rater's state beside it, from which the page goes on."""

    def __init__(self, code: int, word: str, message: str, *, with_state: bool = False, wait_s: int | None = None):
        super().__init__(message)
        self.code, self.word, self.message, self.with_state, self.wait_s = code, word, message, with_state, wait_s


def malformed(message: str) -> Refused:
    """Return the refusal of what cannot be read."""
    return Refused(400, "malformed", message)


def unknown_token() -> Refused:
    """Return the refusal of a token that is nobody's."""
    return Refused(401, "token", "This link is not known here; ask for a new one.")


def not_yours(*, with_state: bool = False) -> Refused:
    """Return the refusal of what is another rater's or nobody's: the same words for both."""
    return Refused(403, "not-yours", "This is not one of your trials.", with_state=with_state)


def conflict(word: str, message: str) -> Refused:
    """Return the refusal of what does not follow from the state that the server knows."""
    return Refused(409, word, message, with_state=True)


def too_often(wait_s: int) -> Refused:
    """Return the refusal of one request too many; `wait_s` seconds later it may come again."""
    return Refused(429, "too-often", "Too many requests; wait a moment.", wait_s=wait_s)


def full() -> Refused:
    """Return the refusal of a rater for whom there is no place."""
    return Refused(409, "full", "All places of this study are taken; thank you for coming.")
