"""Names of files as people read them: one line, whatever bytes a name holds, and not longer than its place."""

from attiqa_core.errors import one_line


def shown_name(name: str, longest: int = 60) -> str:
    r"""Return a name on one line: a newline as \n, bytes that are no UTF-8 as the replacement character, its middle left out.

    `longest` is in characters; the end stays, for it holds the number and the suffix.
    """
    text = one_line(name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    if len(text) <= longest:
        return text
    end = longest // 2
    return f"{text[: longest - end - 1]}…{text[-end:]}"
