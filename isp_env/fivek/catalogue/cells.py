"""Cells of a catalogue as what they should be: SQLite keeps any kind of value in any column."""


def text_of(cell: object) -> str:
    """Return a cell as text: bytes as UTF-8, numbers as written, "" for none."""
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return "" if cell is None else str(cell)


def as_id(cell: object) -> int | None:
    """Return an id, which Lightroom keeps as a number, a number with a point, or text; None for what is none."""
    try:
        return int(float(text_of(cell)))
    except (ValueError, OverflowError):
        return None
