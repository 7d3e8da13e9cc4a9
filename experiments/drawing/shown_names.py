"""Names of files as people read them: one line, whatever bytes a name holds, and not longer than its place."""


def shown_name(name: str, longest: int = 60) -> str:
    r"""Return a name on one line: a newline as \n, bytes that are no UTF-8 as the replacement character, its middle left out.

    `longest` is in characters; the end stays, for it holds the number and the suffix.
    """
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    text = "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)
    if len(text) <= longest:
        return text
    end = longest // 2
    return f"{text[: longest - end - 1]}…{text[-end:]}"
